package limit

import (
	"errors"
	"io/fs"
	"os"

	"github.com/pronet-go/pronet/internal/durable"
)

// File is a state in a file of this name.
type File string

// Load reads the file; nil when there is none.
func (f File) Load() ([]byte, error) {
	info, err := os.Stat(string(f))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if info.Size() > maxStateBytes { // before memory is taken for it
		return nil, errTooLarge
	}
	return os.ReadFile(string(f))
}

// Save replaces the file.
func (f File) Save(state []byte) error { return durable.ReplaceFile(string(f), state) }
