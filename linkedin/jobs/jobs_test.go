package jobs_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/pronettest/sandboxtest"
	"github.com/pronet-go/pronet/linkedin"
	"github.com/pronet-go/pronet/linkedin/jobs"
	"github.com/pronet-go/pronet/linkedin/urn"
)

// provider responds by a function, one request after another, and keeps the requests.
type provider struct {
	mu       sync.Mutex
	respond  func(n int, body string) (status int, response string)
	requests []*http.Request
	bodies   []string
	busy     bool
	overlap  bool
}

func (p *provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	p.mu.Lock()
	p.overlap = p.overlap || p.busy
	p.busy = true
	n := len(p.requests)
	p.requests, p.bodies = append(p.requests, r), append(p.bodies, string(body))
	p.mu.Unlock()
	status, response := p.respond(n, string(body))
	p.mu.Lock()
	p.busy = false
	p.mu.Unlock()
	if status == 0 {
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, response)
}

// seen are the bodies that have come, and whether two requests were there at once.
func (p *provider) seen() (bodies []string, overlap bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.bodies), p.overlap
}

// responding is a provider with one response.
func responding(status int, response string) *provider {
	return &provider{respond: func(int, string) (int, string) { return status, response }}
}

// accepting accepts each posting, with tasks named after them.
func accepting(body string) string {
	var read struct {
		Elements []struct {
			ID string `json:"externalJobPostingId"`
		}
	}
	_ = json.Unmarshal([]byte(body), &read)
	rows := make([]string, len(read.Elements))
	for i, e := range read.Elements {
		rows[i] = fmt.Sprintf(`{"status":202,"id":"urn:li:simpleJobPostingTask:%s","location":"/x"}`, e.ID)
	}
	return `{"elements":[` + strings.Join(rows, ",") + `]}`
}

func sample(t testing.TB, name string) string {
	t.Helper()
	body, err := os.ReadFile("testdata/" + name + ".json")
	require.NoError(t, err)
	return string(body)
}

func parse(t testing.TB, text string) urn.URN {
	t.Helper()
	u, err := urn.Parse(text)
	require.NoError(t, err)
	return u
}

// posting is one that has all that LinkedIn demands.
func posting(id string, operation jobs.Operation) jobs.Posting {
	return jobs.Posting{
		ExternalID: id, Operation: operation, Title: "Engineer", Description: strings.Repeat("works with people; ", 10), Location: "India",
		ApplyURL: "https://example.com/apply", ListedAt: time.UnixMilli(1767225600000), PosterEmail: "recruiter@example.com",
	}
}

func postings(n int) []jobs.Posting {
	all := make([]jobs.Posting, n)
	for i := range all {
		all[i] = posting(fmt.Sprint("job-", i), jobs.Create)
	}
	return all
}

// sampled is the posting of LinkedIn's page, which is older than the demand for the poster's e-mail: that is added. Its
// listedAt is in seconds there, as it was printed.
func sampled(t *testing.T) jobs.Posting {
	return jobs.Posting{
		ExternalID: "1234", Operation: jobs.Create, Organization: parse(t, "urn:li:organization:1234"), ApplyURL: "http://linkedin.com",
		Description: "We are looking for a passionate Software Engineer to design, develop and install software solutions. Software Engineer responsibilities " +
			"include gathering user requirements, defining system functionality and writing code in various languages.",
		EmploymentStatus: "PART_TIME", ListedAt: time.UnixMilli(1440716666), Title: "Software Engineer", Location: "India", Workplace: "remote",
		PosterEmail: "recruiter@example.com",
	}
}

