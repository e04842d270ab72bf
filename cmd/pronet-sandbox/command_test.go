package main

import (
	"cmp"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
)

const subscriptions = "/cdapi/v2/subscriptions"

var testStart = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// hooks receives deliveries without a socket.
type hooks struct{ received, status int }

func (h *hooks) RoundTrip(r *http.Request) (*http.Response, error) {
	h.received++
	return &http.Response{StatusCode: cmp.Or(h.status, http.StatusNoContent), Body: http.NoBody, Request: r}, nil
}

// send sends a request without a connection.
func send(sb *sandbox.Sandbox, method, path, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("apikey", sb.Coresignal.APIKey())
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	sb.Coresignal.ServeHTTP(w, r)
	return w
}

func subscribeAll(t *testing.T, sb *sandbox.Sandbox) {
	t.Helper()
	w := send(sb, http.MethodPost, subscriptions+"/employee_base/es_dsl", `{"webhook_url":"https://hooks.example.com","es_dsl_query":{"query":{"match_all":{}}}}`)
	require.Equal(t, http.StatusOK, w.Code)
}

// employed returns somebody with a current position.
func employed(t *testing.T, sb *sandbox.Sandbox) coresignal.Person {
	t.Helper()
	for p := range sb.Coresignal.People() {
		if p.Company != "" && p.Title != "" {
			return p
		}
	}
	require.Fail(t, "nobody is employed")
	return coresignal.Person{}
}

// told does a command that must succeed.
func told(t *testing.T, sb *sandbox.Sandbox, line string) string {
	t.Helper()
	result, err := (&operator{sb}).command(line)
	require.NoError(t, err, line)
	assert.False(t, strings.HasSuffix(result, "\n"))
	return result
}

func TestCommandsChangePeople(t *testing.T) {
	sb, err := sandbox.New(coresignal.WithPeople(50))
	require.NoError(t, err)
	defer sb.Close()
	p := employed(t, sb)
	line := func(work string) string { return fmt.Sprintf("%d  %s, %s", p.ID, p.Name, work) }

	assert.Equal(t, line("Keeper of the Lighthouse at "+p.Company), told(t, sb, fmt.Sprintf("promote %d Keeper of the Lighthouse", p.ID)))
	assert.Equal(t, line("Keeper of the Lighthouse at Lantern Works"), told(t, sb, fmt.Sprintf("  COMPANY   %d   Lantern Works ", p.ID)))
	assert.Equal(t, line("no position"), told(t, sb, fmt.Sprint("leave ", p.ID)))
	told(t, sb, fmt.Sprint("company ", p.ID))
	told(t, sb, fmt.Sprint("promote ", p.ID))
	now, _ := sb.Coresignal.Person(p.ID)
	assert.Equal(t, "Senior Keeper of the Lighthouse", now.Title)
	assert.NotEmpty(t, now.Company)

	list := strings.Split(told(t, sb, "people 3"), "\n")
	require.Len(t, list, 4)
	assert.Equal(t, "3 of 50 people", list[3])
	third, _ := sb.Coresignal.Person(sb.Coresignal.PersonIDs()[2])
	assert.Equal(t, fmt.Sprintf("   3  %d  %s, ", third.ID, third.Name), list[2][:len(fmt.Sprintf("   3  %d  %s, ", third.ID, third.Name))])
	assert.Contains(t, told(t, sb, "promote 3 Gardener"), fmt.Sprint(third.ID), "a person by number in the list")
	assert.Len(t, strings.Split(told(t, sb, "people"), "\n"), 11)
	assert.Contains(t, told(t, sb, "people 1000"), "50 of 50 people")
}

