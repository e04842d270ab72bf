// Package gunzip is the one place that knows which decompressor is used: github.com/klauspost/compress/gzip, which needs
// about 0.8 of the time of compress/gzip and reports the same errors, and one more: for a header with reserved bits.
package gunzip

import (
	"bufio"
	"compress/flate"
	"errors"
	"io"

	"github.com/klauspost/compress/gzip"
)

const bufferBytes = 64 << 10

// source is what a decompressor does not read beyond its member.
type source interface {
	io.ByteScanner
	io.Reader
}

// reader reads the members one by one: the decompressor by itself takes a further member that is cut in the name or
// comment of its header for the end of the file.
type reader struct {
	source source
	member *gzip.Reader
	err    error
}

// NewReader returns the content of a gzip file of any number of members, which it verifies by their checksums. Zero bytes
// behind the last member, as block storage and archivers leave them, are ignored, as gzip(1) does; anything else there is
// damage. It reads ahead unless r is an io.ByteScanner. Memory does not depend on the file.
func NewReader(r io.Reader) (io.Reader, error) {
	s, ok := r.(source)
	if !ok {
		s = bufio.NewReaderSize(r, bufferBytes)
	}
	z := &reader{source: s}
	if err := z.next(); err != nil {
		return nil, err
	}
	return z, nil
}

// Read implements io.Reader.
func (z *reader) Read(p []byte) (int, error) {
	for z.err == nil {
		n, err := z.member.Read(p)
		if errors.Is(err, io.EOF) {
			err = z.next()
		}
		z.err = err
		if n > 0 || len(p) == 0 {
			return n, nil
		}
	}
	return 0, z.err
}

// next begins the next member. The error is io.EOF where there is none, and io.ErrUnexpectedEOF in the middle of one.
func (z *reader) next() (err error) {
	first, err := z.source.ReadByte()
	switch {
	case err != nil:
		return err
	case first == 0 && z.member != nil:
		return z.padding()
	}
	if err := z.source.UnreadByte(); err != nil {
		return err
	}
	if z.member == nil {
		z.member, err = gzip.NewReader(z.source)
	} else {
		err = z.member.Reset(z.source)
	}
	switch {
	case errors.Is(err, io.EOF):
		return io.ErrUnexpectedEOF
	case err != nil:
		return err
	}
	z.member.Multistream(false)
	return nil
}

// padding reads to the end of the file. The error is io.EOF where there are only zero bytes.
func (z *reader) padding() error {
	for {
		switch c, err := z.source.ReadByte(); {
		case err != nil:
			return err
		case c != 0:
			return gzip.ErrHeader
		}
	}
}

// IsDamaged reports whether an error of NewReader or of its reader says that the data is not gzip or not what was packed. A
// file that ends too early is io.ErrUnexpectedEOF instead.
func IsDamaged(err error) bool {
	var corrupt flate.CorruptInputError
	return errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) || errors.As(err, &corrupt)
}
