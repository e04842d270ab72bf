package webhook

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

const maxTokensPerLabel = 5

// PathToken returns a verifier for senders that sign nothing. The last element
// of the request's path must be the token of one of the endpoints, whose label
// the delivery then carries. Give every subscription its own token: the
// payload does not say which subscription it belongs to.
//
// A label may have up to 5 endpoints, so that a token can be replaced while
// the old one still works. Tokens that [ErrWeakToken] describes are refused,
// and so is a token that occurs twice or an endpoint without a label.
//
// The token is compared in constant time with all endpoints, before the body
// is read. A mismatch is [ErrUnknownEndpoint].
//
// A token is weaker than a signature: it proves that the sender knows the URL,
// not that the body is genuine, and it travels in every access log on the way
// (see [RedactPath]).
func PathToken(endpoints ...Endpoint) (Verifier, error) {
	if len(endpoints) == 0 {
		return nil, errors.New("webhook: a path token verifier needs at least one endpoint")
	}
	v := make(pathToken, 0, len(endpoints))
	tokens := make(map[string]struct{}, len(endpoints))
	perLabel := make(map[string]int, len(endpoints))
	for i, e := range endpoints {
		if strings.TrimSpace(e.Label) == "" {
			return nil, fmt.Errorf("webhook: endpoint %d has no label", i)
		}
		if err := checkLabel(e.Label); err != nil {
			return nil, fmt.Errorf("webhook: endpoint %d: %w", i, err)
		}
		if err := checkToken(e.Token); err != nil {
			return nil, fmt.Errorf("webhook: endpoint %d (%s): %w", i, e.Label, err)
		}
		if _, twice := tokens[e.Token]; twice {
			return nil, fmt.Errorf("webhook: endpoint %d (%s) has the token of another endpoint", i, e.Label)
		}
		tokens[e.Token] = struct{}{}
		if perLabel[e.Label]++; perLabel[e.Label] > maxTokensPerLabel {
			return nil, fmt.Errorf("webhook: label %s has more than %d tokens", e.Label, maxTokensPerLabel)
		}
		v = append(v, pathEndpoint{label: e.Label, digest: sha256.Sum256([]byte(e.Token))})
	}
	return v, nil
}

// pathToken holds digests: the tokens themselves are not kept.
type pathToken []pathEndpoint

type pathEndpoint struct {
	label  string
	digest [sha256.Size]byte
}

func (v pathToken) Admit(r *http.Request) error {
	_, err := v.Verify(r, nil)
	return err
}

func (v pathToken) Verify(r *http.Request, _ []byte) (string, error) {
	last := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
	if len(last) > maxTokenLength {
		return "", ErrUnknownEndpoint
	}
	var buf [maxTokenLength]byte
	digest := sha256.Sum256(buf[:copy(buf[:], last)])
	found := -1
	for i := range v {
		same := subtle.ConstantTimeCompare(digest[:], v[i].digest[:])
		found = subtle.ConstantTimeSelect(same, i, found)
	}
	if found < 0 {
		return "", ErrUnknownEndpoint
	}
	return v[found].label, nil
}
