package webhook_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/webhook"
)

const (
	linkedInSecret = "test-client-secret"
	noteDeleted    = `{"prospectNoteId":"1323073443","type":"DELETE_PROSPECT_NOTE","integrationContext":"urn:li:contract:123"}`
	challengeCode  = "890e4665-4dfe-4ab1-b689-ed553bceeed0"
)

// vectors are signatures that Python and openssl have made.
type vectors struct {
	Signatures []struct {
		Name   string `json:"name"`
		Secret string `json:"client_secret"`
		Body   string `json:"raw_body"`
		Bare   string `json:"raw"`
		Plain  string `json:"prefixed"`
		Lower  string `json:"prefixed_escaped_lower"`
		Upper  string `json:"prefixed_escaped_upper"`
	} `json:"signature_vectors"`
	Challenge struct {
		Secret   string `json:"client_secret"`
		Code     string `json:"challengeCode"`
		Response string `json:"challengeResponse"`
	} `json:"challenge_vector"`
}

func readVectors(t testing.TB) (v vectors) {
	t.Helper()
	text, err := os.ReadFile("testdata/linkedin_signatures.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &v))
	return v
}

func linkedIn(t testing.TB, e webhook.LinkedInEndpoint) webhook.Sender {
	t.Helper()
	sender, err := webhook.LinkedIn(e)
	require.NoError(t, err)
	return sender
}

// linkedInSignature signs as LinkedIn does, by hand.
func linkedInSignature(secret, body string) string {
	return hex.EncodeToString(mac(secret, "hmacsha256=", body))
}

func linkedInPost(path, signature, body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-LI-Signature", signature)
	return r
}

// TestLinkedInSignatures: what was signed in one of LinkedIn's ways is genuine, in either case of hex, with and without
// the prefix, whichever of the secrets has signed it.
func TestLinkedInSignatures(t *testing.T) {
	v := readVectors(t)
	require.Len(t, v.Signatures, 4)
	for _, one := range v.Signatures {
		t.Run(one.Name, func(t *testing.T) {
			usual := linkedIn(t, webhook.LinkedInEndpoint{Label: "acme", Secrets: []string{"the current secret", one.Secret}})
			older := linkedIn(t, webhook.LinkedInEndpoint{Label: "acme", Secrets: []string{one.Secret}, BareBody: true})
			child := linkedIn(t, webhook.LinkedInEndpoint{Label: "acme", Secrets: []string{"the current secret"}, Applications: map[string]string{"7": one.Secret}})
			for _, signature := range []string{one.Plain, one.Lower, one.Upper} {
				for _, form := range []string{signature, strings.ToUpper(signature), "hmacsha256=" + signature, "HMACSHA256=" + signature} {
					for _, sender := range []webhook.Sender{usual, older, child} {
						label, err := webhook.Verify(sender.Verifier, linkedInPost("/", form, ""), []byte(one.Body))
						require.NoError(t, err, form)
						assert.Equal(t, "acme", label)
						_, err = webhook.Verify(sender.Verifier, linkedInPost("/", form, ""), []byte(one.Body+" "))
						require.ErrorIs(t, err, webhook.ErrUnverified)
					}
				}
			}
			_, err := webhook.Verify(usual.Verifier, linkedInPost("/", one.Bare, ""), []byte(one.Body))
			require.ErrorIs(t, err, webhook.ErrUnverified, "the older signature is not switched on")
			_, err = webhook.Verify(older.Verifier, linkedInPost("/", one.Bare, ""), []byte(one.Body))
			require.NoError(t, err)
		})
	}
}

// TestLinkedInSignaturesOfLongTexts: the escapes are written in pieces.
func TestLinkedInSignaturesOfLongTexts(t *testing.T) {
	sender := linkedIn(t, webhook.LinkedInEndpoint{Secrets: []string{linkedInSecret}})
	for _, text := range []string{strings.Repeat("é", 5000), strings.Repeat("a", 4095) + "😀", strings.Repeat("😀a\u2028", 3000), "\u007f\u0080"} {
		var escaped strings.Builder
		for _, unit := range utf16.Encode([]rune(text)) {
			if unit < 0x80 {
				escaped.WriteByte(byte(unit))
			} else {
				fmt.Fprintf(&escaped, `\u%04x`, unit)
			}
		}
		_, err := webhook.Verify(sender.Verifier, linkedInPost("/", linkedInSignature(linkedInSecret, `"`+escaped.String()+`"`), ""), []byte(`"`+text+`"`))
		require.NoError(t, err)
	}
	invalid := "{\"a\":\"\xff\"}" // no text has become this
	_, err := webhook.Verify(sender.Verifier, linkedInPost("/", linkedInSignature(linkedInSecret, "{\"a\":\"\\ufffd\"}"), ""), []byte(invalid))
	require.ErrorIs(t, err, webhook.ErrUnverified)
	_, err = webhook.Verify(sender.Verifier, linkedInPost("/", linkedInSignature(linkedInSecret, invalid), ""), []byte(invalid))
	require.NoError(t, err, "the bytes are what counts")
}

func TestR34LinkedInRefusesWeakSecrets(t *testing.T) {
	for _, secrets := range [][]string{nil, {""}, {"  "}, {"mellon"}, {"aaaaaaaaaaaa"}, {linkedInSecret, ""}, {linkedInSecret + "\n"}} {
		_, err := webhook.LinkedIn(webhook.LinkedInEndpoint{Secrets: secrets})
		require.ErrorIs(t, err, webhook.ErrWeakSecret)
		assert.NotContains(t, err.Error(), "mellon")
	}
	six := []string{"secret-one", "secret-two", "secret-three", "secret-four", "secret-five", "secret-six"}
	for _, e := range []webhook.LinkedInEndpoint{
		{Secrets: six},
		{Secrets: six[:5], Applications: map[string]string{"a": six[5]}},
		{Secrets: six[:1], Applications: map[string]string{"a": ""}},
		{Label: "a\nb", Secrets: six[:1]},
		{Label: strings.Repeat("x", 129), Secrets: six[:1]},
	} {
		_, err := webhook.LinkedIn(e)
		require.Error(t, err)
	}
	_, err := webhook.LinkedInFrom(nil)
	require.Error(t, err)
}

// genuineLinkedIn are events that openssl has signed, or Go where there is no openssl.
func genuineLinkedIn(t *testing.T, secret, body string) string {
	t.Helper()
	path, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("openssl is not there, which signs the genuine events of this test")
	}
	command := exec.CommandContext(t.Context(), path, "dgst", "-sha256", "-hmac", secret)
	command.Stdin = strings.NewReader("hmacsha256=" + body)
	out, err := command.Output()
	require.NoError(t, err)
	_, signature, _ := strings.Cut(string(out), "= ")
	return strings.TrimSpace(signature)
}

