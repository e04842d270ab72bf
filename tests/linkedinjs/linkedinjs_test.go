// Package linkedinjs compares what is sent to LinkedIn in protocol 2.0 with what LinkedIn's own JavaScript client sends.
package linkedinjs

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/linkedin"
	"github.com/pronet-go/pronet/linkedin/jobs"
	"github.com/pronet-go/pronet/linkedin/members"
	"github.com/pronet-go/pronet/linkedin/posts"
	"github.com/pronet-go/pronet/linkedin/urn"
	"github.com/pronet-go/pronet/prospectnotes"
)

// request is what both clients are asked for. Values are strings, numbers, booleans, lists and records.
type request struct {
	Resource string `json:"resource"`
	Keys     object `json:"keys,omitempty"`
	Query    object `json:"query,omitempty"`
}

// sent is what LinkedIn's client makes of it.
type sent struct {
	Path  string `json:"path"`
	Query string `json:"query"`
}

// object is a JavaScript object, which keeps the order of its names.
type object []linkedin.Param

func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, field := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := json.Marshal(field.Name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(field.Value)
		if err != nil {
			return nil, err
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// ours are a value in the types of the Go client.
func ours(value any) any {
	switch value := value.(type) {
	case object:
		params := make(linkedin.Params, len(value))
		for i, field := range value {
			params[i] = linkedin.Param{Name: field.Name, Value: ours(field.Value)}
		}
		return params
	case []any:
		list := make([]any, len(value))
		for i, element := range value {
			list[i] = ours(element)
		}
		return list
	}
	return value
}

// installed is a folder with LinkedIn's client, which npm gets once in the versions of package-lock.json.
var installed = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "linkedinjs")
	if err != nil {
		return "", err
	}
	folder = dir
	for _, name := range []string{"package.json", "package-lock.json", "requests.js"} {
		content, err := os.ReadFile(name)
		if err != nil {
			return "", err
		}
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			return "", err
		}
	}
	install := exec.Command("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	install.Dir = dir
	if out, err := install.CombinedOutput(); err != nil {
		return "", fmt.Errorf("npm ci: %w: %s", err, out)
	}
	return dir, nil
})

var folder string

func TestMain(m *testing.M) {
	code := m.Run()
	if folder != "" {
		_ = os.RemoveAll(folder)
	}
	os.Exit(code)
}

// theirs asks LinkedIn's client, which is skipped where node is not installed.
func theirs(t *testing.T, requests []request) []sent {
	t.Helper()
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			if os.Getenv("PRONET_REQUIRE_NODE") != "" {
				t.Fatalf("%s is needed: %v", program, err)
			}
			t.Skipf("%s is not installed: LinkedIn's JavaScript client was not asked", program)
		}
	}
	dir, err := installed()
	require.NoError(t, err)
	var lines bytes.Buffer
	for _, r := range requests {
		line, err := json.Marshal(r)
		require.NoError(t, err)
		lines.Write(append(line, '\n'))
	}
	ask := exec.CommandContext(t.Context(), "node", "requests.js")
	ask.Dir, ask.Stdin, ask.Stderr = dir, &lines, os.Stderr
	out, err := ask.Output()
	require.NoError(t, err)
	var all []sent
	for scanner := bufio.NewScanner(bytes.NewReader(out)); scanner.Scan(); {
		var s sent
		require.NoError(t, json.Unmarshal(scanner.Bytes(), &s))
		all = append(all, s)
	}
	require.Len(t, all, len(requests))
	return all
}

// The characters that Rest.li or a URL reads as structure. Whether one of the others is escaped changes nothing:
// JavaScript's encodeURIComponent escapes more of them than Rest.li's own tests do.
const (
	inPaths   = `(),:'/?#% "<>\^` + "`{|}"
	inQueries = `(),:'&=+#% "<>\^` + "`{|}"
)

