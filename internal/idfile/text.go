package idfile

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

var errCutText = errors.New("UTF-16 text that ends within a character: the file was cut")

// newText reads text as programs save it: UTF-8 or UTF-16 of either order, with a byte order mark or without, and line
// ends of any system. It gives UTF-8 without a mark, with a line feed at each line's end.
func newText(r io.Reader) (*bufio.Reader, error) {
	raw := bufio.NewReaderSize(r, bufferSize)
	head, err := raw.Peek(maxMagic)
	if err != nil && err != io.EOF {
		return nil, err
	}
	var text io.Reader = raw
	switch {
	case hasPrefix(head, byteOrderMark):
		_, err = raw.Discard(len(byteOrderMark))
	case hasPrefix(head, "\xff\xfe"), hasPrefix(head, "\xfe\xff"):
		text = &utf16Reader{r: raw, order: orderOf(head[0] == 0xff)}
		_, err = raw.Discard(2)
	case len(head) > 1 && (head[0] == 0) != (head[1] == 0):
		text = &utf16Reader{r: raw, order: orderOf(head[1] == 0)}
		err = nil
	default:
		err = nil
	}
	return bufio.NewReaderSize(&lineFeeds{r: text}, bufferSize), err
}

func orderOf(little bool) binary.ByteOrder {
	if little {
		return binary.LittleEndian
	}
	return binary.BigEndian
}

// utf16Reader gives UTF-8 for UTF-16.
type utf16Reader struct {
	r     *bufio.Reader
	order binary.ByteOrder
	err   error
}

// Read fills p as far as whole characters go. P has room for one at least.
func (u *utf16Reader) Read(p []byte) (n int, err error) {
	for u.err == nil && len(p)-n >= utf8.UTFMax && (n == 0 || u.r.Buffered() >= 4) {
		var c rune
		if c, u.err = u.next(); u.err == nil {
			n += utf8.EncodeRune(p[n:], c)
		}
	}
	if n > 0 {
		return n, nil
	}
	return 0, u.err
}

func (u *utf16Reader) next() (rune, error) {
	var unit [2]byte
	if _, err := io.ReadFull(u.r, unit[:]); err != nil {
		return 0, cutText(err)
	}
	c := rune(u.order.Uint16(unit[:]))
	if !utf16.IsSurrogate(c) {
		return c, nil
	}
	low, err := u.r.Peek(2)
	if err != nil && err != io.EOF {
		return 0, err
	}
	if len(low) < 2 {
		return utf8.RuneError, nil
	}
	if pair := utf16.DecodeRune(c, rune(u.order.Uint16(low))); pair != utf8.RuneError {
		_, err := u.r.Discard(2)
		return pair, err
	}
	return utf8.RuneError, nil
}

func cutText(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return errCutText
	}
	return err
}

// lineFeeds makes a line feed of each carriage return, alone or with the line feed behind it.
type lineFeeds struct {
	r        io.Reader
	returned bool // the last byte was a carriage return
}

func (l *lineFeeds) Read(p []byte) (int, error) {
	for {
		n, err := l.r.Read(p)
		kept := 0
		for _, c := range p[:n] {
			second := c == '\n' && l.returned
			l.returned = c == '\r'
			if second {
				continue
			}
			if c == '\r' {
				c = '\n'
			}
			p[kept] = c
			kept++
		}
		if kept > 0 || err != nil || n == 0 {
			return kept, err
		}
	}
}
