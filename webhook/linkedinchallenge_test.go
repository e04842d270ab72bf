package webhook_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/webhook"
)

// TestLinkedInChallenge is the response to a challenge, also while the sink and the store are down.
func TestLinkedInChallenge(t *testing.T) {
	v := readVectors(t)
	sender := linkedIn(t, webhook.LinkedInEndpoint{
		Label: "acme", Secrets: []string{v.Challenge.Secret, "the-old-secret"}, Applications: map[string]string{"child": "the-secret-of-a-child"},
	})
	block := make(chan struct{})
	defer close(block)
	store := &spyStore{claimErr: errors.New("away")}
	h := newHandlerOf(t, sender, webhook.Func(func(context.Context, *webhook.Delivery) error { <-block; return nil }), webhook.WithStore(store))
	for query, secret := range map[string]string{
		"challengeCode=" + v.Challenge.Code:                            v.Challenge.Secret,
		"applicationId=child&challengeCode=" + v.Challenge.Code:        "the-secret-of-a-child",
		"challengeCode=00000000-0000-1000-8000-00000000000A":           v.Challenge.Secret, // another version, in capitals
		"challengeCode=018f6d3e-7d40-7c3a-9f1b-0123456789ab&other=%2B": v.Challenge.Secret,
	} {
		resp := serve(h, httptest.NewRequest(http.MethodGet, "/linkedin?"+query, nil))
		require.Equal(t, http.StatusOK, resp.StatusCode, query)
		assert.Equal(t, "application/json", resp.Header.Get("Content-Type"))
		assert.Equal(t, "nosniff", resp.Header.Get("X-Content-Type-Options"))
		var response map[string]string
		require.NoError(t, json.Unmarshal([]byte(bodyText(t, resp)), &response))
		values, err := url.ParseQuery(query)
		require.NoError(t, err)
		code := values.Get("challengeCode")
		assert.Equal(t, map[string]string{"challengeCode": code, "challengeResponse": hexMAC(secret, code)}, response)
		if code == v.Challenge.Code && secret == v.Challenge.Secret {
			assert.Equal(t, v.Challenge.Response, response["challengeResponse"])
		}
	}
	assert.Empty(t, store.calls)
}

func hexMAC(secret, text string) string {
	const digits = "0123456789abcdef"
	var out strings.Builder
	for _, b := range mac(secret, text) {
		out.WriteByte(digits[b>>4])
		out.WriteByte(digits[b&15])
	}
	return out.String()
}

// TestR53AChallengeSignsOnlyAUUID: whatever else is asked to be signed is refused, without a word of it in the
// response.
func TestR53AChallengeSignsOnlyAUUID(t *testing.T) {
	h := newHandlerOf(t, linkedIn(t, webhook.LinkedInEndpoint{Secrets: []string{linkedInSecret}}), new(spySink))
	apps := newHandlerOf(t, linkedIn(t, webhook.LinkedInEndpoint{Secrets: []string{linkedInSecret}, Applications: map[string]string{"a": "the-secret-of-a-child"}}), new(spySink))
	code := url.QueryEscape(challengeCode)
	for query, want := range map[string]int{
		"challengeCode=" + url.QueryEscape("hmacsha256="+noteDeleted): 400,
		"challengeCode=": 400,
		"challengeCode":  400,
		"challengeCode=" + code + "&challengeCode=" + code:           400,
		"challengeCode=" + code + "0":                                400,
		"challengeCode=" + code + "%0A":                              400,
		"challengeCode=%20" + code:                                   400,
		"challengeCode=" + code[:35]:                                 400,
		"challengeCode=" + code[:35] + "g":                           400,
		"challengeCode={" + code[2:] + "}":                           400,
		"challengeCode=" + strings.Repeat("-", 36):                   400,
		"challengeCode=" + strings.ReplaceAll(code, "-", ""):         400,
		"challengeCode=" + strings.Repeat("0", 36):                   400,
		"challengeCode=890e4665_4dfe_4ab1_b689_ed553bceeed0":         400,
		"challengeCode=%3Cscript%3Ealert(1)%3C/script%3E":            400,
		"challengeCode=" + code + "&x=" + strings.Repeat("x", 4000):  400,
		"challengeCode=" + code + "&a=%zz":                           400,
		"challengeCode=" + code + ";a=1":                             400,
		"challengeCode=" + code + "&applicationId=a&applicationId=b": 400,
		"challengecode=" + code:                                      405,
		"":                                                           405,
		"other=1":                                                    405,
	} {
		resp := serve(h, httptest.NewRequest(http.MethodGet, "/linkedin?"+query, nil))
		assert.Equal(t, want, resp.StatusCode, query)
		text := bodyText(t, resp)
		assert.NotContains(t, text, "script")
		assert.NotContains(t, text, "challenge")
		assert.NotContains(t, text, hexMAC(linkedInSecret, "hmacsha256="+noteDeleted))
	}
	resp := serve(apps, httptest.NewRequest(http.MethodGet, "/?challengeCode="+challengeCode+"&applicationId=unknown", nil))
	assert.Equal(t, 400, resp.StatusCode, "no secret is known that it asks for")
	for _, method := range []string{http.MethodPut, http.MethodHead, http.MethodOptions} {
		assert.Equal(t, 405, serve(h, httptest.NewRequest(method, "/?challengeCode="+challengeCode, nil)).StatusCode, method)
	}
	resp = serve(h, httptest.NewRequest(http.MethodPost, "/?challengeCode="+challengeCode, nil))
	assert.Equal(t, 401, resp.StatusCode, "a challenge is no POST")
}

// TestLinkedInChallengeIsQuick: LinkedIn waits for three seconds, and nothing is waited for.
func TestLinkedInChallengeIsQuick(t *testing.T) {
	h := newHandlerOf(t, linkedIn(t, webhook.LinkedInEndpoint{Secrets: []string{linkedInSecret}}), new(spySink))
	server := httptest.NewServer(h)
	defer server.Close()
	client := &http.Client{Timeout: time.Minute}
	resp, err := client.Get(server.URL + "/linkedin?challengeCode=" + challengeCode)
	require.NoError(t, err)
	defer resp.Body.Close()
	assert.Equal(t, 200, resp.StatusCode)
}
