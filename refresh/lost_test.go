package refresh_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"path"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/refresh"
	"github.com/pronet-go/pronet/sandbox/coresignal"
	"github.com/pronet-go/pronet/webhook"
)

// TestR48APanicLosesNothing of what was bought, of anybody, in memory and beside the delivery: neither records nor jobs
// nor doubts are bought again, and nothing becomes a doubt by it.
func TestR48APanicLosesNothing(t *testing.T) {
	lost := func(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) }
	for name, c := range map[string]struct {
		oneByOne, sold int
		provider       func(*shop) http.HandlerFunc
		doubts         int
	}{
		"one by one": {oneByOne: -1, sold: 3, provider: func(s *shop) http.HandlerFunc { return s.ServeHTTP }},
		"a job":      {oneByOne: 1, sold: 3, provider: func(s *shop) http.HandlerFunc { return s.ServeHTTP }},
		"a job in doubt": {oneByOne: 1, doubts: 3, provider: func(s *shop) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodPost {
					s.mu.Lock()
					s.sold++
					s.mu.Unlock()
					lost(w, r)
				}
			}
		}, sold: 1},
	} {
		for _, kept := range []bool{false, true} {
			t.Run(fmt.Sprint(name, kept), func(t *testing.T) {
				sells := new(shop)
				client := provider(t, c.provider(sells))
				panics, stored := 3, map[int64]error{}
				r, err := refresh.New(client.Employees.Base, client.BulkCollect.Base, func(_ context.Context, o refresh.Outcome[employee.BaseRecord]) error {
					if panics > 0 {
						panics--
						panic("of the store")
					}
					stored[o.ID] = o.Err
					return nil
				}, refresh.Options{OneByOne: c.oneByOne, Concurrency: 3})
				require.NoError(t, err)
				d := delivery("d", 1, 2, 3)
				if kept {
					d.Kept = new(journal)
				}
				for range 3 {
					require.PanicsWithValue(t, "of the store", func() { _ = r.Handle(t.Context(), d) })
				}
				require.NoError(t, r.Handle(t.Context(), d))
				assert.Len(t, stored, 3)
				doubts := 0
				for _, err := range stored {
					if errors.Is(err, api.ErrMaybeApplied) {
						doubts++
					} else {
						require.NoError(t, err)
					}
				}
				assert.Equal(t, c.doubts, doubts)
				sells.mu.Lock()
				defer sells.mu.Unlock()
				assert.Equal(t, c.sold, sells.sold)
			})
		}
	}
}

// panickyLog panics at each record.
type panickyLog struct{ slog.Handler }

func (panickyLog) Enabled(context.Context, slog.Level) bool { return true }

func (panickyLog) Handle(context.Context, slog.Record) error { panic("of the logger") }

// TestR48APanickingLoggerLosesNothing, also while the journal cannot be written, which is logged for each record.
func TestR48APanickingLoggerLosesNothing(t *testing.T) {
	sells := new(shop)
	r, c := refresher(t, provider(t, sells.ServeHTTP), refresh.Options{OneByOne: -1, Logger: slog.New(panickyLog{})})
	d := delivery("d", 1, 2, 3)
	d.Kept = &badJournal{unwritable: io.ErrShortWrite}
	require.NoError(t, r.Handle(t.Context(), d))
	assert.Equal(t, []int64{1, 2, 3}, c.stored())
	assert.Equal(t, 3, sells.sold)
}

// badJournal is a journal on a disk with faults.
type badJournal struct {
	journal
	unreadable, unwritable error
}

func (j *badJournal) Append(ctx context.Context, entry []byte) error {
	if j.unwritable != nil && !bytes.Contains(entry, []byte("begin")) {
		return j.unwritable
	}
	return j.journal.Append(ctx, entry)
}

func (j *badJournal) Replace(ctx context.Context, entries [][]byte) error {
	if j.unwritable != nil {
		return j.unwritable
	}
	return j.journal.Replace(ctx, entries)
}

func (j *badJournal) Entries(ctx context.Context) ([][]byte, error) {
	if j.unreadable != nil {
		return nil, j.unreadable
	}
	return j.journal.Entries(ctx)
}

