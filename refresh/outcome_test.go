package refresh_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/refresh"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
)

func TestUnknownEmployeesAreOutcomes(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(2), coresignal.WithJobPolls(0))
	for _, ids := range [][]int64{{1}, {1, 2}, {1, sb.Coresignal.PersonIDs()[0], 2}} {
		r, c := refresher(t, client, refresh.Options{})
		require.NoError(t, r.Handle(t.Context(), delivery("d", ids...)))
		assert.ElementsMatch(t, ids, c.stored())
		for _, o := range c.outcomes {
			if o.ID > 2 {
				require.NoError(t, o.Err)
				continue
			}
			require.ErrorIs(t, o.Err, api.ErrNotFound)
			assert.Nil(t, o.Record)
		}
	}
}

// TestWhatMayHaveBeenChargedIsForTheStoreToDecide: nothing pays a second time unless the store says so by an error.
func TestWhatMayHaveBeenChargedIsForTheStoreToDecide(t *testing.T) {
	for name, n := range map[string]int{"one by one": 1, "a job": 3} {
		t.Run(name, func(t *testing.T) {
			sb, client := start(t, coresignal.WithPeople(3), coresignal.WithJobPolls(0))
			ids := sb.Coresignal.PersonIDs()[:n]
			budget := employee.NewBudget(1000)
			r, c := refresher(t, client, refresh.Options{Budget: budget})
			sb.Fail(sandbox.Fault{Drop: sandbox.DropAfterAct, Times: 1})
			require.NoError(t, r.Handle(t.Context(), delivery("d", ids...)))
			assert.ElementsMatch(t, ids, c.stored())
			for _, o := range c.outcomes {
				require.ErrorIs(t, o.Err, api.ErrMaybeApplied)
			}
			assert.Equal(t, 1, sb.Requests(), "not asked again by itself")
			assert.EqualValues(t, 1000-10*n, budget.Left())

			c.refuse[ids[0]], c.refusal = 1, refresh.ErrBuyAgain
			sb.Fail(sandbox.Fault{Drop: sandbox.DropAfterAct, Times: 1})
			d := delivery("d2", ids...)
			require.ErrorIs(t, r.Handle(t.Context(), d), refresh.ErrBuyAgain)
			require.NoError(t, r.Handle(t.Context(), d))
			last := c.outcomes[len(c.outcomes)-1]
			assert.Equal(t, ids[0], last.ID)
			require.NoError(t, last.Err)
		})
	}
}

var errVault = errors.New("the vault is sealed")

// TestWhatMayPassIsNotAnOutcome: the changes stay undone for a later try, and the store is not told that they are gone.
func TestWhatMayPassIsNotAnOutcome(t *testing.T) {
	for name, tt := range map[string]struct {
		fault sandbox.Fault
		with  pronet.Option
		kind  error
	}{
		"401":           {fault: sandbox.Fault{Status: 401}, kind: api.ErrUnauthorized},
		"402":           {fault: sandbox.Fault{Status: 402}, kind: api.ErrNoCredits},
		"403":           {fault: sandbox.Fault{Status: 403}, kind: api.ErrForbidden},
		"429":           {fault: sandbox.Fault{Status: 429}, kind: api.ErrRateLimited},
		"503":           {fault: sandbox.Fault{Status: 503, RetryAfter: "1"}, kind: api.ErrUnavailable},
		"redirect":      {fault: sandbox.Fault{Redirect: "https://example.com/login"}, kind: api.ErrRedirect},
		"no connection": {with: pronet.WithTransport(unreachable{}), kind: api.ErrUnavailable},
		"no key": {with: pronet.WithCoresignalCredential(func(context.Context) (api.Secret, error) {
			return api.Secret{}, errVault
		}), kind: errVault},
	} {
		for _, n := range []int{1, 3} {
			t.Run(fmt.Sprint(name, " for ", n), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					sb, client := startInMemory(t, coresignal.WithPeople(3), coresignal.WithJobPolls(0))
					failing := client
					if tt.with != nil {
						failing = connect(t, append(sb.Options(), tt.with)...)
					} else {
						sb.Fail(tt.fault)
					}
					r, c := refresher(t, failing, refresh.Options{})
					require.ErrorIs(t, r.Handle(t.Context(), delivery("d", sb.Coresignal.PersonIDs()[:n]...)), tt.kind)
					assert.Empty(t, c.stored())
					assert.Zero(t, sb.Coresignal.JobsCreated())

					sb.ClearFaults()
					r, c = refresher(t, client, refresh.Options{})
					require.NoError(t, r.Handle(t.Context(), delivery("d", sb.Coresignal.PersonIDs()[:n]...)))
					assert.Len(t, c.stored(), n)
				})
			})
		}
	}
}

// unreachable is a transport that cannot connect.
type unreachable struct{}

func (unreachable) RoundTrip(*http.Request) (*http.Response, error) { return nil, errNoConnection }

func TestAnEndedContextIsNotAnOutcome(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(3))
	for _, client := range []*pronet.Client{client, connect(t)} {
		for n := 1; n <= 3; n++ {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			r, c := refresher(t, client, refresh.Options{})
			err := r.Handle(ctx, delivery("d", sb.Coresignal.PersonIDs()[:n]...))
			assert.True(t, errors.Is(err, context.Canceled) || errors.Is(err, api.ErrNotConfigured), "%v", err)
			assert.Empty(t, c.stored())
		}
	}
	assert.Zero(t, sb.Requests())
}

// TestARefusedJobIsNotSaidOfItsEmployees: a 422 is about the request.
func TestARefusedJobIsNotSaidOfItsEmployees(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(3))
	r, c := refresher(t, client, refresh.Options{})
	sb.Fail(sandbox.Fault{Status: 422})
	require.ErrorIs(t, r.Handle(t.Context(), delivery("d", sb.Coresignal.PersonIDs()...)), api.ErrInvalid)
	assert.Empty(t, c.stored())
}
