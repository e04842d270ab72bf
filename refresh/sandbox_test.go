package refresh_test

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/internal/pronettest/sandboxtest"
	"github.com/pronet-go/pronet/refresh"
	"github.com/pronet-go/pronet/webhook"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Short names for what several packages share.
var (
	start         = sandboxtest.Start
	startInMemory = sandboxtest.StartInMemory
	connect       = sandboxtest.Connect
)

// crm keeps the outcomes that it is handed.
type crm struct {
	mu       sync.Mutex
	outcomes []refresh.Outcome[employee.BaseRecord]
	refuse   map[int64]int // how often an employee's outcome is refused
	refusal  error         // with what; nil means errStore
}

var errStore = errors.New("the CRM is down")

func (c *crm) store(_ context.Context, o refresh.Outcome[employee.BaseRecord]) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.refuse[o.ID] > 0 {
		c.refuse[o.ID]--
		return cmp.Or(c.refusal, errStore)
	}
	c.outcomes = append(c.outcomes, o)
	return nil
}

// stored returns the employees of the outcomes, in their order.
func (c *crm) stored() (ids []int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, o := range c.outcomes {
		ids = append(ids, o.ID)
	}
	return ids
}

func refresher(t testing.TB, client *pronet.Client, o refresh.Options) (*refresh.Refresher[employee.BaseRecord], *crm) {
	t.Helper()
	c := &crm{refuse: make(map[int64]int)}
	r, err := refresh.New(client.Employees.Base, client.BulkCollect.Base, c.store, o)
	require.NoError(t, err)
	return r, c
}

// delivery is one about the given employees.
func delivery(key string, ids ...int64) *webhook.Delivery {
	d := &webhook.Delivery{Key: key, ReceivedAt: time.Unix(1_700_000_000, 0), Events: []webhook.Event{}}
	for _, id := range ids {
		d.Events = append(d.Events, webhook.EmployeeChanged{ID: id, Status: webhook.StatusChanged})
	}
	return d
}
