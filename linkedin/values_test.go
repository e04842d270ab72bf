package linkedin_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/linkedinapi"
)

// TestMembersWait for what was charged to them, one after the other, and many idle ones are forgotten.
func TestMembersWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := linkedinapi.NewMembers()
		began := time.Now()
		require.NoError(t, m.Wait(t.Context(), "a", time.Minute), "nothing is known of it")
		m.Charge("a", 10*time.Second)
		m.Charge("a", 20*time.Second)
		m.Charge("b", 0)
		require.NoError(t, m.Wait(t.Context(), "b", time.Minute))
		assert.Equal(t, began, time.Now())
		require.NoError(t, m.Wait(t.Context(), "a", 10*time.Minute))
		assert.Equal(t, 30*time.Second, time.Since(began))
		m.Charge("a", 10*time.Minute)
		var limited *api.RateLimitError
		require.ErrorAs(t, m.Wait(t.Context(), "a", time.Minute), &limited)
		for i := range 5_000 {
			m.Charge(strconv.Itoa(i), time.Second)
			if i%1_000 == 999 {
				time.Sleep(2 * time.Second)
			}
		}
		require.ErrorAs(t, m.Wait(t.Context(), "a", time.Minute), &limited, "it is not forgotten")
		assert.Less(t, m.Known(), 2_500)
		var none *linkedinapi.Members
		require.NoError(t, none.Wait(t.Context(), "a", time.Minute))
		none.Charge("a", time.Second)
	})
}

func TestValues(t *testing.T) {
	at := time.UnixMilli(1_700_000_000_000).UTC()
	for text, want := range map[string]time.Time{
		`1700000000000`: at, `"1700000000000"`: at, `{"time":1700000000000}`: at, `0`: {}, `-5`: {}, `99999999999999999`: {}, `null`: {}, `[]`: {}, `{"time":{}}`: {}, `"x"`: {},
	} {
		var s linkedinapi.Stamp
		require.NoError(t, json.Unmarshal([]byte(text), &s), text)
		assert.Equal(t, want, s.Time, text)
	}
	for text, want := range map[string]linkedinapi.Texts{
		`"a"`: {"a"}, `["a","b"]`: {"a", "b"}, `[{"name":"a"},{"number":"1"},{"x":"y"},7,""]`: {"a", "1", "7"}, `{"value":"v"}`: {"v"}, `null`: nil, `{}`: nil, `true`: nil,
	} {
		var texts linkedinapi.Texts
		require.NoError(t, json.Unmarshal([]byte(text), &texts), text)
		assert.Equal(t, want, texts, text)
	}
}

// FuzzParseKey: a key that was read has names, and as many fields as it was written with.
func FuzzParseKey(f *testing.F) {
	for _, seed := range []string{"a=1&b=urn:li:x:1", "(a:1,b:urn%3Ali%3Ax%3A1)", "(", ")", "a", "=1", "a=%zz", "(a:(b:c))", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		fields, ok := linkedinapi.ParseKey(text)
		if !ok {
			return
		}
		for name := range fields {
			assert.NotEmpty(t, name)
		}
		assert.LessOrEqual(t, len(fields), 1+strings.Count(text, "&")+strings.Count(text, ","))
	})
}
