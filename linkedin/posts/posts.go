package posts

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"iter"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/codec"
	"github.com/pronet-go/pronet/internal/linkedinapi"
	"github.com/pronet-go/pronet/internal/restli"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
	"github.com/pronet-go/pronet/linkedin/urn"
)

// Visibility is who sees a post.
type Visibility string

const (
	// Public is everybody.
	Public Visibility = "PUBLIC"
	// Connections is the author's connections, of a member's post only.
	Connections Visibility = "CONNECTIONS"
)

// NewPost is a post to publish.
type NewPost struct {
	// Author is the member (urn:li:person:...) or organization (urn:li:organization:...) that publishes it.
	Author urn.URN
	// Text is the commentary. It may be empty beside content.
	Text Text
	// Visibility is Public unless set.
	Visibility Visibility
	// Content is an [Article], [Media] or [Images]; nil for a post of text alone.
	Content Content
	// NoReshare keeps others from sharing it again.
	NoReshare bool
}

// Content is what a post shows besides its text: an [Article], [Media] or [Images].
type Content interface {
	content() (any, error)
	shows(read contents) bool // whether it is what a post shows that was read
}

// Article is a link with a preview. LinkedIn does not read the page: title, description and thumbnail are what is shown.
type Article struct {
	// Source is the address of the page.
	Source string
	// Title and Description are plain texts.
	Title, Description string
	// Thumbnail is an image that was uploaded (urn:li:image:...), none when zero.
	Thumbnail urn.URN
}

// Media is one image, video or document that was uploaded and is AVAILABLE.
type Media struct {
	// ID is its URN, such as urn:li:image:... , urn:li:video:... or urn:li:document:... .
	ID urn.URN
	// Title is a plain text, of a video or document.
	Title string
	// AltText describes an image to those who cannot see it.
	AltText string
}

// Images are 2 to 20 images that were uploaded and are AVAILABLE. Their titles are not sent.
type Images []Media

func (a Article) content() (any, error) {
	if a.Source == "" {
		return nil, errors.New("the article has no address (Source)")
	}
	type article struct {
		Source      string `json:"source"`
		Thumbnail   string `json:"thumbnail,omitempty"`
		Title       string `json:"title,omitempty"`
		Description string `json:"description,omitempty"`
	}
	return map[string]any{"article": article{a.Source, a.Thumbnail.String(), a.Title, a.Description}}, nil
}

func (m Media) check() error {
	switch m.ID.Type() {
	case "image", "video", "document":
		return nil
	}
	return errors.New("media is an image, a video or a document, as its upload returned it")
}

func (m Media) content() (any, error) {
	return map[string]any{"media": mediaBody{m.ID.String(), m.Title, m.AltText}}, m.check()
}

type mediaBody struct {
	ID      string `json:"id"`
	Title   string `json:"title,omitempty"`
	AltText string `json:"altText,omitempty"`
}

func (images Images) content() (any, error) {
	if len(images) < 2 || len(images) > 20 {
		return nil, errors.New("several images are 2 to 20; one is Media")
	}
	list := make([]mediaBody, len(images))
	for i, m := range images {
		if m.ID.Type() != "image" {
			return nil, errors.New("Images holds images only (urn:li:image:...)")
		}
		list[i] = mediaBody{ID: m.ID.String(), AltText: m.AltText}
	}
	return map[string]any{"multiImage": map[string]any{"images": list}}, nil
}

// published is the state of a post that can be seen.
const published = "PUBLISHED"

// body is what is sent.
func (n *NewPost) body() (any, error) {
	if !isAuthor(n.Author) {
		return nil, errAuthor
	}
	if n.Text.err != nil {
		return nil, n.Text.err
	}
	visibility, err := n.Visibility.checked()
	if err != nil {
		return nil, err
	}
	body := struct {
		Author       string         `json:"author"`
		Commentary   string         `json:"commentary"`
		Visibility   Visibility     `json:"visibility"`
		Distribution map[string]any `json:"distribution"`
		Content      any            `json:"content,omitempty"`
		State        string         `json:"lifecycleState"`
		NoReshare    bool           `json:"isReshareDisabledByAuthor"`
	}{
		Author: n.Author.String(), Commentary: n.Text.little, Visibility: visibility, State: published, NoReshare: n.NoReshare,
		Distribution: map[string]any{"feedDistribution": "MAIN_FEED", "targetEntities": []string{}, "thirdPartyDistributionChannels": []string{}},
	}
	if n.Content == nil {
		if n.Text.IsZero() {
			return nil, errors.New("the post has neither a text nor content")
		}
		return body, nil
	}
	content, err := shown(n.Content)
	if err == nil {
		body.Content, err = content.content()
	}
	return body, err
}

