package snapshot_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/snapshot"
	"github.com/pronet-go/pronet/snapshot/snapshottest"
)

func openFiles(t testing.TB, dir string) *snapshot.Files {
	t.Helper()
	f, err := snapshot.OpenFiles(dir)
	require.NoError(t, err)
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func put(t testing.TB, s snapshot.Store, dataset string, id int64, record []byte, taken time.Time) {
	t.Helper()
	require.NoError(t, s.Put(t.Context(), snapshot.Key{Dataset: dataset, ID: id}, snapshot.Snapshot{Record: record, Taken: taken}))
}

// everything returns what lies in a directory.
func everything(dir string) (all []byte, err error) {
	return all, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		all = append(append(all, d.Name()...), data...)
		return err
	})
}

// filesStorage is a directory of the store. Its writes fail as where the disk has become read-only, but for root.
func filesStorage(t *testing.T) snapshottest.Storage {
	dir := t.TempDir()
	var last *snapshot.Files
	chmod := func(mode fs.FileMode) {
		folders, err := filepath.Glob(filepath.Join(dir, "??"))
		require.NoError(t, err)
		for _, folder := range folders {
			require.NoError(t, os.Chmod(folder, mode))
		}
	}
	return snapshottest.Storage{
		Open: func() snapshot.Store {
			if last != nil {
				require.NoError(t, last.Close())
			}
			last = openFiles(t, dir)
			return last
		},
		Bytes: func() ([]byte, error) { return everything(dir) },
		FailWrites: func() func() {
			chmod(0o500)
			return func() { chmod(0o700) }
		},
	}
}

func TestStores(t *testing.T) {
	t.Run("memory", func(t *testing.T) {
		snapshottest.Run(t, func(*testing.T) snapshottest.Storage {
			m := snapshot.NewMemory()
			return snapshottest.Storage{Open: func() snapshot.Store { return m }, Shared: true}
		})
	})
	t.Run("files", func(t *testing.T) { snapshottest.Run(t, filesStorage) })
}

// multiplier is what the IDs are hashed with.
const multiplier = 0x9E3779B97F4A7C15

// inOneFolder returns IDs of people in one folder.
func inOneFolder(n int) (ids []int64) {
	for id := int64(1); len(ids) < n; id++ {
		if hash := uint64(id) * multiplier; hash>>56 == 0x42 {
			ids = append(ids, id)
		}
	}
	return ids
}

// noise is a record that cannot be compressed, and begins with the ID.
func noise(id int64, size int) []byte {
	var seed [32]byte
	binary.LittleEndian.PutUint64(seed[:], uint64(id))
	data := make([]byte, size)
	_, _ = rand.NewChaCha8(seed).Read(data)
	return append(fmt.Appendf(nil, "noise of %04d: ", id), data...)
}

// TestManyPeopleInFiles are found after packs were divided, with everybody else in any order, and forgotten without others.
func TestManyPeopleInFiles(t *testing.T) {
	dir := t.TempDir()
	f := openFiles(t, dir)
	const people = 160
	ids := inOneFolder(people)
	record := func(i int) []byte { return bytes.Repeat(fmt.Appendf(nil, `{"id":%d}`, i), 1+i%50*20) }
	id := func(i int) int64 { return ids[i] }
	for i := range people {
		put(t, f, "base", id(i*7%people), record(i*7%people), noon)
	}
	require.NoError(t, f.Close())
	f = openFiles(t, dir)
	check := func(gone func(i int) bool) {
		for i := range people {
			got, err := f.Get(t.Context(), snapshot.Key{Dataset: "base", ID: id(i)})
			require.NoError(t, err)
			if gone(i) {
				require.True(t, got.IsZero(), i)
			} else {
				require.Equal(t, string(record(i)), string(got.Record), i)
			}
		}
	}
	check(func(int) bool { return false })
	for i := 0; i < people; i += 2 {
		require.NoError(t, f.Forget(t.Context(), id(i)))
	}
	check(func(i int) bool { return i%2 == 0 })
	left := 0
	for _, err := range f.Before(t.Context(), "base", noon.Add(1)) {
		require.NoError(t, err)
		left++
	}
	assert.Equal(t, people/2, left)
}

// TestPacksAreDividedToTheLastBit, for people whose hashes differ in nothing else.
func TestPacksAreDividedToTheLastBit(t *testing.T) {
	f := openFiles(t, t.TempDir())
	inverse := uint64(multiplier)
	for range 6 { // modulo 2^64, by Newton's steps
		inverse *= 2 - multiplier*inverse
	}
	var ids []int64
	for hash := uint64(1); len(ids) < 5; hash++ {
		if id := int64(hash * inverse); id > 0 {
			ids = append(ids, id)
		}
	}
	for _, id := range ids {
		put(t, f, "base", id, noise(id, 10_000), noon)
	}
	for _, id := range ids {
		got, err := f.Get(t.Context(), snapshot.Key{Dataset: "base", ID: id})
		require.NoError(t, err)
		require.Equal(t, noise(id, 10_000), got.Record)
	}
}

