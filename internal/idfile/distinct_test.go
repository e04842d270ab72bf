package idfile_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/internal/idfile"
	"github.com/pronet-go/pronet/internal/pronettest"
)

// once drops what is there before, the plain way.
func once(ids []int64) (kept []int64) {
	seen := map[int64]bool{}
	for _, id := range ids {
		if !seen[id] {
			kept = append(kept, id)
		}
		seen[id] = true
	}
	return kept
}

// TestDistinct compares with a map, for tables that hold everything, some and next to nothing.
func TestDistinct(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	part := int64(pronettest.Times(8, 1)) // of the sizes
	lists := map[string][]int64{
		"one":                {7},
		"the same":           slices.Repeat([]int64{7}, int(10_000/part)),
		"twice":              slices.Repeat(collect(20_000/part), 2),
		"none twice":         collect(50_000 / part),
		"the largest":        {1<<63 - 1, 1, 1<<63 - 1},
		"sorted pairs":       nil,
		"random":             nil,
		"all of the end new": append(slices.Repeat(collect(5000/part), 3), 1, 2, 3),
	}
	for id := range 30_000 / part {
		lists["sorted pairs"] = append(lists["sorted pairs"], id+1, id+1)
		lists["random"] = append(lists["random"], 1+random.Int64N(20_000/part))
	}
	for name, ids := range lists {
		for _, memory := range []int64{1, 1 << 10, 64 << 10, 0} {
			for _, s := range []idfile.Source{idfile.IDs(ids), fromText(canonical(ids))} {
				var out bytes.Buffer
				got, err := s.WriteDistinct(t.Context(), &out, idfile.DistinctOptions{Dir: t.TempDir(), Memory: memory})
				require.NoError(t, err)
				want := canonical(once(ids))
				require.True(t, want == out.String(), "%s with %d bytes", name, memory)
				assert.EqualValues(t, len(once(ids)), got.Count)
				assert.EqualValues(t, len(ids)-len(once(ids)), got.Duplicates)
				assert.EqualValues(t, len(want), got.Bytes)
				assert.Equal(t, sha256.Sum256([]byte(want)), got.Hash)
			}
		}
	}
}

// TestDistinctOfOneReading: a list that can be read only once is enough.
func TestDistinctOfOneReading(t *testing.T) {
	text, opened := canonical(slices.Repeat(collect(30_000), 2)), 0
	s := idfile.Reader("pipe", func() (io.ReadCloser, error) {
		opened++
		return io.NopCloser(strings.NewReader(text)), nil
	})
	got, err := s.WriteDistinct(t.Context(), io.Discard, idfile.DistinctOptions{Memory: 1 << 10})
	require.NoError(t, err)
	assert.EqualValues(t, 30_000, got.Duplicates)
	assert.Equal(t, 1, opened)
}

func TestDistinctRefusesWhatCheckRefuses(t *testing.T) {
	_, err := fromText("").WriteDistinct(t.Context(), io.Discard, idfile.DistinctOptions{})
	require.ErrorIs(t, err, idfile.ErrNoIDs)
	_, err = idfile.Source{}.WriteDistinct(t.Context(), io.Discard, idfile.DistinctOptions{})
	require.ErrorContains(t, err, "no source given")
	_, err = fromText(canonical(collect(30_000))+"x\n").WriteDistinct(t.Context(), io.Discard, idfile.DistinctOptions{Memory: 1 << 10})
	refused, ok := errors.AsType[*idfile.LineError](err)
	require.True(t, ok)
	assert.Equal(t, 30_001, refused.Line)
}

