package nats_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/pronet-go/pronet/adapters/nats"
	"github.com/pronet-go/pronet/webhook"
	"github.com/pronet-go/pronet/webhook/sinktest"
)

// What one process has received, any process works on. The server is within this program here; give natsgo.Connect the
// URL of yours.
func ExampleQueue() {
	dir, err := os.MkdirTemp("", "jetstream")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	s, err := server.NewServer(&server.Options{DontListen: true, JetStream: true, StoreDir: dir, NoSigs: true, MaxPayload: 9 << 20, SyncAlways: true})
	if err != nil {
		log.Fatal(err)
	}
	s.Start()
	defer s.WaitForShutdown()
	defer s.Shutdown()
	conn, err := natsgo.Connect("", natsgo.InProcessServer(s), natsgo.MaxReconnects(-1))
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		log.Fatal(err)
	}

	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	queue, err := nats.Open(ctx, js, nats.Options{SyncAlways: true}, sinktest.Sender()) // webhook.Coresignal(token), say
	if err != nil {
		log.Fatal(err)
	}
	// A handler does this: webhook.NewHandler(sender, queue).
	d := &webhook.Delivery{Source: "sinktest", Key: "1", ReceivedAt: time.Now(), Body: []byte("jane\nhas a new job")}
	if err := queue.Put(ctx, d); err != nil {
		log.Fatal(err)
	}
	err = queue.Run(ctx, func(_ context.Context, d *webhook.Delivery) error { // refresher.Handle, say
		fmt.Printf("%s\n", d.Body)
		stop()
		return nil
	})
	fmt.Println(err)
	// Output:
	// jane
	// has a new job
	// context canceled
}
