package spool_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/webhook"
	"github.com/pronet-go/pronet/webhook/spool"
)

var errDownstream = errors.New("downstream away")

// coresignal is a sender whose deliveries the tests store: who signs how does not matter here.
var coresignal = webhook.Sender{Source: webhook.SourceCoresignal, Decoder: webhook.DecodeCoresignal}

// openSpool opens a spool for Coresignal's deliveries, with at most one value of options.
func openSpool(t testing.TB, dir string, o ...spool.Options) *spool.Spool {
	t.Helper()
	options := append(o, spool.Options{})[0]
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	s, err := spool.Open(dir, options, coresignal)
	require.NoError(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

// runUntil runs the spool until the condition holds.
func runUntil(t testing.TB, s *spool.Spool, ended func() bool, process func(context.Context, *webhook.Delivery) error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	stopped := make(chan error, 1)
	go func() { stopped <- s.Run(ctx, process) }()
	for wait := time.Millisecond; !ended(); wait = min(wait*5/4, time.Second) {
		time.Sleep(wait)
	}
	cancel()
	require.ErrorIs(t, <-stopped, context.Canceled)
}

// delivery returns the n-th of many deliveries.
func delivery(n int) *webhook.Delivery {
	return &webhook.Delivery{
		Source: "coresignal", Label: "base", Key: fmt.Sprintf("base:%d", n),
		ReceivedAt: time.Unix(1_700_000_000+int64(n), 5).UTC(),
		Body:       fmt.Appendf(nil, `[{"member_id":%d,"status":"changed"}]`, n+1),
	}
}

// drain processes what is pending and returns the keys in their order.
func drain(t testing.TB, s *spool.Spool) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	var keys []string
	left := s.Pending()
	if left == 0 {
		return nil
	}
	err := s.Run(ctx, func(_ context.Context, d *webhook.Delivery) error {
		keys = append(keys, d.Key)
		if left--; left == 0 {
			cancel()
		}
		return nil
	})
	require.ErrorIs(t, err, context.Canceled)
	return keys
}

func spoolFiles(t testing.TB, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*", "*"))
	require.NoError(t, err)
	return files
}

func TestSpoolGivesBackWhatWasPut(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "spool")
	s := openSpool(t, dir)
	want := delivery(1)
	want.Label = "name with \"quotes\" and ümlaut"
	require.NoError(t, s.Put(t.Context(), want))
	require.Equal(t, 1, s.Pending())
	require.NoError(t, s.Close())

	s = openSpool(t, dir)
	require.Equal(t, 1, s.Pending())
	ctx, cancel := context.WithCancel(t.Context())
	var got *webhook.Delivery
	require.ErrorIs(t, s.Run(ctx, func(_ context.Context, d *webhook.Delivery) error {
		got = d
		cancel()
		return nil
	}), context.Canceled)
	events := got.Events
	require.NotNil(t, got.Kept)
	got.Events, got.Kept = nil, nil
	assert.Equal(t, want, got)
	require.Len(t, events, 1)
	assert.EqualValues(t, 2, events[0].(webhook.EmployeeChanged).ID)
	assert.Equal(t, want.Label, events[0].(webhook.EmployeeChanged).Label)
	assert.Zero(t, s.Pending())
	assert.Empty(t, spoolFiles(t, dir))
}

func TestClosedSpool(t *testing.T) {
	s := openSpool(t, t.TempDir())
	require.NoError(t, s.Close())
	require.NoError(t, s.Close())
	require.ErrorIs(t, s.Put(t.Context(), delivery(1)), spool.ErrClosed)
	require.ErrorIs(t, s.Run(t.Context(), nil), spool.ErrClosed)
	require.ErrorIs(t, s.Discard("x"), spool.ErrNotDead)
	require.ErrorIs(t, s.Requeue("x"), spool.ErrNotDead)
	for _, err := range s.Dead() {
		require.ErrorIs(t, err, spool.ErrClosed)
	}
}

func TestSpoolPutIsIdempotentOnTheKey(t *testing.T) {
	dir := t.TempDir()
	s := openSpool(t, dir)
	for range 3 {
		require.NoError(t, s.Put(t.Context(), delivery(1)))
	}
	assert.Equal(t, 1, s.Pending())
	require.NoError(t, s.Close())
	s = openSpool(t, dir)
	require.NoError(t, s.Put(t.Context(), delivery(1)))
	assert.Equal(t, []string{"base:1"}, drain(t, s))
	// What was processed may come again as a new change.
	require.NoError(t, s.Put(t.Context(), delivery(1)))
	assert.Equal(t, []string{"base:1"}, drain(t, s))
}

