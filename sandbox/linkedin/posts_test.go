package linkedin_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/linkedin"
)

// ask makes a request of the versioned API in protocol 2.0. The path may be a whole address.
func (c *caller) ask(method, path, body string, header ...string) (status int, fields http.Header, response string) {
	c.t.Helper()
	if strings.HasPrefix(path, "/") {
		path = c.sb.LinkedIn.URL() + path
	}
	request, err := http.NewRequestWithContext(c.t.Context(), method, path, strings.NewReader(body))
	require.NoError(c.t, err)
	request.Header = http.Header{"Authorization": {"Bearer " + c.token}, "X-Restli-Protocol-Version": {"2.0.0"}, "Linkedin-Version": {"202605"}}
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	return c.send(request, nil)
}

// step is a request and what comes of it.
type step struct {
	method, path, body string
	status             int
	has                string
}

func (c *caller) walk(steps []step) {
	c.t.Helper()
	for _, s := range steps {
		var header []string
		if strings.Contains(s.body, `"patch"`) {
			header = []string{"X-Restli-Method", "PARTIAL_UPDATE"}
		}
		status, _, body := c.ask(s.method, s.path, s.body, header...)
		assert.Equal(c.t, s.status, status, "%s %s %s: %s", s.method, s.path, s.body, body)
		assert.Contains(c.t, body, s.has, "%s %s", s.method, s.path)
	}
}

const postBody = `{"author":"urn:li:person:a1","commentary":"hello","visibility":"PUBLIC","distribution":{"feedDistribution":"MAIN_FEED"},"lifecycleState":"PUBLISHED"}`

