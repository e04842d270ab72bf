package employee_test

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/employee"
)

func TestSpoolIDReader(t *testing.T) {
	dir := t.TempDir()
	spooled, err := employee.SpoolIDReader(t.Context(), strings.NewReader("3\r\n1\r\n"), employee.SpoolOptions{Dir: dir, Name: "crm.csv", MaxIDs: 2})
	require.NoError(t, err)
	want, err := employee.IDs(3, 1).Check(t.Context())
	require.NoError(t, err)
	assert.Equal(t, want, spooled.Summary())
	list := spooled.IDs()
	assert.Equal(t, "crm.csv", list.Name())
	for range 2 {
		sum, err := list.Check(t.Context())
		require.NoError(t, err)
		assert.Equal(t, want, sum)
	}
	require.NoError(t, spooled.Close())
	_, err = list.Check(t.Context())
	require.ErrorIs(t, err, os.ErrClosed)

	_, err = employee.SpoolIDReader(t.Context(), strings.NewReader("3\n1\n2\n"), employee.SpoolOptions{Dir: dir, MaxIDs: 2})
	require.ErrorIs(t, err, api.ErrTooLarge)
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Empty(t, left)
}

func TestSpoolIDsOfWrongIDs(t *testing.T) {
	_, err := employee.SpoolIDs(t.Context(), maps.All(map[int64]error{-4: nil}), employee.SpoolOptions{Dir: t.TempDir()})
	refused, ok := errors.AsType[*employee.LineError](err)
	require.True(t, ok)
	assert.Equal(t, 1, refused.Line)
}

func ExampleSpoolIDs() {
	rows := func(yield func(int64, error) bool) { // can be walked once, as *sql.Rows can
		_ = yield(10001, nil) && yield(10002, nil) && yield(10001, nil)
	}
	spooled, err := employee.SpoolIDs(exampleContext, rows, employee.SpoolOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = spooled.Close() }()
	found, err := spooled.IDs().CheckDuplicates(exampleContext, employee.DuplicateOptions{})
	fmt.Println(found.Count, "IDs,", found.Duplicates, "duplicate,", err)
	// Output:
	// 3 IDs, 1 duplicate, <nil>
}
