package linkedinoidc_test

import (
	"context"
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/adapters/linkedinoidc"
	"github.com/pronet-go/pronet/linkedin"
	"github.com/pronet-go/pronet/sandbox"
	fake "github.com/pronet-go/pronet/sandbox/linkedin"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestALoginAtTheSandbox: the person of a checked token.
func TestALoginAtTheSandbox(t *testing.T) {
	sb, client := sandbox.ForTest(t)
	verifier := newVerifier(t, linkedinoidc.Config{ClientID: sb.LinkedIn.App().ClientID, Discovery: sb.LinkedIn.AccountsURL() + "/oauth/.well-known/openid-configuration"})
	for range 2 {
		grant := logIn(t, sb, client)
		person, err := verifier.Verify(t.Context(), grant)
		require.NoError(t, err)
		assert.Equal(t, []any{"Rita Smith", "rita-1@example.com", true}, []any{person.Name, person.Email, person.EmailVerified})
		assert.NotEmpty(t, person.Subject)
		assert.NotEmpty(t, person.Claims)
		grant.Nonce = "another"
		refused(t, linkedinoidc.WrongNonce, second(verifier.Verify(t.Context(), grant)))
		sb.LinkedIn.RotateSigningKey()
	}
	refused(t, linkedinoidc.NoToken, second(verifier.Verify(t.Context(), &linkedin.Grant{})))
	refused(t, linkedinoidc.NoToken, second(verifier.Verify(t.Context(), nil)))

	// A sandbox whose tokens name another issuer than its discovery document.
	other, client := sandbox.ForTest(t, fake.WithIDTokenIssuer("https://www.linkedin.com"))
	discovery := other.LinkedIn.AccountsURL() + "/oauth/.well-known/openid-configuration"
	grant := logIn(t, other, client)
	refused(t, linkedinoidc.WrongIssuer, second(newVerifier(t, linkedinoidc.Config{ClientID: other.LinkedIn.App().ClientID, Discovery: discovery}).Verify(t.Context(), grant)))
	named := newVerifier(t, linkedinoidc.Config{ClientID: other.LinkedIn.App().ClientID, Discovery: discovery, Issuer: "https://www.linkedin.com"})
	_, err := named.Verify(t.Context(), grant)
	require.NoError(t, err)
}

func second[T any](_ T, err error) error { return err }

func newVerifier(t *testing.T, config linkedinoidc.Config) *linkedinoidc.Verifier {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	config.Client = &http.Client{Transport: transport}
	v, err := linkedinoidc.New(config)
	require.NoError(t, err)
	return v
}

func refused(t *testing.T, want linkedinoidc.Reason, err error) {
	t.Helper()
	failed := new(linkedinoidc.Error)
	require.ErrorAs(t, err, &failed)
	assert.Equal(t, want, failed.Reason)
	assert.NotContains(t, err.Error(), "CANARY")
}

func logIn(t *testing.T, sb *sandbox.Sandbox, client *pronet.Client) *linkedin.Grant {
	t.Helper()
	login, err := client.LinkedIn.OAuth.Begin(linkedin.LoginRequest{
		RedirectURL: "http://127.0.0.1/callback", Nonce: true, Scopes: []linkedin.Scope{linkedin.ScopeOpenID, linkedin.ScopeProfile, linkedin.ScopeEmail},
	})
	require.NoError(t, err)
	callback, err := sb.LinkedIn.Consent(login.URL)
	require.NoError(t, err)
	back, err := url.Parse(callback)
	require.NoError(t, err)
	grant, err := client.LinkedIn.OAuth.Finish(t.Context(), login, back.Query())
	require.NoError(t, err)
	return grant
}

// issuer is a provider of a few lines.
type issuer struct {
	*httptest.Server
	key       *rsa.PrivateKey
	kid       string
	others    []*rsa.PrivateKey // published before it
	issuer    atomic.Value      // of the discovery document
	discovery atomic.Int32      // how often it was read
	fail      atomic.Bool
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	i := &issuer{kid: "1"}
	i.keyAfter(t)
	i.issuer.Store("https://www.linkedin.com/oauth")
	i.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case i.fail.Load():
			w.WriteHeader(http.StatusBadGateway)
			fmt.Fprint(w, "<html>CANARY</html>")
		case r.URL.Path == "/keys":
			var keys []string
			for n, key := range append(i.others, i.key) {
				keys = append(keys, fmt.Sprintf(`{"kty":"RSA","use":"sig","alg":"RS256","kid":"%d","e":"AQAB","n":"%s"}`, 1+len(i.others)-n, base64.RawURLEncoding.EncodeToString(key.N.Bytes())))
			}
			fmt.Fprintf(w, `{"keys":[%s]}`, strings.Join(keys, ","))
		default:
			i.discovery.Add(1)
			fmt.Fprintf(w, `{"issuer":%q,"jwks_uri":"http://%s/keys"}`, i.issuer.Load(), r.Host)
		}
	}))
	t.Cleanup(i.Close)
	return i
}

