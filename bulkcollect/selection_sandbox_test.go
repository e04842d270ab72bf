package bulkcollect_test

import (
	"context"
	"iter"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
)

// records reads a job's records and returns their IDs.
func records[R any](t *testing.T, walk iter.Seq2[*R, error], id func(*R) int64) (ids []int64) {
	t.Helper()
	for record, err := range walk {
		require.NoError(t, err)
		ids = append(ids, id(record))
	}
	return ids
}

// jobsOf are all ways to make a job in one dataset of a sandbox, for the same people.
type jobsOf struct {
	cost    int
	make    map[string]func(o bulkcollect.Options) (*bulkcollect.Job, error)
	wait    func(ctx context.Context, id string) ([]string, error)
	records func(t *testing.T, id string) []int64
}

// titled is the title that tells those who are asked for from everybody else.
const titled = "Keeper of the Lighthouse"

func everyDataset(client *pronet.Client, ids []int64, names, urls []string) map[string]jobsOf {
	type job = *bulkcollect.Job
	type options = bulkcollect.Options
	b, ctx := client.BulkCollect, context.Background()
	soon := bulkcollect.WaitOptions{FirstPoll: time.Millisecond}
	phrase := func(field string) employee.Query {
		return employee.Query{Clause: employee.MatchPhrase(field, titled)}
	}
	return map[string]jobsOf{
		"V1": {
			cost: 1,
			make: map[string]func(options) (job, error){
				"IDs":   func(o options) (job, error) { return b.V1.RequestIDs(ctx, employee.IDs(ids...), o) },
				"query": func(o options) (job, error) { return b.V1.RequestByQuery(ctx, phrase("title"), o) },
				"filter": func(o options) (job, error) {
					return b.V1.RequestByFilter(ctx, employee.V1Filter{Title: `"` + titled + `"`}, o)
				},
			},
			wait: func(ctx context.Context, id string) ([]string, error) { return b.V1.Wait(ctx, id, soon) },
			records: func(t *testing.T, id string) []int64 {
				return records(t, b.V1.Records(ctx, id), func(r *employee.V1Record) int64 { return r.ID })
			},
		},
		"Base": {
			cost: 10,
			make: map[string]func(options) (job, error){
				"IDs":   func(o options) (job, error) { return b.Base.RequestIDs(ctx, employee.IDs(ids...), o) },
				"query": func(o options) (job, error) { return b.Base.RequestByQuery(ctx, phrase("headline"), o) },
				"filter": func(o options) (job, error) {
					return b.Base.RequestByFilter(ctx, employee.BaseFilter{Headline: `"` + titled + `"`}, o)
				},
				"names": func(o options) (job, error) { return b.Base.RequestByShorthandNames(ctx, names, o) },
				"URLs":  func(o options) (job, error) { return b.Base.RequestByURLs(ctx, urls, o) },
			},
			wait: func(ctx context.Context, id string) ([]string, error) { return b.Base.Wait(ctx, id, soon) },
			records: func(t *testing.T, id string) []int64 {
				return records(t, b.Base.Records(ctx, id), func(r *employee.BaseRecord) int64 { return r.ID })
			},
		},
		"Clean": {
			cost: 10,
			make: map[string]func(options) (job, error){
				"IDs":   func(o options) (job, error) { return b.Clean.RequestIDs(ctx, employee.IDs(ids...), o) },
				"query": func(o options) (job, error) { return b.Clean.RequestByQuery(ctx, phrase("job_title"), o) },
				"names": func(o options) (job, error) { return b.Clean.RequestByShorthandNames(ctx, names, o) },
				"URLs":  func(o options) (job, error) { return b.Clean.RequestByURLs(ctx, urls, o) },
			},
			wait: func(ctx context.Context, id string) ([]string, error) { return b.Clean.Wait(ctx, id, soon) },
			records: func(t *testing.T, id string) []int64 {
				return records(t, b.Clean.Records(ctx, id), func(r *employee.CleanRecord) int64 { return r.ID })
			},
		},
		"MultiSource": {
			cost: 20,
			make: map[string]func(options) (job, error){
				"IDs": func(o options) (job, error) { return b.MultiSource.RequestIDs(ctx, employee.IDs(ids...), o) },
				"query": func(o options) (job, error) {
					return b.MultiSource.RequestByQuery(ctx, phrase("active_experience_title"), o)
				},
			},
			wait: func(ctx context.Context, id string) ([]string, error) { return b.MultiSource.Wait(ctx, id, soon) },
			records: func(t *testing.T, id string) []int64 {
				return records(t, b.MultiSource.Records(ctx, id), func(r *employee.MultiSourceRecord) int64 { return r.ID })
			},
		},
	}
}

// keepers gives some people the title and returns them, with every second one named twice.
func keepers(t *testing.T, sb *sandbox.Sandbox, n int) (ids []int64, names, urls []string) {
	t.Helper()
	for p := range sb.Coresignal.People() {
		if len(ids) == n {
			break
		}
		if p.Company == "" || p.Title == "" {
			continue
		}
		require.NoError(t, sb.Coresignal.Promote(p.ID, titled))
		ids, names, urls = append(ids, p.ID), append(names, p.Shorthand), append(urls, p.ProfileURL)
	}
	require.Len(t, ids, n)
	slices.Sort(ids)
	return ids, append(names, names[0]), append(urls, urls[0])
}

