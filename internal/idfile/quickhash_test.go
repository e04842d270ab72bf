package idfile_test

import (
	"bytes"
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/internal/idfile"
)

// TestAChangeIsSeenWhoeverChecked: by the source that sends, with the quick hash, or by another one, without it.
func TestAChangeIsSeenWhoeverChecked(t *testing.T) {
	good, swapped := []byte(canonical(collect(50_000))), []byte(canonical(collect(50_000)))
	swapped[8], swapped[18] = swapped[18], swapped[8] // as long, and IDs too
	require.False(t, bytes.Equal(good, swapped))
	content := good
	source := idfile.Reader("x", func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content)), nil })
	other := idfile.Reader("x", func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(good)), nil })
	checked, err := source.Check(t.Context())
	require.NoError(t, err)
	elsewhere, err := other.Check(t.Context())
	require.NoError(t, err)
	assert.Equal(t, checked, elsewhere)

	send := func(s idfile.Source) error {
		r, err := s.Open(checked)
		require.NoError(t, err)
		text, err := io.ReadAll(r)
		require.NoError(t, r.Close())
		if err == nil {
			assert.True(t, bytes.Equal(good, text))
		}
		return err
	}
	never := idfile.Reader("x", func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content)), nil })
	for _, s := range []idfile.Source{source, never} {
		require.NoError(t, send(s))
		content = swapped
		require.ErrorIs(t, send(s), idfile.ErrSourceChanged)
		content = good
	}
	content = swapped
	again, err := source.Check(t.Context()) // of another list: the quick hash of the first one is forgotten
	require.NoError(t, err)
	assert.NotEqual(t, checked.Hash, again.Hash)
	require.ErrorIs(t, send(source), idfile.ErrSourceChanged)
	content = good
	require.NoError(t, send(source))
}
