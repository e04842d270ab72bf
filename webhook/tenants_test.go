package webhook_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/webhook"
)

// customer is what a program keeps of a tenant.
type customer struct {
	name, secret string
	got          atomic.Int64
}

func newCustomer(n int) *customer {
	name := fmt.Sprintf("customer-%d", n)
	return &customer{name: name, secret: "the-secret-of-" + name}
}

// event is a deletion of a note of the customer's.
func (c *customer) event(note int) string {
	return fmt.Sprintf(`{"prospectNoteId":%d,"type":"DELETE_PROSPECT_NOTE","integrationContext":"urn:li:contract:%s"}`, note, strings.TrimPrefix(c.name, "customer-"))
}

// postAs is an event at the path of one customer with the signature of another.
func postAs(path, secret, body string) *http.Request {
	return linkedInPost("/linkedin/"+path, linkedInSignature(secret, body), body)
}

// TestR62ADeliveryReachesTheTenantThatHasSignedItAndNoOther is the matrix of 100 tenants' paths and secrets.
func TestR62ADeliveryReachesTheTenantThatHasSignedItAndNoOther(t *testing.T) {
	const n = 100
	var tenants webhook.Tenants[*customer]
	customers := make([]*customer, n)
	for i := range customers {
		customers[i] = newCustomer(i + 1)
		require.NoError(t, tenants.Set(customers[i].name, customers[i], customers[i].secret))
	}
	assert.Equal(t, n, tenants.Len())
	h := newHandlerOf(t, tenants.Sender(), tenants.Handle(func(_ context.Context, c *customer, d *webhook.Delivery) error {
		assert.Equal(t, c.name, d.Label)
		assert.Equal(t, "urn:li:contract:"+strings.TrimPrefix(c.name, "customer-"), d.Events[0].(webhook.ProspectNoteDeleted).Contract.String())
		c.got.Add(1)
		return nil
	}))
	for i, path := range customers {
		for j, signer := range customers {
			want := 401
			if i == j {
				want = 200
			}
			body := signer.event(i*n + j + 1)
			require.Equal(t, want, serve(h, postAs(path.name, signer.secret, body)).StatusCode)
		}
		resp := serve(h, httptest.NewRequest(http.MethodGet, "/linkedin/"+path.name+"/?challengeCode="+challengeCode, nil))
		require.Equal(t, 200, resp.StatusCode)
		assert.Contains(t, bodyText(t, resp), hexMAC(path.secret, challengeCode), "each has its own challenge")
	}
	for _, c := range customers {
		assert.EqualValues(t, 1, c.got.Load())
	}
	for _, path := range []string{"", "/", "/linkedin", "/linkedin/Customer-1", "/linkedin/customer-101", "/customer-1/linkedin", "/linkedin/customer-1%2f..", "/linkedin/customer-1/x"} {
		r := postAs("x", customers[0].secret, customers[0].event(1))
		r.URL.Path = path
		assert.Equal(t, 404, serve(h, r).StatusCode, path)
	}
	assert.Equal(t, 404, serve(h, httptest.NewRequest(http.MethodGet, "/linkedin/unknown?challengeCode="+challengeCode, nil)).StatusCode)
}

// TestTenantsComeAndGo: secrets are rotated, and what is removed is gone, also for a request whose body is on its way.
func TestTenantsComeAndGo(t *testing.T) {
	var tenants webhook.Tenants[*customer]
	acme := newCustomer(1)
	sink := new(spySink)
	h := newHandlerOf(t, tenants.Sender(), sink)
	send := func(secret string, note int) int {
		return serve(h, postAs(acme.name, secret, acme.event(note))).StatusCode
	}
	assert.Equal(t, 404, send(acme.secret, 1), "before it is there")
	require.NoError(t, tenants.Set(acme.name, acme, acme.secret))
	assert.Equal(t, 200, send(acme.secret, 1))
	require.NoError(t, tenants.Set(acme.name, acme, "the-new-secret", acme.secret))
	assert.Equal(t, 200, send(acme.secret, 2))
	assert.Equal(t, 200, send("the-new-secret", 3))
	require.NoError(t, tenants.Set(acme.name, acme, "the-new-secret"))
	assert.Equal(t, 401, send(acme.secret, 4))

	r := postAs(acme.name, "the-new-secret", acme.event(5))
	check, err := tenants.Sender().Verifier.Admit(r)
	require.NoError(t, err)
	assert.True(t, tenants.Remove(acme.name))
	assert.False(t, tenants.Remove(acme.name))
	_, err = check([]byte(acme.event(5)))
	require.ErrorIs(t, err, webhook.ErrUnknownEndpoint)
	assert.Equal(t, 404, send("the-new-secret", 6))
	_, known := tenants.Get(acme.name)
	assert.False(t, known)
	err = tenants.Handle(func(context.Context, *customer, *webhook.Delivery) error { return nil })(t.Context(), sink.all()[0])
	require.ErrorIs(t, err, webhook.ErrUnknownTenant)
	require.ErrorIs(t, err, webhook.ErrGiveUp, "a spool lets it lie among the dead ones")

	for _, name := range []string{"", ".", "..", "a/b", "a b", "a%20b", "ä", strings.Repeat("x", 129)} {
		require.Error(t, tenants.Set(name, acme, acme.secret), name)
	}
	require.ErrorIs(t, tenants.Set("a", acme), webhook.ErrWeakSecret)
	assert.Zero(t, tenants.Len())
}