func TestWhatIsSent(t *testing.T) {
	whole := jobs.Posting{
		ExternalID: "job-7", Operation: jobs.Update, Organization: parse(t, "urn:li:organization:1234"), CompanyName: "Acme", Title: "R&D (beta) lead", Description: "<b>text</b> & more",
		Location: "Sunnyvale, California", AlternateLocations: []string{"Dublin, Ireland"}, ApplyURL: "https://example.com/apply?a=1&b=2", ListedAt: time.UnixMilli(1767225600000),
		ExpireAt: time.UnixMilli(1769904000000), PosterEmail: "recruiter@example.com", ShowPoster: true, Workplace: jobs.Hybrid, EmploymentStatus: "FULL_TIME", ExperienceLevel: "DIRECTOR",
		Categories: []string{"rsch"}, Industries: []urn.URN{parse(t, "urn:li:industry:4")}, SkillsDescription: "Go", CompanyJobCode: "c-7", ListingType: jobs.Premium,
		Contract: parse(t, "urn:li:contract:5"), Availability: "PUBLIC", TrackingPixelURL: "https://example.com/pixel.gif",
		Extra: map[string]any{"partnerRequisitionId": "r-7", "compensation": map[string]any{"compensations": []any{}}},
	}
	for name, c := range map[string]struct {
		posting jobs.Posting
		legacy  bool
	}{"sample_request": {sampled(t), false}, "posting": {whole, true}} {
		p := responding(200, sample(t, "sample_response"))
		s := sandboxtest.ConnectLinkedIn(t, p).LinkedIn.Jobs
		submit, path, version := s.Submit, "/rest/simpleJobPostings", string(linkedin.DefaultVersion(linkedin.Talent))
		if c.legacy {
			submit, path, version = s.Legacy.Submit, "/v2/simpleJobPostings", ""
		}
		results, err := submit(t.Context(), []jobs.Posting{c.posting})
		require.NoError(t, err)
		assert.Equal(t, []jobs.Result{{ExternalID: c.posting.ExternalID, Operation: c.posting.Operation, Task: parse(t, "urn:li:simpleJobPostingTask:03ff7ca6-dedf-4d92-b856-10669f8fe5ef")}}, results)
		assert.JSONEq(t, sample(t, name), p.bodies[0])
		r := p.requests[0]
		assert.Equal(t, []string{"POST " + path, "BATCH_CREATE", version, ""},
			[]string{r.Method + " " + r.RequestURI, r.Header.Get("X-Restli-Method"), r.Header.Get("Linkedin-Version"), r.Header.Get("X-Restli-Protocol-Version")})
	}
}

// TestRefusedElement is the sample of LinkedIn's page.
func TestRefusedElement(t *testing.T) {
	results, err := sandboxtest.ConnectLinkedIn(t, responding(200, sample(t, "sample_refused"))).LinkedIn.Jobs.Submit(t.Context(), []jobs.Posting{sampled(t)})
	require.ErrorIs(t, err, api.ErrInvalid)
	require.NotErrorIs(t, err, api.ErrMaybeApplied)
	require.Equal(t, err, results[0].Err)
	details, ok := linkedin.DetailsOf(err)
	require.True(t, ok)
	assert.Equal(t, "ERROR :: /title :: field is required but not found and has no default value\n", details.Message)
	assert.NotContains(t, err.Error(), "/title", "LinkedIn's words are not printed")
}

// TestBatches: of 250 postings a batch is refused, or its response is lost. What was before it is accepted, and what is
// behind it is not sent.
func TestBatches(t *testing.T) {
	all := postings(250)
	for name, c := range map[string]struct {
		status  int
		kind    error
		refused int
		doubt   int
	}{
		"all": {200, nil, 0, 0}, "refused": {403, api.ErrForbidden, 100, 0}, "lost": {0, api.ErrMaybeApplied, 0, 100},
	} {
		p := &provider{respond: func(n int, body string) (int, string) {
			if n == 1 && c.status != 200 {
				return c.status, `{"status":403,"serviceErrorCode":100,"code":"ACCESS_DENIED","message":"CANARY no"}`
			}
			return 200, accepting(body)
		}}
		results, err := sandboxtest.ConnectLinkedIn(t, p).LinkedIn.Jobs.Submit(t.Context(), all)
		require.Len(t, results, 250, name)
		bodies, overlap := p.seen()
		assert.False(t, overlap, "one after another")
		if c.kind == nil {
			require.NoError(t, err)
			require.Len(t, bodies, 3)
			for i, r := range results {
				require.NoError(t, r.Err)
				require.Equal(t, "urn:li:simpleJobPostingTask:"+all[i].ExternalID, r.Task.String())
			}
			continue
		}
		require.Len(t, bodies, 2, name)
		require.ErrorIs(t, err, c.kind)
		partly, ok := errors.AsType[*jobs.SubmitError](err)
		require.True(t, ok)
		assert.Equal(t, []int{250, 100, c.refused, c.doubt, 50}, []int{partly.Postings, partly.Accepted, partly.Refused, partly.InDoubt, partly.NotSent})
		assert.NotContains(t, err.Error(), "CANARY")
		for i, r := range results {
			switch {
			case i < 100:
				require.NoError(t, r.Err)
			case i < 200:
				require.ErrorIs(t, r.Err, c.kind)
			default:
				require.ErrorIs(t, r.Err, jobs.ErrNotSent)
			}
		}
	}
}