// TestDistinctFailures: whatever breaks is in the error, without a path, and nothing stays in the directory.
func TestDistinctFailures(t *testing.T) {
	full := &fs.PathError{Op: "write", Path: "/srv/customer-4711/x", Err: syscall.ENOSPC}
	ids := idfile.IDs(collect(50_000))
	for name, tc := range map[string]struct {
		w    io.Writer
		o    idfile.DistinctOptions
		is   error
		text string
	}{
		"output full":        {failing{full}, idfile.DistinctOptions{}, syscall.ENOSPC, "writing the IDs: no space left on device"},
		"output cut short":   {shortened{}, idfile.DistinctOptions{}, io.ErrShortWrite, "writing the IDs: short write"},
		"output full later":  {failing{full}, idfile.DistinctOptions{Memory: 1 << 10}, syscall.ENOSPC, "writing the IDs: no space left on device"},
		"no directory":       {io.Discard, idfile.DistinctOptions{Memory: 1 << 10, Dir: "/no/such/customer-4711"}, fs.ErrNotExist, "making a temporary file: no such file or directory"},
		"temporary full":     {io.Discard, idfile.WithStorage(1<<10, &brokenStorage{write: full}), syscall.ENOSPC, "writing a temporary file: no space left on device"},
		"temporary unread":   {io.Discard, idfile.WithStorage(1<<10, &brokenStorage{read: &fs.PathError{Op: "read", Path: "/customer-4711", Err: syscall.EIO}}), syscall.EIO, "reading a temporary file: input/output error"},
		"temporary unclosed": {io.Discard, idfile.WithStorage(1<<10, &brokenStorage{close: &fs.PathError{Op: "close", Path: "/customer-4711", Err: syscall.EIO}}), syscall.EIO, "input/output error"},
		"temporary changed":  {io.Discard, idfile.WithStorage(1<<10, &brokenStorage{zero: true}), nil, "a temporary file does not hold what was written to it"},
	} {
		t.Run(name, func(t *testing.T) {
			if tc.o.Dir == "" {
				tc.o.Dir = t.TempDir()
				defer func() {
					left, err := os.ReadDir(tc.o.Dir)
					assert.NoError(t, err)
					assert.Empty(t, left)
				}()
			}
			got, err := ids.WriteDistinct(t.Context(), tc.w, tc.o)
			require.ErrorContains(t, err, tc.text)
			if tc.is != nil {
				assert.ErrorIs(t, err, tc.is)
			}
			assert.NotContains(t, err.Error(), "4711")
			assert.Zero(t, got)
		})
	}
}

func TestDistinctSourceBreaks(t *testing.T) {
	broken := errors.New("disk gone")
	s := idfile.Reader("x", func() (io.ReadCloser, error) {
		return io.NopCloser(io.MultiReader(strings.NewReader("1\n2\n"), iotest.ErrReader(broken))), nil
	})
	_, err := s.WriteDistinct(t.Context(), io.Discard, idfile.DistinctOptions{})
	require.ErrorIs(t, err, broken)
}

// TestDistinctCancelled ends the context at each time that it is looked at.
func TestDistinctCancelled(t *testing.T) {
	s := idfile.IDs(slices.Repeat(collect(20_000), 2))
	o := idfile.DistinctOptions{Dir: t.TempDir(), Memory: 4 << 10}
	for allowed := 0; ; allowed += 1 + allowed/8 {
		ctx := &countedContext{Context: t.Context(), left: allowed}
		_, err := s.WriteDistinct(ctx, io.Discard, o)
		if err == nil {
			assert.Greater(t, allowed, 70, "there are as many parts")
			break
		}
		require.ErrorIs(t, err, context.Canceled)
		left, err := os.ReadDir(o.Dir)
		require.NoError(t, err)
		assert.Empty(t, left)
	}
}

// FuzzDistinct compares with a map, with a table so small that several walks are needed.
func FuzzDistinct(f *testing.F) {
	f.Add([]byte{1, 2, 3, 1, 2, 3}, uint16(7), uint8(0))
	f.Add(bytes.Repeat([]byte{0, 255, 17, 33}, 60), uint16(3), uint8(3))
	f.Add(make([]byte, 150), uint16(65_521), uint8(9))
	f.Fuzz(func(t *testing.T, steps []byte, stride uint16, memory uint8) {
		ids, id := make([]int64, 0, len(steps)), int64(1)
		for _, step := range steps {
			id = (id*int64(stride) + int64(step)) % (1 << 20)
			ids = append(ids, id+1)
		}
		if len(ids) == 0 || len(ids) > 10_000 {
			return
		}
		var out bytes.Buffer
		got, err := idfile.IDs(ids).WriteDistinct(t.Context(), &out, idfile.DistinctOptions{Dir: t.TempDir(), Memory: 256 << (memory % 8)})
		if err != nil {
			t.Fatal(err)
		}
		want := once(ids)
		if out.String() != canonical(want) || got.Count != int64(len(want)) || got.Duplicates != int64(len(ids)-len(want)) {
			t.Fatalf("%d IDs, %d distinct: got %+v", len(ids), len(want), got)
		}
	})
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

type shortened struct{}

func (shortened) Write(p []byte) (int, error) { return len(p) - 1, nil }

// brokenStorage is memory that fails where it is told to.
type brokenStorage struct {
	data               []byte
	write, read, close error
	zero               bool // what is read
}

func (b *brokenStorage) Write(p []byte) (int, error) {
	b.data = append(b.data, p...)
	return len(p), b.write
}

func (b *brokenStorage) ReadAt(p []byte, at int64) (int, error) {
	n := copy(p, b.data[at:])
	if b.zero {
		clear(p)
	}
	return n, b.read
}

func (b *brokenStorage) Close() error { return b.close }

// countedContext is cancelled after it has been asked a number of times.
type countedContext struct {
	context.Context
	left int
}

func (c *countedContext) Err() error {
	if c.left == 0 {
		return context.Canceled
	}
	c.left--
	return nil
}
