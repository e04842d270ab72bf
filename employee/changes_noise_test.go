package employee_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"math/rand/v2"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/internal/pronettest"
)

// completeRecords are records with every field of their type.
var completeRecords = []struct{ dataset, file string }{
	{"base", "base_complete.json"},
	{"base", "base_observed.json"},
	{"clean", "clean_complete.json"},
	{"multisource", "multisource_complete.json"},
	{"v1", "v1_complete.json"},
	{"multisource", "multisource_sparse.json"},
}

// TestReordersAndScrapesAreNoChange shuffles all lists of records and changes what each scrape changes.
func TestReordersAndScrapesAreNoChange(t *testing.T) {
	random := rand.New(rand.NewPCG(16, 1))
	pairs := goldenPairs(t)
	for n := range pronettest.Times(300, 1000) {
		var dataset string
		var text []byte
		if n%2 == 0 {
			r := completeRecords[random.IntN(len(completeRecords))]
			dataset, text = r.dataset, sample(t, r.file)
		} else {
			pair := pairs[random.IntN(len(pairs))]
			dataset, text = pair.Dataset, pair.New
		}
		again := scraped(t, random, text)
		assert.Empty(t, toldOf(changesOf(t, dataset, text, again, employee.ChangeOptions{})), "%s:\n%s\n%s", dataset, text, again)
		if t.Failed() {
			return
		}
	}
}

// scraped is a record as another visit to an unchanged profile gives it.
func scraped(t *testing.T, random *rand.Rand, text []byte) []byte {
	t.Helper()
	var record map[string]any
	dec := json.NewDecoder(strings.NewReader(string(text)))
	dec.UseNumber()
	require.NoError(t, dec.Decode(&record))
	again, err := json.Marshal(visited(random, "", record))
	require.NoError(t, err)
	return again
}

var grows = map[string]bool{
	"follower_count": true, "followers_count": true, "connections_count": true, "company_followers_count": true, "duration_months": true,
	"company_employees_count": true, "total_experience_duration_months": true, "last_updated_ux": true, "order_in_profile": true,
}

// passing are lists that the source shows beside a profile, others each time.
var passing = map[string]bool{
	"also_viewed": true, "similar_profiles": true, "member_also_viewed_collection": true, "member_similar_profiles_collection": true, "activity": true,
}

func visited(random *rand.Rand, name string, v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for name, field := range v {
			if field = visited(random, name, field); field != nil || random.IntN(2) == 0 {
				out[name] = field
			}
		}
		for name, field := range v { // dates get less exact, or are lost
			if date, ok := field.(string); ok && strings.HasPrefix(name, "date_") && random.IntN(4) == 0 {
				year := date[strings.LastIndexByte(date, ' ')+1:]
				if _, err := strconv.Atoi(year); err != nil {
					continue // it is in words
				}
				out[name] = year
				delete(out, name+"_month")
			}
		}
		return out
	case []any:
		out := make([]any, 0, len(v))
		for _, i := range random.Perm(len(v)) {
			if passing[name] && random.IntN(2) == 0 {
				continue
			}
			out = append(out, visited(random, name, v[i]))
			if row, ok := v[i].(map[string]any); ok && row["deleted"] == json.Number("0") && random.IntN(3) == 0 {
				out = append(out, former(row)) // what an earlier scrape had
			}
		}
		return out
	case json.Number:
		switch {
		case grows[name]:
			return random.IntN(1000) + 1
		case random.IntN(4) == 0:
			return v.String()
		}
		return v
	case string:
		return visitedText(random, name, v)
	}
	return v
}

// former is a row as the history keeps it.
func former(row map[string]any) map[string]any {
	old := maps.Clone(row)
	old["deleted"] = 1
	delete(old, "id")
	delete(old, "date_to")
	return old
}

func visitedText(random *rand.Rand, name, text string) string {
	switch {
	case name == "updated_at" || name == "checked_at" || name == "processed_at" || name == "last_updated" || name == "identification_date":
		return "2026-11-26 10:00:00"
	case name == "url" || strings.HasSuffix(name, "_url"):
		return []string{text, strings.ToUpper(text), strings.Replace(text, "https://", "http://", 1)}[random.IntN(3)]
	case name == "summary" || name == "description" || name == "headline" || name == "title" || name == "full_name" || name == "company_name":
		return []string{text, strings.ReplaceAll(text, " ", "  "), "\n" + text + " ", strings.ReplaceAll(text, " ", "\u00a0")}[random.IntN(4)]
	}
	return text
}

