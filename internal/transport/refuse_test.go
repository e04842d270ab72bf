package transport_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/transport"
)

func TestRefuse(t *testing.T) {
	op := &api.Op{Name: "test.Things"}
	reason := errors.New("the list is empty")
	err := transport.Refuse(op, reason)
	assert.ErrorIs(t, err, api.ErrInvalid)
	assert.ErrorIs(t, err, reason)
	assert.Equal(t, "test.Things: invalid request: the list is empty", err.Error())
	assert.Equal(t, "test.Things: invalid request: twice", transport.Refuse(op, errTwice{}).Error(), "ErrInvalid is said once")
	err = transport.Refuse(op, context.Canceled)
	assert.ErrorIs(t, err, context.Canceled)
	assert.NotErrorIs(t, err, api.ErrInvalid, "the request was not wrong")
}

type errTwice struct{}

func (errTwice) Error() string { return "invalid request: twice" }
func (errTwice) Unwrap() error { return api.ErrInvalid }
