package people_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/internal/pronettest"
	"github.com/pronet-go/pronet/sandbox/internal/people"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestFirstPersonOfSeedOne(t *testing.T) {
	p := people.Generate(1, 1, now)[0]
	for _, ds := range datasets {
		var got bytes.Buffer
		require.NoError(t, json.Indent(&got, p.Record(ds), "", "  "))
		got.WriteByte('\n')
		golden := filepath.Join("testdata", "first_person_"+string(ds)+".json")
		if *update {
			require.NoError(t, os.WriteFile(golden, got.Bytes(), 0o600))
		}
		want, err := os.ReadFile(golden)
		require.NoError(t, err)
		assert.Equal(t, string(want), got.String(), golden)
	}
}

const documentedBase = `id parent_id is_parent full_name first_name last_name headline generated_headline created_at updated_at checked_at processed_at
		public_profile_id profile_url location city state country country_iso_2 country_iso_3 regions industry summary services profile_photo_url
		deleted is_hidden recommendations_count connections_count follower_count experience_count historical_ids shorthand_names
		awards certifications courses education experience languages organizations patents projects publications recommendations similar_profiles
		others_named test_scores volunteering_positions websites course_suggestions activity inferred_skills`

// rootKeys are the keys of the records as the provider documents or shows them.
var rootKeys = map[people.Dataset]string{
	people.V1: `id name title url hash location industry summary connections recommendations_count logo_url last_response_code created last_updated
		outdated deleted country connections_count experience_count last_updated_ux member_shorthand_name member_shorthand_name_hash canonical_url
		canonical_hash canonical_shorthand_name canonical_shorthand_name_hash
		member_also_viewed_collection member_awards_collection member_certifications_collection member_courses_collection
		member_courses_suggestion_collection member_education_collection member_experience_collection member_groups_collection
		member_interests_collection member_languages_collection member_organizations_collection member_patents_collection
		member_posts_see_more_urls_collection member_projects_collection member_publications_collection member_recommendations_collection
		member_similar_profiles_collection member_skills_collection member_test_scores_collection member_volunteering_cares_collection
		member_volunteering_opportunities_collection member_volunteering_positions_collection member_volunteering_supports_collection
		member_websites_collection`,
	people.Base: documentedBase + ` shorthand_name canonical_shorthand_name also_viewed groups interests posts_see_more_urls skills
		volunteering_cares volunteering_opportunities volunteering_supports hidden_details`,
	people.BaseDocumented: documentedBase,
	people.Clean: `last_updated is_deleted id is_parent full_name name_first name_middle name_last websites_professional_network shorthand_names picture_url
		follower_count skills public_profile_id description company_id headline generated_headline job_title management_level department
		is_decision_maker is_working is_hidden location_country location_regions experience education`,
}

