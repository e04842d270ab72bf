// Package deduptest checks that a [webhook.Store] does what its interface says, among several processes too:
//
//	func TestStore(t *testing.T) {
//		deduptest.Run(t, func(t *testing.T) deduptest.Storage {
//			dsn := database(t)
//			return deduptest.Storage{
//				Open: func() webhook.Store { return connect(t, dsn) },
//				Pass: time.Sleep,
//			}
//		})
//	}
package deduptest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pronet-go/pronet/webhook"
)

// Storage is where one or more stores keep their keys. None of a rule's keys are in it at first.
type Storage struct {
	// Open returns a further store on the same keys, such as another process would have; a store in memory returns itself.
	// Those that were opened before go on being used, or are left as if their process had died: none is closed.
	Open func() webhook.Store
	// Pass lets so much time pass for the stores: it moves a clock that they were given, or is time.Sleep.
	Pass func(time.Duration)
	// Lease is the lease, and the time for which a key stays done, that the rules let run out; 0 is a second. It must be
	// long enough that none runs out between two calls to a store that uses the true time.
	Lease time.Duration
}

// Rule is one thing that a store has to do.
type Rule struct {
	// Name says what it is.
	Name string
	// Check returns what a store does instead, nil when it does as it should.
	Check func(ctx context.Context, storage Storage) error
}

// Run checks each rule in a subtest, with a storage of its own.
func Run(t *testing.T, storage func(t *testing.T) Storage) {
	t.Helper()
	for _, rule := range Rules() {
		t.Run(rule.Name, func(t *testing.T) {
			s := storage(t)
			if s.Lease == 0 {
				s.Lease = time.Second
			}
			if err := rule.Check(t.Context(), s); err != nil {
				t.Error(err)
			}
		})
	}
}

// Rules are all rules.
func Rules() []Rule {
	return []Rule{
		{"a key is claimed by one", claimedByOne},
		{"of many that claim a key at once one gets it", oneWins},
		{"what is done is not claimed again", staysDone},
		{"what was done is forgotten after its time", doneEnds},
		{"what was released can be claimed", released},
		{"the lease of one that died runs out", leaseRunsOut},
		{"whoever lost the lease changes nothing", lostLease},
		{"a stranger's owner changes nothing", strangersOwner},
		{"what is done or claimed outlives the process", outlives},
		{"keys that look alike are kept apart", keepsApart},
		{"nothing is claimed once the context has ended", heedsContext},
	}
}

// long is a time that no rule lets pass.
const long = time.Hour

func claim(ctx context.Context, s webhook.Store, key string, lease time.Duration, want webhook.ClaimResult) (owner string, err error) {
	got, err := s.Claim(ctx, key, lease)
	switch {
	case err != nil:
		return "", fmt.Errorf("claiming: %w", err)
	case got.Result != want:
		return "", fmt.Errorf("the claim says %q instead of %q", got.Result, want)
	case want == webhook.Claimed && got.Owner == "":
		return "", errors.New("the claim names no owner")
	}
	return got.Owner, nil
}

// lost is nil for the error that a lost lease must have.
func lost(what string, err error) error {
	if errors.Is(err, webhook.ErrLeaseLost) {
		return nil
	}
	if err == nil {
		err = errors.New("none")
	}
	return fmt.Errorf("%s: the error is %w instead of webhook.ErrLeaseLost", what, err)
}

func claimedByOne(ctx context.Context, storage Storage) error {
	first, second := storage.Open(), storage.Open()
	_, err := claim(ctx, first, "key", long, webhook.Claimed)
	if err != nil {
		return err
	}
	_, again := claim(ctx, first, "key", long, webhook.InProgress)
	_, other := claim(ctx, second, "key", long, webhook.InProgress)
	return errors.Join(again, other)
}

func oneWins(ctx context.Context, storage Storage) error {
	for round := range 10 {
		key := fmt.Sprint("key", round)
		var wg sync.WaitGroup
		var mu sync.Mutex
		var owners []string
		var errs []error
		ready := make(chan struct{})
		for range 8 {
			s := storage.Open()
			wg.Go(func() {
				<-ready // all at once
				got, err := s.Claim(ctx, key, long)
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err != nil:
					errs = append(errs, err)
				case got.Result == webhook.Claimed:
					owners = append(owners, got.Owner)
				case got.Result != webhook.InProgress:
					errs = append(errs, fmt.Errorf("a claim says %q", got.Result))
				}
			})
		}
		close(ready)
		wg.Wait()
		if len(owners) != 1 {
			errs = append(errs, fmt.Errorf("%d of 8 have the key instead of one", len(owners)))
		}
		if err := errors.Join(errs...); err != nil {
			return err
		}
		if err := storage.Open().Done(ctx, key, owners[0], long); err != nil {
			return fmt.Errorf("what the one that won has done: %w", err)
		}
	}
	return nil
}

func staysDone(ctx context.Context, storage Storage) error {
	s := storage.Open()
	owner, err := claim(ctx, s, "key", storage.Lease, webhook.Claimed)
	if err == nil {
		err = s.Done(ctx, "key", owner, long)
	}
	if err != nil {
		return err
	}
	storage.Pass(storage.Lease + storage.Lease/2) // the lease has nothing to say any more
	_, err = claim(ctx, s, "key", long, webhook.AlreadyDone)
	_, other := claim(ctx, storage.Open(), "key", long, webhook.AlreadyDone)
	again := s.Done(ctx, "key", owner, long) // as a client says it again that has missed the reply
	if again != nil {
		again = lost("Done of what is done", again)
	}
	return errors.Join(err, other, again, lost("Release of what is done", s.Release(ctx, "key", owner)))
}