// TestFilesAreForOneProcess and one store of it.
func TestFilesAreForOneProcess(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "deep", "people")
	f := openFiles(t, dir)
	_, err := snapshot.OpenFiles(dir)
	require.ErrorIs(t, err, api.ErrConflict)
	require.NoError(t, f.Close())
	_, err = f.Get(t.Context(), jane)
	require.ErrorIs(t, err, fs.ErrClosed)
	require.Error(t, f.Put(t.Context(), jane, snapshot.Snapshot{Record: []byte("{}"), Taken: noon}))
	require.NoError(t, openFiles(t, dir).Close())
	_, err = snapshot.OpenFiles(filepath.Join(dir, "lock"))
	require.Error(t, err)
}

// TestModesOfFiles: nobody else reads them, and no name tells whose they are.
func TestModesOfFiles(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there are no such modes")
	}
	dir := filepath.Join(t.TempDir(), "people")
	put(t, openFiles(t, dir), "base", 123456, []byte("{}"), noon)
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		require.NoError(t, err)
		info, err := d.Info()
		require.NoError(t, err)
		want := fs.FileMode(0o600)
		if d.IsDir() {
			want = 0o700
		}
		assert.Equal(t, want, info.Mode().Perm(), path)
		assert.NotContains(t, path, "123456")
		return nil
	}))
}

// packs returns the paths of the packs.
func packs(t testing.TB, dir string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "??", "p*.pack"))
	require.NoError(t, err)
	return paths
}

// TestDamagedPacks are errors that name the file and nothing of a record, and stay; who is in another pack is found.
func TestDamagedPacks(t *testing.T) {
	dir := t.TempDir()
	f := openFiles(t, dir)
	put(t, f, "base", 1, []byte(`{"full_name":"CANARY"}`), noon)
	path := packs(t, dir)[0]
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	put(t, f, "base", 2, []byte(`{}`), noon)
	other, err := os.ReadFile(packs(t, dir)[1])
	require.NoError(t, err)
	if bytes.Equal(other, whole) {
		other, err = os.ReadFile(packs(t, dir)[0])
		require.NoError(t, err)
	}
	damages := map[string][]byte{"another's": other, "longer": append(bytes.Clone(whole), "x"...), "twice": append(bytes.Clone(whole), whole...), "newer": bytes.Replace(whole, []byte("-1 "), []byte("-2 "), 1)}
	for cut := range whole {
		damages[fmt.Sprint("cut at ", cut)] = whole[:cut]
		flipped := bytes.Clone(whole)
		flipped[cut] ^= 1
		damages[fmt.Sprint("flipped at ", cut)] = flipped
	}
	for name, damage := range damages {
		require.NoError(t, os.WriteFile(path, damage, 0o600))
		_, err := f.Get(t.Context(), jane)
		for what, err := range map[string]error{
			"Get": err, "Forget": f.Forget(t.Context(), 1),
			"Put": f.Put(t.Context(), jane, snapshot.Snapshot{Record: []byte("{}"), Taken: noon}),
		} {
			require.ErrorIs(t, err, snapshot.ErrDamaged, name+what)
			assert.Contains(t, filepath.ToSlash(path), strings.TrimSuffix(strings.Fields(err.Error())[3], ":"), name+what)
			assert.NotContains(t, err.Error(), "CANARY", name+what)
		}
		left, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, damage, left, name)
	}
	met := maps.Collect(f.Before(t.Context(), "base", noon.Add(1)))
	require.ErrorIs(t, met[0], snapshot.ErrDamaged)
	assert.Len(t, met, 2, "the walk goes on")
	assert.Contains(t, met, int64(2))

	require.NoError(t, os.Remove(path))
	got, err := f.Get(t.Context(), jane)
	require.NoError(t, err)
	assert.True(t, got.IsZero())
	require.NoError(t, os.Mkdir(path, 0o700))
	_, err = f.Get(t.Context(), jane)
	require.ErrorIs(t, err, snapshot.ErrDamaged)
}

// TestAPackThatIsDeletedByHand takes nobody else with it.
func TestAPackThatIsDeletedByHand(t *testing.T) {
	dir := t.TempDir()
	f := openFiles(t, dir)
	ids := inOneFolder(80)
	for _, id := range ids {
		put(t, f, "base", id, noise(id, 2000), noon)
	}
	var deleted string
	for _, path := range packs(t, dir) {
		if filepath.Base(path) != "p.pack" {
			deleted = path
		}
	}
	require.NotEmpty(t, deleted)
	require.NoError(t, os.Remove(deleted))
	var gone []int64
	for _, id := range ids {
		got, err := f.Get(t.Context(), snapshot.Key{Dataset: "base", ID: id})
		require.NoError(t, err)
		if got.IsZero() {
			gone = append(gone, id)
		}
	}
	require.NotEmpty(t, gone)
	assert.Less(t, len(gone), 10)
	put(t, f, "base", gone[0], []byte("{}"), noon)
	assert.FileExists(t, deleted)
	require.NoError(t, f.Close())
	f = openFiles(t, dir)
	n := 0
	for _, err := range f.Before(t.Context(), "base", noon.Add(1)) {
		require.NoError(t, err)
		n++
	}
	assert.Equal(t, 80-len(gone)+1, n)
}

