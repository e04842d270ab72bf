package refresh_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/refresh"
	"github.com/pronet-go/pronet/sandbox/coresignal"
	"github.com/pronet-go/pronet/webhook"
)

func TestOneIsCollectedAndSeveralAreAJob(t *testing.T) {
	for name, tt := range map[string]struct{ oneByOne, changed, jobs, collects int }{
		"none":                  {0, 0, 0, 0},
		"one":                   {0, 1, 0, 1},
		"two":                   {0, 2, 1, 0},
		"many":                  {0, 9, 1, 0},
		"as many as one by one": {3, 3, 0, 3},
		"one more":              {3, 4, 1, 0},
		"never by a job":        {-1, 9, 0, 9},
	} {
		t.Run(name, func(t *testing.T) {
			sb, client := start(t, coresignal.WithPeople(9), coresignal.WithJobPolls(0))
			ids := sb.Coresignal.PersonIDs()[:tt.changed]
			r, c := refresher(t, client, refresh.Options{OneByOne: tt.oneByOne})
			require.NoError(t, r.Handle(t.Context(), delivery("d", ids...)))
			assert.ElementsMatch(t, ids, c.stored())
			for _, o := range c.outcomes {
				require.NoError(t, o.Err)
				assert.Equal(t, o.ID, o.Record.ID)
				assert.Len(t, o.Changes, 1)
			}
			assert.Equal(t, tt.jobs, sb.Coresignal.JobsCreated())
			assert.Equal(t, tt.collects, sb.RequestsTo("GET", "/cdapi/v2/employee_base/collect/*"))
			assert.Equal(t, 10*tt.changed, sb.Coresignal.CreditsSpent())
		})
	}
}

func TestDuplicatesOfADeliveryAreCollectedOnce(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(3))
	ids := sb.Coresignal.PersonIDs()
	r, c := refresher(t, client, refresh.Options{OneByOne: -1})
	d := delivery("d", ids[1], ids[0], ids[1])
	d.Events = append(d.Events, webhook.Unknown{}, webhook.EmployeeChanged{ID: ids[1], Status: webhook.StatusStoppedMatchingQuery})
	require.ErrorIs(t, r.Handle(t.Context(), d), webhook.ErrNotUnderstood, "the unknown event is not passed over")
	assert.Equal(t, []int64{ids[1], ids[0]}, c.stored(), "in the order of their first notice")
	assert.Len(t, c.outcomes[0].Changes, 3)
	assert.Equal(t, webhook.StatusStoppedMatchingQuery, c.outcomes[0].Changes[2].Status)
	assert.Equal(t, 20, sb.Coresignal.CreditsSpent())
}

func TestForgedNoticesCostNothing(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(3))
	forged := make([]int64, 10_000)
	for i := range forged {
		forged[i] = 1_000_000_000_000 + int64(i)
	}
	known := func(id int64) bool { return slices.Contains(sb.Coresignal.PersonIDs(), id) }
	r, c := refresher(t, client, refresh.Options{Known: known})
	require.NoError(t, r.Handle(t.Context(), delivery("d", forged...)))
	assert.Zero(t, sb.Requests())
	assert.Empty(t, c.stored())
	require.NoError(t, r.Handle(t.Context(), delivery("d2", append(forged, sb.Coresignal.PersonIDs()[0])...)))
	assert.Equal(t, sb.Coresignal.PersonIDs()[:1], c.stored())
	assert.Equal(t, 1, sb.Requests())

	budget := employee.NewBudget(1000)
	r, c = refresher(t, client, refresh.Options{Budget: budget})
	require.ErrorIs(t, r.Handle(t.Context(), delivery("d", forged...)), api.ErrBudget)
	assert.Equal(t, 1, sb.Requests(), "nothing was sent")
	assert.EqualValues(t, 1000, budget.Left())
	assert.Empty(t, c.stored())
}

