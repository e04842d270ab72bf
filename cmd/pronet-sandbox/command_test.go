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
	"unicode"

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
	assert.Contains(t, told(t, sb, "status"), "1 active, 1 change queued")
	assert.Regexp(t, `^1 delivery, 0 failed\n2026-03-01 12:00:0\d  change notice  status 204  \[\{"member_id":\d+,"status":"changed",[^\n]+\]$`, told(t, sb, "deliver"))
	told(t, sb, "promote 1 Gardener")
	assert.Regexp(t, `^it is 2026-03-03 12:00:0\d; 1 delivery, 0 failed\n2026-03-02 [^\n]+$`, told(t, sb, "advance 48h"))
	assert.Regexp(t, `^it is 2026-03-10 12:00:0\d; 0 deliveries, 0 failed$`, told(t, sb, "advance 7d"))
	assert.Equal(t, 2, hooks.received)

	hooks.status = http.StatusTeapot
	told(t, sb, "promote 1 Cook")
	_, err = (&operator{sb}).command("deliver")
	require.ErrorContains(t, err, "418")
	told(t, sb, "promote 1 Baker")
	assert.Contains(t, told(t, sb, "advance 1d"), "1 delivery, 1 failed\n2026-03-11")

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
	for _, name := range []string{
		"promote", "company", "leave", "hide", "advance", "deliver", "fail", "clear", "credits", "people", "status", "help",
		"delete", "merge", "subscribe", "subscriptions", "deliveries", "quit",
		"subscribe-entity", "change-job", "change", "notes", "note", "edit-note", "delete-note",
	} {
		assert.Contains(t, "\n"+help, "\n"+name, name)
	}
}

// without returns the number and the ID of somebody without a position.
func without(t *testing.T, sb *sandbox.Sandbox) (number int, p coresignal.Person) {
	t.Helper()
	for p := range sb.Coresignal.People() {
		number++
		if p.Company == "" && p.Title == "" {
			return number, p
		}
	}
	require.Fail(t, "everybody is employed")
	return 0, coresignal.Person{}
}

// TestAChangeThatIsNoneIsAnError, and tells nobody.
func TestAChangeThatIsNoneIsAnError(t *testing.T) {
	sb, err := sandbox.New(coresignal.WithPeople(50))
	require.NoError(t, err)
	defer sb.Close()
	subscribeAll(t, sb)
	number, jobless := without(t, sb)
	p := employed(t, sb)
	for line, says := range map[string]string{
		fmt.Sprintf("promote %d CTO", number):         fmt.Sprintf(`%s has no position; "company %d" gives one`, jobless.Name, number),
		fmt.Sprintf("promote %d", jobless.ID):         fmt.Sprintf(`%s has no position; "company %d" gives one`, jobless.Name, jobless.ID),
		fmt.Sprintf("leave %d", number):               "nothing has changed: ",
		fmt.Sprintf("promote %d %s", p.ID, p.Title):   "nothing has changed: ",
		fmt.Sprintf("company %d %s", p.ID, p.Company): "nothing has changed: ",
	} {
		_, err := (&operator{sb}).command(line)
		require.ErrorContains(t, err, says, line)
	}
	assert.Zero(t, sb.Coresignal.QueuedChanges())
	told(t, sb, fmt.Sprint("hide ", p.ID))
	_, err = (&operator{sb}).command(fmt.Sprint("hide ", p.ID))
	require.ErrorContains(t, err, "nothing has changed: ")
	assert.Contains(t, told(t, sb, fmt.Sprint("company ", number)), " at ")
	assert.Contains(t, told(t, sb, fmt.Sprintf("promote %d CTO", number)), "CTO at ")
}

func TestCommandsSubscribeAndTell(t *testing.T) {
	hooks := &hooks{}
	sb, err := sandbox.New(sandbox.WithStartTime(testStart), sandbox.WithDeliveryTransport(hooks), coresignal.WithPeople(50))
	require.NoError(t, err)
	defer sb.Close()
	assert.Equal(t, "0 subscriptions", told(t, sb, "subscriptions"))
	assert.Equal(t, `0 deliveries, 0 failed; nobody is subscribed, see "subscribe"`, told(t, sb, "deliver"))
	p := employed(t, sb)
	assert.Regexp(t, `^[0-9a-f-]{36}  to the changes of 1 person; change somebody and then "deliver"$`,
		told(t, sb, fmt.Sprintf("subscribe http://127.0.0.1:8080/hooks/coresignal/my-secret %d", p.ID)))
	assert.Contains(t, told(t, sb, "subscribe https://hooks.example.com/other-secret"), "the changes of everybody")
	assert.Regexp(t, `^[0-9a-f-]{36}  base, profiles of 1 person, to http://127\.0\.0\.1:8080/hooks/coresignal/\.\.\., until 2026-05-31, 0 queued
[0-9a-f-]{36}  base, profiles of a query, to https://hooks\.example\.com/\.\.\., until 2026-05-31, 0 queued
2 subscriptions$`, told(t, sb, "subscriptions"))
	told(t, sb, fmt.Sprintf("promote %d CTO", p.ID))
	assert.Contains(t, told(t, sb, "deliver"), "2 deliveries, 0 failed\n")
	assert.Equal(t, 2, hooks.received)
	hooks.status = http.StatusNotFound
	told(t, sb, fmt.Sprintf("promote %d CEO", p.ID))
	_, err = (&operator{sb}).command("deliver")
	require.Error(t, err)
	list := strings.Split(told(t, sb, "deliveries 3"), "\n")
	require.Len(t, list, 4)
	assert.Contains(t, list[0], "change notice  status 204  [{")
	assert.Contains(t, list[2], "change notice  status 404  [{")
	assert.Equal(t, "of all: 4 deliveries, 2 failed", list[3])
	assert.NotContains(t, told(t, sb, "subscriptions")+told(t, sb, "deliveries"), "secret")
}