func TestPosts(t *testing.T) {
	c := newCaller(t, linkedin.WithReadablePosts())
	status, header, _ := c.ask("POST", "/rest/posts", postBody)
	require.Equal(t, 201, status)
	id := header.Get("X-Restli-Id")
	key := "/rest/posts/" + url.QueryEscape(id)
	social := "/rest/socialActions/" + url.QueryEscape(id) + "/comments"
	reaction := "/rest/reactions/(actor:urn%3Ali%3Aperson%3Ab,entity:" + url.QueryEscape(id) + ")"
	changed := func(of, to string) string { return strings.Replace(postBody, of, to, 1) }
	c.walk([]step{
		{"POST", "/rest/posts", postBody, 422, "DUPLICATE_POST"},
		{"POST", "/rest/posts", `[]`, 400, "Invalid request body"},
		{"POST", "/rest/posts", changed(`"lifecycleState":"PUBLISHED"`, `"x":1`), 400, "lifecycleState"},
		{"POST", "/rest/posts", changed("MAIN_FEED", ""), 400, "distribution"},
		{"POST", "/rest/posts", changed("urn:li:person:a1", ""), 400, "author"},
		{"POST", "/rest/posts", changed("urn:li:person:a1", "urn:li:seat:1"), 422, "FIELD_INVALID"},
		{"POST", "/rest/posts", changed(`"lifecycleState"`, `"content":{"media":{"id":"urn:li:image:none"}},"lifecycleState"`), 422, "not available"},
		{"POST", "/rest/posts", changed(`"lifecycleState"`, `"content":{"multiImage":{"images":[{"id":"urn:li:image:none"}]}},"lifecycleState"`), 422, "not available"},
		{"POST", "/rest/posts", changed(`"lifecycleState"`, `"content":{"article":{"title":"x"}},"lifecycleState"`), 400, "source"},
		{"POST", "/rest/posts", changed(`"lifecycleState"`, `"content":{"article":{"source":"x","thumbnail":"y"}},"lifecycleState"`), 422, "not available"},
		{"POST", "/rest/posts", changed(`"lifecycleState"`, `"content":{"poll":{}},"lifecycleState"`), 400, "Unknown content"},
		{"POST", "/rest/posts", changed(`"lifecycleState"`, `"content":{"media":7},"lifecycleState"`), 400, "Invalid content"},
		{"GET", key, "", 200, `"commentary":"hello"`},
		{"GET", "/rest/posts/" + id, "", 404, "NOT_FOUND"}, // not escaped
		{"GET", "/rest/posts?q=author&author=urn%3Ali%3Aperson%3Aa1&start=0&count=10", "", 200, id},
		{"GET", "/rest/posts?q=author&author=urn%3Ali%3Aperson%3Aa1&start=5&count=10", "", 200, `"elements":[]`},
		{"GET", "/rest/posts?q=author&author=urn%3Ali%3Aperson%3Aa1&start=x&count=10", "", 400, "Invalid"},
		{"GET", "/rest/posts?q=other", "", 400, "Invalid"},
		{"POST", key, `{"patch":{"$set":{"commentary":"edited"}}}`, 204, ""},
		{"POST", key, `{"patch":7}`, 400, ""},
		{"POST", "/rest/posts/urn%3Ali%3Ashare%3A1", `{"patch":{}}`, 404, ""},
		{"POST", key, `{}`, 400, "X-RestLi-Method"},
		{"GET", key, "", 200, `"isEditedByAuthor":true`},
		{"POST", social, `{"actor":"urn:li:person:b","message":{"text":"x"},"parentComment":"urn:li:comment:(urn:li:share:1,2)"}`, 201, "commentUrn"},
		{"POST", social, `{"message":{"text":"x"}}`, 400, "actor"},
		{"POST", social, `{"actor":"urn:li:person:b"}`, 400, "message/text"},
		{"POST", social, `7`, 400, ""},
		{"POST", "/rest/socialActions/x/comments", `{}`, 404, ""},
		{"GET", social + "?start=0&count=5", "", 200, `"text":"x"`},
		{"GET", "/rest/socialActions/x/comments?start=0&count=5", "", 404, ""},
		{"POST", "/rest/reactions?actor=urn%3Ali%3Aperson%3Ab", `{"root":"` + id + `","reactionType":"LIKE"}`, 201, ""},
		{"POST", "/rest/reactions?actor=urn%3Ali%3Aperson%3Ab", `{"root":"x","reactionType":"LIKE"}`, 404, ""},
		{"POST", "/rest/reactions?actor=urn%3Ali%3Aperson%3Ab", `x`, 400, ""},
		{"GET", "/rest/reactions/(entity:" + url.QueryEscape(id) + ")?q=entity&start=0&count=5", "", 200, "LIKE"},
		{"GET", "/rest/reactions/entity?q=entity&start=0&count=5", "", 404, ""},
		{"GET", "/rest/socialMetadata/" + url.QueryEscape(id), "", 200, `"count":1`},
		{"GET", "/rest/socialMetadata/x", "", 404, ""},
		{"DELETE", reaction, "", 204, ""},
		{"DELETE", reaction, "", 404, ""},
		{"DELETE", social + "/1?actor=urn%3Ali%3Aperson%3Ab", "", 404, ""},
		{"DELETE", social + "/1", "", 404, ""},
		{"DELETE", social + "/" + c.sb.LinkedIn.Posts()[0].ID, "", 404, ""},
		{"DELETE", key, "", 204, ""},
		{"DELETE", key, "", 204, ""},
		{"DELETE", "/rest/posts/" + id, "", 400, "path variables"},
		{"GET", key, "", 404, ""},
		{"GET", "/rest/organizationAcls?q=roleAssignee&start=0&count=5", "", 200, linkedin.Organization},
		{"GET", "/rest/organizationAcls?q=x&start=0&count=5", "", 400, ""},
		{"POST", "/v2/ugcPosts", `{"author":"urn:li:person:a","specificContent":{"com.linkedin.ugc.ShareContent":{"shareCommentary":{"text":"u"},"shareMediaCategory":"NONE"}},"visibility":{"com.linkedin.ugc.MemberNetworkVisibility":"PUBLIC"}}`, 201, "urn:li:share:"},
		{"POST", "/v2/ugcPosts", `{"author":"urn:li:person:a","specificContent":{"com.linkedin.ugc.ShareContent":{"shareCommentary":{"text":"u"}}}}`, 400, "shareMediaCategory"},
		{"POST", "/v2/ugcPosts", `{"author":"urn:li:person:a"}`, 400, "specificContent"},
		{"POST", "/v2/ugcPosts", `x`, 400, ""},
		{"POST", "/v2/shares", `{"owner":"urn:li:person:a","text":{"text":"s"},"distribution":{}}`, 201, "activity"},
		{"POST", "/v2/shares", `{"owner":"urn:li:person:a","commentary":"as document 002 has it"}`, 400, ""},
	})
	assert.Equal(t, 3, c.sb.LinkedIn.PostsMade())
	c.sb.LinkedIn.AddMedia("urn:li:image:mine")
	c.walk([]step{{"GET", "/rest/images/urn%3Ali%3Aimage%3Amine", "", 200, "AVAILABLE"}})
	assert.Equal(t, 1, c.sb.LinkedIn.CommentsMade())
}

func TestPostsThatMayNotBeRead(t *testing.T) {
	c := newCaller(t, linkedin.WithoutDuplicateCheck())
	for range 2 {
		status, _, _ := c.ask("POST", "/rest/posts", postBody)
		require.Equal(t, 201, status)
	}
	posts := c.sb.LinkedIn.Posts()
	require.Len(t, posts, 2)
	for _, path := range []string{"/rest/posts/x", "/rest/posts?q=author", "/rest/socialActions/x/comments", "/rest/reactions/x", "/rest/socialMetadata/x"} {
		status, _, _ := c.ask("GET", path, "")
		assert.Equal(t, http.StatusForbidden, status, path)
	}
	key := "/rest/socialActions/" + url.QueryEscape(posts[0].ID) + "/comments"
	_, header, _ := c.ask("POST", key, `{"actor":"urn:li:person:b","message":{"text":"x"}}`)
	status, _, _ := c.ask("DELETE", key+"/"+header.Get("X-Restli-Id")+"?actor=urn%3Ali%3Aperson%3Ab", "")
	assert.Equal(t, http.StatusNoContent, status)
}

