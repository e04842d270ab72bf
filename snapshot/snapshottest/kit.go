// Package snapshottest checks that a [snapshot.Store] does what its interface says:
//
//	func TestStore(t *testing.T) {
//		snapshottest.Run(t, func(t *testing.T) snapshottest.Storage {
//			dsn := database(t)
//			return snapshottest.Storage{Open: func() snapshot.Store { return connect(t, dsn) }}
//		})
//	}
package snapshottest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pronet-go/pronet/snapshot"
)

// Storage is an empty place for snapshots.
type Storage struct {
	// Open returns a further handle on it, as a restart has it. It may close the one before, which is not used any more
	// unless Shared is set. A store in memory returns itself.
	Open func() snapshot.Store
	// Shared says that several processes use the store at once: then those that were opened before are used too.
	Shared bool
	// Bytes returns all that lies on the store's medium, to look for who was forgotten. If it is nil, or what was put cannot
	// be found in it, as in a store that encrypts, there is no look.
	Bytes func() ([]byte, error)
	// FailWrites makes writes to the medium fail, at some point, until the function that it returns is called. If it is nil,
	// that rule has only what happens without it.
	FailWrites func() (mend func())
}

// another returns what another process uses beside the one that has the store.
func (s Storage) another(store snapshot.Store) snapshot.Store {
	if s.Shared {
		return s.Open()
	}
	return store
}

// Rule is one thing that a store has to do.
type Rule struct {
	// Name says what it is.
	Name string
	// Check returns what a store does instead, nil when it does as it should.
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
		{"what was put is there, byte for byte", returnsWhatWasPut},
		{"a restart finds what was put", survives},
		{"people and datasets are kept apart", keepsApart},
		{"an older snapshot does not replace a newer one", refusesOlder},
		{"a Put can be retried", takesTheSameAgain},
		{"a person is forgotten in every dataset", forgets},
		{"nothing of a person who was forgotten is on the medium", erases},
		{"a Put that fails leaves the old snapshot or the new one", failsWhole},
		{"a snapshot is read whole while another is written", readsWhole},
		{"of many Puts at once the newest stays", newestStays},
		{"the bytes belong to the caller", sharesNoBytes},
		{"Before yields those that were taken before", yieldsBefore},
		{"a loop over Before may change the store", walksWhileChanged},
		{"nothing happens once the context has ended", heedsContext},
		{"what cannot be kept is refused", refusesNonsense},
	}
}

var noon = time.Date(2026, time.March, 1, 12, 0, 0, 123_456_789, time.UTC)

func after(d time.Duration) time.Time { return noon.Add(d) }

func key(dataset string, id int64) snapshot.Key { return snapshot.Key{Dataset: dataset, ID: id} }

func record(text string) []byte { return fmt.Appendf(nil, `{"full_name":%q}`, text) }

// noise is a record that cannot be compressed.
func noise(seed uint64, size int) []byte {
	var key [32]byte
	key[0], key[1] = byte(seed), byte(seed>>8)
	data := make([]byte, size)
	_, _ = rand.NewChaCha8(key).Read(data)
	return data
}

// put is a Put that must succeed.
func put(ctx context.Context, s snapshot.Store, k snapshot.Key, content []byte, taken time.Time) error {
	if err := s.Put(ctx, k, snapshot.Snapshot{Record: content, Taken: taken}); err != nil {
		return fmt.Errorf("the Put of %v: %w", k, err)
	}
	return nil
}

// holds compares what a store has with what it should have; no content is none.
func holds(ctx context.Context, s snapshot.Store, k snapshot.Key, content []byte, taken time.Time) error {
	got, err := s.Get(ctx, k)
	switch {
	case err != nil:
		return fmt.Errorf("the Get of %v: %w", k, err)
	case content == nil && !got.IsZero():
		return fmt.Errorf("%v has a %v instead of none", k, got)
	case content == nil:
		return nil
	case got.IsZero():
		return fmt.Errorf("%v has no snapshot", k)
	case !bytes.Equal(got.Record, content):
		return fmt.Errorf("the record of %v is another one than was put: %.80q instead of %.80q", k, got.Record, content)
	case !got.Taken.Equal(taken) || got.Taken.Location() != time.UTC:
		return fmt.Errorf("%v was taken at %v instead of %v", k, got.Taken, taken.UTC())
	}
	return nil
}

func returnsWhatWasPut(ctx context.Context, storage Storage) error {
	s := storage.Open()
	records := [][]byte{
		[]byte(`{}`), record("Łukasz \u2028 日本"), []byte("{\"a\":\"'; DROP TABLE x; -- $1 ?\"}\r\n"), []byte("\x00\xff\xfe{\n}\n"),
		[]byte("null"), []byte(" "), bytes.Repeat([]byte(`{"company":"A"},`), 20_000), noise(1, 300_000),
	}
	if err := holds(ctx, s, key("base", 1), nil, noon); err != nil {
		return err
	}
	for i, content := range records {
		k := key("base", int64(i+1))
		if err := errors.Join(put(ctx, s, k, content, noon), holds(ctx, s, k, content, noon)); err != nil {
			return err
		}
	}
	for i, taken := range []time.Time{
		time.Unix(0, 1), time.Date(1999, 12, 31, 23, 59, 59, 999_999_999, time.FixedZone("far", -11*3600)),
		time.Date(2261, 12, 31, 23, 59, 59, 999_999_999, time.UTC),
	} {
		k := key("v1", int64(i+1))
		if err := errors.Join(put(ctx, s, k, record("A"), taken), holds(ctx, s, k, record("A"), taken)); err != nil {
			return err
		}
	}
	return nil
}

