package employee_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
)

func refsTo(ids []int64) []employee.Ref {
	refs := make([]employee.Ref, len(ids))
	for i, id := range ids {
		refs[i] = employee.ID(id)
	}
	return refs
}

func TestCollectManyYieldsOneResultForEachInOrder(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(30))
	refs := refsTo(sb.Coresignal.PersonIDs())
	refs[3] = employee.ID(1)           // unknown
	refs[7] = employee.Shorthand("..") // refused
	refs[9] = refs[8]                  // twice
	var got []employee.Ref
	many := client.Employees.Base.CollectMany(t.Context(), refs, employee.CollectManyOptions{})
	want := refs
	refs = append(refs[:0:0], refs...)
	clear(want) // the caller's slice may change after the call
	for result := range many {
		got = append(got, result.Ref)
		switch i := len(got) - 1; i {
		case 3:
			require.ErrorIs(t, result.Err, api.ErrNotFound)
			assert.Nil(t, result.Record)
		case 7:
			require.ErrorIs(t, result.Err, employee.ErrInvalidRef)
		default:
			require.NoError(t, result.Err, i)
			id, _ := result.Ref.ID()
			assert.Equal(t, id, result.Record.EmployeeID())
		}
	}
	assert.Equal(t, refs, got)
	assert.Equal(t, 28*10, sb.Coresignal.CreditsSpent())
	assert.Equal(t, 2, sb.Coresignal.Collected(func() int64 { id, _ := refs[8].ID(); return id }()))
	for range client.Employees.Base.CollectMany(t.Context(), nil, employee.CollectManyOptions{}) {
		t.Fatal("a result for nothing")
	}
}

// TestCollectManyBoundsWhatIsUnderWay lets each answer take a second of the bubble's time, which passes only when no
// further call can begin.
func TestCollectManyBoundsWhatIsUnderWay(t *testing.T) {
	for asked, want := range map[int]int{0: 8, 1: 1, 5: 5, 40: 40, 256: 100} {
		synctest.Test(t, func(t *testing.T) {
			var mu sync.Mutex
			now, most := 0, 0
			client := connect(t, pronet.WithCoresignal("key", pronet.RateLimit(10_000, time.Second)), pronet.WithTransport(roundTripper(func(r *http.Request) (*http.Response, error) {
				mu.Lock()
				now++
				most = max(most, now)
				mu.Unlock()
				time.Sleep(time.Second)
				mu.Lock()
				now--
				mu.Unlock()
				body := io.NopCloser(strings.NewReader(fmt.Sprintf(`{"id":%s}`, path.Base(r.URL.Path))))
				return &http.Response{StatusCode: 200, Header: http.Header{}, Body: body, ContentLength: -1, Request: r}, nil
			})))
			refs := make([]employee.Ref, 100)
			for i := range refs {
				refs[i] = employee.ID(int64(i) + 1)
			}
			next := int64(0)
			for result := range client.Employees.Base.CollectMany(t.Context(), refs, employee.CollectManyOptions{Concurrency: asked}) {
				require.NoError(t, result.Err)
				next++
				assert.Equal(t, next, result.Record.ID)
			}
			assert.EqualValues(t, 100, next)
			assert.Equal(t, want, most)
		})
	}
}

func TestCollectManyRefusesItsOptions(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(2))
	refs := refsTo(sb.Coresignal.PersonIDs())
	for _, concurrency := range []int{-1, 257} {
		n := 0
		for result := range client.Employees.Base.CollectMany(t.Context(), refs, employee.CollectManyOptions{Concurrency: concurrency}) {
			assert.Equal(t, refs[n], result.Ref)
			require.ErrorIs(t, result.Err, api.ErrInvalid)
			n++
		}
		assert.Equal(t, 2, n)
		for range client.Employees.Base.CollectMany(t.Context(), refs, employee.CollectManyOptions{Concurrency: concurrency}) {
			break
		}
	}
	for result := range client.Employees.Base.CollectMany(t.Context(), refs, employee.CollectManyOptions{}, pronet.WithMaxAttemptsPerCall(0)) {
		require.ErrorIs(t, result.Err, api.ErrInvalid)
	}
	for result := range client.Employees.Base.CollectMany(t.Context(), refs, employee.CollectManyOptions{Fields: []string{""}}) {
		require.ErrorIs(t, result.Err, api.ErrInvalid)
	}
	assert.Zero(t, sb.Requests())
}

// TestCollectManyStopsForGood sends nothing more after an error that every call would meet.
func TestCollectManyStopsForGood(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(50), coresignal.WithCredits(45))
	var failures []error
	n := 0
	for result := range client.Employees.Base.CollectMany(t.Context(), refsTo(sb.Coresignal.PersonIDs()), employee.CollectManyOptions{Concurrency: 2}) {
		n++
		if result.Err != nil {
			require.ErrorIs(t, result.Err, api.ErrNoCredits)
			failures = append(failures, result.Err)
		}
	}
	assert.Equal(t, 50, n)
	assert.Len(t, failures, 46)
	assert.LessOrEqual(t, sb.Requests(), 6, "four that were paid, and two that were under way")
	assert.Equal(t, 40, sb.Coresignal.CreditsSpent())

	unpaid := connect(t)
	for result := range unpaid.Employees.V1.CollectMany(t.Context(), refsTo([]int64{1, 2}), employee.CollectManyOptions{}) {
		require.ErrorIs(t, result.Err, api.ErrNotConfigured)
	}
	wrong := connect(t, append(sb.Options(), pronet.WithCoresignal("another-key"))...)
	sent := sb.Requests()
	for result := range wrong.Employees.Base.CollectMany(t.Context(), refsTo(sb.Coresignal.PersonIDs()), employee.CollectManyOptions{Concurrency: 1}) {
		require.ErrorIs(t, result.Err, api.ErrUnauthorized)
	}
	assert.Equal(t, sent+1, sb.Requests())
}

