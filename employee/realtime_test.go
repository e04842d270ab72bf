package employee_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"strings"
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

const scrapePath = "/rtapi/v2/employee/scrape"

// visible is a person whose profile can be scraped, and a reference to it.
func visible(t testing.TB, sb *sandbox.Sandbox, client *pronet.Client) (coresignal.Person, employee.Ref) {
	t.Helper()
	for person := range sb.Coresignal.People() {
		rec, err := client.Employees.Base.Collect(context.Background(), employee.ID(person.ID))
		require.NoError(t, err)
		if !bool(rec.Deleted) && !bool(rec.IsHidden) {
			return person, employee.ProfileURL(person.ProfileURL)
		}
	}
	require.Fail(t, "nobody is visible")
	return coresignal.Person{}, employee.Ref{}
}

func TestScrape(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(10), coresignal.WithRealTimeCredits(3))
	person, ref := visible(t, sb, client)
	collected, err := client.Employees.Base.Collect(t.Context(), employee.ID(person.ID))
	require.NoError(t, err)
	spent := sb.Coresignal.CreditsSpent()
	for _, maxAge := range []time.Duration{0, time.Hour, 48 * time.Hour} {
		var meta pronet.Meta
		rec, err := client.Employees.RealTime.Scrape(t.Context(), ref, maxAge, pronet.WithMeta(&meta))
		require.NoError(t, err)
		assert.Equal(t, person.ID, rec.EmployeeID())
		assert.JSONEq(t, string(collected.Raw()), string(rec.Raw()), "the form of the Base dataset's")
		assert.Empty(t, rec.Mismatched())
		left, ok := meta.CreditsRemaining()
		assert.True(t, ok)
		assert.EqualValues(t, sb.Coresignal.RealTimeCredits(), left)
	}
	assert.Equal(t, 3, sb.Coresignal.Scraped(person.ID))
	assert.Equal(t, 3, sb.Coresignal.RealTimeCreditsSpent())
	assert.Equal(t, spent, sb.Coresignal.CreditsSpent(), "the credits are others")
	_, err = client.Employees.RealTime.Scrape(t.Context(), ref, 0)
	require.ErrorIs(t, err, api.ErrNoCredits)
}

func TestScrapeRequests(t *testing.T) {
	requests, client := recording(t, `{"id":7,"full_name":"Ann","brand_new":[1]}`)
	const address = "https://www.professional-network.com/in/jos%C3%A9?x=1&y=<2>"
	for _, maxAge := range []time.Duration{0, time.Hour, 24 * time.Hour, 1000 * time.Hour} {
		rec, err := client.Employees.RealTime.Scrape(t.Context(), employee.ProfileURL(address), maxAge)
		require.NoError(t, err)
		assert.Equal(t, "Ann", rec.FullName)
		assert.JSONEq(t, "[1]", string(rec.Unknown()["brand_new"]))
		assert.JSONEq(t, `{"id":7,"full_name":"Ann","brand_new":[1]}`, string(rec.Raw()))
	}
	var want []sent
	for _, age := range []string{"", `,"max_age":1`, `,"max_age":24`, `,"max_age":1000`} {
		want = append(want, sent{http.MethodPost, scrapePath, "", `{"url":"` + address + `"` + age + `}`})
	}
	assert.Equal(t, want, *requests)
}

func TestScrapeRefusesBeforeSending(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(1))
	const address = "https://www.professional-network.com/in/someone"
	for _, ref := range []employee.Ref{
		{},
		employee.ID(sb.Coresignal.PersonIDs()[0]), employee.ID(0), employee.Shorthand("someone"), employee.Shorthand(".."), employee.ProfileURL(""),
		employee.ProfileURL("someone"), employee.ProfileURL("ftp://example.com/in/someone"), employee.ProfileURL("https://a:b@example.com/in/someone"),
		employee.ProfileURL(address + "\n"), employee.ProfileURL(address + strings.Repeat("x", 512)),
	} {
		rec, err := client.Employees.RealTime.Scrape(t.Context(), ref, 0)
		require.ErrorIs(t, err, api.ErrInvalid, "%q", ref)
		require.ErrorIs(t, err, employee.ErrInvalidRef)
		assert.Contains(t, err.Error(), "employee.RealTime.Scrape: ")
		assert.NotContains(t, err.Error(), "someone")
		assert.Nil(t, rec)
	}
	for _, maxAge := range []time.Duration{-1, -time.Hour, 1, time.Minute, 90 * time.Minute, time.Hour - 1, time.Hour + 1} {
		_, err := client.Employees.RealTime.Scrape(t.Context(), employee.ProfileURL(address), maxAge)
		require.ErrorIs(t, err, api.ErrInvalid, maxAge)
		require.NotErrorIs(t, err, employee.ErrInvalidRef)
	}
	assert.Zero(t, sb.Requests())
	_, err := connect(t).Employees.RealTime.Scrape(t.Context(), employee.ProfileURL(address), 0)
	require.ErrorIs(t, err, api.ErrNotConfigured)
}

