// Command webhookserver is a server as you would run one: it receives notices of profile changes, stores each before it
// responds, collects what changed behind that, and writes each record and what changed in it to files. Who is hidden,
// deleted or merged is erased, and who is not found is marked.
//
// Its settings are environment variables; -h explains them. Try it without a key of your own, against a sandbox in
// another terminal, which prints all lines to paste:
//
//	go run ./cmd/pronet-sandbox
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
	"strings"
	"syscall"
	"unicode"

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
		fmt.Fprintln(os.Stderr, "webhookserver:", printable(strings.ReplaceAll(err.Error(), "\n", "; ")))
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, getenv func(string) string, out, log io.Writer) error {
	flags := flag.NewFlagSet("webhookserver", flag.ContinueOnError)
	flags.SetOutput(log)
	flags.Usage = func() { fmt.Fprint(log, usage) }
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
	return serve(ctx, config, out, slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{ReplaceAttr: safe})))
}

// safe keeps what others wrote, such as a name in an error, from moving the cursor of the terminal that shows the log.
func safe(_ []string, a slog.Attr) slog.Attr {
	switch v := a.Value.Any().(type) {
	case string:
		a.Value = slog.StringValue(printable(v))
	case error:
		a.Value = slog.StringValue(printable(v.Error()))
	}
	return a
}

func printable(text string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsPrint(c) || c == '\n' || c == '\t' { // which JSON escapes
			return c
		}
		return unicode.ReplacementChar
	}, text)
}
