package nats_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/webhook"
)

func durable(always bool) func(*server.Options) {
	return func(o *server.Options) { o.SyncAlways = always }
}

// BenchmarkPut stores a delivery of a kilobyte, beside the client's own publishing of the same bytes, header included, to a
// stream of the same configuration. Both run in turn, and the ratio of their times is reported.
func BenchmarkPut(b *testing.B) {
	const people = 1000
	for _, always := range []bool{true, false} {
		b.Run(fmt.Sprintf("sync_always=%t", always), func(b *testing.B) {
			js := connect(b, embedded(b, durable(always)).ClientURL())
			o := quick(ownName)
			q := open(b, js, o)
			stream, err := js.Stream(b.Context(), o.Name+"-work")
			require.NoError(b, err)
			var deliveries []*webhook.Delivery
			var messages []*jetstream.RawStreamMsg
			for i := range people {
				d := about(fmt.Sprintf("person%03d", i), strings.Repeat("x", 1000))
				require.NoError(b, q.Put(b.Context(), d))
				m, err := stream.GetMsg(b.Context(), uint64(i+1))
				require.NoError(b, err)
				deliveries, messages = append(deliveries, d), append(messages, m)
			}
			raw := stream.CachedInfo().Config
			raw.Name, raw.Subjects = "raw", []string{"raw.work.*.*"}
			_, err = js.CreateStream(b.Context(), raw)
			require.NoError(b, err)
			var ours, theirs time.Duration
			n := 0
			for b.Loop() {
				is := messages[n%people]
				m := natsgo.NewMsg("raw" + strings.TrimPrefix(is.Subject, o.Name))
				maps.Copy(m.Header, is.Header)
				m.Header.Set(jetstream.MsgIDHeader, rand.Text())
				m.Data = is.Data
				begun := time.Now()
				if _, err := js.PublishMsg(b.Context(), m); err != nil {
					b.Fatal(err)
				}
				theirs += time.Since(begun)
				begun = time.Now()
				if err := q.Put(b.Context(), deliveries[n%people]); err != nil {
					b.Fatal(err)
				}
				ours += time.Since(begun)
				n++
			}
			b.ReportMetric(float64(ours)/float64(theirs), "of-raw")
			b.ReportMetric(float64(ours.Microseconds())/float64(n), "µs/delivery")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkRun stores deliveries by eight goroutines and hands them over to a function that does nothing.
func BenchmarkRun(b *testing.B) {
	for _, always := range []bool{true, false} {
		b.Run(fmt.Sprintf("sync_always=%t", always), func(b *testing.B) {
			q := open(b, connect(b, embedded(b, durable(always)).ClientURL()), quick(ownName))
			ctx, stop := context.WithCancel(b.Context())
			handed, ended := make(chan struct{}, 1000), make(chan error, 1)
			go func() {
				ended <- q.Run(ctx, func(context.Context, *webhook.Delivery) error { handed <- struct{}{}; return nil })
			}()
			const writers = 8
			each := b.N/writers + 1
			b.ResetTimer()
			for w := range writers {
				go func() {
					for i := range each {
						if err := q.Put(ctx, about(fmt.Sprint("person", w, " ", i%1000), "text")); err != nil {
							return
						}
					}
				}()
			}
			for range writers * each {
				<-handed
			}
			b.StopTimer()
			b.ReportMetric(float64(writers*each)/b.Elapsed().Seconds(), "deliveries/s")
			stop()
			<-ended
		})
	}
}
