package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/linkedin"
	"github.com/pronet-go/pronet/linkedin/urn"
	"github.com/pronet-go/pronet/prospectnotes"
	"github.com/pronet-go/pronet/saleswebhooks"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/webhook"
)

func printed(t *testing.T, p *program, expression string) []string {
	t.Helper()
	found := regexp.MustCompile(expression).FindStringSubmatch(p.out.String())
	require.NotNil(t, found, expression)
	return found[1:]
}

// TestSalesWebhooksIsServed: what is printed is enough for a client, and a change that is asked for arrives signed.
func TestSalesWebhooksIsServed(t *testing.T) {
	received := make(chan error, 2)
	var secret string
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		sender, err := webhook.SalesWebhooks(webhook.StripeStyle("X-Sandbox-Signature"), secret)
		if err == nil {
			_, err = webhook.Verify(sender.Verifier, r, body)
		}
		received <- err
	}))
	defer receiver.Close()
	p := start(t, "-people", "1", "-addr-sales", "127.0.0.1:0")
	export := printed(t, p, `(?m)^  export SALESWEBHOOKS_BASE_URL=(\S+) SALESWEBHOOKS_API_KEY=(\S+)$`)
	client, err := pronet.New(pronet.WithSalesWebhooks(export[1], pronet.BaseURL(export[0])), pronet.WithLoopbackWebhooks())
	require.NoError(t, err)
	defer client.CloseIdleConnections()
	set, err := client.SalesWebhooks.Webhook.Configure(t.Context(), saleswebhooks.WebhookSettings{EndpointURL: receiver.URL})
	require.NoError(t, err)
	secret = set.Secret.Reveal()
	p.say("subscribe-entity https://linkedin.com/in/ana-example")
	p.out.until(t, "1 active subscription")
	p.say("change-job ana-example Head of Sales")
	p.say("change ana-example contact.about_changed")
	p.say("deliver")
	require.NoError(t, <-received)
	require.NoError(t, <-received)
	p.out.until(t, "2 deliveries, 0 failed")
	assert.NotContains(t, p.out.String(), "error:")
	p.say("quit")
	require.NoError(t, p.end())
}

// TestLinkedInIsServed: the API and the origin of tokens, and the notes that commands write, edit and delete.
func TestLinkedInIsServed(t *testing.T) {
	p := start(t, "-people", "1", "-addr-linkedin", "127.0.0.1:0")
	where := printed(t, p, `LinkedIn is at (\S+), and issues tokens at (\S+)\.`)
	app := printed(t, p, `(?m)^  export LINKEDIN_CLIENT_ID=(\S+) LINKEDIN_CLIENT_SECRET=(\S+)\n  contract (\S+)$`)
	client, err := pronet.New(pronet.WithLinkedIn(linkedin.AppTokens(app[0], app[1]), pronet.BaseURL(where[0]), pronet.LinkedInAccountsURL(where[1])))
	require.NoError(t, err)
	defer client.CloseIdleConnections()
	contract, err := urn.Parse(app[2])
	require.NoError(t, err)
	p.say("note call back in May")
	p.out.until(t, "  written")
	id := printed(t, p, `(?m)^(\d+)  written$`)[0]
	p.say("edit-note " + id + " call back in June")
	p.out.until(t, id+"  edited")
	var texts []string
	now := time.Now()
	for note, err := range client.ProspectNotes.All(t.Context(), prospectnotes.Query{Contract: contract, Cutoff: now.Add(-11 * time.Hour), Before: now.Add(time.Hour)}) {
		require.NoError(t, err)
		texts = append(texts, note.Text)
	}
	assert.Equal(t, []string{"call back in June"}, texts)
	p.say("delete-note " + id)
	p.say("notes")
	p.out.until(t, "call back in June (deleted)\n1 note")
	p.say("quit")
	require.NoError(t, p.end())
}

func TestCommandsOfOthersThatAreRefused(t *testing.T) {
	sb, err := sandbox.New()
	require.NoError(t, err)
	defer sb.Close()
	for line, says := range map[string]string{
		"subscribe-entity":                 "usage: subscribe-entity URL",
		"subscribe-entity a b":             "usage: subscribe-entity URL",
		"change":                           "usage: change NAME EVENT",
		"change ana":                       "usage: change NAME EVENT",
		"change ana contact.about_changed": "nobody has subscribed",
		"change-job ana":                   "usage: change-job NAME POSITION",
		"change-job ana Head":              "nobody has subscribed",
		"notes 0":                          "number from 1 to 1000",
		"note":                             "usage: note TEXT",
		"edit-note 1":                      "usage: edit-note ID TEXT",
		"edit-note x y":                    "there is no such note",
		"delete-note":                      "usage: delete-note ID",
		"delete-note 9" + strings.Repeat("9", 30): "there is no such note",
	} {
		_, err := (&operator{sb}).command(line)
		require.ErrorContains(t, err, says, line)
	}
	result, err := (&operator{sb}).command("subscribe-entity https://linkedin.com/company/acme")
	require.NoError(t, err)
	assert.Contains(t, result, "to the company")
}
