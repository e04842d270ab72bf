package linkedin_test

import (
	"context"
	"io"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/pronettest/sandboxtest"
	"github.com/pronet-go/pronet/linkedin/events"
	"github.com/pronet-go/pronet/linkedin/recruiter"
	"github.com/pronet-go/pronet/linkedin/urn"
)

// TestDeletedByALostAttempt: a 404 is api.ErrNotFound, unless an attempt before it, whose response was lost, may have deleted
// what is gone. A gateway's 404 tells nothing in either case.
func TestDeletedByALostAttempt(t *testing.T) {
	parse := func(text string) urn.URN {
		u, err := urn.Parse(text)
		require.NoError(t, err)
		return u
	}
	me, post := parse("urn:li:person:a"), parse("urn:li:share:1")
	const own = `{"status":404,"code":"NOT_FOUND","message":"x"}`
	type response struct {
		status int
		body   string
	}
	for name, c := range map[string]struct {
		call   func(ctx context.Context, c *pronet.Client) error
		absent response
	}{
		"a post": {func(ctx context.Context, c *pronet.Client) error { return c.LinkedIn.Posts.Delete(ctx, post) }, response{404, own}},
		"a comment": {func(ctx context.Context, c *pronet.Client) error {
			return c.LinkedIn.Posts.DeleteComment(ctx, post, "7", me)
		}, response{404, own}},
		"a position": {func(ctx context.Context, c *pronet.Client) error {
			return c.LinkedIn.Members.DeletePosition(ctx, me, "7")
		}, response{404, own}},
		"a subscription": {func(ctx context.Context, c *pronet.Client) error {
			return c.LinkedIn.Events.Unsubscribe(ctx, events.Key{App: parse("urn:li:developerApplication:1"), Member: me, Organization: parse("urn:li:organization:1")})
		}, response{404, own}},
		"settings": {func(ctx context.Context, c *pronet.Client) error {
			key := recruiter.IntegrationKey{Type: recruiter.CSAAPI, Context: parse("urn:li:contract:1"), Tenant: "t", DataProvider: "ATS"}
			return c.LinkedIn.Recruiter.Integrations.Unconfigure(ctx, key, []recruiter.Configuration{recruiter.CallbackURL})
		}, response{200, `{"results":{},"errors":{"CALLBACK_URL":` + own + `}}`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, lost := range []bool{false, true} {
				var n atomic.Int64
				said := c.absent
				client := sandboxtest.ConnectLinkedIn(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					if n.Add(1) == 1 && lost {
						panic(http.ErrAbortHandler)
					}
					w.Header().Set("Content-Type", "application/json")
					w.WriteHeader(said.status)
					_, _ = io.WriteString(w, said.body)
				}))
				err := c.call(t.Context(), client)
				if lost {
					require.NoError(t, err)
					assert.EqualValues(t, 2, n.Load())
				} else {
					require.ErrorIs(t, err, api.ErrNotFound)
					assert.EqualValues(t, 1, n.Load())
				}
				n.Store(0)
				said = response{404, "<html>404 page not found</html>"}
				err = c.call(t.Context(), client)
				require.ErrorIs(t, err, api.ErrUnexpectedResponse)
				require.NotErrorIs(t, err, api.ErrNotFound)
			}
		})
	}
}