// rowKeys are the keys of rows that are observed or documented.
var rowKeys = map[people.Dataset]map[string]string{
	people.V1: {
		"member_experience_collection": `id member_id title location company_name company_url date_from date_to duration description created last_updated
			deleted order_in_profile company_id`,
		"member_education_collection": `id member_id title subtitle date_from date_to activities_and_societies description created last_updated deleted school_url`,
		"member_skills_collection":    `id member_id skill_id created last_updated deleted member_skill_list`,
		"member_interests_collection": `id member_id interest_id created last_updated deleted member_interest_list`,
		"member_languages_collection": `id member_id language_id proficiency_id created last_updated deleted member_language_list
			member_language_proficiency_list`,
		"member_certifications_collection":   `id member_id name authority url date_from date_to created last_updated deleted`,
		"member_also_viewed_collection":      `id member_id url title location created last_updated deleted`,
		"member_awards_collection":           `id member_id title issuer description date created last_updated deleted`,
		"member_courses_collection":          `id member_id position courses created last_updated deleted`,
		"member_groups_collection":           `id member_id name url created last_updated deleted`,
		"member_recommendations_collection":  `id member_id recommendation created last_updated deleted`,
		"member_similar_profiles_collection": `id member_id url created last_updated deleted`,
		"member_volunteering_positions_collection": `id member_id organization role cause_id date_from date_to duration created last_updated deleted
			description organization_url member_volunteering_positions_cause_list`,
		"member_websites_collection": `id member_id website created last_updated deleted`,
	},
	people.Base: {
		"experience": `id title location company_id company_source_id company_name company_url company_url_shorthand_name
			company_url_canonical_shorthand_name company_industry company_website company_employees_count company_size date_from date_from_year
			date_from_month date_to date_to_year date_to_month is_current duration description` + baseRowEnd + " deleted_at",
		"education": `id institution program date_from date_from_year date_from_month date_to date_to_year date_to_month activities_and_societies
			description institution_url institution_shorthand_name` + baseRowEnd + " deleted_at",
		"certifications": `id title issuer credential_id certificate_url date_from date_from_year date_from_month date_to date_to_year date_to_month
			issuer_url` + baseRowEnd,
		"websites":            "id personal_website" + baseRowEnd,
		"languages":           "id language proficiency" + baseRowEnd,
		"skills":              "id skill" + baseRowEnd,
		"interests":           "id interest" + baseRowEnd,
		"groups":              "id name url" + baseRowEnd,
		"also_viewed":         "id url" + baseRowEnd,
		"posts_see_more_urls": "id url" + baseRowEnd,
		"volunteering_cares":  "id care" + baseRowEnd,
		"shorthand_names":     "shorthand_name",
		"historical_ids":      "id",
		"regions":             "region",
	},
	people.BaseDocumented: {
		"experience": `title company_id company_name company_url company_website company_shorthand_name company_source_id company_logo_url location description
			date_from date_from_year date_from_month date_to date_to_year date_to_month duration is_current order_in_profile deleted deleted_at`,
		"education": `institution program institution_url institution_id institution_source_id date_from_year date_to_year activities_and_societies
			description order_in_profile deleted deleted_at`,
		"languages": `language proficiency order_in_profile deleted`,
		"regions":   `region`,
	},
	people.Clean: {
		"education": `degree institution_name institution_url date_from_year date_to_year order_in_profile`,
	},
}

// baseRowEnd is how the rows of Base end.
const baseRowEnd = " order_in_profile deleted created_at updated_at"

func keysOf(list string) []string { return slices.Sorted(slices.Values(strings.Fields(list))) }

func TestRecordsHaveTheProvidersKeys(t *testing.T) {
	for ds := range rootKeys {
		filled := map[string]bool{}
		for _, p := range people.Generate(5, 300, now) {
			doc := p.Document(ds)
			keys := slices.Sorted(maps.Keys(doc))
			if _, newer := doc["first_name"]; ds == people.V1 && newer {
				keys = slices.DeleteFunc(keys, func(k string) bool { return k == "first_name" || k == "last_name" })
			}
			require.Equal(t, keysOf(rootKeys[ds]), keys)
			for name, want := range rowKeys[ds] {
				for _, row := range doc[name].([]any) {
					filled[name] = true
					require.Equal(t, keysOf(want), slices.Sorted(maps.Keys(row.(map[string]any))), name)
				}
			}
		}
		assert.Len(t, filled, len(rowKeys[ds]), "every collection is filled for someone")
	}
}

// bareAddresses takes scheme and "www." off the addresses that Clean indexes
// without them.
func bareAddresses(record map[string]any) {
	bare := func(in map[string]any, name string) {
		if url, ok := in[name].(string); ok {
			in[name] = strings.TrimPrefix(strings.TrimPrefix(url, "https://"), "www.")
		}
	}
	bare(record, "websites_professional_network")
	for _, row := range record["experience"].([]any) {
		bare(row.(map[string]any), "company_professional_network_url")
	}
}

func TestDocumentIsTheDecodedRecord(t *testing.T) {
	for _, p := range people.Generate(5, pronettest.Times(30, 100), now) {
		for _, ds := range datasets {
			var want map[string]any
			require.NoError(t, json.Unmarshal(p.Record(ds), &want))
			if ds == people.Clean {
				bareAddresses(want)
			}
			assert.Equal(t, want, p.Document(ds))
		}
	}
}

