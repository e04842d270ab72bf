package record_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/internal/record"
)

func TestMergeOfNothingChanged(t *testing.T) {
	for _, text := range []string{
		"{}", ` { "name" : null , "age":"12", "more":[1.0, 1e2], "jobs":null } `, `{"jobs":[{"x":1},null,{}],"tags":[],"age":1.0}`, `{"age":"no number","home":7,"jobs":["x"]}`,
		`{"name":"a","name":"b"}`,
	} {
		assert.Equal(t, text, merged(t, decode(t, text)))
	}
	text := "{\"name\":\"a\xffb\"}"
	p := decode(t, text)
	p.Age = 1
	out, err := p.kept.Merge(p)
	require.NoError(t, err)
	assert.Equal(t, "{\"name\":\"a\xffb\",\"age\":1}", string(out))
}

func TestMerge(t *testing.T) {
	const text = `{"name":"Jo","more":1.0,"age":null,"home":{"name":"Bern","zip":"3000"},"jobs":[{"id":1,"title":"a","u":1},{"id":2,"title":"b","u":2},{"title":"c","u":3}],"tags":["x","y"]}`
	for name, tc := range map[string]struct {
		change func(p *person)
		want   string // text with its parts replaced
	}{
		"a text":                 {func(p *person) { p.Name = "Ann" }, strings.Replace(text, `"Jo"`, `"Ann"`, 1)},
		"a text made empty":      {func(p *person) { p.Name = "" }, strings.Replace(text, `"Jo"`, `""`, 1)},
		"null to a value":        {func(p *person) { p.Age = 3 }, strings.Replace(text, `"age":null`, `"age":3`, 1)},
		"absent to a value":      {func(p *person) { p.Active = true }, strings.TrimSuffix(text, "}") + `,"active":true}`},
		"absent list":            {func(p *person) { p.Numbers = []int64{1, 2} }, strings.TrimSuffix(text, "}") + `,"numbers":[1,2]}`},
		"absent list of rows":    {func(p *person) { p.Teams = []team{{}, {Members: []string{"a"}}} }, strings.TrimSuffix(text, "}") + `,"teams":[{},{"members":["a"]}]}`},
		"inside an object":       {func(p *person) { p.Home.Name = "Basel" }, strings.Replace(text, "Bern", "Basel", 1)},
		"an object emptied":      {func(p *person) { p.Home = city{} }, strings.Replace(text, "Bern", "", 1)},
		"a row's field":          {func(p *person) { p.Jobs[1].Title = "B" }, strings.Replace(text, `"b"`, `"B"`, 1)},
		"a row's new field":      {func(p *person) { p.Jobs[2].City.Name = "Rom" }, strings.Replace(text, `"u":3`, `"u":3,"city":{"name":"Rom"}`, 1)},
		"a row removed":          {func(p *person) { p.Jobs = slices.Delete(p.Jobs, 0, 1) }, strings.Replace(text, `{"id":1,"title":"a","u":1},`, "", 1)},
		"rows in another order":  {func(p *person) { slices.Reverse(p.Jobs) }, strings.Replace(text, `[{"id":1,"title":"a","u":1},{"id":2,"title":"b","u":2},{"title":"c","u":3}]`, `[{"title":"c","u":3},{"id":2,"title":"b","u":2},{"id":1,"title":"a","u":1}]`, 1)},
		"a row added":            {func(p *person) { p.Jobs = append(p.Jobs, job{Title: "d"}) }, strings.Replace(text, `"u":3}`, `"u":3},{"title":"d"}`, 1)},
		"a row put first":        {func(p *person) { p.Jobs = slices.Insert(p.Jobs, 0, job{Title: "d"}) }, strings.Replace(text, `"jobs":[`, `"jobs":[{"title":"d"},`, 1)},
		"another row, by its ID": {func(p *person) { p.Jobs[0] = job{common: common{ID: 9}, Title: "a"} }, strings.Replace(text, `{"id":1,"title":"a","u":1}`, `{"id":9,"title":"a"}`, 1)},
		"a row removed, one added": {
			func(p *person) { p.Jobs = append(p.Jobs[1:], job{Title: "d"}) },
			strings.Replace(strings.Replace(text, `"u":3}`, `"u":3},{"title":"d"}`, 1), `{"id":1,"title":"a","u":1},`, "", 1),
		},
		"no rows left":       {func(p *person) { p.Jobs = nil }, text[:strings.Index(text, `[{"id"`)] + `[],"tags":["x","y"]}`},
		"elements":           {func(p *person) { p.Tags = []string{"y", "z", "x"} }, strings.Replace(text, `["x","y"]`, `["y","z","x"]`, 1)},
		"an element changed": {func(p *person) { p.Tags[0] = `"q"` }, strings.Replace(text, `["x","y"]`, `["\"q\"","y"]`, 1)},
	} {
		t.Run(name, func(t *testing.T) {
			p := decode(t, text)
			tc.change(p)
			assert.Equal(t, tc.want, merged(t, p))
			back := decode(t, merged(t, p))
			back.kept, p.kept = record.Kept{}, record.Kept{}
			if p.Jobs == nil {
				back.Jobs = nil // an empty list was written
			}
			assert.Equal(t, p.Name, back.Name)
			assert.Equal(t, p.Jobs, back.Jobs)
			assert.Equal(t, p.Tags, back.Tags)
		})
	}
}

