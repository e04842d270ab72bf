package shell

import (
	"bytes"
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
	deliveryTimeout     = 10 * time.Second
	maxDeliveryResponse = 64 << 10 // bytes of a receiver's response that are read
)

// ErrDeliveryDropped is the error of a delivery that DropDeliveries made the sandbox lose.
var ErrDeliveryDropped = errors.New("sandbox: the delivery was dropped")

// Delivery is one POST to a callback URL, as the sandbox saw it. Package sandbox shows the same to users.
type Delivery struct {
	Kind       string // why it was made, in the provider's words: its package has the constants
	About      string // the ID of what it is about, if that has one
	Header     http.Header
	Body       []byte
	StatusCode int       // of the receiver's response, 0 without one
	Err        error     // why there was no response; without the callback URL
	At         time.Time // when it ended, by the sandbox's clock
	Attempt    int       // 1, or 2 for the second of DeliverTwice; 0 when dropped
}

// Parcel is one body on its way to a callback URL.
type Parcel struct {
	Kind   string
	About  string
	URL    string
	Header http.Header // Content-Type is application/json unless it says otherwise
	Body   []byte
	// Question makes it a GET without a body, which a receiver is to respond to: it is not in the log, never lost and
	// never doubled.
	Question bool
	Within   time.Duration // of the response; 10 s unless set
	// Told is called with what came of each attempt, if it is set.
	Told func(Response)
}

// Response is what came of a parcel.
type Response struct {
	Status int // 0 without a response
	Header http.Header
	Body   []byte // at most 64 KiB of it
	Err    error  // why there was no response
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

func newCourier(life context.Context, s Settings, clk *clock) *courier {
	c := &courier{
		clock:    clk,
		log:      s.Log,
		life:     life,
		turn:     make(chan struct{}, 1),
		underWay: map[chan struct{}]struct{}{},
	}
	carrier := s.Carrier
	if carrier == nil {
		c.transport = &http.Transport{DisableKeepAlives: true, MaxResponseHeaderBytes: maxDeliveryResponse}
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

// begin waits for the sweep under way, if any; end lets the next one begin. After Close none begins.
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

// Later delivers a parcel at once, in the background.
func (sh *Shell) Later(p Parcel) { sh.courier.later(p) }

func (c *courier) later(p Parcel) {
	finished := make(chan struct{})
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return
	}
	c.underWay[finished] = struct{}{}
	go func() {
		_ = c.send(c.life, []Parcel{p}) // the log has the outcome
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

// close refuses more parcels and waits for those under way, whose context the caller has ended.
func (c *courier) close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	_ = c.settle(context.Background())
	if c.transport != nil {
		c.transport.CloseIdleConnections()
	}
}

// send POSTs parcels one after another, in their order unless told otherwise, and returns an error for each without a
// response of a 2xx status.
func (c *courier) send(ctx context.Context, parcels []Parcel) error {
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
		if twice && !p.Question {
			errs = append(errs, c.attempt(ctx, p, 2))
		}
	}
	return errors.Join(errs...)
}

// lose tells whether a parcel is one of those that a test wants lost.
func (c *courier) lose(p Parcel) bool {
	c.mu.Lock()
	lost := c.drop > 0 && !p.Question
	if lost {
		c.drop--
	}
	c.mu.Unlock()
	if lost {
		c.record(p, Delivery{Err: ErrDeliveryDropped})
		if p.Told != nil {
			p.Told(Response{Err: ErrDeliveryDropped})
		}
	}
	return lost
}

// attempt POSTs a parcel once. There are no retries: a failed delivery is lost.
func (c *courier) attempt(ctx context.Context, p Parcel, number int) error {
	r := c.post(ctx, p)
	if !p.Question {
		c.record(p, Delivery{StatusCode: r.Status, Err: r.Err, Attempt: number})
	}
	if p.Told != nil {
		p.Told(r)
	}
	switch {
	case r.Err != nil:
		return fmt.Errorf("sandbox: delivery of a %s: %w", p.Kind, r.Err)
	case r.Status < 200 || r.Status > 299:
		return fmt.Errorf("sandbox: delivery of a %s: the response has status %d", p.Kind, r.Status)
	}
	return nil
}

// post returns errors without the callback URL, whose path may be a secret.
func (c *courier) post(ctx context.Context, p Parcel) Response {
	method, body := http.MethodPost, io.Reader(bytes.NewReader(p.Body))
	if p.Question {
		method, body = http.MethodGet, http.NoBody
	}
	if p.Within > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, p.Within)
		defer cancel()
	}
	req, err := http.NewRequestWithContext(ctx, method, p.URL, body)
	if err != nil {
		return Response{Err: errors.New("the callback URL is invalid")}
	}
	if !p.Question {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("User-Agent", "sandbox")
	for name, values := range p.Header {
		req.Header[http.CanonicalHeaderKey(name)] = values
	}
	resp, err := c.client.Do(req)
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		return Response{Err: wrapped.Err}
	}
	if err != nil {
		return Response{Err: err}
	}
	defer func() { _ = resp.Body.Close() }()
	read, _ := io.ReadAll(io.LimitReader(resp.Body, maxDeliveryResponse))
	return Response{Status: resp.StatusCode, Header: resp.Header, Body: read}
}

// Send sends a parcel after the sweep under way, if any, and returns an error if it has no response of a 2xx status.
func (sh *Shell) Send(ctx context.Context, p Parcel) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(sh.ctx, cancel)()
	if err := sh.courier.begin(ctx); err != nil {
		return err
	}
	defer sh.courier.end()
	return sh.courier.send(ctx, []Parcel{p})
}

// record completes a delivery and adds it to the log.
func (c *courier) record(p Parcel, d Delivery) {
	d.Kind, d.About, d.Header, d.Body = p.Kind, p.About, p.Header, p.Body
	d.At = c.clock.now()
	c.mu.Lock()
	c.done = append(c.done, d)
	c.mu.Unlock()
	c.log.LogAttrs(context.Background(), slog.LevelDebug, "sandbox: delivery",
		slog.String("kind", d.Kind),
		slog.String("about", d.About),
		slog.Int("status", d.StatusCode),
		slog.Bool("failed", d.Err != nil),
	)
}

// Deliveries returns copies of what has been delivered so far, in the order in which it ended.
func (sh *Shell) Deliveries() []Delivery {
	sh.courier.mu.Lock()
	defer sh.courier.mu.Unlock()
	list := slices.Clone(sh.courier.done)
	for i := range list {
		list[i].Header = list[i].Header.Clone()
		list[i].Body = slices.Clone(list[i].Body)
	}
	return list
}

// DeliverTwice switches on or off that every delivery is made twice.
func (sh *Shell) DeliverTwice(on bool) {
	sh.courier.mu.Lock()
	defer sh.courier.mu.Unlock()
	sh.courier.twice = on
}

// ReverseDeliveries switches on or off that the deliveries of one sweep are made in reverse order.
func (sh *Shell) ReverseDeliveries(on bool) {
	sh.courier.mu.Lock()
	defer sh.courier.mu.Unlock()
	sh.courier.reverse = on
}

// DropDeliveries makes the sandbox lose its next n deliveries.
func (sh *Shell) DropDeliveries(n int) {
	sh.courier.mu.Lock()
	defer sh.courier.mu.Unlock()
	sh.courier.drop = max(0, n)
}
