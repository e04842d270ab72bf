package main

import (
	"bytes"
	"context"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start runs the command and returns the address of the page.
func start(t *testing.T, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	told, out := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, append([]string{"-listen", "127.0.0.1:0"}, args...), func(string) string { return "" }, out, io.Discard)
		_ = out.Close()
	}()
	t.Cleanup(func() {
		cancel()
		assert.NoError(t, <-ended)
	})
	var text strings.Builder
	for buffer := make([]byte, 1000); ; {
		n, err := told.Read(buffer)
		text.Write(buffer[:n])
		if address := regexp.MustCompile(`Open (http://\S+) and`).FindStringSubmatch(text.String()); address != nil {
			go io.Copy(io.Discard, told)
			return address[1]
		}
		require.NoError(t, err)
	}
}

// browser follows redirects and links.
type browser struct {
	*http.Client
	t *testing.T
}

func newBrowser(t *testing.T) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &browser{&http.Client{Transport: transport, Jar: jar}, t}
}

// open returns the page at an address, and where it is in the end.
func (b *browser) open(address string) (body string, at *url.URL) {
	b.t.Helper()
	request, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, address, nil)
	require.NoError(b.t, err)
	response, err := b.Do(request)
	require.NoError(b.t, err)
	defer response.Body.Close()
	read, err := io.ReadAll(response.Body)
	require.NoError(b.t, err)
	return string(read), response.Request.URL
}

// click follows a link of a page.
func (b *browser) click(body string, at *url.URL, id string) (string, *url.URL) {
	b.t.Helper()
	_, rest, found := strings.Cut(body, `id="`+id+`" href="`)
	require.True(b.t, found, "no link %s on %s", id, body)
	link, _, _ := strings.Cut(rest, `"`)
	address, err := at.Parse(html.UnescapeString(link))
	require.NoError(b.t, err)
	return b.open(address.String())
}

// TestLogin in the sandbox, as a person does it: out, in, refused, and out again.
func TestLogin(t *testing.T) {
	address := start(t, "-tokens", t.TempDir())
	b := newBrowser(t)
	body, at := b.open(address)
	login, page := b.click(body, at, "login")
	refused, _ := b.click(login, page, "cancel")
	assert.Contains(t, refused, "You did not log in")
	login, page = b.click(body, at, "login")
	body, at = b.click(login, page, "allow")
	assert.Equal(t, "/", at.Path)
	assert.Contains(t, body, "You are <b>Rita Smith</b> (rita-1@example.com).")
	body, _ = b.open(address)
	assert.Contains(t, body, "Rita Smith", "it is remembered")
	other, _ := newBrowser(t).open(address)
	assert.NotContains(t, other, "Rita", "by this browser")

	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address+"/logout", http.NoBody)
	require.NoError(t, err)
	response, err := b.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	body, _ = b.open(address)
	assert.NotContains(t, body, "Rita")
}

// TestRealApps are those of the environment, and what is wrong is said.
func TestRealApps(t *testing.T) {
	env := func(name string) string {
		return map[string]string{"LINKEDIN_CLIENT_ID": "id", "LINKEDIN_CLIENT_SECRET": "CANARY secret"}[name]
	}
	var out bytes.Buffer
	err := run(t.Context(), nil, env, &out, io.Discard)
	require.ErrorContains(t, err, "white space")
	assert.NotContains(t, out.String()+err.Error(), "CANARY")
	require.Error(t, run(t.Context(), []string{"-what"}, env, &out, io.Discard))
	none := func(string) string { return "" }
	require.Error(t, run(t.Context(), []string{"-listen", "nowhere:-1"}, none, &out, io.Discard))
	require.Error(t, run(t.Context(), []string{"-tokens", "/dev/null/x"}, none, &out, io.Discard))
}
