package employee_test

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/internal/wire"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
)

// fullRecord is what the records of all datasets have in common.
type fullRecord interface {
	EmployeeID() int64
	Raw() json.RawMessage
	Unknown() map[string]json.RawMessage
	Mismatched() []string
}

// collects checks that records are typed and lossless, by one call each and by CollectMany.
func collects[R any](t *testing.T, sb *sandbox.Sandbox, d *employee.Dataset[R], cost int64, check func(coresignal.Person, *R)) {
	t.Helper()
	assert.Equal(t, cost, d.Cost())
	var refs []employee.Ref
	before := sb.Coresignal.CreditsSpent()
	for person := range sb.Coresignal.People() {
		for _, ref := range []employee.Ref{employee.ID(person.ID), employee.Shorthand(person.Shorthand), employee.ProfileURL(person.ProfileURL)} {
			got, err := d.Collect(t.Context(), ref)
			require.NoError(t, err)
			lossless(t, person, got)
			check(person, got)
		}
		refs = append(refs, employee.ID(person.ID))
	}
	for result := range d.CollectMany(t.Context(), refs, employee.CollectManyOptions{}) {
		require.NoError(t, result.Err)
		id, _ := result.Ref.ID()
		person, _ := sb.Coresignal.Person(id)
		lossless(t, person, result.Record)
		check(person, result.Record)
	}
	assert.EqualValues(t, int64(4*len(refs))*cost, sb.Coresignal.CreditsSpent()-before)

	part, err := d.CollectFields(t.Context(), refs[0], []string{"id", "full_name"})
	require.NoError(t, err)
	assert.Len(t, tree(t, string(any(part).(fullRecord).Raw())), 2)

	page, err := d.ListByQuery(t.Context(), everyone, employee.SearchOptions{})
	require.NoError(t, err)
	assert.ElementsMatch(t, sb.Coresignal.PersonIDs(), page.Items)
	_, err = d.Collect(t.Context(), employee.ID(1))
	require.ErrorIs(t, err, api.ErrNotFound)
}

func lossless[R any](t *testing.T, person coresignal.Person, r *R) {
	t.Helper()
	record := any(r).(fullRecord)
	assert.Equal(t, person.ID, record.EmployeeID())
	assert.Empty(t, record.Mismatched())
	for path := range record.Unknown() {
		assert.True(t, strings.HasPrefix(path, "education["), "%s has a place", path) // of Clean, whose rows no source shows
	}
	assert.Greater(t, len(record.Raw()), 500)
	again, err := json.Marshal(r)
	require.NoError(t, err)
	assert.True(t, reflect.DeepEqual(tree(t, string(record.Raw())), tree(t, string(again))), "written again, nothing is lost")
}

func TestCollectFromClean(t *testing.T) {
	sb, _ := start(t, coresignal.WithPeople(15), coresignal.WithRateLimit(0))
	client := connect(t, append(sb.Options(), withoutRateLimit(sb))...)
	collects(t, sb, &client.Employees.Clean.Dataset, 10, func(person coresignal.Person, r *employee.CleanRecord) {
		assert.Equal(t, person.Name, r.FullName)
		assert.Equal(t, person.Title, r.JobTitle)
		assert.Equal(t, person.ProfileURL, r.ProfessionalNetworkURL)
		assert.Contains(t, r.ShorthandNames, person.Shorthand)
		if person.Company != "" {
			titles := []string{}
			for _, e := range r.CurrentExperience() {
				titles = append(titles, e.Title+" at "+e.CompanyName)
			}
			assert.Contains(t, titles, person.Title+" at "+person.Company)
		}
	})
}

