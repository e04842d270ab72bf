package pronet_test

import (
	"context"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

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
	"Employees.V1.Collect": func(ctx context.Context, c *contract) error {
		_, err := c.client.Employees.V1.Collect(ctx, employee.ID(c.ids[0]))
		return err
	},
	"Employees.V1.ListByFilter": func(ctx context.Context, c *contract) error {
		_, err := c.client.Employees.V1.ListByFilter(ctx, employee.V1Filter{Country: "Canada"}, employee.SearchOptions{})
		return err
	},
	"Employees.V1.ListByQuery": func(ctx context.Context, c *contract) error {
		_, err := c.client.Employees.V1.ListByQuery(ctx, anybody, employee.SearchOptions{})
		return err
	},
	"Employees.Base.Collect": func(ctx context.Context, c *contract) error {
		_, err := c.client.Employees.Base.Collect(ctx, employee.ID(c.ids[0]))
		return err
	},
	"Employees.Base.ListByFilter": func(ctx context.Context, c *contract) error {
		_, err := c.client.Employees.Base.ListByFilter(ctx, employee.BaseFilter{Country: "Canada"}, employee.SearchOptions{})
		return err
	},
	"Employees.Base.ListByQuery": func(ctx context.Context, c *contract) error {
		_, err := c.client.Employees.Base.ListByQuery(ctx, anybody, employee.SearchOptions{})
		return err
	},
	"Subscriptions.V1.CreateFromIDs": func(ctx context.Context, c *contract) error {
		_, err := c.client.Subscriptions.V1.CreateFromIDs(ctx, contacts(c), toHook)
		return err
	},
	"Subscriptions.V1.CreateFromFilter": func(ctx context.Context, c *contract) error {
		_, err := c.client.Subscriptions.V1.CreateFromFilter(ctx, employee.V1Filter{Country: "Canada"}, toHook)
		return err
	},
	"Subscriptions.V1.CreateFromQuery": func(ctx context.Context, c *contract) error {
		_, err := c.client.Subscriptions.V1.CreateFromQuery(ctx, anybody, toHook)
		return err
	},
	"Subscriptions.V1.List": func(ctx context.Context, c *contract) error {
		_, err := c.client.Subscriptions.V1.List(ctx, subscriptions.ListOptions{})
		return err
	},
	"Subscriptions.V1.Get": func(ctx context.Context, c *contract) error {
		_, err := c.client.Subscriptions.V1.Get(ctx, c.v1Subscription(ctx))
		return err
	},
	"Subscriptions.V1.Delete": func(ctx context.Context, c *contract) error {
		return c.client.Subscriptions.V1.Delete(ctx, c.v1Subscription(ctx))
	},
	"Subscriptions.V1.Simulate": func(ctx context.Context, c *contract) error {
		return c.client.Subscriptions.V1.Simulate(ctx, hook)
	},
	"Subscriptions.Base.CreateFromIDs": func(ctx context.Context, c *contract) error {
		_, err := c.client.Subscriptions.Base.CreateFromIDs(ctx, contacts(c), toHook)
		return err
	},
	"Subscriptions.Base.CreateFromFilter": func(ctx context.Context, c *contract) error {
		_, err := c.client.Subscriptions.Base.CreateFromFilter(ctx, employee.BaseFilter{Country: "Canada"}, toHook)
		return err
	},
	"Subscriptions.Base.CreateFromQuery": func(ctx context.Context, c *contract) error {
		_, err := c.client.Subscriptions.Base.CreateFromQuery(ctx, anybody, toHook)
		return err
	},
	"Subscriptions.List": func(ctx context.Context, c *contract) error {
		_, err := c.client.Subscriptions.List(ctx, subscriptions.ListOptions{})
		return err
	},
	"Subscriptions.Get": func(ctx context.Context, c *contract) error {
		_, err := c.client.Subscriptions.Get(ctx, c.subscription(ctx))
		return err
	},
	"Subscriptions.Renew": func(ctx context.Context, c *contract) error {
		_, err := c.client.Subscriptions.Renew(ctx, c.subscription(ctx))
		return err
	},
	"Subscriptions.Delete": func(ctx context.Context, c *contract) error {
		return c.client.Subscriptions.Delete(ctx, c.subscription(ctx))
	},
	"Subscriptions.Simulate": func(ctx context.Context, c *contract) error {
		return c.client.Subscriptions.Simulate(ctx, hook)
	},
	"Employees.Base.PreviewByQuery": func(ctx context.Context, c *contract) error {
		_, err := c.client.Employees.Base.PreviewByQuery(ctx, anybody, 1)
		return err
	},
	"Employees.Base.PreviewByFilter": func(ctx context.Context, c *contract) error {
		_, err := c.client.Employees.Base.PreviewByFilter(ctx, employee.BaseFilter{Country: "Canada"}, 1)
		return err
	},
	"Employees.Base.MapIDs": func(ctx context.Context, c *contract) error {
		for _, err := range c.client.Employees.Base.MapIDs(ctx, contacts(c)) {
			if err != nil {
				return err
			}
		}
		return nil
	},
	"Employees.Clean.Collect": func(ctx context.Context, c *contract) error {
		_, err := c.client.Employees.Clean.Collect(ctx, employee.ID(c.ids[0]))
		return err
	},
	"Employees.Clean.ListByQuery": func(ctx context.Context, c *contract) error {
		_, err := c.client.Employees.Clean.ListByQuery(ctx, everybody, employee.SearchOptions{})
		return err
	},
	"Employees.Clean.ListBySemanticQuery": func(ctx context.Context, c *contract) error {
		_, err := c.client.Employees.Clean.ListBySemanticQuery(ctx, everybody, employee.SearchOptions{})
		return err
	},
	"Employees.Clean.PreviewByQuery": func(ctx context.Context, c *contract) error {
		_, err := c.client.Employees.Clean.PreviewByQuery(ctx, everybody, 1)
		return err
	},
	"Employees.MultiSource.Collect": func(ctx context.Context, c *contract) error {
		_, err := c.client.Employees.MultiSource.Collect(ctx, employee.ID(c.ids[0]))
		return err
	},
	"Employees.MultiSource.ListByQuery": func(ctx context.Context, c *contract) error {
		_, err := c.client.Employees.MultiSource.ListByQuery(ctx, everybody, employee.SearchOptions{})
		return err
	},
	"Employees.MultiSource.ListBySemanticQuery": func(ctx context.Context, c *contract) error {
		_, err := c.client.Employees.MultiSource.ListBySemanticQuery(ctx, everybody, employee.SearchOptions{})
		return err
	},
	"Employees.MultiSource.PreviewByQuery": func(ctx context.Context, c *contract) error {
		_, err := c.client.Employees.MultiSource.PreviewByQuery(ctx, everybody, 1)
		return err
	},
	"Employees.RealTime.Scrape": func(ctx context.Context, c *contract) error {
		person, _ := c.sb.Coresignal.Person(c.ids[0])
		_, err := c.client.Employees.RealTime.Scrape(ctx, employee.ProfileURL(person.ProfileURL), 0)
		return err
	},
	"Subscriptions.Clean.CreateFromIDs": func(ctx context.Context, c *contract) error {
		_, err := c.client.Subscriptions.Clean.CreateFromIDs(ctx, contacts(c), toHook)
		return err
	},
	"Subscriptions.Clean.CreateFromQuery": func(ctx context.Context, c *contract) error {
		_, err := c.client.Subscriptions.Clean.CreateFromQuery(ctx, everybody, toHook)
		return err
	},
	"Subscriptions.MultiSource.CreateFromIDs": func(ctx context.Context, c *contract) error {
		_, err := c.client.Subscriptions.MultiSource.CreateFromIDs(ctx, contacts(c), tracking)
		return err
	},
	"Subscriptions.MultiSource.CreateFromQuery": func(ctx context.Context, c *contract) error {
		_, err := c.client.Subscriptions.MultiSource.CreateFromQuery(ctx, everybody, tracking)
		return err
	},
	"Subscriptions.ExperienceChanges.Base.CreateFromIDs": func(ctx context.Context, c *contract) error {
		_, err := c.client.Subscriptions.ExperienceChanges.Base.CreateFromIDs(ctx, contacts(c), toHook)
		return err
	},
	"Subscriptions.ExperienceChanges.Base.CreateFromQuery": func(ctx context.Context, c *contract) error {
		_, err := c.client.Subscriptions.ExperienceChanges.Base.CreateFromQuery(ctx, anybody, toHook)
		return err
	},
	"Subscriptions.ExperienceChanges.Clean.CreateFromIDs": func(ctx context.Context, c *contract) error {
		_, err := c.client.Subscriptions.ExperienceChanges.Clean.CreateFromIDs(ctx, contacts(c), toHook)
		return err
	},
	"Subscriptions.ExperienceChanges.Clean.CreateFromQuery": func(ctx context.Context, c *contract) error {
		_, err := c.client.Subscriptions.ExperienceChanges.Clean.CreateFromQuery(ctx, everybody, toHook)
		return err
	},
	"Subscriptions.ExperienceChanges.Clean.CreateForAll": func(ctx context.Context, c *contract) error {
		_, err := c.client.Subscriptions.ExperienceChanges.Clean.CreateForAll(ctx, subscriptions.Options{WebhookURL: hook, AcceptVolume: true})
		return err
	},
	"Subscriptions.ExperienceChanges.MultiSource.CreateFromIDs": func(ctx context.Context, c *contract) error {
		_, err := c.client.Subscriptions.ExperienceChanges.MultiSource.CreateFromIDs(ctx, contacts(c), toHook)
		return err
	},
	"Subscriptions.ExperienceChanges.MultiSource.CreateFromQuery": func(ctx context.Context, c *contract) error {
		_, err := c.client.Subscriptions.ExperienceChanges.MultiSource.CreateFromQuery(ctx, everybody, toHook)
		return err
	},
	"BulkCollect.V1.RequestByQuery": func(ctx context.Context, c *contract) error {
		_, err := c.client.BulkCollect.V1.RequestByQuery(ctx, anybody, bulkcollect.Options{})
		return err
	},
	"BulkCollect.V1.RequestByFilter": func(ctx context.Context, c *contract) error {
		_, err := c.client.BulkCollect.V1.RequestByFilter(ctx, employee.V1Filter{Country: "Canada"}, bulkcollect.Options{})
		return err
	},
	"BulkCollect.Base.RequestByQuery": func(ctx context.Context, c *contract) error {
		_, err := c.client.BulkCollect.Base.RequestByQuery(ctx, anybody, bulkcollect.Options{MaxRecords: 5})
		return err
	},
	"BulkCollect.Base.RequestByFilter": func(ctx context.Context, c *contract) error {
		_, err := c.client.BulkCollect.Base.RequestByFilter(ctx, employee.BaseFilter{Country: "Canada"}, bulkcollect.Options{})
		return err
	},
	"BulkCollect.Base.RequestByShorthandNames": func(ctx context.Context, c *contract) error {
		_, err := c.client.BulkCollect.Base.RequestByShorthandNames(ctx, c.shorthands(), bulkcollect.Options{})
		return err
	},
	"BulkCollect.Base.RequestByURLs": func(ctx context.Context, c *contract) error {
		_, err := c.client.BulkCollect.Base.RequestByURLs(ctx, c.urls(), bulkcollect.Options{})
		return err
	},
	"BulkCollect.Clean.RequestIDs": func(ctx context.Context, c *contract) error {
		_, err := c.client.BulkCollect.Clean.RequestIDs(ctx, contacts(c), bulkcollect.Options{})
		return err
	},
	"BulkCollect.Clean.RequestByQuery": func(ctx context.Context, c *contract) error {
		_, err := c.client.BulkCollect.Clean.RequestByQuery(ctx, everybody, bulkcollect.Options{})
		return err
	},
	"BulkCollect.Clean.RequestByShorthandNames": func(ctx context.Context, c *contract) error {
		_, err := c.client.BulkCollect.Clean.RequestByShorthandNames(ctx, c.shorthands(), bulkcollect.Options{})
		return err
	},
	"BulkCollect.Clean.RequestByURLs": func(ctx context.Context, c *contract) error {
		_, err := c.client.BulkCollect.Clean.RequestByURLs(ctx, c.urls(), bulkcollect.Options{})
		return err
	},
	"BulkCollect.MultiSource.RequestIDs": func(ctx context.Context, c *contract) error {
		_, err := c.client.BulkCollect.MultiSource.RequestIDs(ctx, contacts(c), bulkcollect.Options{})
		return err
	},
	"BulkCollect.MultiSource.RequestByQuery": func(ctx context.Context, c *contract) error {
		_, err := c.client.BulkCollect.MultiSource.RequestByQuery(ctx, everybody, bulkcollect.Options{})
		return err
	},
	"BulkCollect.V1.RequestIDs": func(ctx context.Context, c *contract) error {
		_, err := c.client.BulkCollect.V1.RequestIDs(ctx, contacts(c), bulkcollect.Options{})
		return err
	},
	"BulkCollect.V1.Files": func(ctx context.Context, c *contract) error {
		_, err := filesOf(ctx, c, c.client.BulkCollect.V1)
		return err
	},
	"BulkCollect.V1.OpenFile": func(ctx context.Context, c *contract) error {
		return readFile(ctx, c, c.client.BulkCollect.V1)
	},
	"BulkCollect.Base.RequestIDs": func(ctx context.Context, c *contract) error {
		_, err := c.client.BulkCollect.Base.RequestIDs(ctx, contacts(c), bulkcollect.Options{MaxRecords: 2})
		return err
	},
	"BulkCollect.Base.Files": func(ctx context.Context, c *contract) error {
		_, err := filesOf(ctx, c, c.client.BulkCollect.Base)
		return err
	},
	"BulkCollect.Base.OpenFile": func(ctx context.Context, c *contract) error {
		return readFile(ctx, c, c.client.BulkCollect.Base)
	},
	"BulkCollect.Clean.Files": func(ctx context.Context, c *contract) error {
		_, err := filesOf(ctx, c, c.client.BulkCollect.Clean)
		return err
	},
	"BulkCollect.Clean.OpenFile": func(ctx context.Context, c *contract) error {
		return readFile(ctx, c, c.client.BulkCollect.Clean)
	},
	"BulkCollect.MultiSource.Files": func(ctx context.Context, c *contract) error {
		_, err := filesOf(ctx, c, c.client.BulkCollect.MultiSource)
		return err
	},
	"BulkCollect.MultiSource.OpenFile": func(ctx context.Context, c *contract) error {
		return readFile(ctx, c, c.client.BulkCollect.MultiSource)
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

// jobs is what the datasets of package bulkcollect have in common here.
type jobs interface {
	RequestIDs(ctx context.Context, ids employee.IDSource, o bulkcollect.Options, options ...api.CallOption) (*bulkcollect.Job, error)
	Wait(ctx context.Context, jobID string, o bulkcollect.WaitOptions, options ...api.CallOption) ([]string, error)
	OpenFile(ctx context.Context, jobID, name string, options ...api.CallOption) (*bulkcollect.File, error)
}

func filesOf(ctx context.Context, c *contract, jobs jobs) (found, error) {
	job, err := jobs.RequestIDs(ctx, contacts(c), bulkcollect.Options{})
	if err != nil {
		return found{}, err
	}
	names, err := jobs.Wait(ctx, job.ID, quickly)
	return found{job.ID, names}, err
}

func readFile(ctx context.Context, c *contract, jobs jobs) error {
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

// coresignalContract is what the contract tests need to know of Coresignal, whose two APIs are one provider in the sandbox.
var coresignalContract = providerContract{
	providers: []api.Provider{api.Coresignal, api.CoresignalV1},
	rows:      slices.Collect(maps.Keys(calls)),
	begin: func(t *testing.T, prefix string) running {
		sb, client := start(t, sandbox.WithPathPrefix(prefix), coresignal.WithPeople(30), coresignal.WithV1Credits(500), coresignal.WithJobPolls(1))
		c := &contract{sb, client, sb.Coresignal.PersonIDs()[:3]}
		return running{
			sb: sb, url: sb.Coresignal.URL(),
			call: func(ctx context.Context, name string) error { return calls[name](ctx, c) },
			effects: func(op wire.Op) int {
				price, made := 10, 0
				if strings.Contains(op.Name, "MultiSource") {
					price = 20
				}
				if op.Name == "Subscriptions.Renew" {
					made = 1 // to be renewed
				}
				return effectsOf(sb, price).sum() - made
			},
		}
	},
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

func (e effects) sum() int {
	return e.subscriptions + e.jobs + e.simulations + e.collected + e.scraped + e.searches + e.previews + e.renewals
}

func optionsTo(url string) subscriptions.Options { return subscriptions.Options{WebhookURL: url} }
