package codec_test

import (
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/internal/codec"
)

func TestDecodeAcceptsWhatProvidersSend(t *testing.T) {
	var got struct {
		Name string `json:"name"`
	}
	require.NoError(t, codec.Decode([]byte(`{"name":"first","name":"second","new_field":[1,{}]}`), &got), "duplicate and unknown names")
	assert.Equal(t, "second", got.Name)
	require.NoError(t, codec.Decode([]byte("{\"name\":\"a\xffb\"}"), &got), "invalid UTF-8")
	assert.Equal(t, "a�b", got.Name)
	got.Name = ""
	require.NoError(t, codec.Decode([]byte(`{"NAME":"x"}`), &got))
	assert.Empty(t, got.Name, "names match exactly")
	assert.Error(t, codec.Decode([]byte(`{"name":"a"} trailing`), &got))
}

func TestEqualRequestsHaveEqualBytes(t *testing.T) {
	value := map[string]any{"b": 1, "a": []int64(nil), "c": map[string]any{"z": "<&>", "y": true}}
	for range 20 {
		encoded, err := codec.Encode(value)
		require.NoError(t, err)
		assert.Equal(t, `{"a":[],"b":1,"c":{"y":true,"z":"<&>"}}`, string(encoded))
	}
}

func TestDecodeExactKeepsAllDigits(t *testing.T) {
	var got any
	require.NoError(t, codec.DecodeExact([]byte(`{"id":9007199254740993,"list":[1.50,"2",null,true],"id2":{"x":-1e400}}`), &got))
	assert.Equal(t, map[string]any{
		"id": jsontext.Value("9007199254740993"), "list": []any{jsontext.Value("1.50"), "2", nil, true}, "id2": map[string]any{"x": jsontext.Value("-1e400")},
	}, got)
	assert.Error(t, codec.DecodeExact([]byte("{"), &got))
}