// TestR48AnErrorOfTheJournalLosesNothing: what could not be written is known in memory, and written as soon as it can be;
// and that the journal cannot be read is returned as it is.
func TestR48AnErrorOfTheJournalLosesNothing(t *testing.T) {
	for _, oneByOne := range []int{-1, 1} {
		sells := new(shop)
		client := provider(t, sells.ServeHTTP)
		r, c := refresher(t, client, refresh.Options{OneByOne: oneByOne})
		c.refuse = map[int64]int{1: 4, 2: 4, 3: 4}
		kept := &badJournal{unwritable: io.ErrShortWrite}
		d := delivery("d", 1, 2, 3)
		d.Kept = kept
		require.ErrorIs(t, r.Handle(t.Context(), d), errStore)
		require.ErrorIs(t, r.Handle(t.Context(), d), errStore)
		kept.unwritable = nil
		require.ErrorIs(t, r.Handle(t.Context(), d), errStore, "now it is written")
		kept.unreadable = fmt.Errorf("damaged: %w", webhook.ErrGiveUp)
		err := r.Handle(t.Context(), d)
		require.ErrorIs(t, err, webhook.ErrGiveUp)
		require.NotErrorIs(t, err, webhook.ErrRetryLater)
		kept.unreadable = nil
		require.ErrorIs(t, r.Handle(t.Context(), d), errStore)
		r, c = refresher(t, client, refresh.Options{OneByOne: oneByOne}) // a restart
		require.NoError(t, r.Handle(t.Context(), d))
		assert.Equal(t, 3, sells.sold)
		require.Len(t, c.outcomes, 3)
		for _, o := range c.outcomes {
			assert.NoError(t, o.Err)
		}
	}
}

// people is a provider that sells the newest version of everybody: one by one, and in jobs.
type people struct {
	version, sold, jobs atomic.Int64
	asked               [][]byte
}

func (p *people) record(id string) string {
	p.sold.Add(1)
	return fmt.Sprintf(`{"id":%s,"headline":"version %d"}`, id, p.version.Load())
}

func (p *people) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method == http.MethodPost:
		body, _ := io.ReadAll(r.Body)
		var text []string
		for _, id := range []string{"1", "2", "3"} {
			if bytes.Contains(body, []byte(id)) {
				text = append(text, p.record(id))
			}
		}
		p.asked = append(p.asked, []byte(strings.Join(text, "\n")+"\n"))
		_, _ = fmt.Fprintf(w, `{"request_id":"%d"}`, p.jobs.Add(1))
	case strings.HasSuffix(r.URL.Path, "/files"):
		_, _ = io.WriteString(w, `{"data_request_files":["a.json"]}`)
	case strings.Contains(r.URL.Path, "/files/"):
		job := strings.Split(r.URL.Path, "/")[4]
		_, _ = w.Write(p.asked[job[0]-'1'])
	default:
		_, _ = io.WriteString(w, p.record(path.Base(r.URL.Path)))
	}
}

// TestR48WhatIsPutBackIsBoughtAnew: what was bought before a delivery died is not handed over after it was put back, in
// the same process or another, whether the records were kept, or wait in a job that a ledger knows. What was handed over is
// neither bought nor handed over once more.
func TestR48WhatIsPutBackIsBoughtAnew(t *testing.T) {
	for _, oneByOne := range []int{-1, 1} {
		for _, restarts := range []bool{false, true} {
			t.Run(fmt.Sprint(oneByOne, restarts), func(t *testing.T) {
				sells := new(people)
				client := provider(t, sells.ServeHTTP)
				ledger := openLedger(t, filepath.Join(t.TempDir(), "jobs.jsonl"))
				var log bytes.Buffer
				o := refresh.Options{OneByOne: oneByOne, Ledger: ledger, Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn}))}
				r, c := refresher(t, client, o)
				d := delivery("d", 1, 2, 3)
				d.Kept = new(journal)
				for requeues := range 3 {
					d.Requeues = requeues
					sells.version.Store(int64(requeues))
					for range 2 { // tried twice each time, and bought once
						c.refuse[2], c.refuse[3] = 1, 1
						require.ErrorIs(t, r.Handle(t.Context(), d), errStore)
						if restarts {
							refuse, outcomes := c.refuse, c.outcomes
							r, c = refresher(t, client, o)
							c.refuse, c.outcomes = refuse, outcomes
						}
					}
					assert.EqualValues(t, 3+2*requeues, sells.sold.Load())
				}
				require.NoError(t, r.Handle(t.Context(), d))
				require.Equal(t, []int64{1, 2, 3}, c.stored())
				assert.Equal(t, "version 0", c.outcomes[0].Record.Headline)
				assert.Equal(t, "version 2", c.outcomes[1].Record.Headline)
				assert.Equal(t, "version 2", c.outcomes[2].Record.Headline)
				assert.EqualValues(t, 7, sells.sold.Load())
				assert.Equal(t, 2, strings.Count(log.String(), "what was bought for it before is given up"))
				if oneByOne == 1 {
					assert.Contains(t, log.String(), "jobs=[1]")
				} else {
					assert.Contains(t, log.String(), "records=2")
				}
			})
		}
	}
}

