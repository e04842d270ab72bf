package employee_test

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/internal/pronettest"
)

// TestNothingOfCleanAndMultiSourceIsLost is TestNothingIsLost for the other datasets.
func TestNothingOfCleanAndMultiSourceIsLost(t *testing.T) {
	for seed := range uint64(pronettest.Times(20, 60)) {
		g := generator{rand.New(rand.NewPCG(seed, 11))}
		nothingLost(t, g.record(reflect.TypeFor[employee.CleanRecord]()), func(r *employee.CleanRecord) {
			r.ID++
			r.FullName += "changed"
			r.Experience = append(r.Experience, employee.CleanExperience{Title: "added"})
		}, "full_name", "experience")
		nothingLost(t, g.record(reflect.TypeFor[employee.MultiSourceRecord]()), func(r *employee.MultiSourceRecord) {
			r.ID++
			r.FullName += "changed"
			r.Awards = append(r.Awards, employee.MultiSourceAward{Title: "added"})
		}, "full_name", "awards")
	}
}

// TestNothingOfAPreviewIsLost changes one field of random rows.
func TestNothingOfAPreviewIsLost(t *testing.T) {
	for seed := range uint64(60) {
		g := generator{rand.New(rand.NewPCG(seed, 12))}
		text := g.record(reflect.TypeFor[employee.Preview]())
		p, err := employee.Decode[employee.Preview]([]byte(text))
		require.NoError(t, err, text)
		same, err := json.Marshal(p)
		require.NoError(t, err)
		require.Equal(t, tree(t, text), tree(t, string(same)))

		p.FullName += "changed"
		changed, err := json.Marshal(p)
		require.NoError(t, err)
		before, after := tree(t, text), tree(t, string(changed))
		assert.Contains(t, after["full_name"], "changed")
		delete(before, "full_name")
		delete(after, "full_name")
		require.Equal(t, before, after, text)
	}
}

var (
	decimals = regexp.MustCompile(`("(?:_score|\w+_(?:score|p25|median|p75|percentage|source_1|tenure|months|per_promotion)|months_in_management)": )"[^"]*"`)
	regions  = regexp.MustCompile(`("\w*_regions": \[)"([^"]*)"`)
)

// record is a record as value makes it, never null, with numbers where [employee.Decimal] stands and regions in both
// forms.
func (g generator) record(t reflect.Type) string {
	text := "{" + strings.Join(g.members(t), ",") + "}"
	text = decimals.ReplaceAllStringFunc(text, func(m string) string {
		return decimals.ReplaceAllString(m, "${1}"+g.pick("105432.560", `"7.50"`, "1e3", "-0.0", "0.1", "12", `""`, "1e999", `"low"`))
	})
	return regions.ReplaceAllStringFunc(text, func(m string) string {
		return regions.ReplaceAllString(m, "${1}"+g.pick(`{"region":"$2","more":1.0}`, `"$2"`))
	})
}

// TestGeneratedRecordsHoldEveryForm keeps the random records honest: the decimals and regions in them are read.
func TestGeneratedRecordsHoldEveryForm(t *testing.T) {
	var salaries, regionsRead, objects int
	for seed := range uint64(60) {
		g := generator{rand.New(rand.NewPCG(seed, 13))}
		text := g.record(reflect.TypeFor[employee.MultiSourceRecord]())
		r, err := employee.Decode[employee.MultiSourceRecord]([]byte(text))
		if !assert.NoError(t, err, text) {
			return
		}
		if r.ProjectedBaseSalaryP25 != 0 {
			salaries++
		}
		regionsRead += len(r.LocationRegions)
		objects += strings.Count(text, `{"region":`)
	}
	assert.Greater(t, salaries, 10)
	assert.Greater(t, regionsRead, 10)
	assert.Greater(t, objects, 10)
}

func FuzzCleanRecord(f *testing.F) {
	fuzzSeeds(f, "clean_complete.json", "clean_sparse.json")
	f.Fuzz(fuzzRecord[employee.CleanRecord])
}

func FuzzMultiSourceRecord(f *testing.F) {
	fuzzSeeds(f, "multisource_complete.json", "multisource_sparse.json")
	f.Fuzz(fuzzRecord[employee.MultiSourceRecord])
}

func FuzzPreview(f *testing.F) {
	fuzzSeeds(f, "preview_base.json", "preview_multisource.json")
	f.Fuzz(fuzzRecord[employee.Preview])
}

func fuzzSeeds(f *testing.F, samples ...string) {
	f.Helper()
	for _, name := range samples {
		f.Add(sample(f, name))
	}
	f.Add([]byte(`{"id":"x","experience":[{"company_id":{},"stock_ticker":["A",{"ticker":1}],"company_twitter_url":"t"},null,7],"location_regions":["a",{"region":"b","c":1},{}],"full_name":1,"full_name":"b","_score":1e999,"new":[1.0]}`))
	f.Add([]byte(`{"tenure_stats":{"median_tenure":"1.5","x":null},"internal_promotion_rate":0.5,"projected_base_salary_p25":"12.50","inferred_skills":"a","historical_ids":["1",2.0]}`))
}
