package snapshot

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/durable"
)

// pack is one file of a [Files]. People are spread by a hash of their ID: its first 8 bits are the folder, and the name has
// as many of the next ones as were needed so far. A pack that grows is divided in two by the next bit; both are there even
// when nobody is in one. So of all names that fit a person, the shortest is the person's.
type pack struct {
	shelf   int
	bits    string
	entries []entry // by ID, then dataset
	missing bool    // there is no such file yet
}

// hashOf spreads IDs that follow each other. No two have the same hash.
func hashOf(id int64) uint64 { return uint64(id) * 0x9E3779B97F4A7C15 }

func shelfOf(id int64) int { return int(hashOf(id) >> maxBits) }

func folderOf(shelf int) string { return fmt.Sprintf("%02x", shelf) }

// bitsOf returns the bits behind those of the shelf, as digits.
func bitsOf(id int64) string { return fmt.Sprintf("%056b", hashOf(id)<<8>>8) }

func (p *pack) name() string { return folderOf(p.shelf) + "/" + packName(p.bits) }

func packName(bits string) string { return "p" + bits + packEnding }

// find returns where a person's snapshot is, or would be.
func (p *pack) find(key Key) (at int, found bool) {
	return slices.BinarySearchFunc(p.entries, key, func(e entry, key Key) int { return e.key.compare(key) })
}

func (k Key) compare(other Key) int {
	return cmp.Or(cmp.Compare(k.ID, other.ID), strings.Compare(k.Dataset, other.Dataset))
}

// consistent reports whether the pack has what belongs to it, in its order.
func (p *pack) consistent() bool {
	prefix, err := strconv.ParseUint("0"+p.bits, 2, 64)
	for i, e := range p.entries {
		if err != nil || shelfOf(e.key.ID) != p.shelf || hashOf(e.key.ID)<<8>>(64-len(p.bits)) != prefix ||
			i > 0 && p.entries[i-1].key.compare(e.key) >= 0 {
			return false
		}
	}
	return true
}

// alone reports whether the pack has one person, and cannot be divided.
func (p *pack) alone() bool {
	return len(p.entries) == 0 || p.entries[0].key.ID == p.entries[len(p.entries)-1].key.ID
}

// divided returns the packs that a pack has to become.
func (p *pack) divided() []pack {
	if packSize(p.entries) <= packBytes || p.alone() {
		return []pack{*p}
	}
	var halves [2]pack
	for bit, digit := range []string{"0", "1"} {
		halves[bit] = pack{shelf: p.shelf, bits: p.bits + digit}
	}
	for _, e := range p.entries {
		bit := bitsOf(e.key.ID)[len(p.bits)] - '0'
		halves[bit].entries = append(halves[bit].entries, e)
	}
	return append(halves[0].divided(), halves[1].divided()...)
}

// load reads the pack that a person is in, or would be. The shelf must be locked.
func (f *Files) load(id int64) (pack, error) {
	bits := bitsOf(id)
	for n := range maxBits + 1 {
		p := pack{shelf: shelfOf(id), bits: bits[:n]}
		if err := f.read(&p); !errors.Is(err, fs.ErrNotExist) {
			return p, err
		}
	}
	return f.missing(id)
}

// missing returns the pack that a person for whom there is none would be in: the largest part of the folder that no file
// has a share of. That is all of an empty folder, and what was deleted by hand.
func (f *Files) missing(id int64) (pack, error) {
	names, _, err := f.list(shelfOf(id))
	if err != nil {
		return pack{}, err
	}
	bits, n := bitsOf(id), 0
	for slices.ContainsFunc(names, func(name string) bool { return strings.HasPrefix(name, "p"+bits[:n]) }) {
		n++
	}
	return pack{shelf: shelfOf(id), bits: bits[:n], missing: true}, nil
}

// read reads the file of a pack. The shelf must be locked.
func (f *Files) read(p *pack) error {
	data, err := durable.ReadFile(f.root, p.name(), maxPack)
	switch {
	case errors.Is(err, durable.ErrTooLong), errors.Is(err, durable.ErrNotRegular):
		return fmt.Errorf("snapshot: the file %s: %w: %w", p.name(), ErrDamaged, err)
	case err != nil:
		return fmt.Errorf("snapshot: a file cannot be read: %w", err)
	}
	if p.entries, err = parsePack(data); err != nil {
		return fmt.Errorf("snapshot: the file %s: %w", p.name(), err)
	}
	if !p.consistent() {
		p.entries = nil
		return fmt.Errorf("snapshot: the file %s has what belongs to another: %w", p.name(), ErrDamaged)
	}
	return nil
}

// store writes a pack, or those that it has to become. While the pack is there it counts and they do not: it is removed
// when all of them are on the disk, and they are used when it is gone for good. The shelf must be locked.
func (f *Files) store(p pack) error {
	parts := p.divided()
	if len(parts) > 1 {
		if err := f.sweep(p.shelf); err != nil { // what an attempt before has left
			return err
		}
	}
	for _, part := range parts {
		if packSize(part.entries) > maxPack {
			return fmt.Errorf("snapshot: the person's records have more than %d bytes: %w", maxPack, api.ErrTooLarge)
		}
	}
	for _, part := range parts {
		if err := durable.Replace(f.root, part.name(), packOf(part.entries)); err != nil {
			return fmt.Errorf("snapshot: a file cannot be written: %w", err)
		}
	}
	if len(parts) == 1 || p.missing {
		return nil
	}
	if err := errors.Join(f.root.Remove(p.name()), durable.SyncName(f.root, p.name())); err != nil {
		return fmt.Errorf("snapshot: a file cannot be removed: %w", err)
	}
	return nil
}

// list returns the names of the packs of a folder that count, and of the files that do not: the remains of writes that were
// cut short. Other files are left out. The shelf must be locked.
func (f *Files) list(shelf int) (packs, remains []string, err error) {
	dir, err := f.root.Open(folderOf(shelf))
	if err != nil {
		return nil, nil, fmt.Errorf("snapshot: a folder cannot be read: %w", err)
	}
	defer func() { _ = dir.Close() }()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, nil, fmt.Errorf("snapshot: a folder cannot be read: %w", err)
	}
	slices.SortFunc(names, func(a, b string) int { // a pack before those that it was divided into
		return strings.Compare(strings.TrimSuffix(a, packEnding), strings.TrimSuffix(b, packEnding))
	})
	last := ""
	for _, name := range names {
		base, isPack := strings.CutSuffix(name, packEnding)
		isPack = isPack && strings.HasPrefix(base, "p") && len(base) <= maxBits+1 && strings.Trim(base[1:], "01") == ""
		switch {
		case strings.HasPrefix(name, durable.TempPrefix), isPack && last != "" && strings.HasPrefix(base, last):
			remains = append(remains, name)
		case isPack:
			packs = append(packs, name)
			last = base
		}
	}
	return packs, remains, nil
}

// sweep removes the remains of writes that were cut short. The shelf must be locked.
func (f *Files) sweep(shelf int) error {
	_, remains, err := f.list(shelf)
	if err != nil || len(remains) == 0 {
		return err
	}
	for _, name := range remains {
		if err := f.root.Remove(folderOf(shelf) + "/" + name); err != nil {
			return fmt.Errorf("snapshot: the remains of a write cannot be removed: %w", err)
		}
	}
	return durable.SyncName(f.root, folderOf(shelf)+"/.")
}
