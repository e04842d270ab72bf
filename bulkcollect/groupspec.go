package bulkcollect

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/internal/durable"
	"github.com/pronet-go/pronet/internal/filename"
)

const (
	groupFormat  = 1
	groupName    = "group.json"
	groupLedger  = "ledger.jsonl"
	groupLock    = "lock"
	maxSpecBytes = 64 << 10
	// distinctMemory is for the table of IDs: half of the usual, since it is the most that a group needs at once.
	distinctMemory = 4 << 20
)

// groupSpec is what a group is, fixed when it is made: the content of group.json.
type groupSpec struct {
	Format    int       `json:"format"`
	ID        string    `json:"id"`
	Operation string    `json:"operation"`
	CreatedAt time.Time `json:"created_at"`
	PartSize  int       `json:"part_size"`
	// IDs, Duplicates, Bytes and Hash are those of the file of IDs.
	IDs        int64  `json:"ids"`
	Duplicates int64  `json:"duplicates"`
	Bytes      int64  `json:"bytes"`
	Hash       string `json:"sha256"`
}

// specFiles says how a group's settings are kept. The directory's lock is held whenever they are read or written.
var specFiles = durable.State[groupSpec]{Format: groupFormat, MaxBytes: maxSpecBytes, Valid: (*groupSpec).valid}

// idsName is the file of the IDs. No file of the caller's has its name.
func (s *groupSpec) idsName() string { return "ids-" + s.ID + ".txt" }

// isOwn tells whether a file or folder is one of a group, of this one or of one that was not finished being made. The
// ledger and the lock are not among them.
func isOwn(name string) bool {
	id, ids := strings.CutPrefix(name, "ids-")
	id = strings.TrimSuffix(strings.TrimSuffix(id, ".partial"), ".txt")
	return name == partsName || strings.HasPrefix(name, groupName) || strings.HasPrefix(name, "pronet-ids-") ||
		ids && len(id) == len(rand.Text()) && strings.Trim(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") == ""
}

func (s *groupSpec) valid() bool {
	return s.Format == groupFormat && s.ID != "" && len(s.ID) <= 64 && filename.IsSafe(s.idsName()) && s.PartSize >= 1 && s.PartSize <= MaxIDs &&
		s.IDs >= 1 && s.IDs <= maxParts*int64(s.PartSize) && s.Bytes > s.IDs && s.Bytes <= s.IDs*20
}

// loadSpec reads group.json, or makes the group. That file is written last: without it there is no group.
func (g *Group[R]) loadSpec(ctx context.Context, ids *employee.IDSource) error {
	spec, err := specFiles.Read(g.root, groupName)
	switch {
	case errors.Is(err, fs.ErrNotExist) && ids != nil:
		return g.make(ctx, *ids)
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("bulkcollect: the directory holds no group; OpenGroup makes one: %w", api.ErrNotFound)
	case err != nil:
		return specError(err)
	}
	g.spec = *spec
	if g.spec.Operation != storedName(g.dataset.ops.requestIDs) {
		return fmt.Errorf("bulkcollect: the group in the directory is one of the dataset %.100q, not of %q: %w",
			datasetOf(g.spec.Operation), datasetOf(storedName(g.dataset.ops.requestIDs)), api.ErrConflict)
	}
	if err := g.checkLedger(ctx); err != nil {
		return err
	}
	if size := g.options.PartSize; size != 0 && size != g.spec.PartSize {
		return fmt.Errorf("bulkcollect: the group was made with parts of %d IDs: %w", g.spec.PartSize, api.ErrConflict)
	}
	if ids == nil {
		return nil
	}
	given, err := ids.WriteDistinct(ctx, io.Discard, employee.DistinctOptions{Dir: g.dir, Memory: distinctMemory})
	switch {
	case err != nil:
		return named(g.dataset.ops.requestIDs, err)
	case hex.EncodeToString(given.Hash[:]) != g.spec.Hash:
		return fmt.Errorf("bulkcollect: the group in the directory is for another list of IDs: %w", api.ErrConflict)
	}
	return nil
}

// datasetOf returns the dataset of an operation as the ledger names it, such as Base of bulkcollect.Base.RequestIDs.
func datasetOf(operation string) string {
	_, name, _ := strings.Cut(operation, ".")
	dataset, _, _ := strings.Cut(name, ".")
	return cmp.Or(dataset, operation)
}

// openLedger opens the group's own ledger, unless the caller brought one.
func (g *Group[R]) openLedger() (err error) {
	if g.ledger != nil {
		return nil
	}
	if g.own, err = OpenLedger(filepath.Join(g.dir, groupLedger)); err != nil {
		return err
	}
	g.ledger = g.own
	return nil
}

// checkLedger refuses a ledger that does not know the group: its parts would look as if they were never paid.
func (g *Group[R]) checkLedger(ctx context.Context) error {
	if err := g.openLedger(); err != nil {
		return err
	}
	e, err := g.ledger.Get(ctx, g.spec.ID)
	switch {
	case err != nil:
		return ledgerFailed("read", err)
	case e.Request != g.spec.ID:
		return fmt.Errorf("bulkcollect: the ledger does not know the group, which was made with another one, or it is gone: %w", api.ErrConflict)
	}
	return nil
}

// enterLedger makes the group known to the ledger, before there is a group.
func (g *Group[R]) enterLedger(ctx context.Context) error {
	if err := g.openLedger(); err != nil {
		return err
	}
	if g.own != nil && slices.ContainsFunc(slices.Collect(maps.Values(g.own.entries)), func(e Entry) bool { return e.Sent > 0 }) {
		return fmt.Errorf("bulkcollect: the directory has the ledger of a group and no %s: %w", groupName, api.ErrConflict)
	}
	return put(ctx, g.ledger, &Entry{}, func(e *Entry) {
		*e = Entry{Request: g.spec.ID, State: Ended, Operation: g.spec.Operation, Once: true, Part: g.spec.parts(), Reason: "a group of jobs"}
	})
}

// checkEmpty refuses a directory in which a group was, but its group.json is gone: what was paid would be paid again.
func (g *Group[R]) checkEmpty() error {
	if _, err := g.root.Lstat(partsName); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("bulkcollect: the directory has parts of a group and no %s: %w", groupName, api.ErrConflict)
	}
	return nil
}

