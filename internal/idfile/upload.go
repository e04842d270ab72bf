package idfile

import (
	"bytes"
	"io"
)

// Open reads the list again as text to send: one ID a line, each ended by a line feed, without byte order mark,
// carriage returns and blank line. It is exactly checked.Bytes long, where checked is what [Source.Check] found.
//
// A list that is not the checked one any more ends with [ErrSourceChanged] before its last byte is handed out, so that
// an upload with a stated length cannot be completed with other IDs. The caller closes the reader; that may be done
// while another goroutine reads, and waits for a running step of an iterator.
func (s Source) Open(checked Summary) (io.ReadCloser, error) {
	l, err := s.lines()
	if err != nil {
		return nil, s.wrap(err)
	}
	return &upload{source: s, lines: l, checked: checked, compare: newComparison(s.memo, checked.Hash)}, nil
}

type upload struct {
	source  Source
	lines   lines
	checked Summary
	compare *comparison

	seen Summary // Hash is not kept up
	text []byte  // to hand out
	err  error   // after it
}

// Read implements [io.Reader].
func (u *upload) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for len(u.text) == 0 {
		if u.err != nil {
			return 0, u.err
		}
		u.advance()
	}
	n := copy(p, u.text)
	u.text = u.text[n:]
	return n, nil
}

// Close implements [io.Closer].
func (u *upload) Close() error { return u.lines.close() }

// advance takes the next lines. Those that complete the length are handed out only once everything is known to be as it
// was.
func (u *upload) advance() {
	text, err := u.take()
	switch {
	case err != nil:
		u.err = u.failure(err)
	case len(text) == 0 || u.seen.Bytes > u.checked.Bytes:
		u.err = u.source.wrap(ErrSourceChanged)
	case u.seen.Bytes < u.checked.Bytes:
		u.text = text
	default:
		u.finish(bytes.Clone(text))
	}
}

func (u *upload) take() ([]byte, error) {
	text, ids, err := u.lines.next()
	if err != nil {
		return nil, err
	}
	u.seen.Count += int64(ids)
	u.seen.Bytes += int64(len(text))
	u.compare.write(text)
	return text, nil
}

func (u *upload) finish(last []byte) {
	same := u.seen.Count == u.checked.Count && u.compare.same()
	more, err := u.take()
	switch {
	case err != nil:
		u.err = u.failure(err)
	case len(more) > 0 || !same:
		u.err = u.source.wrap(ErrSourceChanged)
	default:
		u.text, u.err = last, io.EOF
	}
}

// failure is the error of a pass that broke off.
func (u *upload) failure(err error) error { return u.source.wrap(changed(err)) }