func TestCommandsDeliverAndFail(t *testing.T) {
	hooks := &hooks{}
	sb, err := sandbox.New(sandbox.WithStartTime(testStart), sandbox.WithDeliveryTransport(hooks))
	require.NoError(t, err)
	defer sb.Close()
	subscribeAll(t, sb)
	told(t, sb, "promote 1 Keeper")
	assert.Contains(t, told(t, sb, "status"), "1 active, 1 changes queued")
	assert.Equal(t, "1 deliveries, 0 failed", told(t, sb, "deliver"))
	told(t, sb, "promote 1 Gardener")
	assert.Regexp(t, `^it is 2026-03-03 12:00:0\d; 1 deliveries, 0 failed$`, told(t, sb, "advance 48h"))
	assert.Regexp(t, `^it is 2026-03-10 12:00:0\d; 0 deliveries, 0 failed$`, told(t, sb, "advance 7d"))
	assert.Equal(t, 2, hooks.received)

	hooks.status = http.StatusTeapot
	told(t, sb, "promote 1 Cook")
	_, err = (&operator{sb}).command("deliver")
	require.ErrorContains(t, err, "418")
	told(t, sb, "promote 1 Baker")
	assert.Contains(t, told(t, sb, "advance 1d"), "1 deliveries, 1 failed")

	assert.Equal(t, "the next 2 requests to "+subscriptions+" will get 429 Too Many Requests", told(t, sb, "fail 429 2 "+subscriptions))
	for range 2 {
		assert.Equal(t, http.StatusTooManyRequests, send(sb, http.MethodGet, subscriptions, "").Code)
	}
	assert.Equal(t, http.StatusOK, send(sb, http.MethodGet, subscriptions, "").Code)
	assert.Equal(t, "the next request will get 503 Service Unavailable", told(t, sb, "fail 503"))
	assert.Equal(t, http.StatusServiceUnavailable, send(sb, http.MethodGet, subscriptions, "").Code)
	assert.Equal(t, "the next request to /x will get 454", told(t, sb, "fail 454 /x"))
	assert.Equal(t, "every request until clear will get 500 Internal Server Error", told(t, sb, "fail 500 0"))
	assert.Contains(t, told(t, sb, "status"), "faults         2")
	assert.Equal(t, http.StatusInternalServerError, send(sb, http.MethodGet, subscriptions, "").Code)
	assert.Equal(t, "2 faults removed", told(t, sb, "clear"))
	assert.Equal(t, http.StatusOK, send(sb, http.MethodGet, subscriptions, "").Code)

	assert.Equal(t, "7 credits", told(t, sb, "credits 7"))
	assert.Equal(t, http.StatusPaymentRequired, send(sb, http.MethodGet, fmt.Sprint("/cdapi/v2/employee_base/collect/", sb.Coresignal.PersonIDs()[0]), "").Code)
	told(t, sb, "hide 1")
	p, _ := sb.Coresignal.Person(sb.Coresignal.PersonIDs()[0])
	assert.Equal(t, 453, send(sb, http.MethodPost, "/rtapi/v2/employee/scrape", fmt.Sprintf(`{"url":%q}`, p.ProfileURL)).Code)
	status := told(t, sb, "status")
	for _, want := range []string{"time           2026-03-11", "people         200", "credits        7, spent 0", "real-time      100, spent 0", "data requests  0", "4 deliveries, 2 failed"} {
		assert.Contains(t, status, want)
	}
	assert.Empty(t, told(t, sb, "   "))
	help := told(t, sb, "help")
	for _, name := range []string{"promote", "company", "leave", "hide", "advance", "deliver", "fail", "clear", "credits", "people", "status", "help"} {
		assert.Contains(t, "\n"+help, "\n"+name, name)
	}
}

func Example_commands() {
	sb, err := sandbox.New(coresignal.WithPeople(10))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer sb.Close()
	for _, line := range []string{"people 1", "promote 1 Head of School", "company 1 Lantern Works", "fail 429 3", "dance"} {
		obey(os.Stdout, sb, line)
	}
	// Output:
	//    1  537432868  Thiago Santos, Senior Teacher at Norrland Analytics
	// 1 of 10 people
	// 537432868  Thiago Santos, Head of School at Norrland Analytics
	// 537432868  Thiago Santos, Head of School at Lantern Works
	// the next 3 requests will get 429 Too Many Requests
	// error: unknown command; "help" lists them
}

