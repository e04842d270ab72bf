package employee

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-querystring/query"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// FuzzCursor gives the header of the next page to what reads it: what passes can stand in a query and comes back to the letter.
func FuzzCursor(f *testing.F) {
	for _, seed := range []string{"", `"2025-03-03",3771705`, `26.806067,"2025-02-25",6428995`, "461113455", "a&b=c#d%", "\x00", "ü", "a\r\nb", strings.Repeat("1", 2048)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		cursor, err := nextCursor(http.Header{"X-Next-Page-After": {value}})
		if err != nil {
			assert.Empty(t, cursor)
			assert.True(t, len(value) > 2048 || strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == 0x7f }), "%q was refused", value)
			if len(value) > 3 {
				assert.NotContains(t, err.Error(), value)
			}
			return
		}
		assert.Equal(t, value, cursor)
		values, err := query.Values(struct {
			After string `url:"after,omitempty"`
		}{cursor})
		require.NoError(t, err)
		back, err := url.ParseQuery(values.Encode())
		require.NoError(t, err)
		assert.Equal(t, cursor, back.Get("after"))
	})
}
