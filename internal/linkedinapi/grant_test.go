package linkedinapi

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
)

// FuzzGrant: whatever the endpoint of tokens responds, a grant has a token that can stand in a header and ends within
// bounds, and an error says nothing of the response.
func FuzzGrant(f *testing.F) {
	f.Add(`{"access_token":"AQ","expires_in":"1800"}`)
	f.Add(`{"access_token":"AQ","expires_in":5184000,"refresh_token":"R","refresh_token_expires_in":525600,"scope":"a,b c","id_token":"x.y.z"}`)
	f.Add(`{"access_token":"A Q","refresh_token":"\n","expires_in":1e99}`)
	f.Fuzz(func(t *testing.T, body string) {
		g := Grant{Asked: time.Now()}
		if err := g.read([]byte(body)); err != nil {
			if len(body) > 30 && strings.Contains(err.Error(), body) {
				t.Fatalf("%q is printed", body)
			}
			return
		}
		if g.Access.IsZero() || g.Expires.After(g.Asked.Add(longestLife)) || g.RefreshEnds.After(g.Asked.Add(longestRefresh)) || len(g.Scopes) > maxScopes {
			t.Fatalf("%q gave a grant until %s and %s", body, g.Expires, g.RefreshEnds)
		}
		r := Record{Grant: g}
		value, err := r.Encode()
		if err != nil {
			if len(g.Access.Reveal())+len(g.Refresh.Reveal())+100*len(g.Scopes) < 1_000 {
				t.Fatalf("%q cannot be stored: %v", body, err)
			}
			return
		}
		back, err := DecodeRecord(value)
		if err != nil || back.Access.Reveal() != g.Access.Reveal() || back.Refresh.Reveal() != g.Refresh.Reveal() {
			t.Fatalf("%q is stored as another one: %v", body, err)
		}
	})
}

// FuzzRecord: whatever a store has, a record is whole or an error that says nothing of it.
func FuzzRecord(f *testing.F) {
	f.Add(`{"v":1,"access":"AQ","expires":1,"refresh":"R","leased":-5}`)
	f.Add(`{"v":2}`)
	f.Add(`{"v":1,"access":"a\nb"}`)
	f.Fuzz(func(t *testing.T, text string) {
		value, err := api.NewSecret(text)
		if err != nil {
			return
		}
		r, err := DecodeRecord(value)
		if err != nil {
			if len(text) > 30 && strings.Contains(err.Error(), text) {
				t.Fatalf("%q is printed", text)
			}
			return
		}
		if again, err := r.Encode(); err == nil {
			if _, err := DecodeRecord(again); err != nil {
				t.Fatalf("%q cannot be read again: %v", text, err)
			}
		}
	})
}

func TestSplitScopes(t *testing.T) {
	for list, want := range map[string][]string{
		"": {}, " , ": {}, "a b": {"a", "b"}, "a,b": {"a", "b"}, "a+b": {"a", "b"}, "a\x00b c": {"c"}, `a" c`: {"c"}, strings.Repeat("x", 101) + " c": {"c"},
	} {
		assert.ElementsMatch(t, want, SplitScopes(list), "%q", list)
	}
	assert.Len(t, SplitScopes(strings.Repeat("a ", 1000)), maxScopes)
	empty, err := DecodeRecord(api.Secret{})
	require.NoError(t, err)
	assert.True(t, empty.Access.IsZero())
	assert.True(t, Time(Number(-1)).IsZero())
}