// TestJobsGiveExactlyWhatWasAskedFor in every dataset and every way, and cost just that.
func TestJobsGiveExactlyWhatWasAskedFor(t *testing.T) {
	for _, most := range []int{0, 2} {
		sb, client := start(t, coresignal.WithPeople(60), coresignal.WithRateLimit(0), coresignal.WithPartSize(2), coresignal.WithJobPolls(1))
		ids, names, urls := keepers(t, sb, 5)
		for dataset, jobs := range everyDataset(client, ids, names, urls) {
			for how, request := range jobs.make {
				o, want := bulkcollect.Options{MaxRecords: most}, ids
				if most > 0 {
					want = ids[:most]
				}
				spent := sb.Coresignal.CreditsSpent() + sb.Coresignal.V1CreditsSpent()
				job, err := request(o)
				if dataset == "V1" && most > 0 {
					require.ErrorIs(t, err, api.ErrInvalid)
					continue
				}
				require.NoError(t, err, "%s by %s", dataset, how)
				files, err := jobs.wait(t.Context(), job.ID)
				require.NoError(t, err, "%s by %s", dataset, how)
				assert.Len(t, files, (len(want)+1)/2)
				assert.Equal(t, want, jobs.records(t, job.ID), "%s by %s", dataset, how)
				assert.Equal(t, jobs.cost*len(want), sb.Coresignal.CreditsSpent()+sb.Coresignal.V1CreditsSpent()-spent, "%s by %s", dataset, how)
			}
		}
	}
}

// TestAQueryThatMatchesTooMany is accepted and fails later, without a price.
func TestAQueryThatMatchesTooMany(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(60), coresignal.WithRateLimit(0), coresignal.WithMaxBulkRecords(4))
	ids, names, urls := keepers(t, sb, 5)
	for dataset, jobs := range everyDataset(client, ids, names, urls) {
		for how, request := range jobs.make {
			job, err := request(bulkcollect.Options{})
			if how != "query" && how != "filter" {
				require.ErrorIs(t, err, api.ErrInvalid, "%s by %s: a list is counted at once", dataset, how)
				continue
			}
			require.NoError(t, err, "%s by %s", dataset, how)
			_, err = jobs.wait(t.Context(), job.ID)
			require.ErrorIs(t, err, api.ErrInvalid, "%s by %s", dataset, how)
			if dataset == "V1" {
				continue
			}
			capped, err := request(bulkcollect.Options{MaxRecords: 4})
			require.NoError(t, err)
			_, err = jobs.wait(t.Context(), capped.ID)
			require.NoError(t, err)
			assert.Equal(t, ids[:4], jobs.records(t, capped.ID), "%s by %s", dataset, how)
		}
	}
	assert.Zero(t, sb.Coresignal.V1CreditsSpent())
	assert.Equal(t, 4*(10+10+10+20), sb.Coresignal.CreditsSpent(), "only what was capped")
}

// TestBudgetOfASelection reserves MaxRecords for a query, and the length of a list otherwise.
func TestBudgetOfASelection(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(60), coresignal.WithRateLimit(0))
	ids, names, urls := keepers(t, sb, 5)
	for dataset, jobs := range everyDataset(client, ids, names, urls) {
		if dataset == "V1" {
			continue
		}
		for how, request := range jobs.make {
			budget := employee.NewBudget(2_000)
			o := bulkcollect.Options{Budget: budget}
			reserved := 5
			if how == "query" || how == "filter" {
				o.MaxRecords, reserved = 30, 30
			}
			first, err := request(o)
			require.NoError(t, err, "%s by %s", dataset, how)
			assert.EqualValues(t, 2_000-reserved*jobs.cost, budget.Left(), "%s by %s", dataset, how)
			again, err := request(o)
			require.NoError(t, err)
			assert.Equal(t, &bulkcollect.Job{ID: first.ID, Attached: true}, again, "an identical one is in progress")
			assert.EqualValues(t, 2_000-reserved*jobs.cost, budget.Left(), "and costs nothing")
		}
	}
}

// TestALostAnswerToASelectionIsNotAskedForAgain, and what it may cost stays reserved.
func TestALostAnswerToASelectionIsNotAskedForAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sb, client := startInMemory(t, coresignal.WithPeople(60))
		all := requests(t, client, "a-a", "b-b")
		sb.Fail(sandbox.Fault{Method: "POST", Drop: sandbox.DropAfterAct})
		for path, request := range all {
			o := bulkcollect.Options{}
			v1 := strings.HasPrefix(path, "/cdapi/v1/")
			if !v1 {
				o.MaxRecords, o.Budget = 2, employee.NewBudget(40)
			}
			_, err := request(o)
			require.ErrorIs(t, err, api.ErrMaybeApplied, path)
			require.ErrorContains(t, err, "a job may be running and will be charged", path)
			if !v1 {
				assert.Less(t, o.Budget.Left(), int64(40), path)
			}
		}
		assert.Equal(t, len(all), sb.Coresignal.JobsCreated())
		assert.Equal(t, len(all), sb.RequestsTo("POST", ""))
	})
}
