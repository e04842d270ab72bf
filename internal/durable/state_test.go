package durable_test

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/internal/durable"
	"github.com/pronet-go/pronet/internal/pronettest"
)

type counted struct {
	Format     int    `json:"format"`
	Generation int64  `json:"generation"`
	Text       string `json:"text"`
}

// text belongs to a generation, and is sometimes longer than a block of a disk.
func text(generation int64) string {
	return strings.Repeat(strconv.FormatInt(generation, 10)+" ", int(1+generation%7*500))
}

var states = durable.State[counted]{
	Format: 1, MaxBytes: 64 << 10,
	Valid:      func(c *counted) bool { return c.Text == text(c.Generation) },
	Generation: func(c *counted) int64 { return c.Generation },
}

func next(generation int64) *counted { return &counted{1, generation + 1, text(generation + 1)} }

func TestState(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "state.json")
	_, err := states.ReadFile(path)
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.ErrorIs(t, states.SwapFile(path, next(1)), durable.ErrChanged, "the first generation is 1")
	for generation := range int64(20) {
		require.NoError(t, states.SwapFile(path, next(generation)))
		got, err := states.ReadFile(path)
		require.NoError(t, err)
		assert.Equal(t, next(generation), got)
		for _, other := range []int64{1, generation, generation + 1, generation + 3, math.MaxInt64} {
			require.ErrorIs(t, states.SwapFile(path, &counted{1, other, text(other)}), durable.ErrChanged)
		}
	}
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 2, "the file and its lock")
	require.NoError(t, os.Remove(path))
	require.ErrorIs(t, states.SwapFile(path, next(20)), durable.ErrChanged, "a file that is gone is not begun again in silence")

	missing := filepath.Join(dir, "no", "folder", "state.json")
	_, err = states.ReadFile(missing)
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.ErrorIs(t, states.SwapFile(missing, next(0)), fs.ErrNotExist)
}

func TestStateWrite(t *testing.T) {
	dir := t.TempDir()
	root := openRoot(t, dir)
	require.NoError(t, states.Write(root, "state.json", next(4)))
	require.NoError(t, states.Write(root, "state.json", next(1)), "who has the lock decides")
	got, err := states.Read(root, "state.json")
	require.NoError(t, err)
	assert.Equal(t, next(1), got)
	for name, value := range map[string]*counted{
		"of another format": {2, 1, text(1)}, "of none": {0, 1, text(1)}, "invalid": {1, 1, "x"}, "too long": {1, 1, strings.Repeat("x", 64<<10)},
	} {
		require.Error(t, states.Write(root, "state.json", value), name)
	}
	got, err = states.Read(root, "state.json")
	require.NoError(t, err)
	assert.Equal(t, next(1), got, "what cannot be read again is not written")
}

// TestStateCutAnywhere: a file that lost its end is never taken for a value, nor for none.
func TestStateCutAnywhere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	require.NoError(t, states.Write(openRoot(t, filepath.Dir(path)), "state.json", next(6)))
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	for cut := range len(whole) - 1 { // the last byte is a line end
		require.NoError(t, os.WriteFile(path, whole[:cut], 0o600))
		_, err := states.ReadFile(path)
		require.ErrorIs(t, err, durable.ErrDamaged, "cut at %d", cut)
		for _, generation := range []int64{0, 7} {
			require.ErrorIs(t, states.SwapFile(path, next(generation)), durable.ErrDamaged, "cut at %d", cut)
		}
		left, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.Equal(t, string(whole[:cut]), string(left), "it is left as it is")
	}
}

