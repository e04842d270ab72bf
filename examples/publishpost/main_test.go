package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/sandbox"
	fake "github.com/pronet-go/pronet/sandbox/linkedin"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func none(string) string { return "" }

// TestInTheSandbox is what a newcomer runs.
func TestInTheSandbox(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), nil, world{none, strings.NewReader(""), &out, io.Discard}))
	for _, line := range []string{
		"This is a sandbox", "Rita Smith logged in", "R&D (beta) opens its doors #soon, at Acme", "The image is AVAILABLE.", "Published urn:li:share:", "Commented urn:li:comment:(",
		`R&D \(beta\) opens its doors \#soon, at @[Acme](urn:li:organization:2414183)`,
	} {
		assert.Contains(t, out.String(), line)
	}
}

// terminal is what a run prints, and a browser that a person uses to log in at the address that it prints.
type terminal struct {
	t       *testing.T
	browser func(address string)

	printed bytes.Buffer
	opened  bool
	asked   func() // called when the person is asked; nil does nothing
}

var address = regexp.MustCompile(`(?m)^https?://\S+/oauth/\S+$`)

func (w *terminal) Write(p []byte) (int, error) {
	w.printed.Write(p)
	if login := address.FindString(w.printed.String()); login != "" && !w.opened {
		w.opened = true
		go w.browser(login)
	}
	if w.asked != nil && strings.Contains(string(p), "[y/N]") {
		w.asked()
	}
	return len(p), nil
}

// live runs the command with an app of a sandbox, as with LinkedIn's own.
func live(t *testing.T, sb *sandbox.Sandbox, answer string, browser func(string), args ...string) (string, error) {
	t.Helper()
	screen := &terminal{t: t, browser: browser}
	err := liveIn(t.Context(), sb, strings.NewReader(answer), screen, args...)
	return screen.printed.String(), err
}

func liveIn(ctx context.Context, sb *sandbox.Sandbox, in io.Reader, out io.Writer, args ...string) error {
	app := sb.LinkedIn.App()
	getenv := func(name string) string {
		return map[string]string{"LINKEDIN_CLIENT_ID": app.ClientID, "LINKEDIN_CLIENT_SECRET": app.ClientSecret}[name]
	}
	args = append([]string{"-listen", "127.0.0.1:0"}, args...)
	return run(ctx, args, world{getenv, in, out, io.Discard}, pronet.BaseURL(sb.LinkedIn.URL()), pronet.LinkedInAccountsURL(sb.LinkedIn.AccountsURL()))
}

// consenting is a browser of somebody who consents, after another page has tried to pass for it.
func consenting(t *testing.T, sb *sandbox.Sandbox) func(string) {
	return func(login string) {
		callback, err := sb.LinkedIn.Consent(login)
		if !assert.NoError(t, err) {
			return
		}
		forged, _ := url.Parse(callback)
		forged.RawQuery = "code=x&state=y"
		assert.Equal(t, http.StatusBadRequest, get(t, forged.String()))
		assert.Equal(t, http.StatusOK, get(t, callback))
	}
}

func get(t *testing.T, address string) int {
	request, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), http.MethodGet, address, http.NoBody)
	assert.NoError(t, err)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if !assert.NoError(t, err) {
		return 0
	}
	_, _ = io.Copy(io.Discard, response.Body)
	_ = response.Body.Close()
	return response.StatusCode
}

