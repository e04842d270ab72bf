package webhook_test

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/webhook"
)

func TestR34ConstructorRefusesWeakSecrets(t *testing.T) {
	encode := func(bytes int) string {
		return base64.StdEncoding.EncodeToString([]byte(strings.Repeat(testSecret, 2)[:bytes]))
	}
	chosen, issued, binary := webhook.ChosenSecret, webhook.IssuedSecret, webhook.Base64Secret
	for name, test := range map[string]struct {
		form    webhook.SecretForm
		secrets []string
		ok      bool
	}{
		"none":                     {issued, nil, false},
		"empty":                    {issued, []string{""}, false},
		"blank":                    {issued, []string{"          "}, false},
		"good and empty":           {issued, []string{testSecret, ""}, false},
		"seven characters":         {issued, []string{"canary7"}, false},
		"eight characters":         {issued, []string{"canary-8"}, true},
		"newline at the end":       {issued, []string{"canary-canary\n"}, false},
		"control character":        {issued, []string{"canary\x00canary"}, false},
		"too long":                 {issued, []string{strings.Repeat(testSecret, 200)}, false},
		"words that were issued":   {issued, []string{"test-client-secret"}, true},
		"one character":            {issued, []string{"aaaaaaaa"}, false},
		"part three times":         {issued, []string{"canarycanarycanary"}, false},
		"part cut":                 {issued, []string{"canary-canary-canary-ca"}, false},
		"part twice":               {issued, []string{"canary-7canary-7"}, true},
		"whsec as plain text":      {issued, []string{"whsec_not-base64!"}, true},
		"five":                     {issued, []string{"canary-1", "canary-2", "canary-3", "canary-4", "canary-5"}, true},
		"six":                      {issued, []string{"canary-1", "canary-2", "canary-3", "canary-4", "canary-5", "canary-6"}, false},
		"chosen":                   {chosen, []string{testSecret}, true},
		"chosen, 21 characters":    {chosen, []string{testSecret[:21]}, false},
		"chosen, 22 characters":    {chosen, []string{testSecret[:22]}, true},
		"chosen words":             {chosen, []string{"correct horse canary staple"}, false},
		"chosen repetition":        {chosen, []string{strings.Repeat("canary", 4)}, false},
		"base64 empty":             {binary, []string{""}, false},
		"base64 prefix alone":      {binary, []string{"whsec_"}, false},
		"base64 23 bytes":          {binary, []string{"whsec_" + encode(23)}, false},
		"base64 24 bytes":          {binary, []string{"whsec_" + encode(24)}, true},
		"base64 without prefix":    {binary, []string{encode(32)}, true},
		"base64 without padding":   {binary, []string{strings.TrimRight(encode(25), "=")}, false},
		"base64 not canonical":     {binary, []string{encode(25)[:33] + "9=="}, false},
		"base64 with line break":   {binary, []string{encode(24)[:8] + "\n" + encode(24)[8:]}, false},
		"base64 other characters":  {binary, []string{"whsec_canary canary canary canary canary!"}, false},
		"base64 url-safe alphabet": {binary, []string{strings.Repeat("-_", 16)}, false},
		"base64 zeros":             {binary, []string{strings.Repeat("A", 32)}, false},
		"base64 repetition":        {binary, []string{base64.StdEncoding.EncodeToString([]byte(strings.Repeat("canary", 5)))}, false},
	} {
		t.Run(name, func(t *testing.T) {
			scheme := webhook.HMACScheme{Header: "X-Signature", SecretForm: test.form}
			sender, err := webhook.HMAC("hmac", scheme, webhook.DecodeRaw, test.secrets...)
			if test.ok {
				require.NoError(t, err)
				return
			}
			require.Error(t, err)
			assert.Zero(t, sender)
			if len(test.secrets) < 6 {
				assert.ErrorIs(t, err, webhook.ErrWeakSecret)
			}
			assert.NotContains(t, err.Error(), "canary")
		})
	}
}

// A sender without a secret signs with the empty key. Published libraries have
// accepted that under an unset environment variable.
func TestR34RequestForgedUnderTheEmptyKey(t *testing.T) {
	_, err := webhook.HMAC("hmac", bodyScheme(), webhook.DecodeRaw, "")
	require.ErrorIs(t, err, webhook.ErrWeakSecret)
	v := newHMAC(t, bodyScheme(), testSecret)
	// HMAC-SHA256 of "{}" with the empty key.
	forged := http.Header{"X-Signature": {"22f8eea909400af98adf3681a9f31923ef6b7fcba4abb553d92823a3e9d5c25e"}}
	_, err = webhook.Verify(v, post(forged), []byte("{}"))
	assert.ErrorIs(t, err, webhook.ErrUnverified)
}

func TestBase64SecretIsDecoded(t *testing.T) {
	key := testSecret
	scheme := webhook.HMACScheme{Header: "X-Signature", SecretForm: webhook.Base64Secret}
	v := newHMAC(t, scheme, "whsec_"+base64.StdEncoding.EncodeToString([]byte(key)))
	header, err := webhook.SignHMAC(bodyScheme(), key, []byte("{}"), time.Time{}, nil)
	require.NoError(t, err)
	_, err = webhook.Verify(v, post(header), []byte("{}"))
	require.NoError(t, err)
}
