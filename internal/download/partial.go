package download

import (
	"context"
	"errors"
	"hash/crc32"
	"io"
	"io/fs"
	"os"

	"github.com/pronet-go/pronet/internal/durable"
)

const (
	// bufferBytes is how much of a file is held before it is written.
	bufferBytes = 1 << 20
	// syncBytes is how much is written before the disk is asked to keep it, while more arrives. At the end little is left to
	// wait for then.
	syncBytes = 8 << 20
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// storedFile is what is used of an *os.File.
type storedFile interface {
	io.Writer
	io.ReaderAt
	Sync() error
	Close() error
}

// partial is what is stored of a file that is not finished. It is open, and at its end.
type partial struct {
	file  storedFile
	place string // of the finished file
	size  int64
	sum   uint32 // CRC-32C of all of it

	unsynced int64
	syncing  chan error // tells how the sync under way ended; nil when there is none
}

// newPartial makes the partial file of a place, which must not be there yet.
func (d *Dir) newPartial(place string) (*partial, error) {
	f, err := d.root.OpenFile(partialOf(place), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, storage("make", shown(partialOf(place)), err)
	}
	return &partial{file: d.wrapped(f), place: place}, nil
}

// openPartial opens what an earlier download left of a file, nil when it left nothing that can be gone on with.
func (d *Dir) openPartial(ctx context.Context, place string, buffer []byte) (*partial, error) {
	f, err := openRegular(d.root, partialOf(place), os.O_RDWR)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, errNoRegular) {
		return nil, nil
	}
	if err != nil {
		return nil, storage("open", shown(partialOf(place)), err)
	}
	p := &partial{file: d.wrapped(f), place: place}
	err = p.reread(ctx, f, buffer)
	if err == nil && p.size > 0 && !isGzip(f) {
		err = errNoTrailer
	}
	if err == nil {
		return p, nil
	}
	_ = f.Close()
	if errors.Is(err, errNoTrailer) {
		return nil, nil
	}
	return nil, err
}

// errNoTrailer reports a file whose end would not prove that what a crash of the machine left of it is good.
var errNoTrailer = errors.New("download: the file has no checksum of its own")

// reread takes size and checksum from the file, and leaves it at its end.
func (p *partial) reread(ctx context.Context, f io.Reader, buffer []byte) error {
	sum, size, err := checksum(ctx, f, buffer)
	if err != nil && ctx.Err() == nil {
		err = storage("read", shown(partialOf(p.place)), err)
	}
	p.sum, p.size = sum, size
	return err
}

// checksum reads a file to its end.
func checksum(ctx context.Context, f io.Reader, buffer []byte) (sum uint32, size int64, err error) {
	for {
		if err := ctx.Err(); err != nil {
			return 0, 0, err
		}
		n, err := f.Read(buffer)
		sum = crc32.Update(sum, castagnoli, buffer[:n])
		size += int64(n)
		if errors.Is(err, io.EOF) {
			return sum, size, nil
		}
		if err != nil {
			return 0, 0, err
		}
	}
}

// add appends bytes.
func (p *partial) add(b []byte) error {
	n, err := p.file.Write(b)
	p.sum = crc32.Update(p.sum, castagnoli, b[:n])
	p.size += int64(n)
	p.unsynced += int64(n)
	if err != nil {
		return storage("write", shown(partialOf(p.place)), err)
	}
	return storage("sync", shown(partialOf(p.place)), p.syncBehind())
}

// syncBehind begins a sync if there is enough to do and none is under way. Its error is that of an earlier one.
func (p *partial) syncBehind() error {
	if p.unsynced < syncBytes {
		return nil
	}
	select {
	case err := <-p.syncing:
		p.syncing = nil
		if err != nil {
			return err
		}
	default:
	}
	if p.syncing == nil {
		f, ended := p.file, make(chan error, 1)
		p.syncing, p.unsynced = ended, 0
		go func() { ended <- f.Sync() }()
	}
	return nil
}

// synced waits for the sync under way.
func (p *partial) synced() error {
	if p.syncing == nil {
		return nil
	}
	err := <-p.syncing
	p.syncing = nil
	return err
}

// finish gives the file its name.
func (d *Dir) finish(p *partial) error {
	name := shown(partialOf(p.place))
	if err := storage("sync", name, errors.Join(p.synced(), p.file.Sync())); err != nil {
		return err
	}
	if err := storage("close", name, p.close()); err != nil {
		return err
	}
	return storage("rename", name, durable.Rename(d.root, partialOf(p.place), p.place))
}

// close may be called more than once.
func (p *partial) close() error {
	if p.file == nil {
		return nil
	}
	f := p.file
	p.file = nil
	return errors.Join(p.synced(), f.Close())
}

// clear makes sure that nothing is stored of a file, finished or not, and that a crash does not bring it back.
func (d *Dir) clear(place string) error {
	removed := false
	for _, name := range []string{partialOf(place), place} {
		err := d.root.Remove(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return storage("remove", shown(name), err)
		}
		removed = true
	}
	if !removed {
		return nil
	}
	return storage("sync", shown(place), durable.SyncName(d.root, place))
}

func (d *Dir) wrapped(f *os.File) storedFile {
	if d.wrap != nil {
		return d.wrap(f)
	}
	return f
}