func TestAfterALogin(t *testing.T) {
	sb, err := sandbox.Start(fake.WithoutDuplicateCheck())
	require.NoError(t, err)
	defer sb.Close()
	picture := filepath.Join(t.TempDir(), "picture.png")
	require.NoError(t, os.WriteFile(picture, []byte("a picture"), 0o600))
	args := []string{"-text", "a_b (c)\x1b[31m", "-mention", "Acme=" + fake.Organization, "-image", picture, "-alt", "us", "-comment", "(x)", "-connections"}

	out, err := live(t, sb, "no\n", consenting(t, sb), args...)
	require.ErrorContains(t, err, "nothing was published")
	assert.Contains(t, out, "your connections")
	assert.Contains(t, out, "Publish it? [y/N]")
	_, err = live(t, sb, "", consenting(t, sb), args...)
	require.Error(t, err, "nobody says yes")
	assert.Zero(t, sb.LinkedIn.PostsMade())
	assert.Zero(t, sb.RequestsTo("POST", "/rest/images"), "nothing is uploaded before")

	out, err = live(t, sb, "yes\n", consenting(t, sb), args...)
	require.NoError(t, err)
	assert.NotContains(t, out, "\x1b")
	require.Equal(t, 1, sb.LinkedIn.PostsMade())
	post := sb.LinkedIn.Posts()[0]
	assert.Contains(t, out, "https://www.linkedin.com/feed/update/"+post.ID)
	assert.Equal(t, []string{"CONNECTIONS", "urn:li:person:yr-ZClfls"}, []string{post.Visibility, post.Author})
	require.Len(t, post.Comments, 1)
	assert.Equal(t, "(x)", post.Comments[0].Text, "comments are plain")

	out, err = live(t, sb, "", consenting(t, sb), "-text", "x", "-yes")
	require.NoError(t, err)
	assert.NotContains(t, out, "[y/N]")
	assert.Equal(t, 2, sb.LinkedIn.PostsMade())
}

// TestInterruptedWhenAsked: who is asked and presses Ctrl-C waits for nothing, and nothing is published.
func TestInterruptedWhenAsked(t *testing.T) {
	sb, err := sandbox.Start()
	require.NoError(t, err)
	defer sb.Close()
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	silent, typing := io.Pipe()
	defer typing.Close()
	ended := make(chan error, 1)
	screen := &terminal{t: t, browser: consenting(t, sb), asked: interrupt}
	go func() { ended <- liveIn(ctx, sb, silent, screen, "-text", "x") }()
	select {
	case err := <-ended:
		require.ErrorIs(t, err, context.Canceled)
	case <-time.After(time.Minute):
		t.Fatal("it still waits for an answer")
	}
	assert.Zero(t, sb.LinkedIn.PostsMade())
}

// TestWhatGoesWrong is said, and nothing is published twice.
func TestWhatGoesWrong(t *testing.T) {
	sb, err := sandbox.Start()
	require.NoError(t, err)
	defer sb.Close()
	sb.Fail(sandbox.Fault{Method: http.MethodPost, Path: "/rest/posts", Drop: sandbox.DropAfterAct, Times: 1})
	_, err = live(t, sb, "", consenting(t, sb), "-text", "x", "-yes")
	require.ErrorIs(t, err, pronet.ErrMaybeApplied)
	require.ErrorContains(t, err, "look at the author's newest posts")
	_, err = live(t, sb, "", consenting(t, sb), "-text", "x", "-yes")
	require.ErrorContains(t, err, "it is published already")
	assert.Equal(t, 1, sb.LinkedIn.PostsMade())
	sb.Fail(sandbox.Fault{Method: http.MethodPost, Path: "/rest/socialActions/*/comments", Status: http.StatusForbidden, Times: 1})
	out, err := live(t, sb, "", consenting(t, sb), "-text", "y", "-comment", "z", "-yes")
	require.ErrorContains(t, err, "the post is published")
	assert.Contains(t, out, "https://www.linkedin.com/feed/update/urn:li:share:")

	declining := func(login string) {
		callback, err := sb.LinkedIn.Decline(login)
		if assert.NoError(t, err) {
			get(t, callback)
		}
	}
	_, err = live(t, sb, "", declining, "-text", "x", "-yes")
	require.ErrorContains(t, err, "did not consent")
	for _, args := range [][]string{
		{"-text", "x", "-mention", "Acme"},
		{"-text", "x", "-mention", "Acme=urn:li:share:1"},
		{"-text", "x", "-page", "urn:li:person:1"},
		{"-image", "/none"},
		{"-image", os.DevNull},
		{"-what"},
		{"what"},
		{},
		{"-text", "x", "-listen", "nowhere:-1"},
	} {
		_, err := live(t, sb, "", func(string) {}, args...)
		require.Error(t, err, "%v", args)
	}
	assert.Equal(t, 2, sb.LinkedIn.PostsMade())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.Error(t, run(ctx, nil, world{none, strings.NewReader(""), io.Discard, io.Discard}))
}
