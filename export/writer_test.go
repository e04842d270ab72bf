package export_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/export"
	"github.com/pronet-go/pronet/internal/wire"
)

// limited takes a number of bytes and then fails.
type limited struct {
	bytes.Buffer
	left int
}

var errFull = errors.New("full")

func (l *limited) Write(p []byte) (int, error) {
	if len(p) > l.left {
		n, _ := l.Buffer.Write(p[:l.left])
		l.left = 0
		return n, errFull
	}
	l.left -= len(p)
	return l.Buffer.Write(p)
}

func TestCopyEndsAtTheFirstErrorOfTheRecords(t *testing.T) {
	var out bytes.Buffer
	broken := errors.New("cut")
	n, err := export.Copy(t.Context(), failing(numbered(3), broken), export.NewJSONLines(&out, export.JSONLinesOptions{}))
	require.ErrorIs(t, err, broken)
	assert.EqualValues(t, 3, n, "what came before is written")
	assert.Equal(t, 3, strings.Count(out.String(), "\n"))
}

func TestCopyEndsAtTheFirstErrorOfTheWriter(t *testing.T) {
	out := &limited{left: 100_000}
	w := export.NewJSONLines(out, export.JSONLinesOptions{})
	n, err := export.Copy(t.Context(), numbered(10_000), w)
	require.ErrorIs(t, err, errFull)
	whole := strings.Count(out.String(), "\n")
	assert.Positive(t, n)
	assert.LessOrEqual(t, n, int64(whole), "no more than were surely written")
	require.ErrorIs(t, w.Write(t.Context(), plain{1, "{}", nil}), errFull, "it stays")
	require.ErrorIs(t, w.Flush(t.Context()), errFull)
	c, err := export.NewCSV(&limited{left: 10}, export.CSVOptions{Columns: export.Columns("id")})
	require.NoError(t, err)
	n, err = export.Copy(t.Context(), numbered(100), c)
	require.ErrorIs(t, err, errFull)
	assert.Zero(t, n)
	require.ErrorIs(t, c.Write(t.Context(), plain{1, "{}", nil}), errFull)
}

func TestCopyEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var out bytes.Buffer
	w := export.NewJSONLines(&out, export.JSONLinesOptions{})
	n, err := export.Copy(ctx, func(yield func(plain, error) bool) {
		for r, err := range numbered(10) {
			if r.id == 4 {
				cancel()
			}
			if !yield(r, err) {
				return
			}
		}
	}, w)
	require.ErrorIs(t, err, context.Canceled)
	assert.EqualValues(t, 3, n)
}

func TestCopyCountsWhatItWrote(t *testing.T) {
	w := export.NewJSONLines(io.Discard, export.JSONLinesOptions{})
	for range 2 {
		n, err := export.Copy(t.Context(), numbered(5), w)
		require.NoError(t, err)
		assert.EqualValues(t, 5, n)
	}
	assert.EqualValues(t, 10, w.Stored())
}

// shortWriter breaks the rule of io.Writer.
type shortWriter struct{}

func (shortWriter) Write(p []byte) (int, error) { return len(p) / 2, nil }

func TestShortWriteIsAnError(t *testing.T) {
	n, err := export.Copy(t.Context(), numbered(1), export.NewJSONLines(shortWriter{}, export.JSONLinesOptions{}))
	require.ErrorIs(t, err, io.ErrShortWrite)
	assert.Zero(t, n)
}

func TestCopyNamesTheRecordThatHasNoJSON(t *testing.T) {
	c, err := export.NewCSV(io.Discard, export.CSVOptions{Columns: export.Columns("a")})
	require.NoError(t, err)
	for _, text := range []string{"", "[]", `"x"`, "null", `{"a":`, "{}{}", `{"a":1}x`, strings.Repeat(`{"a":`, 20_000) + "1" + strings.Repeat("}", 20_000)} {
		for _, w := range []export.Writer{export.NewJSONLines(io.Discard, export.JSONLinesOptions{}), c} {
			before := w.Stored()
			n, err := export.Copy(t.Context(), these(`{"a":1}`, text), w)
			wrong, ok := errors.AsType[*export.RecordError](err)
			require.True(t, ok, "%.20q %v", text, err)
			assert.EqualValues(t, 2, wrong.ID)
			assert.Zero(t, n, "the one before is kept back")
			require.NoError(t, w.Flush(t.Context()))
			assert.EqualValues(t, before+1, w.Stored(), "and can still be written")
		}
	}
	own := errors.New("own")
	err = export.NewJSONLines(io.Discard, export.JSONLinesOptions{}).Write(t.Context(), plain{err: own})
	require.ErrorIs(t, err, own)
	require.ErrorIs(t, c.Write(t.Context(), plain{text: "[]"}), api.ErrInvalid)
}

// TestFailedWritesSayWhy, as far as the reason is known to have nothing of the record or the path in it.
func TestFailedWritesSayWhy(t *testing.T) {
	for want, cause := range map[string]error{
		"export: writing failed: no space left on device":        &fs.PathError{Op: "write", Path: "CANARY", Err: syscall.ENOSPC},
		"export: writing failed: it is closed":                   &fs.PathError{Op: "write", Path: "CANARY", Err: fs.ErrClosed},
		"export: writing failed: it took less than it was given": io.ErrShortWrite,
		"export: writing failed: the context was cancelled":      fmt.Errorf("CANARY: %w", context.Canceled),
		"export: writing failed: it has a text of its own":       wire.Plain("it has a text of its own", errors.New("CANARY")),
		"export: writing failed; Unwrap has the reason":          errors.New("CANARY"),
	} {
		_, err := export.Copy(t.Context(), numbered(1), export.NewJSONLines(failed{cause}, export.JSONLinesOptions{}))
		require.ErrorIs(t, err, cause)
		if !errors.Is(cause, syscall.ENOSPC) || runtime.GOOS == "linux" {
			assert.Equal(t, want, err.Error())
		}
	}
}

type failed struct{ err error }

func (f failed) Write([]byte) (int, error) { return 0, f.err }

// TestCopyCountsARecordWithTheLastOfItsProfile: what is counted need not be the first of what was given.
func TestCopyCountsARecordWithTheLastOfItsProfile(t *testing.T) {
	f := &fakeDB{refuse: refusing(stated{"22P05"}, 3)}
	w := table(t, f, export.TableOptions{})
	n, err := export.Copy(t.Context(), func(yield func(plain, error) bool) {
		for _, id := range []int64{1, 2, 3, 1} {
			if !yield(plain{id: id, text: "{}"}, nil) {
				return
			}
		}
	}, w)
	wrong, ok := errors.AsType[*export.RecordError](err)
	require.True(t, ok)
	assert.EqualValues(t, 3, wrong.ID)
	assert.EqualValues(t, 1, n, "the second, since the first waits for the last of its profile")
	assert.Contains(t, f.rows, int64(2))
}
