package bulkcollect_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/sandbox/coresignal"
)

// allocated is how many bytes a function takes from the heap.
func allocated(work func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	work()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// TestR72DamagedPartStopsNoOther: the records of the others come, the error says which folder is to be deleted, and Run
// fetches its files again for nothing.
func TestR72DamagedPartStopsNoOther(t *testing.T) {
	for name, tc := range map[string]struct {
		damage func(t *testing.T, manifest string)
		is     error
		mends  bool // Run does, by itself
	}{
		"a terabyte of nothing": {func(t *testing.T, manifest string) { require.NoError(t, os.Truncate(manifest, 1<<40)) }, bulkcollect.ErrDirDamaged, false},
		"one long line": {func(t *testing.T, manifest string) {
			require.NoError(t, os.WriteFile(manifest, nil, 0o600))
			require.NoError(t, os.Truncate(manifest, 1<<29))
		}, bulkcollect.ErrDirDamaged, false},
		"a negative count": {func(t *testing.T, manifest string) {
			require.NoError(t, os.WriteFile(manifest, []byte(`{"format":1,"job":"x","count":-1}`+"\n{}\n"), 0o600))
		}, bulkcollect.ErrDirDamaged, false},
		"a negative size": {func(t *testing.T, manifest string) {
			text, err := os.ReadFile(manifest)
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(manifest, []byte(strings.ReplaceAll(string(text), `"size":`, `"size":-`)), 0o600))
		}, bulkcollect.ErrDirDamaged, false},
		"cut":  {func(t *testing.T, manifest string) { require.NoError(t, os.Truncate(manifest, 10)) }, nil, true},
		"gone": {func(t *testing.T, manifest string) { require.NoError(t, os.Remove(manifest)) }, os.ErrNotExist, true},
	} {
		t.Run(name, func(t *testing.T) {
			sb, client := start(t, coresignal.WithPeople(30), coresignal.WithJobPolls(0))
			dir := t.TempDir()
			g, err := client.BulkCollect.Base.OpenGroup(t.Context(), dir, employee.IDs(sb.Coresignal.PersonIDs()...), bulkcollect.GroupOptions{PartSize: 10, Wait: quick})
			require.NoError(t, err)
			defer func() { require.NoError(t, g.Close()) }()
			require.NoError(t, g.Run(t.Context()))
			folders, err := filepath.Glob(filepath.Join(dir, "parts", "*"))
			require.NoError(t, err)
			require.Len(t, folders, 3)
			tc.damage(t, filepath.Join(folders[1], "manifest.jsonl"))

			check := func(err error) {
				require.Error(t, err)
				if tc.is != nil {
					require.ErrorIs(t, err, tc.is)
				}
				part, ok := errors.AsType[*bulkcollect.PartError](err)
				require.True(t, ok)
				assert.Equal(t, 2, part.Part)
				if !tc.mends {
					assert.Contains(t, err.Error(), `delete "parts/`+filepath.Base(folders[1])+`" in the group's directory, and Run fetches the files again`)
				}
			}
			spent := allocated(func() {
				got, err := recordIDs(t, g.Records(t.Context(), bulkcollect.RecordsOptions{}))
				assert.Len(t, got, 20)
				check(err)
				assert.Contains(t, err.Error(), "the group is finished, but not all of it is on the disk; part 2")
				if !tc.mends {
					check(g.Run(t.Context()))
					require.NoError(t, os.RemoveAll(folders[1]))
				}
				require.NoError(t, g.Run(t.Context()))
			})
			assert.Less(t, spent, uint64(256<<20), "of slices that grew to one entry")
			got, err := recordIDs(t, g.Records(t.Context(), bulkcollect.RecordsOptions{}))
			require.NoError(t, err)
			assert.Len(t, got, 30)
			assert.Equal(t, 3, sb.Coresignal.JobsCreated())
		})
	}
}

// TestR72GroupFilesOfAnySize: what is not the size that was written is refused before memory is taken for it, since what
// was paid is not known then.
func TestR72GroupFilesOfAnySize(t *testing.T) {
	for name, size := range map[string]int64{"group.json": 1 << 40, "ledger.jsonl": 1 << 40, "ids-*.txt": 1 << 40, "ids-*.tx[t]": 1} {
		t.Run(name, func(t *testing.T) {
			sb, client := start(t, coresignal.WithPeople(30), coresignal.WithJobPolls(0))
			dir, ids := t.TempDir(), employee.IDs(sb.Coresignal.PersonIDs()...)
			o := bulkcollect.GroupOptions{PartSize: 10, Wait: quick}
			g, err := client.BulkCollect.Base.OpenGroup(t.Context(), dir, ids, o)
			require.NoError(t, err)
			require.NoError(t, g.Run(t.Context()))
			require.NoError(t, g.Close())
			files, err := filepath.Glob(filepath.Join(dir, name))
			require.NoError(t, err)
			require.Len(t, files, 1)
			require.NoError(t, os.Truncate(files[0], size))
			spent := allocated(func() { _, err = client.BulkCollect.Base.OpenGroup(t.Context(), dir, ids, o) })
			require.Error(t, err)
			known := errors.Is(err, api.ErrConflict) || errors.Is(err, api.ErrInvalid) || errors.Is(err, api.ErrTooLarge)
			assert.True(t, known, "%v", err)
			assert.Less(t, spent, uint64(256<<20), "of slices that grew to one entry")
			assert.Equal(t, 3, sb.Coresignal.JobsCreated())
		})
	}
}
