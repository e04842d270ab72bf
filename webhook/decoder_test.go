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
		d := &webhook.Delivery{Label: "jobs", Body: []byte(body)}
		require.NoError(t, webhook.DecodeRaw(d))
		assert.Equal(t, []webhook.Event{webhook.Unknown{Label: "jobs", Raw: json.RawMessage(body)}}, d.Events)
	}
}
