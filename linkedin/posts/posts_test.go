package posts_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/pronettest/sandboxtest"
	"github.com/pronet-go/pronet/linkedin"
	"github.com/pronet-go/pronet/linkedin/posts"
	"github.com/pronet-go/pronet/linkedin/urn"
	"github.com/pronet-go/pronet/sandbox"
	fake "github.com/pronet-go/pronet/sandbox/linkedin"
)

// witness keeps what it gets, and responds with one status, header and body.
type witness struct {
	method, uri, body string
	header            http.Header
	status            int
	give              http.Header
	response          string
}

func (w *witness) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	w.method, w.uri, w.body, w.header = r.Method, r.RequestURI, string(body), r.Header
	maps.Copy(out.Header(), w.give)
	out.WriteHeader(w.status)
	_, _ = io.WriteString(out, w.response)
}

const awkward = "R&D (beta) [x] {y} <z> #go_lang @acme *b* ~ | \\"

// TestWhatIsSent compares whole bodies with those in testdata, which have the form of LinkedIn's pages.
func TestWhatIsSent(t *testing.T) {
	acme, person := parse(t, "urn:li:organization:5515715"), parse(t, "urn:li:person:8675309")
	image := parse(t, "urn:li:image:C5610AQFj6Tdjqg")
	article := posts.Article{Source: "https://example.com/a", Thumbnail: parse(t, "urn:li:image:C49klciosC89"), Title: awkward, Description: awkward}
	newer := func(n posts.NewPost) func(*posts.Service) (urn.URN, error) {
		return func(s *posts.Service) (urn.URN, error) { return s.Create(t.Context(), n) }
	}
	ugc := func(u posts.UGC) func(*posts.Service) (urn.URN, error) {
		return func(s *posts.Service) (urn.URN, error) { return s.Legacy.CreateUGC(t.Context(), u) }
	}
	for name, c := range map[string]struct {
		call func(*posts.Service) (urn.URN, error)
		uri  string
	}{
		"text":        {newer(posts.NewPost{Author: acme, Text: posts.Plain(awkward)}), "/rest/posts"},
		"article":     {newer(posts.NewPost{Author: acme, Text: posts.Plain("read this"), Content: article}), "/rest/posts"},
		"image":       {newer(posts.NewPost{Author: acme, Text: posts.Plain("look"), Content: posts.Media{ID: image, AltText: awkward}}), "/rest/posts"},
		"images":      {newer(posts.NewPost{Author: person, Visibility: posts.Connections, NoReshare: true, Content: posts.Images{{ID: image}, {ID: image, AltText: "b"}}}), "/rest/posts"},
		"video":       {newer(posts.NewPost{Author: person, Content: posts.Media{ID: parse(t, "urn:li:video:C5"), Title: awkward}}), "/rest/posts"},
		"ugc_text":    {ugc(posts.UGC{Author: person, Text: awkward}), "/v2/ugcPosts"},
		"ugc_article": {ugc(posts.UGC{Author: person, Text: "read", Link: "https://example.com/", Title: "T", Description: "D"}), "/v2/ugcPosts"},
		"ugc_image": {ugc(posts.UGC{
			Author: person, Text: "look", Asset: parse(t, "urn:li:digitalmediaAsset:C5422AQ"), Title: "T", Description: "D", Visibility: posts.Connections,
		}), "/v2/ugcPosts"},
		"share": {func(s *posts.Service) (urn.URN, error) {
			return s.Legacy.CreateShare(t.Context(), posts.Share{
				Owner: person, Text: "Test Share!", Subject: "S", Link: "https://www.example.com/content.html", Title: "T", Thumbnail: "https://www.example.com/image.jpg",
			})
		}, "/v2/shares"},
	} {
		t.Run(name, func(t *testing.T) {
			w := &witness{status: 201, give: http.Header{"X-Restli-Id": {"urn%3Ali%3Ashare%3A6844785523593134080"}}}
			client := sandboxtest.ConnectLinkedIn(t, w)
			id, err := c.call(client.LinkedIn.Posts)
			require.NoError(t, err)
			assert.Equal(t, "urn:li:share:6844785523593134080", id.String())
			want, err := os.ReadFile("testdata/" + name + ".json")
			require.NoError(t, err)
			assert.JSONEq(t, string(want), w.body)
			assert.Equal(t, "POST "+c.uri, w.method+" "+w.uri)
			assert.Equal(t, "2.0.0", w.header.Get("X-Restli-Protocol-Version"))
			version := ""
			if strings.HasPrefix(c.uri, "/rest/") {
				version = string(linkedin.DefaultVersion(linkedin.Marketing))
			}
			assert.Equal(t, version, w.header.Get("Linkedin-Version"))
		})
	}
}