// canonical takes the escape off what is no structure.
func canonical(text, structure string) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '%' && i+2 < len(text) {
			var c byte
			if _, err := fmt.Sscanf(text[i+1:i+3], "%02X", &c); err == nil && c > ' ' && c < 0x7f && strings.IndexByte(structure, c) < 0 {
				b.WriteByte(c)
				i += 2
				continue
			}
		}
		b.WriteByte(text[i])
	}
	return b.String()
}

const pieces = "abcXYZ019 -_.~!*@/?;$'():,&=+#%\"<>\\^`{|}é中🎉\n"

type source struct{ *rand.Rand }

func (r source) text() string {
	runes := []rune(pieces)
	var b strings.Builder
	for range r.IntN(12) {
		b.WriteRune(runes[r.IntN(len(runes))])
	}
	return b.String()
}

// name is one that JavaScript leaves at its place: those that are numbers come first in its objects, whatever was meant.
func (r source) name(i int) string { return fmt.Sprint("n", i) + r.text() }

func (r source) value(depth int) any {
	switch kind := r.IntN(9); {
	case kind < 3 || depth > 3:
		return r.text()
	case kind == 3:
		return r.IntN(1 << 40)
	case kind == 4:
		return r.IntN(2) == 0
	case kind < 7:
		list := make([]any, r.IntN(4))
		for i := range list {
			list[i] = r.value(depth + 1)
		}
		return list
	}
	return r.object(depth+1, r.IntN(4))
}

func (r source) object(depth, size int) object {
	o := make(object, size)
	for i := range o {
		o[i] = linkedin.Param{Name: r.name(i), Value: r.value(depth)}
	}
	return o
}

// TestQueriesAndKeys compares random values, of which none has a known fault of LinkedIn's client in it: a query of no
// parameters but fields, which it begins with "&" (see TestKnownFaults).
func TestQueriesAndKeys(t *testing.T) {
	r := source{rand.New(rand.NewPCG(1, 2))}
	var requests []request
	for range 3_000 {
		requests = append(requests, request{"/things/{id}", object{{Name: "id", Value: r.object(0, 1+r.IntN(3))}}, r.object(0, 1+r.IntN(4))})
	}
	for i, got := range theirs(t, requests) {
		want := requests[i]
		query, err := linkedin.Protocol2.Query(ours(want.Query).(linkedin.Params)...)
		require.NoError(t, err)
		key, err := linkedin.Protocol2.PathKey(ours(want.Keys[0].Value))
		require.NoError(t, err)
		require.Equal(t, canonical(got.Query, inQueries), canonical(query, inQueries))
		require.Equal(t, canonical(got.Path, inPaths), canonical("/v2/things/"+key, inPaths))
	}
}

// TestKnownFaults are what LinkedIn's client does that no server wants, and the Go client does not.
func TestKnownFaults(t *testing.T) {
	got := theirs(t, []request{
		{Resource: "/things", Query: object{{Name: "fields", Value: "id,name"}}},
		{Resource: "/things", Query: object{{Name: "b", Value: 1}, {Name: "2", Value: 2}, {Name: "1", Value: 3}}},
	})
	assert.Equal(t, "&fields=id,name", got[0].Query, "the query begins with &")
	assert.Equal(t, "1=3&2=2&b=1", got[1].Query, "names that are numbers come first")
	query, err := linkedin.Protocol2.Query(linkedin.Param{Name: "fields", Value: linkedin.RawValue("id,name")})
	require.NoError(t, err)
	assert.Equal(t, "fields=id,name", query)
	query, err = linkedin.Protocol2.Query(linkedin.Param{Name: "b", Value: 1}, linkedin.Param{Name: "2", Value: 2}, linkedin.Param{Name: "1", Value: 3})
	require.NoError(t, err)
	assert.Equal(t, "b=1&2=2&1=3", query)
}

func parse(t *testing.T, text string) urn.URN {
	t.Helper()
	u, err := urn.Parse(text)
	require.NoError(t, err)
	return u
}

