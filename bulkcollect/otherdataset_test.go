package bulkcollect_test

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/sandbox/coresignal"
)

// TestAJobOfAnotherDataset: read as Multi-source, nearly all fields of a Base record would be empty without a word.
func TestAJobOfAnotherDataset(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(3))
	job, err := client.BulkCollect.Base.RequestIDs(t.Context(), employee.IDs(sb.Coresignal.PersonIDs()...), bulkcollect.Options{})
	require.NoError(t, err)
	_, err = client.BulkCollect.Base.Wait(t.Context(), job.ID, bulkcollect.WaitOptions{FirstPoll: time.Millisecond})
	require.NoError(t, err)
	read := 0
	for r, err := range client.BulkCollect.MultiSource.Records(t.Context(), job.ID) {
		read++
		assert.Nil(t, r)
		require.ErrorIs(t, err, employee.ErrOtherDataset)
		require.ErrorIs(t, err, api.ErrUnexpectedResponse)
		assert.ErrorContains(t, err, "line 1: employee: the record is one of Base, and is read as one of Multi-source")
	}
	assert.Equal(t, 1, read)
	for _, err := range client.BulkCollect.Base.Records(t.Context(), job.ID) {
		require.NoError(t, err)
	}

	text, err := os.ReadFile("../employee/testdata/v1_complete.json")
	require.NoError(t, err)
	line := strings.ReplaceAll(string(text), "\n", "") + "\n"
	for _, err := range client.BulkCollect.Clean.DecodeRecords("x", strings.NewReader(line+line)) {
		require.ErrorIs(t, err, employee.ErrOtherDataset)
		failure, ok := errors.AsType[*bulkcollect.FileError](err)
		require.True(t, ok)
		assert.EqualValues(t, 1, failure.Line)
	}
	for _, err := range client.BulkCollect.V1.DecodeRecords("x", strings.NewReader(line+line)) {
		require.NoError(t, err)
	}
}
