package idfile

import (
	"errors"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
)

const (
	defaultName = "ids.txt"
	maxName     = 128
	theIterator = "the iterator's IDs"
)

// Source is where a list of employee IDs comes from. It is opened anew for every pass, so one Source may be used any
// number of times and by several goroutines at once, as far as what it was made of allows that. The zero Source holds
// nothing and every use of it fails.
type Source struct {
	name  string // of a file
	label string // what errors call a list without a name
	memo  *memo  // nil remembers nothing
	open  func() (lines, error)
}

// lines is one pass over a list.
type lines interface {
	// next returns checked text, one ID a line, and its number of lines, 0 at the end, or an error. The text stays as it is
	// until the call after the following one.
	next() (text []byte, ids int, err error)
	// close ends the pass. It may be called while next runs.
	close() error
}

// File is the regular file at path, opened when it is needed.
func File(path string) Source { return text(safeName(path), openFile(path)) }

// Reader is the text that open gives; it is called once for every pass and must give the same text each time.
// The base name of name stands in errors and is the file name of an upload.
func Reader(name string, open func() (io.ReadCloser, error)) Source {
	return text(safeName(name), opened(open))
}

func text(name string, open func() (io.ReadCloser, error)) Source {
	return Source{name: name, memo: new(memo), open: func() (lines, error) {
		r, err := open()
		if err != nil {
			return nil, err
		}
		return &textLines{scanner: newScanner(r), closer: r}, nil
	}}
}

// openFile opens the regular file at path.
func openFile(path string) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) {
		if path == "" {
			return nil, errNoSource
		}
		f, err := openRegular(path)
		if err != nil {
			return nil, withoutPath(err)
		}
		return pathless{f}, nil
	}
}

// opened refuses what is nil.
func opened(open func() (io.ReadCloser, error)) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) {
		if open == nil {
			return nil, errNoSource
		}
		r, err := open()
		if err == nil && r == nil {
			err = errNoSource
		}
		return r, err
	}
}

// IDs is the given IDs, which are copied.
func IDs(ids []int64) Source {
	ids = slices.Clone(ids)
	return Source{label: "the given IDs", memo: new(memo), open: func() (lines, error) {
		return &seqLines{chunks: chunked(slices.Values(ids))}, nil
	}}
}

// Seq is the IDs of an iterator, which is walked once for every pass and must give the same IDs each time.
func Seq(seq iter.Seq[int64]) Source {
	return Source{label: theIterator, memo: new(memo), open: func() (lines, error) {
		if seq == nil {
			return nil, errNoSource
		}
		return &seqLines{chunks: chunked(seq)}, nil
	}}
}

// Name is a file name for the list, without directories.
func (s Source) Name() string {
	if s.name == "" {
		return defaultName
	}
	return s.name
}

func (s Source) lines() (lines, error) {
	if s.open == nil {
		return nil, errNoSource
	}
	return s.open()
}

type textLines struct {
	*scanner
	closer io.Closer
}

func (t *textLines) close() error { return t.closer.Close() }

// openRegular refuses what cannot be read twice, and does so before it opens: opening a pipe may wait for ever.
func openRegular(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("not a regular file")
	}
	return os.Open(path)
}

// pathless is a file whose errors do not name its directories.
type pathless struct{ io.ReadCloser }

func (p pathless) Read(b []byte) (int, error) {
	n, err := p.ReadCloser.Read(b)
	return n, withoutPath(err)
}

func withoutPath(err error) error {
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		return pathErr.Err
	}
	return err
}

// safeName is the base name at path without what a terminal, a header or a file system could take amiss; empty if nothing
// is left of it.
func safeName(path string) string {
	name := filepath.Base(path[strings.LastIndexByte(path, '\\')+1:])
	name = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || r == '/' || r == unicode.ReplacementChar {
			return '_'
		}
		return r
	}, name)
	if len(name) > maxName {
		name = strings.ToValidUTF8(name[:maxName], "")
	}
	if strings.Trim(name, "._ ") == "" {
		return ""
	}
	return name
}
