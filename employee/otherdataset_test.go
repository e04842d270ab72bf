package employee_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/sandbox/coresignal"
)

var checks = map[string]func([]byte) error{
	"Base": employee.CheckDataset[employee.BaseRecord], "Clean": employee.CheckDataset[employee.CleanRecord],
	"Multi-source": employee.CheckDataset[employee.MultiSourceRecord], "V1": employee.CheckDataset[employee.V1Record],
}

// TestARecordReadAsAnother names its dataset, for each sample and each record of the sandbox.
func TestARecordReadAsAnother(t *testing.T) {
	samples := map[string][][]byte{}
	for prefix, dataset := range map[string]string{"base": "Base", "clean": "Clean", "multisource": "Multi-source", "v1": "V1"} {
		files, err := filepath.Glob(filepath.Join("testdata", prefix+"_*.json"))
		require.NoError(t, err)
		require.NotEmpty(t, files)
		for _, file := range files {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			samples[dataset] = append(samples[dataset], text)
		}
	}
	sb, client := start(t, coresignal.WithPeople(20), coresignal.WithRateLimit(0))
	for _, id := range sb.Coresignal.PersonIDs() {
		e, ref := client.Employees, employee.ID(id)
		base, err := e.Base.Collect(t.Context(), ref)
		require.NoError(t, err)
		clean, err := e.Clean.Collect(t.Context(), ref)
		require.NoError(t, err)
		multi, err := e.MultiSource.Collect(t.Context(), ref)
		require.NoError(t, err)
		v1, err := e.V1.Collect(t.Context(), ref)
		require.NoError(t, err)
		for dataset, text := range map[string][]byte{"Base": base.Raw(), "Clean": clean.Raw(), "Multi-source": multi.Raw(), "V1": v1.Raw()} {
			samples[dataset] = append(samples[dataset], text)
		}
	}
	for dataset, texts := range samples {
		for _, text := range texts {
			for read, check := range checks {
				err := check(text)
				if read == dataset {
					require.NoError(t, err)
					continue
				}
				if strings.Count(string(text), ":") < 15 {
					continue // a sparse sample
				}
				require.ErrorIs(t, err, employee.ErrOtherDataset, "%s as %s: %.300s", dataset, read, text)
				want := "employee: the record is one of " + dataset + ", and is read as one of " + read
				assert.Equal(t, want, err.Error())
				assert.Equal(t, want, api.Describe(err), "it may be printed below an api.Error")
			}
		}
	}
}

func TestARecordThatMayBeOfTheDataset(t *testing.T) {
	for name, text := range map[string]string{
		"few names":               `{"id":1,"location_full":"x","followers_count":2}`,
		"one of its own":          `{"id":1,"websites":[],"location_full":"x","followers_count":2,"linkedin_url":"y","location_city":"z"}`,
		"new names":               `{"id":1,"tenure":1,"score":2,"more":3,"yet more":4}`,
		"nothing":                 `{}`,
		"null":                    `null`,
		"no object":               `[1]`,
		"no JSON":                 `{"location_full`,
		"no text":                 ``,
		"names in another object": `{"id":1,"x":{"location_full":"x","followers_count":2,"linkedin_url":"y","location_city":"z"}}`,
	} {
		assert.NoError(t, checks["Base"]([]byte(text)), name)
	}
	other := []byte(`{"id":1,"location_full":"x","followers_count":2,"linkedin_url":"y"}`)
	require.ErrorIs(t, checks["Base"](other), employee.ErrOtherDataset)
	require.NoError(t, employee.CheckDataset[employee.Preview](other))
	require.NoError(t, employee.CheckDataset[int](other))
}

func FuzzCheckDataset(f *testing.F) {
	f.Add([]byte(`{"id":1,"location_full":"x","followers_count":2,"linkedin_url":"y"}`))
	f.Add([]byte(`{"id":1,"name":"x","title":"y"`))
	f.Fuzz(func(t *testing.T, text []byte) {
		others := 0
		for _, check := range checks {
			if check(text) != nil {
				others++
			}
		}
		assert.Less(t, others, len(checks), "it is of one of them, or of none")
	})
}