// TestEveryFieldIsTold changes one field of a complete record at a time.
func TestEveryFieldIsTold(t *testing.T) {
	for _, r := range completeRecords[:5] {
		text := bytes.Replace(sample(t, r.file), []byte(`"is_hidden": 1`), []byte(`"is_hidden": 0`), 1) // nothing is told of a hidden profile
		for _, path := range leavesOf(t, text) {
			told := changesOf(t, r.dataset, text, withAnother(t, text, path), employee.ChangeOptions{Volatile: []string{}})
			if isTold(told) || untold[path[len(path)-1]] {
				continue
			}
			t.Errorf("%s: %v is not told", r.file, path)
		}
	}
}

// untold are fields that name rows and profiles, and parts of dates, which are there as texts too.
var untold = map[string]bool{
	"id": true, "parent_id": true, "is_parent": true, "date_year": true, "date_month": true,
	"date_from_year": true, "date_from_month": true, "date_to_year": true, "date_to_month": true,
}

func isTold(told []employee.Change) bool { return len(told) > 0 }

// leavesOf are the ways to all values of a text of JSON, by names and the numbers of elements.
func leavesOf(t *testing.T, text []byte) (found [][]string) {
	t.Helper()
	var record any
	require.NoError(t, json.Unmarshal(text, &record))
	var walk func(v any, at []string)
	walk = func(v any, at []string) {
		switch v := v.(type) {
		case map[string]any:
			for name, field := range v {
				walk(field, append(append([]string{}, at...), name))
			}
		case []any:
			for i, element := range v {
				if object, ok := element.(map[string]any); ok && object["deleted"] != 1.0 {
					walk(object, append(append([]string{}, at...), strconv.Itoa(i)))
					break
				}
			}
		case string:
			if v != "" {
				found = append(found, at)
			}
		case float64:
			if v != 0 {
				found = append(found, at)
			}
		}
	}
	walk(record, nil)
	return found
}

// withAnother is the text with another value in one place.
func withAnother(t *testing.T, text []byte, path []string) []byte {
	t.Helper()
	var record any
	require.NoError(t, json.Unmarshal(text, &record))
	v := record
	for _, step := range path[:len(path)-1] {
		if list, ok := v.([]any); ok {
			i, err := strconv.Atoi(step)
			require.NoError(t, err)
			v = list[i]
			continue
		}
		v = v.(map[string]any)[step]
	}
	object, name := v.(map[string]any), path[len(path)-1]
	switch value := object[name].(type) {
	case float64:
		object[name] = value + 1
		if value == 1 {
			object[name] = 0
		}
	case string:
		object[name] = "x" + value
		if strings.HasPrefix(name, "date") || strings.HasSuffix(name, "_date") {
			object[name] = "March 1901"
		}
	}
	again, err := json.Marshal(record)
	require.NoError(t, err)
	return again
}

// FuzzChanges compares any two records: no panic, no difference of a record to itself, the same list each time.
func FuzzChanges(f *testing.F) {
	for _, pair := range goldenPairs(f) {
		f.Add(string(pair.Old), string(pair.New))
	}
	for _, r := range completeRecords {
		f.Add(string(sample(f, r.file)), `{"id":1,"experience":[{"id":"x"},null,7],"education":{},"unknown":[{"a":1},{"b":[]}]}`)
	}
	f.Fuzz(func(t *testing.T, old, new string) {
		fuzzChanges[employee.BaseRecord](t, old, new)
		fuzzChanges[employee.CleanRecord](t, old, new)
		fuzzChanges[employee.MultiSourceRecord](t, old, new)
		fuzzChanges[employee.V1Record](t, old, new)
	})
}

func fuzzChanges[R employee.BaseRecord | employee.CleanRecord | employee.MultiSourceRecord | employee.V1Record](t *testing.T, old, new string) {
	t.Helper()
	a, err := employee.Decode[R]([]byte(old))
	if err != nil {
		return
	}
	b, err := employee.Decode[R]([]byte(new))
	if err != nil {
		return
	}
	if told := employee.Changes(a, a); len(told) > 0 {
		t.Fatalf("a record differs from itself: %q", toldOf(told))
	}
	if again, err := employee.Decode[R]([]byte(old)); err != nil || len(employee.Changes(a, again)) > 0 {
		t.Fatalf("a record differs from itself, decoded again: %q", toldOf(employee.Changes(a, again)))
	}
	told := employee.Changes(a, b)
	if again := employee.Changes(a, b); !reflect.DeepEqual(told, again) {
		t.Fatalf("told %q and then %q", toldOf(told), toldOf(again))
	}
	for _, c := range told {
		if strings.ContainsAny(c.String(), "\n\x1b") || c.Kind() == "" {
			t.Fatalf("%q", c)
		}
	}
}
