package bulkcollect

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/internal/durable"
)

const (
	groupFormat  = 1
	groupName    = "group.json"
	idsName      = "ids.txt"
	maxSpecBytes = 64 << 10
)

// groupSpec is what a group is, settled when it is made: the content of group.json.
type groupSpec struct {
	Format    int       `json:"format"`
	ID        string    `json:"id"`
	Operation string    `json:"operation"`
	CreatedAt time.Time `json:"created_at"`
	PartSize  int       `json:"part_size"`
	// IDs, Duplicates, Bytes and Hash are those of ids.txt.
	IDs        int64  `json:"ids"`
	Duplicates int64  `json:"duplicates"`
	Bytes      int64  `json:"bytes"`
	Hash       string `json:"sha256"`
}

func (s *groupSpec) valid() bool {
	return s.Format == groupFormat && s.ID != "" && len(s.ID) <= 64 && s.PartSize >= 1 && s.PartSize <= MaxIDs &&
		s.IDs >= 1 && s.IDs <= maxParts*int64(s.PartSize) && s.Bytes > s.IDs && s.Bytes <= s.IDs*20
}

// loadSpec reads group.json, or makes the group. That file is written last: without it there is no group.
func (g *Group[R]) loadSpec(ctx context.Context, ids *employee.IDSource) error {
	content, err := readBounded(g.root, groupName, maxSpecBytes)
	switch {
	case errors.Is(err, fs.ErrNotExist) && ids != nil:
		return g.make(ctx, *ids)
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("bulkcollect: the directory holds no group: %w", api.ErrNotFound)
	case err != nil:
		return &StorageError{Op: "read", File: groupName, Err: err}
	}
	if json.Unmarshal(content, &g.spec) != nil || !g.spec.valid() {
		return fmt.Errorf("bulkcollect: %s is not that of a group of format %d: %w", groupName, groupFormat, api.ErrInvalid)
	}
	if g.spec.Operation != g.dataset.ops.requestIDs.Name {
		return fmt.Errorf("bulkcollect: the group is one of %.100q: %w", g.spec.Operation, api.ErrConflict)
	}
	if size := g.options.PartSize; size != 0 && size != g.spec.PartSize {
		return fmt.Errorf("bulkcollect: the group was made with parts of %d IDs: %w", g.spec.PartSize, api.ErrConflict)
	}
	if ids == nil {
		return nil
	}
	given, err := ids.WriteDistinct(ctx, io.Discard, employee.DistinctOptions{Dir: g.dir})
	switch {
	case err != nil:
		return named(&g.dataset.ops.requestIDs, err)
	case hex.EncodeToString(given.Hash[:]) != g.spec.Hash:
		return fmt.Errorf("bulkcollect: the group in the directory is for another list of IDs: %w", api.ErrConflict)
	}
	return nil
}

// make copies the IDs and writes group.json.
func (g *Group[R]) make(ctx context.Context, ids employee.IDSource) error {
	const partial = idsName + ".partial"
	if err := g.root.Remove(partial); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return &StorageError{Op: "remove", File: partial, Err: err}
	}
	file, err := g.root.OpenFile(partial, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return &StorageError{Op: "create", File: partial, Err: err}
	}
	distinct, err := ids.WriteDistinct(ctx, file, employee.DistinctOptions{Dir: g.dir})
	if err = errors.Join(err, file.Sync(), file.Close()); err == nil {
		err = durable.Rename(g.root, partial, idsName)
	}
	if err != nil {
		return errors.Join(named(&g.dataset.ops.requestIDs, err), g.root.Remove(partial))
	}
	g.spec = groupSpec{
		Format: groupFormat, ID: rand.Text(), Operation: g.dataset.ops.requestIDs.Name, CreatedAt: time.Now().UTC(),
		PartSize: cmp.Or(g.options.PartSize, MaxIDs),
		IDs:      distinct.Count, Duplicates: distinct.Duplicates, Bytes: distinct.Bytes, Hash: hex.EncodeToString(distinct.Hash[:]),
	}
	if !g.spec.valid() {
		return fmt.Errorf("bulkcollect: %d IDs are more than %d parts: %w", distinct.Count, maxParts, api.ErrTooLarge)
	}
	content, err := json.MarshalIndent(g.spec, "", "\t")
	if err != nil {
		return err
	}
	if err := durable.Replace(g.root, groupName, append(content, '\n')); err != nil {
		return &StorageError{Op: "write", File: groupName, Err: err}
	}
	return nil
}

// locateParts finds where each part begins in ids.txt, and that the file is the one that was written.
func (g *Group[R]) locateParts(ctx context.Context) error {
	file, err := g.root.Open(idsName)
	if err != nil {
		return &StorageError{Op: "open", File: idsName, Err: err}
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
				return fmt.Errorf("bulkcollect: %s is not the list that the group was made for: %w", idsName, api.ErrConflict)
			}
			return nil
		case err != nil:
			return &StorageError{Op: "read", File: idsName, Err: err}
		case size > g.spec.Bytes || ctx.Err() != nil:
			return errors.Join(fmt.Errorf("bulkcollect: %s cannot be read to its end: %w", idsName, api.ErrConflict), ctx.Err())
		}
	}
}

// idsOf returns the IDs of a part.
func (g *Group[R]) idsOf(ctx context.Context, i int) ([]int64, error) {
	return distinct(ctx, employee.IDReader(idsName, func() (io.ReadCloser, error) {
		file, err := g.root.Open(idsName)
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

// countOf returns how many IDs a part has.
func (g *Group[R]) countOf(i int) int {
	if i == len(g.offsets)-2 {
		return int(g.spec.IDs - int64(i)*int64(g.spec.PartSize))
	}
	return g.spec.PartSize
}

// readBounded reads a whole file.
func readBounded(root *os.Root, name string, most int64) ([]byte, error) {
	file, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	content, err := io.ReadAll(io.LimitReader(file, most+1))
	if err == nil && int64(len(content)) > most {
		err = fmt.Errorf("the file has more than %d bytes: %w", most, api.ErrTooLarge)
	}
	return content, err
}
