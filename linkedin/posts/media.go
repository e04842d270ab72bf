package posts

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/linkedinapi"
	"github.com/pronet-go/pronet/internal/restli"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
	"github.com/pronet-go/pronet/linkedin/urn"
)

// MediaService is client.LinkedIn.Posts.Media. It uploads what posts show, streamed, and waits until LinkedIn has processed it.
// The content goes to the address that LinkedIn's response names, if it is at LinkedIn's origin www (see
// pronet.LinkedInAccountsURL) or at the API's own, and to no other: [api.ErrUnexpectedResponse] is the error for one that is
// elsewhere.
type MediaService struct {
	caller                                                 *linkedinapi.Caller
	image, document, video, finish, register               *linkedinapi.Endpoint
	imageStatus, videoStatus, documentStatus, put, putPart *linkedinapi.Endpoint
}

// UploadImage uploads an image (JPG, PNG or GIF below 36,152,320 pixels) and returns its URN. Content is read from its
// start, again if the upload is retried; an *os.File is one. Size is how many bytes of it are
// sent: if it has fewer, nothing is, and the error is [api.ErrInvalid]. Once UploadImage has returned, nothing of it is read
// any more.
//
// Source: LinkedIn's page "Images API".
func (s *MediaService) UploadImage(ctx context.Context, owner urn.URN, content io.ReaderAt, size int64, options ...api.CallOption) (urn.URN, error) {
	s = linkedinapi.Made(s)
	return s.upload(ctx, s.image, "image", owner, content, size, options)
}

// UploadDocument uploads a document (PDF, DOC or PPT) and returns its URN, as UploadImage does.
//
// Source: LinkedIn's page "Documents API".
func (s *MediaService) UploadDocument(ctx context.Context, owner urn.URN, content io.ReaderAt, size int64, options ...api.CallOption) (urn.URN, error) {
	s = linkedinapi.Made(s)
	return s.upload(ctx, s.document, "document", owner, content, size, options)
}

var (
	errContent = errors.New("the content is nil, or its size is not above zero")
	errNoURN   = wire.Plain("the response does not tell the URN and the address of the upload", nil)
	errElse    = wire.Plain("the address of the upload is at none of LinkedIn's origins, where alone the content may go", nil)
)

func (s *MediaService) upload(ctx context.Context, e *linkedinapi.Endpoint, kind string, owner urn.URN, content io.ReaderAt, size int64, options []api.CallOption) (urn.URN, error) {
	if err := s.ready(ctx, e, owner, whole(content, size)); err != nil {
		return urn.URN{}, err
	}
	var begun struct {
		Value map[string]linkedinapi.Text `json:"value"`
	}
	err := s.action(ctx, e, "initializeUpload", map[string]any{"initializeUploadRequest": map[string]any{"owner": owner.String()}}, &begun, options)
	if err != nil {
		return urn.URN{}, err
	}
	id, _ := urn.Parse(string(begun.Value[kind]))
	if id.IsZero() || begun.Value["uploadUrl"] == "" {
		return urn.URN{}, wire.NewError(e.Op, api.ErrUnexpectedResponse, errNoURN)
	}
	_, err = s.send(ctx, s.put, string(begun.Value["uploadUrl"]), io.NewSectionReader(content, 0, size), options)
	return id, err
}

// ready refuses what cannot be uploaded, before anything is sent.
func (s *MediaService) ready(ctx context.Context, e *linkedinapi.Endpoint, owner urn.URN, problem error) error {
	if err := s.caller.Ready(ctx, e); err != nil {
		return err
	}
	if !isAuthor(owner) {
		problem = errAuthor
	}
	if problem != nil {
		return wire.Refuse(e.Op, problem)
	}
	return nil
}

// whole says what is wrong with content that is not there up to the size.
func whole(content io.ReaderAt, size int64) error {
	if isNil(content) || size <= 0 {
		return errContent
	}
	switch n, err := content.ReadAt(make([]byte, 1), size-1); {
	case n == 0 && err != nil && !errors.Is(err, io.EOF):
		return wire.Plain("the content cannot be read", err)
	case n == 0:
		return errors.New("the content is shorter than its size says")
	}
	return nil
}

