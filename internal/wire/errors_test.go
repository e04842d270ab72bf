package wire_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/wire"
)

func TestPlain(t *testing.T) {
	cause := errors.New("CANARY")
	err := wire.Plain("the list is empty", cause)
	assert.Equal(t, "the list is empty", err.Error())
	assert.ErrorIs(t, err, cause)
	assert.Equal(t, "the list is empty", wire.SafeText(fmt.Errorf("x: %w", err)))
	assert.Empty(t, wire.SafeText(cause))
	assert.Empty(t, wire.SafeText(nil))
	assert.NoError(t, errors.Unwrap(wire.Plain("x", nil)))
}

// TestKindOfEachStatus pins which sentinel belongs to which status.
func TestKindOfEachStatus(t *testing.T) {
	for kind, statuses := range map[error][]int{
		nil:                       {200, 201, 204, 206, 299},
		api.ErrUnexpectedResponse: {0, 100, 101, 199},
		api.ErrNotReady:           {202},
		api.ErrRedirect:           {300, 301, 302, 303, 304, 307, 308, 399},
		api.ErrInvalid:            {400, 405, 406, 411, 414, 415, 418, 422, 451, 499},
		api.ErrUnauthorized:       {401},
		api.ErrNoCredits:          {402},
		api.ErrForbidden:          {403},
		api.ErrNotFound:           {404, 410},
		api.ErrConflict:           {409},
		api.ErrTooLarge:           {413},
		api.ErrRateLimited:        {429},
		api.ErrUnavailable:        {408, 500, 501, 502, 503, 504, 520, 599, 600, 999},
	} {
		for _, status := range statuses {
			e := wire.NewStatusError(op, status)
			assert.Equal(t, status, e.Status)
			if kind == nil {
				assert.Empty(t, e.Kinds, "%d", status)
				continue
			}
			require.Len(t, e.Kinds, 1, "%d", status)
			assert.ErrorIs(t, e, kind, "%d", status)
		}
	}
}

var op = &wire.Op{Name: "Things.Do", Provider: "test", Method: wire.Get, Route: "/things/{thing}"}

func TestCredits(t *testing.T) {
	assert.Equal(t, "1 credit", wire.Credits(1))
	assert.Equal(t, "20 credits", wire.Credits(20))
}

func TestRefuse(t *testing.T) {
	op := &wire.Op{Name: "test.Things"}
	reason := errors.New("the list is empty")
	err := wire.Refuse(op, reason)
	assert.ErrorIs(t, err, api.ErrInvalid)
	assert.ErrorIs(t, err, reason)
	assert.Equal(t, "test.Things: invalid request: the list is empty", err.Error())
	assert.Equal(t, "test.Things: invalid request: twice", wire.Refuse(op, errTwice{}).Error(), "ErrInvalid is said once")
	err = wire.Refuse(op, context.Canceled)
	assert.ErrorIs(t, err, context.Canceled)
	assert.NotErrorIs(t, err, api.ErrInvalid, "the request was not wrong")
}

type errTwice struct{}

func (errTwice) Error() string { return "invalid request: twice" }
func (errTwice) Unwrap() error { return api.ErrInvalid }

func TestNamesOfCertainty(t *testing.T) {
	assert.Equal(t, "documented", wire.Documented.String())
	assert.Equal(t, "assumed", wire.Assumed.String())
	assert.Equal(t, "reported", wire.Reported.String())
	assert.Equal(t, api.RetryNever, wire.Op{}.Retry, "an endpoint of which nothing is said is sent once")
}

// TestDisown: of a response that is not the provider's own only what is true whoever says it stays.
func TestDisown(t *testing.T) {
	op := &wire.Op{Name: "op"}
	for status, want := range map[int][]error{
		302: {api.ErrRedirect}, 408: {api.ErrUnavailable}, 429: {api.ErrRateLimited}, 503: {api.ErrUnavailable},
		413: {api.ErrTooLarge, api.ErrUnexpectedResponse},
		400: {api.ErrUnexpectedResponse}, 401: {api.ErrUnexpectedResponse}, 402: {api.ErrUnexpectedResponse}, 403: {api.ErrUnexpectedResponse},
		404: {api.ErrUnexpectedResponse}, 409: {api.ErrUnexpectedResponse}, 410: {api.ErrUnexpectedResponse}, 422: {api.ErrUnexpectedResponse},
	} {
		e := wire.NewStatusError(op, status)
		wire.Disown(e, "the response is empty")
		assert.Equal(t, want, e.Kinds, status)
		if want[len(want)-1] == api.ErrUnexpectedResponse {
			assert.ErrorContains(t, e.Cause, "a proxy, or a wrong base URL?", status)
			assert.ErrorContains(t, e.Cause, "the response is empty", status)
		}
	}
}

func TestNoService(t *testing.T) {
	require.ErrorIs(t, wire.NewError(nil, nil, nil), api.ErrNotConfigured)
	require.ErrorIs(t, wire.Refuse(nil, errors.New("odd")), api.ErrNotConfigured)
}

func TestCreditsOfACall(t *testing.T) {
	free, paid, depends := &wire.Op{}, &wire.Op{Cost: "10 credits", Price: 10}, &wire.Op{Cost: "per record"}
	for _, op := range []*wire.Op{free, paid, depends} {
		assert.Zero(t, op.Credits(false))
	}
	assert.Zero(t, free.Credits(true))
	assert.Equal(t, int64(10), paid.Credits(true))
	assert.Equal(t, int64(-1), depends.Credits(true), "it cannot be told")
}
