package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/linkedin/urn"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/linkedin"
)

// TestPushAndPollAreOne: whichever tells first of a deletion, and however often, the note is no row, and the others are one each.
func TestPushAndPollAreOne(t *testing.T) {
	sb, err := sandbox.Start(linkedin.WithSeats(1))
	require.NoError(t, err)
	defer sb.Close()
	client, err := pronet.New(sb.Options()...)
	require.NoError(t, err)
	defer client.CloseIdleConnections()
	app := sb.LinkedIn.App()
	contract, err := urn.Parse(app.Contract)
	require.NoError(t, err)
	notes, err := openCopy(t.Context(), filepath.Join(t.TempDir(), "notes.db"))
	require.NoError(t, err)
	defer func() { require.NoError(t, notes.Close()) }()
	options, err := notes.syncOptions(t.Context(), contract, sb.Now().Add(-time.Hour), sb.Now)
	require.NoError(t, err)
	var out bytes.Buffer
	s := &server{client, options, notes, &lines{out: &out}}
	handler, err := s.handler(app.ClientSecret)
	require.NoError(t, err)
	web := httptest.NewServer(handler)
	defer web.Close()
	require.NoError(t, sb.LinkedIn.RegisterCallback(t.Context(), app.ClientID, web.URL+callbackPath))
	assert.Contains(t, out.String(), "Challenge: ")

	rows := func() (ids []int64) {
		t.Helper()
		found, err := notes.QueryContext(t.Context(), "SELECT id FROM notes ORDER BY id")
		require.NoError(t, err)
		defer func() { _ = found.Close() }()
		for found.Next() {
			var id int64
			require.NoError(t, found.Scan(&id))
			ids = append(ids, id)
		}
		require.NoError(t, found.Err())
		return ids
	}
	poll := func() {
		t.Helper()
		sb.Advance(time.Minute)
		require.NoError(t, s.poll(t.Context()))
	}
	deliver := func() {
		t.Helper()
		require.NoError(t, sb.Deliver(t.Context()))
		for _, d := range sb.Deliveries() {
			require.NoError(t, d.Err)
		}
	}
	ids := sb.LinkedIn.WriteNotes(4, linkedin.Note{Text: "call back"})
	poll()
	assert.Equal(t, ids, rows())

	sb.DeliverTwice(true)
	require.True(t, sb.LinkedIn.DeleteNote(ids[0])) // the push comes first
	deliver()
	assert.Equal(t, ids[1:], rows())
	poll()
	assert.Equal(t, ids[1:], rows())

	require.True(t, sb.LinkedIn.DeleteNote(ids[1])) // the poll comes first
	poll()
	assert.Equal(t, ids[2:], rows())
	deliver()
	assert.Equal(t, ids[2:], rows())

	unread := sb.LinkedIn.WriteNote(linkedin.Note{Text: "never polled"})
	require.True(t, sb.LinkedIn.DeleteNote(unread))
	deliver()
	poll()
	assert.Equal(t, ids[2:], rows())
	assert.Contains(t, out.String(), "Push: note ")

	sb.LinkedIn.PushRaw(app.ClientID, "unknown", []byte(`{"type":"SOMETHING_NEW","id":1}`))
	sb.LinkedIn.PushRaw(app.ClientID, "another's", []byte(`{"type":"DELETE_PROSPECT_NOTE","prospectNoteId":"1","integrationContext":"urn:li:contract:999"}`))
	deliver()
	assert.Contains(t, out.String(), "Push: an event was left alone: ")

	forged, err := http.Post(web.URL+callbackPath, "application/json", strings.NewReader(`{"type":"DELETE_PROSPECT_NOTE","prospectNoteId":"`+"1"+`","integrationContext":"`+app.Contract+`"}`))
	require.NoError(t, err)
	_, _ = io.Copy(io.Discard, forged.Body)
	require.NoError(t, forged.Body.Close())
	assert.Equal(t, http.StatusUnauthorized, forged.StatusCode)
	assert.Equal(t, ids[2:], rows())
}

// until is an output that ends a run when it has a text.
type until struct {
	text string
	stop context.CancelFunc
	all  strings.Builder
}

func (u *until) Write(line []byte) (int, error) {
	n, err := u.all.Write(line)
	if strings.Contains(u.all.String(), u.text) {
		u.stop()
	}
	return n, err
}

// TestServes in the sandbox and with LinkedIn, until it is stopped.
func TestServes(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	out := &until{text: "Challenge: ", stop: stop}
	file := filepath.Join(t.TempDir(), "notes.db")
	require.NoError(t, run(ctx, []string{"-serve", "-listen", "127.0.0.1:0", "-days", "1", "-delay", "0s", "-file", file}, at(time.Now(), out)))
	assert.Contains(t, out.all.String(), "and polling every 5s. Ctrl-C ends.\n")
	assert.Contains(t, out.all.String(), "Stopped. Run the same command again to go on.\n")

	sb, err := sandbox.Start(linkedin.WithSeats(1))
	require.NoError(t, err)
	defer sb.Close()
	ctx, stop = context.WithCancel(t.Context())
	defer stop()
	out = &until{text: "CALLBACK_URL", stop: stop}
	secrets := map[string]string{"LINKEDIN_CLIENT_ID": sb.LinkedIn.App().ClientID, "LINKEDIN_CLIENT_SECRET": sb.LinkedIn.App().ClientSecret}
	w := world{func(name string) string { return secrets[name] }, time.Now, strings.NewReader(""), out}
	require.NoError(t, fromLinkedIn(ctx, config{
		file: file + ".live", contract: sb.LinkedIn.App().Contract, days: 1, live: true, yes: true, serve: true, listen: "127.0.0.1:0", every: time.Hour,
	}, w, pronet.BaseURL(sb.LinkedIn.URL()), pronet.LinkedInAccountsURL(sb.LinkedIn.AccountsURL())))
	assert.Contains(t, out.all.String(), "https://YOUR.HOST/linkedin/notes")
	assert.NotContains(t, out.all.String(), sb.LinkedIn.App().ClientSecret)

	for args, says := range map[string]string{
		"-serve -listen nowhere:x": "unknown port", "-serve -every -1s": "-every is not negative", "-serve -live -every 1s": "at least a minute",
	} {
		require.ErrorContains(t, run(t.Context(), append(strings.Fields(args), "-file", file, "-delay", "0s", "-days", "1"), at(time.Now(), io.Discard)), says)
	}
}
