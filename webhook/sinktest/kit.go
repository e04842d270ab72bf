// Package sinktest checks that a queue behind a webhook handler loses nothing: a [webhook.Sink] whose Put returns nil only
// once a delivery is durable, and what hands the deliveries over.
//
//	func TestQueue(t *testing.T) {
//		sinktest.Run(t, func(t *testing.T) func() sinktest.Queue {
//			url := server(t)
//			return func() sinktest.Queue { return connect(t, url, sinktest.Sender()) }
//		})
//	}
package sinktest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pronet-go/pronet/webhook"
)

// Queue is a sink and what hands over its deliveries, as a [github.com/pronet-go/pronet/webhook/spool.Spool] does.
type Queue interface {
	webhook.Sink
	// Run hands over each delivery until process has returned nil for it, or an error that gives it up. It returns when
	// the context has ended, and process is not called any more then.
	Run(ctx context.Context, process func(ctx context.Context, d *webhook.Delivery) error) error
}

// Rule is one thing that a queue has to do.
type Rule struct {
	// Name says what it is.
	Name string
	// Check returns what a queue does instead, nil when it does as it should. Open returns a queue with the deliveries
	// that there are, none at first. One that was opened before is left as if its process had died; it is not closed, and
	// its Run has ended.
	Check func(ctx context.Context, open func() Queue) error
}

// Run checks each rule in a subtest. Storage is called for each rule, and returns what opens a queue of deliveries of
// [Sender]. Let it wait for milliseconds between two attempts at a delivery, and try it ten times or more.
func Run(t *testing.T, storage func(t *testing.T) (open func() Queue)) {
	t.Helper()
	run(t, Rules(), storage)
}

const order = "of one subject none is handed over before an earlier one is done"

func run(t *testing.T, rules []Rule, storage func(t *testing.T) (open func() Queue)) {
	t.Helper()
	for _, rule := range rules {
		t.Run(rule.Name, func(t *testing.T) {
			if err := rule.Check(t.Context(), storage(t)); err != nil {
				t.Error(err)
			}
		})
	}
}

// Rules are all rules.
func Rules() []Rule {
	return []Rule{
		{"what was put is handed over, with every field", keepsFields},
		{"what was put is handed over after the process has died", outlives},
		{"what many put at once is handed over", takesMany},
		{"what failed is handed over again", retries},
		{"what has panicked is handed over again", survivesPanic},
		{"an outage uses up no attempts", survivesOutage},
		{"one that fails does not hold up the others", goesOn},
		{"what was given up is not handed over again", givesUp},
		{"what is done is not handed over again", forgetsDone},
		{"what was in work when the process died is handed over again", handsOverAgain},
		{order, keepsOrder},
		{"nothing is put once the context has ended", heedsContext},
	}
}

// patience is how long a rule waits for what should come at once.
const patience = time.Minute

// quiet is how long a rule waits for what should not come.
const quiet = 100 * time.Millisecond

// Event is what the decoder of Sender makes of a body: its lines, about the subject that the first names.
type Event struct {
	Lines []string
}

// Kind is "sinktest".
func (Event) Kind() string { return "sinktest" }

// Subject is the first line.
func (e Event) Subject() string { return e.Lines[0] }

// Sender is the sender of all deliveries of the rules. It is not for a handler: nobody can sign for it.
func Sender() webhook.Sender {
	return webhook.Sender{Source: "sinktest", Decoder: decode}
}

func decode(d *webhook.Delivery) error {
	d.Events = []webhook.Event{Event{Lines: strings.Split(string(d.Body), "\n")}}
	return nil
}

// delivery is one about a subject. No two have the same text.
func delivery(subject, text string) *webhook.Delivery {
	d := &webhook.Delivery{Source: "sinktest", Label: "label of " + subject, ReceivedAt: time.Date(2026, 1, 2, 3, 4, 5, 6_000_000, time.UTC), Body: []byte(subject + "\n" + text)}
	sum := sha256.Sum256(d.Body)
	d.Key = d.Label + ":" + hex.EncodeToString(sum[:])
	_ = decode(d)
	return d
}

func textOf(d *webhook.Delivery) string {
	_, text, _ := strings.Cut(string(d.Body), "\n")
	return text
}

// put puts deliveries, one after another.
func put(ctx context.Context, q Queue, deliveries ...*webhook.Delivery) error {
	for _, d := range deliveries {
		if err := q.Put(ctx, d); err != nil {
			return fmt.Errorf("putting: %w", err)
		}
	}
	return nil
}

