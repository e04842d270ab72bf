// Package jsonlines reads files of one JSON value a line, plain or gzip, with bounded memory.
package jsonlines

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"errors"
	"fmt"
	"io"

	"github.com/pronet-go/pronet/api"
)

const (
	// MaxLine is the most bytes of one line: records are about 10 KB.
	MaxLine = 16 << 20
	// MaxFile is the most decompressed bytes of one file: the provider puts at most 10,000 records into one.
	MaxFile = 16 << 30

	bufferBytes = 256 << 10
)

// Reader reads lines. What it returns from a gzip file is verified by the file's checksum only at its end.
type Reader struct {
	source  *bufio.Reader
	text    *bufio.Reader // decompressed; nil before the first line
	long    []byte        // a line that did not fit the buffer
	line    int64
	offset  int64
	next    int64
	maxLine int
	maxFile int64
	err     error
}

// NewReader returns a Reader of a file that is gzip, which its first two bytes tell whatever its name, or plain.
func NewReader(r io.Reader) *Reader {
	return &Reader{source: bufio.NewReaderSize(r, bufferBytes), maxLine: MaxLine, maxFile: MaxFile}
}

// Line returns the number of the line that Next returned last, counted from 1.
func (r *Reader) Line() int64 { return r.line }

// Offset returns the offset of that line in the decompressed file, in bytes.
func (r *Reader) Offset() int64 { return r.offset }

// Next returns the next line that is not blank, without its end. It is valid until the next call. At the end the error is io.EOF;
// it is api.ErrTooLarge beyond the bounds and api.ErrUnexpectedAnswer for gzip that is cut or damaged, and for a file
// without a byte (a gzip file without lines has some). After an error every call returns the same one.
func (r *Reader) Next() ([]byte, error) {
	for r.err == nil {
		line := r.read()
		if r.err != nil {
			break
		}
		if line = bytes.TrimSpace(line); len(line) > 0 {
			return line, nil
		}
	}
	return nil, r.err
}

// read reads one line, of which blanks may be all.
func (r *Reader) read() []byte {
	if r.text == nil {
		if r.err = r.open(); r.err != nil {
			r.line++
			return nil
		}
	}
	r.line++
	r.offset = r.next
	line, err := r.text.ReadSlice('\n')
	r.next += int64(len(line))
	if errors.Is(err, bufio.ErrBufferFull) {
		line, err = r.rest(line)
	}
	switch {
	case r.next > r.maxFile:
		r.err = tooLarge("the file", r.maxFile)
	case err == nil:
	case errors.Is(err, api.ErrTooLarge):
		r.err = err
	case errors.Is(err, io.EOF) && len(line) > 0: // a last line without an end
	case errors.Is(err, io.EOF):
		r.err = io.EOF
	default:
		r.err = readError(err)
	}
	return line
}

// rest reads the remainder of a line that is longer than the buffer.
func (r *Reader) rest(begin []byte) ([]byte, error) {
	r.long = append(r.long[:0], begin...)
	for {
		part, err := r.text.ReadSlice('\n')
		r.next += int64(len(part))
		if len(r.long)+len(part) > r.maxLine {
			return nil, tooLarge("the line", int64(r.maxLine))
		}
		r.long = append(r.long, part...)
		if !errors.Is(err, bufio.ErrBufferFull) {
			return r.long, err
		}
	}
}

func (r *Reader) open() error {
	magic, err := r.source.Peek(2)
	if err != nil && !errors.Is(err, io.EOF) {
		return readError(err)
	}
	switch {
	case len(magic) == 0:
		return api.Plain("the file is empty", api.ErrUnexpectedAnswer)
	case len(magic) == 1 && magic[0] == 0x1f:
		return readError(io.ErrUnexpectedEOF)
	case len(magic) == 1 || magic[0] != 0x1f || magic[1] != 0x8b:
		r.text = r.source
		return nil
	}
	unzipped, err := gzip.NewReader(r.source)
	if err != nil {
		return readError(err)
	}
	r.text = bufio.NewReaderSize(unzipped, bufferBytes)
	return nil
}

func readError(err error) error {
	switch {
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum):
		return api.Plain("the gzip data is damaged", errors.Join(api.ErrUnexpectedAnswer, err))
	case errors.Is(err, io.ErrUnexpectedEOF) && !isCall(err):
		return api.Plain("the file is cut off", errors.Join(api.ErrUnexpectedAnswer, err))
	case isDeflate(err):
		return api.Plain("the gzip data is damaged", errors.Join(api.ErrUnexpectedAnswer, err))
	}
	return err
}

// isCall reports whether the error is the download's own.
func isCall(err error) bool {
	var call *api.Error
	return errors.As(err, &call)
}

func tooLarge(what string, limit int64) error {
	return api.Plain(fmt.Sprintf("%s has more than the %d bytes accepted", what, limit), api.ErrTooLarge)
}

// isDeflate reports whether compressed data made no sense.
func isDeflate(err error) bool {
	var corrupt flate.CorruptInputError
	return errors.As(err, &corrupt)
}
