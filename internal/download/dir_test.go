package download

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/filename"
	"github.com/pronet-go/pronet/internal/transport"
)

var three = []string{"json/part-0.json.gz", "json/part-1.json.gz", "../part-2.json.gz"}

// stocked returns an origin with three files, of which the pipeline could not ask for the last: the opener asks for another
// name.
func stocked(t testing.TB) (*origin, map[string][]byte) {
	o, want := newOrigin(t), make(map[string][]byte)
	for i, name := range three {
		want[name] = packed(t, i, 50+i)
		o.plan(strings.TrimPrefix(name, "../"), serving(want[name], fmt.Sprintf(`"%d"`, i)))
	}
	return o, want
}

func (o *origin) fetchAll(t testing.TB, d *Dir, options Options) []Failure {
	t.Helper()
	failures, err := d.Fetch(t.Context(), o.opener(), options)
	require.NoError(t, err)
	return failures
}

func (o *origin) opener() Opener {
	return func(ctx context.Context, name string, header http.Header) (*transport.Stream, error) {
		return o.open(ctx, strings.TrimPrefix(name, "../"), header)
	}
}

func TestR31FinishedFilesCostNothing(t *testing.T) {
	o, want := stocked(t)
	dir := t.TempDir()
	again := func(requests int, options Options) {
		t.Helper()
		before := o.total()
		d := openDir(t, dir, three...)
		require.Empty(t, o.fetchAll(t, d, options))
		require.NoError(t, d.Close())
		assert.Equal(t, requests, o.total()-before)
		assert.Equal(t, want, contents(t, dir))
	}
	again(3, Options{Parallel: 2})
	again(0, Options{Parallel: 2})
	again(0, Options{Parallel: 2, Verify: true})

	first := filepath.Join(dir, "files", "json", "part-0.json.gz")
	require.NoError(t, os.Remove(first))
	again(1, Options{})
	require.NoError(t, os.Truncate(first, 3))
	again(1, Options{})
	data := bytes.Clone(want[three[0]])
	data[len(data)-1] ^= 1
	require.NoError(t, os.WriteFile(first, data, 0o600))
	d := openDir(t, dir)
	before := o.total()
	require.Empty(t, o.fetchAll(t, d, Options{}), "the size is right")
	assert.Equal(t, before, o.total())
	require.NoError(t, d.Close())
	again(1, Options{Verify: true})
	again(0, Options{Verify: true})
}

// TestR31ManifestCutAnywhere: a crash leaves a beginning of the manifest, and of the files what was there.
func TestR31ManifestCutAnywhere(t *testing.T) {
	o, want := stocked(t)
	dir := memoryDir(t)
	d := openDir(t, dir, three...)
	require.Empty(t, o.fetchAll(t, d, Options{Parallel: 1}))
	require.NoError(t, d.Close())
	name := filepath.Join(dir, manifestName)
	whole, err := os.ReadFile(name)
	require.NoError(t, err)
	lines := bytes.SplitAfter(whole, []byte("\n"))
	require.Len(t, lines, 1+3*2+1)
	for cut := 0; cut <= len(whole); cut += step(cut, len(whole)) {
		require.NoError(t, os.WriteFile(name, whole[:cut], 0o600))
		before := o.total()
		d := openDir(t, dir, three...)
		require.Empty(t, o.fetchAll(t, d, Options{Parallel: 1}))
		require.NoError(t, d.Close())
		require.Equal(t, want, contents(t, dir))
		begun := bytes.Count(whole[:cut], []byte(`{"started":`))
		if cut < len(whole) && whole[max(0, cut-1)] != '\n' {
			begun = bytes.Count(bytes.Join(bytes.SplitAfter(whole[:cut], []byte("\n"))[:bytes.Count(whole[:cut], []byte("\n"))], nil), []byte(`{"started":`))
		}
		require.Equal(t, 3-begun, o.total()-before, "what was begun is there, and was whole when it got its name: cut at %d", cut)
	}
}

