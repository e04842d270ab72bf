package bulkcollect_test

import (
	"errors"
	"fmt"
	"io/fs"
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
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
)

// filesBelow returns the files and folders below a directory.
func filesBelow(t *testing.T, dir string) (names []string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if path != dir {
			name, _ := filepath.Rel(dir, path)
			names = append(names, filepath.ToSlash(name))
		}
		return err
	}))
	return names
}

// TestRemovedGroupLeavesNothing of anybody, and is a new one afterwards.
func TestRemovedGroupLeavesNothing(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(20), coresignal.WithJobPolls(0))
	parent := t.TempDir()
	dir, ids := filepath.Join(parent, "group"), employee.IDs(sb.Coresignal.PersonIDs()...)
	o := bulkcollect.GroupOptions{PartSize: 10, Wait: quick}
	for run := range 2 {
		g, err := client.BulkCollect.Base.OpenGroup(t.Context(), dir, ids, o)
		require.NoError(t, err)
		require.NoError(t, g.Run(t.Context()))
		require.NoError(t, g.Remove(t.Context(), bulkcollect.RemoveOptions{}))
		assert.Empty(t, filesBelow(t, parent))
		assert.Equal(t, 200*(run+1), sb.Coresignal.CreditsSpent(), "it is another group, and paid")
		require.ErrorIs(t, g.Remove(t.Context(), bulkcollect.RemoveOptions{}), bulkcollect.ErrGroupClosed)
		require.ErrorIs(t, g.Run(t.Context()), bulkcollect.ErrGroupClosed)
		require.NoError(t, g.Close())
	}
	var none *baseGroup
	require.ErrorIs(t, none.Remove(t.Context(), bulkcollect.RemoveOptions{}), api.ErrInvalid)
}

