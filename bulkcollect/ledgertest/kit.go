// Package ledgertest checks that a [bulkcollect.Ledger] does what its interface says, so that no job is paid twice:
//
//	func TestLedger(t *testing.T) {
//		ledgertest.Run(t, func(t *testing.T) func() bulkcollect.Ledger {
//			dsn := database(t)
//			return func() bulkcollect.Ledger { return connect(t, dsn) }
//		})
//	}
package ledgertest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/bulkcollect"
)

// Rule is one thing that a ledger has to do.
type Rule struct {
	// Name says what it is.
	Name string
	// Check returns what a ledger does instead, nil when it does as it should. Open returns a further handle on the same
	// entries, such as another process would have; those that were opened before go on being used, or are left as if their
	// process had died. A ledger that only one process may use returns itself. There are no entries at first.
	Check func(ctx context.Context, open func() bulkcollect.Ledger) error
}

// Run checks each rule in a subtest. Storage is called for each rule, and returns what opens a ledger without entries.
func Run(t *testing.T, storage func(t *testing.T) (open func() bulkcollect.Ledger)) {
	t.Helper()
	for _, rule := range Rules() {
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
		{"what was put is got, with every field", keepsFields},
		{"what was put outlives the process", outlives},
		{"requests that look alike are kept apart", keepsApart},
		{"an old entry is not put over a newer one", refusesOld},
		{"no revision is left out", refusesGaps},
		{"of many that put one revision one wins", oneWins},
		{"all entries are returned", returnsAll},
		{"nothing is put once the context has ended", heedsContext},
		{"what is returned is the caller's", copies},
	}
}

var at = time.Date(2026, 1, 2, 3, 4, 5, 678_000_000, time.UTC)

// entry is one of a request that is being sent.
func entry(request string, revision int64) bulkcollect.Entry {
	return bulkcollect.Entry{Request: request, Revision: revision, State: bulkcollect.Sending, At: at, Operation: "bulkcollect.Base.RequestIDs", Sent: 1}
}

// same compares entries; a time is the same in any zone, to the millisecond.
func same(a, b bulkcollect.Entry) bool {
	for _, e := range []*bulkcollect.Entry{&a, &b} {
		e.At = e.At.UTC().Truncate(time.Millisecond)
		if !e.RequestedAt.IsZero() {
			e.RequestedAt = e.RequestedAt.UTC().Truncate(time.Millisecond)
		}
	}
	return reflect.DeepEqual(a, b)
}

// holds compares what a ledger has with what it should have.
func holds(ctx context.Context, l bulkcollect.Ledger, want bulkcollect.Entry) error {
	got, err := l.Get(ctx, want.Request)
	if err != nil {
		return fmt.Errorf("getting: %w", err)
	}
	if !same(got, want) {
		return fmt.Errorf("the entry is %+v instead of %+v", got, want)
	}
	return nil
}

// empty is nil if the ledger has no entry of the request.
func empty(ctx context.Context, l bulkcollect.Ledger, request string) error {
	got, err := l.Get(ctx, request)
	if err != nil {
		return fmt.Errorf("getting what was never put: %w", err)
	}
	if !reflect.DeepEqual(got, bulkcollect.Entry{}) {
		return fmt.Errorf("what was never put is %+v instead of the zero Entry", got)
	}
	return nil
}

// refused is nil for the error that a conflict must have.
func refused(what string, err error) error {
	if errors.Is(err, api.ErrConflict) {
		return nil
	}
	if err == nil {
		err = errors.New("none")
	}
	return fmt.Errorf("%s: the error is %w instead of api.ErrConflict", what, err)
}

// full is an entry with a value in each field.
func full(request string) bulkcollect.Entry {
	e := bulkcollect.Entry{
		Request: request, Once: true, Part: 7, Revision: 1, State: bulkcollect.Requested, At: at,
		Operation: "bulkcollect.Clean.RequestFilter", Fingerprint: strings.Repeat("0123456789abcdef", 4), IDs: 10_000, Credits: 1 << 40, GivenUp: 1 << 41,
		Sent: 3, JobID: "job-1", RequestedAt: at.Add(time.Hour), Asked: at.Add(-time.Minute), Resolved: true, Reason: "what the provider's response was lost with: é, ', \", \\, %",
	}
	return e
}

func keepsFields(ctx context.Context, open func() bulkcollect.Ledger) error {
	l, want := open(), full("request")
	for _, field := range reflect.VisibleFields(reflect.TypeFor[bulkcollect.Entry]()) {
		if reflect.ValueOf(want).FieldByIndex(field.Index).IsZero() {
			return fmt.Errorf("this kit is older than the field %s of Entry", field.Name)
		}
	}
	if err := errors.Join(empty(ctx, l, "request"), l.Put(ctx, want), holds(ctx, l, want), empty(ctx, l, "another request")); err != nil {
		return err
	}
	next := entry("request", 2) // most fields are zero again
	return errors.Join(l.Put(ctx, next), holds(ctx, l, next))
}

