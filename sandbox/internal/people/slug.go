package people

import (
	"strings"
	"unicode"
)

// unaccented are the letters of the name lists that ASCII does not have.
var unaccented = strings.NewReplacer(
	"á", "a", "à", "a", "ã", "a", "ä", "a", "å", "a", "ą", "a", "ć", "c", "č", "c", "ç", "c", "é", "e", "è", "e", "ê", "e", "ë", "e", "ę", "e", "ė", "e",
	"ğ", "g", "í", "i", "ı", "i", "ł", "l", "ń", "n", "ñ", "n", "ó", "o", "ô", "o", "õ", "o", "ö", "o", "ø", "o", "ś", "s", "š", "s", "ş", "s", "ß", "ss",
	"ú", "u", "ü", "u", "ū", "u", "ý", "y", "ż", "z", "ž", "z",
)

// slugOf turns a name into the form of a shorthand name: lower-case ASCII
// letters and digits, anything between them one hyphen.
func slugOf(name string) string {
	var b strings.Builder
	gap := false
	for _, r := range unaccented.Replace(strings.ToLower(name)) {
		if r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			gap = b.Len() > 0
			continue
		}
		if gap {
			b.WriteByte('-')
			gap = false
		}
		b.WriteRune(r)
	}
	return b.String()
}
