package saleswebhooks_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/internal/pronettest"
	"github.com/pronet-go/pronet/saleswebhooks"
	"github.com/pronet-go/pronet/sandbox"
	fake "github.com/pronet-go/pronet/sandbox/saleswebhooks"
)

// withinLimit fails when a window had more than 10 bulk calls.
func withinLimit(t *testing.T, sb *sandbox.Sandbox, window time.Duration) {
	t.Helper()
	calls := sb.SalesWebhooks.Calls("bulk")
	for i := 10; i < len(calls); i++ {
		require.GreaterOrEqual(t, calls[i].Sub(calls[i-10]), window, "calls %d to %d", i-10, i)
	}
	assert.Zero(t, sb.SalesWebhooks.Refused("bulk"))
}

// exactly fails when the active subscriptions are not those to the first n contacts, each once.
func exactly(t *testing.T, sb *sandbox.Sandbox, n int) {
	t.Helper()
	active := make(map[string]bool)
	for _, s := range sb.SalesWebhooks.Subscriptions() {
		if s.Status == "active" {
			require.False(t, active[s.LinkedInURL], s.LinkedInURL)
			active[s.LinkedInURL] = true
		}
	}
	require.Len(t, active, n)
	for i := range n {
		require.True(t, active[contact(i).LinkedInURL], i)
	}
	assert.Equal(t, n, sb.SalesWebhooks.Created(), "none was made twice")
}

// cutter loses everything from one bulk call on: the process is gone.
type cutter struct {
	base   http.RoundTripper
	cut    func()
	at     int32 // the bulk call
	before bool  // it does not arrive
	calls  atomic.Int32
}

var errGone = errors.New("the process is gone")

func (c *cutter) RoundTrip(r *http.Request) (*http.Response, error) {
	if !strings.HasSuffix(r.URL.Path, "/bulk") {
		return c.base.RoundTrip(r)
	}
	n := c.calls.Add(1)
	if n != c.at {
		return c.base.RoundTrip(r)
	}
	if !c.before {
		response, err := c.base.RoundTrip(r)
		if err == nil {
			_ = response.Body.Close()
		}
	}
	c.cut()
	return nil, errGone
}

// TestMirrorOfManyContacts is cut at two random steps and opened again from its directory. Of 14,200 contacts it takes three
// and a half hours and 142 calls with an effect, never more than 10 in 15 minutes, and makes nothing twice.
func TestMirrorOfManyContacts(t *testing.T) {
	n := pronettest.Times(2_000, 14_200)
	full := n / 100
	for name, options := range map[string][]sandbox.Option{"": nil, "opaque ids": {fake.WithOpaqueIDs(), fake.WithBulkOrder(fake.Backward)}} {
		if name != "" && !pronettest.Hard() {
			continue
		}
		seed := rand.Uint64()
		random := rand.New(rand.NewPCG(seed, 1))
		t.Logf("seed %d", seed)
		synctest.Test(t, func(t *testing.T) {
			sb, _ := startInMemory(t, append(options, fake.WithTier("scale", 20_000))...)
			dir := t.TempDir()
			desired, first := contacts(n), true
			apply := func(cutAt int32) error {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				base := &http.Transport{DialContext: sb.Dial}
				defer base.CloseIdleConnections()
				transport := &cutter{base: base, cut: cancel, at: cutAt, before: random.IntN(2) == 0}
				client, err := pronet.New(append(sb.Options(), pronet.WithTransport(transport),
					pronet.WithSalesWebhooks(sb.SalesWebhooks.APIKey(), pronet.RateLimitState(pronet.RateLimitFile(filepath.Join(dir, "limits.json")))))...)
				require.NoError(t, err)
				plan, err := client.SalesWebhooks.Subscriptions.Plan(ctx, saleswebhooks.Entities(desired...), saleswebhooks.PlanOptions{})
				require.NoError(t, err)
				if first {
					first = false
					assert.Equal(t, full, plan.Calls)
					assert.InDelta(t, time.Duration((full-1)/10)*15*time.Minute, plan.Takes, float64(time.Minute))
				}
				_, err = plan.Apply(ctx, saleswebhooks.ApplyOptions{Dir: dir})
				return err
			}
			began := time.Now()
			require.Error(t, apply(1+random.Int32N(int32(full/2))))
			require.Error(t, apply(1+random.Int32N(int32(full/2-2))))
			require.NoError(t, apply(0))
			exactly(t, sb, n)
			withinLimit(t, sb, 15*time.Minute)
			assert.GreaterOrEqual(t, sb.SalesWebhooks.BulkEffects(), full)
			assert.LessOrEqual(t, sb.SalesWebhooks.BulkEffects(), full+2)
			assert.Less(t, time.Since(began), 5*time.Hour)
			before, bulkBefore := sb.Requests(), len(sb.SalesWebhooks.Calls("bulk"))
			require.NoError(t, apply(0))
			assert.Equal(t, 2, sb.Requests()-before, "the export and the account")
			assert.Len(t, sb.SalesWebhooks.Calls("bulk"), bulkBefore)
		})
	}
}

