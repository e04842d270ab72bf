package refresh_test

import (
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/refresh"
	"github.com/pronet-go/pronet/webhook"
)

// TestR58WhatWasRequestedIsGoneOnWith over a restart, whatever the options and the order of the events are then.
func TestR58WhatWasRequestedIsGoneOnWith(t *testing.T) {
	knows := func(ids ...int64) func(int64) bool { return func(id int64) bool { return slices.Contains(ids, id) } }
	for name, tt := range map[string]struct {
		order   []int64
		options refresh.Options
		want    []int64
	}{
		"as before":             {[]int64{1, 2, 3}, refresh.Options{}, []int64{1, 2, 3}},
		"another order":         {[]int64{3, 1, 2}, refresh.Options{}, []int64{1, 2, 3}},
		"one has left":          {[]int64{1, 2, 3}, refresh.Options{Known: knows(1, 2)}, []int64{1, 2}},
		"two have left":         {[]int64{1, 2, 3}, refresh.Options{Known: knows(2)}, []int64{2}},
		"all have left":         {[]int64{1, 2, 3}, refresh.Options{Known: knows()}, nil},
		"more one by one":       {[]int64{1, 2, 3}, refresh.Options{OneByOne: 20}, []int64{1, 2, 3}},
		"never by a job":        {[]int64{1, 2, 3}, refresh.Options{OneByOne: -1}, []int64{1, 2, 3}},
		"an event more is read": {[]int64{1, 2, 3, 4}, refresh.Options{}, []int64{1, 2, 3, 4}},
	} {
		t.Run(name, func(t *testing.T) {
			sells := new(shop)
			var down atomic.Bool
			client := provider(t, func(w http.ResponseWriter, r *http.Request) {
				if down.Load() && r.Method == http.MethodGet {
					w.WriteHeader(http.StatusForbidden)
					return
				}
				sells.ServeHTTP(w, r)
			})
			ledger := openLedger(t, filepath.Join(t.TempDir(), "jobs.jsonl"))
			down.Store(true)
			r, _ := refresher(t, client, refresh.Options{Ledger: ledger})
			require.ErrorIs(t, r.Handle(t.Context(), delivery("d", 1, 2, 3)), webhook.ErrRetryLater)
			down.Store(false)
			tt.options.Ledger = ledger
			r, c := refresher(t, client, tt.options)
			require.NoError(t, r.Handle(t.Context(), delivery("d", tt.order...)))
			assert.ElementsMatch(t, tt.want, c.stored())
			for _, o := range c.outcomes {
				require.NoError(t, o.Err)
			}
			assert.Equal(t, max(3, len(tt.order)), sells.sold)
		})
	}
}

// TestR58ADoubtIsNotBoughtWhateverTheOptionsSay over a restart.
func TestR58ADoubtIsNotBoughtWhateverTheOptionsSay(t *testing.T) {
	var requests atomic.Int64
	client := provider(t, func(http.ResponseWriter, *http.Request) {
		requests.Add(1)
		panic(http.ErrAbortHandler)
	})
	ledger := openLedger(t, filepath.Join(t.TempDir(), "jobs.jsonl"))
	for n, o := range []refresh.Options{{}, {OneByOne: 20}, {OneByOne: -1}, {Known: func(id int64) bool { return id < 3 }}, {Known: func(id int64) bool { return id == 1 }}} {
		o.Ledger = ledger
		r, c := refresher(t, client, o)
		c.refuse = map[int64]int{1: 1}
		require.ErrorIs(t, r.Handle(t.Context(), delivery("d", 1, 2, 3)), errStore, n)
		for _, o := range c.outcomes {
			require.ErrorIs(t, o.Err, api.ErrMaybeApplied)
		}
	}
	assert.EqualValues(t, 1, requests.Load())
}

// TestR58WhoIsMissingInAJobOfARestartIsAskedForAgain, since it may not have been requested, and is gone only then.
func TestR58WhoIsMissingInAJobOfARestartIsAskedForAgain(t *testing.T) {
	var posts atomic.Int64
	client := provider(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodPost:
			_, _ = io.WriteString(w, map[int64]string{1: `{"request_id":"j1"}`, 2: `{"request_id":"j2"}`}[posts.Add(1)])
		case strings.HasSuffix(r.URL.Path, "/j2/files"):
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, `{"detail":"No match"}`)
		default:
			jobOf(`{"id":1}`)(w, r)
		}
	})
	ledger := openLedger(t, filepath.Join(t.TempDir(), "jobs.jsonl"))
	_, err := client.BulkCollect.Base.RequestIDs(t.Context(), employee.IDs(1, 2, 3), bulkcollect.Options{Ledger: ledger, Request: deliveryName(delivery("d"))})
	require.NoError(t, err)
	r, c := refresher(t, client, refresh.Options{Ledger: ledger})
	require.NoError(t, r.Handle(t.Context(), delivery("d", 1, 2, 3)))
	assert.ElementsMatch(t, []int64{1, 2, 3}, c.stored())
	assert.EqualValues(t, 2, posts.Load())
}

// deliveryName is what the ledger calls the first job of a delivery.
func deliveryName(d *webhook.Delivery) string {
	return fmt.Sprintf("delivery/%x/0", sha256.Sum256(fmt.Appendf(nil, "%d %s", d.ReceivedAt.UnixNano(), d.Key)))
}

// TestR58WhatIsNotUnderstoodInAJobOfARestartIsNotBoughtAgain: a line of another kind may be somebody of the job, which is
// read again.
func TestR58WhatIsNotUnderstoodInAJobOfARestartIsNotBoughtAgain(t *testing.T) {
	sells := new(shop)
	var lines atomic.Pointer[string]
	down, odd := "", `{"id":1}`+"\n"+`{"detail":"Internal error"}`+"\n"+`{"id":3}`+"\n"
	lines.Store(&down)
	client := provider(t, func(w http.ResponseWriter, r *http.Request) {
		if text := lines.Load(); text != nil && strings.Contains(r.URL.Path, "/files/") {
			if *text == "" {
				w.WriteHeader(http.StatusForbidden)
			}
			_, _ = io.WriteString(w, *text)
			return
		}
		sells.ServeHTTP(w, r)
	})
	ledger := openLedger(t, filepath.Join(t.TempDir(), "jobs.jsonl"))
	r, _ := refresher(t, client, refresh.Options{Ledger: ledger})
	require.ErrorIs(t, r.Handle(t.Context(), delivery("d", 1, 2, 3)), webhook.ErrRetryLater)
	r, c := refresher(t, client, refresh.Options{Ledger: ledger})
	lines.Store(&odd)
	require.ErrorIs(t, r.Handle(t.Context(), delivery("d", 1, 2, 3)), api.ErrUnexpectedResponse)
	lines.Store(nil)
	require.NoError(t, r.Handle(t.Context(), delivery("d", 1, 2, 3)))
	assert.ElementsMatch(t, []int64{1, 2, 3}, c.stored())
	assert.Equal(t, 3, sells.sold)
}
