package export

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/export/internal/jsonpath"
	"github.com/pronet-go/pronet/internal/durable"
	"github.com/pronet-go/pronet/internal/record"
	"github.com/pronet-go/pronet/internal/wire"
)

// maxLine bounds the last line of a file that is appended to, in bytes.
const maxLine = 2 * record.MaxSize

// AppendedFile is a file of JSON Lines to which records are added, run after run.
type AppendedFile struct {
	file *os.File
	lock io.Closer
}

// AppendFile opens a file of JSON Lines to write at its end, or makes it. Others may not read the one it makes; an
// existing file keeps its mode. Nobody else may append at the same time: a file beside it, with .lock after its name,
// sees to that, and stays.
//
// A last line that a crash has torn is cut off, also zeros that a power loss left in its place, and one that only lacks
// its line break gets it. It fails with an api.ErrConflict, and changes nothing, when the last line is anything else
// than the beginning of a record, or when the first line or the last whole one is not a JSON object: the file is
// another one.
//
// Running an export again adds its records again, of which the last of each profile counts. To replace what was there
// use [CreateFile]. It is for plain files: the end of a compressed one cannot be mended.
func AppendFile(path string) (*AppendedFile, error) {
	lock, err := durable.Lock(path + ".lock")
	if err != nil {
		return nil, fileError("the file could not be locked", err)
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fileError("the file could not be opened", errors.Join(err, lock.Close()))
	}
	err = mendEnd(file)
	if err == nil {
		err = syncFolder(path)
	}
	if err != nil {
		return nil, fileError("the file cannot be added to", errors.Join(err, file.Close(), lock.Close()))
	}
	return &AppendedFile{file: file, lock: lock}, nil
}

// syncFolder makes the name of a file last.
func syncFolder(path string) error {
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(durable.SyncDir(folder), folder.Close())
}

// Write writes at the end of the file.
func (f *AppendedFile) Write(p []byte) (int, error) {
	if f == nil || f.file == nil {
		return 0, errNoFile
	}
	return f.file.Write(p)
}

// Close makes what was written last on the disk, and closes the file.
func (f *AppendedFile) Close() error {
	if f == nil || f.file == nil {
		return nil
	}
	if err := errors.Join(f.file.Sync(), f.file.Close(), f.lock.Close()); err != nil {
		return fileError("the file was not closed well", err)
	}
	return nil
}

// mendEnd leaves a file that ends with a line break, or empty, and goes there. Of a file that is not JSON Lines it
// changes nothing.
func mendEnd(file *os.File) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return wire.Plain("there is something else than a file", api.ErrConflict)
	}
	start, err := lineStart(file, info.Size())
	if err != nil {
		return err
	}
	if err := checkLines(file, start); err != nil {
		return err
	}
	tail, err := part(file, start, info.Size())
	if err != nil {
		return err
	}
	whole, ok := mendable(tail)
	if !ok {
		return errNotLines
	}
	end := start + int64(len(whole))
	if end < info.Size() {
		if err := file.Truncate(end); err != nil {
			return err
		}
	}
	if _, err = file.Seek(end, io.SeekStart); err == nil && len(whole) > 0 {
		_, err = file.Write([]byte{'\n'})
	}
	return err
}

var errNotLines = wire.Plain("it is not a file of JSON Lines", api.ErrConflict)

// checkLines checks that the first and the last of the lines before end are objects. Other files that hold JSON, such
// as an array or an object over several lines, fail it.
func checkLines(file io.ReaderAt, end int64) error {
	if end == 0 {
		return nil
	}
	last, err := lineStart(file, end-1)
	if err != nil {
		return err
	}
	if err := checkLine(file, last, end); err != nil || last == 0 {
		return err
	}
	first, err := bufio.NewReader(io.NewSectionReader(file, 0, min(end, maxLine))).ReadBytes('\n')
	switch {
	case errors.Is(err, io.EOF):
		return errNotLines // it is longer than a record
	case err != nil:
		return err
	case !isObject(first):
		return errNotLines
	}
	return nil
}

func checkLine(file io.ReaderAt, from, to int64) error {
	line, err := part(file, from, to)
	if err == nil && !isObject(line) {
		err = errNotLines
	}
	return err
}

func isObject(line []byte) bool {
	_, err := jsonpath.AppendCompact(nil, line)
	return err == nil && jsonpath.Kind(line) == '{'
}

// mendable returns the whole record that a line without a line break begins with, or nothing, and whether the rest is
// what a crash leaves: the beginning of a record, and zeros instead of bytes that the disk did not get.
func mendable(tail []byte) (whole []byte, ok bool) {
	text, rest := tail, []byte(nil)
	if i := bytes.IndexByte(tail, 0); i >= 0 { // no JSON has it
		text, rest = tail[:i], tail[i:]
	}
	if len(text) == 0 {
		return nil, len(bytes.Trim(rest, "\x00")) == 0
	}
	_, err := jsonpath.AppendCompact(nil, text)
	if err == nil && jsonpath.Kind(text) == '{' {
		return text, true
	}
	return nil, text[0] == '{' && errors.Is(err, io.ErrUnexpectedEOF)
}

// part reads a part of a file.
func part(file io.ReaderAt, from, to int64) ([]byte, error) {
	data := make([]byte, to-from)
	if _, err := file.ReadAt(data, from); err != nil && len(data) > 0 {
		return nil, err
	}
	return data, nil
}

// lineStart returns where the line begins that ends before end.
func lineStart(file io.ReaderAt, end int64) (start int64, err error) {
	buffer := make([]byte, chunk)
	for before := end; before > 0; {
		from := max(0, before-chunk)
		part := buffer[:before-from]
		if _, err := file.ReadAt(part, from); err != nil {
			return 0, err
		}
		if i := bytes.LastIndexByte(part, '\n'); i >= 0 {
			return from + int64(i) + 1, nil
		}
		if before = from; end-before > maxLine {
			return 0, wire.Plain("its last line is longer than a record", api.ErrTooLarge)
		}
	}
	return 0, nil
}
