package jsonlines

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/gunzip"
	"github.com/pronet-go/pronet/internal/wire"
)

const sourceBytes = 64 << 10

var (
	errImpossibleCount = errors.New("jsonlines: a reader returned an impossible count")
	errNoReader        = errors.New("jsonlines: the reader is nil")
)

// source is the file as it is, with a bound: gzip without text, such as empty members without end, has one as well.
type source struct {
	r     io.Reader
	bound int64
	read  int64
}

func (s *source) Read(p []byte) (int, error) {
	if s.r == nil {
		return 0, errNoReader
	}
	n, err := s.r.Read(p)
	if n < 0 || n > len(p) {
		return 0, errImpossibleCount
	}
	if s.read += int64(n); s.read > s.bound {
		return 0, tooLarge("the file", s.bound)
	}
	return n, err
}

// open returns the text of a file that is gzip or plain.
func open(file io.Reader) (io.Reader, error) {
	buffered := bufio.NewReaderSize(file, sourceBytes)
	magic, err := buffered.Peek(2)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, readError(err)
	}
	switch {
	case len(magic) == 0:
		return nil, wire.Plain("the file is empty", api.ErrUnexpectedResponse)
	case len(magic) == 1 && magic[0] == 0x1f:
		return nil, readError(io.ErrUnexpectedEOF)
	case len(magic) == 1 || magic[0] != 0x1f || magic[1] != 0x8b:
		return buffered, nil
	}
	unzipped, err := gunzip.NewReader(buffered)
	if err != nil {
		return nil, readError(err)
	}
	return unzipped, nil
}

func readError(err error) error {
	switch {
	case gunzip.IsDamaged(err):
		return wire.Plain("the gzip data is damaged", errors.Join(api.ErrUnexpectedResponse, err))
	case errors.Is(err, io.ErrUnexpectedEOF) && !isCall(err):
		return wire.Plain("the file is cut off", errors.Join(api.ErrUnexpectedResponse, err))
	}
	return err
}

// isCall reports whether the error is the download's own.
func isCall(err error) bool {
	var call *api.Error
	return errors.As(err, &call)
}

func tooLarge(what string, limit int64) error {
	return wire.Plain(fmt.Sprintf("%s has more than the %d bytes accepted", what, limit), api.ErrTooLarge)
}
