package spool_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/webhook"
	"github.com/pronet-go/pronet/webhook/spool"
)

// TestRewriteKept: what is to be erased is gone from the files of the pending and the dead, and the rest is as it was.
func TestRewriteKept(t *testing.T) {
	dir := t.TempDir()
	s := openSpool(t, dir, spool.Options{Attempts: 1})
	keep := func(_ context.Context, d *webhook.Delivery) error {
		for _, entry := range [][]byte{[]byte("one"), bytes.Repeat([]byte("CANARY"), 1<<18), []byte("two")} {
			require.NoError(t, d.Kept.Append(t.Context(), entry))
		}
		if d.Key == "base:1" {
			return errDownstream
		}
		return fmt.Errorf("later: %w", webhook.ErrRetryLater)
	}
	require.NoError(t, s.Put(t.Context(), delivery(1)))
	require.NoError(t, s.Put(t.Context(), delivery(2)))
	attempts(t, s, keep, keep)
	require.Len(t, deadOf(t, s), 1)
	before := s.Status().DeadBytes
	erase := func(entry []byte) []byte {
		if bytes.Contains(entry, []byte("CANARY")) {
			return []byte("erased")
		}
		if string(entry) == "two" {
			return nil
		}
		return entry
	}
	require.NoError(t, s.RewriteKept(t.Context(), erase))
	assert.Less(t, s.Status().DeadBytes, before-1<<20)
	for _, file := range glob(t, dir, "*/*") {
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.Less(t, len(content), 1000, file)
	}
	attempts(t, s, func(ctx context.Context, d *webhook.Delivery) error {
		entries, err := d.Kept.Entries(ctx)
		require.NoError(t, err)
		assert.Equal(t, [][]byte{[]byte("one"), []byte("erased")}, entries)
		require.ErrorContains(t, s.RewriteKept(ctx, erase), "must not be called by it")
		return nil
	})
	require.NoError(t, s.Discard(deadOf(t, s)[0].ID))
	assert.Zero(t, s.Status().DeadBytes)
	assert.Zero(t, s.Status().KeptBytes)
	require.NoError(t, s.RewriteKept(t.Context(), erase))
	require.NoError(t, s.Close())
	require.ErrorIs(t, s.RewriteKept(t.Context(), erase), spool.ErrClosed)
}

// TestRewriteKeptTellsOfDamage, which it leaves as it is, and rewrites the others.
func TestRewriteKeptTellsOfDamage(t *testing.T) {
	dir := t.TempDir()
	s := openSpool(t, dir)
	keep := func(_ context.Context, d *webhook.Delivery) error {
		require.NoError(t, d.Kept.Append(t.Context(), []byte("CANARY")))
		return fmt.Errorf("later: %w", webhook.ErrRetryLater)
	}
	require.NoError(t, s.Put(t.Context(), delivery(1)))
	require.NoError(t, s.Put(t.Context(), delivery(2)))
	attempts(t, s, keep, keep)
	kept := glob(t, dir, "pending/*.kept")
	require.Len(t, kept, 2)
	require.NoError(t, os.WriteFile(kept[0], []byte("no journal\n{}\n"), 0o600))
	require.ErrorContains(t, s.RewriteKept(t.Context(), func([]byte) []byte { return []byte("erased") }), "damaged")
	content, err := os.ReadFile(kept[1])
	require.NoError(t, err)
	assert.NotContains(t, string(content), "Q0FOQVJZ", "the base64 of it")
}
