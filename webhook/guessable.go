package webhook

import (
	"math"
	"strings"
)

const (
	// bitsOfDoubt is by how many bits a text must be shorter to describe than a random one before it is refused: of 2^32
	// random ones that happens to one at most.
	bitsOfDoubt = 32
	// maxJudged is how much of a text is judged, in bytes.
	maxJudged = 128
)

// What a description consists of, and how many bits it takes to say which comes next: a character, a usual word,
// something that stood before, or more of a count.
const (
	sayCharacter = 0.2
	sayWord      = 4
	sayAgain     = 5
	sayCount     = 5
)

// guessable reports whether a text can be said in so many fewer bits than a random one of its form that a person must
// have made it up: from words, from few characters, or from what repeats or counts.
func guessable(text string) bool {
	text, bits := randomForm(text[:min(len(text), maxJudged)])
	const which = 1 // Says which of the two it is.
	return which+min(descriptionBits(text), selectionBits(text)) <= max(which, bits-bitsOfDoubt)
}

// randomForm returns the text without what only groups its characters, and how many bits a random one of the form has at
// least: those of the smallest usual alphabet that it fits.
func randomForm(text string) (string, float64) {
	digits := strings.Map(func(c rune) rune {
		if isSeparator(c) {
			return -1
		}
		return c
	}, text)
	oneCase := digits == strings.ToLower(digits) || digits == strings.ToUpper(digits)
	hex := oneCase && strings.Trim(digits, "0123456789abcdefABCDEF") == ""
	switch {
	case hex && len(text) == 36 && len(digits) == 32:
		return digits, 122 // A UUID: six bits of it are fixed.
	case strings.Trim(digits, "0123456789") == "":
		return digits, math.Log2(10) * float64(len(digits))
	case hex:
		return digits, 4 * float64(len(digits))
	case oneCase && isGrouped(text):
		return digits, 5 * float64(len(digits)) // Base32.
	}
	return text, math.Log2(58) * float64(len(text)) // Base58, base62 or base64.
}

// isGrouped reports whether a text is one group, or many of one length, of which the last may be shorter.
func isGrouped(text string) bool {
	groups := strings.FieldsFunc(text, isSeparator)
	for i, group := range groups {
		if len(group) != len(groups[0]) && (i < len(groups)-1 || len(group) > len(groups[0])) {
			return false
		}
	}
	return len(groups) != 2
}

const separators = "-_. " // The most usual ones first.

func isSeparator(c rune) bool { return strings.ContainsRune(separators, c) }

// selectionBits returns the bits that say which characters a text has, and then for each of its places which of them.
func selectionBits(text string) float64 {
	different := map[byte]bool{}
	for i := range len(text) {
		different[text[i]] = true
	}
	return 8*float64(len(different)) + float64(len(text))*math.Log2(float64(max(1, len(different))))
}

// descriptionBits returns the bits of the shortest description of a text. No description stands for two texts or is the
// beginning of another one, so n bits describe at most 2^n texts of a length, and a random text is rarely among them.
func descriptionBits(text string) float64 {
	bits := make([]float64, len(text)+1) // Those of what is in front of each byte.
	for i := range bits[1:] {
		bits[i+1] = math.Inf(1)
	}
	named := sayWord + math.Log2(float64(3*len(usualWords)))
	for i := range len(text) {
		shorter := func(end int, by float64) { bits[end] = min(bits[end], bits[i]+by) }
		shorter(i+1, sayCharacter+characterBits(text, i))
		for _, word := range usualWords {
			if end := i + len(word); end <= len(text) && strings.EqualFold(text[i:end], word) && hasOneCase(text[i:end]) {
				shorter(end, named)
			}
		}
		left := math.Log2(float64(len(text) - i)) // What says how far it goes.
		again, count := sayAgain+math.Log2(float64(i))+left, sayCount+1+left
		for before := range i {
			for end := i; end < len(text) && text[end] == text[before+end-i]; end++ {
				shorter(end+1, again)
			}
		}
		for step := 1; step <= 2 && i >= 2*step; step++ {
			for end := i; end < len(text) && text[end]-text[end-step] == text[end-step]-text[end-2*step]; end++ {
				shorter(end+1, count)
			}
		}
	}
	return bits[len(text)]
}

