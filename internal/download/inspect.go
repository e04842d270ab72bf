package download

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/gunzip"
	"github.com/pronet-go/pronet/internal/jsonlines"
	"github.com/pronet-go/pronet/internal/wire"
)

// finding is what the content of a file says of its end.
type finding int

const (
	whole       finding = iota // gzip with its trailer, or lines of JSON of which the last is whole
	cut                        // gzip without its trailer
	damagedData                // gzip that makes no sense
	tooMuch                    // gzip of more than is accepted
	unknown                    // neither gzip nor lines of JSON
)

// inspect reads a gzip file through, at most limit bytes of what is in it, and of another one the last line. Of an error
// that is none of the content's it returns the error.
func inspect(ctx context.Context, f io.ReaderAt, size, limit int64, buffer []byte) (finding, error) {
	if isCutEarly(f, size) {
		return cut, nil
	}
	if !isGzip(f) {
		return inspectLast(f, size)
	}
	source := &guarded{ctx: ctx, r: io.NewSectionReader(f, 0, size)}
	unzipped, err := gunzip.NewReader(source)
	var n int64
	for err == nil {
		var read int
		read, err = unzipped.Read(buffer)
		if n += int64(read); n > limit {
			return tooMuch, nil
		}
	}
	switch {
	case source.err != nil:
		return 0, source.err
	case errors.Is(err, io.EOF):
		return whole, nil
	case errors.Is(err, io.ErrUnexpectedEOF):
		return cut, nil
	}
	return damagedData, nil
}

// guarded keeps the error of a reader, and ends with a context.
type guarded struct {
	ctx context.Context
	r   io.Reader
	err error
}

func (c *guarded) Read(p []byte) (int, error) {
	if c.err = c.ctx.Err(); c.err != nil {
		return 0, c.err
	}
	n, err := c.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		c.err = err
	}
	return n, err
}

func isGzip(f io.ReaderAt) bool {
	var magic [2]byte
	n, _ := f.ReadAt(magic[:], 0)
	return n == 2 && magic == [2]byte{0x1f, 0x8b}
}

// isCutEarly reports whether a file is too short to tell that it is gzip, and may be.
func isCutEarly(f io.ReaderAt, size int64) bool {
	var first [1]byte
	n, _ := f.ReadAt(first[:], 0)
	return size == 0 || size == 1 && n == 1 && first[0] == 0x1f
}

// inspectLast looks at the last line, which a cut would most likely have left broken.
func inspectLast(f io.ReaderAt, size int64) (finding, error) {
	var tail []byte
	for length := int64(64 << 10); ; length *= 8 {
		length = min(length, size, jsonlines.MaxLine)
		tail = make([]byte, length)
		if n, err := f.ReadAt(tail, size-length); n < len(tail) {
			return 0, err
		}
		trimmed := bytes.TrimRight(tail, "\r\n")
		if i := bytes.LastIndexByte(trimmed, '\n'); i >= 0 {
			tail = trimmed[i+1:]
			break
		}
		if length == size {
			break
		}
		if length == jsonlines.MaxLine {
			return unknown, nil
		}
	}
	tail = bytes.TrimSpace(bytes.TrimPrefix(tail, []byte("\xef\xbb\xbf")))
	if len(tail) > 0 && tail[0] == '{' && json.Valid(tail) {
		return whole, nil
	}
	return unknown, nil
}

var errTooMuch = wire.Plain("the file expands to more bytes than are accepted", api.ErrTooLarge)

// problem is the error for content that is not whole.
func (f finding) problem() error {
	switch f {
	case cut:
		return unexpected("the file is cut off", io.ErrUnexpectedEOF)
	case tooMuch:
		return errTooMuch
	}
	return wire.Plain("the gzip data is damaged", api.ErrUnexpectedResponse)
}
