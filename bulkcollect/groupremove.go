package bulkcollect

import (
	"context"
	"errors"
	"io/fs"
	"os"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/wire"
)

// RemoveOptions says what [Group.Remove] may give up.
type RemoveOptions struct {
	// Unfinished removes a group that is not finished too. What was paid for parts that are running or in doubt, and is
	// not on the disk, is lost with it.
	Unfinished bool
}

var errRemoveUnfinished = wire.Plain("Run collects the rest; with RemoveOptions.Unfinished it is given up", api.ErrConflict)

// Remove deletes the group's files from its directory, and the directory if nothing else is in it: the records, the
// list of IDs, and the ledger, unless GroupOptions has another one, which keeps its entries (hashes, counts and job
// ids, nothing about people). It is how the records of people are erased that were stored elsewhere, or that nobody
// may keep; it does nothing at the provider. The group is closed then, and the same list in the same directory would
// be a new group, and paid.
//
// A group that is not finished is left alone, unless the options say otherwise: the error is a *[GroupError] that is
// api.ErrConflict. It is api.ErrConflict too while a Run is in progress. When the disk fails, the error is a
// *[StorageError], and Remove can be called again. What a crash in the middle of it left is removed likewise, or, when
// it is no group any more, by deleting the directory.
func (g *Group[R]) Remove(ctx context.Context, o RemoveOptions) error {
	release, err := g.hold(ctx)
	if err != nil {
		return err
	}
	defer release()
	if err := g.removeFiles(ctx, o); err != nil {
		return err
	}
	return g.removeLedger()
}

// removeFiles deletes all but the ledger and the lock, what is about people first.
func (g *Group[R]) removeFiles(ctx context.Context, o RemoveOptions) error {
	if err := g.readLedger(ctx); err != nil {
		return err
	}
	if status := g.Status(); !status.Finished() && !o.Unfinished {
		return &GroupError{Status: status, Errs: []error{errRemoveUnfinished}}
	}
	entries, err := fs.ReadDir(g.root.FS(), ".")
	if err != nil {
		return &StorageError{Op: "read", Err: err}
	}
	names := []string{partsName} // which may take long: a crash leaves a group that can be removed again
	for _, e := range entries {
		if isOwn(e.Name()) && e.Name() != groupName {
			names = append(names, e.Name())
		}
	}
	for _, name := range append(names, groupName) {
		if err := g.root.RemoveAll(name); err != nil {
			return &StorageError{Op: "remove", File: name, Err: err}
		}
	}
	return nil
}

// removeLedger deletes the rest, the lock last, and closes the group.
func (g *Group[R]) removeLedger() error {
	names := []string{groupLock}
	var errs []error
	if g.own != nil {
		names = []string{groupLedger, groupLedger + ".lock", groupLock}
		errs, g.own = append(errs, g.own.Close()), nil
	}
	remove := func(root *os.Root) error {
		var errs []error
		for _, name := range names {
			if err := root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
				errs = append(errs, &StorageError{Op: "remove", File: name, Err: err})
			}
		}
		return errors.Join(errs...)
	}
	failed := remove(g.root) // while it is locked
	errs = append(errs, g.release())
	if failed != nil { // some systems delete no open file
		if root, err := os.OpenRoot(g.dir); err == nil {
			failed = errors.Join(remove(root), root.Close())
		}
	}
	_ = os.Remove(g.dir) // it stays if others have files there
	return errors.Join(append(errs, failed)...)
}
