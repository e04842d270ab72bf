package matching

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestGlobMatches(t *testing.T) {
	for _, c := range []struct {
		text, pattern string
		want          bool
	}{
		{"", "", true},
		{"", "*", true},
		{"", "?", false},
		{"abc", "abc", true},
		{"abc", "ab", false},
		{"ab", "abc", false},
		{"abc", "a*", true},
		{"abc", "*c", true},
		{"abc", "*b", false},
		{"abcbc", "a*bc", true},
		{"abc", "a?c", true},
		{"abc", "???", true},
		{"abc", "????", false},
		{"a*c", `a\*c`, true},
		{"abc", `a\*c`, false},
		{"a?c", `*\?c`, true},
		{`a\`, `a\`, true},
		{"żółw", "ż??w", true},
		{"abc", "**", true},
	} {
		assert.Equal(t, c.want, globMatches(c.text, c.pattern), "%q %q", c.text, c.pattern)
	}
}
