package recruiter_test

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/pronettest"
	"github.com/pronet-go/pronet/internal/pronettest/sandboxtest"
	"github.com/pronet-go/pronet/linkedin/recruiter"
	"github.com/pronet-go/pronet/sandbox"
)

const day = 24 * time.Hour

// TestPurgeDutyOverTwoYears: a program that is cut and started again at random, and a LinkedIn that fails at random, are
// asked about purged candidates at least every 30 days, and each purged candidate is deleted.
func TestPurgeDutyOverTwoYears(t *testing.T) {
	for seed := range uint64(pronettest.Times(1, 50)) {
		file := filepath.Join(t.TempDir(), "purges.json")
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(13, seed))
			upTo := func(d time.Duration) time.Duration { return time.Duration(random.Int64N(int64(d))) }
			sb, client := sandboxtest.StartInMemory(t)
			app := sb.LinkedIn.App()
			purged, deleted := map[string]bool{}, map[string]bool{}
			began, awayUntil := time.Now(), time.Time{}
			for time.Since(began) < 2*365*day {
				if random.IntN(2) == 0 {
					for range random.IntN(120) {
						id := sb.LinkedIn.ExportCandidate(app.ClientID, "JOB_1")
						require.True(t, sb.LinkedIn.PurgeCandidate(id))
						purged[id] = true
					}
				}
				switch random.IntN(4) {
				case 0:
					sb.Fail(sandbox.Fault{Origin: "linkedin/api", Status: 503, Times: 1 + random.IntN(20)})
				case 1:
					sb.Fail(sandbox.Fault{Origin: "linkedin/api", Drop: sandbox.DropMidBody, Times: 1 + random.IntN(8)})
				}
				keeper, err := recruiter.NewPurgeKeeper(client.LinkedIn.Recruiter.Purges, recruiter.PurgeOptions{
					File: file, Every: 10 * day, Logger: slog.New(slog.DiscardHandler),
					Delete: func(ctx context.Context, batch []recruiter.Purged) error {
						if random.IntN(200) == 0 { // of some dozens of batches an asking
							awayUntil = time.Now().Add(upTo(day))
						}
						if time.Now().Before(awayUntil) {
							return errors.New("the database is away")
						}
						for _, p := range batch {
							assert.Equal(t, app.Contract, "urn:li:contract:"+p.Context.ID())
							deleted[p.RequestID] = true
						}
						return ctx.Err()
					},
				})
				require.NoError(t, err)
				ctx, cancel := context.WithTimeout(t.Context(), 2*day+upTo(28*day)) // no faults last as long
				require.ErrorIs(t, keeper.Run(ctx), context.DeadlineExceeded)
				cancel()
				assert.False(t, keeper.Status().Overdue)
				sb.ClearFaults()
				time.Sleep(upTo(7 * day)) // it does not run
			}
			last := began
			for _, at := range append(sb.LinkedIn.PurgesAsked(app.ClientID), time.Now()) {
				require.LessOrEqual(t, at.Sub(last), recruiter.PurgeDuty, "seed %d", seed)
				last = at
			}
			keeper, err := recruiter.NewPurgeKeeper(client.LinkedIn.Recruiter.Purges, recruiter.PurgeOptions{
				File: file, Delete: func(_ context.Context, batch []recruiter.Purged) error {
					for _, p := range batch {
						deleted[p.RequestID] = true
					}
					return nil
				},
			})
			require.NoError(t, err)
			require.NoError(t, keeper.Ask(t.Context()))
			assert.Equal(t, purged, deleted)
			assert.WithinDuration(t, time.Now().Add(recruiter.PurgeDuty), keeper.Status().Due, time.Hour)
		})
	}
}

// purger is a list that fails as it is told.
type purger struct {
	mu    sync.Mutex
	fail  error
	asked int
}

