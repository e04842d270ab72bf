package linkedinapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/codec"
	"github.com/pronet-go/pronet/internal/restli"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
)

// Caller sends the calls of LinkedIn's services. The nil Caller, which a service has that pronet.New has not made, refuses
// them all.
type Caller struct {
	// Pipeline is what sends them.
	Pipeline *transport.Pipeline
	settings *Settings
}

// NewCaller returns a Caller on a pipeline.
func NewCaller(p *transport.Pipeline, settings *Settings) *Caller {
	return &Caller{Pipeline: p, settings: settings}
}

// Made is a service, and instead of nil one that pronet.New has not made: each method of a service begins with it.
func Made[S any](service *S) *S {
	if service == nil {
		return new(S)
	}
	return service
}

// Endpoint puts an operation, whose query is written in a protocol, where the settings have its service, and declares it.
func (c *Caller) Endpoint(protocol restli.Protocol, op wire.Op) *Endpoint {
	e := c.settings.EndpointIn(protocol, op)
	c.Pipeline.Declare(e.Op)
	return e
}

// Ready refuses a call of a service that pronet.New has not made, without a context, or without a token for LinkedIn.
func (c *Caller) Ready(ctx context.Context, e *Endpoint) error {
	switch {
	case c == nil || e == nil:
		return wire.ErrNoService
	case ctx == nil:
		return wire.Refuse(e.Op, errNoContext)
	case !c.Pipeline.Configured(e.Op.Provider):
		return wire.NewError(e.Op, api.ErrNotConfigured, nil)
	}
	return nil
}

var (
	errNoContext = errors.New("the context is nil")
	errEmptyKey  = errors.New("an id is empty")
)

// At is a call of an endpoint that is [Caller.Ready], with a query and the keys of its path. A key that is empty, or a
// compound one with an empty field, is refused.
func (c *Caller) At(ctx context.Context, e *Endpoint, query restli.Record, options []api.CallOption, keys ...any) (transport.Call, error) {
	if err := c.Ready(ctx, e); err != nil {
		return transport.Call{}, err
	}
	path, err := e.at(keys)
	if err != nil {
		return transport.Call{}, err
	}
	call, err := e.Call(query, options)
	call.EncodedPath = path
	return call, err
}

// at is the path with keys, "" without any.
func (e *Endpoint) at(keys []any) (string, error) {
	switch {
	case len(keys) == 0:
		return "", nil
	case slices.ContainsFunc(keys, isEmpty):
		return "", wire.Refuse(e.Op, errEmptyKey)
	}
	return e.Path(keys...)
}

func isEmpty(key any) bool {
	switch key := key.(type) {
	case string:
		return key == ""
	case interface{ IsZero() bool }: // a URN
		return key.IsZero()
	case restli.Record:
		return len(key) == 0 || slices.ContainsFunc(key, func(f restli.Field) bool { return isEmpty(f.Value) })
	}
	return false
}

// Send sends a call with a method of Rest.li, unless it is "", and a body that is written as JSON, unless it is nil.
func (c *Caller) Send(ctx context.Context, call transport.Call, method string, body any) (transport.Response, error) {
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
	return c.Pipeline.Do(ctx, call)
}

// Deleted is the error of a call that deletes. A 404 is none if the call was sent more than once: an earlier attempt, whose
// response was lost, may have deleted what is gone.
func Deleted(err error) error {
	if e, ok := errors.AsType[*api.Error](err); ok && e.Attempts > 1 && errors.Is(err, api.ErrNotFound) {
		return nil
	}
	return err
}

// Created sends a call that makes something, and returns its id: that of the first of the fields of the response's body,
// and then of its header, that read accepts. A response without one is api.ErrUnexpectedResponse and api.ErrMaybeApplied.
func Created[T any](ctx context.Context, c *Caller, call transport.Call, body any, read func(id string) (T, error), fields ...string) (id T, err error) {
	missing := true
	accept := func(text string) {
		if missing && text != "" {
			id, err = read(text)
			missing = err != nil
		}
	}
	call.Decode = func(content []byte) error {
		var told map[string]json.RawMessage
		if len(bytes.TrimSpace(content)) == 0 {
			return nil
		}
		if err := codec.Decode(content, &told); err != nil {
			return err
		}
		for _, name := range fields {
			var text Text
			_ = text.UnmarshalJSON(told[name]) // it has no error
			accept(string(text))
		}
		return nil
	}
	response, failure := c.Send(ctx, call, "", body)
	if failure != nil {
		return id, failure
	}
	if accept(CreatedID(response.Header)); missing {
		return id, NotTold(call.Op, response.Status, errNoID)
	}
	return id, nil
}

var errNoID = wire.Plain("the response does not tell the id of what was made", nil)

// NotTold is the error of a good response that does not tell, for this reason, what was made.
func NotTold(op *wire.Op, status int, reason error) *api.Error {
	e := wire.NewError(op, api.ErrUnexpectedResponse, reason)
	e.Status, e.InDoubt = status, op.InDoubt
	wire.Add(e, api.ErrMaybeApplied)
	return e
}

// ListAt is [List] for an endpoint whose path has keys.
func ListAt[T any](ctx context.Context, c *Caller, e *Endpoint, query restli.Record, at At, options []api.CallOption, keys ...any) (*api.Page[T], error) {
	if err := c.Ready(ctx, e); err != nil {
		return nil, err
	}
	var err error
	if at.Path, err = e.at(keys); err != nil {
		return nil, err
	}
	return List[T](ctx, c.Pipeline, e, query, at, options)
}