func TestCommandsHideDeleteAndMerge(t *testing.T) {
	sb, err := sandbox.New(coresignal.WithPeople(20))
	require.NoError(t, err)
	defer sb.Close()
	ids := sb.Coresignal.PersonIDs()
	assert.Contains(t, told(t, sb, "hide 1"), "(hidden)")
	assert.Contains(t, told(t, sb, "delete 2"), "(deleted)")
	assert.Contains(t, told(t, sb, "merge 3 4"), fmt.Sprintf("(merged into %d)", ids[3]))
	assert.Contains(t, told(t, sb, "people"), fmt.Sprintf("(merged into %d)", ids[3]))
	_, err = (&operator{sb}).command("promote 3 CTO")
	require.ErrorIs(t, err, coresignal.ErrMerged)
}

// TestNothingThatATerminalObeysIsPrinted, whatever names people and companies have.
func TestNothingThatATerminalObeysIsPrinted(t *testing.T) {
	sb, err := sandbox.New(coresignal.WithPeople(20))
	require.NoError(t, err)
	defer sb.Close()
	p := employed(t, sb)
	for _, title := range []string{
		"\x1b]0;title\x07\x1b[2J", "a\r\nb", "\u009b2J", "\u202eevil\u2066", "zero\u200bwidth\ufeff", "line\u2028break", "tag\U000e0041", "\xff\xfe",
	} {
		require.NoError(t, sb.Coresignal.Promote(p.ID, title))
		require.NoError(t, sb.Coresignal.ChangeCompany(p.ID, title+" Ltd"))
		var out strings.Builder
		for _, line := range []string{"people 20", fmt.Sprint("hide ", p.ID), fmt.Sprintf("promote %d", p.ID), "fail 500 /\u202e", "company 99 x", "x\u202e"} {
			obey(&out, sb, line)
		}
		for line := range strings.SplitSeq(out.String(), "\n") {
			assert.False(t, strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsGraphic(r) }), "%q", line)
		}
		assert.Contains(t, out.String(), string(unicode.ReplacementChar))
	}
	assert.Equal(t, "Żaneta Łącka, 東京, O'Neil – 100 %", printable("Żaneta Łącka, 東京, O'Neil – 100 %"))
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
		"quit now":                              "unknown command",
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
		"delete 1 2":                            "usage: delete PERSON",
		"merge 1":                               "usage: merge PERSON PERSON",
		"merge 1 2 3":                           "usage: merge PERSON PERSON",
		"merge 1 x":                             "neither an ID nor a number",
		"merge 1 1":                             "cannot be merged into itself",
		"subscribe":                             "usage: subscribe URL [PERSON...]",
		"subscribe http://a.example":            "Invalid webhook URL",
		"subscribe http://localhost 6":          "no such person",
		"subscriptions all":                     "usage: subscriptions",
		"deliveries x":                          "from 1 to 1000",
		"deliveries 0":                          "from 1 to 1000",
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
		assert.Equal(t, `it is 2036-02-27 12:00:00; 0 deliveries, 0 failed; nobody is subscribed, see "subscribe"`, told(t, sb, "advance 3650d"))
		assert.Equal(t, testStart.Add(3650*24*time.Hour), sb.Now())
	})
}

// FuzzCommand does arbitrary lines. Each has a result or an error, and never both.
func FuzzCommand(f *testing.F) {
	for _, line := range []string{
		"promote 42", "promote 1 Head of Sales", "company 2 Acme", "leave 3", "hide 1", "advance 48h", "advance 7d", "advance 1e9h", "deliver",
		"fail 429 3 /cdapi/v2/subscriptions", "fail 500 /*", "clear", "credits 500", "people 5", "status", "help", "", " \t", "quit",
		"delete 1", "merge 1 2", "merge 2 2", "subscribe http://localhost/x 1 2", "subscribe http://127.0.0.1:1", "subscriptions", "deliveries 3",
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
