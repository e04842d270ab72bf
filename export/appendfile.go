package export

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/export/internal/jsonpath"
	"github.com/pronet-go/pronet/internal/durable"
	"github.com/pronet-go/pronet/internal/record"
)

// maxLine bounds the last line of a file that is appended to, in bytes.
const maxLine = 2 * record.MaxSize

// AppendedFile is a file of JSON Lines to which records are added, run after run.
type AppendedFile struct {
	file *os.File
	lock io.Closer
}

// AppendFile opens a file of JSON Lines to write at its end, or makes it; others may not read it. A last line that a crash
// has torn is cut off, and one that only lacks its line break gets it. Nobody else may append at the same time: a file
// beside it, with .lock after its name, sees to that, and stays.
//
// Running an export again adds its records again, of which the last of each profile counts. To replace what was there use
// [CreateFile]. It is for plain files: the end of a compressed one cannot be mended.
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
		return nil, fileError("the end of the file could not be mended", errors.Join(err, file.Close(), lock.Close()))
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
func (f *AppendedFile) Write(p []byte) (int, error) { return f.file.Write(p) }

// Close makes what was written last on the disk, and closes the file.
func (f *AppendedFile) Close() error {
	if err := errors.Join(f.file.Sync(), f.file.Close(), f.lock.Close()); err != nil {
		return fileError("the file was not closed well", err)
	}
	return nil
}

// mendEnd leaves a file that ends with a line break, or empty, and goes there.
func mendEnd(file *os.File) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return api.Plain("there is something else than a file", api.ErrConflict)
	}
	start, err := lastLine(file, info.Size())
	if err != nil {
		return err
	}
	tail := make([]byte, info.Size()-start)
	if _, err := file.ReadAt(tail, start); err != nil && len(tail) > 0 {
		return err
	}
	if _, err := file.Seek(info.Size(), io.SeekStart); err != nil || len(tail) == 0 {
		return err
	}
	if _, err := jsonpath.AppendCompact(nil, tail); err == nil && jsonpath.Kind(tail) == '{' {
		_, err := file.Write([]byte{'\n'})
		return err
	}
	if err := file.Truncate(start); err != nil {
		return err
	}
	_, err = file.Seek(start, io.SeekStart)
	return err
}

// lastLine returns where the line begins that no line break ends.
func lastLine(file io.ReaderAt, size int64) (start int64, err error) {
	buffer := make([]byte, chunk)
	for end := size; end > 0; {
		from := max(0, end-chunk)
		part := buffer[:end-from]
		if _, err := file.ReadAt(part, from); err != nil {
			return 0, err
		}
		if i := bytes.LastIndexByte(part, '\n'); i >= 0 {
			return from + int64(i) + 1, nil
		}
		if end = from; size-end > maxLine {
			return 0, api.Plain("its last line is longer than a record", api.ErrTooLarge)
		}
	}
	return 0, nil
}
