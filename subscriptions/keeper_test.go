package subscriptions_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/internal/pronettest"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
	"github.com/pronet-go/pronet/subscriptions"
)

// kept is a keeper's world: a sandbox in memory, a client that does not repeat, and a state in a file.
type kept struct {
	t      *testing.T
	sb     *sandbox.Sandbox
	client *pronet.Client
	state  subscriptions.KeeperState
}

func newKept(t *testing.T, options ...sandbox.Option) *kept {
	t.Helper()
	sb, err := sandbox.New(append([]sandbox.Option{coresignal.WithPeople(20), coresignal.WithRateLimit(0)}, options...)...)
	require.NoError(t, err)
	require.NoError(t, sb.StartInMemory())
	t.Cleanup(sb.Close)
	client, err := pronet.New(append(sb.Options(), pronet.WithMaxAttempts(1))...)
	require.NoError(t, err)
	t.Cleanup(client.CloseIdleConnections)
	return &kept{t, sb, client, subscriptions.FileState(filepath.Join(t.TempDir(), "keeper.json"))}
}

func (k *kept) wanted(n int, definition string) []subscriptions.Wanted {
	wanted := make([]subscriptions.Wanted, n)
	for i := range wanted {
		url := fmt.Sprintf("http://127.0.0.1:9/%02d", i)
		wanted[i] = subscriptions.Wanted{
			Name: fmt.Sprintf("market %02d", i), Definition: definition,
			Create: func(ctx context.Context) (*subscriptions.Subscription, error) {
				return k.client.Subscriptions.Base.CreateFromIDs(ctx, employee.IDs(k.sb.Coresignal.PersonIDs()[:3]...), subscriptions.Options{WebhookURL: url})
			},
		}
	}
	return wanted
}

func (k *kept) keeper(wanted []subscriptions.Wanted, o subscriptions.KeeperOptions) *subscriptions.Keeper {
	k.t.Helper()
	o.Now = k.sb.Now
	o.Logger = cmp.Or(o.Logger, slog.New(slog.DiscardHandler))
	keeper, err := subscriptions.NewKeeper(k.client.Subscriptions, k.state, wanted, o)
	require.NoError(k.t, err)
	return keeper
}

// active lists what the provider has.
func (k *kept) active() map[string]subscriptions.Subscription {
	k.t.Helper()
	found := map[string]subscriptions.Subscription{}
	for s, err := range k.client.Subscriptions.All(k.t.Context(), subscriptions.ListOptions{}) {
		require.NoError(k.t, err)
		found[s.ID] = s
	}
	return found
}

// crash is a state that ends the process, as far as the keeper can tell, at one of its saves.
type crash struct {
	subscriptions.KeeperState
	at int // this save is not carried out
}

var errCrash = errors.New("the process is gone")

func (c *crash) Save(ctx context.Context, state subscriptions.State) error {
	if c.at--; c.at == 0 {
		panic(errCrash)
	}
	return c.KeeperState.Save(ctx, state)
}

