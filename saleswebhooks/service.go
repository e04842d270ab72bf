package saleswebhooks

import (
	"context"
	"errors"
	"time"

	"github.com/pronet-go/pronet/api"
	sw "github.com/pronet-go/pronet/internal/saleswebhooks"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
)

// Service is client.SalesWebhooks.
type Service struct {
	// Subscriptions are the account's subscriptions to contacts and companies.
	Subscriptions *Subscriptions
	// Webhook is the account's one webhook configuration.
	Webhook *Webhook
	// Account is the account, its API keys and its usage.
	Account *Account

	made *caller
}

// Class is a class of calls that the provider limits together.
type Class string

const (
	// Writes are single calls that create and, as is assumed, cancel: 100 in any 15 minutes.
	Writes Class = sw.ClassWrite
	// Reads are calls that read and, as is assumed, exports and all calls of the account and the webhook configuration:
	// 1,000 in any 15 minutes.
	Reads Class = sw.ClassRead
	// BulkCalls are bulk calls: 10 in any 15 minutes.
	BulkCalls Class = sw.ClassBulk
)

// New is for package pronet, whose New makes the client that a program uses. It returns the service on a pipeline.
func New(p *transport.Pipeline, settings sw.Settings) *Service {
	c := &caller{pipeline: p, settings: settings, rows: newRows(settings)}
	p.Declare(c.rows.all()...)
	account := &Account{c}
	return &Service{
		Subscriptions: &Subscriptions{made: c, account: account},
		Webhook:       &Webhook{c},
		Account:       account,
		made:          c,
	}
}

// Forecast returns how long it takes until the last of so many calls of a class can be sent, if all are made one after
// another from now on and nobody else makes any: 142 bulk calls take three and a half hours. It makes no call. The error is
// api.ErrNotConfigured without a credential, and api.ErrInvalid when a limiter of the user's own paces the calls, which
// cannot be asked.
func (s *Service) Forecast(ctx context.Context, class Class, calls int) (time.Duration, error) {
	return s.caller().forecast(class, calls)
}

// caller sends calls and adds the typed details to their errors.
type caller struct {
	pipeline *transport.Pipeline
	settings sw.Settings
	rows     *rows
}

// orNone is a caller without a client for a service that was not made by New: its calls are api.ErrNotConfigured.
func (c *caller) orNone() *caller {
	if c == nil {
		return &caller{rows: newRows(sw.Settings{})}
	}
	return c
}

func (s *Service) caller() *caller       { return s.made.orNone() }
func (s *Subscriptions) caller() *caller { return s.made.orNone() }
func (w *Webhook) caller() *caller       { return w.made.orNone() }
func (a *Account) caller() *caller       { return a.made.orNone() }

func (c *caller) forecast(class Class, calls int) (time.Duration, error) {
	if !c.pipeline.Configured(api.SalesWebhooks) {
		return 0, wire.NewError(&wire.Op{Name: "SalesWebhooks.Forecast", Provider: api.SalesWebhooks}, api.ErrNotConfigured, nil)
	}
	return c.pipeline.Forecast(api.SalesWebhooks, string(class), calls)
}

func (c *caller) do(ctx context.Context, call transport.Call) error {
	_, err := c.pipeline.Do(ctx, call)
	return detailed(err)
}

// send is do with a value as the JSON body.
func (c *caller) send(ctx context.Context, call transport.Call, body any) error {
	encoded, err := transport.JSON(body)
	if err != nil {
		return wire.Refuse(call.Op, err)
	}
	call.Body = encoded
	return c.do(ctx, call)
}

// ready refuses calls without a credential or a context, before anything is checked that would sound as if they were there.
func (c *caller) ready(ctx context.Context, op *wire.Op) error {
	if ctx == nil {
		return wire.Refuse(op, errNoContext)
	}
	if !c.pipeline.Configured(op.Provider) {
		return wire.NewError(op, api.ErrNotConfigured, nil)
	}
	return nil
}

var errNoContext = errors.New("the context is nil")