// TestACrashWhileAPackIsDivided: at every step of it, everybody is there as before, and nothing is left behind of who is
// forgotten afterwards.
func TestACrashWhileAPackIsDivided(t *testing.T) {
	dir := t.TempDir()
	f := openFiles(t, dir)
	ids := inOneFolder(80)
	before := map[string][]byte{} // the files before the last Put
	for _, id := range ids {
		clear(before)
		for _, path := range packs(t, dir) {
			data, err := os.ReadFile(path)
			require.NoError(t, err)
			before[path] = data
		}
		put(t, f, "base", id, noise(id, 1500), noon)
		if len(packs(t, dir)) > len(before) && len(before) > 1 {
			ids = ids[:slices.Index(ids, id)+1]
			break
		}
	}
	last := ids[len(ids)-1]
	require.NoError(t, f.Close())
	var parent string
	after := packs(t, dir)
	for path := range before {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			parent = path
		}
	}
	require.NotEmpty(t, parent, "the last Put divides a pack")
	var children []string
	for _, path := range after {
		if before[path] == nil {
			children = append(children, path)
		}
	}
	require.Len(t, children, 2)
	for done := range 3 { // how many of the two are written when it crashes
		crashed := t.TempDir()
		require.NoError(t, os.CopyFS(crashed, os.DirFS(dir)))
		here := func(path string) string { return filepath.Join(crashed, strings.TrimPrefix(path, dir)) }
		require.NoError(t, os.WriteFile(here(parent), before[parent], 0o600))
		for _, child := range children[done:] {
			require.NoError(t, os.Rename(here(child), filepath.Join(filepath.Dir(here(child)), ".new-CRASH"+filepath.Base(child))))
		}
		f := openFiles(t, crashed)
		for _, id := range ids {
			got, err := f.Get(t.Context(), snapshot.Key{Dataset: "base", ID: id})
			require.NoError(t, err)
			if id == last {
				assert.True(t, got.IsZero())
			} else {
				assert.Equal(t, noise(id, 1500), got.Record, id)
			}
		}
		data, err := everything(crashed)
		require.NoError(t, err)
		assert.NotContains(t, string(data), fmt.Sprintf("noise of %04d", last), "nothing is left of what was not put")
		put(t, f, "base", last, noise(last, 1500), noon)
		require.NoError(t, f.Forget(t.Context(), ids[0]))
		data, err = everything(crashed)
		require.NoError(t, err)
		assert.NotContains(t, string(data), string(noise(ids[0], 1500)[20:200]))
		got, err := f.Get(t.Context(), snapshot.Key{Dataset: "base", ID: last})
		require.NoError(t, err)
		assert.Equal(t, noise(last, 1500), got.Record)
	}
}

// TestOtherFilesInTheDirectory are left alone.
func TestOtherFilesInTheDirectory(t *testing.T) {
	dir := t.TempDir()
	f := openFiles(t, dir)
	put(t, f, "base", 1, []byte("{}"), noon)
	var others []string
	for _, name := range []string{".DS_Store", "p.txt", "p2.pack", "pp.pack", "notes", "p" + strings.Repeat("0", 57) + ".pack"} {
		for _, folder := range []string{"", "00", filepath.Base(filepath.Dir(packs(t, dir)[0]))} {
			path := filepath.Join(dir, folder, name)
			require.NoError(t, os.WriteFile(path, []byte("mine"), 0o600))
			others = append(others, path)
		}
	}
	require.NoError(t, f.Close())
	f = openFiles(t, dir)
	require.NoError(t, f.Forget(t.Context(), 1))
	for _, path := range others {
		assert.FileExists(t, path)
	}
	for _, err := range f.Before(t.Context(), "base", noon) {
		require.NoError(t, err)
	}
}

// TestAContextThatEnds ends the walk.
func TestAContextThatEnds(t *testing.T) {
	f := openFiles(t, t.TempDir())
	for id := range int64(100) {
		put(t, f, "base", id+1, []byte("{}"), noon)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n := 0
	for id, err := range f.Before(ctx, "base", noon.Add(1)) {
		if n++; n == 1 {
			cancel()
		}
		if err != nil {
			assert.Zero(t, id)
			require.ErrorIs(t, err, context.Canceled)
		}
	}
	assert.Less(t, n, 100)
}
