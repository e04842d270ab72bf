package coresignal_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
)

// TestR60HiddenDeletedAndMerged: what a collect, a data request and the real-time endpoint give in each form, and what it
// costs.
func TestR60HiddenDeletedAndMerged(t *testing.T) {
	const (
		hide = iota
		remove
		merge
	)
	for _, tt := range []struct {
		name     string
		what     int
		option   coresignal.Option
		collect  int // status
		id       int // whose record it is: 0 their own, 1 the other's
		mark     string
		scrape   int
		searched bool
	}{
		{"hidden", hide, nil, 200, 0, "is_hidden", 453, true},
		{"hidden is not found", hide, coresignal.WithHiddenProfiles(coresignal.NotFound), 404, 0, "", 453, true},
		{"deleted", remove, nil, 200, 0, "deleted", 454, true},
		{"deleted is not found", remove, coresignal.WithDeletedProfiles(coresignal.NotFound), 404, 0, "", 454, true},
		{"merged", merge, nil, 200, 1, "", 200, false},
		{"merged is not found", merge, coresignal.WithMergedProfiles(coresignal.NotFound), 404, 0, "", 454, false},
		{"merged has its own record", merge, coresignal.WithMergedProfiles(coresignal.OwnRecord), 200, 0, "deleted", 454, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			options := []sandbox.Option{coresignal.WithJobPolls(0)}
			if tt.option != nil {
				options = append(options, tt.option)
			}
			sb, c := start(t, options...)
			two := peopleAtWork(t, sb, 2)
			p, other := two[0], two[1]
			change := []func() error{
				func() error { return sb.Coresignal.HideForPrivacy(p.ID) },
				func() error { return sb.Coresignal.Delete(p.ID) },
				func() error { return sb.Coresignal.Merge(p.ID, other.ID) },
			}[tt.what]
			require.NoError(t, change())
			want := []int64{p.ID, other.ID}[tt.id]

			for _, ref := range []string{fmt.Sprint(p.ID), p.Shorthand} {
				got := c.get(baseCollect + ref)
				if tt.collect != http.StatusOK {
					got.refused(tt.collect, "Not Found")
					continue
				}
				var record map[string]any
				got.is(http.StatusOK).decode(&record)
				assert.Equal(t, float64(want), record["id"])
				for _, mark := range []string{"is_hidden", "deleted"} {
					assert.Equal(t, map[bool]float64{true: 1}[mark == tt.mark], record[mark], mark)
				}
				if tt.name == "merged has its own record" {
					assert.Equal(t, float64(other.ID), record["parent_id"])
				}
			}
			if tt.collect != http.StatusOK {
				assert.Zero(t, sb.Coresignal.CreditsSpent())
			}

			before := sb.Coresignal.CreditsSpent()
			ids := c.records(t, c.post(baseJobs+"/employee_base/ids", fmt.Sprintf(`{"ids":[%d,%d]}`, p.ID, other.ID)))
			expected := []int64{other.ID}
			if tt.collect == http.StatusOK && want == p.ID {
				expected = append(expected, p.ID)
			}
			assert.ElementsMatch(t, expected, ids, "each profile once")
			assert.Equal(t, before+10*len(expected), sb.Coresignal.CreditsSpent())

			assert.Equal(t, tt.scrape, c.post(scrapePath, scrapeBody(p.ProfileURL)).status)
			var found []int64
			c.post(baseSearch+"es_dsl", fmt.Sprintf(`{"query":{"terms":{"id":[%d,%d]}}}`, p.ID, other.ID)).is(200).decode(&found)
			assert.Equal(t, tt.searched, slices.Contains(found, p.ID))
			assert.Contains(t, found, other.ID)

			now, ok := sb.Coresignal.Person(p.ID)
			require.True(t, ok)
			assert.Equal(t, tt.what == hide, now.Hidden)
			assert.Equal(t, tt.what != hide, now.Deleted)
			assert.Equal(t, map[bool]int64{true: other.ID}[tt.what == merge], now.MergedInto)
		})
	}
}

