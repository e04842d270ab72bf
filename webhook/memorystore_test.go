package webhook_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/webhook"
)

// storeUnderTest is a memory store with a clock that the test moves.
type storeUnderTest struct {
	*webhook.MemoryStore
	t   *testing.T
	now time.Time
}

func newStore(t *testing.T, entries int) *storeUnderTest {
	s := &storeUnderTest{t: t, now: time.Unix(1_700_000_000, 0)}
	var err error
	s.MemoryStore, err = webhook.NewMemoryStore(entries, func() time.Time { return s.now })
	require.NoError(t, err)
	return s
}

func (s *storeUnderTest) claim(key string, lease time.Duration, want webhook.ClaimResult) string {
	s.t.Helper()
	claim, err := s.Claim(s.t.Context(), key, lease)
	require.NoError(s.t, err)
	require.Equal(s.t, want, claim.Result)
	return claim.Owner
}

func TestMemoryStorePhases(t *testing.T) {
	s := newStore(t, 10)
	owner := s.claim("a", time.Minute, webhook.Claimed)
	s.claim("a", time.Minute, webhook.InProgress)
	s.claim("b", time.Minute, webhook.Claimed)
	require.NoError(t, s.Done(t.Context(), "a", owner, time.Hour))
	s.claim("a", time.Minute, webhook.AlreadyDone)
	require.ErrorIs(t, s.Done(t.Context(), "a", owner, time.Hour), webhook.ErrLeaseLost)
	require.ErrorIs(t, s.Release(t.Context(), "a", owner), webhook.ErrLeaseLost)

	s.now = s.now.Add(time.Hour - 1)
	s.claim("a", time.Minute, webhook.AlreadyDone)
	s.now = s.now.Add(1)
	owner = s.claim("a", time.Minute, webhook.Claimed)
	require.NoError(t, s.Release(t.Context(), "a", owner))
	s.claim("a", time.Minute, webhook.Claimed)
}

func TestMemoryStoreLeaseThatWasTakenOver(t *testing.T) {
	s := newStore(t, 10)
	first := s.claim("a", time.Minute, webhook.Claimed)
	s.now = s.now.Add(time.Minute)
	second := s.claim("a", time.Minute, webhook.Claimed)
	require.NotEqual(t, first, second)
	require.ErrorIs(t, s.Release(t.Context(), "a", first), webhook.ErrLeaseLost)
	require.ErrorIs(t, s.Done(t.Context(), "a", first, time.Hour), webhook.ErrLeaseLost)
	s.claim("a", time.Minute, webhook.InProgress)
	require.NoError(t, s.Done(t.Context(), "a", second, time.Hour))
	s.claim("a", time.Minute, webhook.AlreadyDone)
}

func TestMemoryStoreLeaseThatRanOut(t *testing.T) {
	s := newStore(t, 10)
	owner := s.claim("a", time.Minute, webhook.Claimed)
	s.now = s.now.Add(time.Minute)
	require.ErrorIs(t, s.Done(t.Context(), "a", owner, time.Hour), webhook.ErrLeaseLost)
	assert.Zero(t, s.Len())
}

func TestMemoryStoreIsBounded(t *testing.T) {
	s := newStore(t, 3)
	old := s.claim("old", time.Minute, webhook.Claimed)
	require.NoError(t, s.Done(t.Context(), "old", old, time.Hour))
	young := s.claim("young", time.Minute, webhook.Claimed)
	require.NoError(t, s.Done(t.Context(), "young", young, 2*time.Hour))
	live := s.claim("live", time.Hour, webhook.Claimed)
	require.Equal(t, 3, s.Len())

	s.claim("x", 30*time.Minute, webhook.Claimed) // The mark that ends first makes room.
	s.claim("young", time.Minute, webhook.AlreadyDone)
	s.claim("y", time.Hour, webhook.Claimed)
	require.Equal(t, 3, s.Len())
	_, err := s.Claim(t.Context(), "z", time.Minute)
	require.ErrorIs(t, err, webhook.ErrStoreFull, "a live claim must never make room")
	s.claim("live", time.Minute, webhook.InProgress)

	s.now = s.now.Add(30 * time.Minute)
	s.claim("z", time.Hour, webhook.Claimed) // The lease of x has ended.
	require.NoError(t, s.Done(t.Context(), "live", live, time.Hour))
}

