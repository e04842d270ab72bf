package linkedin

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Post is a post as the sandbox has it.
type Post struct {
	// ID is its URN, and Author whose it is.
	ID, Author string
	// Text is its text as it was sent: in the format little of posts, plain of ugcPosts and shares.
	Text string
	// Visibility is PUBLIC or CONNECTIONS.
	Visibility string
	// Content is what it shows besides, as JSON.
	Content string
	// Created and LastModified are by the server's clock.
	Created, LastModified time.Time
	// Reactions are the actors' reactions, and Comments its comments.
	Reactions map[string]string
	Comments  []PostComment

	edited bool
}

// PostComment is a comment on a post.
type PostComment struct {
	ID, Actor, Text, Parent string
	Created                 time.Time
}

// Posts are all posts that are not deleted, in the order in which they were published.
func (sb *Sandbox) Posts() []Post {
	sb.state.mu.Lock()
	defer sb.state.mu.Unlock()
	var all []Post
	for _, p := range sb.state.posts.list {
		copied := *p
		copied.Comments = slices.Clone(p.Comments)
		all = append(all, copied)
	}
	return all
}

// PostsMade counts the posts that were ever published, and CommentsMade the comments.
func (sb *Sandbox) PostsMade() int {
	sb.state.mu.Lock()
	defer sb.state.mu.Unlock()
	return sb.state.posts.made
}

// CommentsMade is how many comments were ever made.
func (sb *Sandbox) CommentsMade() int {
	sb.state.mu.Lock()
	defer sb.state.mu.Unlock()
	return sb.state.posts.comments
}

// WithReadablePosts lets tokens read posts. By default they may not: few apps get r_member_social.
func WithReadablePosts() Option {
	return func(s *settings) error {
		s.readablePosts = true
		return nil
	}
}

// WithoutDuplicateCheck publishes the same text twice. By default a post whose author and text are those of a post of the
// last ten minutes is refused as DUPLICATE_POST (the time is assumed).
func WithoutDuplicateCheck() Option {
	return func(s *settings) error {
		s.duplicates = true
		return nil
	}
}

const duplicateTime = 10 * time.Minute

// postState is posts and what belongs to them.
type postState struct {
	list           []*Post
	made, comments int
	lastID         int64
}

var postEndpoints = []endpoint{
	{"POST", "/rest/posts", false, (*state).createPost},
	{"GET", "/rest/posts", false, (*state).listPosts},
	{"GET", "/rest/posts/{post}", false, (*state).getPost},
	{"POST", "/rest/posts/{post}", false, (*state).updatePost},
	{"DELETE", "/rest/posts/{post}", false, (*state).deletePost},
	{"POST", "/v2/ugcPosts", false, (*state).createUGC},
	{"POST", "/v2/shares", false, (*state).createShare},
	{"POST", "/rest/socialActions/{post}/comments", false, (*state).comment},
	{"GET", "/rest/socialActions/{post}/comments", false, (*state).listComments},
	{"DELETE", "/rest/socialActions/{post}/comments/{comment}", false, (*state).deleteComment},
	{"POST", "/rest/reactions", false, (*state).react},
	{"GET", "/rest/reactions/{entity}", false, (*state).listReactions},
	{"DELETE", "/rest/reactions/{reaction}", false, (*state).unreact},
	{"GET", "/rest/socialMetadata/{post}", false, (*state).countSocial},
	{"GET", "/rest/organizationAcls", false, (*state).listRoles},
}

var (
	noRecord  = problem{Status: 404, Code: "NOT_FOUND", Message: "The entity does not exist"}
	mayNot    = problem{Status: 403, ServiceErrorCode: 100, Code: "ACCESS_DENIED", Message: "Not enough permissions to access: posts.GET"}
	isMissing = func(field string) *problem {
		return &problem{Status: 400, Code: "MISSING_FIELD", Message: "/" + field + " :: field is required but not found"}
	}
)

// key reads a segment of the path that is a URN, which protocol 2.0 wants escaped as a whole.
func (r *request) key(name string) string {
	raw := r.keys[name]
	if r.protocol == "2.0.0" && strings.ContainsAny(raw, ":(),") {
		return ""
	}
	text, err := url.PathUnescape(raw)
	if err != nil {
		return ""
	}
	return text
}

// compound reads a segment that is a compound key (name:value,name:value).
func (r *request) compound(name string) map[string]string {
	inner, ok := strings.CutPrefix(r.keys[name], "(")
	inner, closed := strings.CutSuffix(inner, ")")
	if !ok || !closed {
		return nil
	}
	fields := map[string]string{}
	for part := range strings.SplitSeq(inner, ",") {
		field, value, found := strings.Cut(part, ":")
		text, err := url.PathUnescape(value)
		if !found || err != nil || strings.ContainsAny(value, ":()") {
			return nil
		}
		fields[field] = text
	}
	return fields
}

