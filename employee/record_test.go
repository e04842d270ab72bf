package employee_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/employee"
)

func sample(t testing.TB, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	return text
}

func sampled[R any](t testing.TB, name string) *R {
	t.Helper()
	r, err := employee.Decode[R](sample(t, name))
	require.NoError(t, err)
	return r
}

// unfilled lists the fields that are zero in every row.
func unfilled(v reflect.Value, path string) (paths []string) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				paths = append(paths, unfilled(v.Field(i), path+"."+f.Name)...)
			}
		}
	case reflect.Slice:
		if v.Len() == 0 {
			return []string{path}
		}
		paths = unfilled(v.Index(0), path+"[]")
	default:
		if v.IsZero() {
			return []string{path}
		}
	}
	return paths
}

// TestEveryFieldIsTyped decodes records that have every documented and observed field: nothing is unknown, nothing has
// another type, and no field of the types stays empty.
func TestEveryFieldIsTyped(t *testing.T) {
	base := sampled[employee.BaseRecord](t, "base_complete.json")
	assert.Empty(t, base.Unknown())
	assert.Empty(t, base.Mismatched())
	assert.Empty(t, withoutFlags(unfilled(reflect.ValueOf(*base), "")))

	v1 := sampled[employee.V1Record](t, "v1_complete.json")
	assert.Empty(t, v1.Unknown())
	assert.Empty(t, v1.Mismatched())
	assert.Equal(t, []string{".TestScores"}, withoutFlags(unfilled(reflect.ValueOf(*v1), "")))
}

func withoutFlags(paths []string) []string {
	kept := []string{}
	for _, p := range paths {
		if !strings.HasSuffix(p, ".Deleted") && !strings.HasSuffix(p, ".Outdated") && !strings.HasPrefix(p, ".Experience[].DateTo") &&
			p != ".Experience[].Duration" && p != ".Experience[].BaseRow.DeletedAt" {
			kept = append(kept, p)
		}
	}
	return kept
}

func TestBaseRecord(t *testing.T) {
	r := sampled[employee.BaseRecord](t, "base_complete.json")
	assert.EqualValues(t, 9100000001, r.ID)
	assert.True(t, bool(r.IsParent))
	assert.Equal(t, "Mara Fiktiv", r.FullName)
	assert.Equal(t, employee.Text("77123456"), r.PublicProfileID)
	assert.Equal(t, []employee.BaseRegion{{Region: "Europe"}, {Region: "Western Europe"}}, r.Regions)
	assert.Equal(t, employee.Number(500), r.ConnectionsCount)
	assert.Equal(t, employee.Number(600), r.FollowerCount)
	assert.Equal(t, employee.Numbers{9000000001, 9000000002}, r.HistoricalIDs)
	assert.Equal(t, employee.Texts{"piloting", "radio"}, r.InferredSkills)
	require.Len(t, r.Experience, 3)
	assert.Equal(t, employee.BaseExperience{
		BaseRow: employee.BaseRow{
			ID: "000000000000000000000000a0000002", OrderInProfile: 2, CreatedAt: "2024-05-06 07:08:09", UpdatedAt: "2026-01-01T12:00:00.123Z",
		},
		Title: "Deckhand", CompanyName: "Fischerei Unbekannt", CompanySourceID: "54321",
		DateFrom: "2018", DateFromYear: 2018, DateTo: "February 2021", DateToYear: 2021, DateToMonth: 2, Duration: "3 years 2 months",
	}, r.Experience[1])
	assert.Equal(t, "German", r.Languages[0].Language)
	assert.True(t, bool(r.Languages[0].Deleted))
	at, ok := r.UpdatedAt.Time()
	assert.True(t, ok)
	assert.Equal(t, 123_000_000, at.Nanosecond())

	current := r.CurrentExperience()
	require.Len(t, current, 1)
	assert.Equal(t, r.Experience[0], current[0])

	empty := sampled[employee.BaseRecord](t, "base_sparse.json")
	assert.Empty(t, empty.Headline)
	assert.Zero(t, empty.ParentID)
	assert.Empty(t, empty.CurrentExperience())
}

