package people

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestSlugOf(t *testing.T) {
	for name, want := range map[string]string{
		"Juniper Row Bank":    "juniper-row-bank",
		"Jean-Luc Lefèvre":    "jean-luc-lefevre",
		"Siân O'Neil":         "si-n-o-neil", // â is in none of the name lists
		"  Łukasz  Wójcik!  ": "lukasz-wojcik",
		"Jürgen Weiß":         "jurgen-weiss",
		"--":                  "",
	} {
		assert.Equal(t, want, slugOf(name), name)
	}
}

func TestSlugsKeepEveryLetterOfTheNameLists(t *testing.T) {
	for _, home := range countries {
		for _, name := range append(append([]string(nil), home.first...), home.last...) {
			for _, r := range unaccented.Replace(strings.ToLower(name)) {
				assert.Less(t, r, rune(128), "%s has a letter that is lost in its slug", name)
			}
		}
	}
}
