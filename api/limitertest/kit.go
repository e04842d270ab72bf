// Package limitertest checks that an [api.SharedLimits] does what its interface says, among several processes too:
//
//	func TestLimits(t *testing.T) {
//		limitertest.Run(t, func(t *testing.T) limitertest.Storage {
//			url := server(t)
//			return limitertest.Storage{
//				Open: func() api.SharedLimits { return connect(t, url) },
//				Now:  time.Now,
//				Pass: time.Sleep,
//			}
//		})
//	}
package limitertest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/pronet-go/pronet/api"
)

// Storage is where limits are kept. None of a rule's names are in it at first.
type Storage struct {
	// Open returns further limits in the same storage, as another process would have them.
	Open func() api.SharedLimits
	// Now is the storage's time, or one that passes as it does.
	Now func() time.Time
	// Pass lets so much time pass: it moves a clock, or is time.Sleep.
	Pass func(time.Duration)
	// Length is that of the windows that the rules let pass; 0 is half a second. It must be so long that some calls to
	// the storage fit into a tenth of it.
	Length time.Duration
}

// Rule is one thing that shared limits have to do.
type Rule struct {
	// Name says what it is.
	Name string
	// Check returns what they do instead, nil when they do as they should.
	Check func(ctx context.Context, storage Storage) error
}

