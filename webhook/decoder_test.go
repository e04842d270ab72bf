package webhook_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/webhook"
)

func TestRawDecoderTakesAnything(t *testing.T) {
	for _, body := range []string{"", "not JSON", `{"ready":true}`} {
		events, err := webhook.RawDecoder("jobs", []byte(body))
		require.NoError(t, err)
		assert.Equal(t, []webhook.Event{webhook.Unknown{Label: "jobs", Raw: json.RawMessage(body)}}, events)
	}
}
