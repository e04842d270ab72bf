package bulkcollect_test

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
)

// TestAGroupThatIsNone: closed, nil and zero ones return errors, and none panics.
func TestAGroupThatIsNone(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(10), coresignal.WithJobPolls(0))
	closed := openParts(t, client.BulkCollect.Base, sb.Coresignal.PersonIDs(), bulkcollect.GroupOptions{})
	require.NoError(t, closed.Run(t.Context()))
	records := closed.Records(t.Context(), bulkcollect.RecordsOptions{}) // as of a helper that defers Close
	require.NoError(t, closed.Close())
	_, err := recordIDs(t, records)
	require.ErrorIs(t, err, bulkcollect.ErrGroupClosed)
	assert.True(t, new(closed.Status()).Finished(), "what was known last")

	var none *bulkcollect.Group[employee.BaseRecord]
	for name, tt := range map[string]struct {
		group *bulkcollect.Group[employee.BaseRecord]
		want  error
		says  string
	}{
		"closed": {closed, bulkcollect.ErrGroupClosed, "bulkcollect: the group is closed"},
		"nil":    {none, api.ErrInvalid, "bulkcollect: the group is none: OpenGroup and ResumeGroup return one"},
		"zero":   {new(bulkcollect.Group[employee.BaseRecord]), api.ErrInvalid, "bulkcollect: the group is none: OpenGroup and ResumeGroup return one"},
	} {
		_, err := recordIDs(t, tt.group.Records(t.Context(), bulkcollect.RecordsOptions{}))
		for _, err := range []error{
			err, tt.group.Run(t.Context()), tt.group.Resolve(t.Context(), 1, "job"), tt.group.PayAgain(t.Context(), 1), tt.group.AcceptNobody(t.Context(), 1),
		} {
			require.ErrorIs(t, err, tt.want, name)
			require.EqualError(t, err, tt.says, name)
		}
		if status := tt.group.Status(); name != "closed" {
			assert.False(t, status.Finished(), name)
		}
		require.NoError(t, tt.group.Close(), name)
	}
	assert.ErrorIs(t, bulkcollect.ErrGroupClosed, os.ErrClosed)
}

// TestTextsOfGroups name what the caller named, and blame nothing that was not tried.
func TestTextsOfGroups(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(10), coresignal.WithJobPolls(0))
	ids := sb.Coresignal.PersonIDs()
	dir := filepath.Join(t.TempDir(), "group")
	g, err := client.BulkCollect.Base.OpenGroup(t.Context(), dir, employee.IDs(ids...), bulkcollect.GroupOptions{})
	require.NoError(t, err)
	t.Cleanup(func() { _ = g.Close() })
	_, err = recordIDs(t, g.Records(t.Context(), bulkcollect.RecordsOptions{}))
	require.ErrorIs(t, err, api.ErrNotReady)
	require.EqualError(t, err, "bulkcollect: the group is not finished: 0 of 1 parts are done, 0 running, 0 in doubt, 1 not started; Run collects the rest")

	_, err = client.BulkCollect.Base.OpenGroup(t.Context(), dir, employee.IDs(ids...), bulkcollect.GroupOptions{})
	require.ErrorIs(t, err, api.ErrConflict)
	require.EqualError(t, err, "bulkcollect: the group is open already, in this process or another: conflicts with the present state")
	require.NoError(t, g.Close())

	_, err = client.BulkCollect.Clean.ResumeGroup(t.Context(), dir, bulkcollect.GroupOptions{})
	require.ErrorIs(t, err, api.ErrConflict)
	require.EqualError(t, err, `bulkcollect: the group in the directory is one of the dataset "Base", not of "Clean": conflicts with the present state`)

	_, err = client.BulkCollect.Base.ResumeGroup(t.Context(), filepath.Join(dir, "nothing"), bulkcollect.GroupOptions{})
	require.ErrorIs(t, err, api.ErrNotFound)
	require.EqualError(t, err, "bulkcollect: open the directory that was given: no such file or directory")
	_, err = client.BulkCollect.Base.ResumeGroup(t.Context(), t.TempDir(), bulkcollect.GroupOptions{})
	require.ErrorIs(t, err, api.ErrNotFound)
	require.ErrorContains(t, err, "the directory holds no group; OpenGroup makes one")

	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err = client.BulkCollect.Base.OpenGroup(t.Context(), filepath.Join(file, "group"), employee.IDs(1), bulkcollect.GroupOptions{})
	require.ErrorContains(t, err, "bulkcollect: mkdir the directory that was given: not a directory")
}

// TestR52WhatKeepsAGroupIsLogged while it goes on, and its status has it.
func TestR52WhatKeepsAGroupIsLogged(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(10), coresignal.WithJobPolls(0))
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	t.Cleanup(func() { slog.SetDefault(before) })
	g := openParts(t, client.BulkCollect.Base, sb.Coresignal.PersonIDs(), bulkcollect.GroupOptions{})
	sb.Fail(sandbox.Fault{Method: "POST", Status: 403})
	err := g.Run(t.Context())
	require.ErrorIs(t, err, api.ErrForbidden)
	assert.Contains(t, log.String(), `level=WARN msg="bulkcollect: a part is not finished" part=1`)
	status := g.Status()
	part, ok := errors.AsType[*bulkcollect.PartError](status.LastError)
	require.True(t, ok)
	assert.Positive(t, part.Part)
	require.ErrorIs(t, status.LastError, api.ErrForbidden)

	log.Reset()
	g = openParts(t, client.BulkCollect.Base, sb.Coresignal.PersonIDs(), bulkcollect.GroupOptions{Logger: slog.New(slog.DiscardHandler)})
	require.Error(t, g.Run(t.Context()))
	assert.Empty(t, log.String())
}
