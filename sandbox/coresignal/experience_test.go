package coresignal_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/sandbox/coresignal"
)

const experienceSubscriptions = baseSubscriptions + "/experience_changes/"

func TestExperienceSubscriptionIsToldOfStartsAndEnds(t *testing.T) {
	sb, c := start(t)
	staff := peopleAtWork(t, sb, 3)
	hooks := map[string]*receiver{}
	for path, body := range map[string]string{
		"employee_base/ids":            fmt.Sprintf(`"ids":[%d]`, staff[0].ID),
		"employee_base/es_dsl":         `"es_dsl_query":` + matchAll,
		"employee_clean/ids":           fmt.Sprintf(`"ids":[%d]`, staff[0].ID),
		"employee_clean/es_dsl":        `"es_dsl_query":` + matchAll,
		"employee_clean/all":           "",
		"employee_multi_source/ids":    fmt.Sprintf(`"ids":[%d]`, staff[0].ID),
		"employee_multi_source/es_dsl": `"es_dsl_query":` + matchAll,
	} {
		hooks[path] = receive(t)
		if body != "" {
			body = "," + body
		}
		c.post(experienceSubscriptions+path, fmt.Sprintf(`{"webhook_url":%q%s}`, hooks[path].URL, body)).id()
	}

	require.NoError(t, sb.Coresignal.Leave(staff[0].ID))
	require.NoError(t, sb.Deliver(t.Context()))
	require.NoError(t, sb.Coresignal.HideForPrivacy(staff[0].ID))
	require.NoError(t, sb.Coresignal.Promote(staff[0].ID, "Volunteer"))
	require.NoError(t, sb.Deliver(t.Context()))
	require.NoError(t, sb.Coresignal.ChangeCompany(staff[0].ID, ""))
	require.NoError(t, sb.Deliver(t.Context()))
	told := fmt.Sprintf(`[{"member_id":%d,"status":"changed"}]`, staff[0].ID)
	for path, hook := range hooks {
		assert.Equal(t, []string{told, told}, hook.got(), "%s: an end and a start, not the headline or the privacy", path)
	}

	require.NoError(t, sb.Coresignal.Promote(staff[1].ID, "Keeper of the Lighthouse"))
	require.NoError(t, sb.Deliver(t.Context()))
	told = fmt.Sprintf(`[{"member_id":%d,"status":"changed"}]`, staff[1].ID)
	assert.Equal(t, told, hooks["employee_clean/all"].got()[2], "a promotion ends one position and starts another")
	assert.Len(t, hooks["employee_clean/ids"].got(), 2)
}

func TestExperienceQueryCoversWhomItCoveredBeforeOrCoversNow(t *testing.T) {
	sb, c := start(t)
	p := firstPerson(t, sb)
	hook := receive(t)
	c.post(experienceSubscriptions+"employee_multi_source/es_dsl", fmt.Sprintf(
		`{"webhook_url":%q,"es_dsl_query":{"query":{"match_phrase":{"active_experience_title":"lighthouse"}}}}`, hook.URL)).id()
	for _, change := range []struct {
		title string
		told  int
	}{
		{"Director", 0}, {"Keeper of the Lighthouse", 1}, {"Master of the Lighthouse", 2}, {"Gardener", 3}, {"Director", 3},
	} {
		require.NoError(t, sb.Coresignal.Promote(p.ID, change.title))
		require.NoError(t, sb.Deliver(t.Context()))
		assert.Len(t, hook.got(), change.told, change.title)
	}
	assert.Equal(t, fmt.Sprintf(`[{"member_id":%d,"status":"changed"}]`, p.ID), hook.got()[2])
}

func TestSubscriptionsOfTheRicherDatasets(t *testing.T) {
	sb, c := start(t)
	p := firstPerson(t, sb)
	for path, field := range map[string]string{"employee_clean": "job_title", "employee_multi_source": "active_experience_title"} {
		query, ids, tracked := receive(t), receive(t), receive(t)
		c.post(baseSubscriptions+"/"+path+"/es_dsl", fmt.Sprintf(
			`{"webhook_url":%q,"es_dsl_query":{"query":{"match_phrase":{%q:"lighthouse"}}}}`, query.URL, field)).id()
		c.post(baseSubscriptions+"/"+path+"/ids", fmt.Sprintf(`{"webhook_url":%q,"ids":[%d]}`, ids.URL, p.ID)).id()
		c.post(baseSubscriptions+"/"+path+"/ids", fmt.Sprintf(`{"webhook_url":%q,"ids":[%d],"tracked_fields":["skills",%q]}`, tracked.URL, p.ID, field)).id()

		require.NoError(t, sb.Coresignal.Promote(p.ID, "Keeper of the Lighthouse"))
		require.NoError(t, sb.Deliver(t.Context()))
		require.NoError(t, sb.Coresignal.Promote(p.ID, "Gardener of "+path))
		require.NoError(t, sb.Deliver(t.Context()))
		assert.Equal(t, []string{
			fmt.Sprintf(`[{"member_id":%d,"status":"started_matching_query","changed_fields":null}]`, p.ID),
			fmt.Sprintf(`[{"member_id":%d,"status":"stopped_matching_query","changed_fields":null}]`, p.ID),
		}, query.got())
		narrowed := fmt.Sprintf(`[{"member_id":%d,"status":"changed","changed_fields":[%q]}]`, p.ID, field)
		assert.Equal(t, []string{narrowed, narrowed}, tracked.got())
		var notices []struct {
			ChangedFields []string `json:"changed_fields"`
		}
		require.Len(t, ids.got(), 2)
		require.NoError(t, json.Unmarshal([]byte(ids.got()[0]), &notices))
		assert.Subset(t, notices[0].ChangedFields, []string{field, "experience", "headline"})
		for _, upkeep := range []string{"last_updated", "updated_at", "changed_at"} {
			assert.NotContains(t, notices[0].ChangedFields, upkeep)
		}
	}
}

