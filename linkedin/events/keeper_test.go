package events_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/pronettest"
	"github.com/pronet-go/pronet/internal/pronettest/sandboxtest"
	"github.com/pronet-go/pronet/linkedin/events"
	"github.com/pronet-go/pronet/linkedin/urn"
	"github.com/pronet-go/pronet/sandbox"
	fake "github.com/pronet-go/pronet/sandbox/linkedin"
)

const day = 24 * time.Hour

// TestKeeperOverAYear, or a part of it: a subscription that lives for 30 days is there all the time; one that died with the role of the
// administrator is noticed by the next sweep, is lost until the role is back, and then it is said since when events are
// missing; also by a keeper that was started again.
func TestKeeperOverAYear(t *testing.T) {
	const every = 6 * time.Hour
	file := filepath.Join(t.TempDir(), "keeper.json")
	synctest.Test(t, func(t *testing.T) {
		sb, client := sandboxtest.StartInMemory(t, fake.WithSubscriptionLife(30*day))
		var logged book
		var mu sync.Mutex
		wanted := []events.Wanted{{Key: keyOf(t, sb, "a"), Webhook: webhook}, {Key: keyOf(t, sb, "b"), Webhook: webhook}}
		start := func() (last func() events.Report, keeper *events.Keeper, stop func()) {
			t.Helper()
			keeper, err := events.NewKeeper(client.LinkedIn.Events, wanted, events.KeeperOptions{File: file, Logger: slog.New(slog.NewTextHandler(&logged, nil))})
			require.NoError(t, err)
			ctx, cancel := context.WithCancel(t.Context())
			var report events.Report
			done := make(chan error)
			go func() {
				done <- keeper.Run(ctx, every, func(r events.Report, _ error) {
					mu.Lock()
					defer mu.Unlock()
					report = r
				})
			}()
			last = func() events.Report {
				mu.Lock()
				defer mu.Unlock()
				return report
			}
			return last, keeper, func() {
				cancel()
				require.ErrorIs(t, <-done, context.Canceled)
			}
		}
		kinds := func(r events.Report) (kinds []events.ActionKind) {
			for _, a := range r.Actions {
				kinds = append(kinds, a.Kind)
			}
			return kinds
		}
		wait := func(d time.Duration) {
			time.Sleep(d)
			synctest.Wait()
		}
		last, keeper, stop := start()
		wait(time.Minute)
		assert.Equal(t, []events.ActionKind{events.ActionCreate, events.ActionCreate}, kinds(last()))
		days := pronettest.Times(40, 365)
		for range days {
			wait(day)
			require.Len(t, sb.LinkedIn.EventSubscriptions(), 2)
		}
		assert.LessOrEqual(t, sb.RequestsTo("PUT", "/rest/eventSubscriptions/*"), 2*(days/23+2), "renewed a week before its end, not earlier")
		status := keeper.Status()
		assert.Equal(t, []int{2, 2, 0}, []int{status.Wanted, status.Alive, status.Lost})
		assert.True(t, status.NextEnd.After(time.Now().Add(6*day)))

		alive := time.Now()
		logged.take()
		sb.LinkedIn.RemoveAdministrator("urn:li:person:b", wanted[1].Key.Organization.String())
		wait(every)
		require.Len(t, last().Actions, 1)
		lost := last().Actions[0]
		assert.True(t, lost.Lost())
		assert.Equal(t, events.ActionRevive, lost.Kind)
		assert.WithinDuration(t, alive, lost.MissedSince, every)
		assert.Equal(t, 1, last().Alive)
		assert.Equal(t, []int{2, 1, 1}, []int{keeper.Status().Wanted, keeper.Status().Alive, keeper.Status().Lost})
		said := logged.take()
		assert.Contains(t, said, "level=WARN")
		assert.Contains(t, said, "lost=true")
		assert.NotContains(t, said, webhook)

		stop()
		wait(2 * day)
		last, keeper, stop = start() // it remembers
		wait(time.Minute)
		assert.Equal(t, lost.MissedSince.Round(0).UTC(), last().Actions[0].MissedSince.UTC())
		sb.LinkedIn.Restore("urn:li:person:b")
		wait(every)
		require.Equal(t, []events.ActionKind{events.ActionRevive}, kinds(last()))
		assert.NoError(t, last().Actions[0].Err)
		assert.Equal(t, lost.MissedSince.Round(0).UTC(), last().Actions[0].MissedSince.UTC(), "since then events are missing")
		wait(every)
		assert.Empty(t, last().Actions)
		assert.Zero(t, keeper.Status().Lost)

		sb.LinkedIn.WithdrawGrant("urn:li:person:a")
		wait(every)
		require.Len(t, last().Actions, 1)
		assert.ErrorIs(t, last().Actions[0].Err, api.ErrUnauthorized)
		sb.LinkedIn.Restore("urn:li:person:a")

		sb.Fail(sandbox.Fault{Method: "GET", Path: "/rest/eventSubscriptions/*", Status: 500, Times: 8})
		wait(every)
		require.NotEmpty(t, last().Actions)
		stop()

		wait(60 * day) // longer than they live
		sb.ClearFaults()
		last, _, stop = start()
		wait(time.Minute)
		assert.Equal(t, []events.ActionKind{events.ActionRevive, events.ActionRevive}, kinds(last()))
		stop()
	})
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

// subscriber has no memory; it is what it is told to be.
type subscriber struct {
	found       *events.Subscription
	err, refuse error
	subscribed  int
}

func (s *subscriber) Get(context.Context, events.Key, ...api.CallOption) (*events.Subscription, error) {
	return s.found, s.err
}

func (s *subscriber) Subscribe(context.Context, events.Key, string, ...api.CallOption) (*events.Subscription, error) {
	s.subscribed++
	return &events.Subscription{}, s.refuse
}

// TestKeeperDecides what to do with each state of a subscription.
func TestKeeperDecides(t *testing.T) {
	now, away := time.Now(), errors.New("away")
	wanted := []events.Wanted{{Key: events.Key{App: named(t, "urn:li:developerApplication:1"), Member: named(t, "urn:li:person:a"), Organization: named(t, "urn:li:organization:5")}, Webhook: webhook}}
	for name, c := range map[string]struct {
		s     subscriber
		kind  events.ActionKind
		alive int
		fails error
		does  int
	}{
		"good":                    {subscriber{found: &events.Subscription{Webhook: webhook, Ends: now.Add(8 * day)}}, "", 1, nil, 0},
		"ends soon":               {subscriber{found: &events.Subscription{Webhook: webhook, Ends: now.Add(6 * day)}}, events.ActionRenew, 1, nil, 1},
		"ends soon, and it fails": {subscriber{found: &events.Subscription{Webhook: webhook, Ends: now.Add(6 * day)}, refuse: away}, events.ActionRenew, 1, away, 1},
		"no end is stated":        {subscriber{found: &events.Subscription{Webhook: webhook}}, events.ActionRenew, 1, nil, 1},
		"another webhook":         {subscriber{found: &events.Subscription{Webhook: "https://old.example.com", Ends: now.Add(80 * day)}}, events.ActionRenew, 1, nil, 1},
		"has ended":               {subscriber{found: &events.Subscription{Webhook: webhook, Ends: now.Add(-day)}}, events.ActionCreate, 1, nil, 1},
		"is not there":            {subscriber{err: api.ErrNotFound}, events.ActionCreate, 1, nil, 1},
		"cannot be made":          {subscriber{err: api.ErrNotFound, refuse: api.ErrForbidden}, events.ActionCreate, 0, api.ErrForbidden, 1},
		"no grant":                {subscriber{err: api.ErrUnauthorized}, events.ActionCreate, 0, api.ErrUnauthorized, 0},
		"nothing is known":        {subscriber{err: away}, events.ActionRenew, 0, away, 0},
		"cannot be renewed":       {subscriber{found: &events.Subscription{Webhook: webhook, Ends: now.Add(6 * day)}, refuse: api.ErrForbidden}, events.ActionRenew, 0, api.ErrForbidden, 1},
	} {
		t.Run(name, func(t *testing.T) {
			keeper, err := events.NewKeeper(&c.s, wanted, events.KeeperOptions{Logger: slog.New(slog.DiscardHandler)})
			require.NoError(t, err)
			report, err := keeper.Sweep(t.Context())
			require.ErrorIs(t, err, c.fails)
			assert.Equal(t, c.does, c.s.subscribed)
			assert.Equal(t, c.alive, report.Alive)
			assert.Equal(t, c.alive, keeper.Status().Alive)
			if c.kind == "" {
				assert.Empty(t, report.Actions)
				return
			}
			require.Len(t, report.Actions, 1)
			assert.Equal(t, c.kind, report.Actions[0].Kind)
			assert.Zero(t, report.Actions[0].MissedSince)
			assert.Equal(t, c.fails == nil, keeper.Status().LastError == "")
		})
	}
}

// TestKeeperOverAnOutage tells as missed what may be missing since the subscription was last seen, not since it could last not
// be looked at.
func TestKeeperOverAnOutage(t *testing.T) {
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	now := start
	s := &subscriber{found: &events.Subscription{Webhook: webhook, Ends: now.Add(80 * day)}}
	key := events.Key{App: named(t, "urn:li:developerApplication:1"), Member: named(t, "urn:li:person:a"), Organization: named(t, "urn:li:organization:5")}
	keeper, err := events.NewKeeper(s, []events.Wanted{{Key: key, Webhook: webhook}}, events.KeeperOptions{
		File: filepath.Join(t.TempDir(), "events.json"), Logger: slog.New(slog.DiscardHandler), Now: func() time.Time { return now },
	})
	require.NoError(t, err)
	for _, err := range []error{nil, errors.New("away"), api.ErrUnexpectedResponse} {
		s.err = err
		_, got := keeper.Sweep(t.Context())
		require.ErrorIs(t, got, err)
		now = now.Add(time.Hour)
	}
	s.err = api.ErrNotFound
	report, err := keeper.Sweep(t.Context())
	require.NoError(t, err)
	require.Len(t, report.Actions, 1)
	assert.Equal(t, events.ActionRevive, report.Actions[0].Kind)
	assert.Equal(t, start, report.Actions[0].MissedSince)
}

func TestKeeperRefuses(t *testing.T) {
	s := &subscriber{}
	key := events.Key{App: named(t, "urn:li:developerApplication:1"), Member: named(t, "urn:li:person:a"), Organization: named(t, "urn:li:organization:5")}
	same := key
	same.Type = events.SocialActions
	for name, wanted := range map[string][]events.Wanted{"no key": {{Webhook: webhook}}, "twice": {{Key: key}, {Key: same}}} {
		_, err := events.NewKeeper(s, wanted, events.KeeperOptions{})
		require.ErrorIs(t, err, api.ErrInvalid, name)
	}
	_, err := events.NewKeeper(nil, nil, events.KeeperOptions{})
	require.ErrorIs(t, err, api.ErrInvalid)
	_, err = events.NewKeeper(s, nil, events.KeeperOptions{RenewBefore: -1})
	require.ErrorIs(t, err, api.ErrInvalid)
	for name, content := range map[string]string{"damaged": "{", "newer": `{"format":9,"generation":1}`} {
		file := filepath.Join(t.TempDir(), name)
		require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
		keeper, err := events.NewKeeper(s, nil, events.KeeperOptions{File: file, Logger: slog.New(slog.DiscardHandler)})
		require.NoError(t, err)
		_, err = keeper.Sweep(t.Context())
		require.ErrorIs(t, err, api.ErrInvalid, name)
	}
	keeper, err := events.NewKeeper(s, nil, events.KeeperOptions{})
	require.NoError(t, err)
	require.ErrorIs(t, keeper.Run(t.Context(), time.Second, nil), api.ErrInvalid)
	require.ErrorIs(t, keeper.Run(t.Context(), 7*day, nil), api.ErrInvalid)
	var none *events.Keeper
	_, err = none.Sweep(t.Context())
	require.ErrorIs(t, err, api.ErrInvalid)
	assert.Equal(t, events.KeeperStatus{}, none.Status())
}

// Keep a subscription alive, and read what was missed while one was dead.
func ExampleKeeper() {
	sb, err := sandbox.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer sb.Close()
	client, err := pronet.New(sb.Options()...)
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()
	var ids [3]urn.URN
	for i, text := range []string{"urn:li:developerApplication:1", "urn:li:person:abc", sb.LinkedIn.OrganizationOf(sb.LinkedIn.App().ClientID)} {
		if ids[i], err = urn.Parse(text); err != nil {
			log.Fatal(err)
		}
	}
	wanted := []events.Wanted{{Key: events.Key{App: ids[0], Member: ids[1], Organization: ids[2]}, Webhook: "https://crm.example.com/linkedin"}}
	keeper, err := events.NewKeeper(client.LinkedIn.Events, wanted, events.KeeperOptions{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	sweep := func() {
		report, err := keeper.Sweep(ctx) // a program calls Run
		fmt.Println("alive", report.Alive, "error", err != nil)
		for _, action := range report.Actions {
			fmt.Println(action.Kind, "lost", action.Lost())
			if action.Err != nil || action.MissedSince.IsZero() {
				continue
			}
			for missed, err := range client.LinkedIn.Events.AllMissed(ctx, events.MissedQuery{Organization: action.Key.Organization, From: action.MissedSince}) {
				if err != nil {
					log.Fatal(err)
				}
				fmt.Println("missed", missed.Action)
			}
		}
	}
	sweep()
	sb.LinkedIn.RemoveAdministrator("urn:li:person:abc", ids[2].String())
	sb.LinkedIn.AddSocialAction(fake.SocialAction{Action: "COMMENT"})
	sweep()
	sb.LinkedIn.Restore("urn:li:person:abc")
	sweep()
	// Output:
	// alive 1 error false
	// create lost false
	// alive 0 error true
	// revive lost true
	// alive 1 error false
	// revive lost false
	// missed COMMENT
}
