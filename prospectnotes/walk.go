package prospectnotes

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/linkedinapi"
	"github.com/pronet-go/pronet/internal/wire"
	"github.com/pronet-go/pronet/linkedin/urn"
)

const (
	// maxWalk is how many notes a walk holds at most; a window with more is divided.
	maxWalk = 100_000
	// maxEmpty is how many empty pages in a row may have a next link.
	maxEmpty = 100
)

var (
	errManyNotes  = wire.Plain("a walk holds 100,000 notes at most", nil)
	errEmptyPages = wire.Plain("a hundred empty pages in a row have a next link", nil)
	errNoDate     = wire.Plain("the response has no Date", nil)
)

// reader reads windows. Those of one run share it.
type reader struct {
	service *Service
	options SyncOptions

	calls, walks, splits atomic.Int64

	asking chan struct{} // holds one while the owners are asked for or looked at
	owners []urn.URN     // of the contract, once they were asked for
}

// found is what a window holds.
type found struct {
	notes  []Note // by id
	floods []*FloodError
	calls  int // that it took, retries too

	short bool // fewer notes than the total says
	early bool // the list ended at a position before its total
}

// page reads one page, and counts it.
func (r *reader) page(ctx context.Context, q Query, after string, in *found) (linkedinapi.Read[Note], http.Header, error) {
	query, err := q.check()
	if err != nil {
		return linkedinapi.Read[Note]{}, nil, wire.Refuse(&syncOp, err)
	}
	var meta api.Meta
	at := linkedinapi.At{After: after, Count: r.options.Count}
	page, err := linkedinapi.ReadPage[Note](ctx, r.service.pipeline, r.service.list, query, at, []api.CallOption{api.WithMeta(&meta)})
	r.count(meta.Attempts, in)
	if err != nil {
		return page, nil, err
	}
	for _, n := range page.Items {
		if n.ID == "" {
			return page, nil, &BadNoteError{Window{q.Cutoff, q.Before}, n}
		}
	}
	return page, meta.Header, nil
}

func (r *reader) count(calls int, in *found) {
	r.calls.Add(int64(calls))
	in.calls += calls
}

// first reads the window that may end after the server's present, which its response tells. The window is returned as
// it ends then, and asked as it was asked for.
func (r *reader) first(ctx context.Context, asked Window) (now time.Time, _ *piece, err error) {
	p := &piece{window: asked, asked: asked, read: true}
	q := r.query(asked)
	page, header, err := r.page(ctx, q, "", &p.found)
	if err != nil {
		return now, nil, err
	}
	if now, err = http.ParseTime(header.Get("Date")); err != nil {
		return now, nil, wire.NewError(r.service.list.Op, api.ErrUnexpectedResponse, errNoDate)
	}
	now = now.UTC()
	if now.Sub(r.options.Now()) > r.options.Overlap {
		return now, nil, wire.NewError(r.service.list.Op, api.ErrUnexpectedResponse, errAhead)
	}
	if !now.After(asked.Cutoff) {
		return now, nil, nil
	}
	if asked.Before.After(now) {
		p.window.Before = now
		if holdsAll(page) {
			p.found.notes = newest(page.Items)
			r.walks.Add(1)
			return now, p, nil
		}
		p.asked = p.window
		return now, p, r.read(ctx, p.window, nil, &p.found)
	}
	return now, p, r.read(ctx, p.window, &page, &p.found)
}

// read reads all of a window, of which the first page may be there already.
func (r *reader) read(ctx context.Context, w Window, page *linkedinapi.Read[Note], in *found) error {
	err := r.whole(ctx, r.query(w), page, 0, in)
	in.notes = newest(in.notes)
	return err
}

func (r *reader) query(w Window) Query {
	return Query{Contract: r.options.Contract, Owners: r.options.Owners, Cutoff: w.Cutoff, Before: w.Before}
}

// holdsAll reports whether the first page of a window is all of it. Over several pages a total proves nothing: it stays
// equal when one note leaves the window and another comes in.
func holdsAll(page linkedinapi.Read[Note]) bool {
	return !page.Linked && int64(len(page.Items)) == page.Total
}

// whole reads all of a window: pages are by offset, so that a note which leaves it hides another one from a walk. One
// response that holds all is enough, and else two equal walks in a row: the note that left would be in the first only.
func (r *reader) whole(ctx context.Context, q Query, page *linkedinapi.Read[Note], depth int, in *found) error {
	var before []Note
	for n := range r.options.Walks {
		walked, err := r.walk(ctx, q, page, in)
		notes := newest(walked.notes)
		if capped, ok := errors.AsType[*cappedError](err); ok {
			return r.split(ctx, q, notes, capped, depth, in)
		}
		if err != nil {
			return err
		}
		if walked.alone || n > 0 && slices.EqualFunc(before, notes, func(a, b Note) bool {
			return a.ID == b.ID && a.changed() == b.changed() && a.Active == b.Active
		}) {
			in.notes = append(in.notes, notes...)
			in.short = in.short || int64(len(notes)) < walked.total
			in.early = in.early || walked.reached < walked.total
			return nil
		}
		before, page = notes, nil
	}
	return &UnstableError{Window{q.Cutoff, q.Before}, r.options.Walks}
}

// cappedError says that a walk came to where LinkedIn lists no further.
type cappedError struct{ cause error }

func (e *cappedError) Error() string { return "the window has more notes than are listed" }
func (e *cappedError) Unwrap() error { return e.cause }

// walked is what one walk found.
type walked struct {
	notes          []Note
	alone          bool  // the first page held all
	total, reached int64 // as stated last, 0 for never, and the position behind the last page that was not empty
}

