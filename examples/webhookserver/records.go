package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/refresh"
)

// records is a directory with a file for each employee, and one with what changed last. A real program would write to its database here. Writing the
// same record twice must do no harm, since each change comes at least once.
type records struct {
	dir string
	log *slog.Logger
}

func openRecords(dir string, log *slog.Logger) (*records, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	unfinished, err := filepath.Glob(filepath.Join(dir, "*.tmp")) // of a crash
	for _, name := range unfinished {
		err = errors.Join(err, os.Remove(name))
	}
	return &records{dir, log}, err
}

// store returns nil only once the change is on the disk: then the pipeline keeps the record as the one to compare with. An
// error means that it is called again with the same, so what no retry can help is written down instead.
func (r *records) store(_ context.Context, u refresh.Update[employee.BaseRecord]) error {
	id := strconv.FormatInt(u.ID, 10)
	if u.Err != nil { // such as a lost response that may have been charged: nothing is bought again for it
		return r.write(id+".problem", u.Err.Error())
	}
	var told []string
	for _, change := range u.Changes {
		switch c := change.(type) {
		case employee.ProfileHidden: // keeping the data of somebody who does not want to be seen may be against the law
			return r.erase(id, "hidden for privacy")
		case employee.ProfileDeleted:
			return r.erase(id, "deleted at its source")
		case employee.ProfileMerged:
			return r.erase(id, fmt.Sprintf("a part of %d by now: subscribe to that one", c.Into))
		case employee.ProfileGone: // what you know of the person may still be right
			return r.write(id+".gone", "not found")
		}
		told = append(told, change.String())
	}
	data, err := json.Marshal(u.Record)
	if err != nil {
		return err
	}
	if len(told) > 0 {
		err = r.write(id+".changes", strings.Join(told, "\n"))
	}
	return errors.Join(err, r.write(id+".json", string(data)), r.remove(id+".gone", id+".problem"))
}

// erase keeps of a person only why there is nothing.
func (r *records) erase(id, reason string) error {
	r.log.Info("person erased", "employee", id, "reason", reason)
	return errors.Join(r.remove(id+".json", id+".changes", id+".problem"), r.write(id+".gone", reason))
}

// write replaces a file, so that after a crash it is the old one or the new one.
func (r *records) write(name, content string) error {
	file, err := os.CreateTemp(r.dir, "*.tmp")
	if err != nil {
		return err
	}
	_, err = file.WriteString(content + "\n")
	if err = errors.Join(err, file.Sync(), file.Close()); err == nil {
		err = os.Rename(file.Name(), filepath.Join(r.dir, name))
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return r.sync()
}

func (r *records) remove(names ...string) error {
	for _, name := range names {
		if err := os.Remove(filepath.Join(r.dir, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return r.sync()
}

// sync makes new names durable, where the system can: a directory cannot be synced everywhere.
func (r *records) sync() error {
	dir, err := os.Open(r.dir)
	if err != nil {
		return err
	}
	_ = dir.Sync()
	return dir.Close()
}
