package record_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/internal/record"
)

func TestPathsOfAType(t *testing.T) {
	assert.Equal(t, []string{
		"name", "age", "active", "home", "home.name",
		"jobs", "jobs.id", "jobs.deleted", "jobs.title", "jobs.year", "jobs.city", "jobs.city.name",
		"tags", "numbers", "teams", "teams.members", "Plain",
	}, record.Paths(personType))
}

func TestCheckPath(t *testing.T) {
	for _, path := range []string{"name", "jobs", "jobs.title", "jobs[0].title", "jobs[active].city.name", "teams.members[3]", "new:tenure", "new:jobs.tenure"} {
		assert.NoError(t, record.CheckPath(personType, path), path)
	}
	for path, want := range map[string]string{
		"naame":           `there is no field "naame"; did you mean "name"? (one that is newer than this package is written with "new:" before it)`,
		"Name":            `did you mean "name"?`,
		"jobs_title":      `did you mean "jobs.title"?`,
		"jobs[0].titel":   `there is no field "jobs[0].titel"; did you mean "jobs.title"?`,
		"homename":        `did you mean "home.name"?`,
		"jobs.city.nam":   `did you mean "jobs.city.name"?`,
		"shoe size":       `there is no field "shoe size"; one that is newer than this package is written with "new:" before it`,
		"":                `there is no field ""; one`,
		"new:":            `there is no field "new:"; one`,
		".name":           `did you mean "name"?`,
		"jobs.title.more": `there is no field`,
	} {
		assert.ErrorContains(t, record.CheckPath(personType, path), want, path)
	}
	err := record.CheckPath(personType, strings.Repeat("x", 10_000))
	require.Error(t, err)
	assert.Less(t, len(err.Error()), 200)
}

func FuzzNearest(f *testing.F) {
	for _, name := range []string{"name", "naame", "jobs.titel", "\xff", "ABC_def", ""} {
		f.Add(name)
	}
	names := record.Paths(personType)
	f.Fuzz(func(t *testing.T, misspelt string) {
		_ = record.Nearest(misspelt, names)
		_ = record.CheckPath(personType, misspelt)
		for _, name := range names {
			if got := record.Nearest(name, names); got != name {
				t.Fatalf("%s is nearest to %s", name, got)
			}
		}
	})
}
