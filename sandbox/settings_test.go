package sandbox_test

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
)

func TestOptionsAreChecked(t *testing.T) {
	for name, bad := range map[string]sandbox.Option{
		"WithPeople":               sandbox.WithPeople(100_001),
		"WithCredits":              sandbox.WithCredits(-1),
		"WithV1Credits":            sandbox.WithV1Credits(-1),
		"WithRealTimeCredits":      sandbox.WithRealTimeCredits(-1),
		"WithMaxBulkRecords":       sandbox.WithMaxBulkRecords(10_001),
		"WithJobNotice":            sandbox.WithJobNotice(4),
		"WithRateLimit":            sandbox.WithRateLimit(-1),
		"WithPathPrefix":           sandbox.WithPathPrefix("x"),
		"WithPartSize":             sandbox.WithPartSize(0),
		"WithJobPolls":             sandbox.WithJobPolls(-1),
		"WithNoticeSize":           sandbox.WithNoticeSize(0),
		"WithSubscriptionPageSize": sandbox.WithSubscriptionPageSize(1_001),
		"WithInitialising":         sandbox.WithInitialising(-time.Second),
		"WithSubscriptionAnswer":   sandbox.WithSubscriptionAnswer(4),
		"WithDeliveryTransport":    sandbox.WithDeliveryTransport(nil),
		"WithStartTime":            sandbox.WithStartTime(time.Time{}),
		"WithLogger":               sandbox.WithLogger(nil),
	} {
		_, err := sandbox.New(bad)
		require.ErrorContains(t, err, "sandbox: "+name)
	}
	_, err := sandbox.New(sandbox.WithPeople(-1), nil, sandbox.WithPathPrefix("/x/"))
	require.ErrorContains(t, err, "WithPeople")
	require.ErrorContains(t, err, "WithPathPrefix")
}

func TestDefaults(t *testing.T) {
	sb, err := sandbox.New()
	require.NoError(t, err)
	defer sb.Close()
	assert.Len(t, sb.PersonIDs(), 200)
	assert.Equal(t, 2_000, sb.Credits())
	assert.Equal(t, 2_000, sb.V1Credits())
	assert.Equal(t, 100, sb.RealTimeCredits())
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
	for _, secret := range []string{sb.APIKey(), sb.JWT(), "secret-token", p.Shorthand, p.Name} {
		assert.NotContains(t, text, secret)
	}
}
