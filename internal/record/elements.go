package record

import "bytes"

// hasTooMany reports whether the lists of a text have more than MaxElements elements, whatever these are: a value that
// does not fit its row takes as much memory as one that does. It counts only where there may be so many.
func hasTooMany(text []byte) bool {
	if len(text) < 2*MaxElements || bytes.Count(text, []byte(","))+bytes.Count(text, []byte("[")) <= MaxElements {
		return false
	}
	return countElements(text) > MaxElements
}

// countElements counts the elements of all lists, and an empty list as one. Of text that is not JSON the number says
// nothing.
func countElements(text []byte) int {
	n, depth := 0, 0
	var lists [maxDepth]bool // whether the value that is open at a depth is a list
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			i += stringLength(text[i:]) - 1
		case '[', '{':
			list := text[i] == '['
			if list {
				n++
			}
			if depth++; depth < maxDepth {
				lists[depth] = list
			}
		case ']', '}':
			depth = max(0, depth-1)
		case ',':
			if depth >= maxDepth || lists[depth] {
				n++
			}
		}
	}
	return n
}

// maxDepth is how deep objects are told from lists. Deeper down, members count as elements.
const maxDepth = 64

// stringLength returns the length of the string that a text begins with, quotes included.
func stringLength(text []byte) int {
	for end := 1; ; {
		i := bytes.IndexAny(text[end:], "\"\\")
		if i < 0 {
			return len(text)
		}
		if end += i; text[end] == '"' {
			return end + 1
		}
		if end += 2; end >= len(text) {
			return len(text)
		}
	}
}
