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
		require.Len(t, d.Events, 1)
		event := d.Events[0].(webhook.Unknown)
		assert.Equal(t, "jobs", event.Label)
		assert.Equal(t, json.RawMessage(body), event.Raw)
	}
}