func TestScrapeOfHiddenAndMissingProfiles(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(10))
	person, ref := visible(t, sb, client)
	require.NoError(t, sb.Coresignal.HideForPrivacy(person.ID))
	for _, tt := range []struct {
		ref         employee.Ref
		status      int
		kind, other error
	}{
		{ref, 453, api.ErrRemovedForPrivacy, api.ErrMissingOrPrivate},
		{employee.ProfileURL("https://www.linkedin.com/in/nobody-of-that-name"), 454, api.ErrMissingOrPrivate, api.ErrRemovedForPrivacy},
	} {
		before := sb.RequestsTo("POST", scrapePath)
		rec, err := client.Employees.RealTime.Scrape(t.Context(), tt.ref, 24*time.Hour)
		require.ErrorIs(t, err, tt.kind)
		require.ErrorIs(t, err, api.ErrNotFound)
		require.NotErrorIs(t, err, tt.other)
		require.NotErrorIs(t, err, api.ErrInvalid)
		require.NotErrorIs(t, err, api.ErrMaybeApplied)
		e, ok := errors.AsType[*api.Error](err)
		require.True(t, ok)
		assert.Equal(t, tt.status, e.Status)
		assert.Equal(t, "employee.RealTime.Scrape", e.Op)
		assert.NotContains(t, err.Error(), tt.ref.String())
		assert.Nil(t, rec)
		assert.Equal(t, 1, sb.RequestsTo("POST", scrapePath)-before)
	}
	assert.Zero(t, sb.Coresignal.RealTimeCreditsSpent(), "neither is charged")
}

func TestScrapeErrorsAreTyped(t *testing.T) {
	for name, tt := range map[string]struct {
		fault    sandbox.Fault
		kind     error
		attempts int
		spent    int
	}{
		"400":           {sandbox.Fault{Status: 400}, api.ErrInvalid, 1, 0},
		"401":           {sandbox.Fault{Status: 401}, api.ErrUnauthorized, 1, 0},
		"402":           {sandbox.Fault{Status: 402}, api.ErrNoCredits, 1, 0},
		"408":           {sandbox.Fault{Status: 408}, api.ErrUnavailable, 4, 0},
		"422":           {sandbox.Fault{Status: 422}, api.ErrInvalid, 1, 0},
		"429":           {sandbox.Fault{Status: 429}, api.ErrRateLimited, 4, 0},
		"500":           {sandbox.Fault{Status: 500}, api.ErrUnavailable, 4, 0},
		"no record":     {sandbox.Fault{Status: 200, Body: `[1]`}, api.ErrUnexpectedResponse, 1, 0},
		"lost answer":   {sandbox.Fault{Drop: sandbox.DropAfterAct}, api.ErrMaybeApplied, 1, 1},
		"half a record": {sandbox.Fault{Drop: sandbox.DropMidBody}, api.ErrMaybeApplied, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sb, client := startInMemory(t, coresignal.WithPeople(10))
				person, ref := visible(t, sb, client)
				tt.fault.Path = scrapePath
				sb.Fail(tt.fault)
				rec, err := client.Employees.RealTime.Scrape(t.Context(), ref, 0)
				require.ErrorIs(t, err, tt.kind)
				assert.Nil(t, rec)
				e, ok := errors.AsType[*api.Error](err)
				require.True(t, ok)
				assert.Equal(t, tt.attempts, e.Attempts)
				assert.Equal(t, tt.attempts, sb.RequestsTo("POST", scrapePath))
				assert.Equal(t, scrapePath, e.Route)
				doubtful := errors.Is(err, api.ErrMaybeApplied)
				assert.Equal(t, tt.fault.Drop != 0 || e.Status == 200, doubtful)
				assert.Equal(t, doubtful, strings.Contains(e.InDoubt, "MaxAge"))
				assert.Equal(t, tt.spent, sb.Coresignal.RealTimeCreditsSpent())
				assert.Equal(t, tt.spent, sb.Coresignal.Scraped(person.ID))
			})
		})
	}
}

