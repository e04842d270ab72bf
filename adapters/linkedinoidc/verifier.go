// Package linkedinoidc checks the id tokens of logins with LinkedIn, which say who a person is. It is a module of its own,
// so that programs without it do not link [github.com/coreos/go-oidc/v3], which does the work.
//
//	verifier, err := linkedinoidc.New(linkedinoidc.Config{ClientID: clientID})
//	...
//	person, err := verifier.Verify(ctx, grant) // of a login with linkedin.ScopeOpenID
package linkedinoidc

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/pronet-go/pronet/linkedin"
)

// Discovery is where LinkedIn's discovery document is.
//
// Source: https://www.linkedin.com/oauth/.well-known/openid-configuration.
const Discovery = "https://www.linkedin.com/oauth/.well-known/openid-configuration"

const (
	// maxResponse bounds the discovery document and the keys.
	maxResponse = 1 << 20
	// timeout bounds a request for one of them.
	timeout = 10 * time.Second
	// discoveryLasts is how long a discovery document is believed, and leastDiscovery how long it is so when a token names
	// another issuer.
	discoveryLasts, leastDiscovery = 24 * time.Hour, time.Minute
)

// Config says what a Verifier accepts.
type Config struct {
	// ClientID is the app's, for which tokens must have been issued.
	ClientID string
	// Issuer is the only issuer that is accepted. Unless set it is the one that the discovery document names, which is read
	// again when a token names another: LinkedIn has changed it once, in April 2024. It is compared exactly.
	Issuer string
	// Discovery is the address of the discovery document, that of LinkedIn unless set: https, or http to a loopback address.
	Discovery string
	// Client sends the requests for the document and the keys; one without redirects and with a timeout of ten seconds unless
	// set. They carry nothing of the app.
	Client *http.Client
}

// Verifier checks id tokens. It is safe for concurrent use; make one and keep it: it keeps LinkedIn's keys, and asks for
// them again when a token is signed with another.
type Verifier struct {
	config Config

	mu          sync.Mutex
	current     *oidc.IDTokenVerifier
	keys        *oidc.RemoteKeySet // of the current one
	keysAt      string
	read, tried time.Time // when the discovery document was read last, and was asked for
}

// New returns a verifier. It sends nothing: the discovery document is read at the first token.
func New(config Config) (*Verifier, error) {
	if config.ClientID == "" {
		return nil, errors.New("linkedinoidc: there is no ClientID")
	}
	if config.Discovery == "" {
		config.Discovery = Discovery
	}
	if err := checkAddress(config.Discovery); err != nil {
		return nil, fmt.Errorf("linkedinoidc: the Discovery %w", err)
	}
	client := &http.Client{Timeout: timeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	if config.Client != nil {
		*client = *config.Client
	}
	client.Transport = bounded{client.Transport}
	config.Client = client
	return &Verifier{config: config}, nil
}

func checkAddress(address string) error {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "":
		return errors.New("is not an absolute URL")
	case u.Scheme == "https", u.Scheme == "http" && (u.Hostname() == "127.0.0.1" || u.Hostname() == "::1" || u.Hostname() == "localhost"):
		return nil
	}
	return errors.New("is not https")
}

// bounded cuts responses that are too long.
type bounded struct{ http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	base := b.RoundTripper
	if base == nil {
		base = http.DefaultTransport
	}
	response, err := base.RoundTrip(r)
	if err == nil {
		response.Body = http.MaxBytesReader(nil, response.Body, maxResponse)
	}
	return response, err
}

// Person is who logged in.
type Person struct {
	// Subject is the person's id for this app: another app gets another one. LinkedIn's URN of the author of posts is
	// urn:li:person: and this.
	Subject string
	// Name, GivenName, FamilyName and Picture need the scope profile; Email and EmailVerified need email. They are "" and
	// false when they are not stated.
	Name, GivenName, FamilyName, Picture, Email string
	EmailVerified                               bool
	// Issuer is who says so, and IssuedAt and Expires since and until when.
	Issuer            string
	IssuedAt, Expires time.Time
	// Claims is the token's JSON.
	Claims json.RawMessage
}

// Error is a token that is not accepted. Its text holds nothing of the token.
type Error struct {
	// Reason says why.
	Reason Reason

	cause error
}

// Reason is why a token is not accepted.
type Reason string

// Why a token is not accepted.
const (
	NoToken        Reason = "there is none: the scope openid was not granted" //nolint:gosec // it is a text
	WrongIssuer    Reason = "it is of another issuer"
	WrongAudience  Reason = "it is for another app"
	HasExpired     Reason = "it has expired"
	WrongNonce     Reason = "it does not hold the nonce that was sent"
	WrongSignature Reason = "its signature or form is wrong"
)

// Error holds the reason.
func (e *Error) Error() string {
	return "linkedinoidc: the id token is not accepted: " + string(e.Reason)
}

// Unwrap returns the error of the library, which may quote the token.
func (e *Error) Unwrap() error { return e.cause }

// Verify checks the id token of a grant: its signature, by RS256 and one of LinkedIn's keys, its issuer, that it was issued
// for the app (of several, at its request), that it has not expired, and, if the login sent a nonce, that it holds that one. An [*Error] says what is
// wrong. Other errors are those of reading the discovery document or the keys: they say nothing of the person.
func (v *Verifier) Verify(ctx context.Context, grant *linkedin.Grant) (*Person, error) {
	if grant == nil {
		return nil, &Error{Reason: NoToken}
	}
	return v.VerifyToken(ctx, grant.IDToken.Reveal(), grant.Nonce)
}

