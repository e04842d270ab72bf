package record_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pronet-go/pronet/internal/record"
)

// TestStrays must find what Unknown finds.
func TestStrays(t *testing.T) {
	for _, text := range []string{
		`{"name":"Jo","processed_by":{"a":[1,2]},"home":{"name":"Bern","zip":"3000"},"jobs":[{"id":1},{"tenure":1.50,"city":{"x":null}},{"tenure":2}],
		"tags":["a"],"odd.name":1,"":2,"Name":"other case","Skipped":3,"Plain":"p","common":4}`,
		`{"name":"a\"b\\","x":"\\\"","jobs":[{"id":1,"u":[{"a":"]"}]},7,"s",null,{"u":"}"}]}`, ` { "m" : 1 , "jobs" : [ { "n" : true } , { } ] } `,
		`{"teams":[{"members":["a"],"u":1},{"u":2}]}`, "{}", `{"jobs":{"a":1},"home":[{"a":1}]}`, `{"\u0061ge":1,"\u0062ge":1}`,
	} {
		assert.Equal(t, unknownOf(text), straysOf(text), text)
	}
	for _, text := range []string{"", "{", `{"`, `{"a`, `{"a"`, `{"a":`, `{"a":"`, `{"jobs":[`, `{"jobs":[{`, `{"jobs":[}`, "[]", "null", `{"a":}`, `{"jobs":[{"a"}]`} {
		assert.NotPanics(t, func() { straysOf(text) }, text)
	}
}

func unknownOf(text string) map[string]string {
	found := map[string]string{}
	for path, value := range record.Unknown([]byte(text), personType) {
		found[path] = string(value)
	}
	return found
}

func straysOf(text string) map[string]string {
	found := map[string]string{}
	for _, s := range record.Strays([]byte(text), personType) {
		found[s.Name] = string(s.Value)
	}
	return found
}

func TestParts(t *testing.T) {
	text := ` {"a\u0062":[1, {"x":"]"} ,"b" ], "c" : {} ,"c":null}`
	parts := record.Parts([]byte(text), nil)
	assert.Equal(t, []record.Part{{Name: "ab", Value: []byte(`[1, {"x":"]"} ,"b" ]`)}, {Name: "c", Value: []byte("{}")}, {Name: "c", Value: []byte("null")}}, parts)
	assert.Equal(t, [][]byte{[]byte("1"), []byte(`{"x":"]"}`), []byte(`"b"`)}, record.Rows(parts[0].Value, nil))
	assert.Empty(t, record.Rows([]byte("{}"), nil))
	assert.Empty(t, record.Parts([]byte("[]"), nil))
	assert.True(t, record.Takes(personType, "name"))
	assert.False(t, record.Takes(personType, "Name"))
}

func FuzzStrays(f *testing.F) {
	for _, text := range []string{`{"a":{"b":[1,{"c":null}]},"jobs":[{"x":1},{"x":2}]}`, `{"a":"\\\"`, `{"jobs":[{"city":{"y":[]}}]}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		strays := straysOf(string(text)) // never panics
		parts := record.Parts(text, nil)
		assert.Equal(t, parts, record.Parts(text, parts))
		for _, part := range parts {
			rows := record.Rows(part.Value, nil)
			assert.Equal(t, rows, record.Rows(part.Value, rows))
		}
		if _, err := record.Decode(nil, text, new(person)); err == nil {
			assert.Equal(t, unknownOf(string(text)), strays)
		}
	})
}
