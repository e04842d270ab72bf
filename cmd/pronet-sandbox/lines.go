package main

import (
	"bufio"
	"context"
	"errors"
	"io"
)

// maxLine is how much of one line is kept, in bytes: more than a command may
// have, so that a longer one is refused and not cut into a valid one.
const maxLine = 4096

// readLines sends the lines of in until its end or ctx's, and closes lines. Of a
// line that is too long the rest is passed over.
func readLines(ctx context.Context, in io.Reader, lines chan<- string) {
	defer close(lines)
	r := bufio.NewReaderSize(in, maxLine)
	for {
		line, err := r.ReadSlice('\n')
		text := string(line)
		for errors.Is(err, bufio.ErrBufferFull) {
			_, err = r.ReadSlice('\n')
		}
		if text != "" {
			select {
			case lines <- text:
			case <-ctx.Done():
				return
			}
		}
		if err != nil {
			return
		}
	}
}