func TestStateRefuses(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "state.json")
	for content, want := range map[string]error{
		"": durable.ErrDamaged, "{}": durable.ErrDamaged, "[1]": durable.ErrDamaged, "null": durable.ErrDamaged, "\x00\x00": durable.ErrDamaged,
		`{"format":1,"generation":1,"text":"x"}`:     durable.ErrDamaged,
		`{"format":1,"generation":"1"}`:              durable.ErrDamaged,
		strings.Repeat(" ", 64<<10) + `{"format":1}`: durable.ErrTooLong,
	} {
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		_, err := states.ReadFile(path)
		require.ErrorIs(t, err, want, "%.40q", content)
		require.ErrorIs(t, states.SwapFile(path, next(0)), want, "%.40q", content)
	}
	require.NoError(t, os.WriteFile(path, []byte(`{"format":7,"generation":"of another kind"}`), 0o600))
	_, err := states.ReadFile(path)
	other, ok := errors.AsType[*durable.FormatError](err)
	require.True(t, ok)
	assert.Equal(t, durable.FormatError{Found: 7, Known: 1}, *other)
	assert.EqualError(t, err, "durable: the file has the format 7, this version knows 1")

	require.NoError(t, os.Remove(path))
	require.NoError(t, os.Mkdir(path, 0o700))
	_, err = states.ReadFile(path)
	require.ErrorIs(t, err, durable.ErrNotRegular)
	require.ErrorIs(t, states.SwapFile(path, next(0)), durable.ErrNotRegular)
}

// TestStateWithoutAGeneration is no state of generation 0: nobody has written one.
func TestStateWithoutAGeneration(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	tolerant := states
	tolerant.Valid = nil
	for _, content := range []string{`{"format":1}`, `{"format":1,"text":"x"}`, `{"format":1,"generation":0}`, `{"format":1,"generation":-5}`, `{"format":1,"generation":null}`} {
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		_, err := tolerant.ReadFile(path)
		require.ErrorIs(t, err, durable.ErrDamaged, content)
		require.ErrorIs(t, tolerant.SwapFile(path, &counted{Format: 1, Generation: 1}), durable.ErrDamaged, content)
		left, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.Equal(t, content, string(left))
	}
	require.ErrorIs(t, tolerant.Write(openRoot(t, filepath.Dir(path)), "other.json", &counted{Format: 1}), durable.ErrDamaged, "it could not be read again")
	plain := tolerant
	plain.Generation = nil
	require.NoError(t, plain.Write(openRoot(t, filepath.Dir(path)), "plain.json", &counted{Format: 1}), "what counts no writes needs none")
}

// TestStateIsBoundedBeforeItIsRead: a file of a terabyte costs nothing.
func TestStateIsBoundedBeforeItIsRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	require.NoError(t, os.Truncate(path, 1<<40))
	large := states
	large.MaxBytes = 1 << 30
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := large.ReadFile(path)
	runtime.ReadMemStats(&after)
	require.ErrorIs(t, err, durable.ErrTooLong)
	assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(1<<20))
}

func TestStateWhileAnotherSwaps(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	lock, err := durable.Lock(path + ".lock")
	require.NoError(t, err)
	require.ErrorIs(t, states.SwapFile(path, next(0)), durable.ErrLocked)
	_, err = states.ReadFile(path)
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.NoError(t, lock.Close())
	require.NoError(t, states.SwapFile(path, next(0)))
}

const stateProcess = "PRONET_TEST_STATE" // the path of the file that the process writes

// TestStateProcess is a process that swaps, and tells how often it did, until it is killed or has done so often.
func TestStateProcess(t *testing.T) {
	path := os.Getenv(stateProcess)
	if path == "" {
		t.Skip("it is started by other tests")
	}
	for done := 0; done < 1000; {
		var generation int64
		stored, err := states.ReadFile(path)
		if err == nil {
			generation = stored.Generation
		} else if !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		switch err := states.SwapFile(path, next(generation)); {
		case err == nil:
			done++
			fmt.Println("swapped", generation+1)
		case !errors.Is(err, durable.ErrChanged) && !errors.Is(err, durable.ErrLocked):
			t.Fatal(err)
		}
	}
}

