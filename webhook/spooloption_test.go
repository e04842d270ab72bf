package webhook_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pronet-go/pronet/webhook"
)

func TestOpenSpoolRefusesBadOptions(t *testing.T) {
	for name, opt := range map[string]webhook.SpoolOption{
		"nil": nil, "no deliveries": webhook.WithSpoolLimits(0, 1), "no bytes": webhook.WithSpoolLimits(1, 0),
		"no attempts": webhook.WithSpoolAttempts(0), "too many attempts": webhook.WithSpoolAttempts(10_000),
		"no backoff": webhook.WithSpoolBackoff(0, 1), "cap below base": webhook.WithSpoolBackoff(2, 1),
		"no decoder": webhook.WithSpoolDecoder(nil), "no logger": webhook.WithSpoolLogger(nil),
	} {
		_, err := webhook.OpenSpool(t.TempDir(), opt)
		assert.Error(t, err, name)
	}
}
