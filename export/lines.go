package export

import (
	"io"

	"github.com/pronet-go/pronet/internal/wire"
)

// chunk is how many bytes are collected before they are written.
const chunk = 64 << 10

// lines collects whole lines and writes them together, so that a line is torn only by a writer that fails or a crash in
// the middle of one write.
type lines struct {
	to     io.Writer
	buffer []byte
	held   int64
	stored int64
	err    error
}

// ready is the error of the writer below, if it failed before or is none.
func (l *lines) ready() error {
	if l.err == nil && l.to == nil {
		l.err = errNowhere
	}
	return l.err
}

// end ends a record, which has been appended to the buffer.
func (l *lines) end() error {
	l.held++
	if len(l.buffer) < chunk {
		return nil
	}
	return l.flush()
}

func (l *lines) flush() error {
	if err := l.ready(); err != nil || len(l.buffer) == 0 {
		return err
	}
	n, err := l.to.Write(l.buffer)
	if err == nil && n < len(l.buffer) {
		err = io.ErrShortWrite
	}
	if err != nil {
		text := "export: writing failed; Unwrap has the reason"
		if reason := reasonOf(err); reason != "" {
			text = "export: writing failed: " + reason
		}
		l.err = wire.Plain(text, err)
		return l.err
	}
	l.stored += l.held
	l.held, l.buffer = 0, l.buffer[:0]
	return nil
}
