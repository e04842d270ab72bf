//go:build unix

package redis_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9/logging"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/adapters/redis"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/refresh"
	"github.com/pronet-go/pronet/webhook"
)

// hard is true when the tests are to run in full.
var hard = os.Getenv("PRONET_HARD") == "1"

// noticed is the person about whom there is a notice while Redis is away.
const noticed = 7_777

// written is a log that many write.
type written struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (w *written) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.Write(p)
}

func (w *written) count(text string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.Count(w.text.String(), text)
}

// provider is one that knows nothing of limits: it notes when a call arrives, and about whom.
type provider struct {
	mu      sync.Mutex
	arrived []time.Time
	whose   map[string]int
}

func (p *provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.arrived = append(p.arrived, time.Now())
	id := path.Base(r.URL.Path)
	if p.whose == nil {
		p.whose = make(map[string]int)
	}
	p.whose[id]++
	w.Header().Set("Content-Type", "application/json")
	_, _ = fmt.Fprintf(w, `{"id":%s,"full_name":"Jane"}`, id)
}

// between counts the calls that have arrived from one time to another.
func (p *provider) between(from, to time.Time) (calls int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, at := range p.arrived {
		if at.After(from) && at.Before(to) {
			calls++
		}
	}
	return calls
}

// caller is what one of the processes has: a client, what it has logged, and what became of its calls.
type caller struct {
	client *pronet.Client
	log    written
	first  int64 // of the people that it asks for

	mu      sync.Mutex
	errs    []error
	success time.Time // when the last call began that was made
}

func (c *caller) warnings() int { return c.log.count("level=WARN msg=\"pronet: ") }

func (c *caller) call(ctx context.Context, n int64) {
	began := time.Now()
	_, err := c.client.Employees.Base.Collect(ctx, employee.ID(c.first+n))
	if ctx.Err() != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil {
		c.success = began
		return
	}
	c.errs = append(c.errs, err)
	time.Sleep(10 * time.Millisecond) // or there would be thousands
}

func (c *caller) madeAfter(t time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.success.After(t)
}

// newCaller has an own connection to Redis, as a process has.
func newCaller(t *testing.T, s *server, url string, first int64, processes int) *caller {
	t.Helper()
	limits, err := redis.NewLimits(s.client())
	require.NoError(t, err)
	c := &caller{first: first}
	c.client, err = pronet.New(pronet.WithLogger(slog.New(slog.NewTextHandler(&c.log, nil))),
		pronet.WithCoresignal("key-of-the-test", pronet.BaseURL(url), pronet.RateLimit("", places, window), pronet.SharedRateLimit(limits, "coresignal", processes)))
	require.NoError(t, err)
	return c
}

// receiver is a pipeline with one notice.
type receiver struct {
	*refresh.Pipeline[employee.BaseRecord]
	url  string
	told chan time.Time
	log  *written
}

func newReceiver(t *testing.T, client *pronet.Client) receiver {
	t.Helper()
	token := webhook.NewPathToken()
	sender, err := webhook.Coresignal(webhook.Endpoint{Label: "customers", Token: token})
	require.NoError(t, err)
	r := receiver{url: "/hooks/" + token, told: make(chan time.Time, 10), log: new(written)}
	r.Pipeline, err = refresh.Open(client.Employees.Base, client.BulkCollect.Base, t.TempDir(), sender, func(_ context.Context, u refresh.Update[employee.BaseRecord]) error {
		if u.Err == nil {
			r.told <- time.Now()
		}
		return u.Err
	}, refresh.PipelineOptions{CreditsPerDay: refresh.Unbounded, Window: -1, Logger: slog.New(slog.NewTextHandler(r.log, nil))})
	require.NoError(t, err)
	return r
}

func (r receiver) notify(t *testing.T) {
	t.Helper()
	w := httptest.NewRecorder()
	r.ServeHTTP(w, httptest.NewRequest(http.MethodPost, r.url, strings.NewReader(fmt.Sprintf(`[{"member_id":%d,"status":"changed"}]`, noticed))))
	require.Equal(t, http.StatusOK, w.Code, "it needs no Redis")
}

