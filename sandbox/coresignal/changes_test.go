package coresignal_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
)

const keeperQuery = `{"query":{"match_phrase":{"%s":"Keeper of the Lighthouse"}}}`

// subscribeKeepers creates a subscription to people with a title that nobody has
// at first, which Promote can give them.
func subscribeKeepers(c *caller, webhookURL string) string {
	c.t.Helper()
	return c.post(baseSubscriptions+"/employee_base/es_dsl",
		fmt.Sprintf(`{"webhook_url":%q,"es_dsl_query":%s}`, webhookURL, fmt.Sprintf(keeperQuery, "headline"))).id()
}

func promoteToKeeper(t *testing.T, sb *sandbox.Sandbox, id int64) {
	t.Helper()
	require.NoError(t, sb.Coresignal.Promote(id, "Keeper of the Lighthouse"))
}

func TestQuerySubscriptionTellsWhoStartsStopsAndChanges(t *testing.T) {
	sb, c := start(t)
	hook := receive(t)
	p := firstPerson(t, sb)
	subscribeKeepers(c, hook.URL)

	promoteToKeeper(t, sb, p.ID)
	require.NoError(t, sb.Deliver(t.Context()))
	require.NoError(t, sb.Coresignal.ChangeCompany(p.ID, "Lantern Works"))
	require.NoError(t, sb.Deliver(t.Context()))
	require.NoError(t, sb.Coresignal.Promote(p.ID, "Director"))
	require.NoError(t, sb.Deliver(t.Context()))
	require.NoError(t, sb.Deliver(t.Context()), "nothing is queued")

	got := hook.got()
	require.Len(t, got, 3)
	assert.Equal(t, fmt.Sprintf(`[{"member_id":%d,"status":"started_matching_query","changed_fields":null}]`, p.ID), got[0])
	assert.Equal(t, fmt.Sprintf(`[{"member_id":%d,"status":"stopped_matching_query","changed_fields":null}]`, p.ID), got[2])
	var changed []struct {
		MemberID      int64    `json:"member_id"`
		Status        string   `json:"status"`
		ChangedFields []string `json:"changed_fields"`
	}
	require.NoError(t, json.Unmarshal([]byte(got[1]), &changed))
	require.Len(t, changed, 1)
	assert.Equal(t, p.ID, changed[0].MemberID)
	assert.Equal(t, "changed", changed[0].Status)
	assert.Subset(t, changed[0].ChangedFields, []string{"experience", "headline"})
	assert.NotContains(t, changed[0].ChangedFields, "updated_at")
	assert.Zero(t, sb.Coresignal.CreditsSpent(), "notices are free")
}

func TestChangesBetweenTwoSweepsAreToldOnce(t *testing.T) {
	sb, c := start(t)
	hook := receive(t)
	staff := peopleAtWork(t, sb, 3)
	subscribeKeepers(c, hook.URL)

	promoteToKeeper(t, sb, staff[2].ID)
	require.NoError(t, sb.Coresignal.Promote(staff[2].ID, "Director"))
	require.NoError(t, sb.Deliver(t.Context()))
	assert.Empty(t, hook.got(), "started and stopped cancel out")

	promoteToKeeper(t, sb, staff[1].ID)
	promoteToKeeper(t, sb, staff[0].ID)
	require.NoError(t, sb.Coresignal.ChangeCompany(staff[1].ID, ""))
	require.NoError(t, sb.Deliver(t.Context()))
	assert.Equal(t, []string{fmt.Sprintf(
		`[{"member_id":%d,"status":"started_matching_query","changed_fields":null},{"member_id":%d,"status":"started_matching_query","changed_fields":null}]`,
		staff[1].ID, staff[0].ID)}, hook.got(), "one delivery for all, in the order of the changes")
}

func TestFilterSubscriptionIsTold(t *testing.T) {
	sb, c := start(t)
	hook := receive(t)
	p := firstPerson(t, sb)
	c.post(baseSubscriptions+"/employee_base/filter",
		fmt.Sprintf(`{"webhook_url":%q,"filters":{"headline":"\"Keeper of the Lighthouse\""}}`, hook.URL)).id()
	promoteToKeeper(t, sb, p.ID)
	require.NoError(t, sb.Deliver(t.Context()))
	require.NoError(t, sb.Coresignal.Promote(p.ID, "Director"))
	require.NoError(t, sb.Deliver(t.Context()))
	require.Len(t, hook.got(), 2)
	assert.Contains(t, hook.got()[0], "started_matching_query")
	assert.Contains(t, hook.got()[1], "stopped_matching_query")
}

func TestIDSubscriptionIsToldOnlyOfItsOwnPeople(t *testing.T) {
	sb, c := start(t)
	hook := receive(t)
	staff := peopleAtWork(t, sb, 2)
	id := c.post(baseSubscriptions+"/employee_base/ids", fmt.Sprintf(`{"webhook_url":%q,"ids":[%d]}`, hook.URL, staff[0].ID)).id()
	require.NoError(t, sb.Coresignal.Leave(staff[0].ID))
	require.NoError(t, sb.Coresignal.Leave(staff[1].ID))
	require.NoError(t, sb.Deliver(t.Context()))
	require.Len(t, hook.got(), 1)
	assert.Regexp(t, fmt.Sprintf(`^\[\{"member_id":%d,"status":"changed","changed_fields":\["[a-z_",]+"\]\}\]$`, staff[0].ID), hook.got()[0])
	assert.Equal(t, id, sb.Deliveries()[0].About)
}