// TestLinkedInForgeries: of what LinkedIn has not signed for this endpoint, nothing is run; of what it has, everything,
// once.
func TestLinkedInForgeries(t *testing.T) {
	sink := new(spySink)
	handler := newHandlerOf(t, linkedIn(t, webhook.LinkedInEndpoint{Label: "acme", Secrets: []string{linkedInSecret}}), sink)
	bare := newHandlerOf(t, linkedIn(t, webhook.LinkedInEndpoint{Label: "acme", Secrets: []string{linkedInSecret}, BareBody: true}), sink)
	other := `{"prospectNoteId":"7","type":"DELETE_PROSPECT_NOTE","integrationContext":"urn:li:contract:123"}`
	genuine := genuineLinkedIn(t, linkedInSecret, noteDeleted)
	accented := `{"type":"DELETE_PROSPECT_NOTE","note":"café"}`
	sha1 := strings.Repeat("0", 40)
	for name, forged := range map[string]struct {
		signature, body string
	}{
		"another body":              {genuine, other},
		"no signature":              {"", noteDeleted},
		"zeros":                     {strings.Repeat("0", 64), noteDeleted},
		"truncated signature":       {genuine[:62], noteDeleted},
		"one bit":                   {flip(genuine), noteDeleted},
		"signature and more":        {genuine + "00", noteDeleted},
		"twice in one header":       {genuine + ", " + genuine, noteDeleted},
		"twice the prefix":          {"hmacsha256=hmacsha256=" + genuine, noteDeleted},
		"another prefix":            {"sha256=" + genuine, noteDeleted},
		"not hex":                   {strings.Repeat("g", 64), noteDeleted},
		"SHA-1":                     {sha1, noteDeleted},
		"truncated body":            {genuine, noteDeleted[:len(noteDeleted)-1]},
		"body and more":             {genuine, noteDeleted + "\n"},
		"re-encoded body":           {genuine, strings.ReplaceAll(noteDeleted, ",", ", ")},
		"keys in another order":     {genuine, `{"type":"DELETE_PROSPECT_NOTE","prospectNoteId":"1323073443","integrationContext":"urn:li:contract:123"}`},
		"without the signed prefix": {hex.EncodeToString(mac(linkedInSecret, noteDeleted)), noteDeleted},
		"with another tenant's":     {genuineLinkedIn(t, "another-tenants-secret", noteDeleted), noteDeleted},
		"with an empty secret":      {linkedInSignature("", noteDeleted), noteDeleted},
		"other escapes":             {linkedInSignature(linkedInSecret, `{"type":"DELETE_PROSPECT_NOTE","note":"caf\xe9"}`), accented},
		"with the prefix inside":    {genuine, "hmacsha256=" + noteDeleted},
		"challenge-made":            {askFor(t, handler, "hmacsha256="+noteDeleted), noteDeleted},
		"challenge-made, as a UUID": {askFor(t, handler, challengeCode), challengeCode},
	} {
		r := linkedInPost("/linkedin", forged.signature, forged.body)
		if forged.signature == "" {
			r.Header.Del("X-LI-Signature")
		}
		assert.Equal(t, http.StatusUnauthorized, serve(handler, r).StatusCode, name)
		if name != "without the signed prefix" { // which is what it accepts
			r.Body = http.NoBody
			r = linkedInPost("/linkedin", forged.signature, forged.body)
			assert.Equal(t, http.StatusUnauthorized, serve(bare, r).StatusCode, "%s, with the older signature", name)
		}
	}
	twice := linkedInPost("/linkedin", genuine, noteDeleted)
	twice.Header["X-Li-Signature"] = []string{genuine, genuine}
	assert.Equal(t, http.StatusUnauthorized, serve(handler, twice).StatusCode)
	assert.Empty(t, sink.all(), "nothing was run")

	for range 3 { // It is replayed.
		assert.Equal(t, http.StatusOK, serve(handler, linkedInPost("/linkedin", genuine, noteDeleted)).StatusCode)
	}
	require.Len(t, sink.all(), 1, "nothing was run twice")
	d := sink.all()[0]
	assert.Equal(t, "acme:DELETE_PROSPECT_NOTE urn:li:contract:123 1323073443", d.Key)
	assert.Equal(t, noteDeleted, string(d.Body))
	written := genuineLinkedIn(t, linkedInSecret, strings.ReplaceAll(noteDeleted, `"1323073443"`, "1323073443"))
	r := linkedInPost("/linkedin", written, strings.ReplaceAll(noteDeleted, `"1323073443"`, "1323073443"))
	assert.Equal(t, http.StatusOK, serve(handler, r).StatusCode)
	assert.Len(t, sink.all(), 1, "the same note, written as a number")
}

