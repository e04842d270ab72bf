package subscriptions_test

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/subscriptions"
)

// account is a provider's account as a Keeper sees it, whose calls can fail.
type account struct {
	now                 time.Time
	list                map[string]subscriptions.Subscription
	listErr             error
	renewErr, deleteErr error
	renewed, deleted    []string
}

func newAccount() *account {
	return &account{now: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), list: map[string]subscriptions.Subscription{}}
}

func (a *account) All(context.Context, subscriptions.ListOptions, ...api.CallOption) iter.Seq2[subscriptions.Subscription, error] {
	return func(yield func(subscriptions.Subscription, error) bool) {
		for _, s := range a.list {
			if !yield(s, nil) {
				return
			}
		}
		if a.listErr != nil {
			yield(subscriptions.Subscription{}, a.listErr)
		}
	}
}

func (a *account) Renew(_ context.Context, id string, _ ...api.CallOption) (*subscriptions.Subscription, error) {
	a.renewed = append(a.renewed, id)
	if a.renewErr != nil {
		return nil, a.renewErr
	}
	s := a.list[id]
	s.ExpiringAt = a.now.Add(91 * 24 * time.Hour)
	a.list[id] = s
	return &s, nil
}

func (a *account) Delete(_ context.Context, id string, _ ...api.CallOption) error {
	a.deleted = append(a.deleted, id)
	if a.deleteErr == nil {
		delete(a.list, id)
	}
	return a.deleteErr
}

// add puts a subscription into the account that lives for so many days more.
func (a *account) add(id string, days int) *subscriptions.Subscription {
	s := subscriptions.Subscription{ID: id, CreatedAt: a.now, ExpiringAt: a.now.Add(time.Duration(days) * 24 * time.Hour)}
	a.list[id] = s
	return &s
}

// creates is a wanted subscription of which the account gets the ids one after another.
func (a *account) creates(name, definition string, ids ...string) subscriptions.Wanted {
	return subscriptions.Wanted{Name: name, Definition: definition, Create: func(context.Context) (*subscriptions.Subscription, error) {
		if len(ids) == 0 {
			return nil, errRefused
		}
		id := ids[0]
		ids = ids[1:]
		return a.add(id, 91), nil
	}}
}

var (
	errRefused = errors.New("refused")
	errDisk    = errors.New("the disk is full")
)

// memory is a state in memory, of which some saves can fail.
type memory struct {
	state   subscriptions.State
	loadErr error
	failing map[int]bool // by the number of the save
	saves   int
}

func (m *memory) Load(context.Context) (subscriptions.State, error) { return m.state, m.loadErr }

func (m *memory) Save(_ context.Context, state subscriptions.State) error {
	if m.saves++; m.failing[m.saves] {
		return errDisk
	}
	m.state = state
	return nil
}

func (a *account) keeper(t *testing.T, state *memory, o subscriptions.KeeperOptions, wanted ...subscriptions.Wanted) *subscriptions.Keeper {
	t.Helper()
	o.Now = func() time.Time { return a.now }
	o.Logger = cmp.Or(o.Logger, slog.New(slog.DiscardHandler))
	keeper, err := subscriptions.NewKeeper(a, state, wanted, o)
	require.NoError(t, err)
	return keeper
}

func remembering(kept map[string]string) *memory {
	m := &memory{state: subscriptions.State{Generation: 1, Kept: map[string]subscriptions.Kept{}}}
	for name, id := range kept {
		m.state.Kept[name] = subscriptions.Kept{ID: id, Definition: "v1"}
	}
	return m
}

func kinds(report subscriptions.Report) (list []string) {
	for _, action := range report.Actions {
		text := string(action.Kind) + " " + action.Name
		if action.ID != "" {
			text += " " + action.ID
		}
		if action.Err != nil {
			text += " failed"
		}
		list = append(list, text)
	}
	return list
}

