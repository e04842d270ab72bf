package posts_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/pronettest/sandboxtest"
	"github.com/pronet-go/pronet/linkedin/posts"
)

// loser publishes and loses the response; the author's newest posts are what it is told to list.
type loser struct{ list []map[string]any }

func (l *loser) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"elements": l.list, "paging": map[string]any{"start": 0, "count": 20}})
}

// TestOnlyTheLostPostIsTakenForIt: a post that differs in anything that was asked for is another one, and so is an older one.
func TestOnlyTheLostPostIsTakenForIt(t *testing.T) {
	type m = map[string]any
	me, acme := parse(t, "urn:li:person:8675309"), parse(t, "urn:li:organization:1")
	image, other, third := parse(t, "urn:li:image:a"), parse(t, "urn:li:image:ab"), parse(t, "urn:li:image:c")
	text := posts.Plain("We (finally) ").Mention("Acme", acme).Plain(" ship ").Hashtag("it")
	const read = `We \(finally\) @[Acme](urn:li:organization:1) ship {hashtag|\#|it}`
	article := posts.Article{Source: "https://example.com/a", Title: "T"}
	for kind, c := range map[string]struct {
		content posts.Content
		shown   any
		same    []m
		differs []m
	}{
		"text": {
			content: nil,
			same:    []m{{}, {"content": nil}, {"content": m{}}, {"commentary": read + "\n"}, {"commentary": `We \(finally\) @[Acme](urn:li:organization:1) ship \#it`}},
			differs: []m{
				{"author": "urn:li:person:1"},
				{"author": nil},
				{"visibility": "CONNECTIONS"},
				{"visibility": nil},
				{"lifecycleState": "DRAFT"},
				{"lifecycleState": nil},
				{"commentary": read + "!"},
				{"commentary": `We \(finally\) Acme ship {hashtag|\#|it}`},
				{"commentary": `We \(finally\) @[Acme](urn:li:organization:2) ship {hashtag|\#|it}`},
				{"content": m{"article": m{"source": "https://example.com/a"}}},
				{"content": m{"poll": m{"question": "?"}}},
				{"content": "odd"},
				{"reshareContext": m{"parent": "urn:li:share:1"}},
				{"createdAt": time.Now().Add(-time.Hour).UnixMilli()},
				{"createdAt": nil},
				{"id": "x"},
			},
		},
		"article": {
			content: article, shown: m{"article": m{"source": "https://example.com/a", "title": "T", "description": "read from the page"}},
			same: []m{{}, {"content": m{"article": m{"source": "https://example.com/a"}}}},
			differs: []m{
				{"content": nil},
				{"content": m{"article": m{"source": "https://example.com/ab"}}},
				{"content": m{"article": m{"source": "https://example.com/b?https://example.com/a"}}},
				{"content": m{"media": m{"id": "https://example.com/a"}}},
				{"content": m{"article": m{"source": "https://example.com/a", "title": "another"}}},
			},
		},
		"media": {
			content: &posts.Media{ID: image}, shown: m{"media": m{"id": image.String(), "altText": "x"}},
			same: []m{{}},
			differs: []m{
				{"content": nil},
				{"content": m{"media": m{"id": other.String()}}},
				{"content": m{"multiImage": m{"images": []m{{"id": image.String()}, {"id": other.String()}}}}},
				{"content": m{"article": m{"source": "https://example.com", "thumbnail": image.String()}}},
			},
		},
		"images": {
			content: posts.Images{{ID: image}, {ID: other}}, shown: m{"multiImage": m{"images": []m{{"id": image.String(), "altText": "x"}, {"id": other.String()}}}},
			same: []m{{}},
			differs: []m{
				{"content": m{"multiImage": m{"images": []m{{"id": image.String()}, {"id": third.String()}}}}},
				{"content": m{"multiImage": m{"images": []m{{"id": other.String()}, {"id": image.String()}}}}},
				{"content": m{"multiImage": m{"images": []m{{"id": image.String()}}}}},
				{"content": m{"multiImage": m{"images": []m{{"id": image.String()}, {"id": other.String()}, {"id": third.String()}}}}},
				{"content": m{"media": m{"id": image.String()}}},
			},
		},
	} {
		post := func(changes m) m {
			p := m{
				"id": "urn:li:share:7", "author": me.String(), "commentary": read, "visibility": "PUBLIC", "lifecycleState": "PUBLISHED",
				"createdAt": time.Now().Add(time.Minute).UnixMilli(), "isReshareDisabledByAuthor": false,
			}
			if c.shown != nil {
				p["content"] = c.shown
			}
			maps.Copy(p, changes)
			return p
		}
		l := &loser{}
		s := sandboxtest.ConnectLinkedIn(t, l).LinkedIn.Posts
		create := func(list ...m) (string, error) {
			l.list = list
			id, err := s.Create(t.Context(), posts.NewPost{Author: me, Text: text, Content: c.content})
			return id.String(), err
		}
		for _, changes := range c.same {
			id, err := create(post(changes))
			require.NoError(t, err, "%s %v", kind, changes)
			assert.Equal(t, "urn:li:share:7", id)
		}
		for _, changes := range c.differs {
			id, err := create(post(changes))
			require.ErrorIs(t, err, api.ErrMaybeApplied, "%s %v", kind, changes)
			assert.Empty(t, id)
			if fmt.Sprint(changes["id"]) == "x" {
				continue
			}
			mine := post(nil)
			mine["id"] = "urn:li:share:8"
			id, err = create(post(changes), mine)
			require.NoError(t, err, "beside it: %s %v", kind, changes)
			assert.Equal(t, "urn:li:share:8", id)
		}
	}
}
