package webhook_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/webhook"
)

// observed makes an observer and the list of what it was told.
func observed() (webhook.Option, *[]webhook.Received) {
	var mu sync.Mutex
	told := new([]webhook.Received)
	return webhook.WithObserver(webhook.Observer{Received: func(_ context.Context, r webhook.Received) {
		mu.Lock()
		defer mu.Unlock()
		*told = append(*told, r)
	}}), told
}

func TestR52TheObserverIsToldOfEachResult(t *testing.T) {
	boom := errors.New("boom")
	put := func(f func() error) webhook.Sink {
		return webhook.Func(func(context.Context, *webhook.Delivery) error { return f() })
	}
	signed := func(body string) func(t *testing.T) *http.Request {
		return func(t *testing.T) *http.Request { return signedRequest(t, body) }
	}
	mixed := `[{"member_id":1},7]`
	taken := put(func() error { time.Sleep(time.Second); return nil })
	delivered := webhook.Received{Label: "signed", Status: 503, Events: 2, Unknown: 1, Bytes: len(mixed)}
	with := func(result webhook.Result, status int, err error) webhook.Received {
		r := delivered
		r.Result, r.Status, r.Err = result, status, err
		return r
	}
	for name, c := range map[string]struct {
		sink    webhook.Sink
		store   webhook.Store
		request func(t *testing.T) *http.Request
		want    webhook.Received
		took    time.Duration
	}{
		"accepted":           {taken, nil, signed(mixed), with(webhook.ResultAccepted, 200, nil), time.Second},
		"accepted too late":  {put(func() error { time.Sleep(time.Minute); return nil }), nil, signed(mixed), with(webhook.ResultAccepted, 503, nil), time.Minute},
		"duplicate":          {taken, &spyStore{claim: webhook.Claim{Result: webhook.AlreadyDone}}, signed(mixed), with(webhook.ResultDuplicate, 200, nil), 0},
		"in progress":        {taken, &spyStore{claim: webhook.Claim{Result: webhook.InProgress}}, signed(mixed), with(webhook.ResultInProgress, 503, nil), 0},
		"the sink fails":     {put(func() error { return boom }), nil, signed(mixed), with(webhook.ResultFailed, 503, boom), 0},
		"the store fails":    {taken, &spyStore{claimErr: boom}, signed(mixed), with(webhook.ResultFailed, 503, boom), 0},
		"the sink panics":    {put(func() error { panic("at the disco") }), nil, signed(mixed), webhook.Received{Result: webhook.ResultPanicked, Status: 500}, 0},
		"not understood":     {put(func() error { return nil }), nil, signed("?"), webhook.Received{Result: webhook.ResultAccepted, Label: "signed", Status: 200, Bytes: 1}, 0},
		"unverified at once": {taken, nil, func(*testing.T) *http.Request { return noticePost() }, webhook.Received{Result: webhook.ResultUnverified, Status: 401, Err: webhook.ErrUnverified}, 0},
		"unverified by body": {taken, nil, func(t *testing.T) *http.Request {
			r := signedRequest(t, mixed)
			r.Body = io.NopCloser(strings.NewReader(mixed + " "))
			return r
		}, webhook.Received{Result: webhook.ResultUnverified, Status: 401, Err: webhook.ErrUnverified}, 0},
		"too large": {taken, nil, signed(strings.Repeat(" ", heldBody+1)), webhook.Received{Result: webhook.ResultTooLarge, Status: 413}, 0},
		"header too large": {taken, nil, func(t *testing.T) *http.Request {
			r := signedRequest(t, mixed)
			r.Header.Set("X", strings.Repeat("x", 65<<10))
			return r
		}, webhook.Received{Result: webhook.ResultTooLarge, Status: 431}, 0},
		"cut": {taken, nil, func(t *testing.T) *http.Request {
			r := signedRequest(t, mixed)
			r.Body = io.NopCloser(errorReader{})
			return r
		}, webhook.Received{Result: webhook.ResultUnreadable, Status: 400, Err: io.ErrUnexpectedEOF}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				option, told := observed()
				sender := sends(newHMAC(t, bodyScheme(), testSecret))
				options := []webhook.Option{option, webhook.WithMaxBody(heldBody)}
				if c.store != nil {
					options = append(options, webhook.WithStore(c.store))
				}
				h := newHandlerOf(t, sender, c.sink, options...)
				assert.Equal(t, c.want.Status, serve(h, c.request(t)).StatusCode)
				require.Len(t, *told, 1)
				got := (*told)[0]
				if c.want.Result == webhook.ResultPanicked {
					assert.ErrorContains(t, got.Err, "webhook: panic: string")
					got.Err = nil
				}
				c.want.Source, c.want.Duration = webhook.SourceCoresignal, c.took
				assert.Equal(t, c.want, got)
			})
		})
	}
}

