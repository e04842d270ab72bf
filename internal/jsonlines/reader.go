// Package jsonlines reads files of one JSON value a line, plain or gzip, with bounded memory: line by line, or as blocks
// of whole lines for several goroutines.
package jsonlines

import (
	"bytes"
	"io"
)

// Reader reads lines. What it returns from a gzip file is verified by the file's checksum only at its end.
type Reader struct {
	blocks *BlockReader
	block  Block
	lines  Lines
	err    error
}

// NewReader returns a Reader of a file that is gzip, which its first two bytes tell whatever its name, or plain.
func NewReader(r io.Reader) *Reader { return &Reader{blocks: NewBlockReader(r)} }

// Line returns the number of the line that Next returned last, counted from 1.
func (r *Reader) Line() int64 { return r.lines.Line() }

// Offset returns the offset of that line in the decompressed file, in bytes, behind a byte order mark.
func (r *Reader) Offset() int64 { return r.lines.Offset() }

// Next returns the next line that is not blank, without its end and without a byte order mark before it. It is valid
// until the next call. At the end the error is io.EOF;
// it is api.ErrTooLarge beyond the bounds and api.ErrUnexpectedResponse for gzip that is cut or damaged, and for a file
// without a byte (a gzip file without lines has some). After an error every call returns the same one.
func (r *Reader) Next() ([]byte, error) {
	for {
		if line := r.lines.Next(); line != nil {
			return line, nil
		}
		if r.err == nil {
			r.err = r.blocks.Read(&r.block, nil)
			r.lines = r.block.Lines()
		}
		if r.err != nil {
			return nil, r.err
		}
	}
}

// Lines walks the lines of a block.
type Lines struct {
	rest         []byte
	line, offset int64 // of the line that Next returned last
	next         int64 // offset of rest
	following    int64 // number of the first line of rest
}

// Next returns the next line that is not blank, without its end and without a byte order mark before it, or nil. It is a
// part of the block's text.
func (l *Lines) Next() []byte {
	for len(l.rest) > 0 {
		line := l.rest
		if end := bytes.IndexByte(line, '\n'); end >= 0 {
			line = line[:end+1]
		}
		l.rest = l.rest[len(line):]
		l.line, l.offset = l.following, l.next
		l.following++
		l.next += int64(len(line))
		if bytes.HasPrefix(line, mark) {
			line = line[len(mark):]
			l.offset += int64(len(mark))
		}
		if line = bytes.TrimSpace(line); len(line) > 0 {
			return line
		}
	}
	l.line, l.offset = l.following, l.next
	return nil
}

// Line returns the number of the line that Next returned last, counted from 1, and of the one behind the block after its last.
func (l *Lines) Line() int64 { return l.line }

// Offset returns the offset of that line's first byte in the decompressed file, behind a byte order mark.
func (l *Lines) Offset() int64 { return l.offset }
