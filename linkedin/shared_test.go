package linkedin_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/pronettest/sandboxtest"
	"github.com/pronet-go/pronet/linkedin"
	"github.com/pronet-go/pronet/linkedin/tokenstore"
	"github.com/pronet-go/pronet/sandbox"
)

// processes are clients that share nothing but the store of their tokens.
func processes(t *testing.T, sb *sandbox.Sandbox, n int, tokens linkedin.Tokens, more ...pronet.Option) []*pronet.Client {
	t.Helper()
	all := make([]*pronet.Client, n)
	for i := range all {
		options := append(sb.Options(), more...)
		options = append(options, pronet.WithLinkedIn(tokens, pronet.BaseURL(sb.LinkedIn.URL()), pronet.LinkedInAccountsURL(sb.LinkedIn.AccountsURL())))
		client, err := pronet.New(options...)
		require.NoError(t, err)
		t.Cleanup(client.CloseIdleConnections)
		all[i] = client
	}
	return all
}

func appOf(sb *sandbox.Sandbox) linkedin.Tokens {
	app := sb.LinkedIn.App()
	return linkedin.AppTokens(app.ClientID, app.ClientSecret)
}

// together makes calls of each client at once, all of which must succeed.
func together(t *testing.T, clients []*pronet.Client, recruiter string) {
	t.Helper()
	var wg sync.WaitGroup
	for _, client := range clients {
		for range 4 {
			wg.Go(func() { assert.NoError(t, seats(t.Context(), client, recruiter)) })
		}
	}
	wg.Wait()
}

// TestR61ProcessesShareOneRenewal: 50 runs of processes that share a store, with an expiry in the middle by the clock, and
// by a refusal: one renewal each time.
func TestR61ProcessesShareOneRenewal(t *testing.T) {
	for run := range 50 {
		synctest.Test(t, func(t *testing.T) {
			sb, _ := sandboxtest.StartInMemory(t, sandbox.WithSeed(uint64(run)))
			recruiter := sb.LinkedIn.App().Contract
			clients := processes(t, sb, 2+run%3, appOf(sb).In(tokenstore.NewMemory()))
			together(t, clients, recruiter)
			assert.Equal(t, 1, sb.LinkedIn.TokensIssued())
			time.Sleep(28*time.Minute + time.Duration(run)*5*time.Second) // due, or ended
			together(t, clients, recruiter)
			assert.Equal(t, 2, sb.LinkedIn.TokensIssued(), "the expiry of run %d", run)
			sb.LinkedIn.RevokeTokens()
			together(t, clients, recruiter)
			assert.Equal(t, 3, sb.LinkedIn.TokensIssued(), "the refusal of run %d", run)
		})
	}
}

// TestR61AProcessThatStartsFindsTheToken, and fetches one when that has ended.
func TestR61AProcessThatStartsFindsTheToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sb, _ := sandboxtest.StartInMemory(t)
		recruiter := sb.LinkedIn.App().Contract
		tokens := appOf(sb).In(tokenstore.NewMemory())
		for i, wait := range []time.Duration{0, 10 * time.Minute, 17 * time.Minute, 4 * time.Minute, 0} {
			time.Sleep(wait)
			together(t, processes(t, sb, 1, tokens), recruiter)
			assert.Equal(t, []int{1, 1, 1, 2, 2}[i], sb.LinkedIn.TokensIssued(), i)
		}
		ends, err := processes(t, sb, 1, tokens)[0].LinkedIn.CheckToken(t.Context())
		require.NoError(t, err)
		assert.Equal(t, 30*time.Minute, time.Until(ends))
	})
}

// store is a store that does what it is told.
type store struct {
	tokenstore.Store
	mu   sync.Mutex
	swap func(n int) error // before the nth swap
	load error
	n    int
}

func (s *store) Load(ctx context.Context, key string) (string, api.Secret, error) {
	s.mu.Lock()
	err := s.load
	s.mu.Unlock()
	if err != nil {
		return "", api.Secret{}, err
	}
	return s.Store.Load(ctx, key)
}

