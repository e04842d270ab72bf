package linkedinapi

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"net/url"
	"strconv"
	"strings"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/page"
	"github.com/pronet-go/pronet/internal/restli"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
)

// DefaultCount is the page size that is asked for unless set: LinkedIn's own collection of requests has it.
const DefaultCount = 100

const (
	maxCount = 10_000
	maxStart = 1 << 40
	maxLink  = 16 << 10
)

// At is the place of a page in a list.
type At struct {
	// Path is the list's path if its route has keys, as Endpoint.Path wrote it.
	Path string
	// After is the Next of the page before, used instead of Start.
	After string
	// Start and Count are the first element, counted from 0, and how many; a Count of 0 is DefaultCount.
	Start, Count int
}

// collection is how LinkedIn lists things.
type collection[T any] struct {
	Elements []T `json:"elements"`
	Paging   struct {
		Count Number `json:"count"`
		Total Number `json:"total"`
		Links []struct {
			Href string `json:"href"`
			Rel  string `json:"rel"`
		} `json:"links"`
	} `json:"paging"`
}

var (
	errAfter    = errors.New("the position After is not the Next of a page of this list")
	errPage     = errors.New("a Start must not be negative, and a Count is 1 to 10,000, or 0 for 100")
	errNoList   = wire.Plain("the response has no elements", nil)
	errForeign  = wire.Plain("the next link leads to another host or endpoint, where the token must not go", nil)
	errBadLink  = wire.Plain("the next link is not a link", nil)
	errSamePage = wire.Plain("the next link does not lead further", nil)
)

// Read is one page as the response has it.
type Read[T any] struct {
	// Items are its elements.
	Items []T
	// Total is what the response says, 0 when it does not.
	Total int64
	// Linked says that it has a next link, and Next is the place to which that leads, or else the one behind this page.
	Linked bool
	Next   string

	// Behind is the position behind this page.
	Behind int64
}

// List requests one page of a list. Its Next is "" at the end: where there is no link, that is after an empty page, or
// once a total above zero is reached. A page with less than it was asked for is not the end. Its Total is -1 unless the
// response has one above zero.
func List[T any](ctx context.Context, p *transport.Pipeline, e *Endpoint, query restli.Record, at At, options []api.CallOption) (*api.Page[T], error) {
	read, err := ReadPage[T](ctx, p, e, query, at, options)
	if err != nil {
		return nil, err
	}
	listed := &api.Page[T]{Items: read.Items, Total: -1}
	if read.Total > 0 {
		listed.Total = read.Total
	}
	if read.Linked || len(read.Items) > 0 && (read.Total <= 0 || read.Behind < read.Total) {
		listed.Next = read.Next
	}
	return listed, nil
}

// ReadPage requests one page of a list, and leaves it to the caller whether it is the last.
func ReadPage[T any](ctx context.Context, p *transport.Pipeline, e *Endpoint, query restli.Record, at At, options []api.CallOption) (Read[T], error) {
	if at.Start < 0 || at.Count < 0 || at.Count > maxCount {
		return Read[T]{}, wire.Refuse(e.Op, errPage)
	}
	start, count := int64(at.Start), int64(at.Count)
	if count == 0 {
		count = DefaultCount
	}
	link, linked := strings.CutPrefix(at.After, "?")
	if linked {
		first, err := startOf(link)
		if err != nil {
			return Read[T]{}, wire.Refuse(e.Op, errAfter)
		}
		start = first
	} else if at.After != "" {
		var err error
		if start, err = page.Number(at.After, 0); err != nil || start > maxStart {
			return Read[T]{}, wire.Refuse(e.Op, errAfter)
		}
	}
	call, err := e.Call(append(query, restli.Field{Name: "start", Value: start}, restli.Field{Name: "count", Value: count}), options)
	if err != nil {
		return Read[T]{}, err
	}
	call.EncodedPath = at.Path
	if linked {
		call.Query = link
	}
	var got collection[T]
	call.Into, call.Check = &got, func() error {
		if got.Elements == nil {
			return errNoList
		}
		return nil
	}
	if _, err := p.Do(ctx, call); err != nil {
		return Read[T]{}, err
	}
	if given := int64(got.Paging.Count); given > 0 {
		count = min(given, maxCount)
	}
	read := Read[T]{Items: got.Elements, Total: max(0, int64(got.Paging.Total)), Behind: start + count}
	for _, l := range got.Paging.Links {
		if l.Rel == "next" {
			read.Linked = true
			read.Next, err = e.follow(p.Origin(e.Op), at.Path, l.Href, start)
			return read, err
		}
	}
	read.Next = strconv.FormatInt(read.Behind, 10)
	return read, nil
}

// follow returns the place of the page that a link leads to. Only its query is used.
func (e *Endpoint) follow(origin *url.URL, list, href string, start int64) (string, error) {
	refuse := func(kind, reason error) (string, error) {
		failure := wire.NewError(e.Op, kind, reason)
		failure.Status = 200
		return "", failure
	}
	to, err := url.Parse(href)
	if err != nil || len(href) > maxLink {
		return refuse(api.ErrUnexpectedResponse, errBadLink)
	}
	foreign := to.Host != "" || to.Scheme != "" || to.User != nil || to.Opaque != ""
	if foreign && (origin == nil || to.Host != origin.Host || to.Scheme != origin.Scheme || to.User != nil) {
		return refuse(api.ErrUnexpectedResponse, errForeign)
	}
	path := strings.TrimPrefix(to.Path, "/")
	if foreign && origin != nil {
		path = strings.TrimPrefix(strings.TrimPrefix(to.Path, origin.Path), "/")
	}
	want := e.Op.Route
	if list != "" {
		if want, err = url.PathUnescape(list); err != nil {
			return refuse(api.ErrUnexpectedResponse, errBadLink)
		}
	}
	if "/"+path != want {
		return refuse(api.ErrUnexpectedResponse, errForeign)
	}
	next, err := startOf(to.RawQuery)
	if err != nil {
		return refuse(api.ErrUnexpectedResponse, errBadLink)
	}
	if next <= start {
		return refuse(api.ErrSameCursor, errSamePage)
	}
	return "?" + to.RawQuery, nil
}

// startOf reads the start of a link's query, and checks that it can be sent as it is.
func startOf(query string) (int64, error) {
	values, err := url.ParseQuery(query)
	if err != nil || len(query) > maxLink || strings.ContainsFunc(query, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"<>\#`, r) }) {
		return 0, errBadLink
	}
	start, err := page.Number(values.Get("start"), 0)
	if err != nil || start > maxStart || !values.Has("start") {
		return 0, errBadLink
	}
	return start, nil
}

// All walks a list page by page.
func All[T any](op *wire.Op, at At, list func(At) (*api.Page[T], error)) iter.Seq2[T, error] {
	return page.Walk[T]{
		Name: op.Name, Start: at.After,
		List: func(after string) (*api.Page[T], error) {
			return list(At{Path: at.Path, After: after, Start: at.Start, Count: at.Count})
		},
	}.All()
}

// Text is an id that is written as a number or as a string.
type Text string

// UnmarshalJSON leaves what is neither empty.
func (t *Text) UnmarshalJSON(data []byte) error {
	*t = ""
	if len(data) > 0 && (data[0] == '-' || data[0] >= '0' && data[0] <= '9') {
		*t = Text(data)
		return nil
	}
	var text string
	if json.Unmarshal(data, &text) == nil {
		*t = Text(text)
	}
	return nil
}
