package pronet_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/internal/pronettest/sandboxtest"
	"github.com/pronet-go/pronet/linkedin/urn"
	"github.com/pronet-go/pronet/sandbox"
	fake "github.com/pronet-go/pronet/sandbox/linkedin"
)

// bearers keeps where a token was sent to.
type bearers struct {
	next *http.Transport
	mu   sync.Mutex
	to   map[string]int // by host and, of uploads, the path
}

func (b *bearers) RoundTrip(r *http.Request) (*http.Response, error) {
	b.mu.Lock()
	if r.Header.Get("Authorization") != "" {
		at := r.URL.Host
		if strings.HasPrefix(r.URL.Path, "/dms-uploads/") {
			at += "/dms-uploads/"
		}
		b.to[at]++
	}
	b.mu.Unlock()
	return b.next.RoundTrip(r)
}

// TestR1BearersOfPostsAndJobs are seen at the API's host, and for uploads at the one of tokens: at no other, also when
// every response redirects there, and not with the parts of a video.
func TestR1BearersOfPostsAndJobs(t *testing.T) {
	var strange atomic.Int64
	stranger := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { strange.Add(1) }))
	defer stranger.Close()
	seen := &bearers{next: http.DefaultTransport.(*http.Transport).Clone(), to: map[string]int{}} //nolint:forcetypeassert // it is one
	defer seen.next.CloseIdleConnections()
	sb, err := sandbox.Start(fake.WithReadablePosts())
	require.NoError(t, err)
	defer sb.Close()
	client := sandboxtest.Connect(t, append(sb.Options(), pronet.WithTransport(seen), pronet.WithMaxAttempts(1))...)
	c := &contract{sb: sb, client: client}
	_, err = client.LinkedIn.CheckToken(t.Context())
	require.NoError(t, err)
	for _, origin := range []string{"", "linkedin/api", "linkedin/www"} {
		if origin != "" {
			sb.ClearFaults()
			sb.Fail(sandbox.Fault{Origin: origin, Redirect: stranger.URL + "/dms-uploads/x"})
		}
		for name, call := range merged(postCalls, jobCalls) {
			err := call(t.Context(), c, urn.URN{})
			if origin == "" {
				require.NoError(t, err, name)
			}
		}
	}
	assert.Zero(t, strange.Load(), "nothing was sent elsewhere")
	api, err := url.Parse(sb.LinkedIn.URL())
	require.NoError(t, err)
	www, err := url.Parse(sb.LinkedIn.AccountsURL())
	require.NoError(t, err)
	assert.NotEqual(t, api.Host, www.Host)
	var hosts []string
	for at, n := range seen.to {
		hosts = append(hosts, at)
		assert.Positive(t, n)
	}
	assert.ElementsMatch(t, []string{api.Host, www.Host + "/dms-uploads/"}, hosts)
}
