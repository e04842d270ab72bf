package linkedinoidc_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/adapters/linkedinoidc"
)

// outage is a network on which what the function says does not respond.
type outage struct {
	http.RoundTripper
	down func(path string) bool
}

func (o *outage) RoundTrip(r *http.Request) (*http.Response, error) {
	if o.down != nil && o.down(r.URL.Path) {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	return o.RoundTripper.RoundTrip(r)
}

// TestAnOutageOfTheKeys locks nobody out whose token is signed with a key that is known, also when the discovery document
// was read anew meanwhile.
func TestAnOutageOfTheKeys(t *testing.T) {
	i := newIssuer(t)
	synctest.Test(t, func(t *testing.T) {
		network := &outage{RoundTripper: inMemory{i.Config.Handler}}
		v, err := linkedinoidc.New(linkedinoidc.Config{ClientID: "client", Client: &http.Client{Transport: network, Timeout: 10 * time.Second}})
		require.NoError(t, err)
		_, err = v.VerifyToken(t.Context(), i.token(nil), "")
		require.NoError(t, err)
		network.down = func(path string) bool { return strings.HasSuffix(path, "/keys") }
		time.Sleep(25 * time.Hour) // the document is read again
		_, err = v.VerifyToken(t.Context(), i.token(nil), "")
		require.NoError(t, err)
		assert.EqualValues(t, 2, i.discovery.Load())
		refused(t, linkedinoidc.WrongIssuer, second(v.VerifyToken(t.Context(), i.token(map[string]any{"iss": "x"}), "")))
		time.Sleep(2 * time.Minute)
		refused(t, linkedinoidc.WrongIssuer, second(v.VerifyToken(t.Context(), i.token(map[string]any{"iss": "x"}), "")))
		_, err = v.VerifyToken(t.Context(), i.token(nil), "")
		require.NoError(t, err, "a forged token does not have the keys forgotten")
	})
}

// TestADocumentThatHangs holds up one login in a minute, not every one.
func TestADocumentThatHangs(t *testing.T) {
	i := newIssuer(t)
	synctest.Test(t, func(t *testing.T) {
		network := &outage{RoundTripper: inMemory{i.Config.Handler}}
		v, err := linkedinoidc.New(linkedinoidc.Config{ClientID: "client", Client: &http.Client{Transport: network, Timeout: 10 * time.Second}})
		require.NoError(t, err)
		_, err = v.VerifyToken(t.Context(), i.token(nil), "")
		require.NoError(t, err)
		network.down = func(path string) bool { return !strings.HasSuffix(path, "/keys") }
		time.Sleep(25 * time.Hour)
		began := time.Now()
		for range 20 {
			_, err = v.VerifyToken(t.Context(), i.token(nil), "")
			require.NoError(t, err)
		}
		assert.Equal(t, 10*time.Second, time.Since(began))
		network.down = nil
		time.Sleep(2 * time.Minute)
		_, err = v.VerifyToken(t.Context(), i.token(nil), "")
		require.NoError(t, err)
		assert.EqualValues(t, 2, i.discovery.Load(), "and then it is read again")
	})
	synctest.Test(t, func(t *testing.T) { // from the beginning: they do not wait for one another
		network := &outage{RoundTripper: inMemory{i.Config.Handler}, down: func(string) bool { return true }}
		v, err := linkedinoidc.New(linkedinoidc.Config{ClientID: "client", Client: &http.Client{Transport: network, Timeout: 10 * time.Second}})
		require.NoError(t, err)
		began := time.Now()
		var logins sync.WaitGroup
		for range 20 {
			logins.Go(func() {
				_, err := v.VerifyToken(t.Context(), i.token(nil), "")
				assert.ErrorContains(t, err, "could not be read")
			})
		}
		logins.Wait()
		assert.Equal(t, 10*time.Second, time.Since(began))
	})
}

// TestTokensForSeveralApps are for ours if it is the one that asked for them.
func TestTokensForSeveralApps(t *testing.T) {
	i := newIssuer(t)
	v := newVerifier(t, linkedinoidc.Config{ClientID: "client", Discovery: i.URL})
	both := []string{"client", "other"}
	for name, c := range map[string]struct {
		claims   map[string]any
		accepted bool
	}{
		"ours as a list":                 {map[string]any{"aud": []string{"client"}}, true},
		"of both, ours asked":            {map[string]any{"aud": both, "azp": "client"}, true},
		"of both, other asked":           {map[string]any{"aud": both, "azp": "other"}, false},
		"of both, nobody says who asked": {map[string]any{"aud": both}, false},
		"ours, other asked":              {map[string]any{"azp": "other"}, false},
		"ours, ours asked":               {map[string]any{"azp": "client"}, true},
	} {
		_, err := v.VerifyToken(t.Context(), i.token(c.claims), "")
		if c.accepted {
			require.NoError(t, err, name)
			continue
		}
		require.Error(t, err, name)
		refused(t, linkedinoidc.WrongAudience, err)
	}
}

// TestKeys: a token need not name its key, nor the issuer have only one.
func TestKeys(t *testing.T) {
	i := newIssuer(t)
	v := newVerifier(t, linkedinoidc.Config{ClientID: "client", Discovery: i.URL})
	for kid, accepted := range map[string]bool{"1": true, "": true, "unknown": false} {
		i.kid = kid
		_, err := v.VerifyToken(t.Context(), i.token(nil), "")
		assert.Equal(t, accepted, err == nil, "%q: %v", kid, err)
	}
	i.kid = "1"
	before := i.key
	i.keyAfter(t)
	_, err := v.VerifyToken(t.Context(), i.token(nil), "")
	require.NoError(t, err, "the key has changed, its name has not")
	after := i.key
	i.key, i.kid = before, ""
	i.others = append(i.others, after)
	_, err = newVerifier(t, linkedinoidc.Config{ClientID: "client", Discovery: i.URL}).VerifyToken(t.Context(), i.token(nil), "")
	require.NoError(t, err, "one of two")
}
