package idfile_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/internal/idfile"
)

func TestEverySourceGivesTheSame(t *testing.T) {
	ids := []int64{42, 1, 1<<63 - 1}
	path := filepath.Join(t.TempDir(), "secret-customer", "list.csv")
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
	require.NoError(t, os.WriteFile(path, []byte("\xef\xbb\xbf42\r\n1\r\n9223372036854775807"), 0o600))

	sources := map[string]idfile.Source{
		"File":   idfile.File(path),
		"Reader": fromText(canonical(ids)),
		"IDs":    idfile.IDs(ids),
		"Seq":    idfile.Seq(slices.Values(ids)),
	}
	var first idfile.Summary
	for name, s := range sources {
		t.Run(name, func(t *testing.T) {
			sum, err := s.Check(t.Context())
			require.NoError(t, err)
			assert.EqualValues(t, 3, sum.Count)
			if first.Count == 0 {
				first = sum
			}
			assert.Equal(t, first, sum)
			for range 2 {
				got, err := walk(t, s)
				require.NoError(t, err)
				assert.Equal(t, ids, got)
				assert.Equal(t, canonical(ids), upload(t, s, sum))
			}
			for id, err := range s.All(t.Context()) {
				require.NoError(t, err)
				assert.EqualValues(t, 42, id)
				break
			}
		})
	}
}

func TestIDsAreCopied(t *testing.T) {
	ids := []int64{1, 2}
	s := idfile.IDs(ids)
	ids[0] = 99
	got, err := walk(t, s)
	require.NoError(t, err)
	assert.Equal(t, []int64{1, 2}, got)
}

func TestRefusedIDs(t *testing.T) {
	for name, tc := range map[string]struct {
		ids     []int64
		message string
	}{
		"zero":     {[]int64{10, 0}, `item 2: zero is not an ID`},
		"negative": {[]int64{10, 200, -5, 1}, `item 3: a negative number (it is "-5")`},
	} {
		t.Run(name, func(t *testing.T) {
			for called, s := range map[string]idfile.Source{"the given IDs": idfile.IDs(tc.ids), "the iterator's IDs": idfile.Seq(slices.Values(tc.ids))} {
				message := "employee: " + called + ": " + tc.message
				_, err := s.Check(t.Context())
				require.EqualError(t, err, message)
				got, err := walk(t, s)
				require.EqualError(t, err, message)
				assert.Equal(t, tc.ids[:slices.IndexFunc(tc.ids, func(id int64) bool { return id <= 0 })], got)
			}
		})
	}
	t.Run("far into a long list", func(t *testing.T) {
		ids := make([]int64, 30_001)
		for i := range ids {
			ids[i] = 12345678
		}
		ids[30_000] = -1
		_, err := idfile.IDs(ids).Check(t.Context())
		refused, ok := errors.AsType[*idfile.LineError](err)
		require.True(t, ok)
		assert.Equal(t, 30_001, refused.Line)
		assert.EqualValues(t, 30_000*9, refused.Offset)
	})
}

func TestSourcesThatCannotBeOpened(t *testing.T) {
	dir := t.TempDir()
	denied := errors.New("bucket is locked")
	for name, tc := range map[string]struct {
		source idfile.Source
		is     error
		text   string
	}{
		"zero":        {idfile.Source{}, nil, "employee: the list: no source given"},
		"no path":     {idfile.File(""), nil, "employee: the list: no source given"},
		"no func":     {idfile.Reader("a", nil), nil, "employee: a: no source given"},
		"nil reader":  {idfile.Reader("a", func() (io.ReadCloser, error) { return nil, nil }), nil, "employee: a: no source given"},
		"open fails":  {idfile.Reader("a", func() (io.ReadCloser, error) { return nil, denied }), denied, "employee: a: bucket is locked"},
		"no iterator": {idfile.Seq(nil), nil, "employee: the iterator's IDs: no source given"},
		"no such":     {idfile.File(filepath.Join(dir, "gone.csv")), fs.ErrNotExist, "employee: gone.csv: no such file or directory"},
		"directory":   {idfile.File(dir), nil, "employee: " + filepath.Base(dir) + ": not a regular file"},
		"no IDs":      {idfile.IDs(nil), idfile.ErrNoIDs, "employee: the given IDs: no IDs"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := tc.source.Check(t.Context())
			require.EqualError(t, err, tc.text)
			if tc.is != nil {
				require.ErrorIs(t, err, tc.is)
			}
			_, err = walk(t, tc.source)
			require.EqualError(t, err, tc.text)
			if r, err := tc.source.Open(idfile.Summary{}); err == nil {
				_, err = io.ReadAll(r)
				require.ErrorIs(t, err, idfile.ErrSourceChanged, "an empty list was never checked")
				require.NoError(t, r.Close())
			} else {
				require.EqualError(t, err, tc.text)
			}
		})
	}
}

