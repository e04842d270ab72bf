package refresh_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/refresh"
	"github.com/pronet-go/pronet/webhook"
)

// EditKept lets a journal be what a spool is to a Refresher that forgets.
func (j *journal) EditKept(_ context.Context, edit func(entries [][]byte) ([][]byte, error)) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	left, err := edit(j.entries)
	if err == nil {
		j.entries = left
	}
	return err
}

// TestForgetErasesWhatIsKept, cut after each entry as by a crash: the others are handed over, and nobody is bought again.
func TestForgetErasesWhatIsKept(t *testing.T) {
	for _, oneByOne := range []int{-1, 1} {
		whole := new(journal)
		r, _ := refresher(t, provider(t, new(shop).ServeHTTP), refresh.Options{OneByOne: oneByOne})
		d := delivery("d", 1, 2, 3, 7)
		d.Kept = whole
		require.NoError(t, r.Handle(t.Context(), d))
		for cut := 1; cut <= len(whole.entries); cut++ {
			for _, person := range []int64{2, 7} {
				sells, kept := new(shop), &journal{entries: whole.entries[:cut:cut]}
				r, c := refresher(t, provider(t, sells.ServeHTTP), refresh.Options{OneByOne: oneByOne})
				require.NoError(t, r.Forget(t.Context(), person, kept))
				for _, entry := range kept.entries {
					var e struct {
						ID              int64
						Record, Failure json.RawMessage
					}
					require.NoError(t, json.Unmarshal(entry, &e))
					assert.False(t, e.ID == person && len(e.Record)+len(e.Failure) > 0, "cut after %d: %s", cut, entry)
				}
				before := len(kept.entries)
				require.NoError(t, r.Forget(t.Context(), person, kept))
				assert.Len(t, kept.entries, before, "once more changes nothing")
				d.Kept = kept
				require.NoError(t, r.Handle(t.Context(), d))
				assert.Zero(t, sells.sold)
				for _, o := range c.outcomes {
					assert.NotEqual(t, person, o.ID, "cut after %d", cut)
				}
			}
		}
	}
}

// TestForgetErasesWhatIsInMemory, for deliveries that have no journal.
func TestForgetErasesWhatIsInMemory(t *testing.T) {
	for _, oneByOne := range []int{-1, 1} {
		sells := new(shop)
		r, c := refresher(t, provider(t, sells.ServeHTTP), refresh.Options{OneByOne: oneByOne})
		c.refuse, c.refusal = map[int64]int{1: 1, 2: 1, 3: 1}, errStore
		d := delivery("d", 1, 2, 3)
		require.ErrorIs(t, r.Handle(t.Context(), d), errStore)
		require.NoError(t, r.Forget(t.Context(), 2, nil))
		c.refuse = nil
		require.NoError(t, r.Handle(t.Context(), d))
		assert.Equal(t, []int64{1, 3}, c.stored())
		assert.Equal(t, 3, sells.sold)
		require.ErrorIs(t, r.Forget(t.Context(), 0, nil), api.ErrInvalid)
		require.ErrorIs(t, r.Forget(t.Context(), 1, &journal{entries: [][]byte{[]byte("no JSON")}}), api.ErrInvalid)
	}
}

// keptText is what the journals in a directory hold.
func keptText(t *testing.T, dir string) string {
	t.Helper()
	var all strings.Builder
	for _, pattern := range []string{"*/*.kept", "*/*/*.kept"} {
		paths, err := filepath.Glob(filepath.Join(dir, pattern))
		require.NoError(t, err)
		for _, path := range paths {
			data, err := os.ReadFile(path)
			require.NoError(t, err)
			for line := range strings.Lines(string(data)) {
				var kept struct{ Data []byte }
				require.NoError(t, json.Unmarshal([]byte(line), &kept))
				fmt.Fprintf(&all, "%s\n", kept.Data)
			}
		}
	}
	return all.String()
}

// TestPipelineForgets a person whose update waits: in the snapshots and in what is kept of the notice, on the disk, and over
// a restart the function is called for the others alone.
func TestPipelineForgets(t *testing.T) {
	r := newRig(t, newMarket(1, 2), refresh.PipelineOptions{Window: -1, Collect: refresh.Options{OneByOne: -1}})
	_, err := r.pipeline.Load(t.Context(), time.Now(), records(t, r.market, 1, 2))
	require.NoError(t, err)
	r.set(1, "Director", 1)
	r.set(2, "Painter", 1)
	r.refuse = func(refresh.Update[employee.BaseRecord]) error {
		return errors.Join(errStore, webhook.ErrRetryLater)
	}
	r.start()
	r.notify(`"headline"`, 1, 2)
	r.await(2)
	r.stop()
	require.Contains(t, keptText(t, r.dir), "Director")
	require.NoError(t, r.pipeline.Forget(t.Context(), 1))
	assert.NotContains(t, keptText(t, r.dir), "Director")
	assert.Contains(t, keptText(t, r.dir), "Painter")
	assert.Empty(t, r.kept(1))
	assert.NotEmpty(t, r.kept(2))
	r.restart()
	r.forget()
	r.listener.mu.Lock()
	r.refuse = nil
	r.listener.mu.Unlock()
	r.start()
	r.settle()
	told := r.all()
	require.Len(t, told, 1)
	assert.EqualValues(t, 2, told[0].ID)
	bought, _ := r.bought()
	assert.Equal(t, 2, bought)
	assert.Empty(t, r.kept(1))
}
