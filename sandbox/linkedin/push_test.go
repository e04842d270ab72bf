package linkedin_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/linkedin"
	"github.com/pronet-go/pronet/webhook"
)

// receiver receives an app's events with package webhook, and notes them.
type receiver struct {
	t      *testing.T
	sb     *sandbox.Sandbox
	app    linkedin.App
	server *httptest.Server
	url    string

	mu       sync.Mutex
	handler  http.Handler
	gone     bool // It responds with 503.
	requests int
	events   []webhook.Event
}

func newReceiver(t *testing.T, e webhook.LinkedInEndpoint, options ...sandbox.Option) *receiver {
	t.Helper()
	sb, err := sandbox.Start(append(options, sandbox.WithStartTime(start))...)
	require.NoError(t, err)
	t.Cleanup(sb.Close)
	r := &receiver{t: t, sb: sb, app: sb.LinkedIn.App()}
	r.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		r.mu.Lock()
		r.requests++
		handler, gone := r.handler, r.gone
		r.mu.Unlock()
		if gone {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		handler.ServeHTTP(w, request)
	}))
	t.Cleanup(r.server.Close)
	r.url = r.server.URL + "/linkedin/acme"
	e.Label = "acme"
	r.use(e)
	require.NoError(t, sb.LinkedIn.RegisterCallback(t.Context(), r.app.ClientID, r.url))
	return r
}

// use receives with the app's secret, and those of the endpoint.
func (r *receiver) use(e webhook.LinkedInEndpoint) {
	r.t.Helper()
	e.Secrets = append([]string{r.sb.LinkedIn.App().ClientSecret}, e.Secrets...)
	sender, err := webhook.LinkedIn(e)
	require.NoError(r.t, err)
	handler, err := webhook.NewHandler(sender, webhook.Func(func(_ context.Context, d *webhook.Delivery) error {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.events = append(r.events, d.Events...)
		return nil
	}), webhook.WithClock(r.sb.Now), webhook.WithLogger(slog.New(slog.DiscardHandler)))
	require.NoError(r.t, err)
	r.mu.Lock()
	r.handler = handler
	r.mu.Unlock()
}

func (r *receiver) setGone(gone bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.gone = gone
}

// took returns the events that have arrived, and forgets them.
func (r *receiver) took() []webhook.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	events := r.events
	r.events = nil
	return events
}

func (r *receiver) deliver() {
	r.t.Helper()
	require.NoError(r.t, r.sb.Deliver(r.t.Context()))
}

// TestPushesInEachForm: a deleted note is told, whatever the signature and the id look like.
func TestPushesInEachForm(t *testing.T) {
	for name, c := range map[string]struct {
		option   linkedin.Option
		endpoint webhook.LinkedInEndpoint
	}{
		"with prefix": {linkedin.WithPushSignature(linkedin.SignedWithPrefix), webhook.LinkedInEndpoint{}},
		"escaped":     {linkedin.WithPushSignature(linkedin.SignedEscaped), webhook.LinkedInEndpoint{}},
		"in capitals": {linkedin.WithPushSignature(linkedin.SignedEscapedUpper), webhook.LinkedInEndpoint{}},
		"body alone":  {linkedin.WithPushSignature(linkedin.SignedBody), webhook.LinkedInEndpoint{BareBody: true}},
		"header":      {linkedin.WithPushHeaderPrefix(), webhook.LinkedInEndpoint{}},
		"upper hex":   {linkedin.WithUpperHex(), webhook.LinkedInEndpoint{}},
		"numbers":     {linkedin.WithNumericPushIDs(), webhook.LinkedInEndpoint{}},
		"app ids":     {linkedin.WithApplicationIDs(), webhook.LinkedInEndpoint{}},
	} {
		t.Run(name, func(t *testing.T) {
			r := newReceiver(t, c.endpoint, c.option)
			id := r.sb.LinkedIn.WriteNote(linkedin.Note{Text: "a note"})
			require.True(t, r.sb.LinkedIn.DeleteNote(id))
			require.False(t, r.sb.LinkedIn.DeleteNote(id))
			r.sb.LinkedIn.PushRaw(r.app.ClientID, "X", []byte(`{"type":"X","note":"café 株式会社 😀"}`))
			r.deliver()
			events := r.took()
			require.Len(t, events, 2)
			deleted := events[0].(webhook.ProspectNoteDeleted)
			assert.Equal(t, r.app.Contract, deleted.Contract.String())
			var number json.Number
			require.NoError(t, json.Unmarshal([]byte(deleted.NoteID), &number))
			assert.Equal(t, name == "numbers", strings.Contains(string(deleted.Raw), `"prospectNoteId":`+deleted.NoteID))
			assert.Equal(t, "unknown", events[1].Kind())
		})
	}
}