func TestDirBelongsToOneJobAndOneDownload(t *testing.T) {
	dir := t.TempDir()
	d := openDir(t, dir, three...)
	_, err := Open(dir, "job")
	require.ErrorIs(t, err, ErrLocked)
	job, files, err := Read(dir)
	require.NoError(t, err)
	assert.Equal(t, "job", job)
	assert.Len(t, files, 3)
	require.NoError(t, d.Close())
	_, err = Open(dir, "another job")
	require.ErrorIs(t, err, ErrOtherJob)
	require.NoError(t, openDir(t, dir).Close())
}

func TestDirManyFiles(t *testing.T) {
	var names []string
	for i := range 3*listedTogether + 1 {
		names = append(names, fmt.Sprintf("json/%s-%d", strings.Repeat("\x01", 1500), i))
	}
	dir := memoryDir(t)
	require.NoError(t, openDir(t, dir, append(names, names[0])...).Close())
	whole, err := os.ReadFile(filepath.Join(dir, manifestName))
	require.NoError(t, err)
	lines := bytes.SplitAfter(whole, []byte("\n"))
	require.Len(t, lines, 5)
	_, files, err := Read(dir)
	require.NoError(t, err)
	require.Len(t, files, len(names), "a name that comes twice is one file")

	require.NoError(t, os.WriteFile(filepath.Join(dir, manifestName), bytes.Join(lines[:2], nil), 0o600))
	_, _, err = Read(dir)
	require.ErrorIs(t, err, api.ErrNotReady, "a crash came while the files were listed")
	require.NoError(t, openDir(t, dir, "a").Close())
	_, files, err = Read(dir)
	require.NoError(t, err)
	assert.Len(t, files, 1)

	for _, names := range [][]string{{""}, {"\xff"}, {strings.Repeat("x", MaxName+1)}} {
		d, err := Open(t.TempDir(), "job")
		require.NoError(t, err)
		require.ErrorIs(t, d.List(names), api.ErrUnexpectedResponse)
		require.NoError(t, d.Close())
	}
	d, err := Open(t.TempDir(), "job")
	require.NoError(t, err)
	require.ErrorIs(t, d.List(make([]string, MaxFiles+1)), api.ErrTooLarge)
	require.NoError(t, d.Close())
}

func TestReadOfNothing(t *testing.T) {
	_, _, err := Read(filepath.Join(t.TempDir(), "none"))
	require.ErrorIs(t, err, fs.ErrNotExist)
	_, _, err = Read(t.TempDir())
	require.ErrorIs(t, err, fs.ErrNotExist)
	assert.Contains(t, err.Error(), `open "manifest.jsonl": no such file`)
}

// TestR24PlantedLinks puts a link where each thing of the directory should be: what it leads to is not touched.
func TestR24PlantedLinks(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links need a privilege there")
	}
	const precious = "precious"
	for name, tt := range map[string]struct {
		link string // in the directory
		to   string // in the folder outside; empty is the folder
		fine bool
	}{
		"file":             {"files/json/part-0.json.gz", "file", true},
		"file, to nothing": {"files/json/part-0.json.gz", "none", true},
		"partial":          {"files/json/part-0.json.gz.partial", "file", true},
		"partial, nothing": {"files/json/part-0.json.gz.partial", "none", true},
		"folder":           {"files/json", "", false},
		"files":            {"files", "", false},
		"manifest":         {"manifest.jsonl", "file", false},
		"manifest, none":   {"manifest.jsonl", "none", false},
		"lock":             {"lock", "file", false},
		"lock, none":       {"lock", "none", false},
	} {
		for _, begun := range []bool{false, true} { // the manifest says that a part of the file is there
			t.Run(fmt.Sprintf("%s, begun %t", name, begun), func(t *testing.T) {
				o, want := stocked(t)
				outside, dir := t.TempDir(), t.TempDir()
				require.NoError(t, os.WriteFile(filepath.Join(outside, "file"), []byte(precious), 0o600))
				if begun && tt.link != "manifest.jsonl" {
					require.NoError(t, os.WriteFile(filepath.Join(dir, manifestName), []byte(
						`{"format":1,"job":"job","count":1,"files":[{"name":"json/part-0.json.gz","local":"json/part-0.json.gz"}]}`+"\n"+
							`{"started":{"name":"json/part-0.json.gz","etag":"\"0\"","length":8}}`+"\n"), 0o600))
				}
				at := filepath.Join(dir, filepath.FromSlash(tt.link))
				require.NoError(t, os.MkdirAll(filepath.Dir(at), 0o700))
				require.NoError(t, os.Symlink(filepath.Join(outside, tt.to), at))
				err := func() error {
					d, err := Open(dir, "job")
					if err != nil {
						return err
					}
					defer func() { require.NoError(t, d.Close()) }()
					if !d.IsListed() {
						if err := d.List(three[:1]); err != nil {
							return err
						}
					}
					for _, f := range o.fetchAll(t, d, Options{Parallel: 1}) {
						return f.Err
					}
					return nil
				}()
				left, readErr := os.ReadDir(outside)
				require.NoError(t, readErr)
				require.Len(t, left, 1)
				kept, readErr := os.ReadFile(filepath.Join(outside, "file"))
				require.NoError(t, readErr)
				assert.Equal(t, precious, string(kept))
				if tt.fine {
					require.NoError(t, err)
					assert.Equal(t, want[three[0]], contents(t, dir)[three[0]])
					return
				}
				require.Error(t, err)
				assert.True(t, isStorage(err), "%v", err)
				assert.NotContains(t, err.Error(), outside)
			})
		}
	}
}