func outlives(ctx context.Context, open func() bulkcollect.Ledger) error {
	if err := open().Put(ctx, full("request")); err != nil {
		return err
	}
	return holds(ctx, open(), full("request"))
}

func keepsApart(ctx context.Context, open func() bulkcollect.Ledger) error {
	l := open()
	requests := []string{"request", "REQUEST", "request ", " request", "../request", "requést", "reque\u0301st", "'; DROP TABLE ledger; --", "%", "_", "*", "{request}", "a\nb", strings.Repeat("r", 199), strings.Repeat("r", 200)}
	for i, request := range requests {
		e := entry(request, 1)
		e.Sent = i + 1
		if err := l.Put(ctx, e); err != nil {
			return fmt.Errorf("the request %.20q: %w", request, err)
		}
	}
	for i, request := range requests {
		e := entry(request, 1)
		e.Sent = i + 1
		if err := holds(ctx, l, e); err != nil {
			return fmt.Errorf("the request %.20q: %w", request, err)
		}
	}
	return nil
}

func refusesOld(ctx context.Context, open func() bulkcollect.Ledger) error {
	slow, quick := open(), open()
	if err := errors.Join(slow.Put(ctx, entry("request", 1)), quick.Put(ctx, entry("request", 2)), quick.Put(ctx, entry("request", 3))); err != nil {
		return err
	}
	for _, revision := range []int64{1, 2, 3} {
		late := entry("request", revision)
		late.State = bulkcollect.Refused
		if err := refused(fmt.Sprintf("revision %d where there is 3", revision), slow.Put(ctx, late)); err != nil {
			return err
		}
	}
	return holds(ctx, slow, entry("request", 3))
}

func refusesGaps(ctx context.Context, open func() bulkcollect.Ledger) error {
	l := open()
	if err := errors.Join(refused("revision 2 where there is none", l.Put(ctx, entry("request", 2))), empty(ctx, l, "request"), l.Put(ctx, entry("request", 1))); err != nil {
		return err
	}
	return errors.Join(refused("revision 3 where there is 1", l.Put(ctx, entry("request", 3))), holds(ctx, l, entry("request", 1)))
}

func oneWins(ctx context.Context, open func() bulkcollect.Ledger) error {
	for revision := int64(1); revision <= 10; revision++ { // the first has nothing to be based on
		var wg sync.WaitGroup
		var mu sync.Mutex
		var winners []int
		var errs []error
		ready := make(chan struct{})
		for i := range 8 {
			l, e := open(), entry("request", revision)
			e.Sent = i + 1
			wg.Go(func() {
				<-ready // all at once
				err := l.Put(ctx, e)
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					winners = append(winners, e.Sent)
				case !errors.Is(err, api.ErrConflict):
					errs = append(errs, err)
				}
			})
		}
		close(ready)
		wg.Wait()
		if len(winners) != 1 {
			errs = append(errs, fmt.Errorf("%d of 8 have put revision %d instead of one", len(winners), revision))
		}
		if err := errors.Join(errs...); err != nil {
			return err
		}
		e := entry("request", revision)
		e.Sent = winners[0]
		if err := holds(ctx, open(), e); err != nil {
			return err
		}
	}
	return nil
}

func returnsAll(ctx context.Context, open func() bulkcollect.Ledger) error {
	l := open()
	const n = 300
	want := make(map[string]bulkcollect.Entry, n)
	for i := range n {
		e := entry(fmt.Sprint("request", i), 1)
		if err := l.Put(ctx, e); err != nil {
			return err
		}
		want[e.Request] = e
	}
	latest := entry("request7", 2)
	if err := l.Put(ctx, latest); err != nil {
		return err
	}
	want["request7"] = latest
	all, err := open().Entries(ctx)
	if err != nil {
		return fmt.Errorf("the entries: %w", err)
	}
	for _, got := range all {
		if !same(got, want[got.Request]) {
			return fmt.Errorf("the entries have %+v instead of %+v", got, want[got.Request])
		}
		delete(want, got.Request)
	}
	if len(all) != n || len(want) > 0 {
		return fmt.Errorf("there are %d entries instead of %d", len(all), n)
	}
	return nil
}

func heedsContext(ctx context.Context, open func() bulkcollect.Ledger) error {
	ended, cancel := context.WithCancel(ctx)
	cancel()
	l := open()
	if l.Put(ended, entry("request", 1)) == nil {
		return errors.New("what is put has no error")
	}
	return empty(ctx, l, "request")
}

func copies(ctx context.Context, open func() bulkcollect.Ledger) error {
	l := open()
	if err := l.Put(ctx, entry("request", 1)); err != nil {
		return err
	}
	all, err := l.Entries(ctx)
	if err != nil || len(all) != 1 {
		return fmt.Errorf("there are %d entries: %w", len(all), err)
	}
	all[0].State = bulkcollect.Ended
	all = slices.Delete(all, 0, 1)
	_ = all
	return holds(ctx, l, entry("request", 1))
}