// isNil reports whether there is no content to read, be it behind a pointer that is nil.
func isNil(content io.ReaderAt) bool {
	v := reflect.ValueOf(content)
	return content == nil || v.Kind() == reflect.Pointer && v.IsNil()
}

// action calls an action.
func (s *MediaService) action(ctx context.Context, e *linkedinapi.Endpoint, name string, body, into any, options []api.CallOption) error {
	call, err := s.caller.At(ctx, e, restli.Record{{Name: "action", Value: name}}, options)
	if err != nil {
		return err
	}
	call.Into = into
	_, err = s.caller.Send(ctx, call, "", body)
	return err
}

// send puts content to an address that LinkedIn has named, and returns the ETag of the response.
func (s *MediaService) send(ctx context.Context, e *linkedinapi.Endpoint, address string, content *io.SectionReader, options []api.CallOption) (etag string, err error) {
	op := e.Op
	path, query, ok := s.below(op, address)
	if !ok { // some addresses are at the API itself, where the token goes anyway
		here := *op
		here.Origin = ""
		op = &here
		path, query, ok = s.below(op, address)
	}
	if !ok {
		return "", wire.NewError(op, api.ErrUnexpectedResponse, errElse)
	}
	lent := &lent{content: content}
	defer lent.giveBack()
	call := transport.Call{
		Op: op, EncodedPath: path, Query: query, Options: options,
		Body: &transport.Body{ContentType: "application/octet-stream", Length: content.Size(), Open: func() (io.ReadCloser, error) {
			return io.NopCloser(io.NewSectionReader(lent, 0, content.Size())), nil
		}},
		Decode: refusePage,
	}
	response, err := s.caller.Send(ctx, call, "", nil)
	if err != nil {
		return "", err
	}
	return response.Header.Get("Etag"), nil
}

// lent is the caller's content until it is given back. Net/http goes on reading a request's body when the response has
// come before its end.
type lent struct {
	mu      sync.RWMutex
	content io.ReaderAt
	back    bool
}

func (l *lent) ReadAt(p []byte, at int64) (int, error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.back {
		return 0, io.ErrClosedPipe
	}
	return l.content.ReadAt(p, at)
}

// giveBack waits for the reading that goes on, and lets no other begin.
func (l *lent) giveBack() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.back = true
}

const maxAddress = 8 << 10

// below splits an address at the origin of an operation into path and query, false for one that is elsewhere.
func (s *MediaService) below(op *wire.Op, address string) (path, query string, ok bool) {
	origin := s.caller.Pipeline.Origin(op)
	to, err := url.Parse(address)
	if err != nil || origin == nil || to.Scheme != origin.Scheme || to.Host != origin.Host || to.User != nil || to.Opaque != "" || len(address) > maxAddress {
		return "", "", false
	}
	path, ok = strings.CutPrefix(to.EscapedPath(), origin.EscapedPath())
	return path, to.RawQuery, ok && path != ""
}

// refusePage refuses what a proxy says instead of LinkedIn. What a good response to an upload holds no page of LinkedIn's
// tells: that it is no HTML is assumed.
func refusePage(body []byte) error {
	if bytes.HasPrefix(bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\ufeff"))), []byte("<")) {
		return wire.Plain("the response is HTML or XML (a proxy?)", nil)
	}
	return nil
}

// Video is an upload of a video that has begun. It is JSON without loss: keep it, and a program that was started again can
// go on with it. Its addresses let anybody upload, so it is a secret.
type Video struct {
	// ID is the URN that the video will have.
	ID urn.URN `json:"id"`
	// Size is how many bytes it has.
	Size int64 `json:"size"`
	// Token is LinkedIn's token of the upload.
	Token string `json:"token"`
	// Parts are its parts, in order.
	Parts []Part `json:"parts"`
	// Expires is when the addresses end, zero when LinkedIn did not say.
	Expires time.Time `json:"expires,omitzero"`
}