// failing is a disk that does not do one thing.
type failing struct {
	storedFile
	write, sync, closing, read error
	after                      int
	synced                     chan struct{} // if not nil, gets one for each sync
}

func (f *failing) Write(p []byte) (int, error) {
	if f.write == nil {
		return f.storedFile.Write(p)
	}
	n, err := f.storedFile.Write(p[:min(len(p), f.after)])
	return n, errors.Join(err, f.write)
}

func (f *failing) Sync() error {
	if f.synced != nil {
		f.synced <- struct{}{}
	}
	return errors.Join(f.storedFile.Sync(), f.sync)
}

func (f *failing) Close() error { return errors.Join(f.storedFile.Close(), f.closing) }

func (f *failing) ReadAt(p []byte, at int64) (int, error) {
	if f.read != nil {
		return 0, f.read
	}
	return f.storedFile.ReadAt(p, at)
}

// TestR33FailingDisk leaves the manifest and what was stored, and a later call brings the rest.
func TestR33FailingDisk(t *testing.T) {
	full := &fs.PathError{Op: "write", Path: "/secret/place", Err: syscall.ENOSPC}
	for name, tt := range map[string]struct {
		disk    failing
		options Options
		op      string
	}{
		"full":          {failing{write: full, after: 100}, Options{Parallel: 3}, "write"},
		"full at once":  {failing{write: full}, Options{Parallel: 3}, "write"},
		"cannot sync":   {failing{sync: full}, Options{Parallel: 1}, "sync"},
		"cannot close":  {failing{closing: full}, Options{Parallel: 1}, "close"},
		"cannot reread": {failing{read: full}, Options{Parallel: 1, Verify: true}, "read"},
	} {
		t.Run(name, func(t *testing.T) {
			o, want := stocked(t)
			dir := t.TempDir()
			d := openDir(t, dir, three...)
			d.wrap = func(f storedFile) storedFile {
				disk := tt.disk
				disk.storedFile = f
				return &disk
			}
			failures := o.fetchAll(t, d, tt.options)
			require.NotEmpty(t, failures)
			for _, f := range failures {
				e, ok := errors.AsType[*StorageError](f.Err)
				require.True(t, ok, "%v", f.Err)
				assert.Equal(t, tt.op, e.Op)
				require.ErrorIs(t, e, syscall.ENOSPC)
				assert.Contains(t, e.Error(), "no space left on device")
				assert.NotContains(t, e.Error(), "secret")
			}
			require.NoError(t, d.Close())
			assertOnlyPartials(t, dir)
			d = openDir(t, dir)
			require.Empty(t, o.fetchAll(t, d, Options{Parallel: 3}))
			require.NoError(t, d.Close())
			assert.Equal(t, want, contents(t, dir))
		})
	}
}

