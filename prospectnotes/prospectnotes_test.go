package prospectnotes_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/pronettest/sandboxtest"
	"github.com/pronet-go/pronet/linkedin"
	"github.com/pronet-go/pronet/linkedin/urn"
	"github.com/pronet-go/pronet/prospectnotes"
)

func parse(t testing.TB, text string) urn.URN {
	t.Helper()
	u, err := urn.Parse(text)
	require.NoError(t, err)
	return u
}

// provider keeps the queries that it gets, and responds with one body after the other, the last one again and again.
type provider struct {
	queries []string
	bodies  []string
}

func (p *provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.queries = append(p.queries, r.URL.RawQuery)
	_, _ = io.WriteString(w, p.bodies[min(len(p.queries), len(p.bodies))-1])
}

// TestPageOfNotes reads a page in the form of LinkedIn's, with what it may hold besides.
func TestPageOfNotes(t *testing.T) {
	body, err := os.ReadFile("testdata/page.json")
	require.NoError(t, err)
	p := &provider{bodies: []string{string(body)}}
	client := sandboxtest.ConnectLinkedIn(t, p)
	page, err := client.ProspectNotes.List(t.Context(), prospectnotes.Query{
		Contract: parse(t, "urn:li:contract:1234567"), Owners: []urn.URN{parse(t, "urn:li:seat:123456789"), parse(t, "urn:li:seat:987654321")},
		Before: time.UnixMilli(1489192999123), Cutoff: time.UnixMilli(1489150000000), Start: 3, Count: 3,
	})
	require.NoError(t, err)
	assert.Equal(t, []string{"q=criteria&contract=urn:li:contract:1234567&owners=urn:li:seat:123456789&owners=urn:li:seat:987654321&cutoffDate=1489150000000&beforeDate=1489192999123&start=3&count=3"}, p.queries)
	assert.EqualValues(t, 10, page.Total)
	require.Len(t, page.Items, 3)
	var raw struct{ Elements []json.RawMessage }
	require.NoError(t, json.Unmarshal(body, &raw))
	for i := range page.Items {
		assert.JSONEq(t, string(raw.Elements[i]), string(page.Items[i].Raw))
		page.Items[i].Raw = nil
	}
	assert.Equal(t, []prospectnotes.Note{
		{
			ID: "1323073443", Active: true, Contract: parse(t, "urn:li:contract:1234567"), Owner: parse(t, "urn:li:seat:123456789"), Member: parse(t, "urn:li:person:a1b2c3d4e5"),
			Text: "asked to be called back in May", Created: time.UnixMilli(1489192513000).UTC(), LastModified: time.UnixMilli(1489192513000).UTC(),
		},
		{
			ID: "1285510423", Contract: parse(t, "urn:li:contract:1234567"), Owner: parse(t, "urn:li:seat:987654321"), Member: parse(t, "urn:li:person:-f_Ut43FoQ"),
			Text: "moved to another team", Created: time.UnixMilli(1489192513000).UTC(), LastModified: time.UnixMilli(1489192999123).UTC(),
		},
		{ID: "1285510424", Active: true, Text: "7"},
	}, page.Items)

	// The next page is the link's, as it is.
	p.bodies = []string{`{"elements":[]}`}
	page, err = client.ProspectNotes.List(t.Context(), prospectnotes.Query{Contract: parse(t, "urn:li:contract:1234567"), After: page.Next})
	require.NoError(t, err)
	assert.Empty(t, page.Next)
	assert.EqualValues(t, -1, page.Total)
	assert.Equal(t, "beforeDate=1489192999123&contract=urn%3Ali%3Acontract%3A1234567&count=3&q=criteria&start=6&owners=urn%3Ali%3Aseat%3A123456789&owners=urn%3Ali%3Aseat%3A987654321", p.queries[1])
}

// TestQueriesIn20 have lists in parentheses.
func TestQueriesIn20(t *testing.T) {
	p := &provider{bodies: []string{`{"elements":[]}`}}
	client := sandboxtest.ConnectLinkedIn(t, p, pronet.LinkedInProtocol(linkedin.Protocol2))
	_, err := client.ProspectNotes.List(t.Context(), prospectnotes.Query{
		Contract: parse(t, "urn:li:contract:1234567"), Owners: []urn.URN{parse(t, "urn:li:seat:1"), parse(t, "urn:li:seat:2")}, Cutoff: time.UnixMilli(5),
	})
	require.NoError(t, err)
	assert.Equal(t, []string{"q=criteria&contract=urn%3Ali%3Acontract%3A1234567&owners=List(urn%3Ali%3Aseat%3A1,urn%3Ali%3Aseat%3A2)&cutoffDate=5&start=0&count=100"}, p.queries)
}