// TestOtherRequests are those without a body in testdata.
func TestOtherRequests(t *testing.T) {
	post, me := parse(t, "urn:li:share:7"), parse(t, "urn:li:person:a1")
	const escaped, escapedMe = "urn%3Ali%3Ashare%3A7", "urn%3Ali%3Aperson%3Aa1"
	for name, c := range map[string]struct {
		call                      func(*posts.Service) error
		request, method, body     string
		status                    int
		response                  string
		wantsNoErrorWhatEverComes bool
	}{
		"get": {call: func(s *posts.Service) error { _, err := s.Get(t.Context(), post); return err }, request: "GET /rest/posts/" + escaped, status: 200, response: `{"id":"urn:li:share:7"}`},
		"list": {
			call: func(s *posts.Service) error {
				_, err := s.List(t.Context(), posts.ListOptions{Author: me, Count: 5})
				return err
			},
			request: "GET /rest/posts?q=author&author=" + escapedMe + "&sortBy=CREATED&start=0&count=5", status: 200, response: `{"elements":[]}`,
		},
		"update": {
			call: func(s *posts.Service) error { return s.Update(t.Context(), post, posts.Plain("a_b")) }, request: "POST /rest/posts/" + escaped,
			method: "PARTIAL_UPDATE", body: `{"patch":{"$set":{"commentary":"a\\_b"}}}`, status: 204,
		},
		"delete": {call: func(s *posts.Service) error { return s.Delete(t.Context(), post) }, request: "DELETE /rest/posts/" + escaped, method: "DELETE", status: 204},
		"comment": {
			call: func(s *posts.Service) error {
				id, err := s.Comment(t.Context(), post, posts.NewComment{Actor: me, Text: awkward, Parent: parse(t, "urn:li:comment:(urn:li:share:7,9)")})
				return errors.Join(err, equal("urn:li:comment:(urn:li:share:7,10)", id.String()))
			},
			request: "POST /rest/socialActions/" + escaped + "/comments", status: 201, response: `{"id":"10","commentUrn":"urn:li:comment:(urn:li:share:7,10)"}`,
			body: `{"actor":"urn:li:person:a1","object":"urn:li:share:7","message":{"text":"R&D (beta) [x] {y} <z> #go_lang @acme *b* ~ | \\"},"parentComment":"urn:li:comment:(urn:li:share:7,9)"}`,
		},
		"comments": {
			call: func(s *posts.Service) error {
				_, err := s.Comments(t.Context(), post, posts.Paging{Start: 2, Count: 3})
				return err
			},
			request: "GET /rest/socialActions/" + escaped + "/comments?start=2&count=3", status: 200, response: `{"elements":[]}`,
		},
		"delete a comment": {
			call:    func(s *posts.Service) error { return s.DeleteComment(t.Context(), post, "10", me) },
			request: "DELETE /rest/socialActions/" + escaped + "/comments/10?actor=" + escapedMe, method: "DELETE", status: 204,
		},
		"react": {
			call:    func(s *posts.Service) error { return s.React(t.Context(), me, post, posts.Like) },
			request: "POST /rest/reactions?actor=" + escapedMe, body: `{"root":"urn:li:share:7","reactionType":"LIKE"}`, status: 201,
		},
		"unreact": {
			call:    func(s *posts.Service) error { return s.Unreact(t.Context(), me, post) },
			request: "DELETE /rest/reactions/(actor:" + escapedMe + ",entity:" + escaped + ")", method: "DELETE", status: 204,
		},
		"reactions": {
			call: func(s *posts.Service) error {
				_, err := s.Reactions(t.Context(), post, posts.Paging{Count: 3})
				return err
			},
			request: "GET /rest/reactions/(entity:" + escaped + ")?q=entity&sort=(value:REVERSE_CHRONOLOGICAL)&start=0&count=3", status: 200, response: `{"elements":[]}`,
		},
		"counts": {call: func(s *posts.Service) error { _, err := s.Counts(t.Context(), post); return err }, request: "GET /rest/socialMetadata/" + escaped, status: 200, response: `{}`},
		"pages": {
			call:    func(s *posts.Service) error { _, err := s.Pages(t.Context(), posts.Paging{Count: 3}); return err },
			request: "GET /rest/organizationAcls?q=roleAssignee&state=APPROVED&start=0&count=3", status: 200, response: `{"elements":[]}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := &witness{status: c.status, response: c.response}
			require.NoError(t, c.call(sandboxtest.ConnectLinkedIn(t, w).LinkedIn.Posts))
			assert.Equal(t, c.request, w.method+" "+w.uri)
			assert.Equal(t, c.method, w.header.Get("X-Restli-Method"))
			if c.body == "" {
				assert.Empty(t, w.body)
			} else {
				assert.JSONEq(t, c.body, w.body)
			}
		})
	}
}

func equal(want, got string) error {
	if want != got {
		return fmt.Errorf("got %q instead of %q", got, want)
	}
	return nil
}

// TestWhatIsRead decodes what LinkedIn's pages show, and what they do not.
func TestWhatIsRead(t *testing.T) {
	body, err := os.ReadFile("testdata/post.json")
	require.NoError(t, err)
	var p posts.Post
	require.NoError(t, json.Unmarshal(body, &p))
	assert.JSONEq(t, string(body), string(p.Raw))
	assert.Equal(t, "Sample (text) Post", p.Text.String())
	assert.Equal(t, []string{"urn:li:share:6844785523593134080", "urn:li:organization:5515715", "PUBLIC", "PUBLISHED"}, []string{p.ID.String(), p.Author.String(), string(p.Visibility), p.State})
	assert.Equal(t, time.UnixMilli(1634790968774).UTC(), p.Published)
	assert.True(t, p.Edited)
	var c posts.Comment
	require.NoError(t, json.Unmarshal([]byte(`{"id":12,"commentUrn":"urn:li:comment:(urn:li:share:7,12)","actor":"urn:li:person:a","object":"urn:li:share:7","message":{"text":"a_b"},"created":{"time":1634790968774},"new":1}`), &c))
	assert.Equal(t, []string{"12", "a_b", "urn:li:comment:(urn:li:share:7,12)", "urn:li:person:a"}, []string{c.ID, c.Text, c.URN.String(), c.Actor.String()})
	var r posts.Reacted
	require.NoError(t, json.Unmarshal([]byte(`{"id":"urn:li:reaction:(urn:li:person:a,urn:li:share:7)","reactionType":"PRAISE"}`), &r))
	assert.Equal(t, posts.Praise, r.Kind)
	assert.Equal(t, "urn:li:person:a", r.Actor.String())
	var n posts.Counts
	require.NoError(t, json.Unmarshal([]byte(`{"reactionSummaries":{"LIKE":{"count":3}},"commentSummary":{"count":2}}`), &n))
	assert.Equal(t, map[posts.Reaction]int64{posts.Like: 3}, n.Reactions)
	assert.Equal(t, []int64{2, -1}, []int64{n.Comments, n.Top})
	for _, into := range []any{&p, &c, &r, &n, new(posts.Role), new(posts.Uploaded)} { // of other types than are known
		odd := `{"id":{},"author":3,"commentary":[],"createdAt":"x","lifecycleStateInfo":4,"message":"m","created":[],"reactionSummaries":[],"commentSummary":"","role":{},"status":1}`
		require.NoError(t, json.Unmarshal([]byte(odd), into), "%T", into)
		require.Error(t, json.Unmarshal([]byte(`[]`), into), "%T", into)
	}
	for text, may := range map[string]bool{
		`{"role":"ADMINISTRATOR","state":"APPROVED","organization":"urn:li:organization:1"}`:               true,
		`{"role":"ADMINISTRATOR","state":"REVOKED"}`:                                                       false,
		`{"role":"ANALYST","state":"APPROVED"}`:                                                            false,
		`{"role":"CONTENT_ADMINISTRATOR","state":"APPROVED","organizationTarget":"urn:li:organization:1"}`: true,
	} {
		var role posts.Role
		require.NoError(t, json.Unmarshal([]byte(text), &role))
		assert.Equal(t, may, role.MayPost(), text)
		assert.Equal(t, may, role.Organization.String() == "urn:li:organization:1")
	}
}

// TestWhatIsRefused before anything is sent.
func TestWhatIsRefused(t *testing.T) {
	w := &witness{status: 201}
	s := sandboxtest.ConnectLinkedIn(t, w).LinkedIn.Posts
	me, image, post := parse(t, "urn:li:person:a"), parse(t, "urn:li:image:a"), parse(t, "urn:li:share:1")
	create := func(n posts.NewPost) error { _, err := s.Create(t.Context(), n); return err }
	ugc := func(u posts.UGC) error { _, err := s.Legacy.CreateUGC(t.Context(), u); return err }
	share := func(u posts.Share) error { _, err := s.Legacy.CreateShare(t.Context(), u); return err }
	comment := func(id urn.URN, c posts.NewComment) error { _, err := s.Comment(t.Context(), id, c); return err }
	upload := func(owner urn.URN, size int64) error {
		_, err := s.Media.UploadImage(t.Context(), owner, strings.NewReader("x"), size)
		return err
	}
	for name, err := range map[string]error{
		"no author":           create(posts.NewPost{Text: posts.Plain("x")}),
		"author of no kind":   create(posts.NewPost{Author: post, Text: posts.Plain("x")}),
		"nothing":             create(posts.NewPost{Author: me}),
		"visibility":          create(posts.NewPost{Author: me, Text: posts.Plain("x"), Visibility: "ALL"}),
		"mention of a post":   create(posts.NewPost{Author: me, Text: posts.Text{}.Mention("x", post)}),
		"mention of nobody":   create(posts.NewPost{Author: me, Text: posts.Text{}.Mention("", me)}),
		"hashtag with a sign": create(posts.NewPost{Author: me, Text: posts.Text{}.Hashtag("#x")}),
		"empty hashtag":       create(posts.NewPost{Author: me, Text: posts.Text{}.Hashtag("")}),
		"article of nothing":  create(posts.NewPost{Author: me, Content: posts.Article{Title: "x"}}),
		"media of a post":     create(posts.NewPost{Author: me, Content: posts.Media{ID: post}}),
		"one of several":      create(posts.NewPost{Author: me, Content: posts.Images{{ID: image}}}),
		"twenty-one":          create(posts.NewPost{Author: me, Content: make(posts.Images, 21)}),
		"a video of several":  create(posts.NewPost{Author: me, Content: posts.Images{{ID: image}, {ID: parse(t, "urn:li:video:a")}}}),
		"a nil article":       create(posts.NewPost{Author: me, Text: posts.Plain("x"), Content: (*posts.Article)(nil)}),
		"nil media":           create(posts.NewPost{Author: me, Text: posts.Plain("x"), Content: (*posts.Media)(nil)}),
		"nil images":          create(posts.NewPost{Author: me, Text: posts.Plain("x"), Content: (*posts.Images)(nil)}),
		"content of none":     create(posts.NewPost{Author: me, Text: posts.Plain("x"), Content: struct{ posts.Content }{}}),
		"get nothing":         func() error { _, err := s.Get(t.Context(), urn.URN{}); return err }(),
		"list nobody's":       func() error { _, err := s.List(t.Context(), posts.ListOptions{}); return err }(),
		"update to a fault":   s.Update(t.Context(), post, posts.Text{}.Hashtag("")),
		"delete nothing":      s.Delete(t.Context(), urn.URN{}),
		"ugc by nobody":       ugc(posts.UGC{Text: "x"}),
		"ugc of nothing":      ugc(posts.UGC{Author: me}),
		"ugc of both":         ugc(posts.UGC{Author: me, Link: "https://example.com", Asset: parse(t, "urn:li:digitalmediaAsset:a")}),
		"ugc of an image":     ugc(posts.UGC{Author: me, Asset: image}),
		"ugc title alone":     ugc(posts.UGC{Author: me, Text: "x", Title: "x"}),
		"ugc visibility":      ugc(posts.UGC{Author: me, Text: "x", Visibility: "x"}),
		"share by nobody":     share(posts.Share{Text: "x"}),
		"share of nothing":    share(posts.Share{Owner: me}),
		"share title alone":   share(posts.Share{Owner: me, Text: "x", Title: "x"}),
		"comment by nobody":   comment(post, posts.NewComment{Text: "x"}),
		"comment of nothing":  comment(post, posts.NewComment{Actor: me}),
		"comment on nothing":  comment(urn.URN{}, posts.NewComment{Actor: me, Text: "x"}),
		"respond to a post":   comment(post, posts.NewComment{Actor: me, Text: "x", Parent: post}),
		"reaction of none":    s.React(t.Context(), me, post, ""),
		"reaction to nothing": s.React(t.Context(), me, urn.URN{}, posts.Like),
		"unreact nobody's":    s.Unreact(t.Context(), urn.URN{}, post),
		"delete no comment":   s.DeleteComment(t.Context(), post, "", me),
		"delete by nobody":    s.DeleteComment(t.Context(), post, "1", urn.URN{}),
		"reactions to none":   func() error { _, err := s.Reactions(t.Context(), urn.URN{}, posts.Paging{}); return err }(),
		"upload of nobody":    upload(urn.URN{}, 1),
		"upload of nothing":   upload(me, 0),
		"wait for a post":     func() error { _, err := s.Media.Wait(t.Context(), post, nil); return err }(),
		"finish too early":    s.Media.FinishVideo(t.Context(), &posts.Video{}),
		"send no video":       s.Media.SendVideo(t.Context(), nil, nil, nil),
		"send nothing":        s.Media.Send(t.Context(), "x", nil, 0),
		"send a nil reader":   s.Media.Send(t.Context(), "x", (*strings.Reader)(nil), 1),
	} {
		require.ErrorIs(t, err, api.ErrInvalid, name)
	}
	assert.Empty(t, w.method, "nothing was sent")
}

// TestContentByPointer is the content that it points to.
func TestContentByPointer(t *testing.T) {
	w := &witness{status: 201, response: `{"id":"urn:li:share:1"}`}
	s := sandboxtest.ConnectLinkedIn(t, w).LinkedIn.Posts
	image := posts.Media{ID: parse(t, "urn:li:image:a")}
	for _, c := range [][2]posts.Content{
		{posts.Article{Source: "https://example.com/a"}, &posts.Article{Source: "https://example.com/a"}}, {image, &image}, {posts.Images{image, image}, &posts.Images{image, image}},
	} {
		var bodies []string
		for _, content := range c {
			_, err := s.Create(t.Context(), posts.NewPost{Author: parse(t, "urn:li:person:a"), Content: content})
			require.NoError(t, err)
			bodies = append(bodies, w.body)
		}
		assert.Equal(t, bodies[0], bodies[1])
	}
}

// TestR64APostIsNeverMadeTwice: the response is lost 50 times, with and without LinkedIn's own check, with a token that may
// read and one that may not.
func TestR64APostIsNeverMadeTwice(t *testing.T) {
	me := parse(t, "urn:li:person:8675309")
	for name, c := range map[string]struct {
		options  []sandbox.Option
		resolved bool
	}{
		"may read":                  {[]sandbox.Option{fake.WithReadablePosts()}, true},
		"may read, no check":        {[]sandbox.Option{fake.WithReadablePosts(), fake.WithoutDuplicateCheck()}, true},
		"may not read":              {nil, false},
		"may not read, no check":    {[]sandbox.Option{fake.WithoutDuplicateCheck()}, false},
		"clock of LinkedIn ahead":   {[]sandbox.Option{fake.WithReadablePosts(), fake.WithoutDuplicateCheck(), fake.WithClockSkew(2 * time.Hour)}, true},
		"clock of LinkedIn behind":  {[]sandbox.Option{fake.WithReadablePosts(), fake.WithoutDuplicateCheck(), fake.WithClockSkew(-2 * time.Hour)}, true},
		"older one with this text ": {[]sandbox.Option{fake.WithReadablePosts(), fake.WithoutDuplicateCheck()}, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sb, client := sandboxtest.StartInMemory(t, c.options...)
				before := 0
				if strings.HasPrefix(name, "older") {
					_, err := client.LinkedIn.Posts.Create(t.Context(), posts.NewPost{Author: me, Text: posts.Plain("post 0")})
					require.NoError(t, err)
					time.Sleep(time.Minute)
					before = 1
				}
				for i := range 50 {
					sb.Fail(sandbox.Fault{Method: http.MethodPost, Path: "/rest/posts", Drop: sandbox.DropAfterAct})
					text := posts.Plain(fmt.Sprintf("post %d", i))
					id, err := client.LinkedIn.Posts.Create(t.Context(), posts.NewPost{Author: me, Text: text})
					require.Equal(t, before+i+1, sb.LinkedIn.PostsMade())
					made := sb.LinkedIn.Posts()[before+i]
					if c.resolved {
						require.NoError(t, err)
						require.Equal(t, made.ID, id.String())
						continue
					}
					require.ErrorIs(t, err, api.ErrMaybeApplied)
					require.NotContains(t, err.Error(), text.String())
				}
			})
		})
	}
}

// TestTwoPostsWithOneText: of two that were published meanwhile nobody knows which one is meant.
func TestTwoPostsWithOneText(t *testing.T) {
	sb, client := sandboxtest.Start(t, fake.WithReadablePosts(), fake.WithoutDuplicateCheck())
	n := posts.NewPost{Author: parse(t, "urn:li:person:8675309"), Text: posts.Plain("x")}
	_, err := client.LinkedIn.Posts.Create(t.Context(), n)
	require.NoError(t, err)
	sb.Fail(sandbox.Fault{Method: http.MethodPost, Path: "/rest/posts", Drop: sandbox.DropAfterAct})
	_, err = client.LinkedIn.Posts.Create(t.Context(), n)
	require.ErrorIs(t, err, api.ErrMaybeApplied)
}

// TestDuplicates are told as such, and their URN is a hint.
func TestDuplicates(t *testing.T) {
	sb, client := sandboxtest.Start(t)
	n := posts.NewPost{Author: parse(t, "urn:li:person:8675309"), Text: posts.Plain("secret plans")}
	_, err := client.LinkedIn.Posts.Create(t.Context(), n)
	require.NoError(t, err)
	hints := map[urn.URN]bool{}
	for range 3 {
		id, err := client.LinkedIn.Posts.Create(t.Context(), n)
		require.ErrorIs(t, err, posts.ErrDuplicate)
		require.NotErrorIs(t, err, api.ErrMaybeApplied)
		assert.True(t, id.IsZero())
		duplicate, ok := errors.AsType[*posts.DuplicateError](err)
		require.True(t, ok)
		assert.Equal(t, "share", duplicate.Hint.Type())
		hints[duplicate.Hint] = true
		failure, _ := errors.AsType[*pronet.Error](err)
		assert.Equal(t, "DUPLICATE_POST", failure.Code)
		assert.NotContains(t, err.Error(), duplicate.Hint.ID())
	}
	assert.Len(t, hints, 3)
	assert.Equal(t, 1, sb.LinkedIn.PostsMade())
	assert.Equal(t, 4, sb.RequestsTo("POST", "/rest/posts"), "no retry")
}

// TestNoID: something was made, and nobody knows what.
func TestNoID(t *testing.T) {
	w := &witness{status: 201, response: `{}`}
	_, err := sandboxtest.ConnectLinkedIn(t, w).LinkedIn.Posts.Create(t.Context(), posts.NewPost{Author: parse(t, "urn:li:person:1"), Text: posts.Plain("x")})
	require.ErrorIs(t, err, api.ErrUnexpectedResponse)
	require.ErrorIs(t, err, api.ErrMaybeApplied)
	w.give = http.Header{"X-Linkedin-Id": {"urn:li:ugcPost:5"}}
	id, err := sandboxtest.ConnectLinkedIn(t, w).LinkedIn.Posts.Create(t.Context(), posts.NewPost{Author: parse(t, "urn:li:person:1"), Text: posts.Plain("x")})
	require.NoError(t, err)
	assert.Equal(t, "urn:li:ugcPost:5", id.String())
}
