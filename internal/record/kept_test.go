package record_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pronet-go/pronet/internal/codec"
	"github.com/pronet-go/pronet/internal/record"
)

func TestKept(t *testing.T) {
	raw := append(make([]byte, 0, 100), `{"name":"A"}`...)
	origin := record.Origin{File: "f", Line: 3}
	kept := record.Keep(raw, []string{"age"}, origin)
	assert.Equal(t, origin, kept.Origin())
	assert.Equal(t, len(raw), cap(kept.Raw()), "nothing can be appended in its place")
	kept.Mismatched()[0] = "changed"
	assert.Equal(t, []string{"age"}, kept.Mismatched())

	none := record.Keep(nil, nil, origin)
	assert.Nil(t, none.Raw())
	assert.Nil(t, none.Unknown(person{}))
	out, err := none.Merge(person{Name: "B"})
	assert.NoError(t, err)
	assert.Equal(t, `{"name":"B"}`, string(out))
}

func TestIsDefault(t *testing.T) {
	assert.True(t, record.IsDefault(nil))
	assert.True(t, record.IsDefault(codec.Decode))
	assert.False(t, record.IsDefault(json.Unmarshal))
	assert.False(t, record.IsDefault(func([]byte, any) error { return errors.New("other") }))
}