func TestMergeOverOtherTypes(t *testing.T) {
	p := decode(t, `{"age":"five","home":"Bern","jobs":{"a":1},"tags":["a",1],"teams":[{"members":["a"],"u":1},{"members":["b"],"u":2}],"name":"a","name":"b"}`)
	p.Age = 6
	p.Home.Name = "Basel"
	p.Jobs = []job{{Year: 1}}
	p.Tags[0] = "b"
	p.Teams[1].Members[0] = "c"
	p.Name = "x"
	assert.Equal(t, `{"age":6,"home":{"name":"Basel"},"jobs":[{"year":1}],"tags":["b",1],"teams":[{"members":["a"],"u":1},{"members":["c"],"u":2}],"name":"x","name":"x"}`, merged(t, p))
}

func TestMergeWithoutJSON(t *testing.T) {
	p := &person{Name: "Jo", Jobs: []job{{Title: "a"}, {}}, Skipped: "no", Plain: "<p>"}
	assert.Equal(t, squeeze(`{"name":"Jo", "jobs":[{"title":"a"},{}], "Plain":"<p>"}`), merged(t, p))
	assert.Equal(t, "{}", merged(t, new(person)))
}

func TestMergeResultIsACopy(t *testing.T) {
	p := decode(t, `{"name":"Jo"}`)
	out, err := p.kept.Merge(p)
	require.NoError(t, err)
	copy(out, "xxxxx")
	assert.Equal(t, `{"name":"Jo"}`, string(p.kept.Raw()))
}

func TestMergeRefusesWhatIsNoRecord(t *testing.T) {
	_, err := record.Merge([]byte("[]"), person{})
	require.ErrorIs(t, err, record.ErrNotRecord)
}

// TestMergeOfManyRows must not compare every row with every other one.
func TestMergeOfManyRows(t *testing.T) {
	const n = 50_000
	p := decode(t, `{"tags":[`+strings.TrimSuffix(strings.Repeat(`"t",`, n), ",")+`]}`)
	for i := range p.Tags {
		p.Tags[i] += strings.Repeat("x", i%7)
	}
	p.Tags = p.Tags[1:]
	var back struct{ Tags []string }
	require.NoError(t, json.Unmarshal([]byte(merged(t, p)), &back))
	assert.Equal(t, p.Tags, back.Tags)
}

func FuzzMerge(f *testing.F) {
	for _, text := range []string{
		`{"name":"Jo","age":"5","jobs":[{"id":1,"x":2},null,"y"],"home":{},"more":1.0}`, `{"a":{"b":[1,{"c":null}]},"name":"a","name":1}`, `{"jobs":[],"tags":[1,"a"]}`, "{\"\xff\":1}", "[1]",
	} {
		f.Add([]byte(text), "Ann", int64(3))
	}
	f.Fuzz(func(t *testing.T, text []byte, name string, age int64) {
		p := new(person)
		mismatched, err := record.Decode(nil, text, p)
		if err != nil {
			return
		}
		p.kept = record.Keep(text, mismatched, record.Origin{})
		if same, err := p.kept.Merge(p); err != nil || string(same) != string(text) {
			t.Fatalf("changed without a change: %s, %v", same, err)
		}
		name = strings.ToValidUTF8(name, "")
		p.Name, p.Age = name, age
		p.Jobs = append(p.Jobs, job{Title: name})
		out, err := p.kept.Merge(p)
		if err != nil {
			t.Fatal(err)
		}
		back := new(person)
		if _, err := record.Decode(nil, out, back); err != nil {
			t.Fatalf("%s: %v", out, err)
		}
		if back.Name != name || back.Age != age || len(back.Jobs) != len(p.Jobs) || back.Home != p.Home {
			t.Fatalf("%s\nbecame\n%s", text, out)
		}
		if before, after := len(record.Unknown(text, personType)), len(record.Unknown(out, personType)); before != after {
			t.Fatalf("%d unknown fields became %d: %s -> %s", before, after, text, out)
		}
	})
}
