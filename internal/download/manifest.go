package download

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/pronet-go/pronet/internal/codec"
	"github.com/pronet-go/pronet/internal/durable"
	"github.com/pronet-go/pronet/internal/filename"
	"github.com/pronet-go/pronet/internal/jsonlines"
)

const (
	format = 1
	// MaxFiles is the most files of one job.
	MaxFiles = 100_000
	// MaxName is the most bytes of a name.
	MaxName = 2048

	// listedTogether is how many names one entry has: however they are escaped, it is less than durable.MaxEntry.
	listedTogether = 256
	maxManifest    = 1 << 30
)

// entry is one line of the manifest: the job and the first of its files, more of its files, or what became of one.
type entry struct {
	Format   int       `json:"format,omitempty"`
	Job      string    `json:"job,omitempty"`
	Count    int       `json:"count,omitempty"`
	Files    []listed  `json:"files,omitempty"`
	Started  *started  `json:"started,omitempty"`
	Finished *finished `json:"finished,omitempty"`
}

// listed is a file with the name under which it is kept.
type listed struct {
	Name  string `json:"name"`
	Local string `json:"local"`
}

// started is written before the first byte of a version is stored.
type started struct {
	Name string `json:"name"`
	validator
	Length int64 `json:"length"` // -1 when it is not known
}

// finished is written once the file has its name.
type finished struct {
	Name       string `json:"name"`
	Size       int64  `json:"size"`
	Checksum   uint32 `json:"crc32c"`
	Unverified bool   `json:"unverified,omitempty"`
}

// file is what the manifest says of one.
type file struct {
	listed
	started  *started  // the version of which a part may be stored; nil when there is none
	finished *finished // nil while it is not
}

// manifest is what all entries say together.
type manifest struct {
	job    string
	count  int
	files  []*file // in the provider's order
	byName map[string]*file
}

// isComplete reports whether the list of the files is there as a whole. A crash may have cut it.
func (m *manifest) isComplete() bool { return m.byName != nil && len(m.files) == m.count }

// take adds an entry. It believes nothing.
func (m *manifest) take(line []byte) error {
	var e entry
	if err := codec.Decode(line, &e); err != nil {
		return fmt.Errorf("%w: an entry has another form", ErrManifest)
	}
	switch {
	case m.byName == nil:
		if e.Format != format {
			return fmt.Errorf("%w: it has another format", ErrManifest)
		}
		if e.Count < 0 || e.Count > MaxFiles {
			return fmt.Errorf("%w: it has more than %d files", ErrManifest, MaxFiles)
		}
		m.job, m.count, m.byName = e.Job, e.Count, make(map[string]*file)
		return m.list(e.Files)
	case len(e.Files) > 0:
		return m.list(e.Files)
	case !m.isComplete():
		return fmt.Errorf("%w: a file was begun before all were listed", ErrManifest)
	case e.Started != nil:
		return m.start(*e.Started)
	case e.Finished != nil:
		return m.finish(*e.Finished)
	}
	return nil // of a later version
}

func (m *manifest) list(files []listed) error {
	if len(m.files)+len(files) > m.count {
		return fmt.Errorf("%w: it lists more files than it counts", ErrManifest)
	}
	for _, l := range files {
		if m.byName[l.Name] != nil || !isName(l.Name) {
			return fmt.Errorf("%w: a file's name is listed twice, or is none", ErrManifest)
		}
		f := &file{listed: l}
		m.files, m.byName[l.Name] = append(m.files, f), f
	}
	if !m.isComplete() {
		return nil
	}
	local := make([]string, len(m.files))
	for i, f := range m.files {
		local[i] = f.Local
	}
	if !filename.Distinct(local) {
		return fmt.Errorf("%w: a file would be kept under a name that is not safe", ErrManifest)
	}
	return nil
}

func (m *manifest) start(s started) error {
	f := m.byName[s.Name]
	if f == nil || !s.isUsable() || s.Length < -1 || s.Length > jsonlines.MaxFile {
		return fmt.Errorf("%w: the beginning of a file makes no sense", ErrManifest)
	}
	f.started, f.finished = &s, nil
	return nil
}

func (m *manifest) finish(d finished) error {
	f := m.byName[d.Name]
	if f == nil || d.Size < 0 || d.Size > jsonlines.MaxFile {
		return fmt.Errorf("%w: the end of a file makes no sense", ErrManifest)
	}
	f.finished = &d
	return nil
}

func isName(name string) bool { return name != "" && len(name) <= MaxName && utf8.ValidString(name) }

// listing returns the entries that begin the manifest of a job.
func listing(job string, names []string) ([]entry, error) {
	local, err := filename.Local(names)
	if err != nil {
		return nil, err
	}
	entries := []entry{{Format: format, Job: job, Count: len(names)}}
	for i, name := range names {
		if i > 0 && i%listedTogether == 0 {
			entries = append(entries, entry{})
		}
		last := &entries[len(entries)-1]
		last.Files = append(last.Files, listed{Name: name, Local: local[i]})
	}
	return entries, nil
}

// manifestError says of a journal's error which kind it is.
func manifestError(err error) error {
	switch {
	case err == nil || errors.Is(err, ErrManifest):
		return err
	case errors.Is(err, durable.ErrDamaged):
		return fmt.Errorf("%w: %w", ErrManifest, err)
	}
	return storage("read", manifestName, err)
}