func TestSpoolConcurrentPuts(t *testing.T) {
	s := openSpool(t, t.TempDir())
	var group sync.WaitGroup
	for i := range 40 {
		group.Go(func() { assert.NoError(t, s.Put(context.Background(), delivery(i%10))) })
	}
	group.Wait()
	assert.Equal(t, 10, s.Pending())
	keys := drain(t, s)
	assert.Len(t, keys, 10)
}

func TestSpoolIsBounded(t *testing.T) {
	s := openSpool(t, t.TempDir(), spool.Options{MaxDeliveries: 2, MaxBytes: 1 << 20})
	require.NoError(t, s.Put(t.Context(), delivery(1)))
	require.NoError(t, s.Put(t.Context(), delivery(2)))
	require.ErrorIs(t, s.Put(t.Context(), delivery(3)), spool.ErrFull)
	require.NoError(t, s.Put(t.Context(), delivery(1)), "it is stored already")
	assert.Len(t, drain(t, s), 2)
	require.NoError(t, s.Put(t.Context(), delivery(3)))

	s = openSpool(t, t.TempDir(), spool.Options{MaxDeliveries: 100, MaxBytes: 1000})
	big := delivery(1)
	big.Body = make([]byte, 1000)
	require.ErrorIs(t, s.Put(t.Context(), big), spool.ErrFull)
	for i := range 100 {
		if err := s.Put(t.Context(), delivery(i)); err != nil {
			require.ErrorIs(t, err, spool.ErrFull)
			break
		}
	}
	assert.Less(t, s.Pending(), 5)
	assert.Positive(t, s.Pending())
	drain(t, s)
	require.NoError(t, s.Put(t.Context(), delivery(1)), "the room is free again")
}

func TestSpoolThatIsFullGives503(t *testing.T) {
	s := openSpool(t, t.TempDir(), spool.Options{MaxDeliveries: 1, MaxBytes: 1 << 20})
	sender := coresignal
	sender.Verifier = webhook.Unsigned("base")
	h, err := webhook.NewHandler(sender, s)
	require.NoError(t, err)
	post := func(body string) int {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body)))
		return w.Code
	}
	assert.Equal(t, http.StatusOK, post(`[{"member_id":1}]`))
	assert.Equal(t, http.StatusServiceUnavailable, post(`[{"member_id":2}]`))
	drain(t, s)
	assert.Equal(t, http.StatusOK, post(`[{"member_id":2}]`))
}

func TestSpoolRefusesDeliveriesItCannotName(t *testing.T) {
	s := openSpool(t, t.TempDir())
	for name, change := range map[string]func(*webhook.Delivery){
		"no key":        func(d *webhook.Delivery) { d.Key = "" },
		"key not UTF-8": func(d *webhook.Delivery) { d.Key = "\xff" },
		"long label":    func(d *webhook.Delivery) { d.Label = strings.Repeat("l", 1025) },
		"source broken": func(d *webhook.Delivery) { d.Source = "\xff" },
		"year 10000":    func(d *webhook.Delivery) { d.ReceivedAt = time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC) },
	} {
		d := delivery(1)
		change(d)
		assert.Error(t, s.Put(t.Context(), d), name)
	}
	assert.Error(t, s.Put(t.Context(), nil))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, s.Put(ctx, delivery(1)), context.Canceled)
	assert.Zero(t, s.Pending())
}

func TestSpoolKeepsTheOrderOfArrival(t *testing.T) {
	dir := t.TempDir()
	var want []string
	s := openSpool(t, dir)
	for i := range 30 {
		if i%10 == 9 { // The order outlives the process.
			require.NoError(t, s.Close())
			s = openSpool(t, dir)
		}
		require.NoError(t, s.Put(t.Context(), delivery(i)))
		want = append(want, delivery(i).Key)
	}
	assert.Equal(t, want, drain(t, s))
}