// walk reads the pages of a window, the first one unless it is given.
func (r *reader) walk(ctx context.Context, q Query, first *linkedinapi.Read[Note], in *found) (w walked, err error) {
	r.walks.Add(1)
	linked, after, empty := false, "", 0
	for n := 0; ; n++ {
		var page linkedinapi.Read[Note]
		if n == 0 && first != nil {
			page = *first
		} else if page, _, err = r.page(ctx, q, after, in); err != nil {
			if failure, ok := errors.AsType[*api.Error](err); ok && n > 0 && failure.Status == http.StatusBadRequest { // the first page was good
				err = &cappedError{err}
			}
			return w, err
		}
		w.notes = append(w.notes, page.Items...)
		w.total = cmp.Or(page.Total, w.total)
		if empty++; len(page.Items) > 0 {
			empty, w.reached = 0, page.Behind
		}
		switch {
		case n == 0 && holdsAll(page):
			w.alone = true
			return w, nil
		case len(w.notes) > maxWalk:
			return w, &cappedError{errManyNotes}
		case empty > maxEmpty:
			return w, wire.NewError(r.service.list.Op, api.ErrUnexpectedResponse, errEmptyPages)
		case page.Linked:
			linked = true
		case len(page.Items) == 0, linked && page.Total <= page.Behind:
			return w, nil
		}
		after = page.Next
	}
}

// split reads a window of which LinkedIn lists a part only as two of less time or, of one millisecond, of fewer owners.
func (r *reader) split(ctx context.Context, q Query, listed []Note, capped *cappedError, depth int, in *found) error {
	r.splits.Add(1)
	one, other := q, q
	if q.Before.UnixMilli()-q.Cutoff.UnixMilli() > 1 {
		one.Before = middle(q, listed, depth)
		other.Cutoff = one.Before
	} else {
		if len(q.Owners) == 0 {
			var err error
			if q.Owners, err = r.seats(ctx, listed, in); err != nil {
				return err
			}
		}
		half := len(q.Owners) / 2
		if half == 0 {
			flood := Flood{At: q.Before, Listed: len(listed)}
			if len(q.Owners) == 1 {
				flood.Owner = q.Owners[0]
			}
			in.floods = append(in.floods, &FloodError{flood, capped.cause})
			in.notes = append(in.notes, listed...)
			return nil
		}
		in.notes = append(in.notes, listed...) // also those of owners who are not known
		one.Owners, other.Owners = q.Owners[:half], q.Owners[half:]
	}
	for _, part := range []Query{one, other} {
		if err := r.whole(ctx, part, nil, depth+1, in); err != nil {
			return err
		}
	}
	return nil
}

// middle is where a window is divided: by turns at the median of the dates that are listed, which finds a crowd at once,
// and at half its time, which cannot be led astray.
func middle(q Query, listed []Note, depth int) time.Time {
	low, high := q.Cutoff.UnixMilli(), q.Before.UnixMilli()
	at := low + (high-low)/2
	if depth%2 == 0 {
		var dates []int64
		for _, n := range listed {
			for _, date := range []time.Time{n.LastModified, n.Created} {
				if ms := date.UnixMilli(); !date.IsZero() && ms > low && ms <= high {
					dates = append(dates, ms)
					break
				}
			}
		}
		if len(dates) > 0 {
			slices.Sort(dates)
			at = dates[len(dates)/2]
		}
	}
	return time.UnixMilli(min(max(at, low+1), high-1)).UTC()
}

// seats are all owners of the contract that are known: its seats, and the owners of notes that are listed.
func (r *reader) seats(ctx context.Context, listed []Note, in *found) ([]urn.URN, error) {
	select {
	case r.asking <- struct{}{}:
		defer func() { <-r.asking }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if r.owners == nil {
		var meta api.Meta
		known := []urn.URN{}
		for owner, err := range r.service.seats(ctx, r.options.Contract, func(s *api.CallSettings) error {
			r.count(meta.Attempts, in) // of the page before
			meta = api.Meta{}
			return api.WithMeta(&meta)(s)
		}) {
			if err != nil {
				r.count(meta.Attempts, in)
				return nil, err
			}
			known = append(known, owner)
		}
		r.count(meta.Attempts, in)
		r.owners = known
	}
	all := slices.Clone(r.owners)
	for _, n := range listed {
		if n.Owner.Type() == "seat" && n.Owner.ID() != "" {
			all = append(all, n.Owner)
		}
	}
	slices.SortFunc(all, func(a, b urn.URN) int { return strings.Compare(a.String(), b.String()) })
	return slices.Compact(all), nil
}

// changed is when a note was changed last, in milliseconds since 1970; 0 when not stated.
func (n *Note) changed() int64 {
	switch {
	case !n.LastModified.IsZero():
		return n.LastModified.UnixMilli()
	case !n.Created.IsZero():
		return n.Created.UnixMilli()
	}
	return 0
}

// newest sorts notes by id, and keeps of each the one that was changed last.
func newest(notes []Note) []Note {
	slices.SortStableFunc(notes, func(a, b Note) int {
		return cmp.Or(strings.Compare(a.ID, b.ID), cmp.Compare(b.changed(), a.changed()), compareActive(a, b))
	})
	return slices.CompactFunc(notes, func(a, b Note) bool { return a.ID == b.ID })
}

// compareActive puts a note that was deleted first.
func compareActive(a, b Note) int {
	switch {
	case a.Active == b.Active:
		return 0
	case a.Active:
		return 1
	}
	return -1
}