func doneEnds(ctx context.Context, storage Storage) error {
	s := storage.Open()
	owner, err := claim(ctx, s, "key", long, webhook.Claimed)
	if err == nil {
		err = s.Done(ctx, "key", owner, storage.Lease)
	}
	if err == nil {
		_, err = claim(ctx, s, "key", long, webhook.AlreadyDone)
	}
	if err != nil {
		return err
	}
	storage.Pass(storage.Lease + storage.Lease/2)
	_, err = claim(ctx, s, "key", long, webhook.Claimed)
	return err
}

func released(ctx context.Context, storage Storage) error {
	first, second := storage.Open(), storage.Open()
	owner, err := claim(ctx, first, "key", long, webhook.Claimed)
	if err == nil {
		err = first.Release(ctx, "key", owner)
	}
	if err != nil {
		return err
	}
	next, err := claim(ctx, second, "key", long, webhook.Claimed)
	if err != nil {
		return err
	}
	if next == owner {
		return errors.New("two claims of a key have one owner")
	}
	return lost("Release of what was released", first.Release(ctx, "key", owner))
}

func leaseRunsOut(ctx context.Context, storage Storage) error {
	if _, err := claim(ctx, storage.Open(), "key", storage.Lease, webhook.Claimed); err != nil {
		return err
	}
	s := storage.Open()
	if _, err := claim(ctx, s, "key", long, webhook.InProgress); err != nil {
		return fmt.Errorf("before the lease has ended: %w", err)
	}
	storage.Pass(storage.Lease + storage.Lease/2)
	_, err := claim(ctx, s, "key", long, webhook.Claimed)
	return err
}

func lostLease(ctx context.Context, storage Storage) error {
	slow, next := storage.Open(), storage.Open()
	owner, err := claim(ctx, slow, "key", storage.Lease, webhook.Claimed)
	if err != nil {
		return err
	}
	storage.Pass(storage.Lease + storage.Lease/2)
	if err := lost("Done after the lease", slow.Done(ctx, "key", owner, long)); err != nil {
		return err
	}
	successor, err := claim(ctx, next, "key", long, webhook.Claimed)
	if err != nil {
		return err
	}
	if successor == owner {
		return errors.New("two claims of a key have one owner")
	}
	if err := errors.Join(
		lost("Done while a successor works", slow.Done(ctx, "key", owner, long)),
		lost("Release while a successor works", slow.Release(ctx, "key", owner)),
	); err != nil {
		return err
	}
	if _, err := claim(ctx, slow, "key", long, webhook.InProgress); err != nil {
		return fmt.Errorf("after one without a lease has tried: %w", err)
	}
	return next.Done(ctx, "key", successor, long)
}

func strangersOwner(ctx context.Context, storage Storage) error {
	s := storage.Open()
	owner, err := claim(ctx, s, "key", long, webhook.Claimed)
	if err != nil {
		return err
	}
	other, err := claim(ctx, s, "another key", long, webhook.Claimed)
	if err != nil {
		return err
	}
	for _, stranger := range []string{"", "stranger", owner + "0", other + "0", strings.Repeat("9", 300)} {
		if err := errors.Join(
			lost("Done of "+stranger, s.Done(ctx, "key", stranger, long)),
			lost("Release of "+stranger, s.Release(ctx, "key", stranger)),
			lost("Done of what nobody has claimed", s.Done(ctx, "never", stranger, long)),
			lost("Release of what nobody has claimed", s.Release(ctx, "never", stranger)),
		); err != nil {
			return err
		}
	}
	if _, err := claim(ctx, s, "never", long, webhook.Claimed); err != nil {
		return err
	}
	return s.Done(ctx, "key", owner, long)
}

func outlives(ctx context.Context, storage Storage) error {
	dead := storage.Open()
	owner, err := claim(ctx, dead, "done", long, webhook.Claimed)
	if err == nil {
		err = dead.Done(ctx, "done", owner, long)
	}
	if err != nil {
		return err
	}
	working, err := claim(ctx, storage.Open(), "working", long, webhook.Claimed) // each dies with its last word
	if err != nil {
		return err
	}
	s := storage.Open()
	_, done := claim(ctx, s, "done", long, webhook.AlreadyDone)
	_, claimed := claim(ctx, s, "working", long, webhook.InProgress)
	return errors.Join(done, claimed, s.Done(ctx, "working", working, long)) // an owner is a value: whoever has it may go on
}

func keepsApart(ctx context.Context, storage Storage) error {
	s := storage.Open()
	keys := []string{"coresignal\nkey", "coresignal\nKEY", "coresignal\nkey ", "coresignal\n key", "linkedin\nkey", "coresignalkey", "key", "key\x00", "kéy", "ke\u0301y", "k\xffy", "k\xfey", "'; DROP TABLE keys; --", "%", "_", "*", "{key}", strings.Repeat("k", 4000), strings.Repeat("k", 4001)}
	for _, key := range keys {
		if _, err := claim(ctx, s, key, long, webhook.Claimed); err != nil {
			return fmt.Errorf("the key %.20q: %w", key, err)
		}
	}
	for _, key := range keys {
		if _, err := claim(ctx, s, key, long, webhook.InProgress); err != nil {
			return fmt.Errorf("the key %.20q, claimed before: %w", key, err)
		}
	}
	return nil
}

func heedsContext(ctx context.Context, storage Storage) error {
	ended, cancel := context.WithCancel(ctx)
	cancel()
	s := storage.Open()
	if got, err := s.Claim(ended, "key", long); err == nil && got.Result == webhook.Claimed {
		return errors.New("a key is claimed for a caller that has gone: nobody will do it before the lease ends")
	}
	_, err := claim(ctx, s, "key", long, webhook.Claimed)
	return err
}
