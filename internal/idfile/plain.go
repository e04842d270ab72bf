package idfile

import "encoding/binary"

const (
	eachByte  = 0x0101010101010101
	topBits   = eachByte * 0x80
	blockSum  = 255 * 8 // bytes of words that can be added bytewise
	evenBytes = 0x00ff00ff00ff00ff
)

// plainLines measures how far text, which starts at the start of a line, consists of whole lines of the usual form: 1 to
// 11 digits, the first not zero, and a line feed. It looks at eight bytes at a time, without a branch that depends on
// where the lines end. It may stop at longer lines and before the last 8 bytes, and goes over no line of more than 18
// digits. What it leaves is for the caller.
func plainLines(text []byte) (length, lines int) {
	var (
		start         = uint64(0x80)                     // the top bit of the word's first byte, if a line starts there
		before, early = uint64(topBits), uint64(topBits) // the line feeds of the last word, and of the one before
		at            int
	)
	for len(text)-at >= 8 {
		block := text[at:min(len(text), at+blockSum)]
		counts, i := uint64(0), 0 // of line feeds, at each place of a word
		for ; i+8 <= len(block); i += 8 {
			word := binary.LittleEndian.Uint64(block[i:])
			digit := word ^ eachByte*'0'
			value := digit &^ topBits
			other := (value + eachByte*(0x80-10) | digit) & topBits      // the bytes that are no digits
			zero := ^(value + ^uint64(topBits) | digit)                  // in the top bits, those that are '0'
			wrong := (word ^ eachByte*'\n') & (other - other>>7 | other) // neither digits nor line feeds
			wrong |= (other<<8 | start) & (other | zero)
			// The last digit of a word, all of the next and three more: 12 digits. Every line of 19 has such a place.
			if wrong != 0 || early>>56|before|other<<40 == 0 {
				break
			}
			start, early, before = other>>56, before, other
			counts += other >> 7
		}
		at += i
		lines += int((counts&evenBytes + counts>>8&evenBytes) * 0x0001000100010001 >> 48)
		if i+8 <= len(block) {
			break
		}
	}
	for ; at > 0 && text[at-1] != '\n'; at-- {
	}
	return at, lines
}
