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