// shown is a content that is given as it is or by a pointer.
func shown(content Content) (Content, error) {
	switch c := content.(type) {
	case Article, Media, Images:
		return c, nil
	case *Article:
		if c != nil {
			return *c, nil
		}
	case *Media:
		if c != nil {
			return *c, nil
		}
	case *Images:
		if c != nil {
			return *c, nil
		}
	}
	return nil, errors.New("the content is a nil pointer, or neither an Article nor Media nor Images")
}

// created publishes a post or a comment and returns its URN, which LinkedIn writes in a header field, in a body, or in both.
func created(ctx context.Context, c *linkedinapi.Caller, call transport.Call, body any) (urn.URN, error) {
	id, err := linkedinapi.Created(ctx, c, call, body, urn.Parse, "commentUrn", "id")
	return id, refused(err)
}

var errAuthor = errors.New("an author is a member or an organization, such as urn:li:person:a1b2")

func isAuthor(author urn.URN) bool {
	kind := author.Type()
	return (kind == "person" || kind == "organization") && author.ID() != ""
}

// Post is a post as LinkedIn has it.
type Post struct {
	// ID is its URN: urn:li:share:... or urn:li:ugcPost:... .
	ID urn.URN
	// Author is who published it.
	Author urn.URN
	// Text is its commentary in the format little.
	Text Text
	// Visibility is who sees it.
	Visibility Visibility
	// State is PUBLISHED, or another state of its life.
	State string
	// Edited says that its author has changed it.
	Edited bool
	// Created, Published and LastModified have milliseconds, in UTC. Each is zero when not stated.
	Created, Published, LastModified time.Time
	// Content is what it shows besides its text, as JSON.
	Content json.RawMessage
	// Raw is the post's JSON.
	Raw json.RawMessage
}

// UnmarshalJSON decodes a post and keeps its JSON. What is in another form than is known is left zero.
func (p *Post) UnmarshalJSON(data []byte) error {
	var read struct {
		ID           linkedinapi.Text   `json:"id"`
		Author       linkedinapi.Text   `json:"author"`
		Commentary   linkedinapi.Text   `json:"commentary"`
		Visibility   linkedinapi.Text   `json:"visibility"`
		State        linkedinapi.Text   `json:"lifecycleState"`
		Info         json.RawMessage    `json:"lifecycleStateInfo"`
		Created      linkedinapi.Number `json:"createdAt"`
		Published    linkedinapi.Number `json:"publishedAt"`
		LastModified linkedinapi.Number `json:"lastModifiedAt"`
		Content      json.RawMessage    `json:"content"`
	}
	if err := codec.Decode(data, &read); err != nil {
		return err
	}
	var info struct {
		Edited bool `json:"isEditedByAuthor"`
	}
	_ = codec.Decode(read.Info, &info)
	*p = Post{
		Text: LittleText(string(read.Commentary)), Visibility: Visibility(read.Visibility), State: string(read.State), Edited: info.Edited,
		Created: linkedinapi.Time(read.Created), Published: linkedinapi.Time(read.Published), LastModified: linkedinapi.Time(read.LastModified),
		Content: bytes.Clone(read.Content), Raw: bytes.Clone(data),
	}
	p.ID, _ = urn.Parse(string(read.ID))
	p.Author, _ = urn.Parse(string(read.Author))
	return nil
}

// Service is client.LinkedIn.Posts.
type Service struct {
	// Media uploads the images, videos and documents of posts.
	Media *MediaService
	// Legacy has the older endpoints.
	Legacy *LegacyService

	caller *linkedinapi.Caller
	create, get, list, update, remove,
	comment, comments, deleteComment, react, unreact, reactions, counts, pages *linkedinapi.Endpoint
}

// New is for package pronet, whose New makes the client that a program uses. It returns the service on a pipeline.
func New(p *transport.Pipeline, settings *linkedinapi.Settings) *Service {
	c := linkedinapi.NewCaller(p, settings)
	at := func(op wire.Op) *linkedinapi.Endpoint { return c.Endpoint(restli.V2, op) }
	s := &Service{
		caller: c, create: at(opCreate), get: at(opGet), list: at(opList), update: at(opUpdate), remove: at(opDelete),
		comment: at(opComment), comments: at(opComments), deleteComment: at(opDeleteComment),
		react: at(opReact), unreact: at(opUnreact), reactions: at(opReactions), counts: at(opCounts), pages: at(opPages),
		Legacy: &LegacyService{caller: c, ugc: at(opUGC), share: at(opShare)},
	}
	s.Media = &MediaService{
		caller: c, image: at(opImage), document: at(opDocument), video: at(opVideo), finish: at(opFinishVideo), register: at(opRegister),
		imageStatus: at(opImageStatus), videoStatus: at(opVideoStatus), documentStatus: at(opDocumentStatus), put: at(opPut), putPart: at(opPutPart),
	}
	return s
}