func TestRecordsAreRealistic(t *testing.T) {
	nulls := map[string]int{}
	live, past, emptyTerms := 0, 0, 0
	rowIDs := map[any]bool{}
	for _, p := range people.Generate(5, 400, now) {
		v1 := p.Document(people.V1)
		for _, name := range []string{"title", "industry", "summary", "connections"} {
			if v1[name] == nil {
				nulls[name]++
			}
		}
		assert.IsType(t, "", v1["recommendations_count"])
		assert.Regexp(t, `^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$`, v1["last_updated"])
		for _, row := range v1["member_experience_collection"].([]any) {
			row := row.(map[string]any)
			if row["deleted"] == float64(0) {
				live++
			} else {
				past++
			}
			assert.Equal(t, row["date_to"] == nil, row["duration"] == nil)
			assert.Regexp(t, `^([A-Z][a-z]+ )?\d{4}$`, row["date_from"])
		}
		for _, row := range v1["member_skills_collection"].([]any) {
			assert.Equal(t, float64(1), row.(map[string]any)["deleted"])
		}
		for _, row := range v1["member_languages_collection"].([]any) {
			row := row.(map[string]any)
			term := row["member_language_proficiency_list"].(map[string]any)
			assert.Equal(t, row["proficiency_id"], term["id"])
			if len(term) == 0 {
				emptyTerms++
			}
		}

		base := p.Document(people.Base)
		assert.IsType(t, "", base["public_profile_id"])
		assert.Equal(t, p.Shorthand(), base["shorthand_name"])
		assert.Equal(t, map[string]any{"shorthand_name": p.Shorthand()}, base["shorthand_names"].([]any)[0])
		assert.Len(t, base["shorthand_names"], 1+len(p.FormerShorthands()))
		assert.Equal(t, []any{map[string]any{"id": float64(p.ID)}}, base["historical_ids"])
		assert.Regexp(t, `^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$`, base["updated_at"])
		documented := p.Document(people.BaseDocumented)
		assert.Equal(t, p.Shorthand(), documented["shorthand_names"].([]any)[0])
		assert.Equal(t, []any{float64(p.ID)}, documented["historical_ids"])
		assert.Regexp(t, `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$`, documented["updated_at"])
		current := 0
		for _, row := range base["experience"].([]any) {
			row := row.(map[string]any)
			if row["is_current"] == float64(1) {
				current++
				assert.Equal(t, p.Title(), row["title"])
				assert.Equal(t, p.Company(), row["company_name"])
				assert.Equal(t, float64(0), row["deleted"])
				assert.NotNil(t, row["duration"])
			}
			assert.Regexp(t, "^[0-9a-f]{32}$", row["id"])
			assert.False(t, rowIDs[row["id"]], "two rows have one id")
			rowIDs[row["id"]] = true
			assert.Equal(t, row["deleted"] == float64(1), row["deleted_at"] != nil, "a deleted row stays, and says since when")
		}
		assert.Equal(t, p.Title() != "", current == 1)
	}
	for name, n := range nulls {
		assert.True(t, n > 0 && n < 300, "%s is null for %d", name, n)
	}
	assert.Len(t, nulls, 4)
	assert.Greater(t, past, live/2, "history rows")
	assert.Positive(t, emptyTerms)
}

func TestUnknownDatasetHasNoRecord(t *testing.T) {
	p := people.Generate(1, 1, now)[0]
	assert.Nil(t, p.Record("nowhere"))
	assert.Nil(t, p.Document("nowhere"))
}

func TestReadingWhileChangingIsSafe(t *testing.T) {
	p := people.Generate(1, 1, now)[0]
	var readers sync.WaitGroup
	for range 8 {
		readers.Go(func() {
			for range pronettest.Times(10, 50) {
				for _, ds := range datasets {
					var record struct {
						ID int64 `json:"id"`
					}
					assert.NoError(t, json.Unmarshal(p.Record(ds), &record))
					assert.Equal(t, p.ID, record.ID)
					assert.Equal(t, float64(p.ID), p.Document(ds)["id"])
				}
				_, _ = p.Title(), p.Company()
			}
		})
	}
	for range 20 {
		p.ChangeCompany("", now)
	}
	readers.Wait()
}
