package bulkcollect_test

import (
	"context"
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/internal/pronettest"
	"github.com/pronet-go/pronet/sandbox/coresignal"
)

// TestClumsyCallersGetErrors calls each exported method of each type: without a context, of nothing, and of zero values.
func TestClumsyCallersGetErrors(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(2), coresignal.WithJobPolls(0))
	b := client.BulkCollect
	services := map[string][]any{ // one of a client, none, and a zero one
		"V1Dataset":          {b.V1, (*bulkcollect.V1Dataset)(nil), &bulkcollect.V1Dataset{}},
		"BaseDataset":        {b.Base, (*bulkcollect.BaseDataset)(nil), &bulkcollect.BaseDataset{}},
		"CleanDataset":       {b.Clean, (*bulkcollect.CleanDataset)(nil), &bulkcollect.CleanDataset{}},
		"MultiSourceDataset": {b.MultiSource, (*bulkcollect.MultiSourceDataset)(nil), &bulkcollect.MultiSourceDataset{}},
	}
	open := func() *baseGroup {
		g, err := b.Base.OpenGroup(t.Context(), t.TempDir(), employee.IDs(sb.Coresignal.PersonIDs()...), bulkcollect.GroupOptions{Wait: quick})
		require.NoError(t, err)
		return g
	}
	values := map[string][]any{
		"Group": {(*baseGroup)(nil), &baseGroup{}, open()}, "GroupStatus": {&bulkcollect.GroupStatus{}}, "PartState": {bulkcollect.PartState(-1)},
		"GroupError": {&bulkcollect.GroupError{}}, "PartError": {&bulkcollect.PartError{}}, "DoubtError": {&bulkcollect.DoubtError{}},
		"UnrecordedJobError": {&bulkcollect.UnrecordedJobError{}}, "FileError": {&bulkcollect.FileError{}}, "StorageError": {&bulkcollect.StorageError{}},
		"Entry": {bulkcollect.Entry{}}, "Options": {bulkcollect.Options{}, &bulkcollect.Options{}}, "GroupOptions": {bulkcollect.GroupOptions{}, &bulkcollect.GroupOptions{}},
		"Download": {&bulkcollect.Download{}}, "FileLedger": {},
	}
	names, err := pronettest.TypesWithMethods()
	require.NoError(t, err)
	for _, name := range names {
		assert.True(t, services[name] != nil || values[name] != nil, "nobody calls the methods of a %s", name)
	}
	for name, list := range services {
		for i, value := range list {
			for _, ctx := range []context.Context{nil, t.Context()} {
				for _, called := range pronettest.CallAll(value, ctx) {
					assert.Nil(t, called.Panic, "%s.%s, value %d", name, called.Method, i)
					if called.Fails && i > 0 {
						assert.ErrorIs(t, called.Err, api.ErrNotConfigured, "%s.%s, value %d", name, called.Method, i)
					} else if called.Fails && ctx == nil {
						assert.ErrorIs(t, called.Err, api.ErrInvalid, "%s.%s, value %d", name, called.Method, i)
					}
				}
			}
		}
	}
	for name, list := range values {
		for i, value := range list {
			for _, ctx := range []context.Context{nil, t.Context()} {
				for _, called := range pronettest.CallAll(value, ctx) {
					assert.Nil(t, called.Panic, "%s.%s, value %d", name, called.Method, i)
					if called.Fails && name == "Group" && called.Method != "Close" && (i < 2 || ctx == nil) {
						assert.Error(t, called.Err, "%s.%s, value %d", name, called.Method, i)
					}
				}
			}
		}
	}
}

// TestWithoutAContext: what is called with more than a context.
func TestWithoutAContext(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(2), coresignal.WithJobPolls(0))
	base, ids := client.BulkCollect.Base, employee.IDs(sb.Coresignal.PersonIDs()...)
	var none context.Context
	_, err := base.RequestIDs(none, ids, bulkcollect.Options{Ledger: openLedger(t)})
	require.ErrorIs(t, err, api.ErrInvalid)
	dir := t.TempDir()
	_, err = base.OpenGroup(none, dir, ids, bulkcollect.GroupOptions{})
	require.ErrorIs(t, err, api.ErrInvalid)
	assert.Empty(t, filesBelow(t, dir))
	assert.Zero(t, sb.Requests())
	g, err := base.OpenGroup(t.Context(), dir, ids, bulkcollect.GroupOptions{Wait: quick})
	require.NoError(t, err)
	defer func() { require.NoError(t, g.Close()) }()
	require.NoError(t, g.Run(t.Context()))
	for _, err := range []error{g.Run(none), g.Resolve(none, 1, "a"), g.PayAgain(none, 1), g.AcceptNobody(none, 1), g.Remove(none, bulkcollect.RemoveOptions{})} {
		require.EqualError(t, err, "bulkcollect: the context is nil")
	}
	_, err = recordIDs(t, g.Records(none, bulkcollect.RecordsOptions{}))
	require.EqualError(t, err, "bulkcollect: the context is nil")
	got, err := recordIDs(t, g.Records(t.Context(), bulkcollect.RecordsOptions{}))
	require.NoError(t, err)
	assert.Len(t, got, 2)
}

// TestNothingToRead is an error about the file.
func TestNothingToRead(t *testing.T) {
	_, client := start(t, coresignal.WithPeople(1))
	const says = `bulkcollect: file "x": there is nothing to read from: the reader is nil`
	for _, err := range client.BulkCollect.Base.DecodeRecords("x", nil) {
		require.EqualError(t, err, says)
		require.ErrorIs(t, err, api.ErrInvalid)
	}
	files := []bulkcollect.RecordFile{{Name: "x", Open: func(context.Context) (io.ReadCloser, error) { return nil, nil }}}
	for _, err := range client.BulkCollect.Base.RecordsFrom(t.Context(), files, bulkcollect.RecordsOptions{}) {
		require.EqualError(t, err, says)
	}
}
