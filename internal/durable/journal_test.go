package durable_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/internal/durable"
)

type entry struct {
	N    int    `json:"n"`
	Text string `json:"text,omitempty"`
}

func openRoot(t testing.TB, dir string) *os.Root {
	t.Helper()
	root, err := os.OpenRoot(dir)
	require.NoError(t, err)
	t.Cleanup(func() { _ = root.Close() })
	return root
}

// read opens the journal and returns its entries as text.
func read(t testing.TB, dir string) (*durable.Journal, []string, error) {
	t.Helper()
	var entries []string
	j, err := durable.OpenJournal(openRoot(t, dir), "journal.jsonl", func(e []byte) error {
		entries = append(entries, string(e))
		return nil
	})
	if j != nil {
		t.Cleanup(func() { _ = j.Close() })
	}
	return j, entries, err
}

func TestJournal(t *testing.T) {
	dir := t.TempDir()
	var want []string
	for n := range 5 {
		j, entries, err := read(t, dir)
		require.NoError(t, err)
		assert.Equal(t, want, entries)
		text := strings.Repeat("x", n*40_000) // longer than the buffer too
		require.NoError(t, j.Append(entry{N: n, Text: text}))
		require.NoError(t, j.Close())
		if text != "" {
			want = append(want, fmt.Sprintf(`{"n":%d,"text":"%s"}`, n, text))
		} else {
			want = append(want, fmt.Sprintf(`{"n":%d}`, n))
		}
	}
}

// TestJournalCutAnywhere: whatever a crash leaves of the last entry, the ones before are there and the next is added
// well.
func TestJournalCutAnywhere(t *testing.T) {
	whole := `{"n":1}` + "\n" + `{"n":2,"text":"abc"}` + "\n"
	for cut := range len(whole) + 1 {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, "journal.jsonl"), []byte(whole[:cut]), 0o600))
		j, entries, err := read(t, dir)
		require.NoError(t, err, cut)
		assert.Len(t, entries, strings.Count(whole[:cut], "\n"), cut)
		require.NoError(t, j.Append(entry{N: 3}))
		_, after, err := read(t, dir)
		require.NoError(t, err, cut)
		assert.Equal(t, append(entries, `{"n":3}`), after, cut)
	}
}

func TestJournalDamaged(t *testing.T) {
	for name, text := range map[string]string{
		"in the middle": "{\"n\":1}\nrubbish\n{\"n\":2}\n",
		"blank":         "{\"n\":1}\n\n{\"n\":2}\n",
		"not an object": "[1]\n{\"n\":2}\n",
		"too long":      "{\"n\":\"" + strings.Repeat("x", durable.MaxEntry+100_000) + "\"}\n",
	} {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, "journal.jsonl"), []byte(text), 0o600))
		_, _, err := read(t, dir)
		require.ErrorIs(t, err, durable.ErrDamaged, name)
		kept, err := os.ReadFile(filepath.Join(dir, "journal.jsonl"))
		require.NoError(t, err)
		assert.Equal(t, text, string(kept), "a damaged journal is left as it is")
	}
}

func TestJournalDropsADamagedLastEntry(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "journal.jsonl"), []byte("{\"n\":1}\n\x00\x00\x00\n"), 0o600))
	j, entries, err := read(t, dir)
	require.NoError(t, err)
	assert.Equal(t, []string{`{"n":1}`}, entries)
	require.NoError(t, j.Append(entry{N: 2}))
	_, entries, err = read(t, dir)
	require.NoError(t, err)
	assert.Equal(t, []string{`{"n":1}`, `{"n":2}`}, entries)
}

func TestJournalRefuses(t *testing.T) {
	dir := t.TempDir()
	j, _, err := read(t, dir)
	require.NoError(t, err)
	require.Error(t, j.Append([]int{1}))
	require.Error(t, j.Append(func() {}))
	require.Error(t, j.Append(entry{Text: strings.Repeat("x", durable.MaxEntry)}))
	require.NoError(t, j.Append(entry{N: 1}))
	stop := errors.New("stop")
	_, err = durable.OpenJournal(openRoot(t, dir), "journal.jsonl", func([]byte) error { return stop })
	require.ErrorIs(t, err, stop)

	outside := filepath.Join(t.TempDir(), "outside")
	require.NoError(t, os.WriteFile(outside, nil, 0o600))
	require.NoError(t, os.Symlink(outside, filepath.Join(dir, "link")))
	_, err = durable.OpenJournal(openRoot(t, dir), "link", nil)
	require.Error(t, err)
}

func TestJournalThatCannotBeWritten(t *testing.T) {
	j, _, err := read(t, t.TempDir())
	require.NoError(t, err)
	require.NoError(t, j.Close())
	require.Error(t, j.Append(entry{N: 1}))
	require.ErrorIs(t, j.Append(entry{N: 2}), durable.ErrBroken)
}

func FuzzJournal(f *testing.F) {
	f.Add([]byte("{\"n\":1}\n{\"n\":2}\n"))
	f.Add([]byte("{\"n\":1}\nx\n{\"n\":2}"))
	f.Add([]byte("\x00\n\n{}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var entries [][]byte
		size, err := durable.ReadJournal(bytes.NewReader(data), func(e []byte) error {
			entries = append(entries, bytes.Clone(e))
			return nil
		})
		require.LessOrEqual(t, size, int64(len(data)))
		var again []byte
		for _, e := range entries {
			again = append(append(again, e...), '\n')
		}
		require.True(t, bytes.HasPrefix(data, again), "entries are what the file begins with")
		if err == nil {
			require.Len(t, again, int(size))
		}
	})
}

// TestJournalOfAnySize: a hole costs no memory beyond one entry, wherever it begins, and nothing before it is lost.
func TestJournalOfAnySize(t *testing.T) {
	for name, test := range map[string]struct {
		text    string
		size    int64
		damaged bool
		entries int
	}{
		"a hole alone":                        {"", 1 << 42, true, 0},
		"a hole behind an entry":              {"{\"n\":1}\n", 1 << 42, true, 1},
		"a hole in an entry":                  {"{\"n\":1}\n{\"n\":", 1 << 42, true, 1},
		"a hole of less than an entry":        {"{\"n\":1}\n", 1 << 20, false, 1},
		"an entry cut behind its line's size": {"{\"n\":1}\n{\"n\":2}", 0, false, 1},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "journal.jsonl")
			require.NoError(t, os.WriteFile(path, []byte(test.text), 0o600))
			if test.size > 0 {
				require.NoError(t, os.Truncate(path, test.size))
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, entries, err := read(t, dir)
			runtime.ReadMemStats(&after)
			assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(8*durable.MaxEntry))
			assert.Len(t, entries, test.entries)
			if test.damaged {
				require.ErrorIs(t, err, durable.ErrDamaged)
				return
			}
			require.NoError(t, err)
			info, err := os.Stat(path)
			require.NoError(t, err)
			assert.EqualValues(t, len("{\"n\":1}\n"), info.Size())
		})
	}
}

func TestJournalSize(t *testing.T) {
	dir := t.TempDir()
	j, _, err := read(t, dir)
	require.NoError(t, err)
	require.Zero(t, j.Size())
	require.NoError(t, j.Append(entry{N: 1}))
	require.EqualValues(t, len("{\"n\":1}\n"), j.Size())
	require.Error(t, j.Append([]int{1}))
	require.EqualValues(t, len("{\"n\":1}\n"), j.Size())
	again, _, err := read(t, dir)
	require.NoError(t, err)
	require.EqualValues(t, len("{\"n\":1}\n"), again.Size())
}
