package spool_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/webhook"
	"github.com/pronet-go/pronet/webhook/spool"
)

// TestLabelsTakeTurns: one label's many hold up no other's one, before and after a restart, and those of one label keep
// their order.
func TestLabelsTakeTurns(t *testing.T) {
	for _, turns := range []bool{true, false} {
		for _, restart := range []bool{true, false} {
			dir := t.TempDir()
			sender := webhook.Sender{Source: "own", Decoder: webhook.DecodeRaw}
			options := spool.Options{LabelsTakeTurns: turns}
			s, err := spool.Open(dir, options, sender)
			require.NoError(t, err)
			put := func(label string, n int) {
				for i := range n {
					d := &webhook.Delivery{Source: "own", Label: label, Key: fmt.Sprint(label, i), Body: []byte(fmt.Sprint(i)), Events: []webhook.Event{}}
					require.NoError(t, s.Put(t.Context(), d))
				}
			}
			put("noisy", 40)
			put("quiet", 2)
			put("other", 5)
			if restart {
				require.NoError(t, s.Close())
				s, err = spool.Open(dir, options, sender)
				require.NoError(t, err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			var order []string
			next := map[string]int{}
			require.ErrorIs(t, s.Run(ctx, func(_ context.Context, d *webhook.Delivery) error {
				assert.Equal(t, fmt.Sprint(next[d.Label]), string(d.Body), "the order of %s", d.Label)
				next[d.Label]++
				order = append(order, d.Label)
				if s.Pending() == 1 {
					cancel()
				}
				return nil
			}), context.Canceled)
			require.Len(t, order, 47)
			begin := []string{"noisy", "quiet", "other", "noisy", "quiet", "other", "noisy", "other", "noisy"}
			if !turns {
				begin = []string{"noisy", "noisy", "noisy", "noisy"}
			}
			assert.Equal(t, begin, order[:len(begin)], "restart %v", restart)
			require.NoError(t, s.Close())
		}
	}
}

// TestTurnsAfterFailures: who fails waits beside the others, and one that cannot be read now goes back to its place.
func TestTurnsAfterFailures(t *testing.T) {
	sender := webhook.Sender{Source: "own", Decoder: webhook.DecodeRaw}
	s, err := spool.Open(t.TempDir(), spool.Options{LabelsTakeTurns: true, Attempts: 1}, sender)
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	for i, label := range []string{"a", "a", "b", "a", "b"} {
		d := &webhook.Delivery{Source: "own", Label: label, Key: fmt.Sprint(i), Body: []byte("x"), Events: []webhook.Event{}}
		require.NoError(t, s.Put(t.Context(), d))
	}
	var order []string
	ctx, cancel := context.WithCancel(t.Context())
	require.ErrorIs(t, s.Run(ctx, func(_ context.Context, d *webhook.Delivery) error {
		order = append(order, d.Label+d.Key)
		if s.Pending() == 1 {
			cancel()
			return nil
		}
		if d.Key == "0" || d.Key == "2" {
			return errors.Join(webhook.ErrGiveUp)
		}
		return nil
	}), context.Canceled)
	assert.Equal(t, []string{"a0", "b2", "a1", "b4", "a3"}, order)
	for dead, err := range s.Dead() {
		require.NoError(t, err)
		require.NoError(t, s.Requeue(dead.ID))
	}
	assert.Equal(t, 2, s.Status().Pending)
}
