package webhook_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/webhook"
)

func TestNewHandlerRefusesWhatCannotWork(t *testing.T) {
	v, sink := webhook.Unsigned("base"), &spySink{}
	for name, test := range map[string]struct {
		verifier webhook.Verifier
		sink     webhook.Sink
		opts     []webhook.Option
	}{
		"no verifier":        {nil, sink, nil},
		"no sink":            {v, nil, nil},
		"no function":        {v, webhook.Func(nil), nil},
		"nil option":         {v, sink, []webhook.Option{nil}},
		"source empty":       {v, sink, []webhook.Option{webhook.WithSource(" ")}},
		"source unprintable": {v, sink, []webhook.Option{webhook.WithSource("a\n")}},
		"decoder nil":        {v, sink, []webhook.Option{webhook.WithDecoder(nil)}},
		"body zero":          {v, sink, []webhook.Option{webhook.WithMaxBody(0)}},
		"deadline zero":      {v, sink, []webhook.Option{webhook.WithDeadline(0)}},
		"store nil":          {v, sink, []webhook.Option{webhook.WithDedupe(nil, time.Hour)}},
		"ttl zero":           {v, sink, []webhook.Option{webhook.WithDedupe(new(webhook.MemoryStore), 0)}},
		"logger nil":         {v, sink, []webhook.Option{webhook.WithLogger(nil)}},
		"clock nil":          {v, sink, []webhook.Option{webhook.WithClock(nil)}},
	} {
		t.Run(name, func(t *testing.T) {
			h, err := webhook.NewHandler(test.verifier, test.sink, test.opts...)
			require.Error(t, err)
			assert.Nil(t, h)
		})
	}
}
