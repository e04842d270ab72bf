package sandbox

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"
)

const (
	deliveryTimeout   = 10 * time.Second
	maxDeliveryAnswer = 64 << 10 // bytes of a receiver's answer that are read
)

// parcel is one body on its way to a callback URL.
type parcel struct {
	kind           DeliveryKind
	subscriptionID string
	jobID          string
	url            string
	body           []byte
	contentType    string // empty is application/json
}

// courier POSTs parcels and keeps the log of it.
type courier struct {
	client    *http.Client
	transport *http.Transport // its own one, if it has one
	clock     *clock
	log       *slog.Logger
	life      context.Context
	turn      chan struct{} // held by the one sweep that is under way

	mu       sync.Mutex
	done     []Delivery
	twice    bool
	reverse  bool
	drop     int
	closed   bool
	underWay map[chan struct{}]struct{}
}

func newCourier(life context.Context, s settings, clk *clock) *courier {
	c := &courier{
		clock:    clk,
		log:      s.log,
		life:     life,
		turn:     make(chan struct{}, 1),
		underWay: map[chan struct{}]struct{}{},
	}
	carrier := s.deliveryTransport
	if carrier == nil {
		c.transport = &http.Transport{DisableKeepAlives: true, MaxResponseHeaderBytes: maxDeliveryAnswer}
		carrier = c.transport
	}
	c.client = &http.Client{
		Transport: carrier,
		Timeout:   deliveryTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
	}
	return c
}

// begin waits for the sweep under way, if any; end lets the next one begin. After
// Close none begins.
func (c *courier) begin(ctx context.Context) error {
	select {
	case c.turn <- struct{}{}:
	case <-ctx.Done():
		if c.life.Err() != nil {
			return ErrClosed
		}
		return ctx.Err()
	case <-c.life.Done():
		return ErrClosed
	}
	err := ctx.Err()
	if c.life.Err() != nil {
		err = ErrClosed
	}
	if err != nil {
		c.end()
	}
	return err
}

func (c *courier) end() { <-c.turn }

// later sends a parcel in the background.
func (c *courier) later(p parcel) {
	finished := make(chan struct{})
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return
	}
	c.underWay[finished] = struct{}{}
	go func() {
		_ = c.send(c.life, []parcel{p}) // the log has the outcome
		c.mu.Lock()
		delete(c.underWay, finished)
		c.mu.Unlock()
		close(finished)
	}()
}

// settle waits for the parcels that were sent in the background so far.
func (c *courier) settle(ctx context.Context) error {
	c.mu.Lock()
	waiting := make([]chan struct{}, 0, len(c.underWay))
	for finished := range c.underWay {
		waiting = append(waiting, finished)
	}
	c.mu.Unlock()
	for _, finished := range waiting {
		select {
		case <-finished:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// close refuses more parcels and waits for those under way, whose context the
// caller has ended.
func (c *courier) close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	_ = c.settle(context.Background())
	if c.transport != nil {
		c.transport.CloseIdleConnections()
	}
}

// send POSTs parcels one after another, in their order unless told otherwise,
// and returns an error for each that was not answered with a 2xx status.
func (c *courier) send(ctx context.Context, parcels []parcel) error {
	c.mu.Lock()
	twice, reverse := c.twice, c.reverse
	c.mu.Unlock()
	if reverse {
		slices.Reverse(parcels)
	}
	var errs []error
	for _, p := range parcels {
		if c.lose(p) {
			continue
		}
		errs = append(errs, c.attempt(ctx, p, 1))
		if twice {
			errs = append(errs, c.attempt(ctx, p, 2))
		}
	}
	return errors.Join(errs...)
}

// lose tells whether a parcel is one of those that a test wants lost.
func (c *courier) lose(p parcel) bool {
	c.mu.Lock()
	lost := c.drop > 0
	if lost {
		c.drop--
	}
	c.mu.Unlock()
	if lost {
		c.record(p, Delivery{Err: ErrDeliveryDropped})
	}
	return lost
}

// attempt POSTs a parcel once. The provider documents no retries, so a failed
// delivery is lost.
func (c *courier) attempt(ctx context.Context, p parcel, number int) error {
	status, err := c.post(ctx, p)
	c.record(p, Delivery{StatusCode: status, Err: err, Attempt: number})
	switch {
	case err != nil:
		return fmt.Errorf("sandbox: delivery of a %v: %w", p.kind, err)
	case status < 200 || status > 299:
		return fmt.Errorf("sandbox: delivery of a %v was answered with status %d", p.kind, status)
	}
	return nil
}

// post returns errors without the callback URL, whose path may be a secret.
func (c *courier) post(ctx context.Context, p parcel) (status int, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url, bytes.NewReader(p.body))
	if err != nil {
		return 0, errors.New("the callback URL is invalid")
	}
	req.Header.Set("Content-Type", cmp.Or(p.contentType, "application/json"))
	req.Header.Set("User-Agent", "sandbox") // the provider's is not known
	resp, err := c.client.Do(req)
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		return 0, wrapped.Err
	}
	if err != nil {
		return 0, err
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, maxDeliveryAnswer))
	return resp.StatusCode, nil
}

// record completes a delivery and adds it to the log.
func (c *courier) record(p parcel, d Delivery) {
	d.Kind, d.SubscriptionID, d.JobID, d.Body = p.kind, p.subscriptionID, p.jobID, p.body
	d.At = c.clock.now()
	c.mu.Lock()
	c.done = append(c.done, d)
	c.mu.Unlock()
	c.log.LogAttrs(context.Background(), slog.LevelDebug, "sandbox: delivery",
		slog.String("kind", d.Kind.String()),
		slog.String("subscription", d.SubscriptionID),
		slog.String("job", d.JobID),
		slog.Int("status", d.StatusCode),
		slog.Bool("failed", d.Err != nil),
	)
}