const mirrorVariable = "PRONET_TEST_MIRROR" // what a process needs to know, as JSON

// mirrorProcess mirrors contacts in a process of its own, which can be killed.
type mirrorProcess struct {
	URL, Key, Dir string
	Contacts      int
	Window        time.Duration
}

func runMirrorProcess(text string) int {
	var p mirrorProcess
	err := json.Unmarshal([]byte(text), &p)
	if err == nil {
		err = p.main(context.Background())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func (p mirrorProcess) main(ctx context.Context) error {
	client, err := pronet.New(pronet.WithSalesWebhooks(p.Key, pronet.BaseURL(p.URL), pronet.RateLimit("bulk", 10, p.Window),
		pronet.RateLimitState(pronet.RateLimitFile(filepath.Join(p.Dir, "limits.json")))))
	if err != nil {
		return err
	}
	plan, err := client.SalesWebhooks.Subscriptions.Plan(ctx, saleswebhooks.Entities(contacts(p.Contacts)...), saleswebhooks.PlanOptions{})
	if err != nil {
		return err
	}
	_, err = plan.Apply(ctx, saleswebhooks.ApplyOptions{Dir: p.Dir})
	return err
}

// run runs the process and kills it after the given time. It reports whether it was killed.
func (p mirrorProcess) run(t *testing.T, after time.Duration) (killed bool) {
	t.Helper()
	var stderr bytes.Buffer
	command := exec.CommandContext(t.Context(), os.Args[0])
	command.Env = append(os.Environ(), mirrorVariable+"="+jsonOf(t, p))
	command.Stderr = &stderr
	require.NoError(t, command.Start())
	timer := time.AfterFunc(after, func() { _ = command.Process.Kill() })
	err := command.Wait()
	timer.Stop()
	if command.ProcessState.ExitCode() >= 0 {
		require.NoError(t, err, stderr.String())
		return false
	}
	return true
}

// TestMirrorThatIsKilled with SIGKILL again and again, the window being a second: the final set is exact, and no window has
// more than 10 calls, over all the processes.
func TestMirrorThatIsKilled(t *testing.T) {
	n, kills, window := pronettest.Times(1_000, 14_200), pronettest.Times(2, 20), time.Second
	sb, err := sandbox.Start(fake.WithTier("scale", 20_000), fake.WithLimits(0, 0, 0, window)) // which only counts
	require.NoError(t, err)
	defer sb.Close()
	p := mirrorProcess{URL: sb.SalesWebhooks.URL(), Key: sb.SalesWebhooks.APIKey(), Dir: t.TempDir(), Contacts: n, Window: window}
	killed := 0
	for killed < kills {
		if !p.run(t, 50*time.Millisecond+rand.N(900*time.Millisecond)) {
			break
		}
		killed++
	}
	for p.run(t, time.Minute) {
		killed++
	}
	exactly(t, sb, n)
	assert.LessOrEqual(t, sb.SalesWebhooks.BulkEffects(), (n+99)/100+killed)
	calls := sb.SalesWebhooks.Calls("bulk")
	if pronettest.Hard() {
		for i := 10; i < len(calls); i++ { // a tenth for what a busy machine may delay a call
			require.GreaterOrEqual(t, calls[i].Sub(calls[i-10]), window*9/10, "calls %d to %d", i-10, i)
		}
	}
	before := len(sb.Arrivals())
	require.False(t, p.run(t, time.Minute))
	assert.Equal(t, 2, len(sb.Arrivals())-before, "the export and the account")
}