// TestKeeperForTwoYears moves the clock through two years with 40 subscriptions, with restarts in the middle of sweeps and
// failures of the provider: none is ever missing for longer than one sweep, and none is there twice.
func TestKeeperForTwoYears(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKept(t)
		n := pronettest.Times(12, 40)
		wanted := k.wanted(n, "v1")
		random := rand.New(rand.NewPCG(2026, 11))
		missing := 0
		crashes := 0
		for day := range 730 {
			k.sb.ClearFaults()
			calm := day == 0 || missing > 0 // after a sweep that left something undone, the provider works
			if !calm {
				switch random.IntN(6) {
				case 0:
					k.sb.Fail(sandbox.Fault{Status: 503, After: random.IntN(4), Times: 1 + random.IntN(3)})
				case 1:
					k.sb.Fail(sandbox.Fault{Method: "POST", Drop: sandbox.DropAfterAct, After: random.IntN(5), Times: 1})
				case 2:
					k.sb.Fail(sandbox.Fault{Method: "DELETE", Status: 500, Times: 1 + random.IntN(3)})
				}
			}
			if day > 0 && random.IntN(4) == 0 { // the caller changes a definition
				wanted[random.IntN(n)].Definition = fmt.Sprint("changed on day ", day)
			}
			keeper := k.keeper(wanted, subscriptions.KeeperOptions{})
			if !calm && random.IntN(4) == 0 {
				keeper = k.crashing(wanted, 1+random.IntN(4))
			}
			if k.sweep(keeper) {
				crashes++
			}
			k.sb.ClearFaults()
			active := k.active()
			assert.LessOrEqual(t, len(active), n+3, "day %d: more than those being replaced", day)
			undone := n - len(active)
			require.False(t, missing > 0 && undone > 0, "day %d: missing for longer than one sweep", day)
			missing = max(0, undone)
			if day%20 == 0 {
				k.requireOwn()
			}
			k.sb.Advance(24 * time.Hour)
		}
		k.sb.ClearFaults()
		_, err := k.keeper(wanted, subscriptions.KeeperOptions{}).Sweep(t.Context())
		require.NoError(t, err)
		assert.Len(t, k.active(), n, "each once")
		state, err := k.state.Load(t.Context())
		require.NoError(t, err)
		assert.Len(t, state.Kept, n)
		for name, s := range state.Kept {
			assert.Contains(t, k.active(), s.ID, name)
		}
		assert.Greater(t, crashes, 20, "the test must have crashed in the middle of sweeps")
		assert.GreaterOrEqual(t, k.sb.Coresignal.SubscriptionsCreated(), 2*n, "each lives for a year at most")
		t.Logf("%d crashes, %d subscriptions created", crashes, k.sb.Coresignal.SubscriptionsCreated())
	})
}

// requireOwn checks that no name was given the subscription of another.
func (k *kept) requireOwn() {
	k.t.Helper()
	state, err := k.state.Load(k.t.Context())
	require.NoError(k.t, err)
	for name, own := range state.Kept {
		s, err := k.client.Subscriptions.Get(k.t.Context(), own.ID)
		if errors.Is(err, api.ErrNotFound) {
			continue // it ended, and the next sweep sees to it
		}
		require.NoError(k.t, err)
		require.Contains(k.t, string(s.Raw), "http://127.0.0.1:9/"+name[len("market "):])
	}
}

func (k *kept) crashing(wanted []subscriptions.Wanted, at int) *subscriptions.Keeper {
	k.t.Helper()
	keeper, err := subscriptions.NewKeeper(k.client.Subscriptions, &crash{k.state, at}, wanted, subscriptions.KeeperOptions{
		Now: k.sb.Now, Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(k.t, err)
	return keeper
}

// sweep reports whether the process was lost in the middle of it.
func (k *kept) sweep(keeper *subscriptions.Keeper) (crashed bool) {
	defer func() {
		if value := recover(); value != nil {
			if value != any(errCrash) {
				panic(value)
			}
			crashed = true
		}
	}()
	_, _ = keeper.Sweep(k.t.Context())
	return false
}

func TestKeeperReportsWhatItDoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKept(t)
		wanted := k.wanted(2, "v1")
		sweep := func(wanted []subscriptions.Wanted, o subscriptions.KeeperOptions) (kinds []string, report subscriptions.Report) {
			report, err := k.keeper(wanted, o).Sweep(t.Context())
			require.NoError(t, err)
			for _, action := range report.Actions {
				kinds = append(kinds, string(action.Kind)+" "+action.Name)
			}
			return kinds, report
		}
		kinds, report := sweep(wanted, subscriptions.KeeperOptions{DryRun: true})
		assert.Equal(t, []string{"create market 00", "create market 01"}, kinds)
		assert.True(t, report.DryRun)
		assert.Empty(t, k.active(), "a dry run changes nothing")

		kinds, report = sweep(wanted, subscriptions.KeeperOptions{})
		assert.Equal(t, []string{"create market 00", "create market 01"}, kinds)
		assert.Equal(t, 2, report.Kept)
		kinds, _ = sweep(wanted, subscriptions.KeeperOptions{})
		assert.Empty(t, kinds, "nothing is due")

		k.sb.Advance(80 * 24 * time.Hour)
		kinds, _ = sweep(wanted, subscriptions.KeeperOptions{DryRun: true})
		assert.Equal(t, []string{"renew market 00", "renew market 01"}, kinds)
		kinds, report = sweep(wanted, subscriptions.KeeperOptions{})
		assert.Equal(t, []string{"renew market 00", "renew market 01"}, kinds)
		assert.True(t, report.Actions[0].ExpiringAt.After(k.sb.Now().Add(90*24*time.Hour)))

		kinds, _ = sweep(k.wanted(2, "v2"), subscriptions.KeeperOptions{})
		assert.Equal(t, []string{"replace market 00", "replace market 01", "delete market 00", "delete market 01"}, kinds)
		assert.Len(t, k.active(), 2)

		kinds, _ = sweep(k.wanted(1, "v2"), subscriptions.KeeperOptions{})
		assert.Equal(t, []string{"leave market 01"}, kinds)
		kinds, _ = sweep(k.wanted(1, "v2"), subscriptions.KeeperOptions{DeleteUnwanted: true, DryRun: true})
		assert.Equal(t, []string{"delete market 01"}, kinds)
		assert.Len(t, k.active(), 2)
		kinds, _ = sweep(k.wanted(1, "v2"), subscriptions.KeeperOptions{DeleteUnwanted: true})
		assert.Equal(t, []string{"delete market 01"}, kinds)
		assert.Len(t, k.active(), 1)

		k.sb.Advance(200 * 24 * time.Hour)
		kinds, _ = sweep(k.wanted(1, "v2"), subscriptions.KeeperOptions{})
		assert.Equal(t, []string{"create market 00"}, kinds, "one that ended while nobody looked")
	})
}

