package snapshot_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/pronettest"
	"github.com/pronet-go/pronet/snapshot"
)

var (
	noon = time.Date(2026, time.March, 1, 12, 0, 0, 123_456_789, time.UTC)
	jane = snapshot.Key{Dataset: "base", ID: 1}
)

// TestNothingIsPrinted of a record.
func TestNothingIsPrinted(t *testing.T) {
	s := snapshot.Snapshot{Record: []byte(`{"full_name":"CANARY"}`), Taken: noon}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		for _, value := range []any{s, &s, []snapshot.Snapshot{s}} {
			printed := fmt.Sprintf(verb, value)
			for _, spelling := range append(pronettest.Spellings("CANARY"), fmt.Sprintf("%d", []byte("CANARY"))) {
				assert.NotContains(t, printed, strings.Trim(spelling, "[]"), verb)
			}
		}
	}
	assert.Equal(t, s.String(), s.LogValue().String())
	assert.Equal(t, "snapshot of 22 bytes, taken 2026-03-01T12:00:00Z", s.String())
	assert.Equal(t, "no snapshot", snapshot.Snapshot{}.String())
}

func TestWhatIsRefused(t *testing.T) {
	m := snapshot.NewMemory()
	good := snapshot.Snapshot{Record: []byte("{}"), Taken: noon}
	for _, name := range []string{"", "Base", "1base", "_base", "../base", "base/x", "base.x", "ba\x00se", "bäse", strings.Repeat("b", 33)} {
		require.ErrorIs(t, m.Put(t.Context(), snapshot.Key{Dataset: name, ID: 1}, good), api.ErrInvalid, name)
		_, err := m.Get(t.Context(), snapshot.Key{Dataset: name, ID: 1})
		require.ErrorIs(t, err, api.ErrInvalid, name)
		for id, err := range m.Before(t.Context(), name, noon) {
			assert.Zero(t, id)
			require.ErrorIs(t, err, api.ErrInvalid, name)
		}
	}
	for _, id := range []int64{0, -1} {
		require.ErrorIs(t, m.Put(t.Context(), snapshot.Key{Dataset: "base", ID: id}, good), api.ErrInvalid)
		require.ErrorIs(t, m.Forget(t.Context(), id), api.ErrInvalid)
	}
	for name, bad := range map[string]snapshot.Snapshot{
		"no record": {Taken: noon}, "no time": {Record: []byte("{}")},
		"1970": {Record: []byte("{}"), Taken: time.Unix(0, 0)}, "2262": {Record: []byte("{}"), Taken: time.Date(2262, 1, 1, 0, 0, 0, 0, time.UTC)},
	} {
		require.ErrorIs(t, m.Put(t.Context(), jane, bad), api.ErrInvalid, name)
	}
	require.ErrorIs(t, m.Put(t.Context(), jane, snapshot.Snapshot{Record: make([]byte, snapshot.MaxRecord+1), Taken: noon}), api.ErrTooLarge)
	got, err := m.Get(t.Context(), jane)
	require.NoError(t, err)
	assert.True(t, got.IsZero())
}
