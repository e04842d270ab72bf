package pronet_test

import (
	"context"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/internal/wire"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
	"github.com/pronet-go/pronet/subscriptions"
)

// contract is what the calls of the contract test work on.
type contract struct {
	sb     *sandbox.Sandbox
	client *pronet.Client
	ids    []int64
}

const hook = "http://127.0.0.1:9/hook"

var (
	toHook    = subscriptions.Options{WebhookURL: hook}
	anybody   = employee.Query{Clause: employee.Term("deleted", 0)}
	everybody = employee.Query{Clause: employee.Exists("id")}
	tracking  = subscriptions.Options{WebhookURL: hook, TrackedFields: []string{"experience"}}
	quickly   = bulkcollect.WaitOptions{FirstPoll: time.Millisecond, MaxPoll: time.Millisecond}
	contacts  = func(c *contract) employee.IDSource { return employee.IDs(c.ids...) }
)

// calls makes one call of each operation and checks the answer as a user would see it.
var calls = map[string]func(context.Context, *contract) error{
	"employee.V1.Collect": func(ctx context.Context, c *contract) error {
		_, err := c.client.Employees.V1.Collect(ctx, employee.ID(c.ids[0]))
		return err
	},
	"employee.V1.ListByFilter": func(ctx context.Context, c *contract) error {
		_, err := c.client.Employees.V1.ListByFilter(ctx, employee.V1Filter{Country: "Canada"}, employee.SearchOptions{})
		return err
	},
	"employee.V1.ListByQuery": func(ctx context.Context, c *contract) error {
		_, err := c.client.Employees.V1.ListByQuery(ctx, anybody, employee.SearchOptions{})
		return err
	},
	"employee.Base.Collect": func(ctx context.Context, c *contract) error {
		_, err := c.client.Employees.Base.Collect(ctx, employee.ID(c.ids[0]))
		return err
	},
	"employee.Base.ListByFilter": func(ctx context.Context, c *contract) error {
		_, err := c.client.Employees.Base.ListByFilter(ctx, employee.BaseFilter{Country: "Canada"}, employee.SearchOptions{})
		return err
	},
	"employee.Base.ListByQuery": func(ctx context.Context, c *contract) error {
		_, err := c.client.Employees.Base.ListByQuery(ctx, anybody, employee.SearchOptions{})
		return err
	},
	"subscriptions.V1.CreateFromIDs": func(ctx context.Context, c *contract) error {
		_, err := c.client.Subscriptions.V1.CreateFromIDs(ctx, contacts(c), toHook)
		return err
	},
	"subscriptions.V1.CreateFromFilter": func(ctx context.Context, c *contract) error {
		_, err := c.client.Subscriptions.V1.CreateFromFilter(ctx, employee.V1Filter{Country: "Canada"}, toHook)
		return err
	},
	"subscriptions.V1.CreateFromQuery": func(ctx context.Context, c *contract) error {
		_, err := c.client.Subscriptions.V1.CreateFromQuery(ctx, anybody, toHook)
		return err
	},
	"subscriptions.V1.List": func(ctx context.Context, c *contract) error {
		_, err := c.client.Subscriptions.V1.List(ctx, subscriptions.ListOptions{})
		return err
	},
	"subscriptions.V1.Get": func(ctx context.Context, c *contract) error {
		_, err := c.client.Subscriptions.V1.Get(ctx, c.v1Subscription(ctx))
		return err
	},
	"subscriptions.V1.Delete": func(ctx context.Context, c *contract) error {
		return c.client.Subscriptions.V1.Delete(ctx, c.v1Subscription(ctx))
	},
	"subscriptions.V1.Simulate": func(ctx context.Context, c *contract) error {
		return c.client.Subscriptions.V1.Simulate(ctx, hook)
	},
	"subscriptions.Base.CreateFromIDs": func(ctx context.Context, c *contract) error {
		_, err := c.client.Subscriptions.Base.CreateFromIDs(ctx, contacts(c), toHook)
		return err
	},
	"subscriptions.Base.CreateFromFilter": func(ctx context.Context, c *contract) error {
		_, err := c.client.Subscriptions.Base.CreateFromFilter(ctx, employee.BaseFilter{Country: "Canada"}, toHook)
		return err
	},
	"subscriptions.Base.CreateFromQuery": func(ctx context.Context, c *contract) error {
		_, err := c.client.Subscriptions.Base.CreateFromQuery(ctx, anybody, toHook)
		return err
	},
	"subscriptions.List": func(ctx context.Context, c *contract) error {
		_, err := c.client.Subscriptions.List(ctx, subscriptions.ListOptions{})
		return err
	},
	"subscriptions.Get": func(ctx context.Context, c *contract) error {
		_, err := c.client.Subscriptions.Get(ctx, c.subscription(ctx))
		return err
	},
	"subscriptions.Renew": func(ctx context.Context, c *contract) error {
		_, err := c.client.Subscriptions.Renew(ctx, c.subscription(ctx))
		return err
	},
	"subscriptions.Delete": func(ctx context.Context, c *contract) error {
		return c.client.Subscriptions.Delete(ctx, c.subscription(ctx))
	},
	"subscriptions.Simulate": func(ctx context.Context, c *contract) error {
		return c.client.Subscriptions.Simulate(ctx, hook)
	},
	"employee.Base.PreviewByQuery": func(ctx context.Context, c *contract) error {
		_, err := c.client.Employees.Base.PreviewByQuery(ctx, anybody, 1)
		return err
	},
	"employee.Base.PreviewByFilter": func(ctx context.Context, c *contract) error {
		_, err := c.client.Employees.Base.PreviewByFilter(ctx, employee.BaseFilter{Country: "Canada"}, 1)
		return err
	},
	"employee.Base.MapIDs": func(ctx context.Context, c *contract) error {
		for _, err := range c.client.Employees.Base.MapIDs(ctx, contacts(c)) {
			if err != nil {
				return err
			}
		}
		return nil
	},
	"employee.Clean.Collect": func(ctx context.Context, c *contract) error {
		_, err := c.client.Employees.Clean.Collect(ctx, employee.ID(c.ids[0]))
		return err
	},
	"employee.Clean.ListByQuery": func(ctx context.Context, c *contract) error {
		_, err := c.client.Employees.Clean.ListByQuery(ctx, everybody, employee.SearchOptions{})
		return err
	},
	"employee.Clean.ListBySemanticQuery": func(ctx context.Context, c *contract) error {
		_, err := c.client.Employees.Clean.ListBySemanticQuery(ctx, everybody, employee.SearchOptions{})
		return err
	},
	"employee.Clean.PreviewByQuery": func(ctx context.Context, c *contract) error {
		_, err := c.client.Employees.Clean.PreviewByQuery(ctx, everybody, 1)
		return err
	},
	"employee.MultiSource.Collect": func(ctx context.Context, c *contract) error {
		_, err := c.client.Employees.MultiSource.Collect(ctx, employee.ID(c.ids[0]))
		return err
	},
	"employee.MultiSource.ListByQuery": func(ctx context.Context, c *contract) error {
		_, err := c.client.Employees.MultiSource.ListByQuery(ctx, everybody, employee.SearchOptions{})
		return err
	},
	"employee.MultiSource.ListBySemanticQuery": func(ctx context.Context, c *contract) error {
		_, err := c.client.Employees.MultiSource.ListBySemanticQuery(ctx, everybody, employee.SearchOptions{})
		return err
	},
	"employee.MultiSource.PreviewByQuery": func(ctx context.Context, c *contract) error {
		_, err := c.client.Employees.MultiSource.PreviewByQuery(ctx, everybody, 1)
		return err
	},
	"employee.RealTime.Scrape": func(ctx context.Context, c *contract) error {
		person, _ := c.sb.Coresignal.Person(c.ids[0])
		_, err := c.client.Employees.RealTime.Scrape(ctx, employee.ProfileURL(person.ProfileURL), 0)
		return err
	},
	"subscriptions.Clean.CreateFromIDs": func(ctx context.Context, c *contract) error {
		_, err := c.client.Subscriptions.Clean.CreateFromIDs(ctx, contacts(c), toHook)
		return err
	},
	"subscriptions.Clean.CreateFromQuery": func(ctx context.Context, c *contract) error {
		_, err := c.client.Subscriptions.Clean.CreateFromQuery(ctx, everybody, toHook)
		return err
	},
	"subscriptions.MultiSource.CreateFromIDs": func(ctx context.Context, c *contract) error {
		_, err := c.client.Subscriptions.MultiSource.CreateFromIDs(ctx, contacts(c), tracking)
		return err
	},
	"subscriptions.MultiSource.CreateFromQuery": func(ctx context.Context, c *contract) error {
		_, err := c.client.Subscriptions.MultiSource.CreateFromQuery(ctx, everybody, tracking)
		return err
	},
	"subscriptions.ExperienceChanges.Base.CreateFromIDs": func(ctx context.Context, c *contract) error {
		_, err := c.client.Subscriptions.ExperienceChanges.Base.CreateFromIDs(ctx, contacts(c), toHook)
		return err
	},
	"subscriptions.ExperienceChanges.Base.CreateFromQuery": func(ctx context.Context, c *contract) error {
		_, err := c.client.Subscriptions.ExperienceChanges.Base.CreateFromQuery(ctx, anybody, toHook)
		return err
	},
	"subscriptions.ExperienceChanges.Clean.CreateFromIDs": func(ctx context.Context, c *contract) error {
		_, err := c.client.Subscriptions.ExperienceChanges.Clean.CreateFromIDs(ctx, contacts(c), toHook)
		return err
	},
	"subscriptions.ExperienceChanges.Clean.CreateFromQuery": func(ctx context.Context, c *contract) error {
		_, err := c.client.Subscriptions.ExperienceChanges.Clean.CreateFromQuery(ctx, everybody, toHook)
		return err
	},
	"subscriptions.ExperienceChanges.Clean.CreateForAll": func(ctx context.Context, c *contract) error {
		_, err := c.client.Subscriptions.ExperienceChanges.Clean.CreateForAll(ctx, subscriptions.Options{WebhookURL: hook, AcceptVolume: true})
		return err
	},
	"subscriptions.ExperienceChanges.MultiSource.CreateFromIDs": func(ctx context.Context, c *contract) error {
		_, err := c.client.Subscriptions.ExperienceChanges.MultiSource.CreateFromIDs(ctx, contacts(c), toHook)
		return err
	},
	"subscriptions.ExperienceChanges.MultiSource.CreateFromQuery": func(ctx context.Context, c *contract) error {
		_, err := c.client.Subscriptions.ExperienceChanges.MultiSource.CreateFromQuery(ctx, everybody, toHook)
		return err
	},
	"bulkcollect.V1.RequestByQuery": func(ctx context.Context, c *contract) error {
		_, err := c.client.BulkCollect.V1.RequestByQuery(ctx, anybody, bulkcollect.Options{})
		return err
	},
	"bulkcollect.V1.RequestByFilter": func(ctx context.Context, c *contract) error {
		_, err := c.client.BulkCollect.V1.RequestByFilter(ctx, employee.V1Filter{Country: "Canada"}, bulkcollect.Options{})
		return err
	},
	"bulkcollect.Base.RequestByQuery": func(ctx context.Context, c *contract) error {
		_, err := c.client.BulkCollect.Base.RequestByQuery(ctx, anybody, bulkcollect.Options{MaxRecords: 5})
		return err
	},
	"bulkcollect.Base.RequestByFilter": func(ctx context.Context, c *contract) error {
		_, err := c.client.BulkCollect.Base.RequestByFilter(ctx, employee.BaseFilter{Country: "Canada"}, bulkcollect.Options{})
		return err
	},
	"bulkcollect.Base.RequestByShorthandNames": func(ctx context.Context, c *contract) error {
		_, err := c.client.BulkCollect.Base.RequestByShorthandNames(ctx, c.shorthands(), bulkcollect.Options{})
		return err
	},
	"bulkcollect.Base.RequestByURLs": func(ctx context.Context, c *contract) error {
		_, err := c.client.BulkCollect.Base.RequestByURLs(ctx, c.urls(), bulkcollect.Options{})
		return err
	},
	"bulkcollect.Clean.RequestIDs": func(ctx context.Context, c *contract) error {
		_, err := c.client.BulkCollect.Clean.RequestIDs(ctx, contacts(c), bulkcollect.Options{})
		return err
	},
	"bulkcollect.Clean.RequestByQuery": func(ctx context.Context, c *contract) error {
		_, err := c.client.BulkCollect.Clean.RequestByQuery(ctx, everybody, bulkcollect.Options{})
		return err
	},
	"bulkcollect.Clean.RequestByShorthandNames": func(ctx context.Context, c *contract) error {
		_, err := c.client.BulkCollect.Clean.RequestByShorthandNames(ctx, c.shorthands(), bulkcollect.Options{})
		return err
	},
	"bulkcollect.Clean.RequestByURLs": func(ctx context.Context, c *contract) error {
		_, err := c.client.BulkCollect.Clean.RequestByURLs(ctx, c.urls(), bulkcollect.Options{})
		return err
	},
	"bulkcollect.MultiSource.RequestIDs": func(ctx context.Context, c *contract) error {
		_, err := c.client.BulkCollect.MultiSource.RequestIDs(ctx, contacts(c), bulkcollect.Options{})
		return err
	},
	"bulkcollect.MultiSource.RequestByQuery": func(ctx context.Context, c *contract) error {
		_, err := c.client.BulkCollect.MultiSource.RequestByQuery(ctx, everybody, bulkcollect.Options{})
		return err
	},
	"bulkcollect.V1.RequestIDs": func(ctx context.Context, c *contract) error {
		_, err := c.client.BulkCollect.V1.RequestIDs(ctx, contacts(c), bulkcollect.Options{})
		return err
	},
	"bulkcollect.V1.Files": func(ctx context.Context, c *contract) error {
		_, err := filesOf(ctx, c, &c.client.BulkCollect.V1.Dataset)
		return err
	},
	"bulkcollect.V1.OpenFile": func(ctx context.Context, c *contract) error {
		return readFile(ctx, c, &c.client.BulkCollect.V1.Dataset)
	},
	"bulkcollect.Base.RequestIDs": func(ctx context.Context, c *contract) error {
		_, err := c.client.BulkCollect.Base.RequestIDs(ctx, contacts(c), bulkcollect.Options{MaxRecords: 2})
		return err
	},
	"bulkcollect.Base.Files": func(ctx context.Context, c *contract) error {
		_, err := filesOf(ctx, c, &c.client.BulkCollect.Base.Dataset)
		return err
	},
	"bulkcollect.Base.OpenFile": func(ctx context.Context, c *contract) error {
		return readFile(ctx, c, &c.client.BulkCollect.Base.Dataset)
	},
}