// TestR60WhatSubscriptionsAreTold of profiles that are hidden, deleted or merged.
func TestR60WhatSubscriptionsAreTold(t *testing.T) {
	sb, c := start(t)
	staff := peopleAtWork(t, sb, 4)
	ids, query := receive(t), receive(t)
	c.post(baseSubscriptions+"/employee_base/ids", fmt.Sprintf(`{"webhook_url":%q,"ids":[%d,%d,%d,%d]}`, ids.URL, staff[0].ID, staff[1].ID, staff[2].ID, staff[3].ID)).id()
	c.post(baseSubscriptions+"/employee_base/es_dsl", fmt.Sprintf(`{"webhook_url":%q,"es_dsl_query":%s}`, query.URL, matchAll)).id()
	require.NoError(t, sb.Coresignal.HideForPrivacy(staff[0].ID))
	require.NoError(t, sb.Coresignal.Delete(staff[1].ID))
	require.NoError(t, sb.Coresignal.Merge(staff[2].ID, staff[3].ID))
	require.NoError(t, sb.Deliver(t.Context()))
	assert.Equal(t, []string{fmt.Sprintf(`[{"member_id":%d,"status":"changed","changed_fields":["is_hidden"]},`+
		`{"member_id":%d,"status":"changed","changed_fields":["deleted"]},`+
		`{"member_id":%d,"status":"changed","changed_fields":["deleted","is_parent","parent_id"]},`+
		`{"member_id":%d,"status":"changed","changed_fields":["historical_ids","shorthand_names"]}]`,
		staff[0].ID, staff[1].ID, staff[2].ID, staff[3].ID)}, ids.got())
	assert.Contains(t, query.got()[0], fmt.Sprintf(`{"member_id":%d,"status":"stopped_matching_query","changed_fields":null}`, staff[2].ID))

	for name, tt := range map[string]struct {
		err  error
		want error
	}{
		"unknown":            {sb.Coresignal.Delete(1), coresignal.ErrUnknownPerson},
		"merge of nobody":    {sb.Coresignal.Merge(1, staff[0].ID), coresignal.ErrUnknownPerson},
		"merge into nobody":  {sb.Coresignal.Merge(staff[0].ID, 1), coresignal.ErrUnknownPerson},
		"merged before":      {sb.Coresignal.Merge(staff[2].ID, staff[0].ID), coresignal.ErrMerged},
		"a merged one moves": {sb.Coresignal.Promote(staff[2].ID, "CTO"), coresignal.ErrMerged},
	} {
		require.ErrorIs(t, tt.err, tt.want, name)
	}
	require.ErrorContains(t, sb.Coresignal.Merge(staff[3].ID, staff[3].ID), "itself")
	require.ErrorContains(t, sb.Coresignal.Merge(staff[3].ID, staff[2].ID), "itself", "what the other has become")

	require.NoError(t, sb.Coresignal.Merge(staff[3].ID, staff[0].ID))
	var mapped struct {
		Mapped map[string]int64 `json:"mapped_ids"`
	}
	c.post("/cdapi/v2/employee_base/map/ids", fmt.Sprintf(`[%d]`, staff[2].ID)).is(200).decode(&mapped)
	assert.Equal(t, map[string]int64{fmt.Sprint(staff[2].ID): staff[0].ID}, mapped.Mapped, "the end of the chain")
}