func TestV1Record(t *testing.T) {
	r := sampled[employee.V1Record](t, "v1_complete.json")
	assert.EqualValues(t, 500000002, r.ID)
	assert.Equal(t, employee.Text("500+ connections"), r.Connections)
	assert.Equal(t, employee.Number(4), r.RecommendationsCount)
	assert.Equal(t, "Builds <bridges> & ähnliches.", r.Summary)
	require.Len(t, r.Languages, 2)
	assert.NotZero(t, r.Languages[0].Proficiency)
	assert.Zero(t, r.Languages[1].Proficiency, "a missing entry is {}")

	require.Len(t, r.Experience, 3)
	current := r.CurrentExperience()
	require.Len(t, current, 1, "deleted rows and ended positions are not current")
	assert.Equal(t, "Head of bridges", current[0].Title)
	assert.EqualValues(t, 20000009001, current[0].ID)

	sparse := sampled[employee.V1Record](t, "v1_sparse.json")
	assert.Empty(t, sparse.Connections)
	assert.Empty(t, sparse.CurrentExperience())
	assert.Empty(t, sparse.Unknown())
}

func TestRecordKeepsItsJSON(t *testing.T) {
	text := []byte(`{"id":7,"full_name":"A","processed_by":{"x":1.0},"follower_count":"12","experience":[{"title":"t","tenure":1e1,"company_id":{}}],"regions":null}`)
	r, err := employee.Decode[employee.BaseRecord](text)
	require.NoError(t, err)
	want := string(text)
	clear(text)
	assert.Equal(t, want, string(r.Raw()), "the text is copied")
	assert.Equal(t, map[string]json.RawMessage{"processed_by": json.RawMessage(`{"x":1.0}`), "experience[0].tenure": json.RawMessage("1e1")}, r.Unknown())
	assert.Equal(t, []string{"experience[0].company_id"}, r.Mismatched())

	for name, marshal := range map[string]func(any) ([]byte, error){
		"encoding/json":      json.Marshal,
		"go-json-experiment": func(v any) ([]byte, error) { return jsonv2.Marshal(v) },
	} {
		for _, v := range []any{r, *r} {
			out, err := marshal(v)
			require.NoError(t, err)
			assert.Equal(t, want, string(out), name)
		}
	}

	r.Experience[0].CompanyID = 5
	r.IsParent = true
	out, err := json.Marshal(r)
	require.NoError(t, err)
	assert.Equal(t, strings.TrimSuffix(strings.Replace(want, `"company_id":{}`, `"company_id":5`, 1), "}")+`,"is_parent":1}`, string(out))
}

func TestRecordWithoutJSON(t *testing.T) {
	r := employee.V1Record{ID: 1, Name: "A", Experience: []employee.V1Experience{{V1Row: employee.V1Row{Deleted: true}, DateFrom: "2010"}}}
	out, err := json.Marshal(r)
	require.NoError(t, err)
	assert.Equal(t, `{"id":1,"name":"A","member_experience_collection":[{"deleted":1,"date_from":"2010"}]}`, string(out))
	assert.Nil(t, r.Raw())
	assert.Nil(t, r.Unknown())
	assert.Nil(t, r.Mismatched())

	var back employee.V1Record
	require.NoError(t, json.Unmarshal(out, &back))
	assert.Equal(t, r, back, "a plain decoder fills the fields and keeps no text")
}

func TestRecordsAreEqualByText(t *testing.T) {
	a, b := sampled[employee.V1Record](t, "v1_complete.json"), sampled[employee.V1Record](t, "v1_complete.json")
	assert.True(t, reflect.DeepEqual(a, b))
	b.Title += "!"
	assert.False(t, reflect.DeepEqual(a, b))
}
