package webhook_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/webhook"
)

func TestR37EndpointHidesItsToken(t *testing.T) {
	e := webhook.Endpoint{Label: "base", Token: webhook.NewPathToken()}
	v, err := webhook.PathToken(e)
	require.NoError(t, err)
	var out strings.Builder
	log := slog.New(slog.NewJSONHandler(&out, nil))
	log.Info("m", "endpoint", e, "pointer", &e, "verifier", v, "nested", struct{ E webhook.Endpoint }{e})
	slog.New(slog.NewTextHandler(&out, nil)).Info("m", "endpoint", e, "list", []webhook.Endpoint{e})
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, format, e)
		fmt.Fprintf(&out, format, &e)
		fmt.Fprintf(&out, format, []webhook.Endpoint{e})
		fmt.Fprintf(&out, format, v)
	}
	encoded, err := json.Marshal(map[string]any{"endpoint": e})
	require.NoError(t, err)
	out.Write(encoded)
	text, err := e.MarshalText()
	require.NoError(t, err)
	out.Write(text)
	assert.NotContains(t, out.String(), e.Token)
	assert.NotContains(t, out.String(), fmt.Sprintf("%x", e.Token))
	assert.Contains(t, out.String(), "{Label:base Token:[redacted]}")

	var loaded webhook.Endpoint
	require.NoError(t, json.Unmarshal([]byte(`{"label":"base","token":"`+e.Token+`"}`), &loaded))
	assert.Equal(t, e.Token, loaded.Token)
}
