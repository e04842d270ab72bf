package posts

import (
	"context"
	"errors"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/codec"
	"github.com/pronet-go/pronet/internal/linkedinapi"
	"github.com/pronet-go/pronet/internal/restli"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
	"github.com/pronet-go/pronet/linkedin/urn"
)

// caller sends calls.
type caller struct{ pipeline *transport.Pipeline }

func (c *caller) ready(ctx context.Context, e *linkedinapi.Endpoint) error {
	switch {
	case c == nil || e == nil:
		return wire.ErrNoService
	case ctx == nil:
		return wire.Refuse(e.Op, errors.New("the context is nil"))
	case !c.pipeline.Configured(e.Op.Provider):
		return wire.NewError(e.Op, api.ErrNotConfigured, nil)
	}
	return nil
}

// at is a call of an endpoint whose path has these keys, which are URNs or compound keys.
func (c *caller) at(ctx context.Context, e *linkedinapi.Endpoint, options []api.CallOption, keys ...any) (transport.Call, error) {
	if err := c.ready(ctx, e); err != nil {
		return transport.Call{}, err
	}
	for _, key := range keys {
		if id, ok := key.(urn.URN); ok && id.IsZero() {
			return transport.Call{}, wire.Refuse(e.Op, errors.New("an id is empty"))
		}
	}
	path, err := e.Path(keys...)
	if err != nil {
		return transport.Call{}, err
	}
	call, err := e.Call(nil, options)
	call.EncodedPath = path
	return call, err
}

// send sends a call with a Rest.li method, and a body unless it is nil.
func (c *caller) send(ctx context.Context, call transport.Call, method string, body any) error {
	_, err := c.exchange(ctx, call, method, body)
	return err
}

func (c *caller) exchange(ctx context.Context, call transport.Call, method string, body any) (transport.Response, error) {
	if body != nil {
		encoded, err := transport.JSON(body)
		if err != nil {
			return transport.Response{}, wire.Refuse(call.Op, err)
		}
		call.Body = encoded
	}
	if method != "" {
		call.Header = call.Header.Clone()
		call.Header["X-Restli-Method"] = []string{method}
	}
	response, err := c.pipeline.Do(ctx, call)
	return response, refused(err)
}

// make creates something and returns its URN, which LinkedIn writes in a header field, in a body, or in both.
func (c *caller) make(ctx context.Context, e *linkedinapi.Endpoint, path string, body any, options []api.CallOption) (urn.URN, error) {
	call, err := e.Call(nil, options)
	if err != nil {
		return urn.URN{}, err
	}
	var id urn.URN
	call.EncodedPath = path
	call.Decode = func(content []byte) error {
		var read struct {
			ID  linkedinapi.Text `json:"id"`
			URN linkedinapi.Text `json:"commentUrn"`
		}
		if len(content) > 0 {
			_ = codec.Decode(content, &read) // the header field may say it
		}
		if id, err = urn.Parse(string(read.URN)); err != nil {
			id, _ = urn.Parse(string(read.ID))
		}
		return nil
	}
	response, err := c.exchange(ctx, call, "", body)
	if err != nil {
		return urn.URN{}, err
	}
	if id.IsZero() {
		id, _ = urn.Parse(linkedinapi.CreatedID(response.Header))
	}
	if id.IsZero() {
		failure := wire.NewError(e.Op, api.ErrUnexpectedResponse, wire.Plain("the response does not tell the id of what was made", nil))
		failure.Status = response.Status
		wire.Add(failure, api.ErrMaybeApplied)
		failure.InDoubt = e.Op.InDoubt
		return urn.URN{}, failure
	}
	return id, nil
}

// listAt returns a page of a list whose path has keys.
func listAt[T any](ctx context.Context, c *caller, e *linkedinapi.Endpoint, query restli.Record, at linkedinapi.At, options []api.CallOption, keys ...any) (*api.Page[T], error) {
	call, err := c.at(ctx, e, nil, keys...)
	if err != nil {
		return nil, err
	}
	at.Path = call.EncodedPath
	return linkedinapi.List[T](ctx, c.pipeline, e, query, at, options)
}
