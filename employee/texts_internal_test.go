package employee

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pronet-go/pronet/internal/codec"
)

// FuzzPlainTexts: what is read the short way is what the long way reads.
func FuzzPlainTexts(f *testing.F) {
	for _, seed := range []string{
		`["a","b"]`, `[ "a" , "b" ]`, `["a"]`, `[]`, `["a",]`, `["a""b"]`, `[,"a"]`, `["a"] x`, `["a\n"]`, `["a", 1]`, `["é", null]`, "[\"a\nb\"]",
		`["a"`, `["`, `[["a"]]`, `"a"`, "[\"\xff\"]", ` ["a"] `, `[["a"]`, `["a"],`, `["","",""]`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		texts, ok := plainTexts(b)
		if !ok {
			return
		}
		var elements []Text
		if assert.NoError(t, codec.Decode(b, &elements), "%q", b) {
			want := make(Texts, len(elements))
			for i, element := range elements {
				want[i] = string(element)
			}
			assert.Equal(t, want, texts)
		}
	})
}

func TestPlainTextsAreReadTheShortWay(t *testing.T) {
	for text, want := range map[string]Texts{`["a","b c"]`: {"a", "b c"}, " [ \"a\" ,\n\"é\" ]\t": {"a", "é"}, `[""]`: {""}} {
		texts, ok := plainTexts([]byte(text))
		assert.True(t, ok, text)
		assert.Equal(t, want, texts)
	}
}