// TestTenantStatus tells when a tenant was heard of last, over a change of its secrets.
func TestTenantStatus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tenants webhook.Tenants[*customer]
		acme := newCustomer(1)
		require.NoError(t, tenants.Set(acme.name, acme, acme.secret))
		h := newHandlerOf(t, tenants.Sender(), new(spySink))
		status, known := tenants.Status(acme.name)
		assert.True(t, known)
		assert.Zero(t, status)
		for _, query := range []string{"challengeCode=1", "challengeCode="} {
			require.Equal(t, 400, serve(h, httptest.NewRequest(http.MethodGet, "/"+acme.name+"?"+query, nil)).StatusCode)
		}
		require.Equal(t, 401, serve(h, postAs(acme.name, "another-secret", acme.event(1))).StatusCode)
		status, _ = tenants.Status(acme.name)
		assert.Zero(t, status, "what is refused does not count")
		challenged := time.Now().UTC()
		require.Equal(t, 200, serve(h, httptest.NewRequest(http.MethodGet, "/"+acme.name+"?challengeCode="+challengeCode, nil)).StatusCode)
		time.Sleep(time.Hour)
		require.Equal(t, 200, serve(h, postAs(acme.name, acme.secret, acme.event(1))).StatusCode)
		require.NoError(t, tenants.Set(acme.name, acme, "the-new-secret", acme.secret))
		status, _ = tenants.Status(acme.name)
		assert.Equal(t, webhook.TenantStatus{ChallengedAt: challenged, VerifiedAt: challenged.Add(time.Hour)}, status)
		_, known = tenants.Status("unknown")
		assert.False(t, known)
	})
}

// TestThousandTenants: every delivery reaches its own tenant, while others come and go.
func TestThousandTenants(t *testing.T) {
	const n, senders = 1000, 8
	var tenants webhook.Tenants[*customer]
	customers := make([]*customer, n)
	for i := range customers {
		customers[i] = newCustomer(i + 1)
		require.NoError(t, tenants.Set(customers[i].name, customers[i], customers[i].secret))
	}
	h := newHandlerOf(t, tenants.Sender(), tenants.Handle(func(_ context.Context, c *customer, d *webhook.Delivery) error {
		if contract := d.Events[0].(webhook.ProspectNoteDeleted).Contract; contract.ID() != strings.TrimPrefix(c.name, "customer-") || d.Label != c.name {
			return fmt.Errorf("a delivery of contract %s reached %s", contract, c.name)
		}
		c.got.Add(1)
		return nil
	}))
	var work, coming sync.WaitGroup
	stop := make(chan struct{})
	var removed atomic.Int64
	coming.Go(func() { // The last hundred come and go, and their secrets change.
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			c := customers[n-1-i%100]
			if tenants.Remove(c.name) {
				removed.Add(1)
			}
			_ = tenants.Set(c.name, c, "another secret of "+c.name, c.secret)
			runtime.Gosched()
		}
	})
	var gone [senders]int
	for s := range senders {
		work.Go(func() {
			for i := s; i < 3*n; i += senders {
				c, thief := customers[i%n], customers[(i+1)%n]
				body := c.event(i + 1)
				switch status := serve(h, postAs(c.name, c.secret, body)).StatusCode; {
				case (status == 404 || status == 503) && i%n >= n-100: // 503 if removed once it was verified
					gone[s]++
				case status != 200:
					t.Errorf("%s: status %d", c.name, status)
				}
				if status := serve(h, postAs(thief.name, c.secret, body)).StatusCode; status != 401 && status != 404 {
					t.Errorf("%s signed for %s: status %d", c.name, thief.name, status)
				}
			}
		})
	}
	work.Wait()
	close(stop)
	coming.Wait()
	total := int64(0)
	for i, c := range customers {
		if i < n-100 {
			assert.EqualValues(t, 3, c.got.Load(), c.name)
		}
		total += c.got.Load()
	}
	missed := 0
	for _, g := range gone {
		missed += g
	}
	assert.EqualValues(t, 3*n-missed, total)
	assert.NotZero(t, removed.Load())
	assert.Equal(t, n, tenants.Len())
}

