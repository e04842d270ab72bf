//go:build unix

package traces

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/linkedin/members"
	"github.com/pronet-go/pronet/refresh"
	"github.com/pronet-go/pronet/webhook"
)

// The credentials of all processes.
const (
	coresignalKey    = "coresignal-key-canary-4711"
	salesWebhooksKey = "lwa.sk_live_canary_4711"
	clientID         = "app-id-canary-4711"
	clientSecret     = "app-secret-canary-4711"
	accessToken      = "access-token-canary-4711"
	password         = "password-canary-4711" // of PostgreSQL and NATS
)

// What else must not be exported.
const (
	name           = "Jane Canary"
	email          = "jane.canary@example.com"
	shorthand      = "jane-canary-4711"
	prose          = "prose-of-the-provider"
	requestID      = "request-of-jane"
	strangersTrace = "0af7651916cd43dd8448eb211c80319c"
	strangersBody  = "body-of-a-stranger"
	label          = "label-of-jane"
	textOfFunction = "text-of-the-function"
	salesID        = "11111111-2222-4333-8444-canary004711"

	peoplesNumbers     = "98765000000"   // begin so, longer than the fraction of a second
	personWhoIsRefused = 987650000000099 // whose record the user's function asks for itself
	personWhoWaits     = 987650000000098
)

// People, by what happens to their deliveries. Of those after them, the provider refuses the record twice before it sells it.
const (
	isDone = 987650000000000 + iota
	fails
	panics
	isGivenUp
	neverEnds
	afterThem
)

// statuses are those of the provider's errors. 0 is a connection that is cut off.
var statuses = []int{200, 302, 400, 401, 402, 403, 404, 409, 422, 429, 500, 503, 0}

// echo responds with whatever it got, with what it knows of a person, and with prose.
func echo(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Retry-After", "0")
		header.Set("X-Request-Id", requestID)
		header.Set("X-Li-Uuid", requestID)
		header.Set("Location", "https://elsewhere.example.com/"+shorthand)
		header.Set("Set-Cookie", "person="+shorthand)
		if status == 0 {
			panic(http.ErrAbortHandler)
		}
		_ = r.ParseForm() // what cannot be parsed is not echoed
		got := strings.ReplaceAll(fmt.Sprint(r.Method, r.URL, r.Header, r.Form), `"`, "'")
		respond(w, status, fmt.Sprintf(`{"error":%q,"error_description":%[1]q,"message":%[1]q,"detail":%[1]q,"serviceErrorCode":65600,"code":%[1]q,"details":{"value":%[1]q}}`,
			prose+" about "+name+" "+email+": "+got))
	}
}

// called counts the calls of the user's function, by person.
var called struct {
	sync.Mutex

	of map[int64]int
}

// spoilt is a function of a user's who does not look after what it says.
func spoilt(ctx context.Context, client *pronet.Client, u refresh.Update[employee.BaseRecord]) error {
	called.Lock()
	defer called.Unlock()
	if called.of == nil {
		called.of = make(map[int64]int)
	}
	called.of[u.ID]++
	first := called.of[u.ID] == 1
	switch {
	case u.ID == isDone:
		callAll(ctx, client)
	case u.ID == fails && first:
		return fmt.Errorf("%s: %w", textOfFunction, context.DeadlineExceeded)
	case u.ID == panics && first:
		panic(errors.New(textOfFunction + u.Record.FullName + coresignalKey))
	case u.ID == isGivenUp:
		return fmt.Errorf("%s: %w", textOfFunction, webhook.ErrGiveUp)
	case u.ID == neverEnds:
		return errors.New(textOfFunction)
	case u.Err != nil && first:
		return fmt.Errorf("%s: %w", textOfFunction, u.Err)
	}
	return nil
}

// callAll calls all providers until they have failed in all ways, and logs what the errors say.
func callAll(ctx context.Context, client *pronet.Client) {
	for range statuses {
		short, stop := context.WithTimeout(ctx, 5*time.Second)
		_, ofCoresignal := client.Employees.Base.Collect(short, employee.ID(personWhoIsRefused))
		_, ofShorthand := client.Employees.Base.Collect(short, employee.Shorthand(shorthand))
		_, ofSales := client.SalesWebhooks.Subscriptions.Get(short, salesID)
		_, ofLinkedIn := client.LinkedIn.Members.Me(short, members.WithPicture)
		stop()
		for _, err := range []error{ofCoresignal, ofShorthand, ofSales, ofLinkedIn} {
			slog.InfoContext(ctx, "called", "error", err, "printed", fmt.Sprintf("%+v %#v", err, err))
		}
	}
}

