// Package kepttest checks that a [webhook.KeptStore] does what its interface says, so that nothing that was bought is lost or
// bought twice, whichever worker a delivery comes to:
//
//	func TestKept(t *testing.T) {
//		kepttest.Run(t, func(t *testing.T) kepttest.Storage {
//			dsn := database(t)
//			return kepttest.Storage{Open: func() webhook.KeptStore { return connect(t, dsn) }}
//		})
//	}
package kepttest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pronet-go/pronet/webhook"
)

// Storage is an empty place for what is kept.
type Storage struct {
	// Open returns a further handle on it, such as another process would have. Those that were opened before go on being used,
	// or are left as if their process had died. A store in memory returns itself.
	Open func() webhook.KeptStore
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
		{"entries are returned in their order, byte for byte", keepsBytes},
		{"what was appended outlives the process", outlives},
		{"deliveries are kept apart", keepsApart},
		{"replaced entries are gone", replaces},
		{"of many that append at once nothing is lost", appendsMany},
		{"the bytes belong to the caller", copies},
		{"whoever is not the last that opened it changes nothing", fences},
		{"a removal leaves no owner", removes},
		{"an edit reaches every delivery", edits},
		{"the owner of what was edited loses it", editFences},
		{"an edit that changes nothing disturbs nobody", editLeaves},
		{"an edit that fails leaves its delivery and reaches the others", editFails},
		{"there is room at first", hasRoom},
		{"a delivery is not opened once the context has ended", heedsContext},
	}
}

// holds compares what is kept with what should be.
func holds(ctx context.Context, k webhook.Kept, want ...string) error {
	got, err := k.Entries(ctx)
	if err != nil {
		return fmt.Errorf("the entries: %w", err)
	}
	if !slices.EqualFunc(got, want, func(a []byte, b string) bool { return string(a) == b }) {
		return fmt.Errorf("the entries are %.200q instead of %.200q", got, want)
	}
	return nil
}

// has opens a delivery by a new handle, and compares.
func has(ctx context.Context, storage Storage, delivery string, want ...string) error {
	k, err := storage.Open().Open(ctx, delivery)
	if err != nil {
		return fmt.Errorf("opening: %w", err)
	}
	return holds(ctx, k, want...)
}

func add(ctx context.Context, k webhook.Kept, entries ...string) error {
	for _, entry := range entries {
		if err := k.Append(ctx, []byte(entry)); err != nil {
			return fmt.Errorf("appending: %w", err)
		}
	}
	return nil
}

// opened opens a delivery by a new handle, and appends.
func opened(ctx context.Context, storage Storage, delivery string, entries ...string) (webhook.Kept, error) {
	k, err := storage.Open().Open(ctx, delivery)
	if err != nil {
		return nil, fmt.Errorf("opening: %w", err)
	}
	return k, add(ctx, k, entries...)
}