// TestR33AFailingDiskEndsWhatIsUnderWay: no other file has a prospect then, however long its answer takes.
func TestR33AFailingDiskEndsWhatIsUnderWay(t *testing.T) {
	data := packed(t, 1, 60)
	o := newOrigin(t)
	begun := make(chan struct{})
	o.plan("slow", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "100")
		w.WriteHeader(http.StatusOK)
		_ = http.NewResponseController(w).Flush()
		close(begun)
		<-r.Context().Done() // the client has gone
	})
	o.plan("full", func(w http.ResponseWriter, r *http.Request) {
		<-begun
		serving(data, tag)(w, r)
	})
	d := openDir(t, t.TempDir(), "slow", "full")
	d.wrap = func(f storedFile) storedFile {
		if file, ok := f.(*os.File); ok && strings.Contains(file.Name(), "full") {
			return &failing{storedFile: f, write: syscall.ENOSPC}
		}
		return f
	}
	failures := o.fetchAll(t, d, Options{Parallel: 2})
	require.Len(t, failures, 1)
	assert.Equal(t, "full", failures[0].Name)
	require.ErrorIs(t, failures[0].Err, syscall.ENOSPC)
}

// TestR33SyncFailsBehind: the disk is asked to keep a large file while it arrives, and what it says then counts.
func TestR33SyncFailsBehind(t *testing.T) {
	data := bytes.Repeat([]byte("{}\n"), 5<<20)
	o, dir := newOrigin(t), t.TempDir()
	o.plan(fileName, serving(data, tag))
	d := openDir(t, dir, fileName)
	syncs := make(chan struct{}, 100)
	d.wrap = func(f storedFile) storedFile { return &failing{storedFile: f, sync: syscall.EIO, synced: syncs} }
	failures := o.fetchAll(t, d, Options{})
	require.Len(t, failures, 1)
	require.ErrorIs(t, failures[0].Err, syscall.EIO)
	require.NoError(t, d.Close())
	assertOnlyPartials(t, dir)

	d = openDir(t, dir)
	d.wrap = func(f storedFile) storedFile { return &failing{storedFile: f, synced: syncs} }
	require.Empty(t, o.fetchAll(t, d, Options{}))
	require.NoError(t, d.Close())
	assert.True(t, bytes.Equal(data, contents(t, dir)[fileName]))
	assert.Greater(t, len(syncs), 2, "not only at the end")
}

// assertOnlyPartials looks at everything in a directory in which no file was finished.
func assertOnlyPartials(t testing.TB, dir string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			name := entry.Name()
			assert.True(t, name == manifestName || name == lockName || strings.HasSuffix(name, filename.Partial), path)
			info, err := entry.Info()
			require.NoError(t, err)
			assert.Zero(t, info.Mode().Perm()&0o077, "others may not read it")
		}
		return err
	}))
}

// TestR33Cancelled ends a download at each of its requests, and in the middle of an answer.
func TestR33Cancelled(t *testing.T) {
	for at := range 6 {
		o, want := stocked(t)
		dir := memoryDir(t)
		d := openDir(t, dir, three...)
		ctx, cancel := context.WithCancel(t.Context())
		opener, n := o.opener(), 0
		failures, err := d.Fetch(ctx, func(ctx context.Context, name string, header http.Header) (*transport.Stream, error) {
			if n++; n == at/2+1 && at%2 == 0 {
				cancel()
			}
			s, err := opener(ctx, name, header)
			if n == at/2+1 {
				cancel()
			}
			return s, err
		}, Options{Parallel: 1})
		if at < 5 || err != nil { // the last answer may have been there already
			require.ErrorIs(t, err, context.Canceled)
		}
		assert.Empty(t, failures)
		require.NoError(t, d.Close())
		d = openDir(t, dir)
		require.Empty(t, o.fetchAll(t, d, Options{Parallel: 3}))
		require.NoError(t, d.Close())
		assert.Equal(t, want, contents(t, dir))
	}
}