func TestR52TheObserverSeesEveryEndOfABody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		option, told := observed()
		h := newHandler(t, webhook.Unsigned("base"), new(spySink), option, webhook.WithMaxBody(heldBody), webhook.WithMaxHeld(heldLimit))
		l := servePipe(t, h, 0)
		slow := beginPost(t, l, "x", 100, 1)
		assert.Equal(t, http.StatusServiceUnavailable, readResponse(t, slow).StatusCode)
		synctest.Wait() // the response of a deadline is sent before the handler returns and tells of it
		require.Len(t, *told, 1)
		assert.Equal(t, webhook.ResultUnreadable, (*told)[0].Result)
		assert.Equal(t, 503, (*told)[0].Status)
		assert.Equal(t, webhook.DefaultDeadline, (*told)[0].Duration)
		require.NoError(t, slow.Close())

		release := fill(t, h)
		assert.Equal(t, 503, serve(h, httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(make([]byte, heldBody)))).StatusCode)
		require.Len(t, *told, 2)
		assert.Equal(t, webhook.ResultBusy, (*told)[1].Result)
		release()

		token, err := webhook.PathToken(webhook.Endpoint{Label: "base", Token: webhook.NewPathToken()})
		require.NoError(t, err)
		h = newHandler(t, token, new(spySink), option)
		serve(h, noticePost())
		assert.Equal(t, webhook.ResultUnknownEndpoint, (*told)[len(*told)-1].Result)
		before := len(*told)
		serve(h, httptest.NewRequest(http.MethodGet, "/", nil))
		assert.Len(t, *told, before, "a GET is no delivery")
	})
}

func TestSeveralObserversAndPanicsOfTheirs(t *testing.T) {
	first, toldFirst := observed()
	last, toldLast := observed()
	sink := new(spySink)
	h := newHandler(t, webhook.Unsigned("base"), sink, first, webhook.WithObserver(webhook.Observer{}),
		webhook.WithObserver(webhook.Observer{Received: func(context.Context, webhook.Received) { panic("observer") }}), last,
		webhook.WithLogger(slog.New(panickingHandler{})))
	assert.Equal(t, 200, serve(h, noticePost()).StatusCode)
	assert.Equal(t, 200, serve(h, noticePost()).StatusCode)
	require.Len(t, *toldFirst, 2)
	assert.Equal(t, webhook.ResultDuplicate, (*toldFirst)[1].Result)
	assert.Equal(t, *toldFirst, *toldLast)
	assert.Len(t, sink.all(), 1)
	token, err := webhook.PathToken(webhook.Endpoint{Label: "base", Token: webhook.NewPathToken()})
	require.NoError(t, err)
	h = newHandler(t, token, webhook.Func(func(context.Context, *webhook.Delivery) error { panic("sink") }), webhook.WithLogger(slog.New(panickingHandler{})))
	assert.Equal(t, 404, serve(h, noticePost()).StatusCode)
	assert.Zero(t, h.Status().InWork)
}

type panickingHandler struct{ slog.Handler }

func (panickingHandler) Enabled(context.Context, slog.Level) bool  { return true }
func (panickingHandler) Handle(context.Context, slog.Record) error { panic("logger") }

type badError struct{}

func (badError) Error() string { panic("no text") }

func TestR52HandlerStatus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var next error
		h := newHandler(t, webhook.Unsigned("base"), webhook.Func(func(context.Context, *webhook.Delivery) error {
			time.Sleep(time.Second)
			return next
		}), webhook.WithoutDedupe())
		assert.Zero(t, h.Status())
		began := time.Now()
		done := make(chan struct{})
		go func() { serve(h, noticePost()); close(done) }()
		synctest.Wait()
		assert.Equal(t, webhook.HandlerStatus{InWork: 1}, h.Status())
		<-done
		assert.Equal(t, webhook.HandlerStatus{AcceptedAt: began.Add(time.Second)}, h.Status())

		next = errors.New("database \x1b[2J\n\u202eis\xff locked " + strings.Repeat("x", 2000))
		serve(h, noticePost())
		next = badError{}
		serve(h, noticePost())
		status := h.Status()
		assert.Equal(t, webhook.HandlerStatus{
			AcceptedAt: began.Add(time.Second), LastError: "webhook_test.badError", LastErrorAt: began.Add(3 * time.Second), FailingSince: began.Add(2 * time.Second),
		}, status)
		next = nil
		serve(h, noticePost())
		status.AcceptedAt, status.FailingSince = began.Add(4*time.Second), time.Time{}
		assert.Equal(t, status, h.Status())

		next = errors.New("database \x1b[2J\n\u202eis\xff locked " + strings.Repeat("x", 2000))
		serve(h, noticePost())
		assert.True(t, strings.HasPrefix(h.Status().LastError, "database \uFFFD[2J \uFFFDis\uFFFD locked xxx"), h.Status().LastError)
		assert.Less(t, len(h.Status().LastError), 1100)
	})
}