// work runs a queue until done returns true of what was handed over so far, by the texts, or patience has ended; then for
// as long as nothing should come.
func work(ctx context.Context, q Queue, process func(n int, d *webhook.Delivery) error, done func(texts []string) bool) (texts []string, err error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var mu sync.Mutex
	enough := make(chan struct{})
	ended := make(chan struct{})
	var endedWith error
	go func() {
		defer close(ended)
		endedWith = q.Run(ctx, func(ctx context.Context, d *webhook.Delivery) error {
			mu.Lock()
			n := len(texts)
			texts = append(texts, textOf(d))
			mu.Unlock()
			err := process(n, d)
			mu.Lock()
			defer mu.Unlock()
			if done(texts) {
				select {
				case <-enough:
				default:
					close(enough)
				}
			}
			return err
		})
	}()
	select {
	case <-enough:
		select {
		case <-time.After(quiet):
		case <-ended:
			return nil, endedEarly(endedWith)
		}
	case <-time.After(patience):
		mu.Lock()
		err = fmt.Errorf("after %s these were handed over: %q", patience, texts)
		mu.Unlock()
	case <-ended:
		return nil, endedEarly(endedWith)
	}
	stop()
	select {
	case <-ended:
	case <-time.After(patience):
		return nil, errors.New("Run does not return when its context ends")
	}
	mu.Lock()
	defer mu.Unlock()
	return slices.Clone(texts), err
}

func endedEarly(err error) error {
	if err == nil {
		err = errors.New("no error")
	}
	return fmt.Errorf("Run has ended before its context, with %w", err)
}

// all is done when each of the texts was handed over.
func all(wanted ...string) func(texts []string) bool {
	return func(texts []string) bool {
		for _, text := range wanted {
			if !slices.Contains(texts, text) {
				return false
			}
		}
		return true
	}
}

// times is done when so many were handed over.
func times(n int) func(texts []string) bool {
	return func(texts []string) bool { return len(texts) >= n }
}

func succeed(int, *webhook.Delivery) error { return nil }

// failFirst fails so often, with the error.
func failFirst(times int, err error) func(int, *webhook.Delivery) error {
	return func(n int, _ *webhook.Delivery) error {
		if n < times {
			return err
		}
		return nil
	}
}

// handed is nil if exactly these were handed over, in any order.
func handed(got []string, want ...string) error {
	got = slices.Clone(got)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		return fmt.Errorf("handed over were %q instead of %q", got, want)
	}
	return nil
}

// nothingLeft is nil if a queue that is opened now hands nothing over.
func nothingLeft(ctx context.Context, open func() Queue) error {
	q := open()
	if err := put(ctx, q, delivery("last", "last")); err != nil {
		return err
	}
	got, err := work(ctx, q, succeed, all("last"))
	if err != nil {
		return err
	}
	return handed(got, "last")
}

func keepsFields(ctx context.Context, open func() Queue) error {
	q := open()
	want := delivery("subject", string([]byte{0, 1, 0xff, '"', '\\', '\n', '\''})+strings.Repeat("x", 100_000))
	want.Label, want.Requeues = "lábel", 0
	var got *webhook.Delivery
	given := &webhook.Delivery{Source: want.Source, Label: want.Label, Key: want.Key, ReceivedAt: want.ReceivedAt, Body: bytes.Clone(want.Body), Events: want.Events}
	if err := put(ctx, q, given); err != nil {
		return err
	}
	clear(given.Body) // it is the handler's again
	if _, err := work(ctx, q, func(_ int, d *webhook.Delivery) error {
		kept := *d
		kept.Body = bytes.Clone(d.Body)
		got = &kept
		return nil
	}, times(1)); err != nil {
		return err
	}
	plain := func(d *webhook.Delivery) string {
		return fmt.Sprintf("%q, %q, %q, %s, %d, %v", d.Source, d.Label, d.Key, d.ReceivedAt.UTC(), d.Requeues, d.LeftOut)
	}
	if is, should := plain(got), plain(want); is != should {
		return fmt.Errorf("source, label, key, time and numbers are %s instead of %s", is, should)
	}
	if string(got.Body) != string(want.Body) {
		return fmt.Errorf("the body is another one, of %d bytes instead of %d", len(got.Body), len(want.Body))
	}
	if !reflect.DeepEqual(got.Events, want.Events) {
		return errors.New("the events are not those of the body")
	}
	return nil
}

func outlives(ctx context.Context, open func() Queue) error {
	if err := put(ctx, open(), delivery("a", "1"), delivery("b", "2")); err != nil {
		return err
	}
	got, err := work(ctx, open(), succeed, all("1", "2"))
	if err != nil {
		return err
	}
	return handed(got, "1", "2")
}