// TestANoisyTenantWaitsForItself: while one tenant's deliveries take all of its share, those of others get through.
func TestANoisyTenantWaitsForItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tenants webhook.Tenants[*customer]
		noisy, quiet := newCustomer(1), newCustomer(2)
		require.NoError(t, tenants.Set(noisy.name, noisy, noisy.secret))
		require.NoError(t, tenants.Set(quiet.name, quiet, quiet.secret))
		atSink, most := 0, 0
		var mu sync.Mutex
		h := newHandlerOf(t, tenants.Sender(), tenants.Handle(func(_ context.Context, c *customer, _ *webhook.Delivery) error {
			if c == quiet {
				return nil
			}
			mu.Lock()
			atSink++
			most = max(most, atSink)
			mu.Unlock()
			time.Sleep(4 * time.Second)
			mu.Lock()
			atSink--
			mu.Unlock()
			return nil
		}))
		const sent = 60
		var statuses [sent]int
		var wait sync.WaitGroup
		for i := range sent {
			wait.Go(func() { statuses[i] = serve(h, postAs(noisy.name, noisy.secret, noisy.event(i+1))).StatusCode })
		}
		synctest.Wait()
		assert.Equal(t, 5*webhook.DefaultShare, h.Status().InWork, "eight at the sink, and four times as many wait")
		began := time.Now()
		for i := range 20 {
			require.Equal(t, 200, serve(h, postAs(quiet.name, quiet.secret, quiet.event(i+1))).StatusCode)
		}
		assert.Zero(t, time.Since(began), "nobody waited for the noisy one")
		wait.Wait()
		count := map[int]int{}
		for _, status := range statuses {
			count[status]++
		}
		assert.Equal(t, webhook.DefaultShare, most)
		// Within the ten seconds three times eight got to the sink, the last of them too late for a response.
		assert.Equal(t, map[int]int{200: 2 * webhook.DefaultShare, 503: sent - 2*webhook.DefaultShare}, count)
		require.Equal(t, 200, serve(h, postAs(noisy.name, noisy.secret, noisy.event(sent+1))).StatusCode, "its places were given back")
	})
}

// TestAShareIsGivenBack: also after a failure and a panic of the sink.
func TestAShareIsGivenBack(t *testing.T) {
	sender := sends(webhook.Unsigned("base"))
	sender.Share = 1
	calls := 0
	h := newHandlerOf(t, sender, webhook.Func(func(context.Context, *webhook.Delivery) error {
		calls++
		switch calls {
		case 1:
			return errors.New("away")
		case 2:
			panic("x")
		}
		return nil
	}))
	for _, want := range []int{503, 500, 200, 200} {
		require.Equal(t, want, serve(h, noticePost()).StatusCode)
	}
	sender.Share = -1
	_, err := webhook.NewHandler(sender, new(spySink))
	require.Error(t, err)
}

// BenchmarkTenant tells what a tenant takes in memory, with a secret of 24 characters and one that is rotated out.
func BenchmarkTenant(b *testing.B) {
	const n = 10_000
	for b.Loop() {
		names := make([]*customer, n)
		for i := range names {
			names[i] = newCustomer(i)
		}
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		tenants := new(webhook.Tenants[*customer])
		for _, c := range names {
			if err := tenants.Set(c.name, c, c.secret, c.secret+"-old"); err != nil {
				b.Fatal(err)
			}
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/n, "B/tenant")
		runtime.KeepAlive(names)
		runtime.KeepAlive(tenants)
	}
}