func TestMedia(t *testing.T) {
	c := newCaller(t, linkedin.WithVideoPartSize(4), linkedin.WithProcessingTime(time.Minute))
	begin := func(path, body string) map[string]any {
		t.Helper()
		status, _, response := c.ask("POST", path, body)
		require.Equal(t, 200, status, response)
		var read struct{ Value map[string]any }
		require.NoError(t, json.Unmarshal([]byte(response), &read))
		return read.Value
	}
	image := begin("/rest/images?action=initializeUpload", `{"initializeUploadRequest":{"owner":"urn:li:person:a"}}`)
	address := image["uploadUrl"].(string)
	key := "/rest/images/" + url.QueryEscape(image["image"].(string))
	c.walk([]step{
		{"GET", key, "", 200, "WAITING_UPLOAD"},
		{"PUT", address + "x", "bytes", 403, ""},
		{"GET", address, "", 405, ""},
		{"PUT", address, "bytes", 201, ""},
		{"GET", key, "", 200, `"PROCESSING"`},
		{"GET", "/rest/images/x", "", 404, ""},
		{"POST", "/rest/images?action=other", `{}`, 400, ""},
		{"POST", "/rest/images?action=initializeUpload", `{}`, 400, "owner"},
		{"POST", "/rest/videos?action=initializeUpload", `{"initializeUploadRequest":{"owner":"urn:li:person:a"}}`, 400, "fileSizeBytes"},
		{"POST", "/rest/videos?action=other", `{}`, 400, ""},
		{"POST", "/rest/videos?action=finalizeUpload", `{}`, 400, ""},
		{"POST", "/rest/videos?action=finalizeUpload", `7`, 400, ""},
		{"POST", "/v2/assets?action=other", `{}`, 400, ""},
		{"POST", "/v2/assets?action=registerUpload", `{}`, 400, ""},
	})
	status, _, _ := c.ask("PUT", address, "bytes", "Authorization", "")
	assert.Equal(t, 401, status)
	c.sb.Advance(time.Minute)
	c.token = c.newToken()
	c.walk([]step{{"GET", key, "", 200, "AVAILABLE"}})

	video := begin("/rest/videos?action=initializeUpload", `{"initializeUploadRequest":{"owner":"urn:li:person:a","fileSizeBytes":6}}`)
	parts := video["uploadInstructions"].([]any)
	require.Len(t, parts, 2)
	etags := make([]string, 2)
	for i, content := range []string{"0123", "45"} {
		to := parts[i].(map[string]any)["uploadUrl"].(string)
		status, _, _ := c.ask("PUT", to, content+"x")
		assert.Equal(t, 400, status)
		status, header, _ := c.ask("PUT", to, content)
		assert.Equal(t, 200, status)
		etags[i] = header.Get("Etag")
	}
	finalize := func(first, second string) string {
		return `{"finalizeUploadRequest":{"video":"` + video["video"].(string) + `","uploadToken":"` + video["uploadToken"].(string) + `","uploadedPartIds":["` + first + `","` + second + `"]}}`
	}
	c.walk([]step{
		{"POST", "/rest/videos?action=finalizeUpload", finalize(etags[1], etags[0]), 400, "ETag"},
		{"POST", "/rest/videos?action=finalizeUpload", finalize(etags[0], etags[1]), 200, ""},
	})
	asset := begin("/v2/assets?action=registerUpload", `{"registerUploadRequest":{"recipes":["r"],"owner":"urn:li:person:a"}}`)
	assert.Contains(t, asset["asset"], "urn:li:digitalmediaAsset:")
	_, err := sandbox.New(linkedin.WithVideoPartSize(0))
	require.Error(t, err)
}

func TestMediaThatFails(t *testing.T) {
	c := newCaller(t, linkedin.WithFailingUploads())
	_, _, response := c.ask("POST", "/rest/documents?action=initializeUpload", `{"initializeUploadRequest":{"owner":"urn:li:person:a"}}`)
	var read struct{ Value map[string]string }
	_ = json.Unmarshal([]byte(response), &read)
	c.walk([]step{
		{"PUT", read.Value["uploadUrl"], "bytes", 201, ""},
		{"GET", "/rest/documents/" + url.QueryEscape(read.Value["document"]), "", 200, "PROCESSING_FAILED"},
	})
}