// TestRemoveKeepsWhatIsOfOthers: other files in the directory, what a link leads to, and the caller's ledger.
func TestRemoveKeepsWhatIsOfOthers(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(20), coresignal.WithJobPolls(0))
	parent := t.TempDir()
	dir, outside := filepath.Join(parent, "group"), filepath.Join(parent, "outside")
	for name, text := range map[string]string{"notes.txt": "mine", "ids-november.txt": "1\n", "ledgers.txt": "mine"} {
		require.NoError(t, os.MkdirAll(dir, 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	require.NoError(t, os.Mkdir(outside, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(outside, "kept"), []byte("x"), 0o600))
	crashed := filepath.Join(dir, "ids-"+strings.Repeat("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 2)[:26]+".txt.partial")
	require.NoError(t, os.WriteFile(crashed, []byte("1\n"), 0o600))
	ledger := openLedger(t)
	g, err := client.BulkCollect.Base.OpenGroup(t.Context(), dir, employee.IDs(sb.Coresignal.PersonIDs()...), bulkcollect.GroupOptions{PartSize: 10, Wait: quick, Ledger: ledger})
	require.NoError(t, err)
	require.NoError(t, g.Run(t.Context()))
	if runtime.GOOS != "windows" {
		require.NoError(t, os.Symlink(outside, filepath.Join(dir, "parts", "link")))
	}
	require.NoError(t, g.Remove(t.Context(), bulkcollect.RemoveOptions{}))
	assert.Equal(t, []string{"group", "group/ids-november.txt", "group/ledgers.txt", "group/notes.txt", "outside", "outside/kept"}, filesBelow(t, parent))
	entries, err := ledger.Entries(t.Context())
	require.NoError(t, err)
	assert.Len(t, entries, 3)
	for _, e := range entries {
		for _, id := range sb.Coresignal.PersonIDs() {
			assert.NotContains(t, fmt.Sprintf("%+v", e), fmt.Sprint(id))
		}
	}
}

// TestRemoveKeepsWhatIsPaid, unless it is told to give it up.
func TestRemoveKeepsWhatIsPaid(t *testing.T) {
	for name, fault := range map[string]sandbox.Fault{
		"in doubt":    {Method: "POST", Drop: sandbox.DropAfterAct, Times: 1},
		"running":     {Method: "GET", Status: 401, Times: 1},
		"not started": {Method: "POST", Status: 401, Times: 1},
	} {
		t.Run(name, func(t *testing.T) {
			sb, client := start(t, coresignal.WithPeople(20), coresignal.WithJobPolls(0))
			dir, o := filepath.Join(t.TempDir(), "group"), bulkcollect.GroupOptions{PartSize: 10, Running: 1, Wait: quick}
			g, err := client.BulkCollect.Base.OpenGroup(t.Context(), dir, employee.IDs(sb.Coresignal.PersonIDs()...), o)
			require.NoError(t, err)
			sb.Fail(fault)
			require.Error(t, g.Run(t.Context()))
			before := filesBelow(t, dir)
			err = g.Remove(t.Context(), bulkcollect.RemoveOptions{})
			require.ErrorIs(t, err, api.ErrConflict)
			unfinished, ok := errors.AsType[*bulkcollect.GroupError](err)
			require.True(t, ok)
			assert.False(t, unfinished.Status.Finished())
			assert.Contains(t, err.Error(), " "+name, "the states are told")
			assert.Contains(t, err.Error(), "Run collects the rest; with RemoveOptions.Unfinished it is given up")
			assert.Equal(t, before, filesBelow(t, dir))
			require.NoError(t, g.Close())

			g, err = client.BulkCollect.Base.ResumeGroup(t.Context(), dir, o)
			require.NoError(t, err)
			require.NoError(t, g.Remove(t.Context(), bulkcollect.RemoveOptions{Unfinished: true}))
			assert.NoDirExists(t, dir)
		})
	}
}

// TestRemoveWaitsForNobody: a group that runs is not removed.
func TestRemoveWaitsForNobody(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(20), coresignal.WithJobPolls(0))
	dir := t.TempDir()
	var g *baseGroup
	o := bulkcollect.GroupOptions{Wait: quick, OnProgress: func(bulkcollect.GroupProgress) {
		require.ErrorIs(t, g.Remove(t.Context(), bulkcollect.RemoveOptions{Unfinished: true}), api.ErrConflict)
	}}
	g, err := client.BulkCollect.Base.OpenGroup(t.Context(), dir, employee.IDs(sb.Coresignal.PersonIDs()...), o)
	require.NoError(t, err)
	require.NoError(t, g.Run(t.Context()))
	require.NoError(t, g.Close())
}

// TestRemoveAfterACrash in the middle of it: what is left is removed as a whole, or refused and never taken for a list that
// was not paid.
func TestRemoveAfterACrash(t *testing.T) {
	for name, gone := range map[string][]string{
		"in the parts": {"parts/000001-*"}, "after the parts": {"parts"}, "after the IDs": {"parts", "ids-*"}, "after the group": {"parts", "ids-*", "group.json"},
		"after the ledger": {"parts", "ids-*", "group.json", "ledger.jsonl*"},
	} {
		t.Run(name, func(t *testing.T) {
			sb, client := start(t, coresignal.WithPeople(20), coresignal.WithJobPolls(0))
			dir, ids := filepath.Join(t.TempDir(), "group"), employee.IDs(sb.Coresignal.PersonIDs()...)
			o := bulkcollect.GroupOptions{PartSize: 10, Wait: quick}
			g, err := client.BulkCollect.Base.OpenGroup(t.Context(), dir, ids, o)
			require.NoError(t, err)
			require.NoError(t, g.Run(t.Context()))
			require.NoError(t, g.Close())
			for _, pattern := range gone {
				files, err := filepath.Glob(filepath.Join(dir, pattern))
				require.NoError(t, err)
				require.NotEmpty(t, files)
				for _, file := range files {
					require.NoError(t, os.RemoveAll(file))
				}
			}
			g, err = client.BulkCollect.Base.OpenGroup(t.Context(), dir, ids, o)
			switch name {
			case "after the IDs", "after the group":
				require.Error(t, err)
				require.NoError(t, os.RemoveAll(dir), "as the error's reader does")
			default:
				require.NoError(t, err)
				unfinished := name == "after the ledger" // nothing is left that could be taken for it
				status := g.Status()
				assert.Equal(t, !unfinished, status.Finished())
				require.NoError(t, g.Remove(t.Context(), bulkcollect.RemoveOptions{Unfinished: unfinished}))
				assert.NoDirExists(t, dir)
			}
			assert.Equal(t, 200, sb.Coresignal.CreditsSpent())
		})
	}
}

// TestNoGroupLeavesNoDirectory behind, but one that was there before stays.
func TestNoGroupLeavesNoDirectory(t *testing.T) {
	_, client := start(t, coresignal.WithPeople(1))
	parent := t.TempDir()
	dir := filepath.Join(parent, "group")
	for _, list := range []employee.IDSource{employee.IDs(), employee.IDs(1, 0), employee.IDFile(filepath.Join(parent, "none"))} {
		_, err := client.BulkCollect.Base.OpenGroup(t.Context(), dir, list, bulkcollect.GroupOptions{})
		require.Error(t, err)
		assert.Empty(t, filesBelow(t, parent))
	}
	require.NoError(t, os.Mkdir(dir, 0o700))
	_, err := client.BulkCollect.Base.OpenGroup(t.Context(), dir, employee.IDs(), bulkcollect.GroupOptions{})
	require.ErrorIs(t, err, employee.ErrNoIDs)
	assert.DirExists(t, dir)
}