// TestBatchesThatNeverLeave: the context ends, there is no place under the limit, or LinkedIn cannot be reached, before the
// second of three batches is sent. Nobody refused it.
func TestBatchesThatNeverLeave(t *testing.T) {
	all := postings(250)
	stops := errors.New("the program stops")
	for name, c := range map[string]struct {
		limit pronet.LinkedInOption
		after func(cancel context.CancelCauseFunc, server *httptest.Server)
		kind  error
	}{
		"the context":   {pronet.RateLimit("", 10_000, time.Second), func(cancel context.CancelCauseFunc, _ *httptest.Server) { cancel(stops) }, stops},
		"the limit":     {pronet.RateLimit("", 1, time.Hour), func(context.CancelCauseFunc, *httptest.Server) {}, api.ErrRateLimited},
		"no connection": {pronet.RateLimit("", 10_000, time.Second), func(_ context.CancelCauseFunc, server *httptest.Server) { _ = server.Listener.Close() }, api.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			p := &provider{respond: func(_ int, body string) (int, string) { return 200, accepting(body) }}
			server := httptest.NewServer(p)
			defer server.Close()
			transport := &http.Transport{DisableKeepAlives: true}
			client := sandboxtest.Connect(t, pronet.WithMaxAttempts(1), pronet.WithLinkedIn(linkedin.StaticToken("t"), pronet.BaseURL(server.URL), c.limit),
				pronet.WithTransport(roundTripper(func(r *http.Request) (*http.Response, error) {
					response, err := transport.RoundTrip(r)
					if err == nil {
						response.Body = closing{response.Body, func() { c.after(cancel, server) }}
					}
					return response, err
				})))
			results, err := client.LinkedIn.Jobs.Submit(ctx, all)
			require.ErrorIs(t, err, c.kind)
			require.NotErrorIs(t, err, api.ErrMaybeApplied)
			bodies, _ := p.seen()
			require.Len(t, bodies, 1)
			require.Len(t, results, 250)
			for i, r := range results {
				if i < 100 {
					require.NoError(t, r.Err)
					continue
				}
				require.ErrorIs(t, r.Err, jobs.ErrNotSent)
				require.Equal(t, i < 200, errors.Is(r.Err, c.kind), "why, for those of the batch itself")
			}
			partly, ok := errors.AsType[*jobs.SubmitError](err)
			require.True(t, ok)
			assert.Equal(t, []int{250, 100, 0, 0, 150}, []int{partly.Postings, partly.Accepted, partly.Refused, partly.InDoubt, partly.NotSent})
		})
	}
}

// closing does something when a body is closed.
type closing struct {
	io.ReadCloser
	then func()
}

func (c closing) Close() error {
	defer c.then()
	return c.ReadCloser.Close()
}

// TestElementsThatFail beside others do not end the call, and are at the caller's places.
func TestElementsThatFail(t *testing.T) {
	p := responding(200, `{"elements":[{"status":202,"id":"urn:li:simpleJobPostingTask:a"},{"status":429},{"status":202},7,{"status":202,"id":"urn:li:simpleJobPostingTask:e","error":null},
		{"status":422,"error":{"status":422,"code":"ERROR_INVALID_LISTED_AT_FIELD","errorDetails":{"externalJobPostingId":"job-5"}}}]}`)
	results, err := sandboxtest.ConnectLinkedIn(t, p).LinkedIn.Jobs.Submit(t.Context(), postings(6))
	require.ErrorIs(t, err, api.ErrMaybeApplied, "the worst is told")
	partly, _ := errors.AsType[*jobs.SubmitError](err)
	assert.Equal(t, []int{6, 2, 2, 2, 0}, []int{partly.Postings, partly.Accepted, partly.Refused, partly.InDoubt, partly.NotSent})
	require.ErrorIs(t, results[1].Err, api.ErrRateLimited)
	require.ErrorIs(t, results[2].Err, api.ErrMaybeApplied)
	require.ErrorIs(t, results[3].Err, api.ErrUnexpectedResponse)
	require.NoError(t, results[4].Err)
	refused, _ := errors.AsType[*pronet.Error](results[5].Err)
	assert.Equal(t, "ERROR_INVALID_LISTED_AT_FIELD", refused.Code)
	for _, text := range []string{err.Error(), fmt.Sprintf("%+v", err)} {
		assert.Contains(t, text, "before you retry: ask Jobs.Listings")
	}
}

