// Package checkpointtest checks that a [prospectnotes.Checkpoint] does what its interface says:
//
//	func TestCheckpoint(t *testing.T) {
//		checkpointtest.Run(t, func(t *testing.T) checkpointtest.Storage {
//			path := filepath.Join(t.TempDir(), "notes")
//			return checkpointtest.Storage{Open: func() prospectnotes.Checkpoint { return mine.Open(path) }}
//		})
//	}
package checkpointtest

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pronet-go/pronet/linkedin/urn"
	"github.com/pronet-go/pronet/prospectnotes"
)

// Storage is an empty place for one checkpoint.
type Storage struct {
	// Open returns a further handle on it, as another process or a restart has it: with connections of its own. A checkpoint
	// in memory returns itself.
	Open func() prospectnotes.Checkpoint
	// Write writes a line with the transaction that Save gives to apply, and Written returns the lines that are there. Both
	// are set for a checkpoint that gives a transaction.
	Write   func(ctx context.Context, tx *sql.Tx, line string) error
	Written func(ctx context.Context) ([]string, error)
}

// Rule is one thing that a checkpoint has to do.
type Rule struct {
	// Name says what it is.
	Name string
	// Check returns what a checkpoint does instead, nil when it does as it should.
	Check func(ctx context.Context, s Storage) error
}

// Run checks each rule in a subtest, with a storage of its own.
func Run(t *testing.T, storage func(t *testing.T) Storage) {
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
		{"an empty checkpoint has the zero state", empty},
		{"a restart finds what was saved, without loss", keeps},
		{"whose checkpoint it is, is kept", tellsWhose},
		{"a state that does not follow the stored one is refused", refusesOld},
		{"of many that save the same generation one wins", oneWins},
		{"an apply that fails leaves nothing", failureLeavesNothing},
		{"an apply that panics leaves nothing", panicLeavesNothing},
		{"a crash between apply and save leaves the old state", savesAfterApply},
		{"nothing is saved once the context has ended", heedsContext},
		{"what apply writes in the transaction happens exactly once", exactlyOnce},
	}
}

// patience is how long a handle may wait for another one.
const patience = time.Minute

var errApply = errors.New("checkpointtest: apply fails")

// newState is a state with all that there can be.
func newState(generation uint64) prospectnotes.State {
	at := time.Date(2026, 3, 1, 23, 59, 59, 999_000_000, time.UTC).Add(time.Duration(generation) * time.Hour)
	s := prospectnotes.State{
		Generation: generation, Contract: parse("urn:li:contract:123"), Owners: []urn.URN{parse("urn:li:seat:1"), parse("urn:li:seat:2")},
		Pushes: generation / 2, Until: at, Bounds: prospectnotes.BoundsByCreation, Reconciled: at.Add(-time.Millisecond),
	}
	for i := range 20 {
		s.Seen = append(s.Seen, prospectnotes.Seen{ID: fmt.Sprint(generation, "-", i), Created: 1_700_000_000_001 + int64(i), Changed: 253_402_300_799_999, Digest: "0123456789abcdef"})
	}
	for _, id := range []string{"9223372036854775807", "'; DROP TABLE notes; --", `\"quoted\" $1 ?`, "ł日本\u2028", strings.Repeat("9", 300)} {
		s.Tombs = append(s.Tombs, prospectnotes.Tomb{ID: id, Changed: 1, Kept: at.Add(720 * time.Hour)})
	}
	return s
}

func parse(text string) urn.URN {
	u, _ := urn.Parse(text) // all texts here are URNs
	return u
}

// holds compares what a checkpoint has with what it should have.
func holds(ctx context.Context, c prospectnotes.Checkpoint, want prospectnotes.State) error {
	got, err := c.Load(ctx)
	if err != nil {
		return fmt.Errorf("loading: %w", err)
	}
	if text, otherwise := textOf(got), textOf(want); text != otherwise {
		return fmt.Errorf("generation %d is loaded instead of %d, or differs in what it has: %.300s instead of %.300s",
			got.Generation, want.Generation, text, otherwise)
	}
	return nil
}

