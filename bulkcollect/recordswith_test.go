package bulkcollect_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/sandbox"
)

func TestRecordsWithOptions(t *testing.T) {
	sb, client := start(t, sandbox.WithPeople(23), sandbox.WithPartSize(5), sandbox.WithJobPolls(1))
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
		assert.Equal(t, slices.Sorted(slices.Values(sb.PersonIDs())), got.IDs)
	}
	assert.Positive(t, polls, "the wait's options are used")
	assert.Equal(t, 230, sb.CreditsSpent(), "reading again is not paid again")
}

// TestJobFilesAmongOthers: files of a job, on disk and in memory may stand in one walk.
func TestJobFilesAmongOthers(t *testing.T) {
	sb, client := start(t, sandbox.WithPeople(6), sandbox.WithPartSize(3), sandbox.WithJobPolls(0))
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