// TestElementsInDoubt are those that LinkedIn failed at, as whole responses are.
func TestElementsInDoubt(t *testing.T) {
	for element, c := range map[string]struct {
		kind    error
		inDoubt bool
	}{
		`{"status":500,"error":{"status":500,"message":"x"}}`: {api.ErrUnavailable, true},
		`{"status":503}`:                             {api.ErrUnavailable, true},
		`{"status":408,"error":{"message":"x"}}`:     {api.ErrUnavailable, true},
		`{"error":{}}`:                               {api.ErrUnexpectedResponse, true},
		`{"error":"x","status":"400"}`:               {api.ErrInvalid, false},
		`{"error":{"message":"no"},"status":422}`:    {api.ErrInvalid, false},
		`{"error":{"status":429},"status":429}`:      {api.ErrRateLimited, false},
		`{"error":{"status":403,"code":"A"},"id":1}`: {api.ErrForbidden, false},
		`{"status":99999999999}`:                     {api.ErrUnexpectedResponse, true},
	} {
		results, err := sandboxtest.ConnectLinkedIn(t, responding(200, `{"elements":[`+element+`]}`)).LinkedIn.Jobs.Submit(t.Context(), postings(1))
		require.ErrorIs(t, err, c.kind, element)
		require.Equal(t, c.inDoubt, errors.Is(err, api.ErrMaybeApplied), element)
		require.Equal(t, err, results[0].Err)
	}
}

// TestResponsesWithoutTasks leave all in doubt.
func TestResponsesWithoutTasks(t *testing.T) {
	for _, response := range []string{`{}`, `{"elements":[]}`, `{"elements":null}`, `{"elements":[{},{},{}]}`, `{"elements":{}}`, `[]`, ``, `<html>`, `{"value":1}`} {
		results, err := sandboxtest.ConnectLinkedIn(t, responding(200, response)).LinkedIn.Jobs.Submit(t.Context(), postings(2))
		require.ErrorIs(t, err, api.ErrMaybeApplied, response)
		require.ErrorIs(t, err, api.ErrUnexpectedResponse, response)
		for _, r := range results {
			require.ErrorIs(t, r.Err, api.ErrMaybeApplied, response)
		}
	}
}

