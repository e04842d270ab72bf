package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/refresh"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/webhook"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestTheWholeRoad runs what the README's first command runs and reads what it prints.
func TestTheWholeRoad(t *testing.T) {
	var out strings.Builder
	require.NoError(t, run(t.Context(), nil, nil, &out))
	text := out.String()
	for _, line := range []string{
		"ready: 6 records", "Subscribed to the 6 contacts", "One contact is promoted", "Three contacts change at once",
		"EMPLOYEE", "changed: experience", ": new title at ", " -> Chief Example Officer\n", ": left ", ": headline ",
		"100 credits were spent: 10 records at 10 credits. 1900 are left.",
	} {
		assert.Contains(t, text, line)
	}
	assert.NotContains(t, text, "pnt_", "the secret of the webhook's URL is not printed")
}

func TestTheRoadCanBeLeft(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	assert.ErrorIs(t, run(ctx, nil, nil, &strings.Builder{}), context.Canceled)
}

func TestLiveAsksBeforeItSpends(t *testing.T) {
	sb, err := sandbox.Start()
	require.NoError(t, err)
	defer sb.Close()
	id := sb.Coresignal.PersonIDs()[0]
	for _, c := range []struct {
		name, answers string
		spent         int
		simulated     int
		prints        []string
	}{
		{"yes", "y\nYES\n", 10, 1, []string{"The key is good. Active subscriptions on the first page: 0.", "Asked.", "a duplicate to a receiver that drops those", "Credits left: 1990."}},
		{"no", "n\n\n", 10, 1, []string{"Collect employee"}},
		{"end of input", "", 10, 1, []string{"[y/N]"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out strings.Builder
			require.NoError(t, live(t.Context(), sb.Coresignal.APIKey(), id, "http://127.0.0.1:9/hook", strings.NewReader(c.answers), &out, sb.Options()...))
			for _, line := range c.prints {
				assert.Contains(t, out.String(), line)
			}
			assert.Equal(t, c.spent, sb.Coresignal.CreditsSpent())
			assert.Equal(t, c.simulated, sb.Coresignal.Simulations())
		})
	}
}

// TestInterruptedWhenAsked: who is asked and presses Ctrl-C waits for nothing, and nothing is spent.
func TestInterruptedWhenAsked(t *testing.T) {
	sb, err := sandbox.Start()
	require.NoError(t, err)
	defer sb.Close()
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	silent, typing := io.Pipe()
	defer typing.Close()
	ended := make(chan error, 1)
	screen := &interrupting{at: "[y/N]", interrupt: interrupt}
	go func() {
		ended <- live(ctx, sb.Coresignal.APIKey(), sb.Coresignal.PersonIDs()[0], "http://127.0.0.1:9/hook", silent, screen, sb.Options()...)
	}()
	select {
	case err := <-ended:
		require.ErrorIs(t, err, context.Canceled)
	case <-time.After(time.Minute):
		t.Fatal("it still waits for an answer")
	}
	assert.Zero(t, sb.Coresignal.CreditsSpent()+sb.Coresignal.Simulations())
}

// interrupting is a terminal whose person presses Ctrl-C at a text.
type interrupting struct {
	at        string
	interrupt func()
}

func (w *interrupting) Write(p []byte) (int, error) {
	if strings.Contains(string(p), w.at) {
		w.interrupt()
	}
	return len(p), nil
}

// TestR70NothingThatATerminalObeysIsPrinted: the owner of a profile writes its fields.
func TestR70NothingThatATerminalObeysIsPrinted(t *testing.T) {
	for _, hostile := range []string{
		"\x1b]0;title\x07\x1b[2JJane\r\nCredits left: 0.", "Jane\nCredits left: 0.", "\u009b2J", "\u202eenaJ\u2069", "J\u200ba\ufeffn\u2028e", "\U000e0041",
	} {
		text, err := json.Marshal(hostile)
		require.NoError(t, err)
		provider := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			response := `[]`
			if strings.Contains(r.URL.Path, "collect") {
				response = fmt.Sprintf(`{"id":1,"full_name":%[1]s,"updated_at":%[1]s,"is_hidden":1,
					"experience":[{"title":%[1]s,"company_name":%[1]s,"is_current":1,"deleted":0}]}`, text)
			}
			_, _ = io.WriteString(w, response)
		}))
		defer provider.Close()
		var out strings.Builder
		require.NoError(t, live(t.Context(), "key", 1, "", strings.NewReader("y\n"), &out, pronet.WithCoresignal("key", pronet.BaseURL(provider.URL))))
		lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
		assert.Len(t, lines, 3, "no line is made up: %q", lines)
		for _, line := range lines {
			assert.False(t, strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsGraphic(r) }), "%q", line)
		}
		assert.Contains(t, out.String(), "do not keep the record")

		record := &employee.BaseRecord{ID: 1, FullName: hostile, Experience: []employee.BaseExperience{{Title: hostile, CompanyName: hostile, IsCurrent: true}}}
		crm := newCRM(10, 1)
		require.NoError(t, crm.update(t.Context(), refresh.Update[employee.BaseRecord]{
			ID: 1, Record: record, Changes: employee.Changes(nil, record),
			Notices: []webhook.EmployeeChanged{{ID: 1, Status: webhook.Status(hostile), ChangedFields: []string{hostile}}},
		}))
		require.NoError(t, crm.update(t.Context(), refresh.Update[employee.BaseRecord]{ID: 1, Err: errors.New(hostile)}))
		var table strings.Builder
		require.NoError(t, crm.print(&table))
		assert.Equal(t, 3, strings.Count(table.String(), "\n"))
		assert.False(t, strings.ContainsFunc(strings.ReplaceAll(table.String(), "\n", ""), func(r rune) bool { return !unicode.IsGraphic(r) }), "%q", table.String())
	}
	assert.Equal(t, "Żaneta Łącka, 東京, O'Neil", printable("Żaneta Łącka, 東京, O'Neil"))
}

// TestTheReceiverHasAllTimeouts, so that nobody holds its connections.
func TestTheReceiverHasAllTimeouts(t *testing.T) {
	client, err := pronet.New(pronet.WithCoresignal("key"))
	require.NoError(t, err)
	r, err := startReceiver(t.Context(), client, newCRM(10))
	require.NoError(t, err)
	defer r.close()
	for name, timeout := range map[string]time.Duration{
		"header": r.server.ReadHeaderTimeout, "read": r.server.ReadTimeout, "write": r.server.WriteTimeout, "idle": r.server.IdleTimeout,
	} {
		assert.Positive(t, timeout, name)
	}
}

func TestLiveSaysWhatItNeeds(t *testing.T) {
	var out strings.Builder
	t.Setenv("CORESIGNAL_API_KEY", "")
	assert.ErrorContains(t, run(t.Context(), []string{"-live"}, nil, &out), "CORESIGNAL_API_KEY")
	t.Setenv("CORESIGNAL_API_KEY", "k")
	assert.ErrorContains(t, run(t.Context(), []string{"-live"}, nil, &out), "-id")
	err := live(t.Context(), "key\n", 1, "", nil, &out)
	assert.ErrorContains(t, err, "line break")
	assert.ErrorIs(t, run(t.Context(), []string{"-h"}, nil, &out), flag.ErrHelp)
	assert.Contains(t, out.String(), "asks before it spends credits")
}