// TestNothingSecretOrPersonalIsExported: of deliveries that are done, fail, and die, over a queue and two processes, and of
// calls of all providers, who write into their errors all that they got and know.
func TestNothingSecretOrPersonalIsExported(t *testing.T) {
	for _, queue := range []string{inNATS, inRiver} {
		t.Run(queue, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t)
			p.instead["/oauth/v2/accessToken"] = []http.HandlerFunc{echo(http.StatusBadRequest), echo(0)}
			for i, status := range statuses {
				p.instead[collecting(int64(afterThem+i))] = []http.HandlerFunc{echo(status), echo(status)}
			}
			s := servers(t, queue)
			s.Provider, s.Token, s.Label, s.Spoilt = p.URL, webhook.NewPathToken(), label, true
			s.Postgres = strings.Replace(s.Postgres, "postgres@", "postgres:"+password+"@", 1)
			s.NATS = strings.Replace(s.NATS, "nats://", "nats://user:"+password+"@", 1)
			s.Name = receiving
			receiver := begin(t, s)
			s.Name = working
			worker := begin(t, s)
			for i := range afterThem + len(statuses) - isDone {
				require.Equal(t, http.StatusOK, receiver.post(s.Token, notice(isDone+i)))
			}
			require.Equal(t, http.StatusOK, receiver.post(s.Token, strangersBody))
			require.Equal(t, http.StatusNotFound, receiver.post("token-of-a-stranger", notice(isDone)))

			raw := outside(t, s)
			require.Eventually(t, func() bool { return raw.pending() == 0 }, 5*time.Minute, 50*time.Millisecond)
			worker.end()
			require.Equal(t, http.StatusOK, receiver.post(s.Token, notice(personWhoWaits))) // on whom nobody works
			receiver.end()
			require.GreaterOrEqual(t, raw.dead(), 3, "given up, out of attempts, and not understood")

			nothingIsTold(t, receiver, worker)
			theMetricsTell(t, raw, receiver, worker)
		})
	}
}

func notice(person int) string {
	return fmt.Sprintf(`[{"member_id":%d,"status":%q,"changed_fields":[%[2]q],"full_name":%q,"email":%q}]`, person, shorthand, name, email)
}

func nothingIsTold(t *testing.T, processes ...*process) {
	t.Helper()
	telemetry, logs := "", ""
	for _, p := range processes {
		assert.NotEmpty(t, p.spans())
		telemetry += p.text("spans") + p.text("metrics")
		logs += p.text("log") + p.text("stderr")
	}
	nowhere := []string{
		coresignalKey, salesWebhooksKey, clientID, clientSecret, accessToken, password, processes[0].Token,
		name, email, shorthand, prose, strangersTrace, "stranger", salesID, peoplesNumbers, "elsewhere",
		base64.StdEncoding.EncodeToString([]byte(notice(isDone))[:18]), base64.StdEncoding.EncodeToString([]byte(strangersBody)),
	}
	for _, canary := range append(nowhere, label, textOfFunction, requestID) {
		isNotIn(t, telemetry, canary)
	}
	for _, canary := range nowhere {
		isNotIn(t, logs, canary)
	}
	// What must be there, or else nothing was looked at.
	for _, class := range []string{"timeout", "given_up", "not_found", "_OTHER", "unauthorized", "no_credits", "unknown_endpoint", "429", "503"} {
		assert.True(t, strings.Contains(telemetry, `"error.type","Value":{"Type":"STRING","Value":"`+class+`"}`), class) //nolint:testifylint // the text is long
	}
	for _, logged := range []string{label, textOfFunction, requestID, "panic: *errors.errorString"} { // as the adapters say
		assert.True(t, strings.Contains(logs, logged), logged) //nolint:testifylint // the text is long
	}
}

func isNotIn(t *testing.T, text, canary string) {
	t.Helper()
	require.NotEmpty(t, canary)
	if i := strings.Index(text, canary); i >= 0 {
		t.Errorf("%q is exported: ...%s...", canary, text[max(0, i-200):min(len(text), i+100)])
	}
}