// keyAfter makes another key.
func (i *issuer) keyAfter(t *testing.T) {
	t.Helper()
	var err error
	i.key, err = rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
}

func (i *issuer) token(change map[string]any) string {
	claims := map[string]any{"iss": "https://www.linkedin.com/oauth", "aud": "client", "sub": "x", "exp": time.Now().Add(time.Hour).Unix()}
	maps.Copy(claims, change)
	return i.sign("RS256", claims)
}

func (i *issuer) sign(algorithm string, claims map[string]any) string {
	encode := func(value any) string {
		text, _ := json.Marshal(value)
		return base64.RawURLEncoding.EncodeToString(text)
	}
	header := map[string]string{"alg": algorithm, "kid": i.kid}
	if i.kid == "" {
		delete(header, "kid")
	}
	text := encode(header) + "." + encode(claims)
	sum := sha256.Sum256([]byte(text))
	var signature []byte
	switch algorithm {
	case "RS256":
		signature, _ = rsa.SignPKCS1v15(nil, i.key, crypto.SHA256, sum[:])
	case "HS256": // with the public key as the secret
		mac := hmac.New(sha256.New, i.key.N.Bytes())
		mac.Write([]byte(text))
		signature = mac.Sum(nil)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// TestIssuersAreComparedExactly: that of the discovery document, and another one only if the program names it.
func TestIssuersAreComparedExactly(t *testing.T) {
	i := newIssuer(t)
	for named, accepted := range map[string]string{"": "https://www.linkedin.com/oauth", "https://www.linkedin.com": "https://www.linkedin.com"} {
		v := newVerifier(t, linkedinoidc.Config{ClientID: "client", Discovery: i.URL, Issuer: named})
		for _, iss := range []string{
			"https://www.linkedin.com/oauth", "https://www.linkedin.com", "https://www.linkedin.com.evil.example/oauth", "https://www.linkedin.com/oauth/", "HTTPS://www.linkedin.com/oauth", "",
		} {
			person, err := v.VerifyToken(t.Context(), i.token(map[string]any{"iss": iss}), "")
			if iss == accepted {
				require.NoError(t, err)
				assert.Equal(t, "x", person.Subject)
				continue
			}
			refused(t, linkedinoidc.WrongIssuer, err)
		}
	}
}

// TestTokensThatAreNotAccepted.
func TestTokensThatAreNotAccepted(t *testing.T) {
	i, foreign := newIssuer(t), newIssuer(t)
	v := newVerifier(t, linkedinoidc.Config{ClientID: "client", Discovery: i.URL})
	claims := map[string]any{"iss": "https://www.linkedin.com/oauth", "aud": "client", "sub": "CANARY", "exp": time.Now().Add(time.Hour).Unix()}
	whole := i.token(nil)
	parts := strings.Split(whole, ".")
	for token, want := range map[string]linkedinoidc.Reason{
		i.token(map[string]any{"aud": "CANARY"}): linkedinoidc.WrongAudience, i.token(map[string]any{"aud": []string{"a", "b"}}): linkedinoidc.WrongAudience,
		i.token(map[string]any{"exp": time.Now().Add(-time.Hour).Unix()}): linkedinoidc.HasExpired, i.token(map[string]any{"exp": nil}): linkedinoidc.WrongSignature,
		i.token(map[string]any{"sub": ""}): linkedinoidc.WrongSignature, foreign.token(nil): linkedinoidc.WrongSignature, i.sign("none", claims): linkedinoidc.WrongSignature,
		i.sign("HS256", claims): linkedinoidc.WrongSignature, "CANARY": linkedinoidc.WrongSignature, "a.b.c": linkedinoidc.WrongSignature,
		parts[0] + "." + parts[1] + ".": linkedinoidc.WrongSignature, parts[0] + "." + parts[1] + "A." + parts[2]: linkedinoidc.WrongSignature,
	} {
		refused(t, want, second(v.VerifyToken(t.Context(), token, "")))
	}
	// A nonce that was not sent is not asked for, and one that was must be there.
	_, err := v.VerifyToken(t.Context(), i.token(map[string]any{"nonce": "n"}), "")
	require.NoError(t, err)
	_, err = v.VerifyToken(t.Context(), i.token(map[string]any{"nonce": "n"}), "n")
	require.NoError(t, err)
	refused(t, linkedinoidc.WrongNonce, second(v.VerifyToken(t.Context(), whole, "n")))
	refused(t, linkedinoidc.WrongNonce, second(v.VerifyToken(t.Context(), i.token(map[string]any{"nonce": "m"}), "n")))
	person, err := v.VerifyToken(t.Context(), i.token(map[string]any{"email_verified": "true", "email": 7, "name": "J"}), "")
	require.NoError(t, err)
	assert.Equal(t, []any{true, "", "J"}, []any{person.EmailVerified, person.Email, person.Name})
}

// TestAnIssuerThatChanges is noticed by a verifier that runs, and forged tokens do not make it ask each time.
func TestAnIssuerThatChanges(t *testing.T) {
	i := newIssuer(t)
	synctest.Test(t, func(t *testing.T) {
		inside := i.bubble(t)
		forged := func() error {
			_, err := inside.VerifyToken(t.Context(), i.token(map[string]any{"iss": "https://attacker.example"}), "")
			return err
		}
		_, err := inside.VerifyToken(t.Context(), i.token(nil), "")
		require.NoError(t, err)
		for range 100 {
			refused(t, linkedinoidc.WrongIssuer, forged())
		}
		assert.EqualValues(t, 1, i.discovery.Load())
		i.issuer.Store("https://www.linkedin.com")
		time.Sleep(2 * time.Minute)
		_, err = inside.VerifyToken(t.Context(), i.token(map[string]any{"iss": "https://www.linkedin.com"}), "")
		require.NoError(t, err)
		assert.EqualValues(t, 2, i.discovery.Load())
		i.fail.Store(true)
		time.Sleep(25 * time.Hour)
		_, err = inside.VerifyToken(t.Context(), i.token(map[string]any{"iss": "https://www.linkedin.com"}), "")
		require.NoError(t, err, "an outage of the document locks nobody out")
	})
}

// bubble is a verifier that reaches the issuer without a network.
func (i *issuer) bubble(t *testing.T) *linkedinoidc.Verifier {
	t.Helper()
	v, err := linkedinoidc.New(linkedinoidc.Config{ClientID: "client", Client: &http.Client{Transport: inMemory{i.Config.Handler}}})
	require.NoError(t, err)
	return v
}

type inMemory struct{ http.Handler }

func (m inMemory) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	r = r.Clone(r.Context())
	r.Host = "127.0.0.1"
	m.ServeHTTP(w, r)
	return w.Result(), nil
}

// TestDocumentsThatCannotBeRead say nothing of the person, and are not printed.
func TestDocumentsThatCannotBeRead(t *testing.T) {
	i := newIssuer(t)
	token := i.token(nil)
	for name, body := range map[string]string{
		"no JSON": "CANARY", "null": "null", "no issuer": `{"jwks_uri":"https://x/CANARY"}`, "no keys": `{"issuer":"CANARY"}`, "keys in the clear": `{"issuer":"x","jwks_uri":"http://keys.example/CANARY"}`,
		"long": `{"issuer":"` + strings.Repeat("CANARY", 1<<20) + `"}`, "no keys there": `{"issuer":"https://www.linkedin.com/oauth","jwks_uri":"http://127.0.0.1:1/CANARY"}`,
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, body) }))
		_, err := newVerifier(t, linkedinoidc.Config{ClientID: "client", Discovery: server.URL}).VerifyToken(t.Context(), token, "")
		server.Close()
		require.ErrorContains(t, err, "could not be read", name)
		assert.NotContains(t, err.Error(), "CANARY", name)
		assert.NotErrorAs(t, err, new(*linkedinoidc.Error), name)
	}
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, i.URL, http.StatusFound) }))
	defer elsewhere.Close()
	v, err := linkedinoidc.New(linkedinoidc.Config{ClientID: "client", Discovery: elsewhere.URL})
	require.NoError(t, err)
	_, err = v.VerifyToken(t.Context(), token, "")
	require.ErrorContains(t, err, "could not be read", "redirects are not followed")
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = newVerifier(t, linkedinoidc.Config{ClientID: "client", Discovery: i.URL}).VerifyToken(ended, token, "")
	require.ErrorIs(t, err, context.Canceled)
	for _, bad := range []linkedinoidc.Config{{}, {ClientID: "client", Discovery: "http://keys.example/"}, {ClientID: "client", Discovery: "/x"}, {ClientID: "client", Discovery: "%zz"}} {
		_, err := linkedinoidc.New(bad)
		require.Error(t, err)
	}
}