func TestOpenFindsWhatACrashLeft(t *testing.T) {
	dir := t.TempDir()
	s := openSpool(t, dir)
	require.NoError(t, s.Put(t.Context(), delivery(1)))
	require.NoError(t, s.Close())
	whole := spoolFiles(t, dir)[0]
	content, err := os.ReadFile(whole)
	require.NoError(t, err)
	half := filepath.Join(dir, "pending", "tmp-HALF")
	require.NoError(t, os.WriteFile(half, content[:len(content)/2], 0o600))
	foreign := filepath.Join(dir, "pending", "README")
	require.NoError(t, os.WriteFile(foreign, nil, 0o600))

	s = openSpool(t, dir)
	assert.NoFileExists(t, half)
	assert.FileExists(t, foreign)
	assert.Equal(t, []string{"base:1"}, drain(t, s))
}

func TestSpoolBelongsToOneOpener(t *testing.T) {
	dir := t.TempDir()
	first := openSpool(t, dir)
	second, err := spool.Open(dir, spool.Options{}, coresignal)
	require.ErrorIs(t, err, spool.ErrLocked)
	assert.Nil(t, second)
	require.NoError(t, first.Put(t.Context(), delivery(1)), "the first must not be disturbed")
	require.NoError(t, first.Close())
	assert.Equal(t, 1, openSpool(t, dir).Pending())
}

func TestOpenRefusesBadOptions(t *testing.T) {
	for name, o := range map[string]spool.Options{
		"deliveries": {MaxDeliveries: -1}, "bytes": {MaxBytes: -1}, "attempts": {Attempts: -1}, "too many attempts": {Attempts: 10_000},
		"backoff": {Backoff: -1}, "cap": {BackoffCap: -1}, "cap below backoff": {Backoff: 2, BackoffCap: 1},
	} {
		_, err := spool.Open(t.TempDir(), o, coresignal)
		assert.Error(t, err, name)
	}
	long := openSpool(t, t.TempDir(), spool.Options{Backoff: time.Hour}) // above the default cap
	require.NoError(t, long.Close())
}

func TestOpenRefusesSendersItCannotDecode(t *testing.T) {
	for name, senders := range map[string][]webhook.Sender{
		"none":       nil,
		"no source":  {{Decoder: webhook.DecodeRaw}},
		"no decoder": {{Source: "a"}},
		"two alike":  {coresignal, {Source: webhook.SourceCoresignal, Decoder: webhook.DecodeRaw}},
	} {
		dir := filepath.Join(t.TempDir(), "spool")
		_, err := spool.Open(dir, spool.Options{}, senders...)
		assert.Error(t, err, name)
		assert.NoDirExists(t, dir)
	}
}

// TestOneSpoolServesSeveralSenders: each delivery is decoded by the sender that it came from.
func TestOneSpoolServesSeveralSenders(t *testing.T) {
	dir := t.TempDir()
	senders := []webhook.Sender{coresignal, {Source: "other", Decoder: webhook.DecodeRaw}}
	s, err := spool.Open(dir, spool.Options{}, senders...)
	require.NoError(t, err)
	first, second := delivery(1), delivery(1) // the same label, body and key, of another sender
	second.Source = "other"
	require.NoError(t, s.Put(t.Context(), first))
	require.NoError(t, s.Put(t.Context(), second))
	require.Equal(t, 2, s.Pending(), "another sender's delivery is not the same")
	require.NoError(t, s.Close())
	s, err = spool.Open(dir, spool.Options{}, senders...)
	require.NoError(t, err)
	defer s.Close()
	ctx, cancel := context.WithCancel(t.Context())
	var kinds []string
	require.ErrorIs(t, s.Run(ctx, func(_ context.Context, d *webhook.Delivery) error {
		require.Len(t, d.Events, 1)
		if kinds = append(kinds, d.Source+" "+d.Events[0].Kind()); len(kinds) == 2 {
			cancel()
		}
		return nil
	}), context.Canceled)
	assert.Equal(t, []string{"coresignal employee_changed", "other unknown"}, kinds)
}

