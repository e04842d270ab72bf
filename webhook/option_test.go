package webhook_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/webhook"
)

func TestNewHandlerRefusesWhatCannotWork(t *testing.T) {
	sink := &spySink{}
	for name, test := range map[string]struct {
		change func(*webhook.Sender)
		sink   webhook.Sink
		opts   []webhook.Option
	}{
		"no verifier":        {func(s *webhook.Sender) { s.Verifier = nil }, sink, nil},
		"no decoder":         {func(s *webhook.Sender) { s.Decoder = nil }, sink, nil},
		"source empty":       {func(s *webhook.Sender) { s.Source = " " }, sink, nil},
		"source unprintable": {func(s *webhook.Sender) { s.Source = "a\n" }, sink, nil},
		"ttl negative":       {func(s *webhook.Sender) { s.TTL = -1 }, sink, nil},
		"no sender":          {func(s *webhook.Sender) { *s = webhook.Sender{} }, sink, nil},
		"no sink":            {nil, nil, nil},
		"no function":        {nil, webhook.Func(nil), nil},
		"nil option":         {nil, sink, []webhook.Option{nil}},
		"body zero":          {nil, sink, []webhook.Option{webhook.WithMaxBody(0)}},
		"deadline zero":      {nil, sink, []webhook.Option{webhook.WithDeadline(0)}},
		"store nil":          {nil, sink, []webhook.Option{webhook.WithStore(nil)}},
		"logger nil":         {nil, sink, []webhook.Option{webhook.WithLogger(nil)}},
		"clock nil":          {nil, sink, []webhook.Option{webhook.WithClock(nil)}},
	} {
		t.Run(name, func(t *testing.T) {
			sender := sends(webhook.Unsigned("base"))
			if test.change != nil {
				test.change(&sender)
			}
			h, err := webhook.NewHandler(sender, test.sink, test.opts...)
			require.Error(t, err)
			assert.Nil(t, h)
		})
	}
}

func TestHMACHasNoDefaultDecoder(t *testing.T) {
	_, err := webhook.HMAC("hmac", bodyScheme(), nil, testSecret)
	require.ErrorContains(t, err, "no Decoder")
	_, err = webhook.HMAC("", bodyScheme(), webhook.DecodeRaw, testSecret)
	require.ErrorContains(t, err, "no Source")
}
