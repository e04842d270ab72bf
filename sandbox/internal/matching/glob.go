package matching

// globMatches compares a whole string with a pattern in which * stands for any
// characters, ? for one, and \ takes the next character as it is. Its time is at
// most the product of the two lengths.
func globMatches(s, pattern string) bool {
	text, glob := []rune(s), []rune(pattern)
	i, j := 0, 0
	star, mark := -1, 0 // the last * and where it may go on from
	for i < len(text) {
		next, width := j, 1
		if j < len(glob) && glob[j] == '\\' && j+1 < len(glob) {
			next, width = j+1, 2
		}
		switch {
		case j < len(glob) && width == 1 && glob[j] == '*':
			star, mark = j, i
			j++
		case j < len(glob) && (glob[next] == text[i] || width == 1 && glob[j] == '?'):
			i++
			j += width
		case star >= 0:
			mark++
			i, j = mark, star+1
		default:
			return false
		}
	}
	for j < len(glob) && glob[j] == '*' {
		j++
	}
	return j == len(glob)
}