func (s *store) Swap(ctx context.Context, key, was, revision string, value api.Secret) error {
	s.mu.Lock()
	s.n++
	n, swap := s.n, s.swap
	s.mu.Unlock()
	if swap != nil {
		if err := swap(n); err != nil {
			return err
		}
	}
	return s.Store.Swap(context.WithoutCancel(ctx), key, was, revision, value) // what was sent to a database is not called back
}

var errDied = errors.New("CANARY the process died")

// TestR61ARenewerThatDied locks the others out for 75 seconds, while they have a token not at all, and one that starts
// long after it never.
func TestR61ARenewerThatDied(t *testing.T) {
	for name, c := range map[string]struct {
		idle, waits time.Duration
	}{"right before": {0, 75 * time.Second}, "a while ago": {time.Minute, 75 * time.Second}, "last night": {10 * time.Hour, 0}} {
		synctest.Test(t, func(t *testing.T) {
			sb, _ := sandboxtest.StartInMemory(t)
			recruiter := sb.LinkedIn.App().Contract
			shared := tokenstore.NewMemory()
			dying := &store{Store: shared, swap: func(n int) error {
				if n > 1 { // it has the lease and a token, and stores it no more
					return errDied
				}
				return nil
			}}
			together(t, processes(t, sb, 1, appOf(sb).In(dying), quiet())[:1], recruiter)
			time.Sleep(c.idle)
			began := time.Now()
			others := processes(t, sb, 2, appOf(sb).In(shared))
			together(t, others, recruiter)
			assert.InDelta(t, c.waits.Seconds(), time.Since(began).Seconds(), 2.5, name)
			assert.Equal(t, 2, sb.LinkedIn.TokensIssued(), name)
		})
	}
	synctest.Test(t, func(t *testing.T) {
		sb, _ := sandboxtest.StartInMemory(t)
		recruiter := sb.LinkedIn.App().Contract
		shared := &store{Store: tokenstore.NewMemory()}
		clients := processes(t, sb, 2, appOf(sb).In(shared), quiet())
		together(t, clients, recruiter)
		time.Sleep(28 * time.Minute)
		shared.swap = func(n int) error {
			if n == 4 {
				return errDied
			}
			return nil
		}
		began := time.Now()
		together(t, clients, recruiter)
		assert.Zero(t, time.Since(began), "the token lives: nobody waits")
		shared.swap = nil
		time.Sleep(90 * time.Second)
		together(t, clients, recruiter)
		assert.LessOrEqual(t, sb.LinkedIn.TokensIssued(), 3)
	})
}

func quiet() pronet.Option {
	return pronet.WithLogger(slog.New(slog.DiscardHandler))
}

// TestR61AnOldTokenIsNotWrittenOverANewerOne: a renewer that was held up loses to the one that took over, and uses its
// token.
func TestR61AnOldTokenIsNotWrittenOverANewerOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sb, _ := sandboxtest.StartInMemory(t)
		recruiter := sb.LinkedIn.App().Contract
		shared := tokenstore.NewMemory()
		slow := &store{Store: shared, swap: func(n int) error {
			if n == 2 {
				time.Sleep(2 * time.Minute) // a machine that slept
			}
			return nil
		}}
		late := processes(t, sb, 1, appOf(sb).In(slow))
		done := make(chan struct{})
		go func() {
			defer close(done)
			together(t, late, recruiter)
		}()
		time.Sleep(time.Second)
		together(t, processes(t, sb, 1, appOf(sb).In(shared)), recruiter)
		before, stored, err := shared.Load(t.Context(), "linkedin app "+sb.LinkedIn.App().ClientID)
		require.NoError(t, err)
		<-done
		after, kept, err := shared.Load(t.Context(), "linkedin app "+sb.LinkedIn.App().ClientID)
		require.NoError(t, err)
		assert.Equal(t, before, after)
		assert.Equal(t, stored.Reveal(), kept.Reveal())
		assert.Equal(t, 2, sb.LinkedIn.TokensIssued())
		ends, err := late[0].LinkedIn.CheckToken(t.Context())
		require.NoError(t, err)
		assert.Equal(t, 29*time.Minute, time.Until(ends).Round(time.Minute), "the newer one's")
	})
}

