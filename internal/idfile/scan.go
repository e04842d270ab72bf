package idfile

import (
	"bytes"
	"encoding/binary"
	"io"
	"iter"
)

const (
	bufferSize = 64 << 10
	maxDigits  = 19 // of the largest int64
	maxID      = "9223372036854775807"
	maxReads   = 100 // that bring no byte, before a reader is given up
	maxMagic   = 4   // bytes that tell what a file is
)

// scanner checks text as it passes and hands it out in whole lines, each ended by a single line feed.
type scanner struct {
	r       io.Reader
	buf     []byte // holds one byte more than is read, for the line feed that a last line may lack
	spare   []byte // likewise
	handed  bool   // text in buf was handed out
	start   int    // of what was not handed out
	end     int    // of what was read
	base    int64  // offset of buf[0] in the text
	line    int    // number of the line at start
	blankAt int64  // offset of the blank line before start, or -1
	ended   bool   // everything was read
	readErr error
	lineErr error
}

func newScanner(r io.Reader) *scanner {
	return &scanner{r: r, buf: make([]byte, bufferSize+1), spare: make([]byte, bufferSize+1), line: 1, blankAt: -1}
}

// next returns the next checked lines and how many there are, none at the end, or an error. The text stays
// as it is until the call after the following one.
func (s *scanner) next() (text []byte, ids int, err error) {
	for s.lineErr == nil {
		if s.readErr == nil && !s.ended {
			s.fill()
		}
		if text, ids = s.scan(); ids > 0 {
			s.handed = true
			return text, ids, nil
		}
		if s.lineErr == nil && (s.ended || s.readErr != nil) {
			return nil, 0, s.readErr
		}
	}
	return nil, 0, s.lineErr
}

// fill moves what is left to the front of the buffer, or of the spare one if text was handed out, and reads behind it.
func (s *scanner) fill() {
	first := s.base == 0 && s.end == 0
	left := s.buf[s.start:s.end]
	if s.handed {
		s.buf, s.spare, s.handed = s.spare, s.buf, false
	}
	copy(s.buf, left)
	s.base += int64(s.start)
	s.end -= s.start
	s.start = 0
	s.read()
	if !first {
		return
	}
	for s.end < len(byteOrderMark) && s.readErr == nil && !s.ended {
		s.read()
	}
	if hasPrefix(s.buf[:s.end], byteOrderMark) {
		s.start = len(byteOrderMark)
	}
}

func (s *scanner) read() {
	for range maxReads {
		n, err := s.r.Read(s.buf[s.end : len(s.buf)-1])
		s.end += n
		if err == io.EOF {
			s.ended = true
			return
		}
		s.readErr = err
		if n > 0 || err != nil {
			return
		}
	}
	s.readErr = io.ErrNoProgress
}

// scan checks every whole line in the buffer. Where carriage returns are dropped, lines move towards the front, over
// what was checked before.
func (s *scanner) scan() (text []byte, ids int) {
	buf, out, i := s.buf[:s.end], s.start, s.start
	from := out
	if s.blankAt < 0 {
		length, lines := plainLines(buf[i:])
		i, out, ids = i+length, out+length, lines
		s.line += lines
	}
	for i < len(buf) {
		if s.blankAt >= 0 {
			s.lineErr = &LineError{Line: s.line - 1, Offset: s.blankAt, Reason: reasonBlank}
			break
		}
		at := i
		for i+8 <= len(buf) && eightDigits(buf[i:]) {
			i += 8
		}
		for i < len(buf) && buf[i]-'0' <= 9 {
			i++
		}
		digits := i - at
		after, whole := s.lineEnd(buf, i)
		switch {
		case digits > maxDigits:
			s.refuse(at, at, reasonTooLarge)
		case !whole:
			i = at
		case after < 0:
			s.refuse(at, i, "")
		case digits == 0:
			s.blankAt = s.base + int64(at)
		case buf[at] == '0' && digits == 1:
			s.refuse(at, at, reasonZero)
		case buf[at] == '0':
			s.refuse(at, at, reasonLeadingZero)
		case digits == maxDigits && string(buf[at:i]) > maxID:
			s.refuse(at, at, reasonTooLarge)
		}
		if s.lineErr != nil || !whole {
			break
		}
		if digits > 0 {
			if out != at {
				copy(buf[out:], buf[at:i])
			}
			out += digits
			s.buf[out] = '\n'
			out++
			ids++
		}
		s.line++
		i = after
	}
	s.start = i
	return s.buf[from:out], ids
}

// lineEnd returns where the line after the one whose digits end at i starts, -1 if those digits are not all of their
// line. It is not whole while the bytes that tell have not been read.
func (s *scanner) lineEnd(buf []byte, i int) (after int, whole bool) {
	switch {
	case i == len(buf):
		return i, s.ended
	case buf[i] == '\n':
		return i + 1, true
	case buf[i] != '\r':
		return -1, true
	case i+1 == len(buf):
		return -1, s.ended
	case buf[i+1] == '\n':
		return i + 2, true
	}
	return -1, true
}

// refuse records what is wrong with the line at the given place in the buffer; without a reason the byte at bad gives
// one.
func (s *scanner) refuse(at, bad int, reason string) {
	seen := bytes.Clone(s.buf[at:min(s.end, at+maxExcerpt+maxMagic)])
	if missing := maxExcerpt + maxMagic - len(seen); missing > 0 && s.readErr == nil && !s.ended {
		more := make([]byte, missing)
		n, _ := io.ReadFull(s.r, more)
		seen = append(seen, more[:n]...)
	}
	offset := s.base + int64(bad)
	if reason == "" {
		reason = reasonFor(seen[bad-at:], s.line, offset)
	}
	excerpt := seen[:min(maxExcerpt, len(seen))]
	if eol := bytes.IndexAny(excerpt, "\r\n"); eol >= 0 {
		excerpt = excerpt[:eol]
	}
	s.lineErr = &LineError{Line: s.line, Offset: offset, Reason: reason, excerpt: string(excerpt)}
}

// eightDigits tells whether the first eight bytes are decimal digits.
func eightDigits(b []byte) bool {
	const high, three, six = 0xf0f0f0f0f0f0f0f0, 0x3030303030303030, 0x0606060606060606
	w := binary.LittleEndian.Uint64(b)
	return w&high == three && (w+six)&high == three
}

// idsOf walks the IDs of checked text.
func idsOf(text []byte) iter.Seq[int64] {
	return func(yield func(int64) bool) {
		var id int64
		for _, c := range text {
			if c != '\n' {
				id = id*10 + int64(c-'0')
				continue
			}
			if !yield(id) {
				return
			}
			id = 0
		}
	}
}
