package posts

import (
	"context"
	"errors"
	"strings"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/linkedinapi"
	"github.com/pronet-go/pronet/internal/wire"
	"github.com/pronet-go/pronet/linkedin/urn"
)

// LegacyService is client.LinkedIn.Posts.Legacy: the endpoints that document 002 describes and LinkedIn calls legacy. Their
// texts are plain strings, and so are sent as they are.
type LegacyService struct {
	caller     *linkedinapi.Caller
	ugc, share *linkedinapi.Endpoint
}

// UGC is a post of the older endpoint ugcPosts.
type UGC struct {
	// Author is the member or organization that publishes it.
	Author urn.URN
	// Text is its text. It is plain.
	Text string
	// Visibility is Public unless set.
	Visibility Visibility
	// Link, Title and Description show a page. Title and Description also stand beside an asset.
	Link, Title, Description string
	// Asset is an image or video (urn:li:digitalmediaAsset:...), see client.LinkedIn.Posts.Media.RegisterUpload; none when zero.
	Asset urn.URN
	// Video says that the asset is a video.
	Video bool
	// Overview writes the body as the overview that document 002 is has it: without shareMediaCategory and descriptions, with
	// the title outside of the media, and with urn:li:digitalmediaMediaArtifact:(...) as an Asset too. LinkedIn's page has
	// it otherwise, so expect a refusal.
	Overview bool
}

// overview is the body as document 002 has it.
func (u *UGC) overview(visibility Visibility) (any, error) {
	if u.Link != "" || u.Description != "" || u.Text == "" && u.Asset.IsZero() {
		return nil, errors.New("the overview's post has a text, or an asset, and no link and no description")
	}
	content := map[string]any{}
	if u.Text != "" {
		content["shareCommentary"] = map[string]any{"text": u.Text}
	}
	if !u.Asset.IsZero() {
		content["media"] = []any{map[string]any{"media": u.Asset.String(), "status": "READY"}}
	}
	body := ugcBody(u.Author, content, visibility)
	if u.Title != "" {
		body["title"] = u.Title
	}
	return body, nil
}

func ugcBody(author urn.URN, content any, visibility Visibility) map[string]any {
	return map[string]any{
		"author": author.String(), "lifecycleState": "PUBLISHED", "specificContent": map[string]any{"com.linkedin.ugc.ShareContent": content},
		"visibility": map[string]any{"com.linkedin.ugc.MemberNetworkVisibility": visibility},
	}
}

// checked is the visibility, Public unless set.
func (v Visibility) checked() (Visibility, error) {
	switch v {
	case "":
		return Public, nil
	case Public, Connections:
		return v, nil
	}
	return "", errors.New("the visibility is Public or Connections")
}

func (u *UGC) body() (any, error) {
	type text struct {
		Text string `json:"text"`
	}
	type media struct {
		Status      string `json:"status"`
		Description *text  `json:"description,omitempty"`
		Media       string `json:"media,omitempty"`
		OriginalURL string `json:"originalUrl,omitempty"`
		Title       *text  `json:"title,omitempty"`
	}
	type share struct {
		Commentary text    `json:"shareCommentary"`
		Category   string  `json:"shareMediaCategory"`
		Media      []media `json:"media,omitempty"`
	}
	optional := func(s string) *text {
		if s == "" {
			return nil
		}
		return &text{s}
	}
	visibility, err := u.Visibility.checked()
	if err != nil {
		return nil, err
	}
	if u.Overview && isAuthor(u.Author) {
		return u.overview(visibility)
	}
	content := share{Commentary: text{u.Text}, Category: "NONE"}
	shown := media{Status: "READY", Description: optional(u.Description), Title: optional(u.Title)}
	switch {
	case !isAuthor(u.Author):
		return nil, errAuthor
	case !u.Asset.IsZero() && u.Link != "":
		return nil, errors.New("a post shows a link or an asset, not both")
	case !u.Asset.IsZero() && u.Asset.Type() != "digitalmediaAsset":
		return nil, errors.New("the asset is urn:li:digitalmediaAsset:..., as RegisterUpload returned it")
	case !u.Asset.IsZero():
		content.Category, shown.Media = "IMAGE", u.Asset.String()
		if u.Video {
			content.Category = "VIDEO"
		}
		content.Media = []media{shown}
	case u.Link != "":
		content.Category, shown.OriginalURL = "ARTICLE", u.Link
		content.Media = []media{shown}
	case u.Title != "" || u.Description != "":
		return nil, errors.New("a title and a description are those of a link or an asset")
	case u.Text == "":
		return nil, errors.New("the post has neither a text nor content")
	}
	return ugcBody(u.Author, content, visibility), nil
}

// CreateUGC publishes a post by ugcPosts and returns its URN. It is not retried when its response was lost: the error is
// [api.ErrMaybeApplied] then.
//
// Source: LinkedIn's page "Share on LinkedIn"; document 002, whose bodies are others: see Overview.
func (s *LegacyService) CreateUGC(ctx context.Context, u UGC, options ...api.CallOption) (urn.URN, error) {
	s = linkedinapi.Made(s)
	call, err := s.caller.At(ctx, s.ugc, nil, options)
	if err != nil {
		return urn.URN{}, err
	}
	body, err := u.body()
	if err != nil {
		return urn.URN{}, wire.Refuse(call.Op, err)
	}
	return created(ctx, s.caller, call, body)
}