func TestFailuresOfOneFileLeaveTheOthers(t *testing.T) {
	o, _ := stocked(t)
	o.plan("json/part-0.json.gz", raw("404 Not Found", fields("Content-Length: 0"), nil))
	dir := t.TempDir()
	d := openDir(t, dir, three...)
	failures := o.fetchAll(t, d, Options{Parallel: 1})
	require.Len(t, failures, 1)
	assert.Equal(t, three[0], failures[0].Name)
	assert.Len(t, contents(t, dir), 2)
	require.NoError(t, d.Close())

	o, _ = stocked(t)
	o.plan("json/part-0.json.gz", raw("403 Forbidden", fields("Content-Length: 22"), []byte(`{"detail":"forbidden"}`)))
	d = openDir(t, t.TempDir(), three...)
	failures = o.fetchAll(t, d, Options{Parallel: 1})
	require.Len(t, failures, 1)
	require.ErrorIs(t, failures[0].Err, api.ErrForbidden)
	assert.Equal(t, 1, o.total(), "no other file fares better")
}

func TestTooLarge(t *testing.T) {
	data := packed(t, 1, 60)
	for name, framed := range framings {
		o := newOrigin(t)
		o.plan(fileName, framed(data, len(data)))
		d := openDir(t, t.TempDir(), fileName)
		d.maxFile = 100
		failures := o.fetchAll(t, d, Options{})
		require.Len(t, failures, 1, name)
		require.ErrorIs(t, failures[0].Err, api.ErrTooLarge)
		assertOnlyPartials(t, d.root.Name())
	}
}

// TestSlots: over several directories no more files are fetched at a time than the slots allow.
func TestSlots(t *testing.T) {
	slots := make(chan struct{}, 1)
	for range 2 {
		o, want := stocked(t)
		dir := t.TempDir()
		d := openDir(t, dir, three...)
		opener := o.opener()
		failures, err := d.Fetch(t.Context(), func(ctx context.Context, name string, header http.Header) (*transport.Stream, error) {
			assert.Len(t, slots, 1)
			return opener(ctx, name, header)
		}, Options{Parallel: 3, Slots: slots})
		require.NoError(t, err)
		assert.Empty(t, failures)
		assert.Equal(t, want, contents(t, dir))
	}
	assert.Empty(t, slots)
	o, _ := stocked(t)
	d := openDir(t, t.TempDir(), three...)
	slots <- struct{}{}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := d.Fetch(ctx, o.opener(), Options{Parallel: 3, Slots: slots})
	require.ErrorIs(t, err, context.Canceled)
	assert.Zero(t, o.total())
}

func TestProgress(t *testing.T) {
	data := packed(t, 1, 60)
	o, dir := newOrigin(t), t.TempDir()
	o.plan("a", cutAt(data, 50, tagLine), serving(data, tag))
	o.plan("b", cutAt(data, 50), serving(data, tag)) // begun anew
	var told []Progress
	require.Empty(t, bringWith(t, dir, o, Options{Parallel: 1, Report: func(p Progress) { told = append(told, p) }}, "a", "b"))
	size := int64(len(data))
	assert.Equal(t, []Progress{{0, -1, 0, 2}, {size, -1, 1, 2}, {2 * size, 2 * size, 2, 2}}, told, "all within 250 ms")
	told = nil
	require.Empty(t, bringWith(t, dir, o, Options{Parallel: 1, Report: func(p Progress) { told = append(told, p) }}))
	assert.Equal(t, []Progress{{0, 2 * size, 0, 2}, {size, 2 * size, 1, 2}, {2 * size, 2 * size, 2, 2}}, told)

	o.plan("c", cutAt(data, 50, tagLine), raw("404 Not Found", fields("Content-Length: 0"), nil), serving(data, tag))
	dir = t.TempDir()
	told = nil
	require.Len(t, bringWith(t, dir, o, Options{Report: func(p Progress) { told = append(told, p) }}, "c"), 1)
	assert.Equal(t, []Progress{{0, -1, 0, 1}, {50, size, 0, 1}}, told, "the end is told of")
	told = nil
	require.Empty(t, bringWith(t, dir, o, Options{Report: func(p Progress) { told = append(told, p) }}))
	assert.Equal(t, []Progress{{0, size, 0, 1}, {size, size, 1, 1}}, told, "what was stored before counts")
}