// run runs the pipeline until the function that it returns is called.
func (r receiver) run(t *testing.T) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	return func() {
		cancel()
		assert.ErrorIs(t, <-ended, context.Canceled)
		assert.NoError(t, r.Close())
	}
}

// outage is a time without Redis.
type outage struct {
	server *server
	how    string
	lasts  time.Duration
}

// long says that it lasts longer than what counts as a blip.
func (o outage) long() bool { return o.lasts > 30*time.Second }

// pass lets Redis be away for as long.
func (o outage) pass(t *testing.T) {
	t.Helper()
	if o.how == "stopped" { // what is asked gets no reply
		require.NoError(t, o.server.Signal(syscall.SIGSTOP))
		time.Sleep(o.lasts)
		require.NoError(t, o.server.Signal(syscall.SIGCONT))
		return
	}
	o.server.stop()
	time.Sleep(o.lasts)
	o.server.start()
}

// TestRedisIsAway for a second, and for a minute with PRONET_HARD=1: the rows of the guide's table.
func TestRedisIsAway(t *testing.T) {
	logging.Disable() // go-redis tells each time that it cannot connect
	lasting := []time.Duration{time.Second}
	if hard {
		lasting = append(lasting, time.Minute)
	}
	for row, check := range map[string]func(t *testing.T, o outage){
		"limits, two processes": func(t *testing.T, o outage) { limitsAway(t, o, 2) },
		"limits, 0 processes":   func(t *testing.T, o outage) { limitsAway(t, o, 0) },
		"marks":                 marksAway,
	} {
		for _, how := range []string{"stopped", "restarted"} {
			for _, lasts := range lasting {
				t.Run(fmt.Sprintf("%s, %s for %s", row, how, lasts), func(t *testing.T) {
					t.Parallel()
					check(t, outage{startServer(t), how, lasts})
				})
			}
		}
	}
}

// limitsAway: two processes call and one has a delivery. With a number of processes each call is made, by the share of the
// process if it lasts; with 0 the call has ErrSharedLimits, and the delivery waits. Each change is logged once, no window
// has more than its places, and the delivery is told once.
func limitsAway(t *testing.T, o outage, processes int) {
	var p provider
	calls := httptest.NewServer(&p)
	defer calls.Close()
	callers := []*caller{newCaller(t, o.server, calls.URL, 1, processes), newCaller(t, o.server, calls.URL, 1_000_000, processes)}
	receiver := newReceiver(t, callers[0].client)
	stop := receiver.run(t)
	defer stop()
	ctx, end := context.WithCancel(t.Context())
	var calling sync.WaitGroup
	defer calling.Wait()
	defer end()
	for _, c := range callers {
		calling.Go(func() {
			for n := int64(0); ctx.Err() == nil; n++ {
				c.call(ctx, n)
			}
		})
	}
	began := time.Now()
	require.Eventually(t, func() bool { return p.between(began, time.Now()) >= 2*places }, time.Minute, 10*time.Millisecond)

	left := time.Now()
	notice := time.AfterFunc(min(o.lasts/2, 5*time.Second), func() { receiver.notify(t) })
	defer notice.Stop()
	o.pass(t)
	back := time.Now()
	for _, c := range callers {
		require.Eventually(t, func() bool { return c.madeAfter(back) }, time.Minute, 10*time.Millisecond)
	}
	var told time.Time
	select {
	case told = <-receiver.told:
	case <-time.After(time.Minute):
		require.Fail(t, "the delivery is not told", "%+v", receiver.Status())
	}
	require.Eventually(t, func() bool { return receiver.Status().Notices.Pending == 0 }, time.Minute, 10*time.Millisecond)
	for _, c := range callers { // the change back is logged beside the calls
		require.Eventually(t, func() bool { n := c.warnings(); return n == 2 || n == 0 && !o.long() }, time.Minute, 10*time.Millisecond)
	}
	end()
	calling.Wait()

	p.mu.Lock()
	defer p.mu.Unlock()
	assert.Equal(t, 1, p.whose[fmt.Sprint(noticed)], "the record is bought once")
	assert.Empty(t, receiver.told, "and told once")
	assert.Zero(t, receiver.Status().Notices.Dead)
	lost := 0
	for _, c := range callers {
		c.mu.Lock()
		for _, err := range c.errs {
			require.ErrorIs(t, err, pronet.ErrSharedLimits)
		}
		if processes > 0 {
			assert.Empty(t, c.errs)
		} else if o.long() {
			assert.NotEmpty(t, c.errs)
		}
		c.mu.Unlock()
		warnings := c.warnings()
		lost += warnings / 2
		if o.long() {
			assert.Equal(t, 2, warnings, "once at each change")
		} else {
			assert.Contains(t, []int{0, 2}, warnings, "it is hardly longer than a blip")
		}
	}
	if o.long() {
		made := 0
		for _, at := range p.arrived {
			if at.After(left.Add(o.lasts/3)) && at.Before(back) {
				made++
			}
		}
		assert.Equal(t, processes > 0, made > 0, "calls while it was away: %d", made)
		assert.Equal(t, processes > 0, told.Before(back), "told %s after it was back", told.Sub(back))
	}
	if lost != 1 { // a process that alone loses Redis adds its share
		for i := places; i < len(p.arrived); i++ {
			if within := p.arrived[i].Sub(p.arrived[i-places]); within < window-late {
				t.Errorf("%d calls arrived within %s", places+1, within)
			}
		}
	}
	t.Logf("%d calls, the delivery was told %s after Redis was back", len(p.arrived), told.Sub(back).Round(time.Millisecond))
}