// VerifyToken is Verify for a token that came by another way. The nonce is "" when none was sent: then none is asked for.
func (v *Verifier) VerifyToken(ctx context.Context, token, nonce string) (*Person, error) {
	if token == "" {
		return nil, &Error{Reason: NoToken}
	}
	var failed *Error
	for _, age := range []time.Duration{discoveryLasts, leastDiscovery} {
		verifier, err := v.verifier(ctx, age)
		if err != nil {
			return nil, err
		}
		verified, err := verifier.Verify(oidc.ClientContext(ctx, v.config.Client), token)
		if err == nil {
			return v.personOf(verified, nonce)
		}
		if failed, err = reasonOf(err); err != nil {
			return nil, err
		}
		if failed.Reason != WrongIssuer || v.config.Issuer != "" {
			break
		}
	}
	return nil, failed
}

// reasonOf tells why the library does not accept a token, or that it could not get the keys.
func reasonOf(err error) (*Error, error) {
	expired := new(oidc.TokenExpiredError)
	text := err.Error()
	switch {
	case errors.As(err, &expired):
		return &Error{HasExpired, err}, nil
	case strings.Contains(text, "issued by a different provider"):
		return &Error{WrongIssuer, err}, nil
	case strings.Contains(text, "expected audience"):
		return &Error{WrongAudience, err}, nil
	case strings.Contains(text, "fetching keys"):
		return nil, &readError{"the keys", err}
	}
	return &Error{WrongSignature, err}, nil
}

// readError is an error of reading what LinkedIn publishes. The cause, which may quote it, is not printed.
type readError struct {
	what  string
	cause error
}

func (e *readError) Error() string {
	return "linkedinoidc: " + e.what + " of LinkedIn could not be read"
}
func (e *readError) Unwrap() error { return e.cause }

func (v *Verifier) personOf(token *oidc.IDToken, nonce string) (*Person, error) {
	if nonce != "" && subtle.ConstantTimeCompare([]byte(nonce), []byte(token.Nonce)) != 1 {
		return nil, &Error{Reason: WrongNonce}
	}
	p := &Person{Subject: token.Subject, Issuer: token.Issuer, IssuedAt: token.IssuedAt, Expires: token.Expiry}
	claims := map[string]any{}
	if err := errors.Join(token.Claims(&claims), token.Claims(&p.Claims)); err != nil || p.Subject == "" {
		return nil, &Error{WrongSignature, err}
	}
	if asked, told := claims["azp"]; told && asked != v.config.ClientID || !told && len(token.Audience) > 1 {
		return nil, &Error{Reason: WrongAudience} // it is for several apps, and another one has asked for it
	}
	for name, into := range map[string]*string{"name": &p.Name, "given_name": &p.GivenName, "family_name": &p.FamilyName, "picture": &p.Picture, "email": &p.Email} {
		*into, _ = claims[name].(string)
	}
	p.EmailVerified = claims["email_verified"] == true || claims["email_verified"] == "true"
	return p, nil
}

// verifier returns the library's, for a discovery document that is not older than told, unless it was asked for less than
// a minute ago. While one login asks for it, and where it cannot be had, the others go by what is known.
func (v *Verifier) verifier(ctx context.Context, age time.Duration) (*oidc.IDTokenVerifier, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	now := time.Now()
	if v.current != nil && (now.Sub(v.read) < age || now.Sub(v.tried) < leastDiscovery) {
		return v.current, nil
	}
	v.tried = now
	v.mu.Unlock()
	found, err := v.discover(ctx)
	v.mu.Lock()
	if err != nil && v.current != nil && age == discoveryLasts { // what is known is better than nobody's login
		return v.current, nil
	}
	return v.renew(found, err)
}

// renew takes a document over. The keys that are known are kept with it, unless others are to be read.
func (v *Verifier) renew(found *document, err error) (*oidc.IDTokenVerifier, error) {
	if err != nil {
		return nil, err
	}
	if v.keysAt != found.Keys {
		v.keys, v.keysAt = oidc.NewRemoteKeySet(oidc.ClientContext(context.Background(), v.config.Client), found.Keys), found.Keys
	}
	v.current = oidc.NewVerifier(found.Issuer, v.keys, &oidc.Config{ClientID: v.config.ClientID, SupportedSigningAlgs: []string{oidc.RS256}})
	v.read = time.Now()
	return v.current, nil
}

// document is what is used of the discovery document.
type document struct {
	Issuer string `json:"issuer"`
	Keys   string `json:"jwks_uri"`
}

func (v *Verifier) discover(ctx context.Context) (*document, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, v.config.Discovery, nil)
	if err != nil {
		return nil, err
	}
	response, err := v.config.Client.Do(request)
	if err != nil {
		return nil, &readError{"the discovery document", err}
	}
	defer func() { _ = response.Body.Close() }() // it is read to its end
	body, err := io.ReadAll(response.Body)
	var found document
	if err == nil {
		err = json.Unmarshal(body, &found)
	}
	if v.config.Issuer != "" {
		found.Issuer = v.config.Issuer
	}
	if err != nil || response.StatusCode != http.StatusOK || found.Issuer == "" || checkAddress(found.Keys) != nil {
		return nil, &readError{"the discovery document", err}
	}
	return &found, nil
}