func (c *contract) shorthands() (names []string) {
	for _, id := range c.ids {
		person, _ := c.sb.Coresignal.Person(id)
		names = append(names, person.Shorthand)
	}
	return names
}

func (c *contract) urls() (urls []string) {
	for _, id := range c.ids {
		person, _ := c.sb.Coresignal.Person(id)
		urls = append(urls, person.ProfileURL)
	}
	return urls
}

// subscription makes one to work on.
func (c *contract) subscription(ctx context.Context) string {
	s, err := c.client.Subscriptions.Base.CreateFromIDs(ctx, contacts(c), toHook)
	if err != nil {
		return ""
	}
	return s.ID
}

func (c *contract) v1Subscription(ctx context.Context) string {
	s, err := c.client.Subscriptions.V1.CreateFromIDs(ctx, contacts(c), toHook)
	if err != nil {
		return ""
	}
	return s.ID
}

type found struct {
	job   string
	names []string
}

func filesOf[R any](ctx context.Context, c *contract, jobs *bulkcollect.Dataset[R]) (found, error) {
	job, err := jobs.RequestIDs(ctx, contacts(c), bulkcollect.Options{})
	if err != nil {
		return found{}, err
	}
	names, err := jobs.Wait(ctx, job.ID, quickly)
	return found{job.ID, names}, err
}