func takesMany(ctx context.Context, open func() Queue) error {
	q := open()
	var wg sync.WaitGroup
	var mu sync.Mutex
	var errs []error
	var want []string
	for i := range 8 {
		for j := range 25 {
			want = append(want, fmt.Sprint(i, "-", j))
		}
		wg.Go(func() {
			for j := range 25 {
				if err := put(ctx, q, delivery(fmt.Sprint("subject ", j), fmt.Sprint(i, "-", j))); err != nil {
					mu.Lock()
					errs = append(errs, err)
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	got, err := work(ctx, q, succeed, all(want...))
	if err != nil {
		return err
	}
	return handed(got, want...)
}

func retries(ctx context.Context, open func() Queue) error {
	q := open()
	if err := put(ctx, q, delivery("a", "1")); err != nil {
		return err
	}
	got, err := work(ctx, q, failFirst(2, errors.New("try again")), times(3))
	if err != nil {
		return err
	}
	return handed(got, "1", "1", "1")
}

func survivesPanic(ctx context.Context, open func() Queue) error {
	q := open()
	if err := put(ctx, q, delivery("a", "1")); err != nil {
		return err
	}
	got, err := work(ctx, q, func(n int, _ *webhook.Delivery) error {
		if n == 0 {
			panic("a panic of the user's function") //nolint:forbidigo // that is what is tried
		}
		return nil
	}, times(2))
	if err != nil {
		return err
	}
	return handed(got, "1", "1")
}

func survivesOutage(ctx context.Context, open func() Queue) error {
	q := open()
	if err := put(ctx, q, delivery("a", "1")); err != nil {
		return err
	}
	const tries = 25 // more than the attempts that a delivery has
	_, err := work(ctx, q, failFirst(tries, fmt.Errorf("an outage: %w", webhook.ErrRetryLater)), times(tries+1))
	return err
}

func goesOn(ctx context.Context, open func() Queue) error {
	q := open()
	if err := put(ctx, q, delivery("a", "1"), delivery("b", "2"), delivery("c", "3")); err != nil {
		return err
	}
	_, err := work(ctx, q, func(_ int, d *webhook.Delivery) error {
		if textOf(d) == "1" {
			return fmt.Errorf("not now: %w", webhook.ErrRetryLater)
		}
		return nil
	}, all("2", "3"))
	return err
}

func givesUp(ctx context.Context, open func() Queue) error {
	for _, reason := range []error{webhook.ErrGiveUp, webhook.ErrNotUnderstood} {
		q := open()
		if err := put(ctx, q, delivery("a", "1"), delivery("a", "2")); err != nil {
			return err
		}
		got, err := work(ctx, q, func(_ int, d *webhook.Delivery) error {
			if textOf(d) == "1" {
				return fmt.Errorf("no retry helps: %w", reason)
			}
			return nil
		}, all("1", "2"))
		if err == nil {
			err = handed(got, "1", "2")
		}
		if err == nil {
			err = nothingLeft(ctx, open)
		}
		if err != nil {
			return fmt.Errorf("after %w: %w", reason, err)
		}
	}
	return nil
}

func forgetsDone(ctx context.Context, open func() Queue) error {
	q := open()
	if err := put(ctx, q, delivery("a", "1"), delivery("b", "2")); err != nil {
		return err
	}
	got, err := work(ctx, q, succeed, all("1", "2"))
	if err == nil {
		err = handed(got, "1", "2")
	}
	if err != nil {
		return err
	}
	return nothingLeft(ctx, open)
}

func handsOverAgain(ctx context.Context, open func() Queue) error {
	q := open()
	if err := put(ctx, q, delivery("a", "1")); err != nil {
		return err
	}
	dying, die := context.WithCancel(ctx)
	defer die()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = q.Run(dying, func(ctx context.Context, _ *webhook.Delivery) error {
			die()
			<-ctx.Done()
			return ctx.Err()
		})
	}()
	select {
	case <-ended:
	case <-time.After(patience):
		return errors.New("the delivery was not handed over, or Run does not return when its context ends, as does the one of process")
	}
	got, err := work(ctx, open(), succeed, all("1"))
	if err != nil {
		return err
	}
	return handed(got, "1")
}

func keepsOrder(ctx context.Context, open func() Queue) error {
	q := open()
	var want []string
	for i := range 6 {
		if err := put(ctx, q, delivery("a", fmt.Sprint("a", i)), delivery("b", fmt.Sprint("b", i))); err != nil {
			return err
		}
		want = append(want, fmt.Sprint("a", i), fmt.Sprint("b", i))
	}
	done := make(map[string]bool)
	var mu sync.Mutex
	var early []string
	tries := make(map[string]int)
	_, err := work(ctx, q, func(_ int, d *webhook.Delivery) error {
		mu.Lock()
		defer mu.Unlock()
		text := textOf(d)
		before := fmt.Sprintf("%c%c", text[0], text[1]-1)
		if text[1] != '0' && !done[before] {
			early = append(early, text)
		}
		if tries[text]++; tries[text] == 1 && (text == "a0" || text == "b3") {
			return errors.New("try again")
		}
		done[text] = true
		return nil
	}, func(texts []string) bool { return len(texts) >= len(want)+2 && all(want...)(texts) })
	if err == nil && len(early) > 0 {
		err = fmt.Errorf("%q were handed over before the one before was done", early)
	}
	return err
}

func heedsContext(ctx context.Context, open func() Queue) error {
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if open().Put(ended, delivery("a", "1")) == nil {
		return errors.New("what is put has no error")
	}
	return nil
}
