package webhook_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/webhook"
)

func TestHMACNeedsItsSignedHeader(t *testing.T) {
	scheme := webhook.HMACScheme{Header: "X-Signature", Signed: []webhook.SignedPart{webhook.SignedHeader("x-id"), webhook.SignedBody()}}
	v := newHMAC(t, scheme, testSecret)
	header, err := webhook.SignHMAC(scheme, testSecret, []byte("{}"), time.Time{}, http.Header{"X-Id": {"7"}})
	require.NoError(t, err)
	_, err = webhook.Verify(v, post(header), []byte("{}"))
	require.NoError(t, err)
	for _, values := range [][]string{nil, {"8"}, {"7", "7"}, {strings.Repeat("7", 257)}} {
		header["X-Id"] = values
		_, err = webhook.Verify(v, post(header), []byte("{}"))
		require.ErrorIs(t, err, webhook.ErrUnverified)
	}
	_, err = webhook.SignHMAC(scheme, testSecret, []byte("{}"), time.Time{}, nil)
	require.Error(t, err)
	_, err = webhook.SignHMAC(scheme, testSecret, []byte("{}"), time.Time{}, http.Header{"X-Id": {strings.Repeat("7", 257)}})
	require.Error(t, err)
}

func TestHMACRefusesUnclearSchemes(t *testing.T) {
	body := webhook.SignedBody()
	for name, scheme := range map[string]webhook.HMACScheme{
		"no header":                {},
		"bad header":               {Header: "X Signature"},
		"long header":              {Header: strings.Repeat("x", 129)},
		"space in prefix":          {Header: "X", Prefix: "v1= "},
		"space in time prefix":     {Header: "X", TimestampPrefix: "t =", TimestampHeader: "T"},
		"bad label":                {Header: "X", Label: "\n"},
		"unknown encoding":         {Header: "X", Encoding: 7},
		"unknown secret form":      {Header: "X", SecretForm: 7},
		"negative tolerance":       {Header: "X", Tolerance: -1},
		"no body":                  {Header: "X", Signed: []webhook.SignedPart{webhook.SignedText("a")}},
		"body twice":               {Header: "X", Signed: []webhook.SignedPart{body, body}},
		"empty part":               {Header: "X", Signed: []webhook.SignedPart{body, {}}},
		"bad signed header":        {Header: "X", Signed: []webhook.SignedPart{body, webhook.SignedHeader("")}},
		"timestamp without header": {Header: "X", Signed: []webhook.SignedPart{webhook.SignedTimestamp(), body}},
		"prefix without header":    {Header: "X", TimestampPrefix: "t="},
		"unsigned timestamp":       {Header: "X", TimestampHeader: "T"},
		"bad timestamp header":     {Header: "X", TimestampHeader: "T:", Signed: []webhook.SignedPart{webhook.SignedTimestamp(), body}},
		"shared header, no prefix": {Header: "X", TimestampHeader: "x", Signed: []webhook.SignedPart{webhook.SignedTimestamp(), body}},
	} {
		t.Run(name, func(t *testing.T) {
			sender, err := webhook.HMAC("hmac", scheme, webhook.DecodeRaw, testSecret)
			require.Error(t, err)
			assert.Zero(t, sender)
			_, err = webhook.SignHMAC(scheme, testSecret, nil, time.Time{}, nil)
			require.Error(t, err)
		})
	}
}

func TestHMACKeepsNoHoldOnTheScheme(t *testing.T) {
	parts := []webhook.SignedPart{webhook.SignedText("a"), webhook.SignedBody()}
	scheme := webhook.HMACScheme{Header: "X-Signature", Signed: parts}
	v := newHMAC(t, scheme, testSecret)
	header, err := webhook.SignHMAC(scheme, testSecret, []byte("{}"), time.Time{}, nil)
	require.NoError(t, err)
	parts[0] = webhook.SignedText("b")
	_, err = webhook.Verify(v, post(header), []byte("{}"))
	require.NoError(t, err)
}