// TestStoreThatFails: with a token calls go on, without one they fail, and nothing of the store's error is printed. What
// could not be stored is used by the process that has it.
func TestStoreThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sb, _ := sandboxtest.StartInMemory(t)
		recruiter := sb.LinkedIn.App().Contract
		var log bytes.Buffer
		shared := &store{Store: tokenstore.NewMemory(), load: errDied}
		client := processes(t, sb, 1, appOf(sb).In(shared), pronet.WithLogger(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn}))))[0]
		err := seats(t.Context(), client, recruiter)
		require.ErrorIs(t, err, errDied)
		assert.Contains(t, err.Error(), "no credential could be got: the token store failed")
		assert.NotContains(t, fmt.Sprintf("%v %+v", err, err), "CANARY")
		shared.load = nil
		require.NoError(t, seats(t.Context(), client, recruiter))
		time.Sleep(28 * time.Minute)
		shared.load = errDied
		require.NoError(t, seats(t.Context(), client, recruiter))
		assert.Equal(t, 1, sb.LinkedIn.TokensIssued(), "without the store nothing is renewed")
		time.Sleep(3 * time.Minute)
		require.Error(t, seats(t.Context(), client, recruiter))
		shared.load = nil
		shared.swap = func(n int) error {
			if n%2 == 0 {
				return errDied
			}
			return nil
		}
		require.NoError(t, seats(t.Context(), client, recruiter))
		assert.Contains(t, log.String(), "could not be stored")
		assert.NotContains(t, log.String(), "CANARY")

		for _, broken := range []string{"CANARY", `{"v":2}`, `{"v":1,"access":"CANARY\n"}`, `{"v":"CANARY"}`} {
			memory := tokenstore.NewMemory()
			value, err := api.NewSecret(broken)
			require.NoError(t, err)
			require.NoError(t, memory.Swap(t.Context(), "linkedin app "+sb.LinkedIn.App().ClientID, "", "r1", value))
			err = seats(t.Context(), processes(t, sb, 1, appOf(sb).In(memory))[0], recruiter)
			require.Error(t, err, broken)
			assert.NotContains(t, err.Error(), "CANARY")
		}
	})
}

// TestAFailedRenewalGivesTheLeaseBack: the next process tries at once.
func TestAFailedRenewalGivesTheLeaseBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sb, _ := sandboxtest.StartInMemory(t)
		recruiter := sb.LinkedIn.App().Contract
		clients := processes(t, sb, 2, appOf(sb).In(tokenstore.NewMemory()), pronet.WithMaxAttempts(1))
		sb.Fail(sandbox.Fault{Origin: "linkedin/www", Status: 500, Times: 1})
		require.ErrorIs(t, seats(t.Context(), clients[0], recruiter), api.ErrUnavailable)
		began := time.Now()
		require.NoError(t, seats(t.Context(), clients[1], recruiter))
		assert.Zero(t, time.Since(began))
	})
}

func TestTokensOfStoresThatAreNone(t *testing.T) {
	memory := tokenstore.NewMemory()
	app := linkedin.AppTokens("id", "secret")
	for name, tokens := range map[string]linkedin.Tokens{
		"no store": app.In(nil), "no member's store": app.ForMember(nil, "key"), "no key": app.ForMember(memory, ""),
		"a static token": linkedin.StaticToken("token").In(memory), "nothing": linkedin.Tokens{}.In(memory),
		"a member without a store": {ClientID: "id", ClientSecret: app.ClientSecret, Member: "key"},
		"a native app's id":        linkedin.NativeApp("CANARY id"), "no native app": linkedin.NativeApp(""),
	} {
		err := tokens.Check()
		require.ErrorIs(t, err, api.ErrInvalid, name)
		assert.NotContains(t, err.Error(), "CANARY", name)
	}
	require.NoError(t, linkedin.NativeApp("id").ForMember(memory, "key").Check())
	client, err := pronet.New(pronet.WithLinkedIn(linkedin.NativeApp("id")))
	require.NoError(t, err)
	err = seats(t.Context(), client, "urn:li:contract:7")
	require.ErrorIs(t, err, api.ErrNotConfigured)
	assert.ErrorContains(t, err, "a native app has no tokens of its own")
}
