package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"sync"

	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/refresh"
)

// records is a file of one JSON object for each change. A real program would write to its database here: in one
// transaction with a mark of its own if a change must not be applied twice, since each comes at least once.
type records struct {
	mu   sync.Mutex
	file *os.File
}

func openRecords(path string) (*records, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	if err := endLastLine(file); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &records{file: file}, nil
}

// endLastLine ends a line that a crash has cut, so that the next one is not written onto it.
func endLastLine(file *os.File) error {
	info, err := file.Stat()
	if err != nil || info.Size() == 0 {
		return err
	}
	last := make([]byte, 1)
	if _, err := file.ReadAt(last, info.Size()-1); err != nil || last[0] == '\n' {
		return err
	}
	_, err = file.Write([]byte{'\n'})
	return err
}

// store returns nil only once the change is on the disk: then its notice may be forgotten.
func (r *records) store(_ context.Context, o refresh.Outcome[employee.BaseRecord]) error {
	line := struct {
		Employee int64                `json:"employee"`
		Record   *employee.BaseRecord `json:"record,omitempty"`
		Problem  string               `json:"problem,omitempty"`
	}{Employee: o.ID, Record: o.Record}
	if o.Err != nil {
		line.Problem = o.Err.Error()
	}
	data, err := json.Marshal(line)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	_, err = r.file.Write(append(data, '\n'))
	return errors.Join(err, r.file.Sync())
}

func (r *records) close() error { return r.file.Close() }