// TestScrapeIsRepeatedAfterATimeout of the provider, which costs nothing.
func TestScrapeIsRepeatedAfterATimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sb, client := startInMemory(t, coresignal.WithPeople(10))
		person, ref := visible(t, sb, client)
		sb.Fail(sandbox.Fault{Path: scrapePath, Status: 408, Delay: 30 * time.Second, Times: 2})
		began := time.Now()
		rec, err := client.Employees.RealTime.Scrape(t.Context(), ref, 0)
		require.NoError(t, err)
		assert.Equal(t, person.ID, rec.ID)
		assert.GreaterOrEqual(t, time.Since(began), time.Minute)
		assert.Equal(t, 3, sb.RequestsTo("POST", scrapePath))
		assert.Equal(t, 1, sb.Coresignal.RealTimeCreditsSpent())
	})
}

// TestScrapeOfAnotherSite is refused by the provider, which alone knows what it scrapes.
func TestScrapeOfAnotherSite(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(1))
	_, err := client.Employees.RealTime.Scrape(t.Context(), employee.ProfileURL("https://a.example/in/someone"), 0)
	require.ErrorIs(t, err, api.ErrInvalid)
	e, ok := errors.AsType[*api.Error](err)
	require.True(t, ok)
	assert.Equal(t, 422, e.Status)
	assert.Zero(t, sb.Coresignal.RealTimeCreditsSpent())
}

// TestScrapeKeepsFiftyAMinute sends 120 at once: in no minute do more than 50 arrive, and none is refused.
func TestScrapeKeepsFiftyAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sb, client := startInMemory(t, coresignal.WithPeople(10), coresignal.WithRealTimeCredits(200))
		_, ref := visible(t, sb, client)
		began := time.Now()
		errs := make(chan error, 120)
		for range cap(errs) {
			go func() {
				_, err := client.Employees.RealTime.Scrape(context.Background(), ref, 0)
				errs <- err
			}()
		}
		for range cap(errs) {
			require.NoError(t, <-errs)
		}
		took := time.Since(began)
		assert.GreaterOrEqual(t, took, 2*time.Minute)
		assert.Less(t, took, 2*time.Minute+10*time.Second, "as fast as the limit allows")
		arrivals := sb.ArrivalsTo("POST", scrapePath)
		require.Len(t, arrivals, 120, "no attempt is wasted")
		for i := range arrivals[50:] {
			assert.GreaterOrEqual(t, arrivals[i+50].Sub(arrivals[i]), time.Minute)
		}
		assert.Equal(t, 120, sb.Coresignal.RealTimeCreditsSpent())

		_, err := client.Employees.Base.Collect(context.Background(), employee.ID(sb.Coresignal.PersonIDs()[0]))
		require.NoError(t, err)
		assert.Less(t, time.Since(began)-took, time.Second, "other calls do not wait for that limit")
	})
}

// Fetch a profile as it is now, or as it was within the last day.
func ExampleRealTime_Scrape() {
	sb, err := sandbox.Start(coresignal.WithPeople(10), sandbox.WithSeed(1))
	if err != nil {
		log.Fatal(err)
	}
	defer sb.Close()
	client, err := pronet.New(sb.Options()...)
	if err != nil {
		log.Fatal(err)
	}

	person, _ := sb.Coresignal.Person(sb.Coresignal.PersonIDs()[0])
	for _, address := range []string{person.ProfileURL, "https://www.linkedin.com/in/nobody-of-that-name"} {
		rec, err := client.Employees.RealTime.Scrape(context.Background(), employee.ProfileURL(address), 24*time.Hour)
		switch {
		case errors.Is(err, pronet.ErrRemovedForPrivacy):
			fmt.Println("the person had the profile removed")
		case errors.Is(err, pronet.ErrMissingOrPrivate):
			fmt.Println("there is no such profile, or it is private")
		case err != nil:
			log.Fatal(err)
		default:
			fmt.Println(rec.FullName, "-", rec.Country)
		}
	}
	// Output:
	// Thiago Santos - Brazil
	// there is no such profile, or it is private
}
