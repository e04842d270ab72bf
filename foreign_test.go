package pronet_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/linkedin"
	"github.com/pronet-go/pronet/linkedin/events"
	"github.com/pronet-go/pronet/linkedin/members"
	"github.com/pronet-go/pronet/linkedin/posts"
	"github.com/pronet-go/pronet/linkedin/recruiter"
	"github.com/pronet-go/pronet/sandbox"
)

// aboutTheThing are the sentinels that say something of what was asked for, of the request or of the account.
var aboutTheThing = []error{
	api.ErrNotFound, api.ErrInvalid, api.ErrUnauthorized, api.ErrNoCredits, api.ErrForbidden, api.ErrConflict,
	api.ErrRemovedForPrivacy, api.ErrMissingOrPrivate, api.ErrNotReady,
}

// TestForeignResponsesOfEveryCall: a proxy, a firewall or a captive portal that responds to a call says nothing of what was
// asked for, and its page is no success, of those calls too whose response says nothing that a caller wants. What is not
// retried may have been applied behind a page all the same.
func TestForeignResponsesOfEveryCall(t *testing.T) {
	bodies := []string{"<html><h1>nginx</h1></html>", "no such page", "{}", "null", "[]", `{"detail":""}`, `{"error":"gone"}`}
	pages := []string{"<!DOCTYPE html><html><h1>Log in to the network</h1></html>", "\ufeff\n <html>", "<?xml version=\"1.0\"?><ok/>"}
	statuses := []int{404, 400, 401, 402, 403, 405, 407, 409, 410, 418, 422}
	turn := 0
	for _, c := range contracts {
		for _, op := range c.operations() {
			r := c.begin(t, "")
			for _, status := range []int{404, statuses[turn%len(statuses)], 200} {
				turn++
				body := bodies[turn%len(bodies)]
				if status == 200 {
					body = pages[turn%len(pages)]
				}
				if raw := strings.HasSuffix(op.Name, ".OpenFile") || op.Name == "SalesWebhooks.Subscriptions.Export"; raw && status == 200 {
					continue // they hand over what comes, and who reads its lines finds a page
				}
				r.sb.ClearFaults()
				r.sb.Fail(sandbox.Fault{Method: op.Method, Path: requestPattern(op), Status: status, Body: body})
				if one, many := strings.CutSuffix(requestPattern(op), "*/*"); many { // a file's name may be one segment too
					r.sb.Fail(sandbox.Fault{Method: op.Method, Path: one + "*", Status: status, Body: body})
				}
				err := r.call(t.Context(), op.Name)
				require.ErrorIs(t, err, api.ErrUnexpectedResponse, "%s: %d %s", op.Name, status, body)
				if status == 200 && (op.Retry == api.RetryUnsent || op.Retry == api.RetryPaidRead) {
					require.ErrorIs(t, err, api.ErrMaybeApplied, "%s: %s", op.Name, body)
				}
				for _, kind := range aboutTheThing {
					require.NotErrorIs(t, err, kind, "%s: %d %s", op.Name, status, body)
				}
			}
		}
	}
}

// freely is a limiter that holds back nothing.
type freely struct{}

func (freely) Wait(context.Context, string) error { return nil }
func (freely) Pause(string, time.Time)            {}