func (st *state) publish(author, text, visibility string, content any) (any, *problem) {
	for kind, part := range map[string]string{"author": author, "visibility": visibility} {
		if part == "" {
			return nil, isMissing(kind)
		}
	}
	if !strings.HasPrefix(author, "urn:li:person:") && !strings.HasPrefix(author, "urn:li:organization:") {
		return nil, &problem{Status: 422, Code: "FIELD_INVALID", Message: "/author :: is no member or organization"}
	}
	now := st.now()
	if !st.settings.duplicates {
		for _, p := range st.posts.list {
			if p.Author == author && p.Text == text && now.Sub(p.Created) < duplicateTime {
				st.posts.lastID++ // each try names another
				return &reply{status: 422, body: map[string]any{
					"errorDetailType": "com.linkedin.common.error.BadRequest", "status": 422,
					"message":      fmt.Sprintf("Content is a duplicate of urn:li:share:%d", 7_000_000_000_000_000_000+st.posts.lastID),
					"errorDetails": map[string]any{"inputErrors": []any{map[string]any{"description": "Duplicate post is detected", "input": map[string]any{}, "code": "DUPLICATE_POST"}}},
				}}, nil
			}
		}
	}
	encoded, _ := json.Marshal(content)
	st.posts.lastID++
	st.posts.made++
	p := &Post{
		ID: "urn:li:share:" + strconv.FormatInt(7_000_000_000_000_000_000+st.posts.lastID, 10), Author: author, Text: text, Visibility: visibility,
		Content: string(encoded), Created: now, LastModified: now, Reactions: map[string]string{},
	}
	st.posts.list = append(st.posts.list, p)
	return &reply{status: 201, header: map[string]string{"X-Restli-Id": p.ID}, body: map[string]any{"id": p.ID}}, nil
}

func (st *state) createPost(r *request) (any, *problem) {
	var body struct {
		Author, Commentary, Visibility, LifecycleState string
		Distribution                                   struct{ FeedDistribution string }
		Content                                        map[string]json.RawMessage
	}
	if err := json.Unmarshal(r.body, &body); err != nil {
		return nil, badRequest("Invalid request body")
	}
	if body.LifecycleState == "" {
		return nil, isMissing("lifecycleState")
	}
	if body.Distribution.FeedDistribution == "" {
		return nil, isMissing("distribution")
	}
	for kind, raw := range body.Content {
		if p := st.checkContent(kind, raw); p != nil {
			return nil, p
		}
	}
	return st.publish(body.Author, body.Commentary, body.Visibility, body.Content)
}

// checkContent makes sure that media is there and available.
func (st *state) checkContent(kind string, raw json.RawMessage) *problem {
	var one struct {
		ID, Thumbnail, Source string
		Images                []struct{ ID string }
	}
	if json.Unmarshal(raw, &one) != nil {
		return badRequest("Invalid content")
	}
	var used []string
	switch kind {
	case "media":
		used = append(used, one.ID)
	case "multiImage":
		for _, image := range one.Images {
			used = append(used, image.ID)
		}
	case "article":
		if one.Source == "" {
			return isMissing("content/article/source")
		}
		if one.Thumbnail != "" {
			used = append(used, one.Thumbnail)
		}
	default:
		return badRequest("Unknown content")
	}
	for _, id := range used {
		if u := st.media.byID[id]; u == nil || st.statusOf(u) != "AVAILABLE" {
			return &problem{Status: 422, Code: "MEDIA_ASSET_PROCESSING_FAILED", Message: "The media is not available"}
		}
	}
	return nil
}

func (st *state) createUGC(r *request) (any, *problem) {
	var body struct {
		Author, LifecycleState string
		SpecificContent        map[string]struct {
			ShareCommentary    struct{ Text string }
			ShareMediaCategory string
			Media              []json.RawMessage
		}
		Visibility map[string]string
	}
	if err := json.Unmarshal(r.body, &body); err != nil {
		return nil, badRequest("Invalid request body")
	}
	content, ok := body.SpecificContent["com.linkedin.ugc.ShareContent"]
	if !ok {
		return nil, isMissing("specificContent")
	}
	if content.ShareMediaCategory == "" && !st.settings.members.unlisted {
		return nil, isMissing("specificContent/com.linkedin.ugc.ShareContent/shareMediaCategory")
	}
	return st.publish(body.Author, content.ShareCommentary.Text, body.Visibility["com.linkedin.ugc.MemberNetworkVisibility"], content.Media)
}

