package coresignal_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
)

func TestSubscribeAndList(t *testing.T) {
	sb, c := start(t, sandbox.WithStartTime(testStart), coresignal.WithMostSubscriptions(4))
	staff := peopleAtWork(t, sb, 2)
	hook, v1 := receive(t), receive(t)
	assert.Empty(t, sb.Coresignal.Subscriptions())
	one, err := sb.Coresignal.Subscribe(hook.URL+"/hooks/secret-token", staff[0].ID)
	require.NoError(t, err)
	all, err := sb.Coresignal.Subscribe(hook.URL)
	require.NoError(t, err)
	other := c.post(experienceSubscriptions+"employee_multi_source/ids", `{"webhook_url":"https://a.example/x?key=secret","ids":[1,2,3]}`).id()
	c.post(v1Subscribe+"es_dsl", fmt.Sprintf(`{"webhook_url":%q,"es_dsl_query":%s}`, v1.URL+"/a/b/", matchAll)).id()
	rows := c.list("")
	require.Len(t, rows, 3, "they are the key's own")
	assert.Equal(t, []string{one, all, other}, []string{rows[0].ID, rows[1].ID, rows[2].ID})

	require.NoError(t, sb.Coresignal.Promote(staff[1].ID, "Keeper of the Lighthouse"))
	list := sb.Coresignal.Subscriptions()
	require.Len(t, list, 4)
	expires := list[0].Expires
	assert.WithinDuration(t, testStart.Add(91*oneDay), expires, oneDay)
	for i := range list {
		list[i].Expires = expires
	}
	assert.Equal(t, []coresignal.Subscription{
		{ID: one, Dataset: "base", People: 1, Receiver: hook.URL + "/hooks/...", Expires: expires},
		{ID: all, Dataset: "base", Receiver: hook.URL + "/...", Expires: expires, Queued: 1},
		{ID: other, Dataset: "multi_source", Experience: true, People: 3, Receiver: "https://a.example/...", Expires: expires},
		{ID: list[3].ID, Dataset: "v1", Receiver: v1.URL + "/a/...", Expires: expires, Queued: 1},
	}, list)
	require.NoError(t, sb.Coresignal.Promote(staff[0].ID, "Keeper of the Lighthouse"))
	require.NoError(t, sb.Deliver(t.Context()))
	assert.Len(t, v1.got(), 1)
	assert.Len(t, hook.got(), 2)

	for url, says := range map[string]string{"http://a.example": "Invalid webhook URL", "": "Invalid webhook URL", "ftp://localhost": "Invalid webhook URL"} {
		_, err = sb.Coresignal.Subscribe(url)
		require.ErrorContains(t, err, says)
	}
	_, err = sb.Coresignal.Subscribe(hook.URL, 1)
	require.ErrorIs(t, err, coresignal.ErrUnknownPerson)
	_, err = sb.Coresignal.Subscribe(hook.URL)
	require.NoError(t, err)
	_, err = sb.Coresignal.Subscribe(hook.URL)
	require.ErrorContains(t, err, "4 subscriptions already")
	c.send(http.MethodDelete, baseSubscriptions+"/"+one, "", nil).is(http.StatusOK)
	assert.Len(t, sb.Coresignal.Subscriptions(), 4)
	sb.Advance(91 * oneDay)
	assert.Empty(t, sb.Coresignal.Subscriptions())
}