// TestKeeperRenewals goes through every answer to a renewal, and every end that a list may state.
func TestKeeperRenewals(t *testing.T) {
	for name, tt := range map[string]struct {
		prepare func(*account)
		dryRun  bool
		want    []string
		failed  error
		active  []string
	}{
		"not due": {func(a *account) { a.add("old", 15) }, false, nil, nil, []string{"old"}},
		"due":     {func(a *account) { a.add("old", 14) }, false, []string{"renew a old"}, nil, []string{"old"}},
		"the end is not listed": {func(a *account) {
			a.list["old"] = subscriptions.Subscription{ID: "old", CreatedAt: a.now}
		}, false, []string{"renew a old"}, nil, []string{"old"}},
		"nothing is listed but the id": {func(a *account) {
			a.list["old"] = subscriptions.Subscription{ID: "old"}
		}, false, []string{"renew a old"}, nil, []string{"old"}},
		"unknown by now": {func(a *account) {
			a.add("old", 3)
			a.renewErr = api.ErrNotFound
		}, false, []string{"create a new"}, nil, []string{"new"}}, // the account still listed it
		"not beyond a year": {func(a *account) {
			a.add("old", 3)
			a.renewErr = api.ErrInvalid
		}, false, []string{"replace a new", "delete a old"}, nil, []string{"new"}},
		"almost a year old": {func(a *account) {
			s := *a.add("old", 3)
			s.CreatedAt = a.now.Add(-352 * 24 * time.Hour)
			a.list["old"] = s
		}, false, []string{"replace a new", "delete a old"}, nil, []string{"new"}},
		"almost a year old, dry run": {func(a *account) {
			s := *a.add("old", 3)
			s.CreatedAt = a.now.Add(-352 * 24 * time.Hour)
			a.list["old"] = s
		}, true, []string{"replace a"}, nil, []string{"old"}},
		"due, dry run": {func(a *account) { a.add("old", 3) }, true, []string{"renew a old"}, nil, []string{"old"}},
		"unavailable": {func(a *account) {
			a.add("old", 3)
			a.renewErr = api.ErrUnavailable
		}, false, []string{"renew a old failed"}, api.ErrUnavailable, []string{"old"}},
	} {
		t.Run(name, func(t *testing.T) {
			a, state := newAccount(), remembering(map[string]string{"a": "old"})
			tt.prepare(a)
			report, err := a.keeper(t, state, subscriptions.KeeperOptions{DryRun: tt.dryRun}, a.creates("a", "v1", "new")).Sweep(t.Context())
			require.ErrorIs(t, err, tt.failed)
			assert.Equal(t, tt.want, kinds(report))
			assert.Equal(t, 1, report.Kept)
			assert.Equal(t, tt.dryRun, report.DryRun)
			assert.ElementsMatch(t, tt.active, ids(a))
			if tt.dryRun {
				assert.Zero(t, state.saves+len(a.renewed)+len(a.deleted), "a dry run changes nothing")
			}
		})
	}
}

func ids(a *account) (list []string) {
	for id := range a.list {
		list = append(list, id)
	}
	return list
}

// TestKeeperTriesADeletionAgain: what was replaced, and what is not wanted, stays remembered until it is gone.
func TestKeeperTriesADeletionAgain(t *testing.T) {
	a, state := newAccount(), remembering(map[string]string{"a": "old", "gone": "unwanted"})
	a.add("old", 90)
	a.add("unwanted", 90)
	a.add("somebody else's", 90)
	a.deleteErr = api.ErrUnavailable
	keeper := a.keeper(t, state, subscriptions.KeeperOptions{DeleteUnwanted: true}, a.creates("a", "v2", "new"))
	report, err := keeper.Sweep(t.Context())
	require.ErrorIs(t, err, api.ErrUnavailable)
	assert.ErrorContains(t, err, `delete "a"`)
	assert.Equal(t, []string{"replace a new", "delete a old failed", "delete gone unwanted failed"}, kinds(report))
	assert.Equal(t, []subscriptions.Retired{{Name: "a", ID: "old"}}, state.state.Retired)

	dry := a.keeper(t, state, subscriptions.KeeperOptions{DeleteUnwanted: true, DryRun: true}, a.creates("a", "v2"))
	report, err = dry.Sweep(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{"delete a old", "delete gone unwanted"}, kinds(report))

	a.deleteErr = nil
	report, err = keeper.Sweep(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{"delete a old", "delete gone unwanted"}, kinds(report))
	assert.Empty(t, state.state.Retired)
	assert.NotContains(t, state.state.Kept, "gone")
	assert.ElementsMatch(t, []string{"new", "somebody else's"}, ids(a))
	report, err = keeper.Sweep(t.Context())
	require.NoError(t, err)
	assert.Empty(t, report.Actions)
}