// TestCallsThatWantNothingOfTheirResponse succeed with any that is empty or JSON, of a raw server, and with no page.
func TestCallsThatWantNothingOfTheirResponse(t *testing.T) {
	status, body := 0, ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(server.Close)
	at := pronet.BaseURL(server.URL)
	client, err := pronet.New(
		pronet.WithCoresignal("key", at, pronet.Limiter(freely{})), pronet.WithCoresignalV1("jwt", at, pronet.Limiter(freely{})),
		pronet.WithSalesWebhooks("lwa.sk_live_0123456789", at, pronet.Limiter(freely{})), pronet.WithLinkedIn(linkedin.StaticToken("token"), at, pronet.LinkedInAccountsURL(server.URL)),
	)
	require.NoError(t, err)
	t.Cleanup(client.CloseIdleConnections)
	const hook = "https://crm.example.com/hook"
	l, me, post := client.LinkedIn, postAuthor, mustURN("urn:li:share:1")
	video := &posts.Video{ID: mustURN("urn:li:video:1"), Size: 1, Token: "t", Parts: []posts.Part{{Address: server.URL + "/dms-uploads/1", ETag: "e"}}}
	key := events.Key{App: mustURN("urn:li:developerApplication:1"), Member: mustURN("urn:li:person:a"), Organization: mustURN("urn:li:organization:1")}
	name := "x"
	calls := map[string]func(context.Context) error{
		"Do": func(ctx context.Context) error {
			return client.Do(ctx, api.Request{Provider: api.Coresignal, Method: "POST", Route: "/cdapi/v2/x"}, nil)
		},
		"Subscriptions.Delete":   func(ctx context.Context) error { return client.Subscriptions.Delete(ctx, "1") },
		"Subscriptions.Simulate": func(ctx context.Context) error { return client.Subscriptions.Simulate(ctx, hook) },
		"V1.Delete":              func(ctx context.Context) error { return client.Subscriptions.V1.Delete(ctx, "1") },
		"V1.Simulate":            func(ctx context.Context) error { return client.Subscriptions.V1.Simulate(ctx, hook) },
		"Account.RevokeKey":      func(ctx context.Context) error { return client.SalesWebhooks.Account.RevokeKey(ctx, "1") },
		"Posts.Update":           func(ctx context.Context) error { return l.Posts.Update(ctx, post, posts.Plain("x")) },
		"Posts.Delete":           func(ctx context.Context) error { return l.Posts.Delete(ctx, post) },
		"Posts.DeleteComment":    func(ctx context.Context) error { return l.Posts.DeleteComment(ctx, post, "1", me) },
		"Posts.React":            func(ctx context.Context) error { return l.Posts.React(ctx, me, post, posts.Like) },
		"Posts.Unreact":          func(ctx context.Context) error { return l.Posts.Unreact(ctx, me, post) },
		"Media.FinishVideo":      func(ctx context.Context) error { return l.Posts.Media.FinishVideo(ctx, video) },
		"Media.Send": func(ctx context.Context) error {
			return l.Posts.Media.Send(ctx, server.URL+"/dms-uploads/1", strings.NewReader("x"), 1)
		},
		"Events.Unsubscribe": func(ctx context.Context) error { return l.Events.Unsubscribe(ctx, key) },
		"Apps.Update": func(ctx context.Context) error {
			return l.Recruiter.Apps.Update(ctx, mustURN("urn:li:developerApplication:1"), recruiter.AppChange{Name: &name})
		},
		"Members.UpdatePosition": func(ctx context.Context) error {
			return l.Members.UpdatePosition(ctx, me, "1", members.PositionEdit{Delete: []string{"x"}})
		},
		"Members.DeletePosition": func(ctx context.Context) error { return l.Members.DeletePosition(ctx, me, "1") },
	}
	for name, call := range calls {
		for _, c := range []struct {
			status int
			body   string
			fails  bool
		}{
			{204, "", false},
			{200, "", false},
			{200, "{}", false},
			{201, `"deleted"`, false},
			{200, "\ufeff{}", false},
			{200, "<html>log in</html>", true},
			{200, "\ufeff<html>", true},
			{201, "\n<?xml?>", true},
		} {
			status, body = c.status, c.body
			err := call(t.Context())
			if name == "Account.RevokeKey" && c.status == 200 && c.body == "" {
				c.fails = true // it looks whether the key is there, and is told nothing again
			}
			if !c.fails {
				require.NoError(t, err, "%s: %d %s", name, c.status, c.body)
				continue
			}
			require.ErrorIs(t, err, api.ErrUnexpectedResponse, "%s: %d %s", name, c.status, c.body)
			require.NotErrorIs(t, err, api.ErrNotFound, name)
		}
	}
}

// TestGatewaysOfLinkedIn: a 404 without the status in its JSON is a gateway's, and nothing is taken for gone.
func TestGatewaysOfLinkedIn(t *testing.T) {
	status, body := 404, ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(server.Close)
	client, err := pronet.New(pronet.WithLinkedIn(linkedin.StaticToken("token"), pronet.BaseURL(server.URL)))
	require.NoError(t, err)
	t.Cleanup(client.CloseIdleConnections)
	ctx := t.Context()
	unreact := func() error { return client.LinkedIn.Posts.Unreact(ctx, postAuthor, mustURN("urn:li:share:1")) }
	read := func() error { _, err := client.LinkedIn.Posts.Get(ctx, mustURN("urn:li:share:1")); return err }
	for _, status = range []int{404, 410} {
		for _, body = range []string{`{"message":"no Route matched with those values"}`, `{"message":"Not Found"}`, `{"code":"not_found","message":"nope"}`, `{"serviceErrorCode":0,"message":"x"}`, `{"status":503,"message":"x"}`, `{"status":404}`} {
			for _, err := range []error{unreact(), read()} {
				require.ErrorIs(t, err, api.ErrUnexpectedResponse, "%d %s", status, body)
				require.NotErrorIs(t, err, api.ErrNotFound, "%d %s", status, body)
			}
		}
	}
	status, body = 404, `{"status":404,"code":"NOT_FOUND","message":"The entity does not exist"}`
	require.NoError(t, unreact(), "what is gone is what was wanted")
	require.ErrorIs(t, read(), api.ErrNotFound)
}