// TestPushesOfEachType arrive as their types, each once, however often and in whatever order they are sent.
func TestPushesOfEachType(t *testing.T) {
	for name, prepare := range map[string]func(*sandbox.Sandbox){
		"once": func(*sandbox.Sandbox) {}, "twice": func(sb *sandbox.Sandbox) { sb.DeliverTwice(true) },
		"in reverse": func(sb *sandbox.Sandbox) { sb.DeliverTwice(true); sb.ReverseDeliveries(true) },
	} {
		t.Run(name, func(t *testing.T) {
			r := newReceiver(t, webhook.LinkedInEndpoint{}, linkedin.WithRequestIDs())
			prepare(r.sb)
			li, id := r.sb.LinkedIn, r.app.ClientID
			candidate, integration, lead := li.PushCandidateExport(id), li.PushIntegrationChange(id), li.PushLead(id, "CREATED")
			li.PushResyncJobs(id, "job-1", "job-2")
			li.PushResyncJobs(id)
			li.PushJobStatus(id, "job-1", "LISTED")
			social := li.PushSocialActions(id, "COMMENT", "LIKE", "COMMENT", "LIKE", "LIKE", "LIKE", "LIKE", "LIKE", "LIKE", "LIKE", "LIKE", "COMMENT")
			li.RepeatSocialActions(id, social[3:6]...)
			r.deliver()
			count := map[string]int{}
			for _, event := range r.took() {
				count[event.Kind()]++
				switch e := event.(type) {
				case webhook.CandidateExported:
					assert.Equal(t, candidate, e.RequestID)
				case webhook.IntegrationStatusChanged:
					assert.Equal(t, integration, e.RequestID)
				case webhook.LeadAction:
					assert.Equal(t, lead, e.Response.String())
					assert.Equal(t, "CREATED", e.Action)
				case webhook.JobsResyncAsked:
					assert.Equal(t, len(e.ExternalIDs) == 0, e.AllOpen)
				case webhook.JobPostingStatusChanged:
					assert.Equal(t, "job-1", e.ExternalID)
				}
			}
			assert.Equal(t, map[string]int{
				linkedin.EventExportCandidateProfile: 1, linkedin.EventIntegrationStatusChange: 1, linkedin.EventLeadAction: 1,
				linkedin.EventResyncJobs: 2, linkedin.EventJobPostingStatus: 1, linkedin.EventSocialActions: len(social),
			}, count)
			assert.Len(t, social, 12, "which are two bodies")
		})
	}
}

// TestPushesAreRetried: notifications for eight hours, and each of them is run once.
func TestPushesAreRetried(t *testing.T) {
	r := newReceiver(t, webhook.LinkedInEndpoint{})
	r.sb.LinkedIn.PushSocialActions(r.app.ClientID, "COMMENT", "LIKE")
	r.sb.LinkedIn.PushLead(r.app.ClientID, "CREATED")
	r.setGone(true)
	r.sb.Advance(92 * time.Minute)
	deliveries := len(r.sb.Deliveries())
	assert.Equal(t, 1+18+1, deliveries, "at once and every five minutes, but the lead only once")
	r.setGone(false)
	r.sb.Advance(10 * time.Minute)
	assert.Len(t, r.took(), 2)
	r.sb.Advance(9 * time.Hour)
	assert.Len(t, r.sb.Deliveries(), deliveries+1)

	r.sb.LinkedIn.PushSocialActions(r.app.ClientID, "COMMENT")
	r.sb.DeliverTwice(true)
	r.setGone(true)
	r.sb.Advance(4 * time.Hour) // Two challenges fail: one more would block it.
	r.setGone(false)
	deliveries = len(r.sb.Deliveries())
	assert.Less(t, deliveries, 150, "what is sent twice is sent again as one")
	r.sb.Advance(30 * time.Minute)
	assert.Len(t, r.took(), 1)
	assert.Len(t, r.sb.Deliveries(), deliveries+2)
}

// TestChallenges: at the registration and every two hours. After three failures in a row there are no events until it
// is registered again.
func TestChallenges(t *testing.T) {
	r := newReceiver(t, webhook.LinkedInEndpoint{})
	state := func() linkedin.Callback {
		c, ok := r.sb.LinkedIn.Callback(r.app.ClientID)
		require.True(t, ok)
		return c
	}
	assert.Equal(t, linkedin.Callback{URL: r.url, Passed: 1}, state())
	r.sb.Advance(7 * time.Hour)
	assert.Equal(t, linkedin.Callback{URL: r.url, Passed: 4}, state())
	r.setGone(true)
	r.sb.Advance(4 * time.Hour)
	assert.Equal(t, 2, state().Failures)
	r.setGone(false)
	r.sb.Advance(2 * time.Hour)
	assert.Equal(t, linkedin.Callback{URL: r.url, Passed: 5}, state())
	r.setGone(true)
	r.sb.Advance(6 * time.Hour)
	assert.Equal(t, linkedin.Callback{URL: r.url, Passed: 5, Failures: 3, Blocked: true}, state())
	r.setGone(false)
	before := r.requests
	id := r.sb.LinkedIn.WriteNote(linkedin.Note{})
	r.sb.LinkedIn.DeleteNote(id)
	r.sb.Advance(10 * time.Hour)
	r.deliver()
	assert.Equal(t, before, r.requests, "it is blocked")
	require.NoError(t, r.sb.LinkedIn.RegisterCallback(t.Context(), r.app.ClientID, r.url))
	r.sb.LinkedIn.DeleteNote(r.sb.LinkedIn.WriteNote(linkedin.Note{}))
	r.deliver()
	assert.Len(t, r.took(), 1, "what happened before is lost")

	// The secret is rotated: with the old one alone the challenge fails.
	secret := r.sb.LinkedIn.RotateSecret(r.app.ClientID)
	assert.NotEqual(t, r.app.ClientSecret, secret)
	r.sb.Advance(2 * time.Hour)
	assert.Equal(t, 1, state().Failures)
	r.use(webhook.LinkedInEndpoint{Secrets: []string{r.app.ClientSecret}})
	r.sb.Advance(2 * time.Hour)
	assert.Zero(t, state().Failures)
	r.sb.LinkedIn.RemoveCallback(r.app.ClientID)
	_, ok := r.sb.LinkedIn.Callback(r.app.ClientID)
	assert.False(t, ok)
	assert.Empty(t, r.sb.LinkedIn.RotateSecret("unknown"))
}