func (st *state) createShare(r *request) (any, *problem) {
	var body struct {
		Owner        string
		Commentary   string
		Visibility   map[string]string
		Text         struct{ Text string }
		Distribution map[string]any
		Content      json.RawMessage
	}
	err := json.Unmarshal(r.body, &body)
	visibility := "PUBLIC"
	switch overview := st.settings.members.unlisted && body.Commentary != ""; {
	case err == nil && overview:
		body.Owner, body.Text.Text, visibility = st.viewer(r).URN(), body.Commentary, body.Visibility["com.linkedin.ugc.MemberNetworkVisibility"]
	case err != nil || body.Distribution == nil:
		return nil, badRequest("Invalid request body")
	}
	made, p := st.publish(body.Owner, body.Text.Text, visibility, body.Content)
	if r, ok := made.(*reply); ok && r.status == 201 {
		r.body = map[string]any{"activity": "urn:li:activity:" + strings.TrimPrefix(r.header["X-Restli-Id"], "urn:li:share:"), "id": r.header["X-Restli-Id"]}
	}
	return made, p
}

func (st *state) post(id string) *Post {
	i := slices.IndexFunc(st.posts.list, func(p *Post) bool { return p.ID == id })
	if i < 0 {
		return nil
	}
	return st.posts.list[i]
}

func (p *Post) wire() map[string]any {
	row := map[string]any{
		"id": p.ID, "author": p.Author, "commentary": p.Text, "visibility": p.Visibility, "lifecycleState": "PUBLISHED",
		"lifecycleStateInfo": map[string]any{"isEditedByAuthor": p.edited}, "isReshareDisabledByAuthor": false,
		"createdAt": p.Created.UnixMilli(), "publishedAt": p.Created.UnixMilli(), "lastModifiedAt": p.LastModified.UnixMilli(),
		"distribution": map[string]any{"feedDistribution": "MAIN_FEED", "thirdPartyDistributionChannels": []string{}},
	}
	if p.Content != "null" {
		row["content"] = json.RawMessage(p.Content)
	}
	return row
}

func (st *state) getPost(r *request) (any, *problem) {
	if !st.settings.readablePosts {
		return nil, &mayNot
	}
	p := st.post(r.key("post"))
	if p == nil {
		return nil, &noRecord
	}
	return p.wire(), nil
}

func (st *state) listPosts(r *request) (any, *problem) {
	if !st.settings.readablePosts {
		return nil, &mayNot
	}
	author := r.query.Text("author")
	if r.query.Text("q") != "author" || author == "" {
		return nil, badRequest("Invalid query parameters passed to request")
	}
	var rows []any
	for _, p := range slices.Backward(st.posts.list) {
		if p.Author == author {
			rows = append(rows, p.wire())
		}
	}
	return pageOf(r, rows)
}

// pageOf is a page of rows, without a link and a total.
func pageOf(r *request, rows []any) (any, *problem) {
	start, err1 := strconv.Atoi(r.query.Text("start"))
	count, err2 := strconv.Atoi(r.query.Text("count"))
	if err1 != nil || err2 != nil || start < 0 || count < 1 {
		return nil, badRequest("Invalid query parameters passed to request")
	}
	page := rows[min(start, len(rows)):min(start+count, len(rows))]
	if page == nil {
		page = []any{}
	}
	return map[string]any{"elements": page, "paging": map[string]any{"start": start, "count": count, "links": []any{}}}, nil
}

func (st *state) updatePost(r *request) (any, *problem) {
	if r.restli != "partial_update" {
		return nil, badRequest("The header X-RestLi-Method is missing")
	}
	var body struct {
		Patch struct {
			Set map[string]string `json:"$set"`
		}
	}
	p := st.post(r.key("post"))
	switch {
	case json.Unmarshal(r.body, &body) != nil:
		return nil, badRequest("Invalid request body")
	case p == nil:
		return nil, &noRecord
	}
	if text, ok := body.Patch.Set["commentary"]; ok && text != p.Text {
		p.Text, p.edited, p.LastModified = text, true, st.now()
	}
	return &reply{status: 204}, nil
}

func (st *state) deletePost(r *request) (any, *problem) {
	id := r.key("post")
	if id == "" {
		return nil, badRequest("Syntax exception in path variables")
	}
	st.posts.list = slices.DeleteFunc(st.posts.list, func(p *Post) bool { return p.ID == id })
	return &reply{status: 204}, nil
}
