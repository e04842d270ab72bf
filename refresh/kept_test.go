package refresh_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/refresh"
	"github.com/pronet-go/pronet/webhook"
)

// journal is a webhook.Kept that outlives a Refresher. It can be cut, as by a crash.
type journal struct {
	mu      sync.Mutex
	entries [][]byte
	full    error
}

func (j *journal) Append(_ context.Context, entry []byte) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.entries = append(j.entries, bytes.Clone(entry))
	return nil
}

func (j *journal) Replace(_ context.Context, entries [][]byte) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.entries = nil
	for _, entry := range entries {
		j.entries = append(j.entries, bytes.Clone(entry))
	}
	return nil
}

func (j *journal) Entries(context.Context) ([][]byte, error) { return j.entries, nil }

func (j *journal) Full() error { return j.full }

// shop is a provider that counts what it sold.
type shop struct {
	mu   sync.Mutex
	sold int
}

func (s *shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case r.Method == http.MethodPost:
		s.sold += 3
		_, _ = io.WriteString(w, `{"request_id":"j1"}`)
	case strings.HasSuffix(r.URL.Path, "/files"):
		_, _ = io.WriteString(w, `{"data_request_files":["a.json"]}`)
	case strings.Contains(r.URL.Path, "/files/"):
		_, _ = io.WriteString(w, `{"id":1}`+"\n"+`{"id":2}`+"\n"+`{"id":3}`+"\n")
	case path.Base(r.URL.Path) == "7":
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, `{"detail":"Not found"}`)
	default:
		s.sold++
		_, _ = fmt.Fprintf(w, `{"id":%s,"full_name":"A"}`, path.Base(r.URL.Path))
	}
}

// TestR48AFailingStoreBuysNothingTwice, one by one and with a job, in one process and over restarts.
func TestR48AFailingStoreBuysNothingTwice(t *testing.T) {
	for _, refusal := range []error{errStore, webhook.ErrRetryLater} {
		for _, oneByOne := range []int{-1, 1} {
			for _, restarts := range []bool{false, true} {
				t.Run(fmt.Sprint(refusal, oneByOne, restarts), func(t *testing.T) {
					sells, kept := new(shop), new(journal)
					client := provider(t, sells.ServeHTTP)
					r, c := refresher(t, client, refresh.Options{OneByOne: oneByOne})
					d := delivery("d", 1, 2, 3)
					if restarts {
						d.Kept = kept
					}
					for range 10 {
						c.refuse, c.refusal = map[int64]int{1: 1, 2: 1, 3: 1}, refusal
						require.ErrorIs(t, r.Handle(t.Context(), d), refusal)
						if restarts {
							r, c = refresher(t, client, refresh.Options{OneByOne: oneByOne})
						}
					}
					c.refuse = nil
					require.NoError(t, r.Handle(t.Context(), d))
					assert.Equal(t, []int64{1, 2, 3}, c.stored())
					for _, o := range c.outcomes {
						require.NoError(t, o.Err)
						assert.Equal(t, o.ID, o.Record.ID)
					}
					assert.Equal(t, 3, sells.sold)
				})
			}
		}
	}
}

// TestR48ACrashAnywhereBuysNothingTwice cuts the journal after each of its entries, as a crash after that entry would.
func TestR48ACrashAnywhereBuysNothingTwice(t *testing.T) {
	for _, oneByOne := range []int{-1, 1} {
		whole := new(journal)
		r, _ := refresher(t, provider(t, new(shop).ServeHTTP), refresh.Options{OneByOne: oneByOne})
		d := delivery("d", 1, 2, 3, 7)
		d.Kept = whole
		require.NoError(t, r.Handle(t.Context(), d))
		for cut := 1; cut <= len(whole.entries); cut++ {
			sells := new(shop)
			r, c := refresher(t, provider(t, sells.ServeHTTP), refresh.Options{OneByOne: oneByOne})
			d.Kept = &journal{entries: whole.entries[:cut:cut]}
			require.NoError(t, r.Handle(t.Context(), d))
			assert.Zero(t, sells.sold, "cut after %d", cut)
			doubts, gone := 0, 0
			for _, o := range c.outcomes {
				switch {
				case errors.Is(o.Err, api.ErrMaybeApplied):
					doubts++
				case errors.Is(o.Err, api.ErrNotFound):
					gone++
				default:
					require.NoError(t, o.Err)
					assert.Equal(t, o.ID, o.Record.ID)
				}
			}
			assert.LessOrEqual(t, gone, 1)
			if cut == 1 {
				assert.Equal(t, 4, doubts, "nothing is known but that it was begun")
			}
		}
	}
}

// TestR48ADoubtIsBoughtAgainOnlyWhenTheStoreSaysSo, over restarts.
func TestR48ADoubtIsBoughtAgainOnlyWhenTheStoreSaysSo(t *testing.T) {
	sells := new(shop)
	client := provider(t, sells.ServeHTTP)
	d := delivery("d", 1)
	d.Kept = &journal{entries: [][]byte{[]byte(`{"begin":[1]}`)}}
	for range 3 {
		r, c := refresher(t, client, refresh.Options{})
		c.refuse[1] = 1
		require.ErrorIs(t, r.Handle(t.Context(), d), errStore)
	}
	assert.Zero(t, sells.sold)
	r, c := refresher(t, client, refresh.Options{})
	c.refuse[1], c.refusal = 1, refresh.ErrBuyAgain
	require.ErrorIs(t, r.Handle(t.Context(), d), webhook.ErrRetryLater)
	require.NoError(t, r.Handle(t.Context(), d))
	require.Len(t, c.outcomes, 1)
	require.NoError(t, c.outcomes[0].Err)
	assert.Equal(t, 1, sells.sold)
}

// TestR48NothingIsBoughtWithoutRoomToKeepIt, while what was bought is handed over.
func TestR48NothingIsBoughtWithoutRoomToKeepIt(t *testing.T) {
	sells := new(shop)
	r, c := refresher(t, provider(t, sells.ServeHTTP), refresh.Options{OneByOne: -1})
	d := delivery("d", 1, 2)
	kept := &journal{entries: [][]byte{[]byte(`{"begin":[1]}`), []byte(`{"record":{"id":1},"id":1}`)}, full: webhook.ErrRetryLater}
	d.Kept = kept
	require.ErrorIs(t, r.Handle(t.Context(), d), webhook.ErrRetryLater)
	assert.Equal(t, []int64{1}, c.stored())
	assert.Zero(t, sells.sold)
	kept.full = nil
	require.NoError(t, r.Handle(t.Context(), d))
	assert.Equal(t, []int64{1, 2}, c.stored())
}
