package record_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/pronet-go/pronet/internal/record"
)

type common struct {
	ID      int64 `json:"id"`
	Deleted bool  `json:"deleted"`
}

type job struct {
	common

	Title string `json:"title"`
	Year  int64  `json:"year"`
	City  city   `json:"city"`
}

type city struct {
	Name string `json:"name"`
}

type person struct {
	Name    string   `json:"name"`
	Age     int64    `json:"age"`
	Active  bool     `json:"active"`
	Home    city     `json:"home"`
	Jobs    []job    `json:"jobs"`
	Tags    []string `json:"tags"`
	Numbers []int64  `json:"numbers"`
	Teams   []team   `json:"teams"`
	Plain   string
	Skipped string `json:"-"`

	kept record.Kept
}

// team cannot be compared with ==.
type team struct {
	Members []string `json:"members"`
}

func decode(t testing.TB, text string) *person {
	t.Helper()
	p := new(person)
	mismatched, err := record.Decode(nil, []byte(text), p)
	if err != nil {
		t.Fatal(err)
	}
	p.kept = record.Keep([]byte(text), mismatched, record.Origin{})
	return p
}

func merged(t testing.TB, p *person) string {
	t.Helper()
	out, err := p.kept.Merge(*p)
	if err != nil {
		t.Fatal(err)
	}
	if !json.Valid(out) {
		t.Fatalf("not JSON: %s", out)
	}
	return string(out)
}

// squeeze drops the blanks that make the tables of the tests readable.
func squeeze(text string) string { return strings.ReplaceAll(text, " ", "") }

var personType = reflect.TypeFor[person]()
