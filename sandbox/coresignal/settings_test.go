package coresignal_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
)

func TestOptionsAreChecked(t *testing.T) {
	for name, bad := range map[string]sandbox.Option{
		"WithAPIKey":               coresignal.WithAPIKey("a key with spaces"),
		"WithPeople":               coresignal.WithPeople(100_001),
		"WithCredits":              coresignal.WithCredits(-1),
		"WithV1Credits":            coresignal.WithV1Credits(-1),
		"WithRealTimeCredits":      coresignal.WithRealTimeCredits(-1),
		"WithMaxBulkRecords":       coresignal.WithMaxBulkRecords(10_001),
		"WithJobNotice":            coresignal.WithJobNotice(4),
		"WithHiddenProfiles":       coresignal.WithHiddenProfiles(coresignal.TargetRecord),
		"WithDeletedProfiles":      coresignal.WithDeletedProfiles(-1),
		"WithMergedProfiles":       coresignal.WithMergedProfiles(3),
		"WithRateLimit":            coresignal.WithRateLimit(-1),
		"WithPartSize":             coresignal.WithPartSize(0),
		"WithJobPolls":             coresignal.WithJobPolls(-1),
		"WithNoticeSize":           coresignal.WithNoticeSize(0),
		"WithSubscriptionPageSize": coresignal.WithSubscriptionPageSize(1_001),
		"WithInitialising":         coresignal.WithInitialising(-time.Second),
		"WithSubscriptionResponse": coresignal.WithSubscriptionResponse(4),
	} {
		_, err := sandbox.New(bad)
		require.ErrorContains(t, err, "sandbox: "+name)
	}
	_, err := sandbox.New(coresignal.WithPeople(-1), nil, sandbox.WithPathPrefix("/x/"))
	require.ErrorContains(t, err, "WithPeople")
	require.ErrorContains(t, err, "WithPathPrefix")
}

func TestDefaults(t *testing.T) {
	sb, err := sandbox.New()
	require.NoError(t, err)
	defer sb.Close()
	assert.Len(t, sb.Coresignal.PersonIDs(), 200)
	assert.Equal(t, 2_000, sb.Coresignal.Credits())
	assert.Equal(t, 2_000, sb.Coresignal.V1Credits())
	assert.Equal(t, 100, sb.Coresignal.RealTimeCredits())
	assert.WithinDuration(t, time.Now(), sb.Now(), time.Minute)
}

func TestLogHoldsNoSecrets(t *testing.T) {
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	sb, c := start(t, sandbox.WithLogger(logger))
	hook := receive(t)
	p := firstPerson(t, sb)
	subscribeAll(c, hook.URL+"/secret-token")
	promoteToKeeper(t, sb, p.ID)
	require.NoError(t, sb.Deliver(t.Context()))
	c.get(fmt.Sprint(baseCollect, p.Shorthand)).is(http.StatusOK)
	requested(t, c.postForm(baseJobs+"/employee_base/ids", "ids", "1"))
	sb.Close()

	text := log.String()
	assert.Contains(t, text, `route="GET /cdapi/v2/employee_base/collect/{ref}" status=200`)
	assert.Contains(t, text, `kind="change notice"`)
	assert.Contains(t, text, `form="multipart ids"`)
	for _, secret := range []string{sb.Coresignal.APIKey(), sb.Coresignal.JWT(), "secret-token", p.Shorthand, p.Name} {
		assert.NotContains(t, text, secret)
	}
}