// Part is a part of a video.
type Part struct {
	// First and Last are its bytes, both inclusive, counted from 0.
	First int64 `json:"first"`
	Last  int64 `json:"last"`
	// Address is where it is sent to.
	Address string `json:"address"`
	// ETag is what LinkedIn said when it was there; "" while it is not.
	ETag string `json:"etag,omitempty"`
}

// Format prints a video without its token and addresses.
func (v Video) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "video of %d bytes, %d of %d parts sent", v.Size, v.sent(), len(v.Parts))
}

// Format prints a part without its address.
func (p Part) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "bytes %d to %d, sent: %t", p.First, p.Last, p.ETag != "")
}

func (v *Video) sent() (n int) {
	for i := range v.Parts {
		if v.Parts[i].ETag != "" {
			n++
		}
	}
	return n
}

// BeginVideo begins the upload of a video of a size in bytes. Nothing is sent of it yet: see SendVideo.
//
// Source: LinkedIn's page "Videos API".
func (s *MediaService) BeginVideo(ctx context.Context, owner urn.URN, size int64, options ...api.CallOption) (*Video, error) {
	s = linkedinapi.Made(s)
	var problem error
	if size <= 0 {
		problem = errContent
	}
	if err := s.ready(ctx, s.video, owner, problem); err != nil {
		return nil, err
	}
	var begun struct {
		Value struct {
			Video        linkedinapi.Text   `json:"video"`
			Token        linkedinapi.Text   `json:"uploadToken"`
			Expires      linkedinapi.Number `json:"uploadUrlsExpireAt"`
			Instructions []struct {
				URL   linkedinapi.Text   `json:"uploadUrl"`
				First linkedinapi.Number `json:"firstByte"`
				Last  linkedinapi.Number `json:"lastByte"`
			} `json:"uploadInstructions"`
		} `json:"value"`
	}
	request := map[string]any{"owner": owner.String(), "fileSizeBytes": size, "uploadCaptions": false, "uploadThumbnail": false}
	if err := s.action(ctx, s.video, "initializeUpload", map[string]any{"initializeUploadRequest": request}, &begun, options); err != nil {
		return nil, err
	}
	v := &Video{Size: size, Token: string(begun.Value.Token), Expires: linkedinapi.Time(begun.Value.Expires)}
	v.ID, _ = urn.Parse(string(begun.Value.Video))
	for _, part := range begun.Value.Instructions {
		v.Parts = append(v.Parts, Part{First: int64(part.First), Last: int64(part.Last), Address: string(part.URL)})
	}
	if err := v.check(); err != nil {
		return nil, wire.NewError(s.video.Op, api.ErrUnexpectedResponse, err)
	}
	return v, nil
}

// check makes sure that the parts are the whole video.
func (v *Video) check() error {
	next := int64(0)
	for _, part := range v.Parts {
		if part.First != next || part.Last < part.First || part.Last >= v.Size || part.Address == "" {
			return wire.Plain("the parts of the upload do not follow each other", nil)
		}
		next = part.Last + 1
	}
	if v.ID.IsZero() || next != v.Size || len(v.Parts) == 0 {
		return wire.Plain("the parts of the upload are not the whole video", nil)
	}
	return nil
}

// SendVideo sends the parts that are not there yet. After each part v has its ETag, and kept, if it is not nil, is called:
// store v there, and after a crash SendVideo goes on where it was. An error of kept ends it. FinishVideo comes next.
//
// Source: LinkedIn's page "Videos API": the parts carry no token.
func (s *MediaService) SendVideo(ctx context.Context, v *Video, content io.ReaderAt, kept func(*Video) error, options ...api.CallOption) error {
	s = linkedinapi.Made(s)
	if err := s.caller.Ready(ctx, s.putPart); err != nil {
		return err
	}
	if v == nil {
		return wire.Refuse(s.putPart.Op, errContent)
	}
	if err := cmp.Or(v.check(), whole(content, v.Size)); err != nil {
		return wire.Refuse(s.putPart.Op, err)
	}
	for i := range v.Parts {
		part := &v.Parts[i]
		if part.ETag != "" {
			continue
		}
		etag, err := s.send(ctx, s.putPart, part.Address, io.NewSectionReader(content, part.First, part.Last-part.First+1), options)
		if err != nil {
			return err
		}
		if etag == "" {
			return wire.NewError(s.putPart.Op, api.ErrUnexpectedResponse, wire.Plain("the response to a part has no ETag", nil))
		}
		part.ETag = etag
		if kept == nil {
			continue
		}
		if err := kept(v); err != nil {
			return err
		}
	}
	return nil
}