func TestTrackedFieldsNarrowExperienceChangesToo(t *testing.T) {
	sb, c := start(t)
	p := firstPerson(t, sb)
	skills, experience := receive(t), receive(t)
	for hook, field := range map[*receiver]string{skills: "skills", experience: "experience"} {
		c.post(experienceSubscriptions+"employee_clean/all", fmt.Sprintf(`{"webhook_url":%q,"tracked_fields":[%q]}`, hook.URL, field)).id()
	}
	require.NoError(t, sb.Coresignal.ChangeCompany(p.ID, ""))
	require.NoError(t, sb.Deliver(t.Context()))
	assert.Empty(t, skills.got())
	assert.Len(t, experience.got(), 1)
}

func TestRefusedSubscriptionsOfTheRicherDatasets(t *testing.T) {
	_, c := start(t)
	for _, tt := range []struct {
		path, body string
		status     int
		detail     string
	}{
		{"employee_clean/es_dsl", `"es_dsl_query":{"query":{"range":{"last_updated":{"gte":"2020-01-01"}}}}`, 422, "last_updated"},
		{"employee_clean/es_dsl", `"es_dsl_query":{"query":{"bool":{"must":[{"exists":{"field":"last_updated"}}]}}}`, 422, "last_updated"},
		{"experience_changes/employee_clean/es_dsl", `"es_dsl_query":{"query":{"query_string":{"query":"last_updated:[2020-01-01 TO *]"}}}`, 422, "last_updated"},
		{"experience_changes/employee_base/es_dsl", `"es_dsl_query":{"query":{"exists":{"field":"created"}}}`, 422, "created"},
		{"employee_multi_source/es_dsl", `"es_dsl_query":{"query":{"nested":{"path":"regions","query":{"match_all":{}}}}}`, 400, "nested path"},
		{"employee_multi_source/ids", `"filters":{}`, 422, "filters"},
		{"employee_multi_source/ids", `"ids":[]`, 400, "ids"},
		{"employee_clean/es_dsl", `"es_dsl_query":{}`, 400, "query is missing"},
		{"experience_changes/employee_clean/all", `"ids":[1]`, 422, `"ids" is not allowed`},
		{"experience_changes/employee_clean/all", `"es_dsl_query":` + matchAll, 422, "not allowed"},
		{"experience_changes/employee_clean/all", `"tracked_fields":[]`, 422, "tracked_fields"},
	} {
		c.post(baseSubscriptions+"/"+tt.path, fmt.Sprintf(`{"webhook_url":%q,%s}`, callback, tt.body)).refused(tt.status, tt.detail)
	}
	c.post(experienceSubscriptions+"employee_clean/all", `{}`).refused(http.StatusBadRequest, "webhook_url is missing")
	c.post(experienceSubscriptions+"employee_clean/all", `{"webhook_url":"http://a.example"}`).refused(http.StatusUnprocessableEntity, "Invalid webhook URL")
	c.post(baseSubscriptions+"/employee_multi_source/es_dsl", fmt.Sprintf(
		`{"webhook_url":%q,"es_dsl_query":{"query":{"range":{"updated_at":{"gte":"2020-01-01"}}}}}`, callback)).id()
}

func TestAllSubscriptionsOfTheAccountCount(t *testing.T) {
	sb, c := start(t, coresignal.WithMostSubscriptions(3))
	ids := fmt.Sprintf(`{"webhook_url":%q,"ids":[1]}`, callback)
	c.post(baseSubscriptions+"/employee_clean/ids", ids).id()
	c.post(baseSubscriptions+"/employee_multi_source/ids", ids).id()
	last := c.post(experienceSubscriptions+"employee_clean/all", fmt.Sprintf(`{"webhook_url":%q}`, callback)).id()
	c.post(baseSubscriptions+"/employee_base/ids", ids).refused(http.StatusBadRequest, "3 subscriptions already")
	rows := c.list("")
	require.Len(t, rows, 3)
	assert.Equal(t, last, rows[2].ID)
	var one map[string]any
	c.get(baseSubscriptions + "/" + last).is(http.StatusOK).decode(&one)
	assert.NotContains(t, one, "es_dsl_query")
	c.send("POST", baseSubscriptions+"/"+last+"/renew", "", nil).is(http.StatusOK)
	c.send("DELETE", baseSubscriptions+"/"+last, "", nil).is(http.StatusOK)
	c.post(baseSubscriptions+"/employee_base/ids", ids).id()
	assert.Equal(t, 4, sb.Coresignal.SubscriptionsCreated())
}