// TestR52RefusalsAreTold, whatever is wrong with them, but no line for each: strangers may send as many as they like.
func TestR52RefusalsAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var logged bytes.Buffer
		logger := slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		}}))
		h := newHandler(t, newHMAC(t, bodyScheme(), testSecret), new(spySink), webhook.WithLogger(logger), webhook.WithMaxBody(1000))
		for i := range 1000 {
			serve(h, noticePost())
			if i%4 == 0 {
				serve(h, signedRequest(t, strings.Repeat(" ", 1001)))
			}
			time.Sleep(100 * time.Millisecond)
		}
		token, err := webhook.PathToken(webhook.Endpoint{Label: "base", Token: webhook.NewPathToken()})
		require.NoError(t, err)
		serve(newHandler(t, token, new(spySink), webhook.WithLogger(logger)), noticePost())
		line := func(level, result string, requests int, reason string) string {
			text := fmt.Sprintf(`level=%s msg="webhook: requests refused" source=coresignal result=%s requests=%d`, level, result, requests)
			if reason != "" {
				text += fmt.Sprintf(" error=%q", reason)
			}
			return text + "\n"
		}
		assert.Equal(t, line("WARN", "unverified", 1, "webhook: request not verified")+line("WARN", "too_large", 1, "")+
			line("WARN", "unverified", 600, "webhook: request not verified")+line("WARN", "too_large", 150, "")+
			line("INFO", "unknown_endpoint", 1, "webhook: unknown endpoint"), logged.String())
	})
}

// workingSink is a sink that goes on with deliveries after Put.
type workingSink struct {
	spySink
	inWork bool
	asked  []string
}

func (s *workingSink) InWork(source, key string) bool {
	s.asked = append(s.asked, source+" "+key)
	return s.inWork
}

func TestR50TheSinkSaysWhetherAKnownDeliveryIsInWork(t *testing.T) {
	option, told := observed()
	sink := new(workingSink)
	store, err := webhook.NewMemoryStore(10, nil)
	require.NoError(t, err)
	h := newHandler(t, webhook.Unsigned("base"), sink, option, webhook.WithStore(store))
	require.Equal(t, 200, serve(h, noticePost()).StatusCode)
	assert.Empty(t, sink.asked, "nobody knows it yet")
	key := sink.all()[0].Key

	sink.inWork = true
	require.Equal(t, 200, serve(h, noticePost()).StatusCode)
	assert.Len(t, sink.all(), 2, "it may report a later change")
	assert.Equal(t, key, sink.all()[1].Key)
	assert.Equal(t, []string{"coresignal " + key}, sink.asked)
	sink.err = errors.New("disk full")
	require.Equal(t, 503, serve(h, noticePost()).StatusCode)
	assert.Equal(t, 1, store.Len())

	sink.inWork = false
	require.Equal(t, 200, serve(h, noticePost()).StatusCode)
	assert.Len(t, sink.all(), 3)
	results := make([]webhook.Result, 0, 4)
	for _, r := range *told {
		results = append(results, r.Result)
	}
	assert.Equal(t, []webhook.Result{webhook.ResultAccepted, webhook.ResultAccepted, webhook.ResultFailed, webhook.ResultDuplicate}, results)
}

// remoteSink is one that has to ask somebody else what is in work.
type remoteSink struct {
	workingSink
	unknown error
}

func (s *remoteSink) InWork(_ context.Context, source, key string) (bool, error) {
	return s.workingSink.InWork(source, key), s.unknown
}

func TestASinkThatCannotSayWhatIsInWork(t *testing.T) {
	sink := new(remoteSink)
	store, err := webhook.NewMemoryStore(10, nil)
	require.NoError(t, err)
	h := newHandler(t, webhook.Unsigned("base"), sink, webhook.WithStore(store))
	require.Equal(t, 200, serve(h, noticePost()).StatusCode)
	sink.unknown = errors.New("nobody responds")
	require.Equal(t, 503, serve(h, noticePost()).StatusCode, "neither dropped nor taken for new")
	assert.Len(t, sink.all(), 1)
	sink.unknown, sink.inWork = nil, true
	require.Equal(t, 200, serve(h, noticePost()).StatusCode)
	assert.Len(t, sink.all(), 2)
	sink.inWork = false
	require.Equal(t, 200, serve(h, noticePost()).StatusCode)
	assert.Len(t, sink.all(), 2)
}