// TestOwnErrorsAreBelieved is the other half, by a raw server.
func TestOwnErrorsAreBelieved(t *testing.T) {
	for _, c := range []struct {
		status     int
		body       string
		kind, nope error
	}{
		{404, `{"detail":"Not found"}`, api.ErrNotFound, api.ErrUnexpectedResponse},
		{404, ` {"detail":"Not found","message":"m"} `, api.ErrNotFound, api.ErrUnexpectedResponse},
		{404, `{"message":"no Route matched with those values","request_id":"ab12"}`, api.ErrUnexpectedResponse, api.ErrNotFound},
		{410, `{"message":"Gone"}`, api.ErrUnexpectedResponse, api.ErrNotFound},
		{404, ``, api.ErrUnexpectedResponse, api.ErrNotFound},
		{400, ``, api.ErrUnexpectedResponse, api.ErrInvalid},
		{401, `{"message":"No API key found in request"}`, api.ErrUnauthorized, api.ErrUnexpectedResponse},
		{402, `{"detail":"Insufficient credits"}`, api.ErrNoCredits, api.ErrUnexpectedResponse},
		{422, `{"detail":[{"msg":"bad"}]}`, api.ErrInvalid, api.ErrUnexpectedResponse},
		{413, `<html>`, api.ErrTooLarge, api.ErrInvalid}, // true whoever says it
		{429, `<html>`, api.ErrRateLimited, api.ErrInvalid},
		{453, ``, api.ErrRemovedForPrivacy, api.ErrUnexpectedResponse},
		{454, `{"detail":"private"}`, api.ErrMissingOrPrivate, api.ErrUnexpectedResponse},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(c.status)
			_, _ = w.Write([]byte(c.body))
		}))
		client, err := pronet.New(pronet.WithCoresignal("key", pronet.BaseURL(server.URL)), pronet.WithMaxAttempts(1))
		require.NoError(t, err)
		_, err = client.Employees.Base.Collect(t.Context(), employee.ID(1))
		require.ErrorIs(t, err, c.kind, "%d %s", c.status, c.body)
		require.NotErrorIs(t, err, c.nope, "%d %s", c.status, c.body)
		client.CloseIdleConnections()
		server.Close()
	}
}

// TestObjectsThatAreNoRecord: a 200 that holds no record is none, and may have been charged.
func TestObjectsThatAreNoRecord(t *testing.T) {
	for _, body := range []string{`{}`, `{"detail":"Internal error"}`, `{"id":null}`} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) }))
		client, err := pronet.New(pronet.WithCoresignal("key", pronet.BaseURL(server.URL)), pronet.WithCoresignalV1("jwt", pronet.BaseURL(server.URL)))
		require.NoError(t, err)
		for name, call := range map[string]func() error{
			"get":    func() error { _, err := client.Subscriptions.Get(t.Context(), "a"); return err },
			"V1 get": func() error { _, err := client.Subscriptions.V1.Get(t.Context(), "a"); return err },
			"renew":  func() error { _, err := client.Subscriptions.Renew(t.Context(), "a"); return err },
		} {
			err := call()
			require.ErrorIs(t, err, api.ErrUnexpectedResponse, "%s of %s", name, body)
			assert.Equal(t, name == "renew", errors.Is(err, api.ErrMaybeApplied), "%s of %s", name, body)
		}
		client.CloseIdleConnections()
		server.Close()
	}
}

// TestBaseURLWithTheRoutesPrefix is refused with a word on what to pass.
func TestBaseURLWithTheRoutesPrefix(t *testing.T) {
	for _, path := range []string{"/cdapi", "/cdapi/", "/cdapi/v2", "/cdapi/v1", "/gateway/cdapi/v2/", "/cdapi/v2/employee_base/collect", "/rtapi/v2", "/CDAPI/V2", "/%63dapi", "//cdapi//v2"} {
		_, err := pronet.New(pronet.WithCoresignal("key", pronet.BaseURL("https://proxy.example.com"+path)))
		require.ErrorIs(t, err, pronet.ErrInvalid, path)
		assert.ErrorContains(t, err, "pass what stands before it, such as https://proxy.example.com", path)
	}
	for _, path := range []string{"", "/", "/gateway", "/v2", "/cdapi/of/the/proxy"} {
		_, err := pronet.New(pronet.WithCoresignal("key", pronet.BaseURL("https://proxy.example.com"+path)), pronet.WithHeaderTimeout(time.Second))
		require.NoError(t, err, path)
	}
	_, err := pronet.New(pronet.WithCoresignalV1("jwt", pronet.BaseURL("https://proxy.example.com/cdapi/v2")))
	require.ErrorIs(t, err, pronet.ErrInvalid, "of the other version")
}