func readFile[R any](ctx context.Context, c *contract, jobs *bulkcollect.Dataset[R]) error {
	files, err := filesOf(ctx, c, jobs)
	if err != nil {
		return err
	}
	file, err := jobs.OpenFile(ctx, files.job, files.names[0])
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, file)
	return errorsOf(err, file.Close())
}

func errorsOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

var (
	manySegments = regexp.MustCompile(`\{[^}]*\.\.\.\}`)
	oneSegment   = regexp.MustCompile(`\{[^}]*\}`)
)

// requestPattern is the path pattern of an operation's requests. A {name...} stands for the two segments of a file's
// name in the current API.
func requestPattern(op wire.Op) string {
	return oneSegment.ReplaceAllString(manySegments.ReplaceAllString(op.Route, "*/*"), "*")
}

// requestsOf counts an operation's requests. The names of V1's files are one segment.
func requestsOf(sb *sandbox.Sandbox, op wire.Op) int {
	pattern := requestPattern(op)
	n := sb.RequestsTo(op.Method, pattern)
	if one, many := strings.CutSuffix(pattern, "*/*"); many {
		n += sb.RequestsTo(op.Method, one+"*")
	}
	return n
}

// TestContract makes a call of every operation against the sandbox behind a path prefix, which catches absolute URLs:
// the call succeeds, and exactly the request of that operation arrives.
func TestContract(t *testing.T) {
	for _, op := range pronet.Operations() {
		t.Run(op.Name, func(t *testing.T) {
			sb, client := start(t, sandbox.WithPathPrefix("/gateway/coresignal"), coresignal.WithPeople(30), coresignal.WithV1Credits(500), coresignal.WithJobPolls(1))
			require.True(t, strings.HasSuffix(sb.Coresignal.URL(), "/gateway/coresignal"))
			call := calls[op.Name]
			require.NotNil(t, call, "the contract table has no row for %s", op.Name)
			require.NoError(t, call(t.Context(), &contract{sb, client, sb.Coresignal.PersonIDs()[:3]}))
			assert.Positive(t, requestsOf(sb, op))
		})
	}
	assert.Len(t, calls, len(pronet.Operations()), "a row without an operation")
}

