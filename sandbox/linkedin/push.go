package linkedin

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/pronet-go/pronet/sandbox/internal/shell"
)

const (
	// ChallengeEvery is how often LinkedIn repeats the challenge of a callback.
	ChallengeEvery = 2 * time.Hour
	// challengeWithin is how long LinkedIn waits for the response to one.
	challengeWithin = 3 * time.Second
	// challengesToBlock is how many must fail in a row for a callback to be blocked.
	challengesToBlock = 3
	// retryPushEvery and retryPushFor say how an event without a 2xx response is sent again.
	retryPushEvery, retryPushFor = 5 * time.Minute, 8 * time.Hour
)

// ErrChallengeFailed says that a callback did not respond to the challenge as it must.
var ErrChallengeFailed = errors.New("linkedin: this URL did not pass the security challenge check")

// Callback is where the events of one app go.
type Callback struct {
	// URL is the callback URL.
	URL string
	// Failures is how many challenges have failed since one was passed. After three the callback is blocked.
	Failures int
	// Blocked callbacks get no events, and no challenges, until they are registered again. What happens meanwhile is lost.
	Blocked bool
	// Passed is how many challenges were passed.
	Passed int
}

// RegisterCallback registers the callback URL of an app, as in LinkedIn's developer portal, after a challenge that its
// receiver must respond to within three seconds. The challenge is repeated every two hours of the sandbox's clock. An
// app has one URL, and no two have the same. The error is [ErrChallengeFailed] with the reason, or says why the URL is
// refused: LinkedIn demands HTTPS, and port 80 or 443, but for this machine. Like sandbox.Deliver it must not be called
// by a receiver.
func (sb *Sandbox) RegisterCallback(ctx context.Context, clientID, callback string) error {
	st := sb.state
	u, err := url.Parse(callback)
	if err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return errors.New("linkedin: the callback is no absolute URL without query and fragment")
	}
	local := u.Hostname() == "localhost" || net.ParseIP(u.Hostname()).IsLoopback()
	if !local && (u.Scheme != "https" || !slices.Contains([]string{"", "80", "443"}, u.Port())) {
		return errors.New("linkedin: the callback is not HTTPS at port 80 or 443")
	}
	st.mu.Lock()
	a := st.app(clientID)
	shared := slices.ContainsFunc(st.pushes.callbacks, func(c *registered) bool { return c.URL == callback && c.app != a })
	st.mu.Unlock()
	switch {
	case a == nil:
		return errors.New("linkedin: the app is unknown")
	case shared:
		return errors.New("linkedin: the callback is another app's")
	}
	c := &registered{app: a, Callback: Callback{URL: callback}}
	failure := errors.New("there was no response")
	question := st.challenge(c)
	question.Told = func(r shell.Response) { failure = c.check(question, r) }
	if err := sb.state.shell.Send(ctx, question); failure != nil {
		return fmt.Errorf("%w: %w", ErrChallengeFailed, errors.Join(failure, err))
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	st.pushes.remove(a)
	c.Passed, c.next = 1, st.shell.Now().Add(ChallengeEvery)
	st.pushes.callbacks = append(st.pushes.callbacks, c)
	return nil
}

// RemoveCallback forgets the callback of an app, and the events that wait for it.
func (sb *Sandbox) RemoveCallback(clientID string) {
	sb.state.mu.Lock()
	defer sb.state.mu.Unlock()
	sb.state.pushes.remove(sb.state.app(clientID))
}

// Callback returns the callback of an app, and whether it has one.
func (sb *Sandbox) Callback(clientID string) (Callback, bool) {
	sb.state.mu.Lock()
	defer sb.state.mu.Unlock()
	if c := sb.state.pushes.of(sb.state.app(clientID)); c != nil {
		return c.Callback, true
	}
	return Callback{}, false
}

// RotateSecret gives an app another client secret and returns it. Events and challenges are signed with it from then
// on.
func (sb *Sandbox) RotateSecret(clientID string) string {
	sb.state.mu.Lock()
	defer sb.state.mu.Unlock()
	a := sb.state.app(clientID)
	if a == nil {
		return ""
	}
	a.secret = sb.state.shell.Letters(24)
	return a.secret
}

// pushes are the callbacks, and the events that wait to be sent to them. The state's lock guards them.
type pushes struct {
	callbacks []*registered
	queue     []queued
	lastID    int64
}

type registered struct {
	Callback
	app  *app
	next time.Time // the next challenge
}

// queued is an event on its way.
type queued struct {
	to          *registered
	kind, about string
	body        []byte
	due, until  time.Time // until is when it is given up
}

func (p *pushes) of(a *app) *registered {
	for _, c := range p.callbacks {
		if c.app == a && a != nil {
			return c
		}
	}
	return nil
}

func (p *pushes) remove(a *app) {
	p.callbacks = slices.DeleteFunc(p.callbacks, func(c *registered) bool { return c.app == a })
	p.queue = slices.DeleteFunc(p.queue, func(q queued) bool { return q.to.app == a })
}

// push queues an event for an app that has a callback.
func (st *state) push(a *app, kind, about string, body any) {
	c := st.pushes.of(a)
	if c == nil || c.Blocked {
		return
	}
	raw, isRaw := body.([]byte)
	if !isRaw {
		raw, _ = json.Marshal(body) // of strings, numbers and maps
	}
	now := st.shell.Now()
	until := now
	if kind == EventSocialActions || st.settings.push.retried {
		until = now.Add(retryPushFor)
	}
	st.pushes.queue = append(st.pushes.queue, queued{c, kind, about, raw, now, until})
}