// FinishVideo tells LinkedIn that all parts of a video are there. Wait then tells when it may be used.
func (s *MediaService) FinishVideo(ctx context.Context, v *Video, options ...api.CallOption) error {
	s = linkedinapi.Made(s)
	if err := s.caller.Ready(ctx, s.finish); err != nil {
		return err
	}
	if v == nil || v.sent() < len(v.Parts) || v.check() != nil {
		return wire.Refuse(s.finish.Op, errors.New("not all parts of the video were sent"))
	}
	etags := make([]string, len(v.Parts))
	for i := range v.Parts {
		etags[i] = v.Parts[i].ETag
	}
	body := map[string]any{"finalizeUploadRequest": map[string]any{"video": v.ID.String(), "uploadToken": v.Token, "uploadedPartIds": etags}}
	return s.action(ctx, s.finish, "finalizeUpload", body, nil, options)
}

// Send sends content to an address that LinkedIn has named for an upload, for kinds of uploads that have no method here.
// The token goes with it.
func (s *MediaService) Send(ctx context.Context, address string, content io.ReaderAt, size int64, options ...api.CallOption) error {
	s = linkedinapi.Made(s)
	if err := s.caller.Ready(ctx, s.put); err != nil {
		return err
	}
	if err := whole(content, size); err != nil {
		return wire.Refuse(s.put.Op, err)
	}
	_, err := s.send(ctx, s.put, address, io.NewSectionReader(content, 0, size), options)
	return err
}

// Recipe says what an asset of the older endpoint is for.
type Recipe string

// The recipes that LinkedIn's page lists.
const (
	FeedImage Recipe = "urn:li:digitalmediaRecipe:feedshare-image"
	FeedVideo Recipe = "urn:li:digitalmediaRecipe:feedshare-video"
)

// RegisterUpload uploads an image or video by the older endpoint and returns its asset, for [UGC].
//
// Source: LinkedIn's page "Share on LinkedIn".
func (s *MediaService) RegisterUpload(ctx context.Context, owner urn.URN, recipe Recipe, content io.ReaderAt, size int64, options ...api.CallOption) (urn.URN, error) {
	s = linkedinapi.Made(s)
	if err := s.ready(ctx, s.register, owner, whole(content, size)); err != nil {
		return urn.URN{}, err
	}
	var registered struct {
		Value struct {
			Asset     linkedinapi.Text `json:"asset"`
			Mechanism struct {
				HTTP struct {
					URL linkedinapi.Text `json:"uploadUrl"`
				} `json:"com.linkedin.digitalmedia.uploading.MediaUploadHttpRequest"`
			} `json:"uploadMechanism"`
		} `json:"value"`
	}
	request := map[string]any{
		"recipes": []Recipe{recipe}, "owner": owner.String(),
		"serviceRelationships": []any{map[string]any{"relationshipType": "OWNER", "identifier": "urn:li:userGeneratedContent"}},
	}
	if err := s.action(ctx, s.register, "registerUpload", map[string]any{"registerUploadRequest": request}, &registered, options); err != nil {
		return urn.URN{}, err
	}
	asset, _ := urn.Parse(string(registered.Value.Asset))
	address := string(registered.Value.Mechanism.HTTP.URL)
	if asset.IsZero() || address == "" {
		return urn.URN{}, wire.NewError(s.register.Op, api.ErrUnexpectedResponse, errNoURN)
	}
	_, err := s.send(ctx, s.put, address, io.NewSectionReader(content, 0, size), options)
	return asset, err
}
