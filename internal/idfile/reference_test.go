package idfile_test

import (
	"bytes"
	"math/big"
	"strings"
)

// reference is the format written down a second time, slowly: it splits the whole text and does arithmetic with big
// numbers. Without a refused line, line is 0.
func reference(text []byte) (ids []int64, line int, offset int64) {
	pos := int64(0)
	if rest, ok := bytes.CutPrefix(text, []byte("\xef\xbb\xbf")); ok {
		text, pos = rest, 3
	}
	largest := big.NewInt(1<<63 - 1)
	for number := 1; len(text) > 0; number++ {
		content, rest, ended := strings.Cut(string(text), "\n")
		start := pos
		pos += int64(len(text) - len(rest))
		text = []byte(rest)
		if ended {
			content = strings.TrimSuffix(content, "\r")
		}
		digits := len(content) - len(strings.TrimLeft(content, "0123456789"))
		switch {
		case digits > 19:
			return ids, number, start
		case digits < len(content):
			return ids, number, start + int64(digits)
		case digits == 0 && rest != "":
			return ids, number, start
		case digits == 0:
			continue
		case content[0] == '0':
			return ids, number, start
		}
		n, _ := new(big.Int).SetString(content, 10)
		if n.Cmp(largest) > 0 {
			return ids, number, start
		}
		ids = append(ids, n.Int64())
	}
	return ids, 0, 0
}