func startStateProcess(t *testing.T, path string) (*exec.Cmd, *strings.Builder) {
	t.Helper()
	command, out := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestStateProcess$"), new(strings.Builder)
	command.Env, command.Stdout = append(os.Environ(), stateProcess+"="+path), out
	require.NoError(t, command.Start())
	return command, out
}

// swapped returns the generations that a process said it wrote.
func swapped(t *testing.T, out string) (generations []int64) {
	t.Helper()
	assert.NotContains(t, out, "FAIL")
	for line := range strings.Lines(out) {
		var generation int64
		if _, err := fmt.Sscanf(line, "swapped %d\n", &generation); err == nil {
			generations = append(generations, generation)
		}
	}
	return generations
}

// TestStateOfAKilledProcess: whenever it is killed, the file is whole, and never older than the process said.
func TestStateOfAKilledProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	var last int64
	kills := pronettest.Times(8, 100)
	for n := range kills {
		before := last
		command, out := startStateProcess(t, path)
		require.Eventually(t, func() bool { // it always parses and never goes backwards, while it is written too
			stored, err := states.ReadFile(path)
			if errors.Is(err, fs.ErrNotExist) && last == 0 {
				return false
			}
			require.NoError(t, err)
			require.GreaterOrEqual(t, stored.Generation, last)
			last = stored.Generation
			return last > before
		}, time.Minute, time.Millisecond)
		timer := time.NewTimer(time.Duration(n%20) * 500 * time.Microsecond)
		<-timer.C
		_ = command.Process.Kill()
		_ = command.Wait()
		stored, err := states.ReadFile(path)
		require.NoError(t, err)
		require.GreaterOrEqual(t, stored.Generation, last)
		for _, generation := range swapped(t, out.String()) {
			require.LessOrEqual(t, generation, stored.Generation, "what was written stays")
		}
		last = stored.Generation
	}
	t.Logf("%d kills, generation %d", kills, last)
	require.NoError(t, states.SwapFile(path, next(last)), "the lock of a killed process is free")
}

// TestStateOfTwoProcesses: of two that swap the same generation one loses, so that each is written once.
func TestStateOfTwoProcesses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	first, out1 := startStateProcess(t, path)
	second, out2 := startStateProcess(t, path)
	wanted := int64(pronettest.Times(100, 1000))
	require.Eventually(t, func() bool {
		stored, err := states.ReadFile(path)
		return err == nil && stored.Generation >= wanted
	}, time.Minute, time.Millisecond)
	for _, command := range []*exec.Cmd{first, second} {
		_ = command.Process.Kill()
		_ = command.Wait()
	}
	stored, err := states.ReadFile(path)
	require.NoError(t, err)
	seen := make(map[int64]bool)
	for _, generation := range append(swapped(t, out1.String()), swapped(t, out2.String())...) {
		require.False(t, seen[generation], "generation %d was written twice", generation)
		seen[generation] = true
	}
	assert.GreaterOrEqual(t, int64(len(seen)), stored.Generation-2, "but for what a kill kept from being told")
}

// TestStateSwappedAfter: what fails or panics before leaves the file, and the lock is free again.
func TestStateSwappedAfter(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	require.NoError(t, states.SwapFile(path, next(0)))
	failed := errors.New("failed")
	require.ErrorIs(t, states.SwapFileAfter(path, next(1), func() error {
		require.ErrorIs(t, states.SwapFile(path, next(1)), durable.ErrLocked)
		return failed
	}), failed)
	require.PanicsWithError(t, "failed", func() {
		_ = states.SwapFileAfter(path, next(1), func() error { panic(failed) })
	})
	for _, refused := range []*counted{next(0), next(2), {1, 2, "invalid"}} {
		require.Error(t, states.SwapFileAfter(path, refused, func() error {
			require.Fail(t, "called for a value that is refused")
			return nil
		}))
	}
	got, err := states.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, next(0), got)
	require.NoError(t, states.SwapFileAfter(path, next(1), func() error { return nil }))
}