func TestTrackedFieldsNarrowWhatIsTold(t *testing.T) {
	sb, c := start(t)
	skills, headline := receive(t), receive(t)
	p := firstPerson(t, sb)
	for hook, field := range map[*receiver]string{skills: "certifications", headline: "headline"} {
		c.post(baseSubscriptions+"/employee_base/es_dsl",
			fmt.Sprintf(`{"webhook_url":%q,"es_dsl_query":%s,"tracked_fields":[%q]}`, hook.URL, matchAll, field)).id()
	}
	promoteToKeeper(t, sb, p.ID)
	require.NoError(t, sb.Deliver(t.Context()))
	assert.Empty(t, skills.got())
	assert.Equal(t, []string{fmt.Sprintf(`[{"member_id":%d,"status":"changed","changed_fields":["headline"]}]`, p.ID)}, headline.got())
}

func TestV1NoticesSpeakOfAddedRemovedAndChanged(t *testing.T) {
	sb, c := start(t)
	hook, fileHook := receive(t), receive(t)
	p := firstPerson(t, sb)
	c.post(v1Subscribe+"es_dsl", fmt.Sprintf(`{"webhook_url":%q,"es_dsl_query":%s}`, hook.URL, fmt.Sprintf(keeperQuery, "title"))).id()
	c.postForm(v1Subscribe+"id_file", "webhook_url", fileHook.URL, "ids_file", fmt.Sprint(p.ID)).id()

	promoteToKeeper(t, sb, p.ID)
	require.NoError(t, sb.Deliver(t.Context()))
	require.NoError(t, sb.Coresignal.ChangeCompany(p.ID, "Lantern Works"))
	require.NoError(t, sb.Deliver(t.Context()))
	require.NoError(t, sb.Coresignal.Promote(p.ID, "Director"))
	require.NoError(t, sb.Deliver(t.Context()))
	form := `[{"member_id":%d,"change_type":"%s"}]`
	assert.Equal(t, []string{
		fmt.Sprintf(form, p.ID, "added"), fmt.Sprintf(form, p.ID, "changed"), fmt.Sprintf(form, p.ID, "removed"),
	}, hook.got())
	changed := fmt.Sprintf(form, p.ID, "changed")
	assert.Equal(t, []string{changed, changed, changed}, fileHook.got())
}

func TestDeletedSubscriptionIsToldNothing(t *testing.T) {
	sb, c := start(t)
	hook := receive(t)
	id := subscribeAll(c, hook.URL).id()
	promoteToKeeper(t, sb, firstPerson(t, sb).ID)
	c.send("DELETE", baseSubscriptions+"/"+id, "", nil).is(http.StatusOK)
	require.NoError(t, sb.Deliver(t.Context()))
	assert.Empty(t, hook.got())
}

func TestChangesOfNobody(t *testing.T) {
	sb, err := sandbox.New(coresignal.WithPeople(1))
	require.NoError(t, err)
	defer sb.Close()
	require.ErrorIs(t, sb.Coresignal.Promote(1, ""), coresignal.ErrUnknownPerson)
	require.ErrorIs(t, sb.Coresignal.ChangeCompany(1, ""), coresignal.ErrUnknownPerson)
	require.ErrorIs(t, sb.Coresignal.Leave(1), coresignal.ErrUnknownPerson)
	require.ErrorIs(t, sb.Coresignal.Rename(1, ""), coresignal.ErrUnknownPerson)
	require.ErrorIs(t, sb.Coresignal.Relocate(1, "Atlantis"), coresignal.ErrUnknownPerson)
	require.ErrorIs(t, sb.Coresignal.AddEducation(1, "", ""), coresignal.ErrUnknownPerson)
	_, ok := sb.Coresignal.Person(1)
	assert.False(t, ok)
}

func TestPeopleCanBeWalkedInPart(t *testing.T) {
	sb, err := sandbox.New(coresignal.WithPeople(5))
	require.NoError(t, err)
	defer sb.Close()
	var seen []int64
	for p := range sb.Coresignal.People() {
		seen = append(seen, p.ID)
		assert.NotEmpty(t, p.Name)
		assert.Contains(t, p.ProfileURL, p.Shorthand)
		if len(seen) == 3 {
			break
		}
	}
	assert.Equal(t, sb.Coresignal.PersonIDs()[:3], seen)
	assert.Len(t, sb.Coresignal.PersonIDs(), 5)
}

func TestPeopleAreRenamedRelocatedAndTaught(t *testing.T) {
	sb, c := start(t)
	p := firstPerson(t, sb)
	hook := receive(t)
	c.post(baseSubscriptions+"/employee_base/ids", fmt.Sprintf(`{"webhook_url":%q,"ids":[%d]}`, hook.URL, p.ID)).id()
	require.NoError(t, sb.Coresignal.Rename(p.ID, "Jo Example"))
	require.NoError(t, sb.Coresignal.Relocate(p.ID, "Lagos"))
	require.ErrorIs(t, sb.Coresignal.Relocate(p.ID, "Atlantis"), coresignal.ErrUnknownCity)
	require.NoError(t, sb.Coresignal.AddEducation(p.ID, "Example University", "MBA"))
	require.NoError(t, sb.Deliver(t.Context()))
	after, _ := sb.Coresignal.Person(p.ID)
	assert.Equal(t, [2]string{"Jo Example", "Lagos, Lagos State, Nigeria"}, [2]string{after.Name, after.Location})
	require.Len(t, hook.got(), 1)
	for _, field := range []string{"full_name", "location", "education"} {
		assert.Contains(t, hook.got()[0], fmt.Sprintf("%q", field))
	}
	assert.Contains(t, string(c.get(baseCollect+fmt.Sprint(p.ID)).body), `"institution":"Example University"`)
}