func list(entries ...string) [][]byte {
	var l [][]byte
	for _, entry := range entries {
		l = append(l, []byte(entry))
	}
	return l
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

func keepsBytes(ctx context.Context, storage Storage) error {
	large := string(bytes.Repeat([]byte{0, 1, 2, 0xff, '\n', '\\', '\'', '"'}, 1<<17))
	entries := []string{"one", "", "\x00", "{\"a\":1}\n", large, "one", "two", "two", "kéy\xff"}
	k, err := opened(ctx, storage, "delivery", entries...)
	if err != nil {
		return err
	}
	return errors.Join(holds(ctx, k, entries...), has(ctx, storage, "delivery", entries...))
}

func outlives(ctx context.Context, storage Storage) error {
	if _, err := opened(ctx, storage, "delivery", "one", "two"); err != nil {
		return err
	}
	next, err := opened(ctx, storage, "delivery", "three")
	if err != nil {
		return err
	}
	return errors.Join(holds(ctx, next, "one", "two", "three"), has(ctx, storage, "delivery", "one", "two", "three"))
}

func keepsApart(ctx context.Context, storage Storage) error {
	names := []string{"delivery", "DELIVERY", "delivery ", "delivery2", "d\u00e9livery", "'; DROP TABLE kept; --", "%", "_", "*", "a.b.>", "../x", "a\nb", strings.Repeat("d", 250), strings.Repeat("d", 251)}
	for _, name := range names {
		if _, err := opened(ctx, storage, name, "of "+name); err != nil {
			return fmt.Errorf("the delivery %.20q: %w", name, err)
		}
	}
	for _, name := range names {
		if err := has(ctx, storage, name, "of "+name); err != nil {
			return fmt.Errorf("the delivery %.20q: %w", name, err)
		}
	}
	return has(ctx, storage, "another")
}

func replaces(ctx context.Context, storage Storage) error {
	k, err := opened(ctx, storage, "delivery", "one", "two", "three")
	if err != nil {
		return err
	}
	if err := k.Replace(ctx, list("two", "", "four")); err != nil {
		return fmt.Errorf("replacing: %w", err)
	}
	if err := errors.Join(holds(ctx, k, "two", "", "four"), add(ctx, k, "five"), holds(ctx, k, "two", "", "four", "five")); err != nil {
		return err
	}
	if err := errors.Join(k.Replace(ctx, list("six")), k.Replace(ctx, list("seven", "eight"))); err != nil {
		return err
	}
	next, err := opened(ctx, storage, "delivery", "nine")
	if err != nil {
		return err
	}
	return errors.Join(holds(ctx, next, "seven", "eight", "nine"), next.Replace(ctx, nil), holds(ctx, next), add(ctx, next, "ten"), has(ctx, storage, "delivery", "ten"))
}

func appendsMany(ctx context.Context, storage Storage) error {
	k, err := opened(ctx, storage, "delivery")
	if err != nil {
		return err
	}
	var all sync.WaitGroup
	errs := make([]error, 40)
	for i := range errs {
		all.Go(func() { errs[i] = add(ctx, k, fmt.Sprint(i)) })
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	got, err := k.Entries(ctx)
	if err != nil {
		return err
	}
	seen := make(map[string]bool)
	for _, entry := range got {
		seen[string(entry)] = true
	}
	if len(got) != len(errs) || len(seen) != len(errs) {
		return fmt.Errorf("there are %d entries, %d of them different, instead of %d", len(got), len(seen), len(errs))
	}
	return nil
}

func copies(ctx context.Context, storage Storage) error {
	k, err := opened(ctx, storage, "delivery")
	if err != nil {
		return err
	}
	entry, entries := []byte("one"), list("two")
	if err := k.Append(ctx, entry); err != nil {
		return err
	}
	entry[0] = 'X'
	if err := holds(ctx, k, "one"); err != nil {
		return err
	}
	if err := k.Replace(ctx, entries); err != nil {
		return err
	}
	entries[0][0] = 'X'
	got, err := k.Entries(ctx)
	if err != nil || len(got) != 1 {
		return fmt.Errorf("%d entries: %w", len(got), err)
	}
	got[0][1] = 'X'
	return holds(ctx, k, "two")
}

func fences(ctx context.Context, storage Storage) error {
	slow, err := opened(ctx, storage, "delivery", "one")
	if err != nil {
		return err
	}
	next, err := opened(ctx, storage, "delivery", "two")
	if err != nil {
		return err
	}
	last, err := opened(ctx, storage, "delivery", "three")
	if err != nil {
		return err
	}
	for name, k := range map[string]webhook.Kept{"the first": slow, "the second": next} {
		if err := errors.Join(
			lost(name+" appends", k.Append(ctx, []byte("late"))),
			lost(name+" replaces", k.Replace(ctx, list("late"))),
			lost(name+" replaces by nothing", k.Replace(ctx, nil)),
		); err != nil {
			return err
		}
	}
	return errors.Join(holds(ctx, last, "one", "two", "three"), add(ctx, last, "four"), has(ctx, storage, "delivery", "one", "two", "three", "four"))
}

func removes(ctx context.Context, storage Storage) error {
	k, err := opened(ctx, storage, "delivery", "one")
	if err != nil {
		return err
	}
	if _, err := opened(ctx, storage, "another", "theirs"); err != nil {
		return err
	}
	s := storage.Open()
	if err := errors.Join(s.Remove(ctx, "delivery"), s.Remove(ctx, "delivery"), s.Remove(ctx, "never")); err != nil {
		return fmt.Errorf("removing: %w", err)
	}
	if err := errors.Join(lost("appending to what was removed", k.Append(ctx, []byte("late"))), lost("replacing what was removed", k.Replace(ctx, list("late")))); err != nil {
		return err
	}
	next, err := opened(ctx, storage, "delivery")
	if err != nil {
		return err
	}
	return errors.Join(
		holds(ctx, next),
		lost("appending to what was opened anew", k.Append(ctx, []byte("late"))),
		add(ctx, next, "new"), has(ctx, storage, "delivery", "new"), has(ctx, storage, "another", "theirs"),
		storage.Open().Remove(ctx, "another"), has(ctx, storage, "another"), // by one that dies with it
	)
}

// without is an edit that leaves out what has a text in it.
func without(text string) func([][]byte) ([][]byte, error) {
	return func(entries [][]byte) (left [][]byte, err error) {
		for _, entry := range entries {
			if !bytes.Contains(entry, []byte(text)) {
				left = append(left, entry)
			}
		}
		return left, nil
	}
}

func edits(ctx context.Context, storage Storage) error {
	const n = 230
	for i := range n {
		if _, err := opened(ctx, storage, fmt.Sprint("delivery", i), "of Jane", fmt.Sprint("of ", i)); err != nil {
			return err
		}
	}
	if _, err := opened(ctx, storage, "only hers", "of Jane", "of Jane too"); err != nil {
		return err
	}
	if _, err := opened(ctx, storage, "empty"); err != nil {
		return err
	}
	if err := storage.Open().EditKept(ctx, without("Jane")); err != nil {
		return fmt.Errorf("editing: %w", err)
	}
	for i := range n {
		if err := has(ctx, storage, fmt.Sprint("delivery", i), fmt.Sprint("of ", i)); err != nil {
			return err
		}
	}
	return errors.Join(has(ctx, storage, "only hers"), has(ctx, storage, "empty"))
}

func editFences(ctx context.Context, storage Storage) error {
	k, err := opened(ctx, storage, "delivery", "of Jane", "of John")
	if err != nil {
		return err
	}
	if err := storage.Open().EditKept(ctx, without("Jane")); err != nil {
		return fmt.Errorf("editing: %w", err)
	}
	if err := errors.Join(lost("appending what was in work", k.Append(ctx, []byte("of Jane"))), lost("replacing by what was in work", k.Replace(ctx, list("of Jane")))); err != nil {
		return err
	}
	next, err := opened(ctx, storage, "delivery", "new")
	if err != nil {
		return err
	}
	return holds(ctx, next, "of John", "new")
}

func editLeaves(ctx context.Context, storage Storage) error {
	k, err := opened(ctx, storage, "delivery", "of John")
	if err != nil {
		return err
	}
	if err := storage.Open().EditKept(ctx, without("Jane")); err != nil {
		return fmt.Errorf("editing: %w", err)
	}
	return errors.Join(add(ctx, k, "more"), holds(ctx, k, "of John", "more"))
}

var errEdit = errors.New("kepttest: the edit fails")

func editFails(ctx context.Context, storage Storage) error {
	names := []string{"a", "b", "c", "d", "e"}
	for _, name := range names {
		if _, err := opened(ctx, storage, name, "of Jane", "of "+name); err != nil {
			return err
		}
	}
	err := storage.Open().EditKept(ctx, func(entries [][]byte) ([][]byte, error) {
		if slices.ContainsFunc(entries, func(e []byte) bool { return string(e) == "of c" }) {
			return nil, errEdit
		}
		return without("Jane")(entries)
	})
	if !errors.Is(err, errEdit) {
		return fmt.Errorf("the error of an edit that failed is %w", orNone(err))
	}
	for _, name := range names {
		want := []string{"of " + name}
		if name == "c" {
			want = []string{"of Jane", "of c"}
		}
		if err := has(ctx, storage, name, want...); err != nil {
			return err
		}
	}
	return nil
}

func orNone(err error) error {
	if err == nil {
		return errors.New("none")
	}
	return err
}

func hasRoom(ctx context.Context, storage Storage) error {
	k, err := opened(ctx, storage, "delivery", "one")
	if err != nil {
		return err
	}
	return k.Full()
}

func heedsContext(ctx context.Context, storage Storage) error {
	k, err := opened(ctx, storage, "delivery", "one")
	if err != nil {
		return err
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := storage.Open().Open(ended, "delivery"); err == nil {
		return errors.New("a delivery is opened for a caller that has gone")
	}
	return errors.Join(add(ctx, k, "two"), holds(ctx, k, "one", "two"))
}
