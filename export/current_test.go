package export_test

import (
	"bytes"
	"encoding/csv"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/export"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
)

// TestTheCurrentPosition of 5,000 people, by a path and by a function, is what the sandbox says of them.
func TestTheCurrentPosition(t *testing.T) {
	sb, err := sandbox.Start(coresignal.WithPeople(5_000), coresignal.WithCredits(1_000_000), coresignal.WithJobPolls(0))
	require.NoError(t, err)
	t.Cleanup(sb.Close)
	client, err := pronet.New(sb.Options()...)
	require.NoError(t, err)
	t.Cleanup(client.CloseIdleConnections)
	ids := sb.Coresignal.PersonIDs()
	job, err := client.BulkCollect.Base.RequestIDs(t.Context(), employee.IDs(ids...), bulkcollect.Options{})
	require.NoError(t, err)

	var out bytes.Buffer
	w, err := export.NewCSV(&out, export.CSVOptions{FormulasMayRun: true, NoHeader: true, Columns: []export.Column{
		{Path: "id"},
		{Path: "experience[is_current].title"},
		export.ValueColumn("title", func(r *employee.BaseRecord) any {
			for _, position := range r.CurrentExperience() {
				return position.Title
			}
			return nil
		}),
		{Path: "experience[0].title"},
	}})
	require.NoError(t, err)
	n, err := export.Copy(t.Context(), client.BulkCollect.Base.Records(t.Context(), job.ID), w)
	require.NoError(t, err)
	require.EqualValues(t, len(ids), n)

	rows, err := csv.NewReader(&out).ReadAll()
	require.NoError(t, err)
	first := 0
	for _, row := range rows {
		id, err := strconv.ParseInt(row[0], 10, 64)
		require.NoError(t, err)
		person, ok := sb.Coresignal.Person(id)
		require.True(t, ok)
		require.Equal(t, person.Title, row[1], "%d", id)
		require.Equal(t, person.Title, row[2], "%d", id)
		if row[3] != person.Title {
			first++
		}
	}
	assert.Greater(t, first, 100, "the first row is another position for many")
}