func TestBudgetBoundsBothWays(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(5), coresignal.WithJobPolls(0))
	budget := employee.NewBudget(25)
	r, c := refresher(t, client, refresh.Options{OneByOne: -1, Budget: budget})
	require.ErrorIs(t, r.Handle(t.Context(), delivery("d", sb.Coresignal.PersonIDs()...)), api.ErrBudget)
	assert.Len(t, c.stored(), 2)
	assert.Equal(t, 20, sb.Coresignal.CreditsSpent())
	budget.Return(30)
	require.NoError(t, r.Handle(t.Context(), delivery("d", sb.Coresignal.PersonIDs()...)))
	assert.ElementsMatch(t, sb.Coresignal.PersonIDs(), c.stored(), "the rest, each once")
	assert.Equal(t, 50, sb.Coresignal.CreditsSpent())

	budget = employee.NewBudget(70)
	r, c = refresher(t, client, refresh.Options{Budget: budget})
	require.NoError(t, r.Handle(t.Context(), delivery("d", append(sb.Coresignal.PersonIDs(), 1, 2)...)))
	assert.Len(t, c.stored(), 7)
	assert.EqualValues(t, 20, budget.Left(), "what was not found was not charged")
}

func TestMoreThanOneJobOfADelivery(t *testing.T) {
	fake, c := &jobs{}, &crm{}
	r, err := refresh.New(refresh.Collector[employee.BaseRecord](fake), refresh.Bulk[employee.BaseRecord](fake), c.store, refresh.Options{})
	require.NoError(t, err)
	ids := make([]int64, 2*bulkcollect.MaxIDs+5)
	for i := range ids {
		ids[i] = int64(i) + 1
	}
	require.NoError(t, r.Handle(t.Context(), delivery("d", ids...)))
	assert.Equal(t, []int{10_000, 10_000, 5}, fake.sizes)
	assert.Len(t, c.stored(), len(ids))
}

func TestFailuresAreBounded(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(60), coresignal.WithJobPolls(0))
	var log bytes.Buffer
	r, c := refresher(t, client, refresh.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	for _, id := range sb.Coresignal.PersonIDs() {
		c.refuse[id] = 1
	}
	err := r.Handle(t.Context(), delivery("d", sb.Coresignal.PersonIDs()...))
	require.ErrorIs(t, err, errStore)
	assert.Equal(t, 9, bytes.Count([]byte(err.Error()), []byte("\n")), "ten are enough to see why")
	assert.Contains(t, log.String(), "employees=60 done=0 unknown=0 open=60")
	for _, id := range sb.Coresignal.PersonIDs() {
		assert.NotContains(t, err.Error()+log.String(), strconv.FormatInt(id, 10))
	}
}

func TestConcurrentDeliveriesShareABudget(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(20), coresignal.WithJobPolls(0))
	budget := employee.NewBudget(300)
	r, c := refresher(t, client, refresh.Options{OneByOne: 2, Budget: budget, Concurrency: 4})
	ids := sb.Coresignal.PersonIDs()
	var all sync.WaitGroup
	for g := range 16 {
		all.Go(func() {
			d := delivery(string(rune('a'+g%8)), ids[g:g+2+g%3]...)
			if err := r.Handle(t.Context(), d); err != nil {
				assert.ErrorIs(t, err, api.ErrBudget)
			}
		})
	}
	all.Wait()
	assert.LessOrEqual(t, sb.Coresignal.CreditsSpent(), 300)
	assert.EqualValues(t, 300-sb.Coresignal.CreditsSpent(), budget.Left())
	assert.NotEmpty(t, c.stored())
}

func TestNewRefuses(t *testing.T) {
	client := connect(t)
	store := func(context.Context, refresh.Outcome[employee.BaseRecord]) error { return errors.New("unused") }
	base, bulk := client.Employees.Base, client.BulkCollect.Base
	_, err := refresh.New[employee.BaseRecord](nil, bulk, store, refresh.Options{})
	require.ErrorIs(t, err, api.ErrInvalid)
	_, err = refresh.New(base, bulk, nil, refresh.Options{})
	require.ErrorIs(t, err, api.ErrInvalid)
	_, err = refresh.New(base, nil, store, refresh.Options{})
	require.ErrorIs(t, err, api.ErrInvalid)
	_, err = refresh.New(base, nil, store, refresh.Options{OneByOne: -1})
	require.NoError(t, err)
	_, err = refresh.New[string](strangers{}, nil, func(context.Context, refresh.Outcome[string]) error { return nil }, refresh.Options{OneByOne: -1})
	require.ErrorIs(t, err, api.ErrInvalid, "a string does not know its employee")
}
