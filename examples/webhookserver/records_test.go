package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/refresh"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
)

// contents are the files of a directory by their names.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	found := make(map[string]string, len(entries))
	for _, entry := range entries {
		data, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		require.NoError(t, err)
		found[entry.Name()] = strings.TrimSpace(string(data))
	}
	return found
}

func TestStoreOfEachUpdate(t *testing.T) {
	record := func(text string, changes ...employee.Change) refresh.Update[employee.BaseRecord] {
		r, err := employee.Decode[employee.BaseRecord]([]byte(text))
		require.NoError(t, err)
		return refresh.Update[employee.BaseRecord]{ID: 1, Record: r, Changes: changes}
	}
	gone := func(change employee.Change) refresh.Update[employee.BaseRecord] {
		return refresh.Update[employee.BaseRecord]{ID: 1, Changes: []employee.Change{change}}
	}
	failed := func(err error) refresh.Update[employee.BaseRecord] {
		return refresh.Update[employee.BaseRecord]{ID: 1, Err: fmt.Errorf("refresh: %w", err)}
	}
	jane := `{"id":1,"full_name":"Jane"}`
	person := employee.Person{ID: 1, Name: "Jane"}
	for name, c := range map[string]struct {
		update refresh.Update[employee.BaseRecord]
		want   map[string]string
	}{
		"a record": {record(`{"id":1,"full_name":"Jane Roe"}`, employee.NameChanged{Person: person, Old: "Jane", New: "Jane Roe"}), map[string]string{
			"1.json": `{"id":1,"full_name":"Jane Roe"}`, "1.changes": employee.NameChanged{Person: person, Old: "Jane", New: "Jane Roe"}.String(),
		}},
		"hidden":    {gone(employee.ProfileHidden{Person: person}), map[string]string{"1.gone": "hidden for privacy"}},
		"deleted":   {gone(employee.ProfileDeleted{Person: person}), map[string]string{"1.gone": "deleted at its source"}},
		"merged":    {gone(employee.ProfileMerged{Person: person, Into: 2}), map[string]string{"1.gone": "a part of 2 by now: subscribe to that one"}},
		"not found": {gone(employee.ProfileGone{Person: person}), map[string]string{"1.json": jane, "1.changes": "Jane: seen for the first time", "1.gone": "not found"}},
		"in doubt":  {failed(pronet.ErrMaybeApplied), map[string]string{"1.json": jane, "1.changes": "Jane: seen for the first time", "1.problem": "refresh: " + pronet.ErrMaybeApplied.Error()}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(dir, "123.tmp"), []byte("cut by a crash"), 0o600))
			r, err := openRecords(dir, slog.New(slog.DiscardHandler))
			require.NoError(t, err)
			require.NoError(t, r.store(t.Context(), record(jane, employee.FirstSeen{Person: person})))
			for range 2 { // each comes at least once
				require.NoError(t, r.store(t.Context(), c.update))
				assert.Equal(t, c.want, contents(t, dir))
			}
			require.NoError(t, r.store(t.Context(), record(jane, employee.FirstSeen{Person: person})))
			assert.Equal(t, map[string]string{"1.json": jane, "1.changes": "Jane: seen for the first time"}, contents(t, dir), "the person is there again")
		})
	}
	r, err := openRecords(t.TempDir(), slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	require.NoError(t, os.RemoveAll(r.dir))
	require.Error(t, r.store(t.Context(), record(jane)), "it is called again")
	require.Error(t, r.store(t.Context(), failed(errors.New("odd"))))
}

// TestThoseWhoAreGoneAreErased: whatever the provider gives of somebody who is hidden, deleted or merged, the server keeps
// no data of the person; who is not found is marked.
func TestThoseWhoAreGoneAreErased(t *testing.T) {
	for form, want := range map[coresignal.ProfileForm][3]string{
		coresignal.OwnRecord: {"hidden for privacy", "deleted at its source", "a part of %d by now: subscribe to that one"},
		coresignal.NotFound:  {"not found", "not found", "not found"},
	} {
		sb, err := sandbox.Start(coresignal.WithPeople(10), coresignal.WithHiddenProfiles(form), coresignal.WithDeletedProfiles(form), coresignal.WithMergedProfiles(form))
		require.NoError(t, err)
		defer sb.Close()
		server := startServer(t, environment(t, sb))
		ids := sb.Coresignal.PersonIDs()
		for _, id := range ids[:4] {
			require.Equal(t, 200, server.post(changeOf(id)))
			server.file(fmt.Sprintf("records/%d.json", id))
		}
		require.NoError(t, sb.Coresignal.HideForPrivacy(ids[0]))
		require.NoError(t, sb.Coresignal.Delete(ids[1]))
		require.NoError(t, sb.Coresignal.Merge(ids[2], ids[3]))
		for i, reason := range want {
			if strings.Contains(reason, "%d") {
				reason = fmt.Sprintf(reason, ids[3])
			}
			require.Equal(t, 200, server.post(strings.Replace(changeOf(ids[i]), "changed", "stopped_matching_query", 1)))
			assert.Equal(t, reason+"\n", server.file(fmt.Sprintf("records/%d.gone", ids[i])))
			assert.Equal(t, form == coresignal.NotFound, files(t, server.env["DATA_DIR"], fmt.Sprintf("records/%d.json", ids[i])) == 1)
		}
		assert.Equal(t, 1, files(t, server.env["DATA_DIR"], fmt.Sprintf("records/%d.json", ids[3])))
	}
}