func TestCollectFromMultiSource(t *testing.T) {
	raw, addresses := make(map[string]string), make(map[string]int)
	for name, options := range map[string][]sandbox.Option{"live": nil, "documented": {coresignal.WithDocumentedNames()}} {
		t.Run(name, func(t *testing.T) {
			sb, _ := start(t, append(options, coresignal.WithPeople(15), coresignal.WithRateLimit(0))...)
			client := connect(t, append(sb.Options(), withoutRateLimit(sb))...)
			first := sb.Coresignal.PersonIDs()[0]
			collects(t, sb, &client.Employees.MultiSource.Dataset, 20, func(person coresignal.Person, r *employee.MultiSourceRecord) {
				assert.Empty(t, r.Unknown())
				assert.Equal(t, person.Name, r.FullName)
				assert.Equal(t, person.Title, r.ActiveExperienceTitle)
				assert.Equal(t, person.ProfileURL, r.NetworkURL())
				assert.Contains(t, r.ShorthandNames(), person.Shorthand)
				at := slices.IndexFunc(r.CurrentExperience(), func(e employee.MultiSourceExperience) bool { return e.CompanyName == person.Company })
				assert.Equal(t, person.Company != "", at >= 0)
				for _, e := range r.Experience {
					if e.CompanyNetworkURL() != "" {
						addresses[name]++
					}
				}
				if person.ID == first {
					raw[name] = string(r.Raw())
				}
			})
		})
	}
	assert.Positive(t, addresses["live"])
	assert.Equal(t, addresses["live"], addresses["documented"], "under either name")
	assert.Contains(t, raw["live"], `"linkedin_url"`)
	assert.NotContains(t, raw["live"], `"professional_network_url"`)
	assert.Contains(t, raw["documented"], `"professional_network_url"`)
	assert.NotContains(t, raw["documented"], `"linkedin_url"`)
}

func TestWithBudgetHoldsForEachCollect(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(5))
	ids := sb.Coresignal.PersonIDs()
	budget := employee.NewBudget(45)
	base, clean, multi := client.Employees.Base.WithBudget(budget), client.Employees.Clean.WithBudget(budget), client.Employees.MultiSource.WithBudget(budget)
	_, err := multi.Collect(t.Context(), employee.ID(ids[0]))
	require.NoError(t, err)
	_, err = clean.CollectFields(t.Context(), employee.ID(ids[0]), []string{"id"})
	require.NoError(t, err)
	_, err = base.Collect(t.Context(), employee.ID(1))
	require.ErrorIs(t, err, api.ErrNotFound)
	assert.EqualValues(t, 15, budget.Left(), "an unknown employee costs nothing")

	sent := sb.Requests()
	_, err = multi.Collect(t.Context(), employee.ID(ids[1]))
	require.ErrorIs(t, err, api.ErrBudget)
	assert.Contains(t, err.Error(), "employee.MultiSource.Collect: ")
	_, err = base.Collect(t.Context(), employee.Shorthand(".."))
	require.ErrorIs(t, err, employee.ErrInvalidRef)
	_, err = base.CollectFields(t.Context(), employee.ID(ids[1]), []string{""})
	require.ErrorIs(t, err, api.ErrInvalid)
	assert.Equal(t, sent, sb.Requests(), "nothing is sent")
	assert.EqualValues(t, 15, budget.Left(), "nothing is taken")

	_, err = base.Collect(t.Context(), employee.ID(ids[1]))
	require.NoError(t, err)
	_, err = base.Collect(t.Context(), employee.ID(ids[2]))
	require.ErrorIs(t, err, api.ErrBudget)
	assert.EqualValues(t, 5, budget.Left())
	assert.Equal(t, 40, sb.Coresignal.CreditsSpent())

	_, err = client.Employees.Base.Collect(t.Context(), employee.ID(ids[2]))
	require.NoError(t, err, "the dataset itself is not bound")
	_, err = base.WithBudget(nil).Collect(t.Context(), employee.ID(ids[2]))
	require.NoError(t, err, "no budget is no bound")
	v1 := employee.NewBudget(1)
	_, err = client.Employees.V1.WithBudget(v1).Collect(t.Context(), employee.ID(ids[0]))
	require.NoError(t, err)
	assert.Zero(t, v1.Left())
	page, err := client.Employees.Base.WithBudget(v1).ListByQuery(t.Context(), everyone, employee.SearchOptions{})
	require.NoError(t, err, "a search spends nothing")
	assert.Len(t, page.Items, 5)
}

