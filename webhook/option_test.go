package webhook_test

import (
	"fmt"
	"math"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

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
		"held zero":          {nil, sink, []webhook.Option{webhook.WithMaxHeld(0)}},
		"held below a body":  {nil, sink, []webhook.Option{webhook.WithMaxHeld(1 << 20)}},
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

// TestTheLargestSettingsMeanNoLimit: no sum with them overflows.
func TestTheLargestSettingsMeanNoLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink, store := new(spySink), new(spyStore)
		sender := sends(webhook.Unsigned("base"))
		sender.TTL = math.MaxInt64
		for _, opt := range []webhook.Option{webhook.WithStore(store), webhook.WithDeadline(math.MaxInt64)} {
			h := newHandlerOf(t, sender, sink, opt, webhook.WithDeadline(math.MaxInt64), webhook.WithMaxBody(math.MaxInt64))
			for range 2 {
				conn := servePipe(t, h, 0).dial()
				assert.Equal(t, http.StatusOK, sendNotice(t, conn, testNotice+strings.Repeat(" ", 100<<10)).StatusCode)
				assert.NoError(t, conn.Close())
			}
		}
		assert.Greater(t, store.lease, time.Duration(math.MaxInt64/2))
		assert.Len(t, sink.all(), 2+1, "the spy remembers nothing, the store of the handler does")

		conn := servePipe(t, newHandlerOf(t, sender, sink, webhook.WithMaxBody(math.MaxInt64)), 0).dial()
		_, err := fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n[", math.MaxInt64)
		require.NoError(t, err)
		assert.Equal(t, http.StatusServiceUnavailable, readResponse(t, conn).StatusCode, "at the deadline, and no panic")
		assert.NoError(t, conn.Close())
		time.Sleep(time.Second) // The server waits before it closes a connection with an unread body.
	})
}