// narrow is a journal with a bound, of which each of the records takes a good part.
type narrow struct {
	journal
	most, replaced int
}

func (n *narrow) size() (size int) {
	for _, entry := range n.entries {
		size += len(entry)
	}
	return size
}

func (n *narrow) Replace(ctx context.Context, entries [][]byte) error {
	n.replaced++
	return n.journal.Replace(ctx, entries)
}

func (n *narrow) Full() error {
	if n.size() >= n.most {
		return webhook.ErrRetryLater
	}
	return nil
}

// TestR48MoreRecordsThanHaveRoom are collected one by one in one try: what was handed over takes no room. What was not
// takes room until it is, and is neither lost nor bought again.
func TestR48MoreRecordsThanHaveRoom(t *testing.T) {
	var sold atomic.Int64
	client := provider(t, func(w http.ResponseWriter, r *http.Request) {
		sold.Add(1)
		_, _ = fmt.Fprintf(w, `{"id":%s,"headline":"%s"}`, path.Base(r.URL.Path), strings.Repeat("x", 1000))
	})
	ids := make([]int64, 200)
	for i := range ids {
		ids[i] = int64(i + 1)
	}
	r, c := refresher(t, client, refresh.Options{OneByOne: -1})
	d, kept := delivery("d", ids...), &narrow{most: 20_000}
	d.Kept = kept
	require.NoError(t, r.Handle(t.Context(), d))
	assert.Equal(t, ids, c.stored())
	assert.EqualValues(t, len(ids), sold.Load())
	assert.Positive(t, kept.replaced)

	r, c = refresher(t, client, refresh.Options{OneByOne: -1})
	d, kept = delivery("d2", ids...), &narrow{most: 20_000}
	d.Kept = kept
	sold.Store(0)
	for _, id := range ids {
		c.refuse[id] = 2
	}
	for range 100 {
		if err := r.Handle(t.Context(), d); err == nil {
			break
		}
		assert.Less(t, kept.size(), 3*kept.most)
		refuse, outcomes := c.refuse, c.outcomes
		r, c = refresher(t, client, refresh.Options{OneByOne: -1}) // a restart each time
		c.refuse, c.outcomes = refuse, outcomes
	}
	assert.ElementsMatch(t, ids, c.stored())
	assert.EqualValues(t, len(ids), sold.Load())
}

// TestRefreshWaitsForItsJob: nobody tries it again, so that it waits as long as a job may take.
func TestRefreshWaitsForItsJob(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sb, client := startInMemory(t, coresignal.WithPeople(3), coresignal.WithJobPolls(30))
		r, c := refresher(t, client, refresh.Options{})
		var changes []webhook.EmployeeChanged
		for _, id := range sb.Coresignal.PersonIDs() {
			changes = append(changes, webhook.EmployeeChanged{ID: id})
		}
		began := time.Now()
		require.NoError(t, r.Refresh(t.Context(), changes))
		assert.Greater(t, time.Since(began), time.Minute)
		assert.Len(t, c.stored(), 3)
	})
}