func TestWithBudgetHoldsForCollectMany(t *testing.T) {
	const same = -1
	for name, tt := range map[string]struct {
		dataset, call int64 // budgets
		collected     int
		left          int64
	}{
		"of the dataset":       {25, 0, 2, 5},
		"of both, the same":    {25, same, 2, 5},
		"of both, less there":  {25, 100, 2, 5},
		"of both, less here":   {100, 15, 1, 90},
		"of both, all covered": {1000, 1000, 4, 960},
	} {
		t.Run(name, func(t *testing.T) {
			sb, client := start(t, coresignal.WithPeople(4))
			budget := employee.NewBudget(tt.dataset)
			o := employee.CollectManyOptions{Concurrency: 1}
			switch {
			case tt.call == same:
				o.Budget = budget
			case tt.call > 0:
				o.Budget = employee.NewBudget(tt.call)
			}
			var refs []employee.Ref
			for _, id := range sb.Coresignal.PersonIDs() {
				refs = append(refs, employee.ID(id))
			}
			collected, refused := 0, 0
			for result := range client.Employees.Base.WithBudget(budget).CollectMany(t.Context(), refs, o) {
				if result.Err == nil {
					collected++
					continue
				}
				require.ErrorIs(t, result.Err, api.ErrBudget)
				refused++
			}
			assert.Equal(t, tt.collected, collected)
			assert.Equal(t, 4, collected+refused)
			assert.Equal(t, collected, sb.Requests())
			assert.Equal(t, 10*collected, sb.Coresignal.CreditsSpent())
			assert.EqualValues(t, tt.left, budget.Left(), "each record is paid for once")
		})
	}
}

// TestBudgetKeepsWhatMayBeCharged returns the rest.
func TestBudgetKeepsWhatMayBeCharged(t *testing.T) {
	for name, tt := range map[string]struct {
		fault       sandbox.Fault
		left, spent int
	}{
		"402":          {sandbox.Fault{Status: 402}, 10, 0},
		"500":          {sandbox.Fault{Status: 500}, 10, 0},
		"429":          {sandbox.Fault{Status: 429}, 10, 0},
		"not a record": {sandbox.Fault{Status: 200, Body: `[]`}, 0, 0},
		"lost request": {sandbox.Fault{Drop: sandbox.DropBeforeAct}, 0, 0},
		"lost answer":  {sandbox.Fault{Drop: sandbox.DropAfterAct}, 0, 10},
		"half of it":   {sandbox.Fault{Drop: sandbox.DropMidBody}, 0, 10},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sb, client := startInMemory(t, coresignal.WithPeople(1))
				sb.Fail(tt.fault)
				budget := employee.NewBudget(10)
				_, err := client.Employees.Clean.WithBudget(budget).Collect(t.Context(), employee.ID(sb.Coresignal.PersonIDs()[0]))
				require.Error(t, err)
				assert.Equal(t, tt.left == 0, errors.Is(err, api.ErrMaybeApplied))
				assert.EqualValues(t, tt.left, budget.Left())
				assert.Equal(t, tt.spent, sb.Coresignal.CreditsSpent())
			})
		})
	}
}

// TestBudgetKeepsWhatWasChargedForAnAnswerTooLarge since the provider has sent it.
func TestBudgetKeepsWhatWasChargedForAnAnswerTooLarge(t *testing.T) {
	sb, _ := start(t, coresignal.WithPeople(1))
	client := connect(t, append(sb.Options(), pronet.WithMaxResponse(100))...)
	budget := employee.NewBudget(10)
	_, err := client.Employees.Base.WithBudget(budget).Collect(t.Context(), employee.ID(sb.Coresignal.PersonIDs()[0]))
	require.ErrorIs(t, err, api.ErrTooLarge)
	require.ErrorIs(t, err, api.ErrMaybeApplied)
	assert.Zero(t, budget.Left())
	assert.Equal(t, 10, sb.Coresignal.CreditsSpent())
}

func TestBudgetOfCallsThatAreNotMade(t *testing.T) {
	budget := employee.NewBudget(10)
	_, err := connect(t).Employees.Base.WithBudget(budget).Collect(t.Context(), employee.ID(1))
	require.ErrorIs(t, err, api.ErrNotConfigured)
	_, client := start(t, coresignal.WithPeople(1))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = client.Employees.Base.WithBudget(budget).Collect(ctx, employee.ID(1))
	require.ErrorIs(t, err, context.Canceled)
	assert.EqualValues(t, 10, budget.Left())
}

func TestOperationsAreDescribed(t *testing.T) {
	names := make(map[string]bool)
	for _, op := range employee.Operations() {
		assert.False(t, names[op.Name], op.Name)
		names[op.Name] = true
		assert.Equal(t, op.Retry == api.RetryPaidRead, op.Cost != "", op.Name)
		assert.Equal(t, op.Retry == api.RetryPaidRead, op.InDoubt != "", op.Name)
		assert.NotEmpty(t, op.Source, op.Name)
		assert.Equal(t, op.Certainty == wire.Assumed, op.Note != "", op.Name)
	}
	assert.Len(t, names, 18)
}