func TestCommandsThatAreRefused(t *testing.T) {
	sb, err := sandbox.New(coresignal.WithPeople(5))
	require.NoError(t, err)
	defer sb.Close()
	before := told(t, sb, "people")
	for line, says := range map[string]string{
		"dance":                                 "unknown command",
		"promot 1":                              "unknown command",
		"promote":                               "usage: promote PERSON [TITLE]",
		"promote x":                             "neither an ID nor a number",
		"promote 0":                             "neither an ID nor a number",
		"promote -1":                            "neither an ID nor a number",
		"promote 6":                             "no such person",
		"promote 99999999999999999999 x":        "neither an ID nor a number",
		"company":                               "usage: company",
		"leave 1 now":                           "usage: leave PERSON",
		"leave":                                 "usage: leave PERSON",
		"hide 7 x":                              "usage: hide PERSON",
		"people x":                              "from 1 to 1000",
		"people 0":                              "from 1 to 1000",
		"people 1001":                           "from 1 to 1000",
		"advance":                               "usage: advance DURATION",
		"advance tomorrow":                      "duration",
		"advance -1h":                           "duration",
		"advance 0s":                            "duration",
		"advance 87601h":                        "10 years",
		"advance 3651d":                         "10 years",
		"advance 0d":                            "10 years",
		"advance 99999999999999d":               "10 years",
		"advance 9999999999999999999h":          "10 years",
		"advance 1h 2h":                         "duration",
		"deliver now":                           "usage: deliver",
		"fail":                                  "usage: fail STATUS [TIMES] [PATH]",
		"fail 200":                              "from 400 to 599",
		"fail 600":                              "from 400 to 599",
		"fail x":                                "from 400 to 599",
		"fail 500 -1":                           "from 0 to 1000000",
		"fail 500 1000001":                      "from 0 to 1000000",
		"fail 500 1 x":                          "usage: fail",
		"fail 500 /a /b":                        "usage: fail",
		"fail 500 1 /a b":                       "usage: fail",
		"clear all":                             "usage: clear",
		"credits":                               "usage: credits N",
		"credits -1":                            "from 0 to 1000000000",
		"credits 1000000001":                    "from 0 to 1000000000",
		"credits many":                          "from 0",
		"status x":                              "usage: status",
		"help me":                               "usage: help",
		"promote 1 a\x00b":                      "control characters",
		"promote 1 a\nleave 1":                  "control characters",
		"promote 1 \xff":                        "UTF-8",
		"promote 1 " + strings.Repeat("x", 991): "at most 1000 bytes",
	} {
		result, err := (&operator{sb}).command(line)
		require.ErrorContains(t, err, says, "%q", line)
		assert.Empty(t, result)
	}
	_, err = (&operator{sb}).command("dance")
	require.ErrorIs(t, err, errUnknownCommand)
	_, err = (&operator{sb}).command("leave 12345678")
	require.ErrorIs(t, err, coresignal.ErrUnknownPerson)
	assert.Equal(t, before, told(t, sb, "people"), "nothing has happened")
	told(t, sb, "promote 1 "+strings.Repeat("x", 990))

	for range 100 {
		told(t, sb, "fail 500 /x")
	}
	_, err = (&operator{sb}).command("fail 500 /x")
	require.ErrorContains(t, err, "100 faults")
	sb.Close()
	_, err = (&operator{sb}).command("deliver")
	require.ErrorIs(t, err, sandbox.ErrClosed)
}

func TestCommandMovesTheClockByTenYears(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sb, err := sandbox.New(sandbox.WithDeliveryTransport(&hooks{}), sandbox.WithStartTime(testStart))
		require.NoError(t, err)
		defer sb.Close()
		subscribeAll(t, sb)
		assert.Equal(t, "it is 2036-02-27 12:00:00; 0 deliveries, 0 failed", told(t, sb, "advance 3650d"))
		assert.Equal(t, testStart.Add(3650*24*time.Hour), sb.Now())
	})
}

// FuzzCommand does arbitrary lines. Each has a result or an error, and never both.
func FuzzCommand(f *testing.F) {
	for _, line := range []string{
		"promote 42", "promote 1 Head of Sales", "company 2 Acme", "leave 3", "hide 1", "advance 48h", "advance 7d", "advance 1e9h", "deliver",
		"fail 429 3 /cdapi/v2/subscriptions", "fail 500 /*", "clear", "credits 500", "people 5", "status", "help", "", " \t", "quit",
		"promote 9223372036854775807 x", "advance -9223372036854775808ns", "advance 9223372036854775807d", "credits 0x10", "company 1 \u202eevil",
	} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		sb, err := sandbox.New(coresignal.WithPeople(3), sandbox.WithDeliveryTransport(&hooks{}))
		require.NoError(t, err)
		defer sb.Close()
		before := sb.Now()
		result, err := (&operator{sb}).command(line)
		if err != nil {
			assert.Empty(t, result)
			assert.Less(t, len(err.Error()), 400)
		}
		assert.Less(t, len(result), 10_000)
		assert.Less(t, sb.Now().Sub(before), 3651*24*time.Hour)
		assert.False(t, sb.Now().Before(before))
		assert.Len(t, sb.Coresignal.PersonIDs(), 3)
	})
}
