package bulkcollect

import (
	"bytes"
	"context"
	"io"
	"os"
	"slices"

	"github.com/pronet-go/pronet/api"
)

// RecordFile is a file of records, gzip or plain, one JSON object a line: on disk, in memory, at the provider, or wherever
// Open finds it.
type RecordFile struct {
	// Name stands in errors and in the records' Origin.
	Name string
	// Open returns the file's content from its beginning, each time. It is called on a goroutine of the walk, as is the
	// content's Read; the context is cancelled when the walk ends. The walk closes what Open returned, once. If its Read
	// blocks while the walk ends, it is closed from another goroutine, which must end the Read, as it does for connections
	// and pipes: a Read that does not end keeps the loop from ending.
	Open func(ctx context.Context) (io.ReadCloser, error)

	// fromJob marks a file of the provider: it is opened when its turn has come, its Read ends with the context, and the
	// error of Open names the call already.
	fromJob bool
}

// DiskFile is a file on disk. Its Name is the path.
func DiskFile(path string) RecordFile {
	return RecordFile{Name: path, Open: func(context.Context) (io.ReadCloser, error) { return os.Open(path) }}
}

// MemoryFile is a file in memory. The content must not be changed while it is read.
func MemoryFile(name string, content []byte) RecordFile {
	return RecordFile{Name: name, Open: func(context.Context) (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(content)), nil
	}}
}

func (d *core[R]) jobFile(jobID, name string, options ...api.CallOption) RecordFile {
	options = append(slices.Clip(options), api.WithMeta(nil))
	return RecordFile{Name: name, fromJob: true, Open: func(ctx context.Context) (io.ReadCloser, error) {
		file, err := d.openFile(ctx, jobID, name, options...)
		if err != nil {
			return nil, err
		}
		return file, nil
	}}
}
