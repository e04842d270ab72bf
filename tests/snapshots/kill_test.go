package snapshots

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/pronet-go/pronet/internal/pronettest"
	"github.com/pronet-go/pronet/snapshot"
)

const (
	asWriter = "PRONET_SNAPSHOTS_DIR"  // makes the test's program a writer, in this directory
	from     = "PRONET_SNAPSHOTS_FROM" // the first version that it writes
	forgets  = 5                       // every fifth write is a Forget
	writers  = 3
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(asWriter); dir != "" {
		if err := write(context.Background(), dir); err != nil {
			fmt.Fprintln(os.Stderr, "snapshots: the writer ended:", err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

// people are the IDs that a writer has: in three folders of the 256, so that packs are divided often.
func people(writer int) (ids []int64) {
	for id := int64(writer + 1); len(ids) < 40; id += writers {
		if hash := uint64(id) * 0x9E3779B97F4A7C15; hash>>56 < 3 {
			ids = append(ids, id)
		}
	}
	return ids
}

var noon = time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)

// version is a snapshot that tells whose it is and cannot be compressed.
func version(id int64, n int) snapshot.Snapshot {
	var seed [32]byte
	binary.LittleEndian.PutUint64(seed[:], uint64(id))
	binary.LittleEndian.PutUint64(seed[8:], uint64(n))
	record := make([]byte, 500+(n*977+int(id))%3000)
	_, _ = rand.NewChaCha8(seed).Read(record)
	return snapshot.Snapshot{Record: record, Taken: noon.Add(time.Duration(n))}
}

func key(id int64) snapshot.Key { return snapshot.Key{Dataset: "base", ID: id} }

// write is the process that is killed. It says what it is about to do, and what it has done.
func write(ctx context.Context, dir string) error {
	first, err := strconv.Atoi(os.Getenv(from))
	if err != nil {
		return err
	}
	files, err := snapshot.OpenFiles(dir)
	if err != nil {
		return err
	}
	failed := make(chan error)
	for writer := range writers {
		ids := people(writer)
		go func() {
			for n := first; ; n++ {
				id, err := ids[n*7%len(ids)], error(nil)
				fmt.Println("begin", id, n)
				if n%forgets == 0 {
					err = files.Forget(ctx, id)
				} else {
					err = files.Put(ctx, key(id), version(id, n))
				}
				if err != nil {
					failed <- err
					return
				}
				fmt.Println("done", id, n)
			}
		}()
	}
	return <-failed
}

// state is what a person may have: the version of the last write that returned, and of the one that was begun after it.
type state struct {
	done, begun int
	written     []int // the last ones that were begun
}

// TestAWriterThatIsKilled leaves the old snapshot or the new one of each person, whole, and nothing of who was forgotten.
func TestAWriterThatIsKilled(t *testing.T) {
	seed := uint64(time.Now().UnixNano()) % 1_000_000
	if text := os.Getenv("PRONET_SEED"); text != "" {
		var err error
		seed, err = strconv.ParseUint(text, 10, 64)
		require.NoError(t, err)
	}
	t.Log("PRONET_SEED =", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	dir, next, between := t.TempDir(), 1, 0
	states := make(map[int64]*state)
	for range pronettest.Times(30, 300) {
		next = runUntil(t, dir, next, 1+random.IntN(120), time.Duration(random.IntN(1500))*time.Microsecond, states)
		between += check(t, dir, states)
	}
	t.Log(between, "writes had begun and not returned")
	files, err := filepath.Glob(filepath.Join(dir, "0?", "p?*.pack"))
	require.NoError(t, err)
	assert.NotEmpty(t, files, "packs were divided")
}

// runUntil starts a writer, kills it so long after some lines, and returns the next version that is to be written.
func runUntil(t *testing.T, dir string, first, lines int, wait time.Duration, states map[int64]*state) (next int) {
	t.Helper()
	writer := exec.CommandContext(t.Context(), os.Args[0])
	writer.Env = append(os.Environ(), asWriter+"="+dir, from+"="+strconv.Itoa(first))
	var complaint bytes.Buffer
	writer.Stderr = &complaint
	out, err := writer.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, writer.Start())
	var kill sync.Once
	next = first
	scanner := bufio.NewScanner(out)
	for n := 0; scanner.Scan(); n++ {
		if n == lines {
			kill.Do(func() { time.AfterFunc(wait, func() { _ = writer.Process.Kill() }) })
		}
		var what string
		var id int64
		var v int
		if _, err := fmt.Sscan(scanner.Text(), &what, &id, &v); err != nil {
			continue // cut by the kill
		}
		if states[id] == nil {
			states[id] = new(state)
		}
		s := states[id]
		s.begun, next = v, max(next, v+1)
		if what == "done" {
			s.done = v
		} else if s.written = append(s.written, v); len(s.written) > 6 {
			s.written = s.written[1:]
		}
	}
	_ = writer.Wait()
	require.Empty(t, complaint.String())
	return next
}

// check looks at each person after a kill, and returns how many have a write that did not return.
func check(t *testing.T, dir string, states map[int64]*state) (between int) {
	t.Helper()
	files, err := snapshot.OpenFiles(dir)
	require.NoError(t, err)
	defer func() { require.NoError(t, files.Close()) }()
	all := everything(t, dir)
	for id, s := range states {
		got, err := files.Get(t.Context(), key(id))
		require.NoError(t, err)
		v := 0
		if !got.IsZero() {
			v = int(got.Taken.Sub(noon))
			require.Equal(t, version(id, v), got, "%d has a snapshot that was never put", id)
		}
		is := func(n int) bool { return n%forgets == 0 && v == 0 || n%forgets != 0 && v == n }
		require.True(t, is(s.done) || is(s.begun), "%d has version %d instead of %d or %d", id, v, s.done, s.begun)
		if s.begun != s.done {
			between++
		}
		for _, n := range s.written {
			if n != v && bytes.Contains(all, version(id, n).Record[100:200]) {
				require.Fail(t, "old bytes are left", "of %d, version %d", id, n)
			}
		}
		if v > 0 {
			require.True(t, bytes.Contains(all, version(id, v).Record[100:200]), "so the search finds what is there")
		}
		s.done, s.begun = v, v
	}
	return between
}

func everything(t *testing.T, dir string) (all []byte) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		all = append(all, data...)
		return err
	}))
	return all
}