func TestKeeperFindsWhatALostAnswerCreated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKept(t)
		wanted := k.wanted(3, "v1")
		k.sb.Fail(sandbox.Fault{Method: "POST", Drop: sandbox.DropAfterAct})
		report, err := k.keeper(wanted, subscriptions.KeeperOptions{}).Sweep(t.Context())
		require.NoError(t, err, "each is found in the list at once")
		assert.Equal(t, 3, report.Kept)
		assert.Equal(t, 3, k.sb.Coresignal.SubscriptionsCreated())

		// When the list cannot be read either, the next sweep finds it, also in another process.
		k.sb.ClearFaults()
		more := k.wanted(4, "v1")
		k.sb.Fail(sandbox.Fault{Method: "POST", Drop: sandbox.DropAfterAct})
		k.sb.Fail(sandbox.Fault{Method: "GET", Status: 500, After: 2})
		_, err = k.keeper(more, subscriptions.KeeperOptions{}).Sweep(t.Context())
		require.ErrorIs(t, err, api.ErrMaybeApplied)
		k.sb.ClearFaults()
		report, err = k.keeper(more, subscriptions.KeeperOptions{}).Sweep(t.Context())
		require.NoError(t, err)
		require.Len(t, report.Actions, 1)
		assert.Equal(t, subscriptions.ActionAdopt, report.Actions[0].Kind)
		assert.Equal(t, 4, k.sb.Coresignal.SubscriptionsCreated())
	})
}

func TestKeeperAsksWhenItCannotTell(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKept(t)
		wanted := k.wanted(1, "v1")
		k.sb.Fail(sandbox.Fault{Method: "POST", Drop: sandbox.DropAfterAct, Times: 1})
		k.sb.Fail(sandbox.Fault{Method: "GET", Status: 500, After: 2})
		_, err := k.keeper(wanted, subscriptions.KeeperOptions{}).Sweep(t.Context())
		require.ErrorIs(t, err, api.ErrMaybeApplied)
		k.sb.ClearFaults()
		byHand, err := wanted[0].Create(t.Context()) // somebody else creates one meanwhile
		require.NoError(t, err)
		keeper := k.keeper(wanted, subscriptions.KeeperOptions{})
		_, err = keeper.Sweep(t.Context())
		require.ErrorIs(t, err, subscriptions.ErrAmbiguous)
		assert.ErrorContains(t, err, byHand.ID)
		assert.Equal(t, 2, k.sb.Coresignal.SubscriptionsCreated(), "it does not add a third")
		require.NoError(t, keeper.Adopt(t.Context(), "market 00", byHand.ID))
		report, err := keeper.Sweep(t.Context())
		require.NoError(t, err)
		assert.Empty(t, report.Actions)
		assert.ErrorIs(t, keeper.Adopt(t.Context(), "another", "id"), api.ErrInvalid)
	})
}

func TestKeeperRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKept(t)
		keeper := k.keeper(k.wanted(1, "v1"), subscriptions.KeeperOptions{})
		ctx, cancel := context.WithTimeout(t.Context(), 200*24*time.Hour)
		defer cancel()
		sweeps := 0
		err := keeper.Run(ctx, 24*time.Hour, func(_ subscriptions.Report, err error) {
			assert.NoError(t, err)
			sweeps++
		})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.InDelta(t, 200, sweeps, 1)
		assert.Len(t, k.active(), 1, "renewed in time, twice")
		for _, interval := range []time.Duration{0, time.Second, 14 * 24 * time.Hour} {
			assert.ErrorIs(t, keeper.Run(ctx, interval, nil), api.ErrInvalid)
		}
	})
}

func TestNewKeeperRefuses(t *testing.T) {
	k := newKept(t)
	good := k.wanted(1, "v1")
	many := make([]subscriptions.Wanted, subscriptions.MaxSubscriptions+1)
	for i := range many {
		many[i] = subscriptions.Wanted{Name: fmt.Sprint(i), Create: good[0].Create}
	}
	for name, c := range map[string]struct {
		state  subscriptions.KeeperState
		wanted []subscriptions.Wanted
		o      subscriptions.KeeperOptions
	}{
		"no state":       {nil, good, subscriptions.KeeperOptions{}},
		"no name":        {k.state, []subscriptions.Wanted{{Create: good[0].Create}}, subscriptions.KeeperOptions{}},
		"same name":      {k.state, append(k.wanted(1, ""), good...), subscriptions.KeeperOptions{}},
		"no Create":      {k.state, []subscriptions.Wanted{{Name: "a"}}, subscriptions.KeeperOptions{}},
		"too many":       {k.state, many, subscriptions.KeeperOptions{}},
		"negative times": {k.state, good, subscriptions.KeeperOptions{RenewBefore: -1}},
	} {
		_, err := subscriptions.NewKeeper(k.client.Subscriptions, c.state, c.wanted, c.o)
		assert.ErrorIs(t, err, api.ErrInvalid, name)
	}
}

func TestFileState(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keeper.json")
	state := subscriptions.FileState(path)
	loaded, err := state.Load(t.Context())
	require.NoError(t, err)
	assert.Zero(t, loaded.Generation)

	want := subscriptions.State{Generation: 1, Kept: map[string]subscriptions.Kept{"a": {ID: "1", Definition: "d"}}}
	require.NoError(t, state.Save(t.Context(), want))
	loaded, err = state.Load(t.Context())
	require.NoError(t, err)
	assert.Equal(t, want, loaded)
	require.ErrorIs(t, state.Save(t.Context(), want), api.ErrConflict, "another keeper has saved meanwhile")
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())

	for name, content := range map[string]string{"empty": "", "other": `{"x":1}`, "newer": `{"format":2}`, "cut": `{"format":1,"state":{"kept"`} {
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		_, err := state.Load(t.Context())
		assert.ErrorIs(t, err, api.ErrInvalid, name)
		assert.Error(t, state.Save(t.Context(), want), "what cannot be read is not overwritten")
	}
	missing := subscriptions.FileState(filepath.Join(t.TempDir(), "no", "such", "folder", "keeper.json"))
	assert.ErrorIs(t, missing.Save(t.Context(), want), os.ErrNotExist)
}

func FuzzFileState(f *testing.F) {
	f.Add([]byte(`{"format":1,"state":{"generation":3,"kept":{"a":{"id":"1"}},"creating":{"b":{"at":"2026-01-01T00:00:00Z"}}}}`))
	f.Add([]byte(`{"format":1,"state":null}`))
	f.Add([]byte(`[]`))
	path := filepath.Join(f.TempDir(), "keeper.json")
	f.Fuzz(func(t *testing.T, content []byte) {
		require.NoError(t, os.WriteFile(path, content, 0o600))
		state := subscriptions.FileState(path)
		loaded, err := state.Load(t.Context())
		if err != nil {
			return
		}
		loaded.Generation++
		if loaded.Generation < 0 {
			return
		}
		require.NoError(t, state.Save(t.Context(), loaded))
		again, err := state.Load(t.Context())
		require.NoError(t, err)
		assert.Equal(t, loaded.Generation, again.Generation)
	})
}
