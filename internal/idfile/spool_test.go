package idfile_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/idfile"
)

// single walks IDs, ends with an error if that is given, and can be walked once.
func single(ids []int64, failed error) iter.Seq2[int64, error] {
	walked := false
	return func(yield func(int64, error) bool) {
		if walked {
			yield(0, errors.New("walked twice"))
			return
		}
		walked = true
		for _, id := range ids {
			if !yield(id, nil) {
				return
			}
		}
		if failed != nil {
			yield(0, failed)
		}
	}
}

// TestSpooledListsCanBeReadAgain spools what can be read once, and reads it many times at once.
func TestSpooledListsCanBeReadAgain(t *testing.T) {
	ids := slices.Repeat(collect(20_000), 2)
	dir := t.TempDir()
	o := idfile.SpoolOptions{Dir: dir, Name: "../from crm.csv", MaxIDs: 40_000}
	fromSeq, err := idfile.SpoolSeq(t.Context(), single(ids, nil), o)
	require.NoError(t, err)
	fromReader, err := idfile.SpoolReader(t.Context(), iotest.HalfReader(strings.NewReader(strings.ReplaceAll(canonical(ids), "\n", "\r\n"))), o)
	require.NoError(t, err)
	want, err := idfile.IDs(ids).Check(t.Context())
	require.NoError(t, err)
	for _, spooled := range []*idfile.Spooled{fromSeq, fromReader} {
		assert.Equal(t, want, spooled.Summary())
		s := spooled.Source()
		assert.Equal(t, "from crm.csv", s.Name())
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				sum, err := s.Check(t.Context())
				assert.NoError(t, err)
				assert.Equal(t, want, sum)
			})
		}
		wg.Wait()
		assert.True(t, canonical(ids) == upload(t, s, want))
		found, err := s.Duplicates(t.Context(), idfile.DuplicatesOptions{})
		require.NoError(t, err)
		assert.EqualValues(t, 20_000, found.Duplicates)
		distinct, err := s.WriteDistinct(t.Context(), io.Discard, idfile.DistinctOptions{})
		require.NoError(t, err)
		assert.EqualValues(t, 20_000, distinct.Duplicates)

		require.NoError(t, spooled.Close())
		_, err = s.Check(t.Context())
		require.ErrorIs(t, err, os.ErrClosed)
		assert.NotContains(t, err.Error(), dir)
		require.ErrorIs(t, spooled.Close(), os.ErrClosed)
	}
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Empty(t, left)
}

// TestSpoolingFails: the first wrong ID is named, and no file stays.
func TestSpoolingFails(t *testing.T) {
	broken, dir := errors.New("the search broke off"), t.TempDir()
	full := &fs.PathError{Op: "write", Path: "/srv/customer-4711/x", Err: syscall.ENOSPC}
	o := idfile.SpoolOptions{Dir: dir, MaxIDs: 1000}
	seq := func(o idfile.SpoolOptions, ids []int64, err error) error {
		_, err = idfile.SpoolSeq(t.Context(), single(ids, err), o)
		return err
	}
	text := func(o idfile.SpoolOptions, r io.Reader) error {
		_, err := idfile.SpoolReader(t.Context(), r, o)
		return err
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, cancelled := idfile.SpoolSeq(ended, single(collect(10), nil), o)
	_, noSeq := idfile.SpoolSeq(t.Context(), nil, o)
	for name, tc := range map[string]struct {
		err  error
		is   error
		text string
	}{
		"zero":              {seq(o, []int64{1, 2, 0}, nil), nil, "employee: the iterator's IDs: item 3: zero is not an ID"},
		"error":             {seq(o, []int64{1, 2}, broken), broken, "employee: the iterator's IDs: after 2 IDs: the search broke off"},
		"error at once":     {seq(o, nil, broken), broken, "employee: the iterator's IDs: after 0 IDs: the search broke off"},
		"nothing":           {seq(o, nil, nil), idfile.ErrNoIDs, "employee: the iterator's IDs: no IDs"},
		"too many":          {seq(o, collect(1001), nil), api.ErrTooLarge, "employee: the iterator's IDs: more than the 1000 IDs accepted"},
		"heading":           {text(o, strings.NewReader("id\n1\n")), nil, `employee: the list: line 1, byte 0: not a number; a list has no heading, but IDColumn reads a table that has one (the line starts with "id")`},
		"reading":           {text(o, iotest.ErrReader(broken)), broken, "employee: the list: the search broke off"},
		"endless":           {text(o, endless{}), api.ErrTooLarge, "employee: the list: more than the 1000 IDs accepted"},
		"no reader":         {text(o, nil), nil, "employee: the list: no source given"},
		"no iterator":       {noSeq, nil, "employee: the iterator's IDs: no source given"},
		"context ended":     {cancelled, context.Canceled, "employee: the iterator's IDs: context canceled"},
		"no such directory": {seq(idfile.SpoolOptions{Dir: dir + "/gone"}, collect(1), nil), fs.ErrNotExist, "employee: the iterator's IDs: making a temporary file: no such file or directory"},
		"disk full":         {seq(idfile.SpoolInto(&brokenStorage{write: full}), collect(1), nil), syscall.ENOSPC, "employee: the iterator's IDs: writing a temporary file: no space left on device"},
	} {
		t.Run(name, func(t *testing.T) {
			require.EqualError(t, tc.err, tc.text)
			if tc.is != nil {
				assert.ErrorIs(t, tc.err, tc.is)
			}
			left, err := os.ReadDir(dir)
			require.NoError(t, err)
			assert.Empty(t, left)
		})
	}
}

// TestSpoolingEndsWithTheContext: an endless iterator that does not know the context is left.
func TestSpoolingEndsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	_, err := idfile.SpoolSeq(ctx, func(yield func(int64, error) bool) {
		for id := int64(1); yield(id, nil); id++ {
			if id == 3 {
				cancel()
			}
		}
	}, idfile.SpoolOptions{Dir: t.TempDir()})
	require.ErrorIs(t, err, context.Canceled)
}

// TestDiskFull fills a file system of 1 MB.
func TestDiskFull(t *testing.T) {
	dir := smallFileSystem(t)
	_, err := idfile.SpoolSeq(t.Context(), single(collect(200_000), nil), idfile.SpoolOptions{Dir: dir})
	require.ErrorIs(t, err, syscall.ENOSPC)
	_, err = idfile.IDs(collect(200_000)).WriteDistinct(t.Context(), io.Discard, idfile.DistinctOptions{Dir: dir, Memory: 64 << 10})
	require.ErrorIs(t, err, syscall.ENOSPC)
	assert.NotContains(t, err.Error(), dir)
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Empty(t, left)
	_, err = idfile.IDs(collect(20_000)).WriteDistinct(t.Context(), io.Discard, idfile.DistinctOptions{Dir: dir, Memory: 64 << 10})
	require.NoError(t, err, "its room was given back")
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = "7\n"[i%2]
	}
	return len(p) &^ 1, nil
}