// hasOneCase reports whether a word is in lower or upper case, the first letter aside.
func hasOneCase(word string) bool {
	return word[1:] == strings.ToLower(word[1:]) || word == strings.ToUpper(word)
}

// characterBits returns the bits of a character behind those in front of it, as it is in words, names and numbers.
func characterBits(text string, i int) float64 {
	c := text[i]
	if at := strings.IndexByte(separators, c); at >= 0 {
		return 4.5 + float64(at)
	}
	before, bits := strings.TrimRight(text[:i], separators), 5.0
	switch {
	case before == "":
		bits = 2.3
	case classOf(before[len(before)-1]) == classOf(c):
		bits = 0.3
	}
	letters := firstLetters
	switch classOf(c) {
	case digit:
		return bits + math.Log2(10)
	case lower, upper:
	default:
		return bits + 8
	}
	if i > 0 && len(before) == i && classOf(text[i-1]) <= upper {
		letters = nextLetters[text[i-1]|0x20-'a']
	}
	// The first of them is taken to be there at every fifth place, each other at 0.8 times those of the one before it.
	return bits + math.Log2(5) + math.Log2(1/0.8)*float64(strings.IndexByte(letters, c|0x20))
}

type class int

const (
	lower class = iota
	upper
	digit
	other
)

func classOf(c byte) class {
	switch {
	case 'a' <= c && c <= 'z':
		return lower
	case 'A' <= c && c <= 'Z':
		return upper
	case '0' <= c && c <= '9':
		return digit
	}
	return other
}

// usualWords are those of which people make tokens, and the rows of a keyboard.
var usualWords = strings.Fields(`
abc access account acme admin alpha api app auth battery beta bot brown bulk bundle callback change changed changeme
check client cloud code company config contact coresignal correct crm customer customers data default deliver demo deploy dev
dog dummy employee employees endpoint engineer event events example export fake feed foo foobar for fox from github group guest
hello hook hooks horse http hub import info internal job jumps key lazy lead leads letmein linkedin listen live local login main
marketing master member members my name new not notice notices notification notify office one our over partner pass passwd
password people person pnt post private prod production profile profiles project pronet public push quick random receive
receiver record refresh root safe sales sandbox secret secure server service sign signal signing simple site staging staple
start stream strong sub subscription super sync system team temp temporary test tester testing the this tmp token tokens top
two update url user users value verify version very webhook webhooks welcome with word work world www your
asdf ghjkl qwerty qwertz uiop yxcv zxcv zxcvbn`)

// The letters that begin English words, and those that follow each letter, the most frequent ones first, as counted in
// the comments of Go's standard library.
const firstLetters = "scrapmtideflbnovugwhkxqjzy"

var nextLetters = [...]string{
	"tlrnsdcmpbgiuvkyfxwezqajho", "leiuaosrycjtbfmdpqgwnvzkxh", "oaethklriucmspvgybdfnqwxjz", "eisdoaurlmcyfvqwptbxngjhzk",
	"rsdnctalxmpfegvqwiybouhkzj", "iofelaurtsycdmpngbxkwvqhzj", "eoirnshualctgmpvfdbzwqykjx", "eaiotrusmlydpcnfzwgbkvhjqx",
	"ntocslmdgefvrazpbxkjiquhwy", "eusoadpitmfnbcghjklqrvwxyz", "eisanugpdcolybwmfrtqvkxhzj", "eiolaydtsucvfrwpgbknqhmzjx",
	"aeopiumbsltdkncvfyrhgwqxjz", "tgsedcaoifnvuklmyprbwhzqjx", "nrvmucpdltswaofbigkexhyjzq", "reaoltspiucmhdykbgwfvqnxzj",
	"umcslrdzbqwpfegtinhajkovxy", "eaiostrmyundcglkvfwpbqhjzx", "teisuhpcoayklrwdmnfbqgxvzj", "eirahsoyutlcpmfwdbgnxqzvkj",
	"ntlrseimbpcagfdoxqzwuvhkjy", "eapidwosbcqmlthvrfugzxnykj", "iareohsncmlduwpbftqgzvxkyj", "pteicaofxbsmyudnwhlrvgjkqz",
	"psmntielrcozwabufvhygdqkjx", "eaixrozlcywnsubpmdhfgjkqtv",
}
