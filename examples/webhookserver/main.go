// Command webhookserver is a server as you would run one: it receives notices of profile changes, stores each before it
// responds, collects what changed behind that, and writes the records to a file.
//
// Its settings are environment variables:
//
//	CORESIGNAL_API_KEY   the key (required)
//	WEBHOOK_TOKEN        the secret at the end of the webhook's path (required; -new-token prints a good one)
//	CORESIGNAL_BASE_URL  another address of the provider, such as that of cmd/pronet-sandbox
//	ADDR                 where to listen, 127.0.0.1:8080 unless set
//	DATA_DIR             where notices and records are kept, ./data unless set
//	CREDIT_BUDGET        what it may spend until it is started again, 10000 credits unless set
//	CALLS_PER_SECOND     the rate limit of your plan, 5 unless set
//
// Try it without a key, against a sandbox in another terminal:
//
//	go run ./cmd/pronet-sandbox
//	CORESIGNAL_BASE_URL=http://127.0.0.1:8181 CORESIGNAL_API_KEY=(printed there) \
//		WEBHOOK_TOKEN=$(go run ./examples/webhookserver -new-token) go run ./examples/webhookserver
//
// The handler is a plain http.Handler, so it goes into any router:
//
//	chi:    router.Method(http.MethodPost, "/hooks/coresignal/{token}", handler)
//	gin:    engine.POST("/hooks/coresignal/:token", gin.WrapH(handler))
//	echo:   e.POST("/hooks/coresignal/:token", echo.WrapHandler(handler))
//	Lambda: lambda.Start(lambdaurl.Wrap(handler)), with a sink that sends the delivery to a queue as JSON, since a function
//	        has no disk that stays; a worker behind the queue unmarshals it and calls Refresher.Handle
//
// Blank the token in the access logs of whatever stands in front: webhook.RedactPath does.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/pronet-go/pronet/webhook"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "webhookserver:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, getenv func(string) string, out, log io.Writer) error {
	flags := flag.NewFlagSet("webhookserver", flag.ContinueOnError)
	flags.SetOutput(log)
	newToken := flags.Bool("new-token", false, "print a new token for WEBHOOK_TOKEN and end")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *newToken {
		_, err := fmt.Fprintln(out, webhook.NewPathToken())
		return err
	}
	config, err := readConfig(getenv)
	if err != nil {
		return err
	}
	return serve(ctx, config, slog.New(slog.NewJSONHandler(log, nil)))
}