func (p *purger) All(context.Context, recruiter.PurgedQuery, ...api.CallOption) iter.Seq2[recruiter.Purged, error] {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked++
	fail := p.fail
	return func(yield func(recruiter.Purged, error) bool) {
		if yield(recruiter.Purged{RequestID: "1"}, nil) && fail != nil {
			yield(recruiter.Purged{}, fail)
		}
	}
}

func (p *purger) set(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fail = err
}

func (p *purger) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked
}

// book is a log that a test reads while others write.
type book struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *book) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

// take returns what was written since the last time.
func (b *book) take() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	defer b.text.Reset()
	return b.text.String()
}

func deleteNothing(context.Context, []recruiter.Purged) error { return nil }

// TestPurgeKeeperTellsOfFailures: at WARN, at ERROR when the duty is near to being broken and when it is; an hour apart; and
// Status tells all along.
func TestPurgeKeeperTellsOfFailures(t *testing.T) {
	file := filepath.Join(t.TempDir(), "purges.json")
	synctest.Test(t, func(t *testing.T) {
		var log book
		list := &purger{}
		keeper, err := recruiter.NewPurgeKeeper(list, recruiter.PurgeOptions{Delete: deleteNothing, File: file, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		require.NoError(t, err)
		assert.Equal(t, recruiter.PurgeStatus{}, keeper.Status())
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- keeper.Run(ctx) }()
		pass := func(d time.Duration) string {
			log.take()
			time.Sleep(d)
			synctest.Wait()
			return log.take()
		}
		assert.Contains(t, pass(time.Minute), "recruiter: purge keeper: asked")
		first := keeper.Status()
		assert.Equal(t, recruiter.PurgeStatus{LastAsked: first.LastAsked, Due: first.LastAsked.Add(30 * day), Deleted: 1}, first)
		assert.Empty(t, pass(23*time.Hour))
		assert.Contains(t, pass(2*time.Hour), "asked", "a day has passed")
		assert.Equal(t, 2, list.count())

		list.set(errors.New("away"))
		said := pass(25 * time.Hour)
		assert.Contains(t, said, "level=WARN")
		assert.Contains(t, said, "away")
		status := keeper.Status()
		assert.Equal(t, "recruiter: purge keeper: away", status.LastError)
		assert.False(t, status.Overdue)
		asked := list.count()
		pass(24 * time.Hour)
		assert.Equal(t, 24, list.count()-asked, "one an hour")
		pass(20 * day)
		said = pass(2 * day)
		assert.Contains(t, said, "about to be broken")
		assert.Contains(t, said, "level=ERROR")
		assert.Contains(t, pass(7*day), "is broken")
		assert.True(t, keeper.Status().Overdue)

		list.set(nil)
		pass(time.Hour)
		status = keeper.Status()
		assert.False(t, status.Overdue)
		assert.Zero(t, status.Failures)
		assert.NotEmpty(t, status.LastError, "it is still told of")
		cancel()
		require.ErrorIs(t, <-done, context.Canceled)
	})
}

// TestPurgeKeeperDefaultLog: without a logger, failures reach slog's default.
func TestPurgeKeeperDefaultLog(t *testing.T) {
	var log bytes.Buffer
	before := slog.Default()
	defer slog.SetDefault(before)
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	list := &purger{}
	keeper, err := recruiter.NewPurgeKeeper(list, recruiter.PurgeOptions{Delete: deleteNothing, File: filepath.Join(t.TempDir(), "p.json")})
	require.NoError(t, err)
	require.NoError(t, keeper.Ask(t.Context()))
	assert.Empty(t, log.String())
	list.set(errors.New("away"))
	require.Error(t, keeper.Ask(t.Context()))
	assert.Contains(t, log.String(), "purge keeper: asking failed")
}

// TestPurgeKeeperFile: what a clock that was ahead wrote delays nothing; a file of another customer, of another format or
// damaged ends Run; two keepers with one file do no harm.
func TestPurgeKeeperFile(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		list := &purger{}
		start := func(file string, o recruiter.PurgeOptions) *recruiter.PurgeKeeper {
			t.Helper()
			o.File, o.Delete, o.Logger = filepath.Join(dir, file), deleteNothing, slog.New(slog.DiscardHandler)
			keeper, err := recruiter.NewPurgeKeeper(list, o)
			require.NoError(t, err)
			return keeper
		}
		runFor := func(k *recruiter.PurgeKeeper, d time.Duration) error {
			t.Helper()
			ctx, cancel := context.WithTimeout(t.Context(), d)
			defer cancel()
			return k.Run(ctx)
		}
		ahead := start("ahead.json", recruiter.PurgeOptions{Now: func() time.Time { return time.Now().Add(300 * day) }})
		require.NoError(t, ahead.Ask(t.Context()))
		require.ErrorIs(t, runFor(start("ahead.json", recruiter.PurgeOptions{}), time.Minute), context.DeadlineExceeded)
		assert.Equal(t, 2, list.count(), "it asks at once")
		require.ErrorIs(t, runFor(start("ahead.json", recruiter.PurgeOptions{}), time.Hour), context.DeadlineExceeded)
		assert.Equal(t, 2, list.count(), "and remembers it")

		other := recruiter.PurgeOptions{Query: recruiter.PurgedQuery{Context: named(t, "urn:li:organization:1")}}
		require.ErrorIs(t, runFor(start("ahead.json", other), time.Minute), api.ErrInvalid)
		assert.Equal(t, 2, list.count())
		for name, content := range map[string]string{"damaged.json": "{", "newer.json": `{"format":2,"generation":1}`, "empty.json": ""} {
			require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
			require.ErrorIs(t, runFor(start(name, recruiter.PurgeOptions{}), time.Minute), api.ErrInvalid, name)
			require.Error(t, start(name, recruiter.PurgeOptions{}).Ask(t.Context()))
		}
		require.ErrorIs(t, runFor(start("no/such/folder.json", recruiter.PurgeOptions{}), 2*time.Hour), context.DeadlineExceeded, "it may come")

		asked := list.count()
		var both sync.WaitGroup
		for range 2 {
			keeper := start("both.json", recruiter.PurgeOptions{Every: day})
			both.Go(func() { assert.ErrorIs(t, runFor(keeper, 10*day+time.Minute), context.DeadlineExceeded) })
		}
		both.Wait()
		assert.GreaterOrEqual(t, list.count()-asked, 11)
		assert.LessOrEqual(t, list.count()-asked, 34)
	})
}