// TestRegistrationsThatAreRefused: URLs that LinkedIn does not take, and receivers that respond wrongly.
func TestRegistrationsThatAreRefused(t *testing.T) {
	r := newReceiver(t, webhook.LinkedInEndpoint{})
	other := r.sb.LinkedIn.AddApp()
	for _, callback := range []string{"", "/linkedin", "http://hooks.example.com/x", "https://hooks.example.com:8443/x", r.url + "?a=1", r.url, "https://u:p@hooks.example.com/x"} {
		err := r.sb.LinkedIn.RegisterCallback(t.Context(), other.ClientID, callback)
		require.Error(t, err, callback)
		assert.NotErrorIs(t, err, linkedin.ErrChallengeFailed)
	}
	require.Error(t, r.sb.LinkedIn.RegisterCallback(t.Context(), "unknown", r.url))
	for name, respond := range map[string]func(w http.ResponseWriter, code string){
		"nothing":      func(http.ResponseWriter, string) {},
		"404":          func(w http.ResponseWriter, _ string) { w.WriteHeader(404) },
		"another code": func(w http.ResponseWriter, _ string) { _, _ = io.WriteString(w, `{"challengeCode":"x"}`) },
		"another signature": func(w http.ResponseWriter, code string) {
			_, _ = io.WriteString(w, `{"challengeCode":"`+code+`","challengeResponse":"`+strings.Repeat("0", 64)+`"}`)
		},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			respond(w, request.URL.Query().Get("challengeCode"))
		}))
		err := r.sb.LinkedIn.RegisterCallback(t.Context(), other.ClientID, server.URL)
		server.Close()
		require.ErrorIs(t, err, linkedin.ErrChallengeFailed, name)
		_, ok := r.sb.LinkedIn.Callback(other.ClientID)
		assert.False(t, ok)
	}
	r.sb.LinkedIn.PushCandidateExport(other.ClientID)
	r.sb.LinkedIn.PushCandidateExport("unknown")
	r.deliver()
	assert.Empty(t, r.took(), "without a callback nothing is sent")
}

// TestPushesOfManyApps: each app's events reach its own tenant.
func TestPushesOfManyApps(t *testing.T) {
	sb, err := sandbox.Start(sandbox.WithStartTime(start))
	require.NoError(t, err)
	t.Cleanup(sb.Close)
	var tenants webhook.Tenants[linkedin.App]
	got := map[string][]string{}
	handler, err := webhook.NewHandler(tenants.Sender(), tenants.Handle(func(_ context.Context, app linkedin.App, d *webhook.Delivery) error {
		deleted := d.Events[0].(webhook.ProspectNoteDeleted)
		assert.Equal(t, app.Contract, deleted.Contract.String())
		got[d.Label] = append(got[d.Label], deleted.NoteID)
		return nil
	}), webhook.WithLogger(slog.New(slog.DiscardHandler)))
	require.NoError(t, err)
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	want := map[string][]string{}
	for i := range 20 {
		app := sb.LinkedIn.App()
		if i > 0 {
			app = sb.LinkedIn.AddApp()
		}
		require.ErrorIs(t, sb.LinkedIn.RegisterCallback(t.Context(), app.ClientID, server.URL+"/linkedin/"+app.ClientID), linkedin.ErrChallengeFailed)
		require.NoError(t, tenants.Set(app.ClientID, app, app.ClientSecret))
		require.NoError(t, sb.LinkedIn.RegisterCallback(t.Context(), app.ClientID, server.URL+"/linkedin/"+app.ClientID))
		id := sb.LinkedIn.WriteNote(linkedin.Note{Contract: app.Contract})
		require.True(t, sb.LinkedIn.DeleteNote(id))
		want[app.ClientID] = []string{strconv.FormatInt(id, 10)}
	}
	sb.DeliverTwice(true)
	sb.ReverseDeliveries(true)
	require.NoError(t, sb.Deliver(t.Context()))
	assert.Equal(t, want, got)
}