func flip(signature string) string {
	last := byte('0')
	if signature[len(signature)-1] == last {
		last = '1'
	}
	return signature[:len(signature)-1] + string(last)
}

// askFor lets the challenge sign a text, and returns the signature if it does.
func askFor(t *testing.T, h http.Handler, text string) string {
	t.Helper()
	resp := serve(h, httptest.NewRequest(http.MethodGet, "/linkedin?"+url.Values{"challengeCode": {text}}.Encode(), nil))
	var response struct {
		Signature string `json:"challengeResponse"`
	}
	_ = json.NewDecoder(resp.Body).Decode(&response)
	if response.Signature == "" {
		return strings.Repeat("0", 64)
	}
	return response.Signature
}

// TestLinkedInFrom: endpoints are looked up, and what is wrong with the looking up is not the sender's fault.
func TestLinkedInFrom(t *testing.T) {
	down := errors.New("database away")
	sender, err := webhook.LinkedInFrom(func(r *http.Request) (webhook.LinkedInEndpoint, error) {
		switch r.URL.Path {
		case "/a":
			return webhook.LinkedInEndpoint{Label: "a", Secrets: []string{"new-secret-of-a", "old-secret-of-a"}}, nil
		case "/down":
			return webhook.LinkedInEndpoint{}, down
		case "/weak":
			return webhook.LinkedInEndpoint{Secrets: []string{""}}, nil
		}
		return webhook.LinkedInEndpoint{}, webhook.ErrUnknownEndpoint
	})
	require.NoError(t, err)
	sink := new(spySink)
	option, told := observed()
	h := newHandlerOf(t, sender, sink, option)
	for path, want := range map[string]int{"/a": 200, "/down": 503, "/weak": 503, "/b": 404} {
		resp := serve(h, linkedInPost(path, linkedInSignature("old-secret-of-a", noteDeleted), noteDeleted))
		assert.Equal(t, want, resp.StatusCode, path)
		resp = serve(h, httptest.NewRequest(http.MethodGet, path+"?challengeCode="+challengeCode, nil))
		assert.Equal(t, want, resp.StatusCode, path)
		if want == 200 {
			assert.Contains(t, bodyText(t, resp), hex.EncodeToString(mac("new-secret-of-a", challengeCode)), "the first secret is the current one")
		}
	}
	require.Len(t, sink.all(), 1)
	assert.Equal(t, "a", sink.all()[0].Label)
	for _, r := range *told {
		assert.Equal(t, r.Status == 503, errors.Is(r.Err, webhook.ErrRetryLater))
	}
}

