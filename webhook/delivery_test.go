package webhook_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/webhook"
)

// received sends a body through a handler and returns the delivery.
func received(t testing.TB, sender webhook.Sender, path, body string) *webhook.Delivery {
	t.Helper()
	sink := new(spySink)
	h := newHandlerOf(t, sender, sink)
	require.Equal(t, http.StatusOK, serve(h, httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))).StatusCode)
	require.Len(t, sink.all(), 1)
	return sink.all()[0]
}

func TestDeliverySurvivesJSON(t *testing.T) {
	token := webhook.NewPathToken()
	sender, err := webhook.Coresignal(webhook.Endpoint{Label: `a "label" <ü>`, Token: token})
	require.NoError(t, err)
	for name, body := range map[string]string{
		"notices":       testNotice,
		"not canonical": "\r\n[ {\"member_id\":7,\"member_id\":8,\"status\":\"\xff\",\"changed_fields\":[]}, 7 ]",
		"no events":     "[]",
		"single":        `{"member_id":1,"change_type":"changed"}`,
	} {
		t.Run(name, func(t *testing.T) {
			want := received(t, sender, "/hooks/"+token, body)
			encoded, err := json.Marshal(want)
			require.NoError(t, err)
			assert.NotContains(t, string(encoded), token)
			assert.NotContains(t, string(encoded), "/hooks")
			var got webhook.Delivery
			require.NoError(t, json.Unmarshal(encoded, &got))
			assert.Nil(t, got.Events, "the JSON has none, and does not know the decoder")
			require.NoError(t, webhook.Decode(&got, sender))
			assert.Equal(t, *want, got)
			byValue, err := json.Marshal(*want)
			require.NoError(t, err)
			assert.Equal(t, encoded, byValue)
		})
	}
}

// TestDeliveryIsReadBackWhateverItsDecoder: what was accepted can be read, and has the events of its own sender.
func TestDeliveryIsReadBackWhateverItsDecoder(t *testing.T) {
	token := webhook.NewPathToken()
	sender, err := webhook.Coresignal(webhook.Endpoint{Label: "jobs", Token: token})
	require.NoError(t, err)
	sender.Decoder = webhook.DecodeRaw
	for name, body := range map[string]string{"no notice": "job 7 is ready", "like a notice": testNotice, "empty": ""} {
		want := received(t, sender, "/"+token, body)
		encoded, err := json.Marshal(want)
		require.NoError(t, err)
		var got webhook.Delivery
		require.NoError(t, json.Unmarshal(encoded, &got), name)
		assert.Nil(t, got.Events, name)
		require.NoError(t, webhook.Decode(&got, sender), name)
		assert.Equal(t, *want, got, name)
	}
}

func TestDeliveryRefusesToBecomeAnother(t *testing.T) {
	for name, d := range map[string]webhook.Delivery{
		"key":       {Source: "s", Key: "\xff"},
		"source":    {Source: "s\xfe", Key: "k"},
		"label":     {Source: "s", Key: "k", Label: "\xff"},
		"no source": {Key: "k"},
		"no key":    {Source: "s"},
	} {
		_, err := json.Marshal(d)
		require.Error(t, err, name)
	}
}

func TestDeliveryJSONHasNamedFieldsOnly(t *testing.T) {
	d := webhook.Delivery{
		Source: "s", Label: "l", Key: "l:1", ReceivedAt: time.Date(2026, 11, 2, 3, 4, 5, 6, time.UTC),
		Events: []webhook.Event{webhook.Unknown{Label: "l", Raw: []byte("canary")}}, Body: []byte("\xff"),
	}
	encoded, err := json.Marshal(d)
	require.NoError(t, err)
	assert.JSONEq(t, `{"source":"s","label":"l","key":"l:1","received_at":"2026-11-02T03:04:05.000000006Z","body":"/w=="}`, string(encoded))
}