// TestKeeperDeletesWhatIsGoneAlready: 404 is as good as a deletion, and a list that lacks a replaced one is not believed.
func TestKeeperDeletesWhatIsGoneAlready(t *testing.T) {
	a, state := newAccount(), remembering(map[string]string{"gone": "unwanted", "ended": "long ago"})
	state.state.Retired = []subscriptions.Retired{{Name: "a", ID: "old"}, {Name: "a", ID: "older"}}
	a.add("unwanted", 90)
	a.add("old", 90)
	a.deleteErr = api.ErrNotFound
	_, err := a.keeper(t, state, subscriptions.KeeperOptions{DeleteUnwanted: true}).Sweep(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{"old", "older", "unwanted"}, a.deleted)
	assert.Empty(t, state.state.Retired)
	assert.Empty(t, state.state.Kept)
}

// TestKeeperWhenTheStateCannotBeStored: nothing begins that is not written down, and what began is found again.
func TestKeeperWhenTheStateCannotBeStored(t *testing.T) {
	a, state := newAccount(), &memory{failing: map[int]bool{1: true}}
	wanted := []subscriptions.Wanted{a.creates("a", "v1", "first"), a.creates("b", "v1", "second")}
	report, err := a.keeper(t, state, subscriptions.KeeperOptions{}, wanted...).Sweep(t.Context())
	require.ErrorIs(t, err, errDisk)
	assert.Equal(t, []string{"create a failed", "create b second"}, kinds(report), "without the mark, it is not created")
	assert.Equal(t, []string{"second"}, ids(a))
	assert.Empty(t, state.state.Creating)

	state.saves, state.failing = 0, map[int]bool{2: true}
	report, err = a.keeper(t, state, subscriptions.KeeperOptions{}, wanted...).Sweep(t.Context())
	require.ErrorIs(t, err, errDisk)
	assert.Equal(t, []string{"create a first failed"}, kinds(report), "it is there, but not remembered")
	assert.Contains(t, state.state.Creating, "a")

	state.failing = nil
	report, err = a.keeper(t, state, subscriptions.KeeperOptions{}, wanted...).Sweep(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{"adopt a first"}, kinds(report))
	assert.Equal(t, 2, report.Kept)
	assert.ElementsMatch(t, []string{"first", "second"}, ids(a), "none twice")

	for name, failing := range map[string]int{"retired": 1, "unwanted": 2} {
		t.Run(name, func(t *testing.T) {
			a, state := newAccount(), remembering(map[string]string{"gone": "unwanted"})
			state.state.Retired = []subscriptions.Retired{{Name: "gone", ID: "retired"}}
			state.failing = map[int]bool{failing: true}
			a.add("unwanted", 90)
			a.add("retired", 90)
			keeper := a.keeper(t, state, subscriptions.KeeperOptions{DeleteUnwanted: true})
			_, err := keeper.Sweep(t.Context())
			require.ErrorIs(t, err, errDisk)
			_, err = keeper.Sweep(t.Context())
			require.NoError(t, err)
			assert.Empty(t, state.state.Kept)
			assert.Empty(t, state.state.Retired)
			assert.Empty(t, a.list)
		})
	}
}

// TestKeeperDoesNothingWhenItCannotSee: without the state or the whole list, nothing is done.
func TestKeeperDoesNothingWhenItCannotSee(t *testing.T) {
	a, state := newAccount(), &memory{}
	keeper := a.keeper(t, state, subscriptions.KeeperOptions{}, a.creates("a", "v1", "new"))
	a.add("somebody else's", 90)
	a.listErr = api.ErrUnavailable // after the first row
	report, err := keeper.Sweep(t.Context())
	require.ErrorIs(t, err, api.ErrUnavailable)
	assert.Empty(t, report.Actions)
	a.listErr = nil

	state.loadErr = errDisk
	_, err = keeper.Sweep(t.Context())
	require.ErrorIs(t, err, errDisk)
	require.ErrorIs(t, keeper.Adopt(t.Context(), "a", "id"), errDisk)
	state.loadErr = nil

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = keeper.Sweep(ctx)
	require.ErrorIs(t, err, context.Canceled)
	assert.Zero(t, state.saves)
	assert.Len(t, a.list, 1)

	a.list = map[string]subscriptions.Subscription{}
	report, err = a.keeper(t, state, subscriptions.KeeperOptions{}, a.creates("a", "v1")).Sweep(t.Context())
	require.ErrorIs(t, err, errRefused)
	assert.Equal(t, []string{"create a failed"}, kinds(report))
	assert.Empty(t, state.state.Creating, "the provider refused it: there is nothing to look for")
}