func survives(ctx context.Context, storage Storage) error {
	s := storage.Open()
	for i := range int64(20) {
		if err := put(ctx, s, key("base", i+1), record(fmt.Sprint("person ", i)), noon); err != nil {
			return err
		}
	}
	if err := errors.Join(s.Forget(ctx, 2), put(ctx, s, key("base", 1), record("newer"), after(1))); err != nil {
		return err
	}
	s = storage.Open()
	for i := int64(2); i < 20; i++ {
		if err := holds(ctx, s, key("base", i+1), record(fmt.Sprint("person ", i)), noon); err != nil {
			return fmt.Errorf("after a restart %w", err)
		}
	}
	if err := errors.Join(holds(ctx, s, key("base", 1), record("newer"), after(1)), holds(ctx, s, key("base", 2), nil, noon), s.Forget(ctx, 3)); err != nil {
		return err
	}
	return holds(ctx, storage.Open(), key("base", 3), nil, noon)
}

func keepsApart(ctx context.Context, storage Storage) error {
	s := storage.Open()
	var keys []snapshot.Key
	for _, dataset := range []string{"v1", "base", "base_", "base2", "multi_source", strings.Repeat("d", 32)} {
		for _, id := range []int64{1, 10, 11, 111, 256, math.MaxInt32 + 1, math.MaxInt64} {
			keys = append(keys, key(dataset, id))
		}
	}
	for i, k := range keys {
		if err := put(ctx, s, k, record(fmt.Sprint(i)), after(time.Duration(i))); err != nil {
			return err
		}
	}
	for i, k := range keys {
		if err := holds(ctx, s, k, record(fmt.Sprint(i)), after(time.Duration(i))); err != nil {
			return err
		}
	}
	return nil
}

func refusesOlder(ctx context.Context, storage Storage) error {
	s, k := storage.Open(), key("base", 1)
	other := storage.another(s)
	if err := errors.Join(put(ctx, s, k, record("first"), noon), put(ctx, other, k, record("second"), after(1))); err != nil {
		return err
	}
	for _, taken := range []time.Time{noon, after(-time.Hour), time.Unix(0, 1)} {
		if err := s.Put(ctx, k, snapshot.Snapshot{Record: record("late"), Taken: taken}); !errors.Is(err, snapshot.ErrOlder) {
			return fmt.Errorf("the Put of one that is %v older has the error %w instead of snapshot.ErrOlder", after(1).Sub(taken), orNone(err))
		}
		if err := holds(ctx, s, k, record("second"), after(1)); err != nil {
			return err
		}
	}
	return errors.Join(put(ctx, s, key("v1", 1), record("other"), noon), put(ctx, s, k, record("third"), after(2)), holds(ctx, other, k, record("third"), after(2)))
}

func orNone(err error) error {
	if err == nil {
		return errors.New("none")
	}
	return err
}

func takesTheSameAgain(ctx context.Context, storage Storage) error {
	s, k := storage.Open(), key("base", 1)
	return errors.Join(
		put(ctx, s, k, record("A"), noon), put(ctx, s, k, record("A"), noon),
		put(ctx, s, k, record("B"), noon), holds(ctx, s, k, record("B"), noon),
	)
}

func forgets(ctx context.Context, storage Storage) error {
	s := storage.Open()
	datasets := []string{"v1", "base", "clean", "multi_source"}
	for _, dataset := range datasets {
		for _, id := range []int64{1, 11, 2} {
			if err := put(ctx, s, key(dataset, id), record(fmt.Sprint(dataset, id)), noon); err != nil {
				return err
			}
		}
	}
	if err := errors.Join(s.Forget(ctx, 1), s.Forget(ctx, 1), s.Forget(ctx, 99)); err != nil {
		return fmt.Errorf("a Forget: %w", err)
	}
	for range 2 {
		for _, dataset := range datasets {
			err := errors.Join(
				holds(ctx, s, key(dataset, 1), nil, noon), holds(ctx, s, key(dataset, 11), record(fmt.Sprint(dataset, 11)), noon),
				holds(ctx, s, key(dataset, 2), record(fmt.Sprint(dataset, 2)), noon),
			)
			if err != nil {
				return fmt.Errorf("after Forget %w", err)
			}
		}
		s = storage.Open()
	}
	older := after(-time.Hour)
	return errors.Join(put(ctx, s, key("base", 1), record("anew"), older), holds(ctx, s, key("base", 1), record("anew"), older))
}

func erases(ctx context.Context, storage Storage) error {
	s := storage.Open()
	contents := [][]byte{noise(1, 2000), noise(2, 20_000), noise(3, 500), noise(4, 100_000)}
	for i, content := range contents {
		if err := put(ctx, s, key([]string{"base", "base", "v1", "clean"}[i], 1), content, after(time.Duration(i))); err != nil {
			return err
		}
		if err := put(ctx, s, key("base", int64(i+2)), noise(uint64(i+5), 700), noon); err != nil {
			return err
		}
	}
	if storage.Bytes == nil {
		return nil
	}
	found := func() (parts int, err error) {
		data, err := storage.Bytes()
		for _, content := range contents {
			for part := range slices.Chunk(content, 50) {
				if bytes.Contains(data, part) {
					parts++
				}
			}
		}
		return parts, err
	}
	if parts, err := found(); err != nil || parts == 0 {
		return err
	}
	if err := s.Forget(ctx, 1); err != nil {
		return fmt.Errorf("a Forget: %w", err)
	}
	if parts, err := found(); err != nil || parts > 0 {
		return fmt.Errorf("%d parts of the person's records are still on the medium (%w)", parts, orNone(err))
	}
	return holds(ctx, s, key("base", 3), noise(6, 700), noon)
}