func TestDecodeByTheSenderOfADelivery(t *testing.T) {
	decoded := 0
	sender := webhook.Sender{Source: "own", Verifier: webhook.Unsigned("base"), Decoder: func(d *webhook.Delivery) error {
		decoded++
		d.Key = "own:" + string(rune('0'+decoded))
		return webhook.DecodeRaw(d)
	}}
	want := received(t, sender, "/", "text")
	require.Equal(t, "own:1", want.Key, "the decoder's key")
	encoded, err := json.Marshal(want)
	require.NoError(t, err)
	var got webhook.Delivery
	require.NoError(t, json.Unmarshal(encoded, &got))
	assert.Nil(t, got.Events, "nobody knows the decoder yet")
	other := webhook.Sender{Source: "other", Decoder: webhook.DecodeRaw}
	require.ErrorIs(t, webhook.Decode(&got, other), webhook.ErrUnknownSource)
	require.NoError(t, webhook.Decode(&got, other, sender))
	assert.Equal(t, *want, got, "the key is the one it was stored with")

	got.Source, got.Body = webhook.SourceCoresignal, []byte("{")
	coresignal, err := webhook.Coresignal(webhook.Endpoint{Label: "l", Token: webhook.NewPathToken()})
	require.NoError(t, err)
	require.ErrorIs(t, webhook.Decode(&got, coresignal), webhook.ErrMalformed)
	assert.Nil(t, got.Events)

	got.Body = []byte("x")
	require.NoError(t, webhook.Decode(&got, webhook.Sender{Source: webhook.SourceCoresignal, Decoder: func(*webhook.Delivery) error { return nil }}))
	assert.NotNil(t, got.Events, "decoded, and nothing in it")

	err = webhook.Decode(&got, webhook.Sender{Source: webhook.SourceCoresignal})
	require.ErrorContains(t, err, "no Decoder")
	require.NotErrorIs(t, err, webhook.ErrUnknownSource, "the source is known")
	assert.Nil(t, got.Events)
	require.Error(t, webhook.Decode(nil, sender))
	before := got
	require.NoError(t, webhook.Decode(&got, webhook.Sender{Source: webhook.SourceCoresignal, Decoder: func(d *webhook.Delivery) error {
		*d = webhook.Delivery{Label: "other", Events: []webhook.Event{webhook.Unknown{}}}
		return nil
	}}))
	before.Events = []webhook.Event{webhook.Unknown{}}
	assert.Equal(t, before, got, "a decoder gives events and nothing else")
}

func TestDeliveryRefusesOtherJSON(t *testing.T) {
	for name, text := range map[string]string{
		"not an object":  `[]`,
		"empty":          `{}`,
		"no source":      `{"key":"k","body":""}`,
		"no key":         `{"source":"s","body":""}`,
		"body not coded": `{"source":"s","key":"k","body":"?"}`,
		"key not UTF-8":  "{\"source\":\"s\",\"key\":\"\xff\",\"body\":\"\"}",
	} {
		d := webhook.Delivery{Key: "before"}
		require.Error(t, json.Unmarshal([]byte(text), &d), name)
		assert.Equal(t, "before", d.Key, name)
	}
}

func FuzzDeliveryJSON(f *testing.F) {
	f.Add("base", "base:1", []byte(testNotice), int64(1_700_000_000), int64(5))
	f.Add("", "k", []byte(nil), int64(0), int64(0))
	f.Fuzz(func(t *testing.T, label, key string, body []byte, seconds, nanoseconds int64) {
		want := webhook.Delivery{
			Source: webhook.SourceCoresignal, Label: strings.ToValidUTF8(label, "?"), Key: strings.ToValidUTF8(key, "?"),
			ReceivedAt: time.Unix(seconds, nanoseconds).UTC(), Body: body,
		}
		if want.Key == "" || webhook.DecodeCoresignal(&want) != nil {
			t.Skip()
		}
		encoded, err := json.Marshal(want)
		if err != nil {
			t.Skip() // A year that RFC 3339 does not have.
		}
		var got webhook.Delivery
		require.NoError(t, json.Unmarshal(encoded, &got))
		require.NoError(t, webhook.Decode(&got, sends(webhook.Unsigned("base"))))
		require.Equal(t, want, got)
	})
}