// warnOfOthers logs that a directory has files of others, among which the group's are. What a group leaves that was not
// finished being made, and hidden files, are none.
func (g *Group[R]) warnOfOthers(ctx context.Context) {
	entries, err := fs.ReadDir(g.root.FS(), ".")
	if err != nil {
		return
	}
	others := 0
	for _, e := range entries {
		if name := e.Name(); !isOwn(name) && !strings.HasPrefix(name, groupLedger) && name != groupLock && name[0] != '.' {
			others++
		}
	}
	if others > 0 {
		g.logger().WarnContext(ctx, "bulkcollect: the group's directory has other files; one of its own is easier to remove", "others", others)
	}
}

// make copies the IDs and writes group.json.
func (g *Group[R]) make(ctx context.Context, ids employee.IDSource) error {
	if err := g.checkEmpty(); err != nil {
		return err
	}
	g.warnOfOthers(ctx)
	g.spec = groupSpec{Format: groupFormat, ID: rand.Text(), Operation: storedName(g.dataset.ops.requestIDs), CreatedAt: time.Now().UTC()}
	partial := g.spec.idsName() + ".partial"
	file, err := g.root.OpenFile(partial, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return &StorageError{Op: "create", File: partial, Err: err}
	}
	distinct, err := ids.WriteDistinct(ctx, file, employee.DistinctOptions{Dir: g.dir, Memory: distinctMemory})
	if err = errors.Join(err, file.Sync(), file.Close()); err == nil {
		err = durable.Rename(g.root, partial, g.spec.idsName())
	}
	if err != nil {
		return errors.Join(named(g.dataset.ops.requestIDs, err), g.root.Remove(partial))
	}
	g.spec.PartSize = cmp.Or(g.options.PartSize, MaxIDs)
	g.spec.IDs, g.spec.Duplicates, g.spec.Bytes = distinct.Count, distinct.Duplicates, distinct.Bytes
	g.spec.Hash = hex.EncodeToString(distinct.Hash[:])
	if !g.spec.valid() {
		return fmt.Errorf("bulkcollect: %d IDs are more than %d parts: %w", distinct.Count, maxParts, api.ErrTooLarge)
	}
	if err := g.enterLedger(ctx); err != nil {
		return err
	}
	if err := specFiles.Write(g.root, groupName, &g.spec); err != nil {
		return &StorageError{Op: "write", File: groupName, Err: err}
	}
	return nil
}