func TestPurgeKeeperRefuses(t *testing.T) {
	good := recruiter.PurgeOptions{Delete: deleteNothing, File: "x"}
	for name, change := range map[string]func(*recruiter.PurgeOptions){
		"no Delete": func(o *recruiter.PurgeOptions) { o.Delete = nil }, "no file": func(o *recruiter.PurgeOptions) { o.File = "" },
		"too seldom": func(o *recruiter.PurgeOptions) { o.Every = 24 * day }, "negative": func(o *recruiter.PurgeOptions) { o.Every = -1 },
		"retries": func(o *recruiter.PurgeOptions) { o.RetryAfter = 2 * day },
	} {
		o := good
		change(&o)
		_, err := recruiter.NewPurgeKeeper(&purger{}, o)
		require.ErrorIs(t, err, api.ErrInvalid, name)
	}
	_, err := recruiter.NewPurgeKeeper(nil, good)
	require.ErrorIs(t, err, api.ErrInvalid)
	var none *recruiter.PurgeKeeper
	require.ErrorIs(t, none.Run(t.Context()), api.ErrInvalid)
	require.ErrorIs(t, new(recruiter.PurgeKeeper).Ask(t.Context()), api.ErrInvalid)
	assert.Equal(t, recruiter.PurgeStatus{}, none.Status())
}