// TestQueriesThatAreWrong are refused before anything is sent.
func TestQueriesThatAreWrong(t *testing.T) {
	p := &provider{bodies: []string{`{"elements":[]}`}}
	client := sandboxtest.ConnectLinkedIn(t, p)
	recruiter, seat := parse(t, "urn:li:contract:7"), parse(t, "urn:li:seat:1")
	now := time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC)
	for name, q := range map[string]prospectnotes.Query{
		"no contract":            {},
		"another kind of URN":    {Contract: seat},
		"a tuple for an id":      {Contract: parse(t, "urn:li:contract:(1,2)")},
		"owners of wrong kind":   {Contract: recruiter, Owners: []urn.URN{parse(t, "urn:li:person:1")}},
		"no owner":               {Contract: recruiter, Owners: []urn.URN{{}}},
		"an owner twice":         {Contract: recruiter, Owners: []urn.URN{seat, seat}},
		"before the cutoff":      {Contract: recruiter, Before: now, Cutoff: now.Add(time.Hour)},
		"before 1970":            {Contract: recruiter, Cutoff: time.Date(1969, 1, 1, 0, 0, 0, 0, time.UTC)},
		"a negative start":       {Contract: recruiter, Start: -1},
		"a negative count":       {Contract: recruiter, Count: -1},
		"a huge count":           {Contract: recruiter, Count: 1_000_000},
		"After of another list":  {Contract: recruiter, After: "abc"},
		"a negative After":       {Contract: recruiter, After: "-1"},
		"an After without start": {Contract: recruiter, After: "?q=criteria"},
		"an After with a break":  {Contract: recruiter, After: "?start=1&x=\r\nHost: x"},
		"an After with a space":  {Contract: recruiter, After: "?start=1&x= y"},
	} {
		_, err := client.ProspectNotes.List(t.Context(), q)
		require.ErrorIs(t, err, pronet.ErrInvalid, name)
		assert.Contains(t, err.Error(), "ProspectNotes.List: ", name)
		for _, err := range client.ProspectNotes.All(t.Context(), q) {
			require.ErrorIs(t, err, pronet.ErrInvalid, name)
		}
	}
	wide := prospectnotes.Query{Contract: recruiter, Cutoff: now.Add(-13 * time.Hour), Before: now}
	for _, err := range client.ProspectNotes.All(t.Context(), wide) {
		require.ErrorContains(t, err, "12h0m0s")
	}
	assert.Empty(t, p.queries)
	_, err := client.ProspectNotes.List(t.Context(), wide)
	require.NoError(t, err, "by hand it is possible")
}

// pages serves positions of a list, some of them without a note, in one of the ways that LinkedIn may.
type pages struct {
	notes, count      int
	holes             int // every so many positions
	total             string
	links, emptyFirst bool
	requests          int
	widest            int
}

func (p *pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.requests++
	query := r.URL.Query()
	start, _ := strconv.Atoi(query.Get("start"))
	p.widest = max(p.widest, start)
	ids := []string{}
	for i := start; i < min(start+p.count, p.notes); i++ {
		if (p.holes == 0 || i%p.holes != 1) && (!p.emptyFirst || i >= p.count) {
			ids = append(ids, fmt.Sprintf(`{"id":%d}`, i))
		}
	}
	links := ""
	if p.links && start+p.count < p.notes {
		query.Set("start", strconv.Itoa(start+p.count))
		links = fmt.Sprintf(`{"rel":"next","href":"/v2/prospectNotes?%s"}`, query.Encode())
	}
	fmt.Fprintf(w, `{"elements":[%s],"paging":{"start":%d,"count":%d%s,"links":[%s]}}`, strings.Join(ids, ","), start, p.count, p.total, links)
}

