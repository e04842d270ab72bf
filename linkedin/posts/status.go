package posts

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/codec"
	"github.com/pronet-go/pronet/internal/linkedinapi"
	"github.com/pronet-go/pronet/internal/wire"
	"github.com/pronet-go/pronet/linkedin/urn"
)

// Status is how far LinkedIn is with an upload.
type Status string

// The states that LinkedIn's pages list. Others are kept as they are, and waited for.
const (
	WaitingUpload    Status = "WAITING_UPLOAD"
	Processing       Status = "PROCESSING"
	Available        Status = "AVAILABLE"
	ProcessingFailed Status = "PROCESSING_FAILED"
)

// Uploaded is an image, video or document as LinkedIn has it.
type Uploaded struct {
	// ID and Owner are its URN and whose it is.
	ID, Owner urn.URN
	// Status is how far LinkedIn is with it.
	Status Status
	// Reason says why processing failed, in LinkedIn's words; "" otherwise.
	Reason string
	// Raw is the response's JSON.
	Raw json.RawMessage
}

// UnmarshalJSON decodes it and keeps its JSON.
func (u *Uploaded) UnmarshalJSON(data []byte) error {
	var read struct {
		ID     linkedinapi.Text `json:"id"`
		Owner  linkedinapi.Text `json:"owner"`
		Status linkedinapi.Text `json:"status"`
		Reason linkedinapi.Text `json:"processingFailureReason"`
	}
	if err := codec.Decode(data, &read); err != nil {
		return err
	}
	*u = Uploaded{Status: Status(read.Status), Reason: string(read.Reason), Raw: bytes.Clone(data)}
	u.ID, _ = urn.Parse(string(read.ID))
	u.Owner, _ = urn.Parse(string(read.Owner))
	return nil
}

// ErrProcessing reports that LinkedIn could not process an upload: upload it again, in another form.
var ErrProcessing = errors.New("LinkedIn could not process the upload")

// Image returns how far LinkedIn is with an image.
func (s *MediaService) Image(ctx context.Context, id urn.URN, options ...api.CallOption) (*Uploaded, error) {
	s = linkedinapi.Made(s)
	return s.status(ctx, s.imageStatus, id, options)
}

// Video is Image for a video.
func (s *MediaService) Video(ctx context.Context, id urn.URN, options ...api.CallOption) (*Uploaded, error) {
	s = linkedinapi.Made(s)
	return s.status(ctx, s.videoStatus, id, options)
}

// Document is Image for a document.
func (s *MediaService) Document(ctx context.Context, id urn.URN, options ...api.CallOption) (*Uploaded, error) {
	s = linkedinapi.Made(s)
	return s.status(ctx, s.documentStatus, id, options)
}

func (s *MediaService) status(ctx context.Context, e *linkedinapi.Endpoint, id urn.URN, options []api.CallOption) (*Uploaded, error) {
	call, err := s.caller.At(ctx, e, nil, options, id)
	if err != nil {
		return nil, err
	}
	var u Uploaded
	call.Into = &u
	if _, err := s.caller.Send(ctx, call, "", nil); err != nil {
		return nil, err
	}
	return &u, nil
}

// statusPatience is for how long responses may lack the status.
const statusPatience = time.Minute

var errNoStatus = wire.Plain("the response does not tell the status of the upload", nil)

// Wait asks for the status every two seconds, later every ten, until the upload is AVAILABLE; progress, if not nil, is
// called with each response. An upload that failed is [ErrProcessing], and one of which no response tells the status for a
// minute is [api.ErrUnexpectedResponse]; without a deadline of the context it waits for ever. What LinkedIn said last comes
// with these errors and with the context's.
func (s *MediaService) Wait(ctx context.Context, id urn.URN, progress func(*Uploaded), options ...api.CallOption) (*Uploaded, error) {
	s = linkedinapi.Made(s)
	if err := s.caller.Ready(ctx, s.imageStatus); err != nil {
		return nil, err
	}
	e := map[string]*linkedinapi.Endpoint{"image": s.imageStatus, "video": s.videoStatus, "document": s.documentStatus}[id.Type()]
	if e == nil {
		return nil, wire.Refuse(s.imageStatus.Op, errors.New("media is an image, a video or a document, such as urn:li:image:a1b2"))
	}
	wait, told := 2*time.Second, time.Now()
	for {
		u, err := s.status(ctx, e, id, options)
		if err != nil {
			return nil, err
		}
		if progress != nil {
			progress(u)
		}
		switch u.Status {
		case Available:
			return u, nil
		case ProcessingFailed:
			return u, fmt.Errorf("LinkedIn.Posts.Media.Wait: %w", ErrProcessing)
		case "":
			if time.Since(told) >= statusPatience {
				return u, wire.NewError(e.Op, api.ErrUnexpectedResponse, errNoStatus)
			}
		default:
			told = time.Now()
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return u, fmt.Errorf("LinkedIn.Posts.Media.Wait: the upload is not available yet: %w", context.Cause(ctx))
		}
		wait = min(wait*3/2, 10*time.Second)
	}
}
