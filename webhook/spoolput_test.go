package webhook_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/webhook"
)

func TestSpoolPutIsIdempotentOnTheKey(t *testing.T) {
	dir := t.TempDir()
	s := openSpool(t, dir)
	for range 3 {
		require.NoError(t, s.Put(t.Context(), delivery(1)))
	}
	assert.Equal(t, 1, s.Pending())
	require.NoError(t, s.Close())
	s = openSpool(t, dir)
	require.NoError(t, s.Put(t.Context(), delivery(1)))
	assert.Equal(t, []string{"base:1"}, drain(t, s))
	// What was processed may come again as a new change.
	require.NoError(t, s.Put(t.Context(), delivery(1)))
	assert.Equal(t, []string{"base:1"}, drain(t, s))
}

func TestSpoolConcurrentPuts(t *testing.T) {
	s := openSpool(t, t.TempDir())
	var group sync.WaitGroup
	for i := range 40 {
		group.Go(func() { assert.NoError(t, s.Put(context.Background(), delivery(i%10))) })
	}
	group.Wait()
	assert.Equal(t, 10, s.Pending())
	keys := drain(t, s)
	assert.Len(t, keys, 10)
}

func TestSpoolIsBounded(t *testing.T) {
	s := openSpool(t, t.TempDir(), webhook.WithSpoolLimits(2, 1<<20))
	require.NoError(t, s.Put(t.Context(), delivery(1)))
	require.NoError(t, s.Put(t.Context(), delivery(2)))
	require.ErrorIs(t, s.Put(t.Context(), delivery(3)), webhook.ErrSpoolFull)
	require.NoError(t, s.Put(t.Context(), delivery(1)), "it is stored already")
	assert.Len(t, drain(t, s), 2)
	require.NoError(t, s.Put(t.Context(), delivery(3)))

	s = openSpool(t, t.TempDir(), webhook.WithSpoolLimits(100, 1000))
	big := delivery(1)
	big.Body = make([]byte, 1000)
	require.ErrorIs(t, s.Put(t.Context(), big), webhook.ErrSpoolFull)
	for i := range 100 {
		if err := s.Put(t.Context(), delivery(i)); err != nil {
			require.ErrorIs(t, err, webhook.ErrSpoolFull)
			break
		}
	}
	assert.Less(t, s.Pending(), 5)
	assert.Positive(t, s.Pending())
	drain(t, s)
	require.NoError(t, s.Put(t.Context(), delivery(1)), "the room is free again")
}

func TestSpoolThatIsFullIsAnswered503(t *testing.T) {
	s := openSpool(t, t.TempDir(), webhook.WithSpoolLimits(1, 1<<20))
	h := newHandler(t, newHMAC(t, bodyScheme(), testSecret), s)
	assert.Equal(t, http.StatusOK, serve(h, signedRequest(t, `[{"member_id":1}]`)).StatusCode)
	assert.Equal(t, http.StatusServiceUnavailable, serve(h, signedRequest(t, `[{"member_id":2}]`)).StatusCode)
	drain(t, s)
	assert.Equal(t, http.StatusOK, serve(h, signedRequest(t, `[{"member_id":2}]`)).StatusCode)
}

func TestSpoolRefusesDeliveriesItCannotName(t *testing.T) {
	s := openSpool(t, t.TempDir())
	for name, change := range map[string]func(*webhook.Delivery){
		"no key":        func(d *webhook.Delivery) { d.Key = "" },
		"key not UTF-8": func(d *webhook.Delivery) { d.Key = "\xff" },
		"long label":    func(d *webhook.Delivery) { d.Label = strings.Repeat("l", 1025) },
		"source broken": func(d *webhook.Delivery) { d.Source = "\xff" },
		"year 10000":    func(d *webhook.Delivery) { d.ReceivedAt = time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC) },
	} {
		d := delivery(1)
		change(d)
		assert.Error(t, s.Put(t.Context(), d), name)
	}
	assert.Error(t, s.Put(t.Context(), nil))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, s.Put(ctx, delivery(1)), context.Canceled)
	assert.Zero(t, s.Pending())
}
