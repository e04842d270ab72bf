package people_test

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/sandbox/internal/people"
)

func TestPreview(t *testing.T) {
	p := employed(t)
	p.ChangeCompany(people.Companies()[0].Name, later)
	multi := `id full_name professional_network_url headline location_full location_country connections_count followers_count company_name
		company_professional_network_url company_website company_industry active_experience_title active_experience_department
		active_experience_management_level company_hq_full_address company_hq_country _score`
	for ds, keys := range map[people.Dataset]string{
		people.Base: `id full_name profile_url headline industry location country connections_count follower_count experience_count
			company_name company_url company_website company_industry _score`,
		people.Clean:                 `id full_name headline location_country company_name company_website company_industry _score`,
		people.MultiSource:           multi,
		people.MultiSourceDocumented: multi,
	} {
		raw, err := json.Marshal(p.Preview(ds, 2.5))
		require.NoError(t, err)
		var row map[string]any
		require.NoError(t, json.Unmarshal(raw, &row))
		assert.Equal(t, keysOf(keys), slices.Sorted(maps.Keys(row)))
		assert.Equal(t, float64(p.ID), row["id"])
		assert.Equal(t, people.Companies()[0].Name, row["company_name"])
		assert.Equal(t, people.Companies()[0].Industry, row["company_industry"])
		assert.Equal(t, 2.5, row["_score"])
	}
	assert.Nil(t, p.Preview(people.V1, 1))
}

func TestPreviewOfSomeoneWithoutPosition(t *testing.T) {
	raw, err := json.Marshal(unemployed(t).Preview(people.MultiSource, 1))
	require.NoError(t, err)
	var row map[string]any
	require.NoError(t, json.Unmarshal(raw, &row))
	for _, name := range []string{"company_name", "company_website", "active_experience_title", "company_hq_country"} {
		require.Contains(t, row, name)
		assert.Nil(t, row[name])
	}
}
