package redis_test

import (
	"log"
	"net/http"
	"os"

	goredis "github.com/redis/go-redis/v9"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/adapters/redis"
	"github.com/pronet-go/pronet/webhook"
	"github.com/pronet-go/pronet/webhook/spool"
)

// Four processes with one key hold its rate limits together, and each divides them by four while Redis is away.
func ExampleNewLimits() {
	client := goredis.NewClient(&goredis.Options{Addr: "redis.internal:6379"})
	limits, err := redis.NewLimits(client)
	if err != nil {
		log.Fatal(err)
	}
	pronetClient, err := pronet.New(pronet.WithCoresignal(os.Getenv("CORESIGNAL_API_KEY"), pronet.SharedRateLimit(limits, "coresignal", 4)))
	if err != nil {
		log.Fatal(err)
	}
	_ = pronetClient.Employees
}

// The processes behind one callback URL accept each delivery once.
func ExampleNewMarks() {
	client := goredis.NewClient(&goredis.Options{Addr: "redis.internal:6379"})
	marks, err := redis.NewMarks(client, "")
	if err != nil {
		log.Fatal(err)
	}
	sender, err := webhook.Coresignal(webhook.Endpoint{Label: "customers", Token: os.Getenv("CALLBACK_TOKEN")})
	if err != nil {
		log.Fatal(err)
	}
	notices, err := spool.Open("notices", spool.Options{}, sender)
	if err != nil {
		log.Fatal(err)
	}
	handler, err := webhook.NewHandler(sender, notices, webhook.WithStore(marks))
	if err != nil {
		log.Fatal(err)
	}
	http.Handle("/coresignal/", handler)
}
