package idfile_test

import (
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/internal/idfile"
)

// TestChangedLists: whatever changes between check and upload, the stated length is never reached.
func TestChangedLists(t *testing.T) {
	broken := errors.New("disk gone")
	for name, tc := range map[string]struct {
		second io.Reader
		want   error
	}{
		"same length, other ID": {strings.NewReader("1\n2\n4\n"), idfile.ErrSourceChanged},
		"other order":           {strings.NewReader("3\n2\n1\n"), idfile.ErrSourceChanged},
		"same length, one line": {strings.NewReader("12345\n"), idfile.ErrSourceChanged},
		"shorter":               {strings.NewReader("1\n2\n"), idfile.ErrSourceChanged},
		"longer":                {strings.NewReader("1\n2\n3\n4\n"), idfile.ErrSourceChanged},
		"longer in a new read":  {io.MultiReader(strings.NewReader("1\n2\n3\n"), strings.NewReader("4\n")), idfile.ErrSourceChanged},
		"longer ID":             {strings.NewReader("1\n2\n33\n"), idfile.ErrSourceChanged},
		"empty":                 {strings.NewReader(""), idfile.ErrSourceChanged},
		"no list any more":      {strings.NewReader("1\n2\nx\n"), idfile.ErrSourceChanged},
		"a line too many":       {io.MultiReader(strings.NewReader("1\n2\n3\n"), strings.NewReader("x")), idfile.ErrSourceChanged},
		"broken":                {io.MultiReader(strings.NewReader("1\n2\n"), iotest.ErrReader(broken)), broken},
		"broken at the end":     {io.MultiReader(strings.NewReader("1\n2\n3\n"), iotest.ErrReader(broken)), broken},
	} {
		t.Run(name, func(t *testing.T) {
			passes := 0
			s := idfile.Reader("list.csv", func() (io.ReadCloser, error) {
				passes++
				if passes == 1 {
					return io.NopCloser(strings.NewReader("1\n2\n3\n")), nil
				}
				return io.NopCloser(tc.second), nil
			})
			sum, err := s.Check(t.Context())
			require.NoError(t, err)
			r, err := s.Open(sum)
			require.NoError(t, err)
			text, err := io.ReadAll(r)
			require.ErrorIs(t, err, tc.want)
			assert.Less(t, int64(len(text)), sum.Bytes)
			_, again := r.Read(make([]byte, 1))
			assert.Equal(t, err, again)
			assert.ErrorContains(t, err, "employee: list.csv: ")
			require.NoError(t, r.Close())
		})
	}
}

func TestChangedIterator(t *testing.T) {
	passes := int64(0)
	s := idfile.Seq(func(yield func(int64) bool) {
		passes++
		for id := range int64(20_000) {
			if !yield(id + passes*100_000) {
				return
			}
		}
	})
	sum, err := s.Check(t.Context())
	require.NoError(t, err)
	r, err := s.Open(sum)
	require.NoError(t, err)
	text, err := io.ReadAll(r)
	require.ErrorIs(t, err, idfile.ErrSourceChanged)
	assert.Less(t, int64(len(text)), sum.Bytes)
	require.NoError(t, r.Close())
}

func TestUploadReadInSmallSteps(t *testing.T) {
	s := idfile.IDs(slices.Collect(count(20_000)))
	sum, err := s.Check(t.Context())
	require.NoError(t, err)
	r, err := s.Open(sum)
	require.NoError(t, err)
	n, err := r.Read(nil)
	require.NoError(t, err)
	require.Zero(t, n)
	text, err := io.ReadAll(iotest.OneByteReader(r))
	require.NoError(t, err)
	require.NoError(t, r.Close())
	assert.Equal(t, canonical(slices.Collect(count(20_000))), string(text))
}

// TestCloseWhileReading does what net/http does when a server answers early.
func TestCloseWhileReading(t *testing.T) {
	s := idfile.IDs(slices.Collect(count(200_000)))
	sum, err := s.Check(t.Context())
	require.NoError(t, err)
	r, err := s.Open(sum)
	require.NoError(t, err)
	var wg sync.WaitGroup
	begun := make(chan struct{})
	wg.Go(func() {
		_, err := io.ReadFull(r, make([]byte, 10))
		assert.NoError(t, err)
		close(begun)
		if _, err := io.Copy(io.Discard, r); err != nil {
			assert.ErrorIs(t, err, io.ErrClosedPipe)
		}
	})
	<-begun
	require.NoError(t, r.Close())
	wg.Wait()
	require.NoError(t, r.Close())
}