// FuzzLinkedIn: without the secret nothing is accepted, whatever is sent and whatever the challenge has signed before,
// and nothing panics.
func FuzzLinkedIn(f *testing.F) {
	sink := new(spySink)
	senders := map[bool]webhook.Sender{}
	for _, bare := range []bool{false, true} {
		senders[bare] = linkedIn(f, webhook.LinkedInEndpoint{Label: "acme", Secrets: []string{linkedInSecret}, Applications: map[string]string{"7": "the-secret-of-a-child"}, BareBody: bare})
	}
	handlers := map[bool]*webhook.Handler{}
	for bare, sender := range senders {
		handlers[bare] = newHandlerOf(f, sender, sink, webhook.WithMaxBody(8192))
	}
	f.Add("POST", "", linkedInSignature(linkedInSecret, noteDeleted), []byte(noteDeleted), false, false)
	f.Add("POST", "", "", []byte(noteDeleted), true, false)
	f.Add("GET", "challengeCode="+challengeCode, "", []byte(challengeCode), false, true)
	f.Add("GET", "challengeCode="+url.QueryEscape("hmacsha256="+noteDeleted), "", []byte(noteDeleted), false, true)
	f.Add("POST", "", "", []byte(`{"type":"ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS","notifications":[{"notificationId":1},{"notificationId":"1"},7]}`), true, false)
	f.Add("POST", "", "", []byte(`{"eventType":"LEAD_ACTION","leadGenFormResponse":"urn:li:x:1","leadAction":"CREATED","occurredAt":1e12,"owner":{"a":"urn:li:b:2"}}`), true, true)
	f.Add("POST", "", "", []byte(`{"type":"RESYNC_JOBS","externalJobPostingIds":["a\u0041",7],"syncAllOpenJobs":true}`), true, true)
	f.Add("POST", "", "", []byte("\xff"), true, true)
	f.Fuzz(func(t *testing.T, method, query, signature string, body []byte, genuine, bare bool) {
		h := handlers[bare]
		r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
		r.Method, r.URL.RawQuery = method, query
		if genuine {
			signature = linkedInSignature(linkedInSecret, string(body))
		}
		r.Header["X-Li-Signature"] = []string{signature}
		before := len(sink.all())
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		require.NotEqual(t, http.StatusInternalServerError, w.Code, "a panic")
		if ran := len(sink.all()) > before; ran {
			claimed, err := hex.DecodeString(signature[max(0, len(signature)-64):])
			require.NoError(t, err)
			require.True(t, signedByLinkedIn(claimed, body, bare), "not signed")
			d := sink.all()[before]
			stored, err := json.Marshal(d)
			require.NoError(t, err)
			var again webhook.Delivery
			require.NoError(t, json.Unmarshal(stored, &again))
			if d.Events != nil {
				require.NoError(t, webhook.Decode(&again, senders[bare]))
				require.Equal(t, d.Events, again.Events)
				require.Equal(t, d.Keys, again.Keys)
			}
		}
		if w.Code == http.StatusOK && method == http.MethodGet {
			var response struct{ ChallengeCode, ChallengeResponse string }
			require.NoError(t, json.Unmarshal(w.Body.Bytes(), &response))
			require.Len(t, response.ChallengeCode, 36)
			forged := linkedInPost("/", response.ChallengeResponse, response.ChallengeCode)
			require.Equal(t, http.StatusUnauthorized, serve(h, forged).StatusCode, "a challenge has made it")
		}
	})
}

func signedByLinkedIn(claimed, body []byte, bare bool) bool {
	for _, secret := range []string{linkedInSecret, "the-secret-of-a-child"} {
		for _, prefix := range []string{"hmacsha256=", ""} {
			h := hmac.New(sha256.New, []byte(secret))
			h.Write([]byte(prefix))
			h.Write(body)
			if (prefix != "" || bare) && hmac.Equal(h.Sum(nil), claimed) {
				return true
			}
		}
	}
	return false
}
