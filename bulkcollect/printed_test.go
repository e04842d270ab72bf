package bulkcollect_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/webhook"
)

// TestR67NoOptionsPrintTheToken, by any way of printing: values, pointers, and in something else.
func TestR67NoOptionsPrintTheToken(t *testing.T) {
	token := webhook.NewPathToken()
	url, err := webhook.CallbackURL("https://crm.company.com/hooks", token)
	require.NoError(t, err)
	one, many := bulkcollect.Options{WebhookURL: url, Request: "r"}, bulkcollect.GroupOptions{WebhookURL: url, PartSize: 7, OnProgress: func(bulkcollect.GroupProgress) {}}
	_, client := start(t)
	group := openParts(t, client.BulkCollect.Base, []int64{1}, many)
	assert.Equal(t, "group of jobs: 0 of 1 parts are done, 0 running, 0 in doubt, 1 not started", fmt.Sprintf("%+v", group))
	for name, value := range map[string]any{
		"*Group":  group,
		"Options": one, "*Options": &one, "GroupOptions": many, "*GroupOptions": &many,
		"in a struct": struct{ O any }{one}, "in a list": []bulkcollect.GroupOptions{many}, "in a map": map[string]*bulkcollect.Options{"o": &one},
	} {
		var asJSON, asText bytes.Buffer
		slog.New(slog.NewJSONHandler(&asJSON, nil)).Info("x", "value", value)
		slog.New(slog.NewTextHandler(&asText, nil)).Info("x", "value", value)
		encoded, err := json.Marshal(value)
		require.NoError(t, err)
		printed := map[string]string{"json": string(encoded), "slog JSON": asJSON.String(), "slog text": asText.String(), "Sprint": fmt.Sprint(value), "error": fmt.Errorf("x: %v", value).Error()}
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%10.3v"} {
			printed[verb] = fmt.Sprintf(verb, value)
		}
		for way, text := range printed {
			assert.NotContains(t, text, token, "%s by %s", name, way)
			assert.NotContains(t, text, fmt.Sprintf("%x", token), "%s by %s", name, way)
		}
	}
	assert.Contains(t, fmt.Sprintf("%+v", one), "WebhookURL:https://crm.company.com/[redacted]")
	assert.Contains(t, fmt.Sprintf("%+v", &many), "PartSize:7")
}
