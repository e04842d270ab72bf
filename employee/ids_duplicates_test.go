package employee_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/employee"
)

// TestCheckDuplicates finds the same at any size of the table, or says what it has not compared.
func TestCheckDuplicates(t *testing.T) {
	ids := make([]int64, 0, 4000)
	for id := range int64(2000) {
		ids = append(ids, id+1)
	}
	list := employee.IDs(slices.Concat(ids, ids)...)
	exact, err := list.CheckDuplicates(t.Context(), employee.DuplicateOptions{})
	require.NoError(t, err)
	sum, err := list.Check(t.Context())
	require.NoError(t, err)
	assert.Equal(t, sum, exact.IDSummary)
	assert.EqualValues(t, 2000, exact.Duplicates)
	assert.Zero(t, exact.Unchecked)
	assert.Equal(t, 1, exact.Passes)
	require.Len(t, exact.First, 10)
	assert.Equal(t, employee.DuplicateID{ID: 10, Line: 2010, FirstLine: 10}, exact.First[9])

	part, err := list.CheckDuplicates(t.Context(), employee.DuplicateOptions{Memory: 8 << 10})
	require.NoError(t, err)
	assert.EqualValues(t, 716, part.Duplicates, "room for 716 of 1024")
	assert.EqualValues(t, 2*(2000-716), part.Unchecked)

	passes, err := list.CheckDuplicates(t.Context(), employee.DuplicateOptions{Memory: 8 << 10, MaxPasses: -1})
	require.NoError(t, err)
	assert.Greater(t, passes.Passes, 4)
	passes.Passes = 1
	assert.Equal(t, exact, passes)

	_, err = employee.IDs().CheckDuplicates(t.Context(), employee.DuplicateOptions{})
	require.ErrorIs(t, err, employee.ErrNoIDs)
}

func ExampleIDSource_CheckDuplicates() {
	found, err := employee.IDs(30, 10, 30, 20, 10).CheckDuplicates(exampleContext, employee.DuplicateOptions{})
	fmt.Println(found.Duplicates, "of", found.Count, "unchecked:", found.Unchecked, err)
	for _, d := range found.First {
		fmt.Printf("%d in line %d and in line %d\n", d.ID, d.FirstLine, d.Line)
	}
	// Output:
	// 2 of 5 unchecked: 0 <nil>
	// 30 in line 1 and in line 3
	// 10 in line 2 and in line 5
}
