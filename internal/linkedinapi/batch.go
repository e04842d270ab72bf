package linkedinapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/codec"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
)

// Batch is the response to a batch: what succeeded and what failed, by the text of the key.
type Batch struct {
	Results map[string]json.RawMessage `json:"results"`
	Errors  map[string]json.RawMessage `json:"errors"`

	attempts int
}

// Failed are the errors of the batch's elements by key, of those too that are told of in results by a status. Each is an
// [*api.Error].
func (b *Batch) Failed(op *wire.Op) map[string]error {
	failed := make(map[string]error)
	for key, raw := range b.Results {
		var element struct {
			Status Number          `json:"status"`
			Error  json.RawMessage `json:"error"`
		}
		if codec.Decode(raw, &element) == nil && (element.Status >= 400 || len(element.Error) > 0 && string(element.Error) != "null") {
			said := element.Error
			if len(said) == 0 {
				said = raw
			}
			failed[key] = elementError(op, int(element.Status), said)
		}
	}
	for key, raw := range b.Errors {
		failed[key] = elementError(op, 0, raw)
	}
	for _, err := range failed {
		if e, ok := errors.AsType[*api.Error](err); ok {
			e.Attempts = b.attempts
		}
	}
	return failed
}

// First is the error of a batch with one element, nil when it succeeded.
func (b *Batch) First(op *wire.Op) error {
	failed := b.Failed(op)
	for _, key := range slices.Sorted(maps.Keys(failed)) {
		return failed[key]
	}
	return nil
}

// elementError is what LinkedIn says of one element of a batch whose response has a status of success.
func elementError(op *wire.Op, status int, said []byte) error {
	read, _ := ReadError(said)
	if read.Status != 0 {
		status = int(min(max(read.Status, 0), 999))
	}
	e := wire.NewError(op, KindOf(status), nil)
	if len(e.Kinds) == 0 {
		e.Kinds = []error{api.ErrUnexpectedResponse}
	}
	e.Status, e.Body = status, bytes.Clone(said)
	fill(e, read, "")
	return e
}

// Batch sends a call, as Send does, whose response is a batch. A response without a body tells of no failure.
func (c *Caller) Batch(ctx context.Context, call transport.Call, method string, body any) (*Batch, error) {
	var batch Batch
	call.Decode = func(content []byte) error {
		if len(bytes.TrimSpace(content)) == 0 {
			return nil
		}
		return codec.Decode(content, &batch)
	}
	response, err := c.Send(ctx, call, method, body)
	if err != nil {
		return nil, err
	}
	batch.attempts = response.Attempts
	return &batch, nil
}

// ParseKey reads the text of a compound key, as the keys of a batch's response have it: in protocol 1.0 or 2.0, escaped or
// not. The order of its fields does not matter. It is false for what is no compound key.
func ParseKey(text string) (map[string]string, bool) {
	separator, assign := "&", "="
	inner, second := strings.CutPrefix(text, "(")
	if second {
		inner, separator, assign = strings.TrimSuffix(inner, ")"), ",", ":"
	}
	fields := make(map[string]string)
	for part := range strings.SplitSeq(inner, separator) {
		name, value, found := strings.Cut(part, assign)
		if !found || name == "" {
			return nil, false
		}
		if plain, err := url.PathUnescape(value); err == nil {
			value = plain
		}
		fields[name] = value
	}
	return fields, true
}

// NoElement is the error of a record that a list should have and has not.
func NoElement(op *wire.Op) error {
	e := wire.NewError(op, api.ErrNotFound, wire.Plain("the list has no element", nil))
	e.Status = http.StatusOK
	return e
}

// Named adds a name of ours to the error of one element.
func Named(name string, err error) error { return fmt.Errorf("%s: %w", name, err) }