// TestKeeperNeverMistakesOneForAnother: after a lost answer no other creation begins, so what appears is beyond doubt.
func TestKeeperNeverMistakesOneForAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKept(t)
		wanted := k.wanted(3, "v1")
		k.sb.Fail(sandbox.Fault{Method: "POST", Drop: sandbox.DropBeforeAct, Times: 1}) // the first is not created
		k.sb.Fail(sandbox.Fault{Method: "POST", Drop: sandbox.DropAfterAct})            // the others would be
		k.sb.Fail(sandbox.Fault{Method: "GET", Status: 500, After: 2})
		report, err := k.keeper(wanted, subscriptions.KeeperOptions{}).Sweep(t.Context())
		require.ErrorIs(t, err, api.ErrMaybeApplied)
		assert.Equal(t, []string{"create market 00 failed", "create market 01 failed", "create market 02 failed"}, kinds(report))
		assert.Zero(t, k.sb.Coresignal.SubscriptionsCreated())
		k.sb.ClearFaults()
		report, err = k.keeper(wanted, subscriptions.KeeperOptions{}).Sweep(t.Context())
		require.NoError(t, err)
		assert.Equal(t, 2, report.Kept, "the first may appear yet")
		k.sb.Advance(time.Hour)
		report, err = k.keeper(wanted, subscriptions.KeeperOptions{}).Sweep(t.Context())
		require.NoError(t, err)
		assert.Equal(t, 3, report.Kept)
		assert.Len(t, k.active(), 3)
	})

	a, state := newAccount(), &memory{} // an older state may hold two of them
	state.state.Creating = map[string]subscriptions.Creating{"a": {}, "b": {}}
	a.add("one of them", 90)
	keeper := a.keeper(t, state, subscriptions.KeeperOptions{}, a.creates("a", "v1", "new a"), a.creates("b", "v1", "new b"))
	_, err := keeper.Sweep(t.Context())
	require.ErrorIs(t, err, subscriptions.ErrAmbiguous)
	assert.Len(t, a.list, 1)
	require.NoError(t, keeper.Adopt(t.Context(), "b", "one of them"))
	report, err := keeper.Sweep(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{"create a new a"}, kinds(report))
	assert.Equal(t, "one of them", state.state.Kept["b"].ID)
}

// TestKeeperFindsWhatIsNotWantedAnyMore: a lost creation under a name that was given up is not left behind unseen.
func TestKeeperFindsWhatIsNotWantedAnyMore(t *testing.T) {
	a, state := newAccount(), &memory{}
	state.state.Creating = map[string]subscriptions.Creating{"given up": {Before: []string{"other"}}}
	a.add("other", 90)
	a.add("lost", 90)
	report, err := a.keeper(t, state, subscriptions.KeeperOptions{DryRun: true, DeleteUnwanted: true}).Sweep(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{"adopt given up lost"}, kinds(report))
	report, err = a.keeper(t, state, subscriptions.KeeperOptions{DeleteUnwanted: true}).Sweep(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{"adopt given up lost", "delete given up lost"}, kinds(report))
	assert.Equal(t, []string{"other"}, ids(a))
}

// TestAdoptRetiresWhatItReplaces, or two subscriptions would send the same notices.
func TestAdoptRetiresWhatItReplaces(t *testing.T) {
	a, state := newAccount(), remembering(map[string]string{"a": "old"})
	state.state.Retired = []subscriptions.Retired{{Name: "a", ID: "by hand"}}
	a.add("old", 90)
	a.add("by hand", 90)
	keeper := a.keeper(t, state, subscriptions.KeeperOptions{}, a.creates("a", "v1"))
	require.NoError(t, keeper.Adopt(t.Context(), "a", "by hand"))
	require.NoError(t, keeper.Adopt(t.Context(), "a", "by hand"), "again")
	report, err := keeper.Sweep(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{"delete a old"}, kinds(report))
	assert.Equal(t, 1, report.Kept)
	assert.Equal(t, []string{"by hand"}, ids(a))
	require.ErrorIs(t, keeper.Adopt(t.Context(), "a", ""), api.ErrInvalid)
	state.failing = map[int]bool{state.saves + 1: true}
	require.ErrorIs(t, keeper.Adopt(t.Context(), "a", "another"), errDisk)
}