// TestUnknownSourceGoesToTheDead: and comes back when its sender is known.
func TestUnknownSourceGoesToTheDead(t *testing.T) {
	dir := t.TempDir()
	s := openSpool(t, dir)
	stray := delivery(1)
	stray.Source = "stray"
	stray.Events = []webhook.Event{webhook.Unknown{}} // even with events that the handler has decoded
	require.NoError(t, s.Put(t.Context(), stray), "it is not lost")
	require.NoError(t, s.Put(t.Context(), delivery(2)))
	ctx, cancel := context.WithCancel(t.Context())
	require.ErrorIs(t, s.Run(ctx, func(_ context.Context, d *webhook.Delivery) error {
		assert.Equal(t, "base:2", d.Key)
		cancel()
		return nil
	}), context.Canceled)
	dead := deadOf(t, s)
	require.Len(t, dead, 1)
	assert.Equal(t, `no sender with the source "stray" was given to Open`, dead[0].Reason)
	assert.False(t, dead[0].Corrupt)
	require.NoError(t, s.Close())

	s, err := spool.Open(dir, spool.Options{}, webhook.Sender{Source: "stray", Decoder: webhook.DecodeRaw})
	require.NoError(t, err)
	defer s.Close()
	assert.Equal(t, `no sender with the source "stray" was given to Open`, deadOf(t, s)[0].Reason, "the reason outlives the process")
	require.NoError(t, s.Requeue(dead[0].ID))
	assert.Equal(t, []string{"base:1"}, drain(t, s))
}

// TestEventsAreThoseOfTheBody: in the process that has stored the delivery as after a restart.
func TestEventsAreThoseOfTheBody(t *testing.T) {
	for _, restart := range []bool{false, true} {
		dir := t.TempDir()
		s := openSpool(t, dir)
		d := delivery(1)
		d.Events = []webhook.Event{webhook.Unknown{}}
		require.NoError(t, s.Put(t.Context(), d))
		if restart {
			require.NoError(t, s.Close())
			s = openSpool(t, dir)
		}
		attempts(t, s, func(_ context.Context, d *webhook.Delivery) error {
			require.Len(t, d.Events, 1)
			assert.Equal(t, "employee_changed", d.Events[0].Kind())
			return nil
		})
	}
}

// TestSpoolOfTheFirstFormat: testdata/first-format was written before spools served several senders.
func TestSpoolOfTheFirstFormat(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, os.DirFS("testdata/first-format")))
	s := openSpool(t, dir)
	require.Equal(t, 2, s.Pending())
	dead := deadOf(t, s)
	require.Len(t, dead, 1)
	assert.Equal(t, "base:3", dead[0].Key)
	require.NoError(t, s.Put(t.Context(), delivery(1)), "the sender's retry")
	require.Equal(t, 2, s.Pending(), "it is stored already")
	require.NoError(t, s.Requeue(dead[0].ID))
	require.NoError(t, s.Put(t.Context(), delivery(3)))
	require.Equal(t, 4, s.Pending(), "requeued is not new: what was done for it may be older")
	other := delivery(2)
	other.Source = "other" // Another sender's, and nobody's here: it goes to the dead ones.
	require.NoError(t, s.Put(t.Context(), other))
	require.Equal(t, 5, s.Pending())
	require.NoError(t, s.Close())

	s = openSpool(t, dir)
	for i := range 4 {
		require.NoError(t, s.Put(t.Context(), delivery(i+1)))
	}
	require.Equal(t, 6, s.Pending())
	var keys []string
	ctx, cancel := context.WithCancel(t.Context())
	require.ErrorIs(t, s.Run(ctx, func(_ context.Context, d *webhook.Delivery) error {
		if keys = append(keys, d.Key); len(keys) == 5 {
			cancel()
		}
		return nil
	}), context.Canceled)
	assert.Equal(t, []string{"base:1", "base:2", "base:3", "base:3", "base:4"}, keys)
	require.Len(t, deadOf(t, s), 1)
	require.NoError(t, s.Put(t.Context(), delivery(1)))
	assert.Equal(t, 1, s.Pending(), "what was dealt with may come again")
}

// TestDamagedFileOfTheFirstFormat: it does not keep the spool from opening, and ends among the dead.
func TestDamagedFileOfTheFirstFormat(t *testing.T) {
	for name, damage := range map[string]func(path string) error{
		"empty":    func(path string) error { return os.Truncate(path, 0) },
		"cut":      func(path string) error { return os.Truncate(path, 100) },
		"body cut": func(path string) error { return os.Truncate(path, 200) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			require.NoError(t, os.CopyFS(dir, os.DirFS("testdata/first-format")))
			require.NoError(t, damage(spoolFiles(t, dir)[1]))
			s := openSpool(t, dir)
			ctx, cancel := context.WithCancel(t.Context())
			var keys []string
			require.ErrorIs(t, s.Run(ctx, func(_ context.Context, d *webhook.Delivery) error {
				keys = append(keys, d.Key)
				cancel()
				return nil
			}), context.Canceled)
			assert.Equal(t, []string{"base:2"}, keys)
			assert.Zero(t, s.Pending())
		})
	}
}