// TestAllNotes: short pages, empty pages with a link, no links, totals that are absent, zero or right, and a server that
// gives less than it was asked for.
func TestAllNotes(t *testing.T) {
	for name, tt := range map[string]struct {
		p        pages
		requests int
	}{
		"by links":                      {pages{notes: 25, count: 10, links: true, total: `,"total":25`}, 3},
		"by links, without a total":     {pages{notes: 25, count: 10, links: true}, 4},
		"by total":                      {pages{notes: 25, count: 10, total: `,"total":25`}, 3},
		"to an empty page":              {pages{notes: 25, count: 10, total: `,"total":0`}, 4},
		"without total":                 {pages{notes: 25, count: 10}, 4},
		"short pages":                   {pages{notes: 25, count: 10, holes: 3, total: `,"total":25`}, 3},
		"short pages without a total":   {pages{notes: 25, count: 10, holes: 3}, 4},
		"an empty page with a link":     {pages{notes: 25, count: 10, links: true, emptyFirst: true, total: `,"total":25`}, 3},
		"none":                          {pages{count: 10}, 1},
		"a count below what was wanted": {pages{notes: 9, count: 4, total: `,"total":9`}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			p := tt.p
			client := sandboxtest.ConnectLinkedIn(t, &p)
			all := client.ProspectNotes.All(t.Context(), prospectnotes.Query{Contract: parse(t, "urn:li:contract:7"), Count: 10})
			for range 2 { // it starts over with each loop
				p.requests = 0
				got := map[string]bool{}
				for note, err := range all {
					require.NoError(t, err)
					assert.False(t, got[note.ID], "%s came twice", note.ID)
					got[note.ID] = true
				}
				want := 0
				for i := range p.notes {
					if (p.holes == 0 || i%p.holes != 1) && (!p.emptyFirst || i >= p.count) {
						want++
					}
				}
				assert.Len(t, got, want)
				assert.Equal(t, tt.requests, p.requests)
			}
			for range all {
				break
			}
		})
	}
}

// TestResponsesThatCannotBe are typed errors, at once, and no page of a list is taken for its end.
func TestResponsesThatCannotBe(t *testing.T) {
	link := func(href string) string {
		return fmt.Sprintf(`{"elements":[{"id":1}],"paging":{"links":[{"rel":"next","href":%q}]}}`, href)
	}
	for name, tt := range map[string]struct {
		body string
		kind error
	}{
		"a next link that does not lead on":    {link("/v2/prospectNotes?start=0&q=criteria"), api.ErrSameCursor},
		"a next link back":                     {link("/v2/prospectNotes?start=-5"), api.ErrUnexpectedResponse},
		"a next link without start":            {link("/v2/prospectNotes?q=criteria"), api.ErrUnexpectedResponse},
		"a next link to another host":          {link("https://example.com/v2/prospectNotes?start=100"), api.ErrUnexpectedResponse},
		"a next link to another host, no http": {link("//example.com/v2/prospectNotes?start=100"), api.ErrUnexpectedResponse},
		"a next link with a user":              {link("https://api@example.com/v2/prospectNotes?start=100"), api.ErrUnexpectedResponse},
		"a next link to another endpoint":      {link("/v2/me?start=100"), api.ErrUnexpectedResponse},
		"a next link out of the path":          {link("/v2/../x/prospectNotes?start=100"), api.ErrUnexpectedResponse},
		"a next link that is none":             {link("%zz"), api.ErrUnexpectedResponse},
		"a next link of another scheme":        {link("javascript:alert(1)"), api.ErrUnexpectedResponse},
		"a next link of 100 KB":                {link("/v2/prospectNotes?start=100&x=" + strings.Repeat("a", 100_000)), api.ErrUnexpectedResponse},
		"a next link with a line break":        {link("/v2/prospectNotes?start=100&x=\n"), api.ErrUnexpectedResponse},
		"a start beyond all bounds":            {link("/v2/prospectNotes?start=99999999999999999999"), api.ErrUnexpectedResponse},
		"no elements":                          {`{"paging":{}}`, api.ErrUnexpectedResponse},
		"elements that are null":               {`{"elements":null}`, api.ErrUnexpectedResponse},
		"an element that is no object":         {`{"elements":[7]}`, api.ErrUnexpectedResponse},
		"null":                                 {`null`, api.ErrUnexpectedResponse},
		"HTML":                                 {`<html></html>`, api.ErrUnexpectedResponse},
		"nothing":                              {``, api.ErrUnexpectedResponse},
	} {
		t.Run(name, func(t *testing.T) {
			p := &provider{bodies: []string{tt.body}}
			client := sandboxtest.ConnectLinkedIn(t, p)
			var last error
			for _, err := range client.ProspectNotes.All(t.Context(), prospectnotes.Query{Contract: parse(t, "urn:li:contract:7")}) {
				last = err
			}
			require.ErrorIs(t, last, tt.kind)
			var e *api.Error
			require.True(t, errors.As(last, &e))
			assert.NotContains(t, last.Error(), "example.com")
			assert.Len(t, p.queries, 1)
		})
	}
}