// Run checks each rule in a subtest, with a storage of its own.
func Run(t *testing.T, storage func(t *testing.T) Storage) {
	t.Helper()
	for _, rule := range Rules() {
		t.Run(rule.Name, func(t *testing.T) {
			s := storage(t)
			if s.Length == 0 {
				s.Length = time.Second / 2
			}
			if now := s.Now().UTC(); now.Add(5*time.Second).Day() != now.Day() { // no rule goes over midnight
				s.Pass(6 * time.Second)
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
		{"no window holds more than its places", exact},
		{"a place counts from when the call was sent", countsFromSent},
		{"all windows of a call have a place, or none is taken", allOrNone},
		{"what is given back is free", givenBack},
		{"the place of a process that died is free after its lease", leaseEnds},
		{"a further send takes a place, whether there is room or not", furtherSend},
		{"to ask again for a place takes no second one", onePlace},
		{"a day's quota is counted", day},
		{"a paused class waits, and a shorter pause changes nothing", pauses},
		{"a pause of all holds back each class", pausesAll},
		{"what a call waits for is told", tellsWaits},
		{"a window has as many places as the call says", numberOfCall},
		{"windows and names are kept apart", keptApart},
		{"what was taken outlives the process", outlives},
		{"whoever settles late changes no place of another", lateSettle},
		{"nothing is taken once the context has ended", heedsContext},
	}
}

// lease is a time that no rule lets pass, but one.
const lease = time.Hour

func call(id, class string, windows ...api.SharedWindow) api.SharedCall {
	return api.SharedCall{Name: "account", ID: id, Class: class, Windows: windows, Lease: lease}
}

// take takes a place and expects there to be one, or none.
func take(ctx context.Context, limits api.SharedLimits, c api.SharedCall, room bool) (api.SharedPlace, error) {
	place, err := limits.Take(ctx, c)
	switch {
	case err != nil:
		return place, fmt.Errorf("taking a place: %w", err)
	case room && place.Wait > 0:
		return place, fmt.Errorf("%s has no place, and is to wait for %s", c.ID, place.Wait)
	case !room && place.Wait <= 0:
		return place, fmt.Errorf("%s has got a place, where there is none", c.ID)
	}
	return place, nil
}

// send takes a place for a call and says that it was sent.
func send(ctx context.Context, limits api.SharedLimits, c api.SharedCall) error {
	if _, err := take(ctx, limits, c, true); err != nil {
		return err
	}
	return settle(ctx, limits, c, 1)
}

func settle(ctx context.Context, limits api.SharedLimits, c api.SharedCall, sends int) error {
	if err := limits.Settle(ctx, c, sends); err != nil {
		return fmt.Errorf("settling: %w", err)
	}
	return nil
}

// exact lets four send as fast as they can, and looks at each window.
func exact(ctx context.Context, storage Storage) error {
	const n, senders, rounds = 5, 4, 20
	window := api.SharedWindow{Key: "w", N: n, Length: storage.Length / 5}
	var mu sync.Mutex
	var sent []time.Time
	var wg sync.WaitGroup
	errs := make([]error, senders)
	for i := range senders {
		limits := storage.Open()
		wg.Go(func() {
			for round := 0; round < rounds && errs[i] == nil; {
				c := call(fmt.Sprint(i, " ", round), "", window)
				place, err := limits.Take(ctx, c)
				if err != nil {
					errs[i] = err
					return
				}
				if place.Wait > 0 {
					storage.Pass(place.Wait)
					continue
				}
				at := storage.Now()
				mu.Lock()
				sent = append(sent, at)
				mu.Unlock()
				errs[i] = limits.Settle(ctx, c, 1)
				round++
			}
		})
	}
	wg.Wait()
	slices.SortFunc(sent, time.Time.Compare)
	for i := n; i < len(sent); i++ {
		if between := sent[i].Sub(sent[i-n]); between < window.Length {
			errs = append(errs, fmt.Errorf("%d were sent within %s, where %d may be within %s", n+1, between, n, window.Length))
		}
	}
	return errors.Join(errs...)
}

func countsFromSent(ctx context.Context, storage Storage) error {
	limits, window := storage.Open(), api.SharedWindow{Key: "w", N: 1, Length: storage.Length}
	first := call("1", "", window)
	_, err := take(ctx, limits, first, true)
	storage.Pass(storage.Length * 3 / 2) // it is still being sent
	_, writing := take(ctx, limits, call("2", "", window), false)
	err = errors.Join(err, writing, settle(ctx, limits, first, 1))
	storage.Pass(storage.Length / 2)
	place, full := take(ctx, limits, call("3", "", window), false)
	if full == nil && place.Wait > storage.Length {
		full = fmt.Errorf("the wait is %s, of a window of %s", place.Wait, storage.Length)
	}
	storage.Pass(storage.Length)
	_, free := take(ctx, limits, call("4", "", window), true)
	return errors.Join(err, full, free)
}

func allOrNone(ctx context.Context, storage Storage) error {
	limits := storage.Open()
	wide, narrow := api.SharedWindow{Key: "wide", N: 2, Length: lease}, api.SharedWindow{Key: "narrow", N: 1, Length: lease}
	err := send(ctx, limits, call("1", "", wide, narrow))
	for _, id := range []string{"2", "3", "4"} {
		_, none := take(ctx, limits, call(id, "", wide, narrow), false)
		err = errors.Join(err, none)
	}
	_, left := take(ctx, limits, call("5", "", wide), true)
	_, full := take(ctx, limits, call("6", "", wide), false)
	return errors.Join(err, left, full)
}

func givenBack(ctx context.Context, storage Storage) error {
	limits := storage.Open()
	windows := []api.SharedWindow{{Key: "w", N: 1, Length: lease}, {Key: "day", N: 1}}
	var errs []error
	for _, id := range []string{"1", "2", "3"} {
		c := call(id, "", windows...)
		_, err := take(ctx, limits, c, true)
		errs = append(errs, err, settle(ctx, limits, c, 0), settle(ctx, limits, c, 0))
	}
	errs = append(errs, send(ctx, limits, call("4", "", windows...)))
	_, full := take(ctx, limits, call("5", "", windows...), false)
	return errors.Join(append(errs, full)...)
}

func leaseEnds(ctx context.Context, storage Storage) error {
	window := api.SharedWindow{Key: "w", N: 1, Length: storage.Length / 2}
	c := call("1", "", window)
	c.Lease = storage.Length / 2
	_, err := take(ctx, storage.Open(), c, true)
	storage.Pass(storage.Length * 3 / 4) // it may have been sent at the end of the lease
	_, held := take(ctx, storage.Open(), call("2", "", window), false)
	storage.Pass(storage.Length / 2)
	_, free := take(ctx, storage.Open(), call("3", "", window), true)
	return errors.Join(err, held, free)
}

func furtherSend(ctx context.Context, storage Storage) error {
	limits := storage.Open()
	for _, window := range []api.SharedWindow{{Key: "w", N: 3, Length: lease}, {Key: "day", N: 3}} {
		err := errors.Join(send(ctx, limits, call("1", "", window)), settle(ctx, limits, call("2", "", window), 1), settle(ctx, limits, call("3", "", window), 2))
		place, full := take(ctx, limits, call("4", "", window), false)
		if err = errors.Join(err, full); err == nil && (len(place.Windows) != 1 || place.Windows[0].Used != 4) {
			err = fmt.Errorf("the windows are %+v instead of one with 4 places used", place.Windows)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func onePlace(ctx context.Context, storage Storage) error {
	limits := storage.Open()
	windows := []api.SharedWindow{{Key: "w", N: 2, Length: lease}, {Key: "day", N: 2}}
	c := call("1", "", windows...)
	_, first := take(ctx, limits, c, true)
	_, again := take(ctx, limits, c, true)
	_, second := take(ctx, limits, call("2", "", windows...), true)
	_, full := take(ctx, limits, call("3", "", windows...), false)
	_, still := take(ctx, limits, c, true)
	return errors.Join(first, again, second, full, still)
}

func day(ctx context.Context, storage Storage) error {
	limits, window := storage.Open(), api.SharedWindow{Key: "day", N: 2}
	err := errors.Join(send(ctx, limits, call("1", "", window)), send(ctx, storage.Open(), call("2", "", window)))
	place, full := take(ctx, limits, call("3", "", window), false)
	if err = errors.Join(err, full); err != nil {
		return err
	}
	midnight := storage.Now().UTC().Truncate(24 * time.Hour).Add(24 * time.Hour)
	if left := midnight.Sub(storage.Now()); place.Wait > left+time.Minute || place.Wait < left-time.Minute {
		return fmt.Errorf("the wait is %s, and midnight in %s", place.Wait, left)
	}
	return nil
}

func pauses(ctx context.Context, storage Storage) error {
	limits := storage.Open()
	err := errors.Join(limits.Pause(ctx, "account", "search", storage.Length), limits.Pause(ctx, "account", "search", storage.Length/4), limits.Pause(ctx, "account", "search", 0))
	storage.Pass(storage.Length / 2)
	place, held := take(ctx, storage.Open(), call("1", "search"), false)
	if held == nil && place.Wait > storage.Length {
		held = fmt.Errorf("the wait is %s of %s", place.Wait, storage.Length)
	} else if held == nil && place.Paused <= 0 {
		held = errors.New("a pause is not told as one")
	}
	_, other := take(ctx, limits, call("2", "collect"), true)
	storage.Pass(storage.Length)
	_, over := take(ctx, limits, call("3", "search"), true)
	return errors.Join(err, held, other, over)
}

func pausesAll(ctx context.Context, storage Storage) error {
	limits := storage.Open()
	err := limits.Pause(ctx, "account", "", lease)
	_, of := take(ctx, storage.Open(), call("1", "search", api.SharedWindow{Key: "w", N: 1, Length: lease}), false)
	_, all := take(ctx, limits, call("2", ""), false)
	other := call("3", "search")
	other.Name = "another account"
	_, free := take(ctx, limits, other, true)
	return errors.Join(err, of, all, free)
}

func tellsWaits(ctx context.Context, storage Storage) error {
	limits := storage.Open()
	free, full, day := api.SharedWindow{Key: "free", N: 5, Length: lease}, api.SharedWindow{Key: "full", N: 1, Length: lease}, api.SharedWindow{Key: "day", N: 5}
	first, err := take(ctx, limits, call("1", "search", full, day), true)
	if err == nil && !slices.Equal(first.Windows, []api.SharedUse{{Used: 1}, {Used: 1}}) {
		err = fmt.Errorf("the windows are %+v, where the call has taken the first place of two", first.Windows)
	}
	err = errors.Join(err, settle(ctx, limits, call("1", "search", full, day), 1), limits.Pause(ctx, "account", "search", lease/4))
	place, none := take(ctx, limits, call("2", "search", free, full, day), false)
	if err = errors.Join(err, none); err != nil {
		return err
	}
	about := func(d, want time.Duration) bool { return d > want-time.Minute && d <= want }
	if !about(place.Wait, lease) || !about(place.Paused, lease/4) || len(place.Windows) != 3 {
		return fmt.Errorf("the place is %+v, where one of three windows is full for %s and a pause takes %s", place, lease, lease/4)
	}
	if w := place.Windows; w[0].Wait != 0 || !about(w[1].Wait, lease) || w[2].Wait != 0 || w[1].Used != 1 || w[2].Used != 1 {
		return fmt.Errorf("the windows are %+v, where the second one alone is full", w)
	}
	return nil
}

// numberOfCall is as in a rolling change, where processes have different numbers for one window.
func numberOfCall(ctx context.Context, storage Storage) error {
	limits := storage.Open()
	of := func(id string, n int) api.SharedCall {
		return call(id, "", api.SharedWindow{Key: "w", N: n, Length: lease}, api.SharedWindow{Key: "day", N: n})
	}
	err := errors.Join(send(ctx, limits, of("1", 3)), send(ctx, limits, of("2", 3)))
	_, less := take(ctx, limits, of("3", 2), false)
	err = errors.Join(err, less, send(ctx, limits, of("4", 3)))
	_, full := take(ctx, limits, of("5", 3), false)
	return errors.Join(err, full)
}

func keptApart(ctx context.Context, storage Storage) error {
	limits := storage.Open()
	var errs []error
	for i, name := range []string{"account", "account/", "account:w", "{account}", "Account"} {
		for j, key := range []string{"w", "w/", "W", ":w"} {
			c := call(fmt.Sprint(i, j), "", api.SharedWindow{Key: key, N: 1, Length: lease})
			c.Name = name
			errs = append(errs, send(ctx, limits, c))
		}
	}
	return errors.Join(errs...)
}

func outlives(ctx context.Context, storage Storage) error {
	windows := []api.SharedWindow{{Key: "w", N: 4, Length: lease}, {Key: "day", N: 4}}
	err := errors.Join(send(ctx, storage.Open(), call("1", "", windows...)), settle(ctx, storage.Open(), call("2", "", windows...), 2))
	_, being := take(ctx, storage.Open(), call("3", "", windows...), true)
	_, full := take(ctx, storage.Open(), call("4", "", windows...), false)
	return errors.Join(err, being, full)
}

func lateSettle(ctx context.Context, storage Storage) error {
	slow, limits := storage.Open(), storage.Open()
	window := api.SharedWindow{Key: "w", N: 1, Length: storage.Length / 2}
	late := call("1", "", window)
	late.Lease = storage.Length / 2
	_, err := take(ctx, slow, late, true)
	storage.Pass(storage.Length * 5 / 4) // its place has ended
	_, next := take(ctx, limits, call("2", "", window), true)
	err = errors.Join(err, next, settle(ctx, slow, late, 0), settle(ctx, slow, call("never", "", window), 0))
	_, full := take(ctx, limits, call("3", "", window), false)
	return errors.Join(err, full)
}

func heedsContext(ctx context.Context, storage Storage) error {
	limits, window := storage.Open(), api.SharedWindow{Key: "w", N: 1, Length: lease}
	ended, end := context.WithCancel(ctx)
	end()
	if _, err := limits.Take(ended, call("1", "", window)); err == nil {
		return errors.New("there is no error though the context has ended")
	}
	_, free := take(ctx, limits, call("2", "", window), true)
	return free
}