// TestCollectManyOfAnEndedContext looks at the calls that were not sent: what happened to one that was under way when
// the context ended (not found, perhaps charged) must not be said of them.
func TestCollectManyOfAnEndedContext(t *testing.T) {
	for name, answer := range map[string]func(http.ResponseWriter){
		"not found": func(w http.ResponseWriter) { http.NotFound(w, nil) },
		"no answer": func(http.ResponseWriter) { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var requests atomic.Int32
			client := answering(t, func(w http.ResponseWriter, _ *http.Request) {
				requests.Add(1)
				defer cancel()
				answer(w)
			})
			n := 0
			for result := range client.Employees.Base.CollectMany(ctx, refsTo([]int64{1, 2, 3, 4}), employee.CollectManyOptions{Concurrency: 1}) {
				if n++; n == 1 {
					<-ctx.Done()
					continue
				}
				require.ErrorIs(t, result.Err, context.Canceled)
				require.NotErrorIs(t, result.Err, api.ErrNotFound)
				require.NotErrorIs(t, result.Err, api.ErrMaybeApplied)
				require.NotErrorIs(t, result.Err, api.ErrInvalid)
			}
			assert.Equal(t, 4, n)
			assert.EqualValues(t, 1, requests.Load())
		})
	}
}

func TestBreakCancelsWhatIsUnderWay(t *testing.T) {
	underWay, cancelled := make(chan struct{}), make(chan struct{})
	client := answering(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/1") {
			<-underWay
			_, _ = w.Write([]byte(`{"id":1}`))
			return
		}
		close(underWay)
		<-r.Context().Done()
		close(cancelled)
	})
	budget := employee.NewBudget(100)
	for result := range client.Employees.Base.CollectMany(t.Context(), refsTo([]int64{1, 2}), employee.CollectManyOptions{Budget: budget}) {
		require.NoError(t, result.Err)
		break
	}
	<-cancelled
	assert.EqualValues(t, 80, budget.Left(), "a cancelled call that was sent may have been charged")
}

func TestCollectManyWithinABudget(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(20))
	budget := employee.NewBudget(35)
	var paid, refused int
	for result := range client.Employees.Base.CollectMany(t.Context(), refsTo(sb.Coresignal.PersonIDs()), employee.CollectManyOptions{Budget: budget, Concurrency: 4}) {
		switch {
		case result.Err == nil:
			paid++
		case errors.Is(result.Err, api.ErrBudget):
			refused++
		}
	}
	assert.Equal(t, 3, paid)
	assert.Equal(t, 17, refused)
	assert.Equal(t, 3, sb.Requests())
	assert.EqualValues(t, 5, budget.Left())
}

// TestLostAnswersStaySpent: the provider acted and dropped the connection. It is not asked again, and the budget counts it.
func TestLostAnswersStaySpent(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(3))
	sb.Fail(sandbox.Fault{Drop: sandbox.DropAfterAct, Times: 1})
	budget := employee.NewBudget(100)
	n := 0
	for result := range client.Employees.Base.CollectMany(t.Context(), refsTo(sb.Coresignal.PersonIDs()), employee.CollectManyOptions{Budget: budget, Concurrency: 1}) {
		if n++; n == 1 {
			require.ErrorIs(t, result.Err, api.ErrMaybeApplied)
			continue
		}
		require.NoError(t, result.Err)
	}
	assert.Equal(t, 3, sb.Requests())
	assert.Equal(t, 30, sb.Coresignal.CreditsSpent())
	assert.EqualValues(t, 70, budget.Left())
	assert.Equal(t, 1, sb.Coresignal.Collected(sb.Coresignal.PersonIDs()[0]))
}

func TestUnchargedCallsGiveTheirCreditsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sb, client := startInMemory(t, coresignal.WithPeople(1))
		for _, fault := range []sandbox.Fault{{Status: 500}, {Status: 429}, {Status: 404}, {Status: 400}} {
			sb.ClearFaults()
			sb.Fail(fault)
			budget := employee.NewBudget(10)
			for result := range client.Employees.Base.CollectMany(t.Context(), refsTo(sb.Coresignal.PersonIDs()), employee.CollectManyOptions{Budget: budget}) {
				require.Error(t, result.Err)
			}
			assert.EqualValues(t, 10, budget.Left())
		}
	})
}

// TestCollectManyTellsMetaOfEachResult fills one Meta from many goroutines' calls, each at its turn.
func TestCollectManyTellsMetaOfEachResult(t *testing.T) {
	client := answering(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Request-Id", path.Base(r.URL.Path))
		_, _ = w.Write([]byte(`{"id":1}`))
	})
	var meta pronet.Meta
	refs := append(refsTo([]int64{1, 2, 3, 4, 5, 6, 7, 8, 9}), employee.Shorthand(""))
	n := 0
	for result := range client.Employees.Base.CollectMany(t.Context(), refs, employee.CollectManyOptions{}, pronet.WithMeta(&meta)) {
		if n++; n == 10 {
			require.Error(t, result.Err)
			assert.Zero(t, meta.Attempts, "nothing was sent")
			continue
		}
		assert.Equal(t, fmt.Sprint(n), meta.RequestID)
	}
}
