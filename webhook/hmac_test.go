package webhook_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/webhook"
)

func post(header http.Header) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/", nil)
	r.Header = header
	return r
}

// The values come from openssl dgst -sha256 -hmac.
func TestHMACKnownVectors(t *testing.T) {
	const body = `{"a":1}`
	for name, test := range map[string]struct {
		scheme webhook.HMACScheme
		header http.Header
	}{
		"hex":        {webhook.HMACScheme{}, http.Header{"X-Signature": {vectorHex}}},
		"upper case": {webhook.HMACScheme{}, http.Header{"X-Signature": {strings.ToUpper(vectorHex)}}},
		"prefix":     {webhook.HMACScheme{Prefix: "sha256="}, http.Header{"X-Signature": {"sha256=" + vectorHex}}},
		"base64":     {webhook.HMACScheme{Encoding: webhook.Base64}, http.Header{"X-Signature": {vectorBase64}}},
		"text in front": {
			webhook.HMACScheme{Signed: []webhook.SignedPart{webhook.SignedText("hmacsha256="), webhook.SignedBody()}},
			http.Header{"X-Signature": {vectorPrefixed}},
		},
		"timestamp": {
			webhook.HMACScheme{
				TimestampHeader: "x-timestamp",
				Signed:          []webhook.SignedPart{webhook.SignedTimestamp(), webhook.SignedText("."), webhook.SignedBody()},
			},
			http.Header{"X-Timestamp": {"1700000000"}, "X-Signature": {vectorTimestamp}},
		},
		"timestamp in one header": {
			webhook.HMACScheme{
				TimestampHeader: "X-Signature", TimestampPrefix: "t=", Prefix: "v1=",
				Signed: []webhook.SignedPart{webhook.SignedTimestamp(), webhook.SignedText("."), webhook.SignedBody()},
			},
			http.Header{"X-Signature": {"t=1700000000,v1=" + vectorTimestamp}},
		},
		"id, timestamp and body": {
			webhook.HMACScheme{
				TimestampHeader: "Webhook-Timestamp", Prefix: "v1,", Encoding: webhook.Base64,
				Signed: []webhook.SignedPart{
					webhook.SignedHeader("webhook-id"), webhook.SignedText("."),
					webhook.SignedTimestamp(), webhook.SignedText("."), webhook.SignedBody(),
				},
			},
			http.Header{"Webhook-Id": {"msg_1"}, "Webhook-Timestamp": {"1700000000"}, "X-Signature": {"v1a,canary v1," + vectorID}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			test.scheme.Header = "x-signature"
			test.scheme.Label = "signed"
			test.scheme.Clock = func() time.Time { return time.Unix(1_700_000_000, 0) }
			v := newHMAC(t, test.scheme, oldSecret, testSecret)
			require.NoError(t, admit(v, post(test.header)))
			label, err := webhook.Verify(v, post(test.header), []byte(body))
			require.NoError(t, err)
			assert.Equal(t, "signed", label)
			for i := range len(body) {
				changed := []byte(body)
				changed[i] ^= 1
				_, err := webhook.Verify(v, post(test.header), changed)
				require.ErrorIs(t, err, webhook.ErrUnverified)
			}
			_, err = webhook.Verify(newHMAC(t, test.scheme, oldSecret), post(test.header), []byte(body))
			require.ErrorIs(t, err, webhook.ErrUnverified)
		})
	}
}

func TestHMACHidesItsSecrets(t *testing.T) {
	v := newHMAC(t, bodyScheme(), testSecret)
	header, err := webhook.SignHMAC(bodyScheme(), testSecret, []byte("{}"), time.Time{}, nil)
	require.NoError(t, err)
	_, err = webhook.Verify(v, post(header), []byte("{}"))
	require.NoError(t, err)
	for _, format := range []string{"%v", "%+v", "%#v"} {
		text := fmt.Sprintf(format, v)
		assert.NotContains(t, text, testSecret)
		assert.NotContains(t, text, strings.Trim(fmt.Sprint([]byte(testSecret)), "[]"))
	}
}

func TestVerifyAllocatesNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes pools drop what they hold")
	}
	now := time.Unix(1_700_000_000, 0)
	clock := func() time.Time { return now }
	base64Scheme := bodyScheme()
	base64Scheme.Encoding = webhook.Base64
	for name, scheme := range map[string]webhook.HMACScheme{"hex": bodyScheme(), "timed": timedScheme(clock), "base64": base64Scheme} {
		t.Run(name, func(t *testing.T) {
			body := noticesOfSize(8<<10, 0)
			v := newHMAC(t, scheme, oldSecret, testSecret)
			header, err := webhook.SignHMAC(scheme, testSecret, body, now, nil)
			require.NoError(t, err)
			r := post(header)
			allocations := testing.AllocsPerRun(200, func() {
				if _, err := webhook.Verify(v, r, body); err != nil {
					panic(err)
				}
			})
			assert.Zero(t, allocations)
		})
	}
}
