// Package page walks lists that providers return in pages, by cursor, next link, page token, offset or page number.
package page

import (
	"errors"
	"fmt"
	"iter"
	"strconv"

	"github.com/pronet-go/pronet/api"
)

// maxEmpty bounds how many empty pages in a row may name a next one.
const maxEmpty = 100

// Walk is a list that is requested page by page. The zero Walk but for List walks from the beginning.
type Walk[T any] struct {
	// Name is the operation, for errors about the list as a whole.
	Name string
	// Start is where the first page begins; "" is the beginning.
	Start string
	// List requests the page that begins at a position. The Next of what it returns is the position of the following
	// page, whatever the provider calls it; "" ends the walk.
	List func(at string) (*api.Page[T], error)
	// Key, if not nil, tells items apart. An item that came before is skipped, and a page of which all came before ends
	// the walk. It costs the memory of every key.
	Key func(T) string
}

// All walks the items. It is lazy, starts over with each loop, and ends after an error. A page that leads back to one
// that was walked is api.ErrSameCursor; a short page, or an empty one with a Next, is not the end.
func (w Walk[T]) All() iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		seen := make(map[string]bool)
		guard := guard{mark: w.Start, power: 1}
		empty := 0
		for at := w.Start; ; {
			page, err := w.List(at)
			if err != nil {
				yield(zero, err)
				return
			}
			if page == nil {
				yield(zero, fmt.Errorf("%s: %w: no page and no error", w.Name, api.ErrUnexpectedResponse))
				return
			}
			fresh := w.Key == nil || len(page.Items) == 0
			for _, item := range page.Items {
				if w.Key != nil {
					key := w.Key(item)
					if seen[key] {
						continue
					}
					seen[key], fresh = true, true
				}
				if !yield(item, nil) {
					return
				}
			}
			if empty++; len(page.Items) > 0 {
				empty = 0
			}
			switch {
			case page.Next == "" || !fresh:
				return
			case empty == maxEmpty || page.Next == at || guard.returns(page.Next):
				yield(zero, fmt.Errorf("%s: %w", w.Name, api.ErrSameCursor))
				return
			}
			at = page.Next
		}
	}
}

// guard finds a walk that goes in a circle of any length by remembering one position (Brent's algorithm).
type guard struct {
	mark         string
	steps, power int
}

func (g *guard) returns(at string) bool {
	if at == g.mark {
		return true
	}
	if g.steps++; g.steps == g.power {
		g.mark, g.steps, g.power = at, 0, 2*g.power
	}
	return false
}

// Fail is a walk that yields one error.
func Fail[T any](err error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		yield(zero, err)
	}
}

var errNotNumber = errors.New("the position of the page is not a number")

// Number reads a position that is a number: an offset, or the number of a page. "" is the first one.
func Number(at string, first int64) (int64, error) {
	if at == "" {
		return first, nil
	}
	n, err := strconv.ParseInt(at, 10, 64)
	if err != nil || n < first {
		return 0, errNotNumber
	}
	return n, nil
}

// NextOffset is the position after a page of a list by offset. It is "" after an empty page, and once the total is
// reached; a negative total is one that the provider did not state.
func NextOffset(offset int64, items int, total int64) string {
	next := offset + int64(items)
	if items == 0 || total >= 0 && next >= total {
		return ""
	}
	return strconv.FormatInt(next, 10)
}

// NextNumber is the position after a page of a list by numbers, "" after an empty one.
func NextNumber(number int64, items int) string {
	if items == 0 {
		return ""
	}
	return strconv.FormatInt(number+1, 10)
}
