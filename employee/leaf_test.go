package employee_test

import (
	"encoding/json"
	"testing"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// leaf checks that both JSON packages read a value alike, starting from a value that has to be overwritten.
func leaf[T any](t *testing.T, previous T, text string, want T, ok bool) {
	t.Helper()
	for name, unmarshal := range map[string]func([]byte, any) error{
		"encoding/json":      json.Unmarshal,
		"go-json-experiment": func(b []byte, v any) error { return jsonv2.Unmarshal(b, v) },
	} {
		got := struct{ V T }{previous}
		err := unmarshal([]byte(`{"V": `+text+`}`), &got)
		if !ok {
			require.Error(t, err, "%s reads %s", name, text)
			assert.Equal(t, previous, got.V, "%s changed a value it could not read", name)
			continue
		}
		require.NoError(t, err, "%s: %s", name, text)
		assert.Equal(t, want, got.V, "%s: %s", name, text)
	}
}

func written(t *testing.T, v any) string {
	t.Helper()
	first, err := json.Marshal(v)
	require.NoError(t, err)
	second, err := jsonv2.Marshal(v)
	require.NoError(t, err)
	assert.Equal(t, string(first), string(second))
	return string(first)
}