// marksAway: a delivery gets 503 while Redis is away, and the sender sends it again. None is lost, and what was marked before
// is a repetition afterwards too.
func marksAway(t *testing.T, o outage) {
	marks, err := redis.NewMarks(o.server.client(), "")
	require.NoError(t, err)
	token := webhook.NewPathToken()
	sender, err := webhook.Coresignal(webhook.Endpoint{Label: "customers", Token: token})
	require.NoError(t, err)
	var mu sync.Mutex
	effects := make(map[int64]int)
	effectsOf := func(n int64) int {
		mu.Lock()
		defer mu.Unlock()
		return effects[n]
	}
	var log written
	handler, err := webhook.NewHandler(sender, webhook.Func(func(_ context.Context, d *webhook.Delivery) error {
		mu.Lock()
		defer mu.Unlock()
		effects[d.Events[0].(webhook.EmployeeChanged).ID]++
		return nil
	}), webhook.WithStore(marks), webhook.WithDeadline(time.Second), webhook.WithLogger(slog.New(slog.NewTextHandler(&log, nil)))) // a claim whose response was lost ends soon
	require.NoError(t, err)
	post := func(n int64) int {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/hooks/"+token, strings.NewReader(fmt.Sprintf(`[{"member_id":%d,"status":"changed"}]`, n))))
		return w.Code
	}
	require.Equal(t, http.StatusOK, post(1))
	require.Equal(t, http.StatusOK, post(1))
	require.Equal(t, 1, effectsOf(1))

	var accepted, refused atomic.Int64
	accepted.Store(1)
	ctx, end := context.WithCancel(t.Context())
	var sending sync.WaitGroup
	defer sending.Wait()
	defer end()
	sending.Go(func() {
		for ctx.Err() == nil {
			switch code := post(accepted.Load() + 1); code {
			case http.StatusOK:
				accepted.Add(1)
			default:
				assert.Equal(t, http.StatusServiceUnavailable, code)
				refused.Add(1)
				time.Sleep(10 * time.Millisecond)
			}
		}
	})
	require.Eventually(t, func() bool { return accepted.Load() > 20 }, time.Minute, time.Millisecond)
	o.pass(t)
	before := accepted.Load()
	require.Eventually(t, func() bool { return accepted.Load() > before+20 }, time.Minute, time.Millisecond)
	end()
	sending.Wait()
	for n := int64(2); n <= accepted.Load(); n++ {
		assert.Equal(t, 1, effectsOf(n), "delivery %d", n)
	}
	require.Equal(t, http.StatusOK, post(1))
	assert.Equal(t, 1, effectsOf(1), "what was done before is known afterwards")
	if o.long() {
		assert.NotZero(t, refused.Load())
		assert.NotZero(t, log.count("level=ERROR"))
	}
	t.Logf("%d deliveries, %d refused with 503, %d lines of log", accepted.Load(), refused.Load(), log.count("level="))
}