// Create publishes a post and returns its URN. It is not retried when its response was lost: then the author's newest
// posts are read, and the one that was published since, for the same readers, with this text and exactly this content, is
// the post. Where the token may not read, or there is no such post or more than one, the error is [api.ErrMaybeApplied].
//
// LinkedIn refuses a post that it takes for one of the author's newest again: [ErrDuplicate] with a *[DuplicateError]. So
// a post whose fate is unknown may be created once more, and a duplicate then tells that the first one was published.
//
// Source: LinkedIn's page "Posts API".
func (s *Service) Create(ctx context.Context, n NewPost, options ...api.CallOption) (urn.URN, error) {
	s = linkedinapi.Made(s)
	call, err := s.caller.At(ctx, s.create, nil, options)
	if err != nil {
		return urn.URN{}, err
	}
	body, err := n.body()
	if err != nil {
		return urn.URN{}, wire.Refuse(call.Op, err)
	}
	began := time.Now()
	id, err := created(ctx, s.caller, call, body)
	if errors.Is(err, api.ErrMaybeApplied) && ctx.Err() == nil {
		if found, ok := s.published(ctx, &n, began, options); ok {
			return found, nil
		}
	}
	return id, err
}

// Get returns a post. One that is not there, or that the token may not read, is [api.ErrNotFound] or [api.ErrForbidden].
func (s *Service) Get(ctx context.Context, id urn.URN, options ...api.CallOption) (*Post, error) {
	s = linkedinapi.Made(s)
	call, err := s.caller.At(ctx, s.get, nil, options, id)
	if err != nil {
		return nil, err
	}
	var post Post
	call.Into, call.Check = &post, func() error {
		if post.ID.IsZero() {
			return wire.Plain("the response has no id", nil)
		}
		return nil
	}
	if _, err := s.caller.Send(ctx, call, "", nil); err != nil {
		return nil, err
	}
	return &post, nil
}

// ListOptions says which posts are listed.
type ListOptions struct {
	// Author is the member or organization whose posts are listed. It is required.
	Author urn.URN
	// ByLastChange sorts by the last change instead of the creation; the newest come first.
	ByLastChange bool
	// After is the Next of the page before; Start is not used then.
	After string
	// Start is the first post of the page, counted from 0.
	Start int
	// Count is how many posts a page has at most, 100 unless set.
	Count int
}

// List returns one page of an author's posts, the newest first.
func (s *Service) List(ctx context.Context, o ListOptions, options ...api.CallOption) (*api.Page[Post], error) {
	s = linkedinapi.Made(s)
	if err := s.caller.Ready(ctx, s.list); err != nil {
		return nil, err
	}
	if !isAuthor(o.Author) {
		return nil, wire.Refuse(s.list.Op, errAuthor)
	}
	sort := "CREATED"
	if o.ByLastChange {
		sort = "LAST_MODIFIED"
	}
	query := restli.Record{{Name: "q", Value: "author"}, {Name: "author", Value: o.Author}, {Name: "sortBy", Value: sort}}
	return linkedinapi.ListAt[Post](ctx, s.caller, s.list, query, linkedinapi.At{After: o.After, Start: o.Start, Count: o.Count}, options)
}

// All walks an author's posts, from After or Start on. It is lazy, starts over with each loop, and ends after an error.
func (s *Service) All(ctx context.Context, o ListOptions, options ...api.CallOption) iter.Seq2[Post, error] {
	return linkedinapi.All(&opList, linkedinapi.At{After: o.After, Start: o.Start, Count: o.Count}, func(at linkedinapi.At) (*api.Page[Post], error) {
		o.After, o.Start, o.Count = at.After, at.Start, at.Count
		return s.List(ctx, o, options...)
	})
}

// Update replaces the text of a post.
func (s *Service) Update(ctx context.Context, id urn.URN, text Text, options ...api.CallOption) error {
	s = linkedinapi.Made(s)
	call, err := s.caller.At(ctx, s.update, nil, options, id)
	if err != nil {
		return err
	}
	if text.err != nil {
		return wire.Refuse(s.update.Op, text.err)
	}
	set := map[string]any{"patch": map[string]any{"$set": map[string]any{"commentary": text.little}}}
	_, err = s.caller.Send(ctx, call, "PARTIAL_UPDATE", set)
	return refused(err)
}

// Delete deletes a post. It is no error to delete one twice. One that LinkedIn does not know is [api.ErrNotFound], unless this
// very call was sent more than once: an earlier attempt whose response was lost may have deleted it.
func (s *Service) Delete(ctx context.Context, id urn.URN, options ...api.CallOption) error {
	s = linkedinapi.Made(s)
	call, err := s.caller.At(ctx, s.remove, nil, options, id)
	if err != nil {
		return err
	}
	_, err = s.caller.Send(ctx, call, "DELETE", nil)
	return linkedinapi.Deleted(err)
}
