package nats_test

import (
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/pronet-go/pronet/adapters/nats"
	"github.com/pronet-go/pronet/webhook/sinktest"
)

// names are of queues on a server that tests share.
var names atomic.Int64

func ownName(o *nats.Options) { o.Name = "queue" + strconv.FormatInt(names.Add(1), 10) }

// TestQueue keeps the rules of a queue that several have open.
func TestQueue(t *testing.T) {
	s := embedded(t)
	sinktest.RunShared(t, func(t *testing.T) func() sinktest.Queue {
		o := quick(ownName)
		return func() sinktest.Queue { return open(t, connect(t, s.ClientURL()), o) }
	})
}
