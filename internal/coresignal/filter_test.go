package coresignal_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/internal/coresignal"
)

type broken struct{}

var errBroken = errors.New("broken")

func (broken) MarshalJSON() ([]byte, error) { return nil, errBroken }

func TestEncodeFilterRefusesTheWholeDatabase(t *testing.T) {
	encoded, err := coresignal.EncodeFilter(json.RawMessage(`{"country":"Spain"}`))
	require.NoError(t, err)
	assert.JSONEq(t, `{"country":"Spain"}`, string(encoded))
	_, err = coresignal.EncodeFilter(json.RawMessage(`{}`))
	require.ErrorContains(t, err, "the whole database")
	_, err = coresignal.EncodeFilter(broken{})
	require.ErrorIs(t, err, errBroken)
}
