//go:build unix

package river_test

import (
	"context"
	"log/slog"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/stdlib"
	riverqueue "github.com/riverqueue/river"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/adapters/postgres"
	"github.com/pronet-go/pronet/webhook"
)

// plain is a job with a body, as a user of River would write it.
type plain struct {
	Body []byte `json:"body"`
}

func (plain) Kind() string { return "plain" }

// notice is the body of a notice about twenty people.
var notice = func() []byte {
	body := []byte{'['}
	for i := range 20 {
		body = append(body, `{"member_id": `+strconv.Itoa(100_000_000+i)+`, "status": "changed"},`...)
	}
	body[len(body)-1] = ']'
	return body
}()

// BenchmarkPut is a delivery that is stored, beside an insert of River's with the same body. Both run in turn, and the ratio of
// their times is reported.
func BenchmarkPut(b *testing.B) {
	d := sharedServer(b).database(b)
	q := newQueue(b, d, options(), raw())
	client := q.client(&riverqueue.Config{Schema: d.schema, Logger: slog.New(slog.DiscardHandler)})
	var ours, theirs time.Duration
	n := 0
	for b.Loop() {
		n++
		begun := time.Now()
		require.NoError(b, q.Put(b.Context(), of(string(notice))))
		ours += time.Since(begun)
		begun = time.Now()
		_, err := client.Insert(b.Context(), plain{notice}, nil)
		require.NoError(b, err)
		theirs += time.Since(begun)
	}
	b.ReportMetric(float64(ours)/float64(theirs), "of-raw")
	b.ReportMetric(float64(ours.Microseconds())/float64(n), "µs/delivery")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkDeliveries are worked on by a thousand workers at a time with River's own intervals, after all were stored; with what
// is kept, each is completed in a transaction of its own.
func BenchmarkDeliveries(b *testing.B) {
	for name, keeps := range map[string]bool{"plain": false, "kept": true} {
		b.Run(name, func(b *testing.B) {
			d := sharedServer(b).database(b)
			o := options()
			if keeps {
				db := stdlib.OpenDBFromPool(d.Pool)
				b.Cleanup(func() { require.NoError(b, db.Close()) })
				require.NoError(b, postgres.Migrate(b.Context(), db, postgres.Options{Schema: d.schema}))
				store, err := postgres.Open(db, postgres.Options{Schema: d.schema})
				require.NoError(b, err)
				o.Kept, o.Pool = store.Kept(), d.Pool
			}
			q := newQueue(b, d, o, raw())
			q.config = func() *riverqueue.Config {
				c := config(d.schema)
				c.FetchCooldown, c.FetchPollInterval = 0, 0
				c.Queues[riverqueue.QueueDefault] = riverqueue.QueueConfig{MaxWorkers: 1000}
				return c
			}
			const each = 2000
			var took time.Duration
			for b.Loop() {
				for range each {
					require.NoError(b, q.Put(b.Context(), of(string(notice))))
				}
				var n atomic.Int64
				begun := time.Now()
				q.work(func(context.Context, *webhook.Delivery) error {
					if n.Add(1) == each {
						took += time.Since(begun)
					}
					return nil
				}, func() bool { return n.Load() == each })
			}
			b.ReportMetric(float64(each*b.N)/took.Seconds(), "deliveries/s")
			b.ReportMetric(0, "ns/op")
		})
	}
}