func TestMemoryStoreDropsWhatExpires(t *testing.T) {
	s := newStore(t, 1000)
	for i := range 1000 {
		key := fmt.Sprint(i)
		owner := s.claim(key, time.Minute, webhook.Claimed)
		if i%2 == 0 {
			require.NoError(t, s.Done(t.Context(), key, owner, time.Duration(1000-i)*time.Second))
		}
	}
	require.Equal(t, 1000, s.Len())
	s.now = s.now.Add(time.Hour)
	s.claim("new", time.Minute, webhook.Claimed)
	assert.Equal(t, 1, s.Len())
}

// TestMemoryStoreForEver: a time that ends after all times is no time that has ended.
func TestMemoryStoreForEver(t *testing.T) {
	s := newStore(t, 10)
	s.now = s.now.Add(time.Second) // The longest time from now on would end after the last.
	for _, forever := range []time.Duration{math.MaxInt64, math.MaxInt64 - time.Second, math.MaxInt64 - time.Second + 1} {
		key := forever.String()
		owner := s.claim(key, forever, webhook.Claimed)
		s.claim(key, time.Minute, webhook.InProgress)
		require.NoError(t, s.Done(t.Context(), key, owner, forever))
		s.claim(key, time.Minute, webhook.AlreadyDone)
	}
	s.now = s.now.Add(-time.Hour) // A clock that was put back.
	owner := s.claim("back", math.MaxInt64, webhook.Claimed)
	require.NoError(t, s.Done(t.Context(), "back", owner, math.MaxInt64))
	s.now = s.now.AddDate(200, 0, 0)
	for _, key := range []string{"back", time.Duration(math.MaxInt64).String()} {
		s.claim(key, time.Minute, webhook.AlreadyDone)
	}
	s.claim("past", -1, webhook.Claimed)
	s.claim("past", -1, webhook.Claimed)
}

func TestMemoryStoreGivesAKeyToOne(t *testing.T) {
	s, err := webhook.NewMemoryStore(10, nil)
	require.NoError(t, err)
	var won atomic.Int32
	var group sync.WaitGroup
	for range 32 {
		group.Go(func() {
			claim, err := s.Claim(t.Context(), "a", time.Minute)
			if assert.NoError(t, err) && claim.Result == webhook.Claimed {
				won.Add(1)
			}
		})
	}
	group.Wait()
	assert.EqualValues(t, 1, won.Load())
}

func TestNewMemoryStoreNeedsRoom(t *testing.T) {
	_, err := webhook.NewMemoryStore(0, nil)
	require.Error(t, err)
	_, err = new(webhook.MemoryStore).Claim(t.Context(), "a", time.Minute)
	require.ErrorIs(t, err, webhook.ErrStoreFull)
}

// TestMemoryStoreAgainstAPlainOne: whatever is claimed, done, released and waited for in whatever order, the store
// holds what a map with times holds.
func TestMemoryStoreAgainstAPlainOne(t *testing.T) {
	type plain struct {
		owner   string
		expires time.Time
		done    bool
	}
	s := newStore(t, 1000)
	held := map[string]plain{}
	random := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		s.now = s.now.Add(time.Duration(random.IntN(3)) * time.Second)
		for key, p := range held {
			if !p.expires.After(s.now) {
				delete(held, key)
			}
		}
		key, wait := fmt.Sprint(random.IntN(60)), time.Duration(1+random.IntN(100))*time.Second
		before, known := held[key]
		switch random.IntN(3) {
		case 0:
			want := webhook.Claimed
			if known {
				want = webhook.InProgress
			}
			if before.done {
				want = webhook.AlreadyDone
			}
			if owner := s.claim(key, wait, want); owner != "" {
				held[key] = plain{owner: owner, expires: s.now.Add(wait)}
			}
		case 1:
			err := s.Done(t.Context(), key, before.owner, wait)
			require.Equal(t, known && !before.done, err == nil)
			if err == nil {
				held[key] = plain{before.owner, s.now.Add(wait), true}
			}
		case 2:
			err := s.Release(t.Context(), key, before.owner)
			require.Equal(t, known && !before.done, err == nil)
			if err == nil {
				delete(held, key)
			}
		}
		require.Equal(t, len(held), s.Len())
	}
}
