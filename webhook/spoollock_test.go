package webhook_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/webhook"
)

func TestSpoolBelongsToOneOpener(t *testing.T) {
	dir := t.TempDir()
	first := openSpool(t, dir)
	second, err := webhook.OpenSpool(dir)
	require.ErrorIs(t, err, webhook.ErrSpoolLocked)
	assert.Nil(t, second)
	require.NoError(t, first.Put(t.Context(), delivery(1)), "the first must not be disturbed")
	require.NoError(t, first.Close())
	assert.Equal(t, 1, openSpool(t, dir).Pending())
}