// nextPush is when the next event or challenge is due.
func (st *state) nextPush() (first time.Time, found bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	earlier := func(t time.Time) {
		if !found || t.Before(first) {
			first, found = t, true
		}
	}
	for _, q := range st.pushes.queue {
		earlier(q.due)
	}
	for _, c := range st.pushes.callbacks {
		if !c.Blocked {
			earlier(c.next)
		}
	}
	return first, found
}

// duePushes returns the events and challenges that are due.
func (st *state) duePushes(t time.Time) []shell.Parcel {
	st.mu.Lock()
	defer st.mu.Unlock()
	parcels := st.take(func(q queued) bool { return !q.due.After(t) })
	for _, c := range st.pushes.callbacks {
		if c.Blocked || c.next.After(t) {
			continue
		}
		c.next = t.Add(ChallengeEvery)
		question := st.challenge(c)
		question.Told = func(r shell.Response) { st.challenged(c, c.check(question, r)) }
		parcels = append(parcels, question)
	}
	return parcels
}

// allPushes returns all events that wait.
func (st *state) allPushes() []shell.Parcel {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.take(func(queued) bool { return true })
}

// take takes the events that fit out of the queue. Those of a callback that is blocked by now are lost.
func (st *state) take(fits func(queued) bool) []shell.Parcel {
	var parcels []shell.Parcel
	st.pushes.queue = slices.DeleteFunc(st.pushes.queue, func(q queued) bool {
		if !fits(q) {
			return false
		}
		if !q.to.Blocked {
			parcels = append(parcels, shell.Parcel{
				Kind: q.kind, About: q.about, URL: q.to.URL, Body: q.body,
				Header: http.Header{"X-Li-Signature": {st.settings.push.sign(q.to.app.secret, q.body)}},
				Told:   st.retry(q),
			})
		}
		return true
	})
	return parcels
}

// retry returns a function that queues an event again if it was not taken, once however often it was sent.
func (st *state) retry(q queued) func(shell.Response) {
	again := false
	return func(r shell.Response) {
		st.mu.Lock()
		defer st.mu.Unlock()
		if again || r.Status >= 200 && r.Status <= 299 {
			return
		}
		if q.due = st.shell.Now().Add(retryPushEvery); !q.due.After(q.until) && slices.Contains(st.pushes.callbacks, q.to) {
			st.pushes.queue = append(st.pushes.queue, q)
			again = true
		}
	}
}

// challenge is the question to a callback. The state need not be locked.
func (st *state) challenge(c *registered) shell.Parcel {
	query := url.Values{"challengeCode": {st.shell.UUID()}}
	if st.settings.push.applicationID {
		query.Set("applicationId", c.app.id)
	}
	return shell.Parcel{Kind: "challenge", URL: c.URL + "?" + query.Encode(), Question: true, Within: challengeWithin}
}

// challenged counts the outcome of a challenge.
func (st *state) challenged(c *registered, failure error) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if failure == nil {
		c.Passed++
		c.Failures = 0
		return
	}
	c.Failures++
	c.Blocked = c.Failures >= challengesToBlock
}

// check looks at the response to a challenge.
func (c *registered) check(question shell.Parcel, r shell.Response) error {
	u, err := url.Parse(question.URL)
	if err != nil {
		return err
	}
	code := u.Query().Get("challengeCode")
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	var body struct {
		Code     string `json:"challengeCode"`
		Response string `json:"challengeResponse"`
	}
	switch {
	case r.Err != nil:
		return r.Err
	case r.Status != http.StatusOK:
		return fmt.Errorf("the response has status %d", r.Status)
	case kind != "application/json" || json.Unmarshal(r.Body, &body) != nil:
		return errors.New("the response is no JSON")
	case body.Code != code:
		return errors.New("the response has another code")
	case body.Response != signature(c.app.secret, code):
		return errors.New("the response has another signature, or not in lower case")
	}
	return nil
}

// signature is the HMAC-SHA256 of a text in lower-case hex.
func signature(secret, text string) string {
	h := hmac.New(sha256.New, []byte(secret))
	h.Write([]byte(text))
	return hex.EncodeToString(h.Sum(nil))
}

// pushSettings are how events are written and signed.
type pushSettings struct {
	signed        Signature
	headerPrefix  bool
	upperHex      bool
	numericNotes  bool
	applicationID bool
	requestIDs    bool
	retried       bool
}

func (s pushSettings) sign(secret string, body []byte) string {
	text := string(body)
	switch s.signed {
	case SignedEscaped:
		text = escapeUnits(text, "%04x")
	case SignedEscapedUpper:
		text = escapeUnits(text, "%04X")
	case SignedBody, SignedWithPrefix:
	}
	if s.signed != SignedBody {
		text = "hmacsha256=" + text
	}
	value := signature(secret, text)
	if s.upperHex {
		value = strings.ToUpper(value)
	}
	if s.headerPrefix {
		value = "hmacsha256=" + value
	}
	return value
}

// escapeUnits writes everything but ASCII as \uXXXX.
func escapeUnits(text, unit string) string {
	var out strings.Builder
	for _, r := range text {
		if r < 0x80 {
			out.WriteRune(r)
			continue
		}
		for _, u := range utf16.Encode([]rune{r}) {
			_, _ = fmt.Fprintf(&out, `\u`+unit, u)
		}
	}
	return out.String()
}
