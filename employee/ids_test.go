package employee_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/employee"
)

func TestIDSources(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ids.csv")
	require.NoError(t, os.WriteFile(path, []byte("3\r\n1\r\n"), 0o600))
	reader := func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("3\n1")), nil }
	for name, s := range map[string]employee.IDSource{
		"ids.csv":   employee.IDFile(path),
		"given.txt": employee.IDReader("given.txt", reader),
		"ids.txt":   employee.IDSeq(slices.Values([]int64{3, 1})),
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, name, s.Name())
			sum, err := s.Check(t.Context())
			require.NoError(t, err)
			want, err := employee.IDs(3, 1).Check(t.Context())
			require.NoError(t, err)
			assert.Equal(t, want, sum)
			assert.Equal(t, int64(2), sum.Count)

			r, err := s.Open(sum)
			require.NoError(t, err)
			text, err := io.ReadAll(r)
			require.NoError(t, err)
			require.NoError(t, r.Close())
			assert.Equal(t, "3\n1\n", string(text))

			var ids []int64
			for id, err := range s.All(t.Context()) {
				require.NoError(t, err)
				ids = append(ids, id)
			}
			assert.Equal(t, []int64{3, 1}, ids)
		})
	}
}

func TestIDSourceErrors(t *testing.T) {
	_, err := employee.IDs().Check(t.Context())
	require.ErrorIs(t, err, employee.ErrNoIDs)

	checked, err := employee.IDs(1, 2).Check(t.Context())
	require.NoError(t, err)
	r, err := employee.IDs(1, 3).Open(checked)
	require.NoError(t, err)
	_, err = io.ReadAll(r)
	require.ErrorIs(t, err, employee.ErrIDsChanged)
	require.NoError(t, r.Close())

	_, err = employee.IDs(1, -2).Check(t.Context())
	refused, ok := errors.AsType[*employee.LineError](err)
	require.True(t, ok)
	assert.Equal(t, 2, refused.Line)
}

func ExampleIDReader() {
	list := employee.IDReader("upload.csv", func() (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader("10001\n10002,Jane\n")), nil
	})
	_, err := list.Check(exampleContext)
	if refused, ok := errors.AsType[*employee.LineError](err); ok {
		fmt.Println("line", refused.Line, "-", refused.Reason)
	}
	// Output:
	// line 2 - ',', as in a list with several columns; only one ID a line is allowed, but IDColumn reads one column of a table
}