func textOf(s prospectnotes.State) string {
	s.Until, s.Reconciled = s.Until.UTC(), s.Reconciled.UTC()
	s.Tombs = slices.Clone(s.Tombs)
	for i := range s.Tombs {
		s.Tombs[i].Kept = s.Tombs[i].Kept.UTC()
	}
	text, err := json.Marshal(s)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

func nothing(context.Context, *sql.Tx) error { return nil }

// save is a save that must succeed, and call apply once.
func save(ctx context.Context, c prospectnotes.Checkpoint, next prospectnotes.State) error {
	calls := 0
	err := c.Save(ctx, next, func(context.Context, *sql.Tx) error {
		calls++
		return nil
	})
	switch {
	case err != nil:
		return fmt.Errorf("saving generation %d: %w", next.Generation, err)
	case calls != 1:
		return fmt.Errorf("saving generation %d called apply %d times", next.Generation, calls)
	}
	return nil
}

// conflicts is nil for a save that is refused, and does not call apply.
func conflicts(ctx context.Context, c prospectnotes.Checkpoint, next prospectnotes.State) error {
	applied := false
	err := c.Save(ctx, next, func(context.Context, *sql.Tx) error {
		applied = true
		return nil
	})
	switch {
	case applied:
		return fmt.Errorf("saving generation %d calls apply, and is to be refused", next.Generation)
	case !errors.Is(err, prospectnotes.ErrConflict):
		return fmt.Errorf("saving generation %d: the error is %w instead of ErrConflict", next.Generation, orNone(err))
	}
	return nil
}

func orNone(err error) error {
	if err == nil {
		return errors.New("none")
	}
	return err
}

// steps are checks of which each needs the one before.
func steps(checks ...func() error) error {
	for _, check := range checks {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func empty(ctx context.Context, s Storage) error {
	c := s.Open()
	return steps(
		func() error { return holds(ctx, c, prospectnotes.State{}) },
		func() error { return holds(ctx, s.Open(), prospectnotes.State{}) },
		func() error { return save(ctx, c, newState(1)) },
	)
}

func keeps(ctx context.Context, s Storage) error {
	for generation := range uint64(5) {
		if err := steps(
			func() error { return save(ctx, s.Open(), newState(generation+1)) },
			func() error { return holds(ctx, s.Open(), newState(generation+1)) },
		); err != nil {
			return err
		}
	}
	much := newState(6)
	for i := range 5000 { // the notes of a busy week
		much.Seen = append(much.Seen, prospectnotes.Seen{ID: fmt.Sprint("seen-", i), Created: 1_700_000_000_000, Changed: 1_700_000_000_001})
	}
	bare := prospectnotes.State{Generation: 7, Contract: parse("urn:li:contract:123"), Until: newState(7).Until}
	c := s.Open()
	return steps(
		func() error { return save(ctx, c, much) },
		func() error { return holds(ctx, s.Open(), much) },
		func() error { return save(ctx, c, bare) },
		func() error { return holds(ctx, s.Open(), bare) },
		func() error {
			loaded, err := c.Load(ctx)
			if err == nil {
				loaded.Seen = append(loaded.Seen, prospectnotes.Seen{ID: "1"}) // it is the caller's
				err = holds(ctx, c, bare)
			}
			return err
		},
	)
}

func tellsWhose(ctx context.Context, s Storage) error {
	theirs := newState(1)
	theirs.Contract, theirs.Owners = parse("urn:li:contract:(1,2)"), []urn.URN{parse("urn:li:seat:10"), parse("urn:li:seat:9")}
	all := newState(2)
	all.Owners = nil
	return steps(
		func() error { return save(ctx, s.Open(), theirs) },
		func() error { return holds(ctx, s.Open(), theirs) },
		func() error { return save(ctx, s.Open(), all) },
		func() error { return holds(ctx, s.Open(), all) },
	)
}

func refusesOld(ctx context.Context, s Storage) error {
	slow, quick := s.Open(), s.Open()
	if err := conflicts(ctx, slow, newState(2)); err != nil { // there is none yet
		return err
	}
	for generation := range uint64(4) {
		if err := save(ctx, quick, newState(generation+1)); err != nil {
			return err
		}
	}
	for _, generation := range []uint64{1, 2, 3, 4, 6, 1 << 40} {
		if err := conflicts(ctx, slow, newState(generation)); err != nil {
			return fmt.Errorf("generation 4 is stored: %w", err)
		}
	}
	return steps(
		func() error { return holds(ctx, slow, newState(4)) },
		func() error { return save(ctx, slow, newState(5)) },
		func() error { return conflicts(ctx, quick, newState(5)) },
	)
}

func oneWins(ctx context.Context, s Storage) error {
	const writers, rounds = 8, 5
	handles := make([]prospectnotes.Checkpoint, writers)
	for i := range handles {
		handles[i] = s.Open()
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for generation := uint64(1); generation <= rounds; generation++ {
		var applied, won atomic.Int64
		errs := make([]error, writers)
		ready := make(chan struct{})
		var wg sync.WaitGroup
		for i, c := range handles {
			wg.Go(func() {
				<-ready // all at once
				err := c.Save(ctx, newState(generation), func(context.Context, *sql.Tx) error {
					applied.Add(1)
					return nil
				})
				switch {
				case err == nil:
					won.Add(1)
				case !errors.Is(err, prospectnotes.ErrConflict):
					errs[i] = fmt.Errorf("the error of a loser is %w instead of ErrConflict", err)
				}
				if _, err := c.Load(ctx); err != nil {
					errs[i] = errors.Join(errs[i], fmt.Errorf("loading: %w", err))
				}
			})
		}
		close(ready)
		wg.Wait()
		if err := errors.Join(errs...); err != nil {
			return err
		}
		if won.Load() != 1 || applied.Load() != 1 {
			return fmt.Errorf("generation %d: %d of %d writers won, and apply was called %d times: each is to be 1", generation, won.Load(), writers, applied.Load())
		}
		if err := holds(ctx, s.Open(), newState(generation)); err != nil {
			return err
		}
	}
	return nil
}

func failureLeavesNothing(ctx context.Context, s Storage) error {
	return unfinished(ctx, s, func(c prospectnotes.Checkpoint, next prospectnotes.State) error {
		err := c.Save(ctx, next, func(context.Context, *sql.Tx) error { return errApply })
		if !errors.Is(err, errApply) {
			return fmt.Errorf("the error is %w instead of that of apply", orNone(err))
		}
		return nil
	})
}

func panicLeavesNothing(ctx context.Context, s Storage) error {
	return unfinished(ctx, s, func(c prospectnotes.Checkpoint, next prospectnotes.State) (err error) {
		defer func() {
			if recovered := recover(); recovered != any(errApply) {
				err = fmt.Errorf("the panic of apply is %v to the caller of Save", recovered)
			}
		}()
		_ = c.Save(ctx, next, func(context.Context, *sql.Tx) error {
			panic(errApply) //nolint:forbidigo // that is what is tried
		})
		return nil
	})
}

// unfinished has a first and a second generation that are not saved at first.
func unfinished(ctx context.Context, s Storage, try func(c prospectnotes.Checkpoint, next prospectnotes.State) error) error {
	c := s.Open()
	before := prospectnotes.State{}
	for generation := range uint64(3) {
		next := newState(generation + 1)
		if err := steps(
			func() error { return try(c, next) },
			func() error { return holds(ctx, c, before) },
			func() error { return holds(ctx, s.Open(), before) },
			func() error { return save(ctx, s.Open(), next) },
		); err != nil {
			return fmt.Errorf("generation %d: %w", next.Generation, err)
		}
		before = next
	}
	return nil
}

// savesAfterApply looks, at the end of apply, for what another process would find if this one died there.
func savesAfterApply(ctx context.Context, s Storage) error {
	c, other := s.Open(), s.Open()
	before := prospectnotes.State{}
	for generation := range uint64(3) {
		next := newState(generation + 1)
		var found error
		err := c.Save(ctx, next, func(ctx context.Context, _ *sql.Tx) error {
			ctx, cancel := context.WithTimeout(ctx, patience)
			defer cancel()
			found = holds(ctx, other, before)
			return nil
		})
		if err := errors.Join(err, found); err != nil {
			return fmt.Errorf("while generation %d is applied: %w", next.Generation, err)
		}
		if err := holds(ctx, other, next); err != nil {
			return err
		}
		before = next
	}
	return nil
}

func heedsContext(ctx context.Context, s Storage) error {
	c := s.Open()
	if err := save(ctx, c, newState(1)); err != nil {
		return err
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if c.Save(ended, newState(2), nothing) == nil {
		return errors.New("what is saved has no error")
	}
	if _, err := c.Load(ended); err == nil {
		return errors.New("what is loaded has no error")
	}
	return holds(ctx, c, newState(1))
}

// exactlyOnce says nothing of a checkpoint without a transaction.
func exactlyOnce(ctx context.Context, s Storage) error {
	if s.Write == nil || s.Written == nil {
		return s.Open().Save(ctx, newState(1), func(_ context.Context, tx *sql.Tx) error {
			if tx != nil {
				return errors.New("apply gets a transaction: set Write and Written of the Storage")
			}
			return nil
		})
	}
	writing := func(line string, then error) func(context.Context, *sql.Tx) error {
		return func(ctx context.Context, tx *sql.Tx) error {
			if tx == nil {
				return errors.New("apply gets no transaction")
			}
			return errors.Join(s.Write(ctx, tx, line), then)
		}
	}
	c := s.Open()
	var want []string
	for generation := range uint64(3) {
		next, line := newState(generation+1), fmt.Sprint("line ", generation+1)
		if err := c.Save(ctx, next, writing(line, errApply)); !errors.Is(err, errApply) {
			return fmt.Errorf("the error is %w instead of that of apply", orNone(err))
		}
		if err := c.Save(ctx, next, writing(line, nil)); err != nil {
			return err
		}
		if err := s.Open().Save(ctx, next, writing(line, nil)); !errors.Is(err, prospectnotes.ErrConflict) {
			return fmt.Errorf("the error is %w instead of ErrConflict", orNone(err))
		}
		want = append(want, line)
		got, err := s.Written(ctx)
		if slices.Sort(got); err != nil || !slices.Equal(got, want) {
			return errors.Join(err, fmt.Errorf("after generation %d, %q was written instead of %q", next.Generation, got, want))
		}
	}
	return nil
}