// TestKeeperDoesNothingWhenNoneIsListed: another key sees its own subscriptions only, and would get every notice twice.
func TestKeeperDoesNothingWhenNoneIsListed(t *testing.T) {
	a, state := newAccount(), &memory{}
	wanted := []subscriptions.Wanted{a.creates("a", "v1", "a1", "a2"), a.creates("b", "v1", "b1", "b2")}
	_, err := a.keeper(t, state, subscriptions.KeeperOptions{}, wanted...).Sweep(t.Context())
	require.NoError(t, err)
	a.list = map[string]subscriptions.Subscription{}
	a.now = a.now.Add(time.Hour)
	report, err := a.keeper(t, state, subscriptions.KeeperOptions{}, wanted...).Sweep(t.Context())
	require.ErrorIs(t, err, subscriptions.ErrAllMissing)
	assert.Empty(t, report.Actions)
	assert.Empty(t, a.list)
	report, err = a.keeper(t, state, subscriptions.KeeperOptions{RecreateAll: true}, wanted...).Sweep(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 2, report.Kept)
	a.list = map[string]subscriptions.Subscription{}
	a.now = a.now.Add(92 * 24 * time.Hour)
	wanted = []subscriptions.Wanted{a.creates("a", "v1", "a3"), a.creates("b", "v1", "b3")}
	report, err = a.keeper(t, state, subscriptions.KeeperOptions{}, wanted...).Sweep(t.Context())
	require.NoError(t, err, "they have ended, so it is no wonder")
	assert.Equal(t, 2, report.Kept)
	a.list[""] = subscriptions.Subscription{}
	_, err = a.keeper(t, state, subscriptions.KeeperOptions{}, wanted...).Sweep(t.Context())
	assert.ErrorIs(t, err, api.ErrUnexpectedResponse, "a row without an id")
}

// TestKeeperLeavesForeignSubscriptionsAlone: one that was made on another day is not the one whose answer was lost, and
// what was looked for in vain is forgotten for good.
func TestKeeperLeavesForeignSubscriptionsAlone(t *testing.T) {
	a, state := newAccount(), &memory{}
	lost := subscriptions.Wanted{Name: "a", Create: func(context.Context) (*subscriptions.Subscription, error) { return nil, api.ErrMaybeApplied }}
	_, err := a.keeper(t, state, subscriptions.KeeperOptions{}, lost).Sweep(t.Context())
	require.ErrorIs(t, err, api.ErrMaybeApplied)
	require.Contains(t, state.state.Creating, "a")
	a.now = a.now.Add(7 * 24 * time.Hour)
	a.add("somebody else's", 91)
	report, err := a.keeper(t, state, subscriptions.KeeperOptions{DeleteUnwanted: true}).Sweep(t.Context())
	require.NoError(t, err)
	assert.Empty(t, report.Actions)
	assert.Empty(t, state.state.Creating)
	assert.Equal(t, []string{"somebody else's"}, ids(a))
}

// TestKeeperGivesANewOneTime: one that is not listed right after its creation is not created again.
func TestKeeperGivesANewOneTime(t *testing.T) {
	a, state := newAccount(), &memory{}
	wanted := a.creates("a", "v1", "first", "second")
	_, err := a.keeper(t, state, subscriptions.KeeperOptions{}, wanted).Sweep(t.Context())
	require.NoError(t, err)
	delete(a.list, "first")
	report, err := a.keeper(t, state, subscriptions.KeeperOptions{}, wanted).Sweep(t.Context())
	require.NoError(t, err)
	assert.Empty(t, report.Actions)
	a.now = a.now.Add(time.Hour)
	report, err = a.keeper(t, state, subscriptions.KeeperOptions{}, wanted).Sweep(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{"create a second"}, kinds(report))
}

func TestKeeperOfAClumsyCaller(t *testing.T) {
	a, state := newAccount(), &memory{}
	for name, create := range map[string]func(context.Context) (*subscriptions.Subscription, error){
		"nil":   func(context.Context) (*subscriptions.Subscription, error) { return nil, nil },
		"no id": func(context.Context) (*subscriptions.Subscription, error) { return &subscriptions.Subscription{}, nil },
	} {
		_, err := a.keeper(t, state, subscriptions.KeeperOptions{}, subscriptions.Wanted{Name: name, Create: create}).Sweep(t.Context())
		require.ErrorIs(t, err, api.ErrMaybeApplied)
		require.ErrorContains(t, err, "returned no subscription")
	}
	_, err := subscriptions.NewKeeper(a, state, nil, subscriptions.KeeperOptions{RenewBefore: 91 * 24 * time.Hour})
	require.ErrorIs(t, err, api.ErrInvalid)
	require.ErrorIs(t, a.keeper(t, state, subscriptions.KeeperOptions{}).Run(t.Context(), time.Hour, nil), api.ErrInvalid)
}