// TestLinksOnTheConfiguredOrigin are followed in whole, also behind a gateway, and with a version.
func TestLinksOnTheConfiguredOrigin(t *testing.T) {
	var targets []string
	var base string
	server := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		targets = append(targets, r.URL.RequestURI())
		switch r.URL.Query().Get("start") {
		case "0":
			fmt.Fprintf(w, `{"elements":[{"id":1}],"paging":{"links":[{"rel":"next","href":"%s/rest/prospectNotes?start=1&token=a%%20b"}]}}`, base)
		default:
			_, _ = io.WriteString(w, `{"elements":[]}`)
		}
	})
	p := &recording{next: server}
	client := sandboxtest.ConnectLinkedIn(t, p, pronet.LinkedInBase(linkedin.ProspectNotes, "/rest", "202604"))
	for _, absolute := range []bool{false, true} {
		targets = nil
		if base = ""; absolute {
			base = "http://" + p.host
		}
		n := 0
		for _, err := range client.ProspectNotes.All(t.Context(), prospectnotes.Query{Contract: parse(t, "urn:li:contract:7")}) {
			require.NoError(t, err)
			n++
		}
		assert.Equal(t, 1, n)
		require.Len(t, targets, 2)
		assert.Equal(t, "/rest/prospectNotes?start=1&token=a%20b", targets[1])
	}
}

// recording remembers the host that it was asked for.
type recording struct {
	host string
	next http.Handler
}

func (r *recording) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	r.host = request.Host
	r.next.ServeHTTP(w, request)
}

// FuzzNextLink: whatever a next link says, the token goes to the one endpoint, and the walk ends.
func FuzzNextLink(f *testing.F) {
	f.Add("/v2/prospectNotes?start=100")
	f.Add("https://example.com/v2/prospectNotes?start=100")
	f.Add("//x/?start=1")
	p := &provider{}
	client := sandboxtest.ConnectLinkedIn(f, p)
	recruiter := parse(f, "urn:li:contract:7")
	f.Fuzz(func(t *testing.T, href string) {
		body, err := json.Marshal(map[string]any{"elements": []any{map[string]any{"id": 1}}, "paging": map[string]any{"links": []any{map[string]any{"rel": "next", "href": href}}}})
		require.NoError(t, err)
		p.queries, p.bodies = nil, []string{string(body), `{"elements":[]}`}
		for _, err := range client.ProspectNotes.All(t.Context(), prospectnotes.Query{Contract: recruiter}) {
			if err != nil {
				break
			}
		}
		require.LessOrEqual(t, len(p.queries), 2)
		if len(p.queries) == 2 {
			values, err := url.ParseQuery(p.queries[1])
			require.NoError(t, err)
			start, err := strconv.Atoi(values.Get("start"))
			require.NoError(t, err)
			require.Positive(t, start)
		}
	})
}

// TestActiveInOtherForms: a bool may be written as a string or a number, and what is not stated is active.
func TestActiveInOtherForms(t *testing.T) {
	for text, active := range map[string]bool{
		`false`: false, `"false"`: false, `"FALSE"`: false, `" false "`: false, `0`: false, `"0"`: false,
		`true`: true, `"true"`: true, `1`: true, `"1"`: true, `null`: true, `""`: true, `{}`: true, `"no idea"`: true,
	} {
		var n prospectnotes.Note
		require.NoError(t, json.Unmarshal([]byte(`{"id":1,"active":`+text+`}`), &n), text)
		assert.Equal(t, active, n.Active, text)
	}
}
