package nats_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/webhook"
)

func durable(always bool) func(*server.Options) {
	return func(o *server.Options) { o.SyncAlways = always }
}

// BenchmarkPut stores a delivery of a kilobyte, beside the client's own publishing of the same bytes to the same server.
func BenchmarkPut(b *testing.B) {
	for _, always := range []bool{true, false} {
		s := embedded(b, durable(always))
		js := connect(b, s.ClientURL())
		body := strings.Repeat("x", 1000)
		b.Run(fmt.Sprintf("sync_always=%t/raw", always), func(b *testing.B) {
			_, err := js.CreateOrUpdateStream(b.Context(), jetstream.StreamConfig{Name: "raw", Subjects: []string{"raw.>"}})
			require.NoError(b, err)
			for i := 0; b.Loop(); i++ {
				m := natsgo.NewMsg(fmt.Sprint("raw.", i%1000))
				m.Header.Set(jetstream.MsgIDHeader, fmt.Sprint("raw", i))
				m.Data = []byte(body)
				if _, err := js.PublishMsg(b.Context(), m); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("sync_always=%t/Put", always), func(b *testing.B) {
			q := open(b, js, quick(ownName))
			for i := 0; b.Loop(); i++ {
				if err := q.Put(b.Context(), about(fmt.Sprint("person", i%1000), body)); err != nil {
					b.Fatal(err)
				}
			}
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