func TestErrorsNameNoDirectories(t *testing.T) {
	path := filepath.Join(t.TempDir(), "customer-4711", "list.csv")
	_, err := idfile.File(path).Check(t.Context())
	require.Error(t, err)
	assert.NotContains(t, err.Error(), "customer-4711")

	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
	require.NoError(t, os.WriteFile(path, []byte("x"), 0o600))
	_, err = idfile.File(path).Check(t.Context())
	assert.EqualError(t, err, `employee: list.csv: line 1, byte 0: not a number; a list has no heading, but IDColumn reads a table that has one (the line starts with "x")`)
}

func TestNames(t *testing.T) {
	for name, want := range map[string]string{
		"ids.csv":                "ids.csv",
		"/srv/a/ids.csv":         "ids.csv",
		`C:\lists\ids.csv`:       "ids.csv",
		"a\r\nX-Header: b":       "a__X-Header: b",
		"":                       "ids.txt",
		"..":                     "ids.txt",
		"/":                      "ids.txt",
		"bad\xffname":            "bad_name",
		strings.Repeat("é", 200): strings.Repeat("é", 64),
	} {
		assert.Equal(t, want, idfile.Reader(name, nil).Name(), "%q", name)
	}
	assert.Equal(t, "ids.txt", idfile.IDs(nil).Name())
	assert.Equal(t, "ids.txt", idfile.Source{}.Name())
}

func TestCancelledContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	endless := idfile.Seq(func(yield func(int64) bool) {
		for id := int64(1); yield(id); id++ {
			if id == 100_000 {
				cancel()
			}
		}
	})
	_, err := endless.Check(ctx)
	require.ErrorIs(t, err, context.Canceled)

	var last error
	for _, err := range endless.All(ctx) {
		last = err
	}
	require.ErrorIs(t, last, context.Canceled)
}

func TestConcurrentUse(t *testing.T) {
	s := idfile.IDs(slices.Collect(count(50_000)))
	want, err := s.Check(t.Context())
	require.NoError(t, err)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			got, err := s.Check(t.Context())
			assert.NoError(t, err)
			assert.Equal(t, want, got)
		})
	}
	wg.Wait()
}

// TestMemoryIsFlat reads two million IDs, 20 MB of text, and allocates no more than a few buffers.
func TestMemoryIsFlat(t *testing.T) {
	s := idfile.Seq(count(2_000_000))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	sum, err := s.Check(t.Context())
	require.NoError(t, err)
	r, err := s.Open(sum)
	require.NoError(t, err)
	n, err := io.CopyBuffer(io.Discard, struct{ io.Reader }{r}, make([]byte, 32<<10))
	require.NoError(t, err)
	require.NoError(t, r.Close())
	runtime.ReadMemStats(&after)
	assert.Equal(t, sum.Bytes, n)
	assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(2<<20))
}

func count(n int64) iter.Seq[int64] {
	return func(yield func(int64) bool) {
		for id := range n {
			if !yield(100_000_000 + id) {
				return
			}
		}
	}
}
