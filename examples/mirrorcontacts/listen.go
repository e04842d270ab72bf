package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/saleswebhooks"
	"github.com/pronet-go/pronet/sandbox"
	fake "github.com/pronet-go/pronet/sandbox/saleswebhooks"
	"github.com/pronet-go/pronet/webhook"
)

// schemeOf reads WEBHOOK_SCHEME: a public convention, and of some the name of the header.
func schemeOf(style string) (webhook.HMACScheme, error) {
	name, header, _ := strings.Cut(style, ":")
	switch {
	case name == "standard":
		return webhook.StandardWebhooks(), nil
	case name == "svix":
		return webhook.SvixWebhooks(), nil
	case name == "stripe" && header != "":
		return webhook.StripeStyle(header), nil
	case name == "github" && header != "":
		return webhook.GitHubStyle(header), nil
	}
	return webhook.HMACScheme{}, errors.New("WEBHOOK_SCHEME must be standard, svix, stripe:Header or github:Header: how the provider signs is not documented")
}

// listen prints verified events until the context ends. Ready, if not nil, is called with the server's address.
func listen(ctx context.Context, address string, scheme webhook.HMACScheme, secrets []string, out io.Writer, logger *slog.Logger, ready func(url string) error) error {
	sender, err := webhook.SalesWebhooks(scheme, secrets...)
	if err != nil {
		return err
	}
	sender, err = webhook.Doctor(sender, scheme, webhook.DoctorOptions{Logger: logger}, secrets...)
	if err != nil {
		return err
	}
	var mu sync.Mutex
	handler, err := webhook.NewHandler(sender, webhook.Func(func(_ context.Context, d *webhook.Delivery) error {
		mu.Lock()
		defer mu.Unlock()
		for _, event := range d.Events {
			if sales, ok := event.(webhook.SalesEvent); ok {
				fmt.Fprintf(out, "event %s: %s\n", printable(sales.Type), printable(string(sales.Data)))
				continue
			}
			fmt.Fprintln(out, "an event that is not understood")
		}
		return nil
	}))
	if err != nil {
		return err
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, IdleTimeout: time.Minute}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	if ready == nil {
		fmt.Fprintln(out, "listening on", listener.Addr())
		select {
		case <-ctx.Done():
		case err = <-ended:
			return err
		}
	} else {
		err = ready("http://" + listener.Addr().String())
	}
	shutdown, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return errors.Join(err, server.Shutdown(shutdown))
}

// inSandbox shows it with an account that has two subscriptions, one of which is not in the sample.
func inSandbox(ctx context.Context, s settings, out, log io.Writer) error {
	scheme := webhook.StripeStyle("X-Sandbox-Signature") // the sandbox's, and nobody else's
	sign := func(secrets []string, at time.Time, _ string, body []byte) http.Header {
		header, err := webhook.SignHMAC(scheme, secrets[0], body, at, nil)
		if err != nil {
			return nil
		}
		return header
	}
	sb, err := sandbox.Start(fake.WithSigner(sign))
	if err != nil {
		return err
	}
	defer sb.Close()
	for _, address := range []string{"https://linkedin.com/in/ana-example", "https://linkedin.com/in/not-wanted"} {
		if _, err := sb.SalesWebhooks.Subscribe("contact", address); err != nil {
			return err
		}
	}
	client, err := pronet.New(sb.Options()...)
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	fmt.Fprintln(out, "no SALESWEBHOOKS_API_KEY is set: this is a sandbox")
	if err := mirror(ctx, client, s, out); err != nil || s.listen == "" {
		return err
	}
	set, err := client.SalesWebhooks.Webhook.Configure(ctx, saleswebhooks.WebhookSettings{EndpointURL: "http://127.0.0.1:9/"}) // which has the secret
	if err != nil {
		return err
	}
	logger := slog.New(slog.NewTextHandler(log, nil))
	return listen(ctx, s.listen, scheme, []string{set.Secret.Reveal()}, out, logger, func(url string) error {
		if _, err := client.SalesWebhooks.Webhook.Update(ctx, saleswebhooks.WebhookSettings{EndpointURL: url}); err != nil {
			return err
		}
		if err := sb.SalesWebhooks.ChangeJob("ana-example", "Head of Sales", ""); err != nil {
			return err
		}
		return sb.Deliver(ctx)
	})
}
