package webhook_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/webhook"
)

const doctorSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

var doctorBody = []byte(`{"id":"evt_1","type":"contact.position_changed","data":{"text":"a, b: \"c\" <d>","n":[1,2]}}`)

func mac(key string, parts ...string) []byte {
	h := hmac.New(sha256.New, []byte(key))
	for _, part := range parts {
		h.Write([]byte(part))
	}
	return h.Sum(nil)
}

// TestDoctor is a table of deliveries that are broken in one way each, and the reason that is named.
func TestDoctor(t *testing.T) {
	now := time.Unix(1_790_000_000, 0)
	clock := func() time.Time { return now }
	body, ts := string(doctorBody), strconv.FormatInt(now.Unix(), 10)
	good := hex.EncodeToString(mac(doctorSecret, ts, ".", body))
	timed := webhook.StripeStyle("X-Signature")
	timed.TimestampHeader, timed.TimestampPrefix, timed.Clock = "X-Timestamp", "", clock
	timed.Prefix = "v1="
	sign := func(body string) string { return "v1=" + hex.EncodeToString(mac(doctorSecret, ts, ".", body)) }
	for name, c := range map[string]struct {
		signature, timestamp, body, says string
	}{
		"no header":               {"", ts, body, "the header X-Signature is missing"},
		"no prefix":               {good, ts, body, `the prefix "v1=" is missing`},
		"another prefix":          {"sha256=" + good, ts, body, `the prefix "v1=" is missing`},
		"base64":                  {"v1=" + base64.StdEncoding.EncodeToString(mac(doctorSecret, ts, ".", body)), ts, body, "base64 instead of hex"},
		"base64 for URLs":         {"v1=" + base64.URLEncoding.EncodeToString(append(mac(doctorSecret, "x")[:31], 0xff)), ts, body, "base64"},
		"SHA-1":                   {"v1=" + good[:40], ts, body, "looks like SHA-1"},
		"SHA-512":                 {"v1=" + good + good, ts, body, "looks like SHA-512"},
		"nonsense":                {"v1=nonsense", ts, body, "no signature of a known form"},
		"previous secret":         {"v1=" + hex.EncodeToString(mac("whsec_the_old_one", ts, ".", body)), ts, body, "signed with a previous secret"},
		"another secret":          {"v1=" + hex.EncodeToString(mac("whsec_nobodys", ts, ".", body)), ts, body, "another secret, or another body"},
		"text after whsec_":       {"v1=" + hex.EncodeToString(mac(doctorSecret[6:], ts, ".", body)), ts, body, "the key is the text after whsec_"},
		"line end added":          {sign(body), ts, body + "\n", "a line end was added"},
		"line end taken off":      {sign(body + "\n"), ts, body, "the line end of the body was taken off"},
		"CR LF":                   {sign("{\n}"), ts, "{\r\n}", "changed to CR LF"},
		"LF":                      {sign("{\r\n}"), ts, "{\n}", "changed to LF"},
		"mark":                    {sign(body), ts, "\ufeff" + body, "a byte order mark"},
		"encoded again":           {sign(body), ts, strings.ReplaceAll(body, `,"`, `, "`), "decoded and encoded again"},
		"encoded again by Go":     {sign(body), ts, strings.NewReplacer("<", `\u003c`, ">", `\u003e`).Replace(body), "decoded and encoded again"},
		"Python's was compacted":  {sign(`{"a": [1, 2], "b": "x,y:\"z\""}`), ts, `{"a":[1,2],"b":"x,y:\"z\""}`, "decoded and encoded again"},
		"pretty one was squeezed": {sign("{\n  \"a\": 1\n}"), ts, `{"a":1}`, "decoded and encoded again"},
		"clock":                   {"v1=" + hex.EncodeToString(mac(doctorSecret, strconv.FormatInt(now.Unix()+3600, 10), ".", body)), strconv.FormatInt(now.Unix()+3600, 10), body, "1h0m0s ahead: a clock is wrong"},
		"old":                     {"v1=" + good, strconv.FormatInt(now.Unix()-3600, 10), body, "1h0m0s old"},
		"milliseconds":            {"v1=" + good, ts + "000", body, "in milliseconds"},
		"years":                   {"v1=" + good, strconv.FormatInt(math.MinInt64, 10), body, "years away"},
		"no number":               {"v1=" + good, "noon", body, "no number of seconds"},
		"no timestamp":            {"v1=" + good, "", body, "the timestamp is missing"},
		"body alone":              {"v1=" + hex.EncodeToString(mac(doctorSecret, body)), ts, body, "the body alone is signed"},
		"Slack's":                 {"v1=" + hex.EncodeToString(mac(doctorSecret, "v0:", ts, ":", body)), ts, body, `"v0:timestamp:body" is signed`},
	} {
		t.Run(name, func(t *testing.T) {
			header := http.Header{}
			if c.signature != "" {
				header.Set("X-Signature", c.signature)
			}
			if c.timestamp != "" {
				header.Set("X-Timestamp", c.timestamp)
			}
			var log bytes.Buffer
			sender, err := webhook.SalesWebhooks(timed, doctorSecret)
			require.NoError(t, err)
			sender, err = webhook.Doctor(sender, timed, webhook.DoctorOptions{Previous: []string{"whsec_the_old_one"}, Logger: slog.New(slog.NewJSONHandler(&log, nil))}, doctorSecret)
			require.NoError(t, err)
			_, err = webhook.Verify(sender.Verifier, post(header), []byte(c.body))
			require.ErrorIs(t, err, webhook.ErrUnverified)
			assert.Contains(t, strings.ReplaceAll(strings.ReplaceAll(log.String(), `\"`, `"`), `\\`, `\`), c.says)
			reasons, err := webhook.Diagnose(timed, header, []byte(c.body), []string{"whsec_the_old_one"}, doctorSecret)
			require.NoError(t, err)
			text := fmt.Sprint(reasons, log.String())
			assert.Contains(t, text, c.says)
			for _, secret := range []string{doctorSecret, doctorSecret[6:], "whsec_the", good, "evt_1", "noon"} {
				assert.NotContains(t, text, secret)
			}
			assert.NotContains(t, fmt.Sprintf("%v %+v %#v", sender, sender.Verifier, sender.Verifier), doctorSecret[6:])
		})
	}
}

// TestDoctorOfTheGood says nothing, and looks at no more than one request a second.
func TestDoctorOfTheGood(t *testing.T) {
	var log bytes.Buffer
	scheme := webhook.GitHubStyle("X-Hub-Signature-256")
	now := time.Unix(1_790_000_000, 0)
	scheme.Clock = func() time.Time { return now }
	sender, err := webhook.SalesWebhooks(scheme, doctorSecret)
	require.NoError(t, err)
	sender, err = webhook.Doctor(sender, scheme, webhook.DoctorOptions{Logger: slog.New(slog.NewTextHandler(&log, nil))}, doctorSecret)
	require.NoError(t, err)
	header, err := webhook.SignHMAC(scheme, doctorSecret, doctorBody, now, nil)
	require.NoError(t, err)
	_, err = webhook.Verify(sender.Verifier, post(header), doctorBody)
	require.NoError(t, err)
	assert.Empty(t, log.String())
	for range 5 {
		_, err = webhook.Verify(sender.Verifier, post(header), []byte("forged"))
		require.Error(t, err)
	}
	assert.Equal(t, 1, strings.Count(log.String(), "\n"))
	now = now.Add(time.Second)
	_, err = webhook.Verify(sender.Verifier, post(http.Header{"Stripe-Signature": {"t=1"}}), []byte("forged"))
	require.Error(t, err)
	assert.Contains(t, log.String(), "the request has the header Stripe-Signature")
	reasons, err := webhook.Diagnose(scheme, header, bytes.Repeat([]byte("x"), 2<<20), nil, doctorSecret)
	require.NoError(t, err)
	assert.Equal(t, []string{"the body is too large to look at"}, reasons)

	_, err = webhook.Doctor(sender, scheme, webhook.DoctorOptions{Every: -1}, doctorSecret)
	require.Error(t, err)
	_, err = webhook.Doctor(sender, scheme, webhook.DoctorOptions{})
	require.ErrorIs(t, err, webhook.ErrWeakSecret)
	_, err = webhook.Doctor(webhook.Sender{}, scheme, webhook.DoctorOptions{}, doctorSecret)
	require.Error(t, err)
	_, err = webhook.Diagnose(webhook.HMACScheme{}, nil, nil, nil, doctorSecret)
	require.Error(t, err)
}

// FuzzDiagnose: it never panics, and says nothing of what it was given.
func FuzzDiagnose(f *testing.F) {
	f.Add("v1=abc", "1790000000", []byte("{}"))
	f.Add("t=1,v1=", "-9223372036854775808", []byte("\ufeff\r\n"))
	f.Fuzz(func(t *testing.T, signature, timestamp string, body []byte) {
		for _, scheme := range []webhook.HMACScheme{webhook.StandardWebhooks(), webhook.StripeStyle("X-Signature"), webhook.GitHubStyle("X-Signature")} {
			header := http.Header{"X-Signature": {signature}, "Webhook-Signature": {signature}, "Webhook-Timestamp": {timestamp}, "Webhook-Id": {"a"}}
			reasons, err := webhook.Diagnose(scheme, header, body, nil, doctorSecret)
			if err != nil || len(reasons) == 0 {
				t.Fatalf("%v %v", reasons, err)
			}
			if len(signature) > 20 && strings.Contains(fmt.Sprint(reasons), signature) {
				t.Fatal("the signature is repeated")
			}
		}
	})
}

// TestR65ADiagnosisOfAnyBodyIsSmall: what a stranger sends is looked at before it is known to be genuine, so it must not
// grow on the way, whatever nests in it.
func TestR65ADiagnosisOfAnyBodyIsSmall(t *testing.T) {
	scheme := webhook.HMACScheme{Header: "X-Signature", SecretForm: webhook.IssuedSecret}
	header := http.Header{"X-Signature": {strings.Repeat("0", 64)}}
	const size = 1 << 20
	for name, body := range map[string]string{
		"nested arrays":    strings.Repeat("[", size/2) + strings.Repeat("]", size/2),
		"nested to depth":  strings.Repeat("[", 9_000) + strings.Repeat("1,", size/2-10_000) + "1" + strings.Repeat("]", 9_000),
		"many small nests": "[" + strings.Repeat(strings.Repeat("[", 500)+strings.Repeat("]", 500)+",", size/1_001) + "1]",
		"objects":          strings.Repeat(`{"":`, size/5) + "1" + strings.Repeat("}", size/5),
		"commas":           "[" + strings.Repeat("1,", size/2-2) + "1]",
		"line ends":        strings.Repeat("\n", size),
		"escapes":          `"` + strings.Repeat(`\u003c`, size/6-1) + `"`,
	} {
		total, _ := allocated(func() {
			_, err := webhook.Diagnose(scheme, header, []byte(body), nil, doctorSecret)
			assert.NoError(t, err)
		})
		assert.Less(t, total, uint64(64*len(body)), name)
	}
	// What is indented as people do is still found.
	plain := `{"id":"evt_1","data":{"list":[1,2,{"a":"b, [c]: {d}"}]}}`
	var wide bytes.Buffer
	require.NoError(t, json.Indent(&wide, []byte(plain), "", "    "))
	signed, err := webhook.SignHMAC(scheme, doctorSecret, wide.Bytes(), time.Now(), nil)
	require.NoError(t, err)
	reasons, err := webhook.Diagnose(scheme, signed, []byte(plain), nil, doctorSecret)
	require.NoError(t, err)
	assert.Contains(t, strings.Join(reasons, ";"), "encoded again")
}
