package webhook_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/webhook"
)

func TestSignHMACRoundTrips(t *testing.T) {
	at := time.Unix(1_700_000_000, 0)
	timed := []webhook.SignedPart{webhook.SignedTimestamp(), webhook.SignedText("."), webhook.SignedBody()}
	for name, scheme := range map[string]webhook.HMACScheme{
		"body":                     {Header: "X-Signature"},
		"base64":                   {Header: "X-Signature", Encoding: webhook.Base64, Prefix: "v1,"},
		"timed":                    {Header: "X-Signature", TimestampHeader: "X-Timestamp", Signed: timed},
		"one header":               {Header: "X-Signature", Prefix: "v1=", TimestampHeader: "X-Signature", TimestampPrefix: "t=", Signed: timed},
		"one header, comma prefix": {Header: "X-Signature", Prefix: "v1,", TimestampHeader: "X-Signature", TimestampPrefix: "t=", Signed: timed},
	} {
		t.Run(name, func(t *testing.T) {
			scheme.Clock = func() time.Time { return at }
			header, err := webhook.SignHMAC(scheme, testSecret, []byte(testNotice), at, nil)
			require.NoError(t, err)
			_, err = webhook.Verify(newHMAC(t, scheme, testSecret), post(header), []byte(testNotice))
			require.NoError(t, err)
		})
	}
	_, err := webhook.SignHMAC(bodyScheme(), "", nil, at, nil)
	require.ErrorIs(t, err, webhook.ErrWeakSecret)
}
