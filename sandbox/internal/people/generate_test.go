package people_test

import (
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/pronet-go/pronet/sandbox/internal/people"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var now = time.Date(2026, time.January, 15, 12, 0, 0, 0, time.UTC)

var datasets = []people.Dataset{people.V1, people.Base, people.BaseDocumented, people.Clean, people.MultiSource, people.MultiSourceDocumented}

func TestGenerateIsTheSameForTheSameSeed(t *testing.T) {
	short, long := people.Generate(3, 40, now), people.Generate(3, 90, now)
	for i, p := range short {
		for _, ds := range datasets {
			assert.Equal(t, string(p.Record(ds)), string(long[i].Record(ds)), "person %d", i)
		}
	}
	other := people.Generate(4, 1, now)[0]
	assert.NotEqual(t, short[0].ID, other.ID)
	assert.NotEqual(t, short[0].Record(people.Base), other.Record(people.Base))
}

func TestGenerateNobody(t *testing.T) {
	assert.Empty(t, people.Generate(1, 0, now))
	assert.Empty(t, people.Generate(1, -5, now))
}

func TestIDsAndShorthandsAreUnique(t *testing.T) {
	ids, shorthands := map[int64]bool{}, map[string]bool{}
	form := regexp.MustCompile(`^[a-z]+[a-z0-9-]*[0-9a-f]$`)
	for _, p := range people.Generate(11, 10_000, now) {
		assert.False(t, ids[p.ID], "id %d comes twice", p.ID)
		ids[p.ID] = true
		require.True(t, p.ID >= 10_000_000 && p.ID <= 999_999_999, "id %d has not 8 or 9 digits", p.ID)
		for _, s := range append(p.FormerShorthands(), p.Shorthand()) {
			assert.False(t, shorthands[s], "shorthand %q comes twice", s)
			shorthands[s] = true
			require.Regexp(t, form, s)
		}
		assert.Equal(t, "https://www.linkedin.com/in/"+p.Shorthand(), p.ProfileURL())
	}
}

func TestDuplicatesPointToMainProfiles(t *testing.T) {
	byID := map[int64]*people.Person{}
	duplicates := 0
	const n = 3000
	for _, p := range people.Generate(2, n, now) {
		byID[p.ID] = p
		if p.IsParent() {
			continue
		}
		duplicates++
		parent := byID[p.ParentID]
		require.NotNil(t, parent, "the main profile comes first")
		assert.True(t, parent.IsParent())
		assert.Equal(t, parent.Name(), p.Name())
		assert.NotEqual(t, parent.Shorthand(), p.Shorthand())
		assert.Equal(t, parent.Document(people.Base)["country"], p.Document(people.Base)["country"])
		assert.Equal(t, float64(0), p.Document(people.Base)["is_parent"])
	}
	assert.InDelta(t, n*6/100, duplicates, n*2/100)
}

func TestPeopleAreVaried(t *testing.T) {
	const n = 2000
	names, titles, companies, countries := map[string]int{}, map[string]int{}, map[string]int{}, map[any]int{}
	without, former, deleted, hidden := 0, 0, 0, 0
	positions := map[float64]int{}
	for _, p := range people.Generate(8, n, now) {
		doc := p.Document(people.Base)
		names[p.Name()]++
		titles[p.Title()]++
		companies[p.Company()]++
		countries[doc["country"]]++
		positions[doc["experience_count"].(float64)]++
		if p.Title() == "" {
			without++
		}
		former += len(p.FormerShorthands())
		deleted += int(doc["deleted"].(float64))
		hidden += int(doc["is_hidden"].(float64))
	}
	assert.Greater(t, len(names), 1000)
	assert.Greater(t, len(titles), 60)
	assert.Greater(t, len(companies), 150)
	assert.Len(t, countries, 20)
	for count := range positions {
		assert.True(t, count >= 1 && count <= 8, "%v positions", count)
	}
	assert.Greater(t, len(positions), 4)
	assert.InDelta(t, n*12/100, without, n*5/100)
	assert.InDelta(t, n*15/100, former, n*4/100)
	assert.True(t, deleted > 0 && deleted < n/20)
	assert.True(t, hidden > 0 && hidden < n/20)
}

func TestTimesAreInOrder(t *testing.T) {
	for _, p := range people.Generate(6, 500, now) {
		doc := p.Document(people.Base)
		created, err := time.Parse(time.DateTime, doc["created_at"].(string))
		require.NoError(t, err)
		updated, err := time.Parse(time.DateTime, doc["updated_at"].(string))
		require.NoError(t, err)
		assert.True(t, created.Before(updated) && updated.Before(now), "%v %v", created, updated)
	}
}

func BenchmarkGenerate(b *testing.B) {
	for b.Loop() {
		people.Generate(1, 10_000, now)
	}
}

func BenchmarkDocument(b *testing.B) {
	for _, ds := range datasets {
		b.Run(string(ds), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				for _, p := range people.Generate(1, 20, now) {
					p.Document(ds)
				}
			}
		})
	}
}
