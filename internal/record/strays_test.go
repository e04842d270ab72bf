package record_test

import (
	"reflect"
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

// TestStraysOfRowsInRows: each element of a list within a row has a place of its own.
func TestStraysOfRowsInRows(t *testing.T) {
	type company struct {
		Jobs []struct {
			Cities []city `json:"cities"`
		} `json:"jobs"`
	}
	const text = `{"jobs":[{"cities":[{"zip":1},{"name":"Bern","zip":2}]},{"cities":[{},7,{"zip":3}],"u":4}]}`
	assert.Equal(t, []record.Stray{
		{Root: "jobs", Row: 0, Name: "cities[0].zip", Value: []byte("1")},
		{Root: "jobs", Row: 0, Name: "cities[1].zip", Value: []byte("2")},
		{Root: "jobs", Row: 1, Name: "cities[2].zip", Value: []byte("3")},
		{Root: "jobs", Row: 1, Name: "u", Value: []byte("4")},
	}, record.Strays([]byte(text), reflect.TypeFor[company]()))
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
		path := s.Root
		if s.Row >= 0 {
			path = record.Element(path, s.Row)
		}
		switch {
		case path == "":
			path = s.Name
		case s.Name[0] == '[':
			path += s.Name
		default:
			path += "." + s.Name
		}
		found[path] = string(s.Value)
	}
	return found
}

func FuzzStrays(f *testing.F) {
	for _, text := range []string{`{"a":{"b":[1,{"c":null}]},"jobs":[{"x":1},{"x":2}]}`, `{"a":"\\\"`, `{"jobs":[{"city":{"y":[]}}]}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		strays := straysOf(string(text)) // never panics
		if _, err := record.Decode(nil, text, new(person)); err == nil {
			assert.Equal(t, unknownOf(string(text)), strays)
		}
	})
}
