package bulkcollect_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/sandbox/coresignal"
)

func TestRecordsWithOptions(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(23), coresignal.WithPartSize(5), coresignal.WithJobPolls(1))
	id := requestAll(t, sb, client)
	polls := 0
	for _, unordered := range []bool{false, true} {
		got := see(t, client.BulkCollect.Base.RecordsWith(t.Context(), id, options{
			Unordered: unordered, DropRaw: true, Workers: 3,
			Wait: bulkcollect.WaitOptions{FirstPoll: time.Millisecond, OnPoll: func(bulkcollect.Progress) { polls++ }},
		}))
		require.NoError(t, got.Err)
		if unordered {
			slices.Sort(got.IDs)
		}
		assert.Equal(t, slices.Sorted(slices.Values(sb.Coresignal.PersonIDs())), got.IDs)
	}
	assert.Positive(t, polls, "the wait's options are used")
	assert.Equal(t, 230, sb.Coresignal.CreditsSpent(), "reading again is not paid again")
}

// TestJobFilesAmongOthers: files of a job, on disk and in memory may stand in one walk.
func TestJobFilesAmongOthers(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(6), coresignal.WithPartSize(3), coresignal.WithJobPolls(0))
	d := client.BulkCollect.Base
	id := requestAll(t, sb, client)
	names, err := d.Wait(t.Context(), id, bulkcollect.WaitOptions{})
	require.NoError(t, err)
	require.Len(t, names, 2)
	files := []file{
		bulkcollect.MemoryFile("before", []byte(twoRecords)), d.JobFile(id, names[0]),
		bulkcollect.MemoryFile("between", []byte(twoRecords)), d.JobFile(id, names[1]), d.JobFile(id, "json/none"),
	}
	got := see(t, d.RecordsFrom(t.Context(), files, options{}))
	require.Error(t, got.Err)
	assert.Len(t, got.IDs, 10)
	assert.Equal(t, names[0], got.Origins[2].File)
	assert.Equal(t, "between", got.Origins[5].File)
	assert.EqualValues(t, 3, got.Origins[9].Line)
}

// TestRecordsTellMetaOfTheQuestion and of no file, of which several are read at a time.
func TestRecordsTellMetaOfTheQuestion(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(60), coresignal.WithPartSize(4), coresignal.WithJobPolls(0))
	d := client.BulkCollect.Base
	id := requestAll(t, sb, client)
	for _, unordered := range []bool{false, true} {
		var meta api.Meta
		var first *api.Meta
		for _, err := range d.RecordsWith(t.Context(), id, options{Unordered: unordered, Workers: 8}, api.WithMeta(&meta)) {
			require.NoError(t, err)
			if first == nil {
				asked := meta
				first = &asked
			}
			require.Equal(t, *first, meta)
		}
		require.NotNil(t, first)
		assert.Equal(t, 200, first.Status)
	}
	var meta api.Meta
	shared := append(make([]api.CallOption, 0, 4), api.WithMeta(&meta))
	names, err := d.Files(t.Context(), id)
	require.NoError(t, err)
	require.NoError(t, see(t, d.FileRecords(t.Context(), id, names[0], shared...)).Err)
	assert.Zero(t, meta)
	assert.Nil(t, shared[:2][1], "the caller's slice is not written to")
}

func TestRecordsRefuseOptionsBeforeTheWait(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(6), coresignal.WithPartSize(4), coresignal.WithJobPolls(0))
	id := requestAll(t, sb, client)
	before := sb.Requests()
	got := see(t, client.BulkCollect.Base.RecordsWith(t.Context(), id, options{Workers: -1}))
	require.ErrorIs(t, got.Err, api.ErrInvalid)
	assert.Equal(t, before, sb.Requests())
}

// TestWhyTheContextEnded is found in the error, and not printed.
func TestWhyTheContextEnded(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(6), coresignal.WithPartSize(4), coresignal.WithJobPolls(0))
	d := client.BulkCollect.Base
	id := requestAll(t, sb, client)
	why := errors.New("CANARY")
	ended := func() context.Context {
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(why)
		return ctx
	}
	dir := t.TempDir()
	ctx, cancel := context.WithCancelCause(t.Context())
	_, downloading := d.Download(ctx, id, dir, bulkcollect.DownloadOptions{OnProgress: func(bulkcollect.DownloadProgress) { cancel(why) }})
	for text, err := range map[string]error{
		"bulkcollect: while reading records: context canceled":        see(t, d.RecordsFrom(ended(), []file{bulkcollect.MemoryFile("f", []byte(twoRecords))}, options{})).Err,
		"bulkcollect: the download was interrupted: context canceled": downloading,
	} {
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorIs(t, err, why)
		assert.Equal(t, text, err.Error())
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	err := see(t, d.RecordsFrom(ctx, []file{bulkcollect.MemoryFile("f", []byte(twoRecords))}, options{})).Err
	require.EqualError(t, err, "bulkcollect: while reading records: context canceled")
}