// TestLostAnswersOfSpendingCalls: the sandbox carries out each paid or creating call and drops the connection. Nothing
// happens twice, and the caller is told that it may have happened and where to look.
func TestLostAnswersOfSpendingCalls(t *testing.T) {
	tested := 0
	for _, op := range pronet.Operations() {
		if op.Retry != api.RetryPaidRead && op.Retry != api.RetryUnsent {
			continue
		}
		for name, drop := range map[string]sandbox.Drop{"without an answer": sandbox.DropAfterAct, "in the middle of the response": sandbox.DropMidBody} {
			tested++
			t.Run(op.Name+" "+name, func(t *testing.T) {
				sb, client := start(t, coresignal.WithPeople(30), coresignal.WithV1Credits(500))
				c := &contract{sb, client, sb.Coresignal.PersonIDs()[:3]}
				before, price := effects{}, 10
				if strings.Contains(op.Name, "MultiSource") {
					price = 20
				}
				if op.Name == "subscriptions.Renew" {
					before.subscriptions = 1 // made to be renewed
				}
				sb.Fail(sandbox.Fault{Method: op.Method, Path: requestPattern(op), Drop: drop})
				err := calls[op.Name](t.Context(), c)
				require.ErrorIs(t, err, api.ErrMaybeApplied)
				assert.ErrorContains(t, err, "before you retry: "+op.InDoubt)
				assert.Equal(t, 1, requestsOf(sb, op), "requests")
				assert.Equal(t, 1, effectsOf(sb, price).minus(before), "effects")
			})
		}
	}
	assert.GreaterOrEqual(t, tested, 20)
}

// effects are the things that cannot be undone.
type effects struct{ subscriptions, jobs, simulations, collected, scraped, searches, previews, renewals int }

func effectsOf(sb *sandbox.Sandbox, price int) effects {
	e := effects{subscriptions: sb.Coresignal.SubscriptionsCreated(), jobs: sb.Coresignal.JobsCreated(), simulations: sb.Coresignal.Simulations()}
	for _, id := range sb.Coresignal.PersonIDs() {
		e.collected += sb.Coresignal.Collected(id)
		e.scraped += sb.Coresignal.Scraped(id)
	}
	if e.collected == 0 {
		e.searches = sb.Coresignal.V1CreditsSpent()
		e.previews = sb.Coresignal.CreditsSpent() / price
	}
	e.renewals = sb.RequestsTo("POST", "/cdapi/v2/subscriptions/*/renew")
	return e
}

func (e effects) minus(before effects) int {
	return e.subscriptions - before.subscriptions + e.jobs + e.simulations + e.collected + e.scraped + e.searches + e.previews + e.renewals
}

func optionsTo(url string) subscriptions.Options { return subscriptions.Options{WebhookURL: url} }