func day(at time.Time) object {
	return object{{Name: "day", Value: at.Day()}, {Name: "month", Value: int(at.Month())}, {Name: "year", Value: at.Year()}}
}

// TestTypedCalls compares what the typed methods send.
func TestTypedCalls(t *testing.T) {
	var uri string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		uri = r.RequestURI
		_, _ = w.Write([]byte(`{"elements":[{}],"results":{},"id":"urn:li:share:1","firstDegreeSize":1}`))
	}))
	defer server.Close()
	client, err := pronet.New(pronet.WithLinkedIn(linkedin.StaticToken("token"), pronet.BaseURL(server.URL), pronet.LinkedInProtocol(linkedin.Protocol2)))
	require.NoError(t, err)
	defer client.CloseIdleConnections()
	ctx, at := t.Context(), time.UnixMilli(1_489_192_999_123)
	recruiter, seat, person, share := parse(t, "urn:li:contract:1234567"), parse(t, "urn:li:seat:1"), parse(t, "urn:li:person:-f_Ut43FoQ"), parse(t, "urn:li:share:7")
	page := func(o object) object {
		return append(o, linkedin.Param{Name: "start", Value: 0}, linkedin.Param{Name: "count", Value: 100})
	}
	for name, c := range map[string]struct {
		call func() error
		want request
	}{
		"prospect notes": {
			func() error {
				_, err := client.ProspectNotes.List(ctx, prospectnotes.Query{Contract: recruiter, Owners: []urn.URN{seat, parse(t, "urn:li:seat:2")}, Before: at, Cutoff: at.Add(-time.Hour)})
				return err
			},
			request{"/prospectNotes", nil, page(object{
				{Name: "q", Value: "criteria"},
				{Name: "contract", Value: recruiter.String()},
				{Name: "owners", Value: []any{"urn:li:seat:1", "urn:li:seat:2"}},
				{Name: "cutoffDate", Value: at.Add(-time.Hour).UnixMilli()},
				{Name: "beforeDate", Value: at.UnixMilli()},
			})},
		},
		"seats": {
			func() error {
				_, err := client.LinkedIn.Seats.List(ctx, linkedin.SeatQuery{Contract: recruiter, States: []linkedin.SeatState{linkedin.SeatActive}})
				return err
			},
			request{"/seatsV2", nil, page(object{{Name: "q", Value: "attributes"}, {Name: "contracts", Value: []any{recruiter.String()}}, {Name: "states", Value: []any{"ACTIVE"}}})},
		},
		"posts of an author": {
			func() error { _, err := client.LinkedIn.Posts.List(ctx, posts.ListOptions{Author: person}); return err },
			request{"/posts", nil, page(object{{Name: "q", Value: "author"}, {Name: "author", Value: person.String()}, {Name: "sortBy", Value: "CREATED"}})},
		},
		"member": {
			func() error { _, err := client.LinkedIn.Members.Get(ctx, person, ""); return err },
			request{"/people/{id}", object{{Name: "id", Value: object{{Name: "id", Value: "-f_Ut43FoQ"}}}}, nil},
		},
		"member with an odd id": {
			func() error {
				_, err := client.LinkedIn.Members.Get(ctx, parse(t, "urn:li:person:a/b%3F':"), "")
				return err
			},
			request{"/people/{id}", object{{Name: "id", Value: object{{Name: "id", Value: "a/b%3F':"}}}}, nil},
		},
		"member by vanity name": {
			func() error { _, err := client.LinkedIn.Members.ByVanityName(ctx, "böb & co", ""); return err },
			request{"/people", nil, object{{Name: "q", Value: "vanityName"}, {Name: "vanityName", Value: "böb & co"}}},
		},
		"connections": {
			func() error { _, err := client.LinkedIn.Connections.List(ctx, members.ConnectionQuery{}); return err },
			request{"/connections", nil, page(object{{Name: "q", Value: "viewer"}})},
		},
		"number of connections": {
			func() error { _, err := client.LinkedIn.Connections.Count(ctx, person); return err },
			request{"/connections/{id}", object{{Name: "id", Value: person.String()}}, nil},
		},
		"copy of one's data": {
			func() error {
				_, err := client.LinkedIn.Snapshot.List(ctx, members.SnapshotQuery{Domain: members.DomainConnections, Count: 100})
				return err
			},
			request{"/memberSnapshotData", nil, page(object{{Name: "q", Value: "criteria"}, {Name: "domain", Value: "CONNECTIONS"}})},
		},
		"post":     {func() error { _, err := client.LinkedIn.Posts.Get(ctx, share); return err }, request{"/posts/{id}", object{{Name: "id", Value: share.String()}}, nil}},
		"reaction": {func() error { return client.LinkedIn.Posts.Unreact(ctx, person, share) }, request{"/reactions/{id}", object{{Name: "id", Value: object{{Name: "actor", Value: person.String()}, {Name: "entity", Value: share.String()}}}}, nil}},
		"reacted":  {func() error { return client.LinkedIn.Posts.React(ctx, person, share, posts.Like) }, request{"/reactions", nil, object{{Name: "actor", Value: person.String()}}}},
		"comments": {func() error { _, err := client.LinkedIn.Posts.Comments(ctx, share, posts.Paging{}); return err }, request{"/socialActions/{id}/comments", object{{Name: "id", Value: share.String()}}, page(nil)}},
		"may post": {func() error { _, err := client.LinkedIn.Posts.Pages(ctx, posts.Paging{}); return err }, request{"/organizationAcls", nil, page(object{{Name: "q", Value: "roleAssignee"}, {Name: "state", Value: "APPROVED"}})}},
		"tasks of jobs": {
			func() error {
				_, err := client.LinkedIn.Jobs.Tasks(ctx, []urn.URN{parse(t, "urn:li:simpleJobPostingTask:a-1"), parse(t, "urn:li:simpleJobPostingTask:a-2")})
				return err
			},
			request{"/simpleJobPostingTasks", nil, object{{Name: "ids", Value: []any{"urn:li:simpleJobPostingTask:a-1", "urn:li:simpleJobPostingTask:a-2"}}}},
		},
		"listings of jobs": {
			func() error { _, err := client.LinkedIn.Jobs.Listings(ctx, []string{"job 1", "a,b(c)"}); return err },
			request{"/jobPostingStatus", nil, object{{Name: "ids", Value: []any{"job 1", "a,b(c)"}}}},
		},
		"job library": {
			func() error {
				_, err := client.LinkedIn.Jobs.Library.Search(ctx, jobs.LibraryQuery{Keyword: "go & (rust)", Countries: []string{"gb", "us"}, From: at, To: at, Start: 24})
				return err
			},
			request{"/jobLibrary", nil, object{
				{Name: "q", Value: "criteria"},
				{Name: "keyword", Value: "go & (rust)"},
				{Name: "countries", Value: []any{"urn:li:country:gb", "urn:li:country:us"}},
				{Name: "dateRange", Value: object{{Name: "start", Value: day(at)}, {Name: "end", Value: day(at)}}},
				{Name: "start", Value: 24},
				{Name: "count", Value: 24},
			}},
		},
		"of a post": {func() error { _, err := client.LinkedIn.Posts.Counts(ctx, share); return err }, request{"/socialMetadata/{id}", object{{Name: "id", Value: share.String()}}, nil}},
	} {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, c.call())
			got := theirs(t, []request{c.want})[0]
			path, query, _ := strings.Cut(uri, "?")
			assert.Equal(t, canonical(strings.TrimPrefix(got.Path, "/v2"), inPaths), canonical(strings.TrimPrefix(strings.TrimPrefix(path, "/v2"), "/rest"), inPaths))
			assert.Equal(t, canonical(got.Query, inQueries), canonical(query, inQueries))
		})
	}
}
