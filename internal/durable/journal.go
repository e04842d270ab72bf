package durable

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
)

// MaxEntry is the most bytes of one entry of a journal. Append refuses a longer one; who has more divides it.
const MaxEntry = 8 << 20

var (
	// ErrDamaged reports a journal with an entry that is no JSON and is not the last one, or a state that is not what
	// was written.
	ErrDamaged = errors.New("durable: the file is damaged")
	// ErrBroken reports a journal whose file failed in a way that leaves unknown what it holds: open it again.
	ErrBroken = errors.New("durable: an earlier write failed; the journal must be opened again")
)

// Journal is a file of JSON objects, one a line, to which entries are added. It is used by one goroutine at a time, and
// by one process: see [Lock].
type Journal struct {
	file   *os.File
	size   int64
	broken bool
}

// OpenJournal opens the journal of that name, or makes it, and calls each with every entry in order; the slice is valid
// during the call only. A last line that a crash cut is dropped: its Append had not returned.
func OpenJournal(root *os.Root, name string, each func(entry []byte) error) (*Journal, error) {
	if info, err := root.Lstat(name); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("durable: %s is not a regular file", name)
	}
	f, err := root.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	j := &Journal{file: f}
	if err := j.replay(each); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if err := SyncName(root, name); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return j, nil
}

func (j *Journal) replay(each func([]byte) error) error {
	size, err := ReadJournal(j.file, each)
	if err != nil {
		return err
	}
	j.size = size
	info, err := j.file.Stat()
	if err != nil || info.Size() == size {
		return err
	}
	return errors.Join(j.file.Truncate(size), j.file.Sync())
}

// ReadJournal calls each with every whole entry, and returns how many bytes they have.
func ReadJournal(r io.Reader, each func(entry []byte) error) (size int64, err error) {
	lines := bufio.NewReaderSize(r, 64<<10)
	var long, bad []byte
	for n := 1; ; n++ {
		line, err := lines.ReadSlice('\n')
		long = long[:0]
		for errors.Is(err, bufio.ErrBufferFull) {
			if long = append(long, line...); len(long) > MaxEntry {
				return size, fmt.Errorf("%w: entry %d is longer than %d bytes", ErrDamaged, n, MaxEntry)
			}
			line, err = lines.ReadSlice('\n')
		}
		if len(long) > 0 {
			long = append(long, line...)
			line = long
		}
		switch {
		case errors.Is(err, io.EOF): // what has no end was being written
			return size, nil
		case err != nil:
			return size, err
		case bad != nil:
			return size, fmt.Errorf("%w: entry %d is not JSON", ErrDamaged, n-1)
		case !isObject(line):
			bad = slices.Clone(line) // of the last entry, the disk may have got the end alone
			continue
		}
		if err := each(bytes.TrimSuffix(line, []byte{'\n'})); err != nil {
			return size, err
		}
		size += int64(len(line))
	}
}

func isObject(line []byte) bool { return len(line) > 0 && line[0] == '{' && json.Valid(line) }

// Append adds an entry, which must encode as a JSON object. When it fails, the journal is as before, or [ErrBroken].
func (j *Journal) Append(entry any) error {
	if j.broken {
		return ErrBroken
	}
	line, err := json.Marshal(entry)
	if err != nil {
		return err
	}
	if !isObject(line) || len(line) >= MaxEntry {
		return errors.New("durable: an entry is a JSON object of bounded size")
	}
	line = append(line, '\n')
	if _, err := j.file.WriteAt(line, j.size); err != nil {
		j.broken = j.file.Truncate(j.size) != nil
		return err
	}
	if err := j.file.Sync(); err != nil { // the kernel may have dropped what it could not write
		j.broken = true
		return err
	}
	j.size += int64(len(line))
	return nil
}

// Size returns how many bytes the whole entries have in the file.
func (j *Journal) Size() int64 { return j.size }

// Close closes the file.
func (j *Journal) Close() error { return j.file.Close() }
