package employee_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/internal/pronettest"
)

// TestNothingIsLost decodes random records of every documented shape, with nulls, absent and unknown fields and other
// types at every depth, changes one field and writes them: everything else is as it was.
func TestNothingIsLost(t *testing.T) {
	for seed := range uint64(pronettest.Times(20, 60)) {
		g := generator{rand.New(rand.NewPCG(seed, 7))}
		nothingLost(t, g.value(reflect.TypeFor[employee.BaseRecord]()), func(r *employee.BaseRecord) {
			r.ID++
			r.FullName += "changed"
			r.Experience = append(r.Experience, employee.BaseExperience{Title: "added"})
		}, "full_name", "experience")
		nothingLost(t, g.value(reflect.TypeFor[employee.V1Record]()), func(r *employee.V1Record) {
			r.ID++
			r.Name += "changed"
			r.Experience = append(r.Experience, employee.V1Experience{Title: "added"})
		}, "name", "member_experience_collection")
	}
}

func nothingLost[R any](t *testing.T, text string, change func(*R), name, rows string) {
	t.Helper()
	r, err := employee.Decode[R]([]byte(text))
	require.NoError(t, err, text)
	same, err := json.Marshal(r)
	require.NoError(t, err)
	require.Equal(t, tree(t, text), tree(t, string(same)))

	change(r)
	written, err := json.Marshal(r)
	require.NoError(t, err)
	before, after := tree(t, text), tree(t, string(written))
	assert.NotEqual(t, before["id"], after["id"])
	assert.Contains(t, after[name], "changed")
	old, _ := before[rows].([]any)
	require.IsType(t, []any{}, after[rows])
	added := after[rows].([]any)
	require.Len(t, added, len(old)+1)
	assert.Equal(t, append(old, map[string]any{"title": "added"}), added)
	for _, changed := range []string{"id", name, rows} {
		delete(before, changed)
		delete(after, changed)
	}
	require.Equal(t, before, after, text)

	again, err := employee.Decode[R](written)
	require.NoError(t, err)
	assert.Len(t, unknownOf(again), len(unknownOf(r)))
}

func unknownOf(r any) map[string]json.RawMessage {
	return r.(interface {
		Unknown() map[string]json.RawMessage
	}).Unknown()
}

// tree is the text as maps, lists and texts, with numbers as they are spelled.
func tree(t testing.TB, text string) (values map[string]any) {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader([]byte(text)))
	dec.UseNumber()
	require.NoError(t, dec.Decode(&values), text)
	return values
}

type generator struct{ *rand.Rand }

// value is JSON for a type: mostly what fits, sometimes null, sometimes another type.
func (g generator) value(t reflect.Type) string {
	if t.Name() != "BaseRecord" && t.Name() != "V1Record" {
		switch g.IntN(12) {
		case 0:
			return "null"
		case 1:
			return g.pick(`"other"`, "true", "7.50", "-0", `{"odd":[1.0]}`, `["odd",{}]`, `""`, "{}", "[]", `"12"`)
		}
	}
	switch t.Kind() {
	case reflect.Struct:
		return "{" + strings.Join(g.members(t), ",") + "}"
	case reflect.Slice:
		rows := make([]string, g.IntN(4))
		for i := range rows {
			rows[i] = g.value(t.Elem())
		}
		return "[" + strings.Join(rows, " ,") + "]"
	case reflect.Bool:
		return g.pick("0", "1", "true", `"1"`)
	case reflect.Int64:
		return g.pick("0", "12", `"12"`, "12.0", "1e2", "9223372036854775807", "12345678901234567890")
	}
	return g.pick(`"text"`, `"\u00e9\/<&>"`, `"é"`, `""`, `"November 2017"`, `"2022-04-27 00:33:19"`)
}

func (g generator) members(t reflect.Type) (members []string) {
	for _, f := range reflect.VisibleFields(t) {
		if !f.IsExported() || f.Anonymous || g.IntN(6) == 0 {
			continue
		}
		members = append(members, fmt.Sprintf("%q: %s", f.Tag.Get("json"), g.value(f.Type)))
	}
	for i := range g.IntN(3) {
		members = append(members, fmt.Sprintf(`"new_field_%d":%s`, i, g.pick("1.10", "null", `{"a":[1e3,{"b":"\u0041"}]}`, `"x"`)))
	}
	g.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
	return members
}

func (g generator) pick(values ...string) string { return values[g.IntN(len(values))] }

func FuzzRecord(f *testing.F) {
	for _, name := range []string{"base_complete.json", "base_sparse.json", "v1_complete.json", "v1_sparse.json"} {
		f.Add(sample(f, name))
	}
	f.Add([]byte(`{"id":"x","experience":[{"company_id":{}},null,7],"regions":{},"full_name":1,"full_name":"b","new":[1.0]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		fuzzRecord[employee.BaseRecord](t, text)
		fuzzRecord[employee.V1Record](t, text)
	})
}

func fuzzRecord[R any](t *testing.T, text []byte) {
	r, err := employee.Decode[R](text)
	if err != nil {
		return
	}
	out, err := any(r).(json.Marshaler).MarshalJSON()
	if err != nil || string(out) != string(text) {
		t.Fatalf("%q became %q: %v", text, out, err)
	}
	// What is typed survives without the text.
	reflect.ValueOf(r).Elem().FieldByName("ID").SetInt(99)
	changed, err := any(r).(json.Marshaler).MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	again, err := employee.Decode[R](changed)
	if err != nil {
		t.Fatalf("%q: %v", changed, err)
	}
	if id := reflect.ValueOf(again).Elem().FieldByName("ID").Int(); id != 99 {
		t.Fatalf("the ID is %d", id)
	}
	if a, b := len(unknownOf(r)), len(unknownOf(again)); a != b {
		t.Fatalf("%d unknown fields became %d", a, b)
	}
}
