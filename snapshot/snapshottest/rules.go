package snapshottest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pronet-go/pronet/snapshot"
)

func failsWhole(ctx context.Context, storage Storage) error {
	s := storage.Open()
	k, other := key("base", 1), key("base", 2)
	old, next := bytes.Repeat([]byte("old "), 5000), noise(1, 30_000)
	if err := errors.Join(put(ctx, s, k, old, noon), put(ctx, s, other, old, noon)); err != nil {
		return err
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	mend := func() {}
	if storage.FailWrites != nil {
		ended, mend = ctx, storage.FailWrites()
	}
	failed := s.Put(ended, k, snapshot.Snapshot{Record: next, Taken: after(1)})
	forgotten := s.Forget(ended, 2)
	mend()
	for range 2 {
		err := holds(ctx, s, k, old, noon)
		if failed == nil || err != nil {
			err = holds(ctx, s, k, next, after(1))
		}
		if err != nil {
			return fmt.Errorf("after a Put with the error (%w): neither the old snapshot nor the new one is there: %w", orNone(failed), err)
		}
		err = holds(ctx, s, other, nil, noon)
		if forgotten != nil && err != nil {
			err = holds(ctx, s, other, old, noon)
		}
		if err != nil {
			return fmt.Errorf("after a Forget with the error (%w): %w", orNone(forgotten), err)
		}
		s = storage.Open()
	}
	return errors.Join(put(ctx, s, k, next, after(2)), holds(ctx, s, k, next, after(2)), s.Forget(ctx, 2), holds(ctx, s, other, nil, noon))
}

// together runs functions at once and joins their errors.
func together(functions ...func() error) error {
	errs := make([]error, len(functions))
	var group sync.WaitGroup
	for i, f := range functions {
		group.Go(func() { errs[i] = f() })
	}
	group.Wait()
	return errors.Join(errs...)
}

func readsWhole(ctx context.Context, storage Storage) error {
	s, k := storage.Open(), key("base", 1)
	content := func(round int) []byte { return bytes.Repeat([]byte{'a' + byte(round%20)}, 1000*(1+round%7)) }
	if err := put(ctx, s, k, content(0), noon); err != nil {
		return err
	}
	done := make(chan struct{})
	var reads atomic.Int64
	write := func() error {
		defer close(done)
		for round := 0; round < 60 || reads.Load() < 100 && round < 5000; round++ {
			if err := put(ctx, s, k, content(round), after(time.Duration(round))); err != nil {
				return err
			}
		}
		return nil
	}
	other := storage.another(s)
	read := func() error {
		for last := -1; ; {
			got, err := other.Get(ctx, k)
			if err != nil {
				return fmt.Errorf("the Get of %v: %w", k, err)
			}
			round := int(got.Taken.Sub(noon))
			if round < last || !bytes.Equal(got.Record, content(round)) {
				return fmt.Errorf("while it is written, %v has %d bytes that were never put with that time, or older ones than before", k, len(got.Record))
			}
			last = round
			reads.Add(1)
			select {
			case <-done:
				return nil
			default:
			}
		}
	}
	return together(write, read, read)
}

func newestStays(ctx context.Context, storage Storage) error {
	s := storage.Open()
	var writers []func() error
	for w := range 6 {
		writer := storage.another(s)
		writers = append(writers, func() error {
			for round := range 10 {
				at := (w + round*7) % 60
				err := writer.Put(ctx, key("base", int64(round%2+1)), snapshot.Snapshot{Record: record(fmt.Sprint(at)), Taken: after(time.Duration(at))})
				if err != nil && !errors.Is(err, snapshot.ErrOlder) {
					return fmt.Errorf("one of many Puts at once: %w", err)
				}
			}
			return nil
		})
	}
	if err := together(writers...); err != nil {
		return err
	}
	newest := [2]int{}
	for w := range 6 {
		for round := range 10 {
			newest[round%2] = max(newest[round%2], (w+round*7)%60)
		}
	}
	return errors.Join(
		holds(ctx, s, key("base", 1), record(fmt.Sprint(newest[0])), after(time.Duration(newest[0]))),
		holds(ctx, s, key("base", 2), record(fmt.Sprint(newest[1])), after(time.Duration(newest[1]))),
	)
}

func sharesNoBytes(ctx context.Context, storage Storage) error {
	s, k := storage.Open(), key("base", 1)
	content := record("Jane")
	if err := put(ctx, s, k, content, noon); err != nil {
		return err
	}
	clear(content)
	got, err := s.Get(ctx, k)
	if err != nil || !bytes.Equal(got.Record, record("Jane")) {
		return fmt.Errorf("after the caller has changed the bytes of a Put, the record is %.80q (%w)", got.Record, orNone(err))
	}
	clear(got.Record)
	if err := holds(ctx, s, k, record("Jane"), noon); err != nil {
		return fmt.Errorf("after the caller has changed the bytes of a Get, %w", err)
	}
	return nil
}

// before returns the IDs that Before yields, in order.
func before(ctx context.Context, s snapshot.Store, dataset string, t time.Time) (ids []int64, err error) {
	for id, err := range s.Before(ctx, dataset, t) {
		if err != nil {
			return nil, fmt.Errorf("a walk over Before: %w", err)
		}
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids, nil
}

func yieldsBefore(ctx context.Context, storage Storage) error {
	s := storage.Open()
	var want []int64
	for id := int64(1); id <= 120; id++ {
		if err := put(ctx, s, key("base", id), record("A"), after(time.Duration(id))); err != nil {
			return err
		}
		if id%3 == 0 {
			if err := put(ctx, s, key("v1", id), record("A"), noon); err != nil {
				return err
			}
		}
		if id < 80 {
			want = append(want, id)
		}
	}
	for range 2 {
		got, err := before(ctx, s, "base", after(80))
		if err != nil {
			return err
		}
		if !slices.Equal(got, want) {
			return fmt.Errorf("what Before yields are %d IDs of 79, or others: %v", len(got), got)
		}
		for dataset, t := range map[string]time.Time{"base": after(1), "v1": noon, "clean": after(time.Hour)} {
			if got, err := before(ctx, s, dataset, t); err != nil || len(got) > 0 {
				return fmt.Errorf("what Before yields is %v of %s where nobody is (%w)", got, dataset, orNone(err))
			}
		}
		s = storage.Open()
	}
	for _, t := range []time.Time{{}, time.Unix(-1<<40, 0)} {
		if got, err := before(ctx, s, "base", t); err != nil || len(got) > 0 {
			return fmt.Errorf("what Before %v yields is %d IDs instead of none (%w)", t, len(got), orNone(err))
		}
	}
	if got, err := before(ctx, s, "base", time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)); err != nil || len(got) != 120 {
		return fmt.Errorf("what Before the year 9999 yields is %d IDs of 120 (%w)", len(got), orNone(err))
	}
	for _, err := range s.Before(ctx, "base", after(80)) { // a loop may end
		return err
	}
	return errors.New("what Before yields is nothing the second time")
}

func walksWhileChanged(ctx context.Context, storage Storage) error {
	s := storage.Open()
	for id := int64(1); id <= 100; id++ {
		if err := put(ctx, s, key("base", id), record("A"), noon); err != nil {
			return err
		}
	}
	seen := make(map[int64]bool)
	for id, err := range s.Before(ctx, "base", after(time.Hour)) {
		if err != nil {
			return fmt.Errorf("a walk over Before: %w", err)
		}
		seen[id] = true
		if id%2 == 0 {
			err = s.Forget(ctx, id)
		} else if err = holds(ctx, s, key("base", id), record("A"), noon); err == nil {
			err = put(ctx, s, key("base", id), noise(uint64(id), 900), after(2*time.Hour))
		}
		if err != nil {
			return fmt.Errorf("in a loop over Before: %w", err)
		}
	}
	left, err := before(ctx, s, "base", after(3*time.Hour))
	if err != nil || len(seen) != 100 || len(left) != 50 {
		return fmt.Errorf("a loop that changes what it walks over met %d of 100 people and left %d of 50: %w", len(seen), len(left), orNone(err))
	}
	return nil
}

func heedsContext(ctx context.Context, storage Storage) error {
	s, k := storage.Open(), key("base", 1)
	if err := put(ctx, s, k, record("A"), noon); err != nil {
		return err
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	_, getting := s.Get(ended, k)
	var walking error
	for _, err := range s.Before(ended, "base", after(1)) {
		walking = err
	}
	for name, err := range map[string]error{
		"Get": getting, "Before": walking, "Forget": s.Forget(ended, 1),
		"Put": s.Put(ended, k, snapshot.Snapshot{Record: record("B"), Taken: after(1)}),
	} {
		if !errors.Is(err, context.Canceled) {
			return fmt.Errorf("%s has the error %w instead of the context's", name, orNone(err))
		}
	}
	return holds(ctx, s, k, record("A"), noon)
}

func refusesNonsense(ctx context.Context, storage Storage) error {
	s, good := storage.Open(), snapshot.Snapshot{Record: record("A"), Taken: noon}
	for name, put := range map[string]struct {
		key      snapshot.Key
		snapshot snapshot.Snapshot
	}{
		"no record":       {key("base", 1), snapshot.Snapshot{Taken: noon}},
		"no time":         {key("base", 1), snapshot.Snapshot{Record: record("A")}},
		"the year 1900":   {key("base", 1), snapshot.Snapshot{Record: record("A"), Taken: noon.AddDate(-126, 0, 0)}},
		"the year 2300":   {key("base", 1), snapshot.Snapshot{Record: record("A"), Taken: noon.AddDate(274, 0, 0)}},
		"a huge record":   {key("base", 1), snapshot.Snapshot{Record: make([]byte, snapshot.MaxRecord+1), Taken: noon}},
		"no person":       {key("base", 0), good},
		"a negative ID":   {key("base", -1), good},
		"no dataset":      {key("", 1), good},
		"a path":          {key("../base", 1), good},
		"capital letters": {key("Base", 1), good},
	} {
		if s.Put(ctx, put.key, put.snapshot) == nil {
			return fmt.Errorf("%s can be put", name)
		}
	}
	if s.Forget(ctx, 0) == nil {
		return errors.New("nobody can be forgotten")
	}
	if _, err := s.Get(ctx, key("../base", 1)); err == nil {
		return errors.New("a dataset that is a path has no error")
	}
	return holds(ctx, s, key("base", 1), nil, noon)
}
