package employee_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/employee"
)

func TestWriteDistinct(t *testing.T) {
	path := filepath.Join(t.TempDir(), "distinct.txt")
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	require.NoError(t, err)
	var long bytes.Buffer
	for id := range 20_000 {
		fmt.Fprintf(&long, "%d\n", 1+id%15_000)
	}
	list := employee.IDReader("long.csv", func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(long.Bytes())), nil })
	d, err := list.WriteDistinct(t.Context(), file, employee.DistinctOptions{Dir: t.TempDir(), Memory: 16 << 10})
	require.NoError(t, err)
	require.NoError(t, file.Close())
	assert.EqualValues(t, 15_000, d.Count)
	assert.EqualValues(t, 5_000, d.Duplicates)

	sum, err := employee.IDFile(path).Check(t.Context())
	require.NoError(t, err)
	assert.Equal(t, d.Summary(), sum)

	_, err = employee.IDs(1, 0).WriteDistinct(t.Context(), io.Discard, employee.DistinctOptions{})
	_, ok := errors.AsType[*employee.LineError](err)
	assert.True(t, ok)
}

func ExampleIDSource_WriteDistinct() {
	var text strings.Builder
	d, err := employee.IDs(30, 10, 30, 20, 10).WriteDistinct(exampleContext, &text, employee.DistinctOptions{})
	fmt.Println(strings.Fields(text.String()), d.Count, "IDs,", d.Duplicates, "left out,", err)
	// Output:
	// [30 10 20] 3 IDs, 2 left out, <nil>
}