// locateParts finds where each part begins in the file of IDs, and that the file is the one that was written.
func (g *Group[R]) locateParts(ctx context.Context) error {
	name := g.spec.idsName()
	file, err := openRegular(g.root, name)
	if err != nil {
		return &StorageError{Op: "open", File: name, Err: err}
	}
	defer func() { _ = file.Close() }()
	hash := sha256.New()
	var size, lines int64
	buffer := make([]byte, 64<<10)
	g.offsets = []int64{0}
	for {
		n, err := file.Read(buffer)
		for rest := buffer[:n]; len(rest) > 0; {
			end := bytes.IndexByte(rest, '\n')
			if end < 0 {
				size += int64(len(rest))
				break
			}
			size += int64(end) + 1
			rest = rest[end+1:]
			if lines++; lines%int64(g.spec.PartSize) == 0 && lines < g.spec.IDs {
				g.offsets = append(g.offsets, size)
			}
		}
		hash.Write(buffer[:n])
		switch {
		case errors.Is(err, io.EOF):
			g.offsets = append(g.offsets, size)
			if lines != g.spec.IDs || size != g.spec.Bytes || hex.EncodeToString(hash.Sum(nil)) != g.spec.Hash {
				return fmt.Errorf("bulkcollect: %s is not the list that the group was made for: %w", name, api.ErrConflict)
			}
			return nil
		case err != nil:
			return &StorageError{Op: "read", File: name, Err: err}
		case size > g.spec.Bytes || ctx.Err() != nil:
			return errors.Join(fmt.Errorf("bulkcollect: %s cannot be read to its end: %w", name, api.ErrConflict), ctx.Err())
		}
	}
}

// idsOf returns the IDs of a part.
func (g *Group[R]) idsOf(ctx context.Context, i int) ([]int64, error) {
	return distinct(ctx, employee.IDReader(g.spec.idsName(), func() (io.ReadCloser, error) {
		file, err := openRegular(g.root, g.spec.idsName())
		if err != nil {
			return nil, err
		}
		section := io.NewSectionReader(file, g.offsets[i], g.offsets[i+1]-g.offsets[i])
		return struct {
			io.Reader
			io.Closer
		}{bufio.NewReader(section), file}, nil
	}))
}

// parts is how many parts the group has.
func (s *groupSpec) parts() int { return int((s.IDs + int64(s.PartSize) - 1) / int64(s.PartSize)) }

// countOf returns how many IDs a part has.
func (g *Group[R]) countOf(i int) int {
	if i == len(g.offsets)-2 {
		return int(g.spec.IDs - int64(i)*int64(g.spec.PartSize))
	}
	return g.spec.PartSize
}

// specError is why group.json cannot be read.
func specError(err error) error {
	_, otherFormat := errors.AsType[*durable.FormatError](err)
	switch {
	case otherFormat, errors.Is(err, durable.ErrDamaged):
		return fmt.Errorf("bulkcollect: %s is not that of a group of format %d: %w", groupName, groupFormat, api.ErrInvalid)
	case errors.Is(err, durable.ErrTooLong):
		err = fmt.Errorf("the file has more than %d bytes: %w", maxSpecBytes, api.ErrTooLarge)
	case errors.Is(err, durable.ErrNotRegular):
		err = errNotRegular
	}
	return &StorageError{Op: "read", File: groupName, Err: err}
}