// TestIDsCanBeText in every record and notice, and nothing else differs.
func TestIDsCanBeText(t *testing.T) {
	options := []sandbox.Option{sandbox.WithSeed(1), sandbox.WithStartTime(testStart), coresignal.WithPeople(20), coresignal.WithJobPolls(0)}
	_, numbers := start(t, options...)
	sb, texts := start(t, append(options, coresignal.WithTextIDs())...)
	p := firstPerson(t, sb)
	quoted := func(record map[string]any) {
		for _, name := range []string{"id", "parent_id"} {
			if n, ok := record[name].(float64); ok {
				record[name] = fmt.Sprintf("%.0f", n)
			}
		}
	}
	for _, path := range []string{baseCollect, v1Collect, cleanPath + "/collect/", multiPath + "/collect/"} {
		var want, got map[string]any
		numbers.get(fmt.Sprint(path, p.ID)).is(http.StatusOK).decode(&want)
		texts.get(fmt.Sprint(path, p.ID)).is(http.StatusOK).decode(&got)
		assert.Equal(t, fmt.Sprint(p.ID), got["id"], path)
		quoted(want)
		assert.Equal(t, want, got, path)
	}
	var part map[string]any
	texts.get(fmt.Sprintf("%s%d?fields=id", baseCollect, p.ID)).is(http.StatusOK).decode(&part)
	assert.Equal(t, map[string]any{"id": fmt.Sprint(p.ID)}, part)

	var rows []struct{ ID json.RawMessage }
	texts.post(baseSearch+"es_dsl/preview", matchAll).is(http.StatusOK).decode(&rows)
	for _, row := range rows {
		assert.Regexp(t, `^"\d+"$`, string(row.ID))
	}
	_, path := requested(t, texts.post(baseJobs+"/employee_base/ids", fmt.Sprintf(`{"ids":[%d]}`, p.ID)))
	assert.Contains(t, string(unzipped(t, texts.get(path+"/"+texts.files(path)[0]).is(http.StatusOK).body)), fmt.Sprintf(`{"id":"%d",`, p.ID))

	hook := receive(t)
	subscribeAll(texts, hook.URL)
	require.NoError(t, sb.Coresignal.Promote(p.ID, "Keeper of the Lighthouse"))
	require.NoError(t, sb.Deliver(t.Context()))
	assert.Contains(t, hook.got()[0], fmt.Sprintf(`[{"member_id":"%d","status":"changed","changed_fields":["experience",`, p.ID))
	var ids []int64
	texts.post(baseSearch+"es_dsl", matchAll).is(http.StatusOK).decode(&ids)
	assert.Len(t, ids, 20, "a search gives numbers, as documented")
}

// TestJobsCanStall: they stay in progress for ever, and come to their end when they may.
func TestJobsCanStall(t *testing.T) {
	hook := receive(t)
	sb, c := start(t, coresignal.WithJobPolls(0))
	body := func(limit int) string {
		return fmt.Sprintf(`{"filters":{},"limit":%d,"webhook_url":%q}`, limit, hook.URL)
	}
	_, ready := requested(t, c.post(baseJobs+"/employee_base/filter", body(1)))
	sb.Coresignal.StallJobs(true)
	_, stalled := requested(t, c.post(baseJobs+"/employee_base/filter", body(2)))
	c.post(baseJobs+"/employee_base/filter", body(2)).refused(http.StatusConflict, "Identical")
	for range 5 {
		c.get(stalled).is(http.StatusAccepted)
		sb.Advance(40 * 24 * time.Hour)
		require.NoError(t, sb.Deliver(t.Context()))
	}
	assert.Len(t, hook.got(), 1)
	c.get(ready).refused(http.StatusNotFound, "Not Found") // after 30 days
	assert.Equal(t, 10, sb.Coresignal.CreditsSpent())
	sb.Coresignal.StallJobs(false)
	assert.Len(t, c.files(stalled), 1)
	require.NoError(t, sb.Deliver(t.Context()))
	assert.Len(t, hook.got(), 2)
}

// TestFaultsWithABodyAlone: a response of status 200 that is no record, and 404s that are not the provider's.
func TestFaultsWithABodyAlone(t *testing.T) {
	sb, c := start(t)
	path := fmt.Sprint(baseCollect, firstPerson(t, sb).ID)
	for _, f := range []struct {
		fault  sandbox.Fault
		status int
		body   string
	}{
		{sandbox.Fault{Body: `{}`}, 200, `{}`},
		{sandbox.Fault{Body: `{"detail":"Profile is hidden"}`}, 200, `{"detail":"Profile is hidden"}`},
		{sandbox.Fault{Status: 404, Body: `{"message":"no Route matched with those values","request_id":"x"}`}, 404, `{"message":"no Route matched with those values","request_id":"x"}`},
		{sandbox.Fault{Status: 404, Body: `{"detail":[{"msg":"not found"}]}`}, 404, `{"detail":[{"msg":"not found"}]}`},
		{sandbox.Fault{Status: 404}, 404, `{"detail":"Not Found"}`},
	} {
		f.fault.Times, f.fault.Path = 1, baseCollect+"*"
		sb.Fail(f.fault)
		assert.JSONEq(t, f.body, string(c.get(path).is(f.status).body))
	}
	sb.Fail(sandbox.Fault{Status: 404, HTML: true, Times: 1})
	assert.Contains(t, string(c.get(path).is(404).body), "<h1>404 Not Found</h1>")
	assert.Zero(t, sb.Coresignal.CreditsSpent())
	c.get(path).is(http.StatusOK)
}