// TestWhatIsRefused before anything is sent.
func TestWhatIsRefused(t *testing.T) {
	p := responding(200, `{}`)
	s := sandboxtest.ConnectLinkedIn(t, p).LinkedIn.Jobs
	changed := func(change func(*jobs.Posting)) []jobs.Posting {
		one := posting("a", jobs.Create)
		change(&one)
		return []jobs.Posting{posting("first", jobs.Create), one}
	}
	for name, list := range map[string][]jobs.Posting{
		"there is no posting":     nil,
		"ExternalID is missing":   changed(func(p *jobs.Posting) { p.ExternalID = "" }),
		"Operation is missing":    changed(func(p *jobs.Posting) { p.Operation = "" }),
		"the operation is Create": changed(func(p *jobs.Posting) { p.Operation = "DELETE" }),
		"Title is missing":        changed(func(p *jobs.Posting) { p.Title = "" }),
		"Description is missing":  changed(func(p *jobs.Posting) { p.Description = "" }),
		"Location is missing":     changed(func(p *jobs.Posting) { p.Location = "" }),
		"ListedAt is missing":     changed(func(p *jobs.Posting) { p.ListedAt = time.Time{} }),
		"PosterEmail is missing":  changed(func(p *jobs.Posting) { p.PosterEmail = "" }),
		"ApplyURL is missing":     changed(func(p *jobs.Posting) { p.ApplyURL = "" }),
		"Contract is missing":     changed(func(p *jobs.Posting) { p.ListingType = jobs.Premium }),
		"the organization has":    changed(func(p *jobs.Posting) { p.Organization = parse(t, "urn:li:person:a") }),
		"before 1970":             changed(func(p *jobs.Posting) { p.ListedAt = time.Unix(-5, 0) }),
		"stands twice":            changed(func(p *jobs.Posting) { p.ExternalID = "first" }),
		"has a field of its own":  changed(func(p *jobs.Posting) { p.Extra = map[string]any{"title": "x"} }),
		"cannot be":               changed(func(p *jobs.Posting) { p.Extra = map[string]any{"x": make(chan int)} }),
	} {
		for _, submit := range []func() ([]jobs.Result, error){
			func() ([]jobs.Result, error) { return s.Submit(t.Context(), list) },
			func() ([]jobs.Result, error) { return s.Legacy.Submit(t.Context(), list) },
		} {
			_, err := submit()
			require.ErrorIs(t, err, api.ErrInvalid, name)
			if name != "cannot be" {
				require.ErrorContains(t, err, name)
			}
		}
	}
	task := parse(t, "urn:li:simpleJobPostingTask:a")
	for name, call := range map[string]func() error{
		"no task": func() error { _, err := s.Tasks(t.Context(), nil); return err },
		"another urn": func() error {
			_, err := s.Wait(t.Context(), []urn.URN{parse(t, "urn:li:jobPosting:1")}, nil)
			return err
		},
		"a zero task":  func() error { _, err := s.Legacy.Wait(t.Context(), make([]urn.URN, 1), nil); return err },
		"a task twice": func() error { _, err := s.Legacy.Tasks(t.Context(), []urn.URN{task, task}); return err },
		"no job":       func() error { _, err := s.Listings(t.Context(), nil); return err },
		"an empty job": func() error { _, err := s.Listings(t.Context(), []string{""}); return err },
		"a job twice":  func() error { _, err := s.Listings(t.Context(), []string{"a", "a"}); return err },
		"no search": func() error {
			_, err := s.Library.Search(t.Context(), jobs.LibraryQuery{Countries: []string{"gb"}})
			return err
		},
		"country": func() error {
			_, err := s.Library.Search(t.Context(), jobs.LibraryQuery{Keyword: "x", Countries: []string{"GBR"}})
			return err
		},
		"25 jobs": func() error {
			_, err := s.Library.Search(t.Context(), jobs.LibraryQuery{Keyword: "x", Count: 25})
			return err
		},
		"a negative page": func() error {
			_, err := s.Library.Search(t.Context(), jobs.LibraryQuery{Keyword: "x", Start: -1})
			return err
		},
		"dates": func() error {
			_, err := s.Library.Search(t.Context(), jobs.LibraryQuery{Keyword: "x", From: time.Unix(9e8, 0), To: time.Unix(8e8, 0)})
			return err
		},
	} {
		require.ErrorIs(t, call(), api.ErrInvalid, name)
	}
	last := postings(150)
	last[149].Extra = map[string]any{"x": make(chan int)}
	_, err := s.Submit(t.Context(), last)
	require.ErrorIs(t, err, api.ErrInvalid)
	require.ErrorContains(t, err, "posting 149, counted from 0")
	assert.Empty(t, p.requests, "nothing was sent")
	_, err = s.Submit(t.Context(), []jobs.Posting{{ExternalID: "a", Operation: jobs.Close}, {ExternalID: "b", Operation: jobs.Renew}})
	require.ErrorIs(t, err, api.ErrMaybeApplied, "closing needs the id alone, as far as this package knows")
	onsite := posting("c", jobs.Create)
	onsite.ApplyURL, onsite.Extra = "", map[string]any{"onsiteApplyConfiguration": map[string]any{}}
	_, err = s.Submit(t.Context(), []jobs.Posting{onsite})
	require.ErrorIs(t, err, api.ErrMaybeApplied)
	assert.Len(t, p.requests, 2)
}