// Share is a post of the oldest endpoint, shares.
type Share struct {
	// Owner is the member or organization that publishes it.
	Owner urn.URN
	// Text is its text, Subject a title that mails show.
	Text, Subject string
	// Link, Title and Thumbnail show a page; Thumbnail is the address of an image.
	Link, Title, Thumbnail string
	// Visibility is Public unless set, and of an Overview alone.
	Visibility Visibility
	// Overview writes the body as the overview that document 002 is has it: the text as commentary, and the visibility. Nothing
	// else is in it, not even the Owner, who is the member whose token it is. Public clients have it otherwise, so expect a
	// refusal.
	Overview bool
}

func (s *Share) overview() (any, error) {
	visibility, err := s.Visibility.checked()
	if err == nil && (s.Text == "" || s.Link+s.Title+s.Thumbnail+s.Subject != "" || !s.Owner.IsZero()) {
		err = errors.New("the overview's share has a text, a visibility, and nothing else")
	}
	return map[string]any{"commentary": s.Text, "visibility": map[string]any{"com.linkedin.ugc.MemberNetworkVisibility": visibility}}, err
}

// CreateShare publishes a post by shares and returns its URN. It is not retried when its response was lost: the error is
// [api.ErrMaybeApplied] then.
//
// Source: document 002 names the endpoint; the body is that of public clients (reported), or the document's: see Overview.
func (s *LegacyService) CreateShare(ctx context.Context, share Share, options ...api.CallOption) (urn.URN, error) {
	s = linkedinapi.Made(s)
	call, err := s.caller.At(ctx, s.share, nil, options)
	if err != nil {
		return urn.URN{}, err
	}
	if share.Overview {
		body, err := share.overview()
		if err != nil {
			return urn.URN{}, wire.Refuse(call.Op, err)
		}
		return created(ctx, s.caller, call, body)
	}
	var refusal error
	switch {
	case share.Visibility != "":
		refusal = errors.New("a visibility is of an Overview alone")
	case !isAuthor(share.Owner):
		refusal = errAuthor
	case share.Text == "" && share.Link == "":
		refusal = errors.New("the post has neither a text nor a link")
	case share.Link == "" && share.Title+share.Thumbnail != "":
		refusal = errors.New("a title and a thumbnail are those of a link")
	}
	if refusal != nil {
		return urn.URN{}, wire.Refuse(call.Op, refusal)
	}
	body := map[string]any{"owner": share.Owner.String(), "distribution": map[string]any{"linkedInDistributionTarget": map[string]any{}}}
	if share.Subject != "" {
		body["subject"] = share.Subject
	}
	if share.Text != "" {
		body["text"] = map[string]any{"text": share.Text}
	}
	if share.Link != "" {
		entity := map[string]any{"entityLocation": share.Link}
		if share.Thumbnail != "" {
			entity["thumbnails"] = []any{map[string]any{"resolvedUrl": share.Thumbnail}}
		}
		content := map[string]any{"contentEntities": []any{entity}}
		if share.Title != "" {
			content["title"] = share.Title
		}
		body["content"] = content
	}
	return created(ctx, s.caller, call, body)
}

// ErrDuplicate reports that LinkedIn takes a post for one that its author has just published. A *[DuplicateError] has what
// it says.
var ErrDuplicate = errors.New("the post is a duplicate of one of the author's newest")

// DuplicateError tells of a post that was refused as a duplicate. It is [ErrDuplicate].
type DuplicateError struct {
	// Hint is the URN that LinkedIn's message names, zero when it names none. It is not the id of anything that was made by
	// this call: each try can name another, and a Get of it may find nothing.
	Hint urn.URN
}

// Error says what happened, without the URN.
func (e *DuplicateError) Error() string { return ErrDuplicate.Error() }

// SafeText is Error.
func (e *DuplicateError) SafeText() string { return e.Error() }

// Unwrap returns ErrDuplicate.
func (e *DuplicateError) Unwrap() error { return ErrDuplicate }

const duplicatePost = "DUPLICATE_POST"

// refused puts a *DuplicateError below LinkedIn's error, whose code is in the details of its inputs.
func refused(err error) error {
	failure, ok := errors.AsType[*api.Error](err)
	if !ok || failure.Status != 422 {
		return err
	}
	read, ok := linkedinapi.ReadError(failure.Body)
	if !ok {
		return err
	}
	duplicate := read.Code == duplicatePost
	for _, input := range read.Details.Inputs {
		duplicate = duplicate || input.Code == duplicatePost
	}
	if !duplicate {
		return err
	}
	hint := &DuplicateError{Hint: firstPost(read.Message)}
	for i := 0; i < len(read.Details.Inputs) && hint.Hint.IsZero(); i++ {
		hint.Hint = firstPost(read.Details.Inputs[i].Description)
	}
	failure.Code = duplicatePost
	if failure.Cause == nil {
		failure.Cause = hint
	} else {
		failure.Cause = errors.Join(hint, failure.Cause)
	}
	return failure
}

// firstPost is the first URN of a post in a text.
func firstPost(text string) urn.URN {
	for _, kind := range []string{"urn:li:share:", "urn:li:ugcPost:"} {
		_, rest, found := strings.Cut(text, kind)
		if !found {
			continue
		}
		digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
		if id, err := urn.Parse(kind + rest[:digits]); err == nil {
			return id
		}
	}
	return urn.URN{}
}
