package idfile

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestPlainLines compares with a regular expression, for one byte changed at each place of lists of every line length.
func TestPlainLines(t *testing.T) {
	plain := regexp.MustCompile(`^(?:[1-9][0-9]{0,17}\n)*`)
	long := regexp.MustCompile(`[0-9]{12}`)
	random := rand.New(rand.NewPCG(5, 6))
	for range 300 {
		var list strings.Builder
		longest := 1 + random.IntN(20)
		for range 1 + random.IntN(30) {
			list.WriteByte(byte('1' + random.IntN(9)))
			for range random.IntN(longest) {
				list.WriteByte(byte('0' + random.IntN(10)))
			}
			list.WriteByte('\n')
		}
		text := []byte(list.String())
		for at := range text {
			was := text[at]
			text[at] = []byte{0, '\n', '\r', '/', '0', '9', ':', ' ', 'a', 0x8a, 0xb0, 0xb9, 0xff}[random.IntN(13)]
			length, lines := plainLines(text)
			want := plain.Find(text)
			assert.LessOrEqual(t, length, len(want), "%q", text)
			if !long.Match(text) {
				assert.Greater(t, length+8+12, len(want), "it stops near: %q", text)
			}
			assert.Equal(t, strings.Count(string(text[:length]), "\n"), lines)
			if length > 0 {
				assert.Equal(t, byte('\n'), text[length-1])
			}
			text[at] = was
		}
	}
}

func TestPlainLinesOfALongText(t *testing.T) {
	for _, line := range []string{"1\n", "12345\n", "123456789\n"} {
		text := strings.Repeat(line, 20_000)
		length, lines := plainLines([]byte(text))
		assert.Greater(t, length+20, len(text))
		assert.Equal(t, length/len(line), lines)
		assert.Zero(t, length%len(line))
	}
}

// TestPlainLinesAreNotTooLong moves a line of each length past every place of a word.
func TestPlainLinesAreNotTooLong(t *testing.T) {
	for before := range 24 {
		for digits := 1; digits < 60; digits++ {
			text := strings.Repeat("7", before) + "\n" + strings.Repeat("1", digits) + "\n" + strings.Repeat("123456\n", 5)
			if before == 0 {
				text = text[1:]
			}
			length, _ := plainLines([]byte(text))
			for line := range strings.Lines(text[:length]) {
				assert.LessOrEqual(t, len(line), 19)
			}
		}
	}
}
