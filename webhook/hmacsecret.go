package webhook

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode"
)

const (
	maxSecrets      = 5
	minPlainSecret  = 8
	minBinarySecret = 24
	maxSecretLength = 4096
)

// ErrWeakSecret is returned for a signing secret that is empty, too short or
// not written in the form that [HMACScheme] names.
var ErrWeakSecret = errors.New("webhook: signing secret refused")

// SecretForm is how a signing secret is written.
type SecretForm int

const (
	// PlainSecret takes the bytes of the text as the key, a prefix such as
	// "whsec_" included. It needs at least 8 characters.
	PlainSecret SecretForm = iota
	// Base64Secret takes the key from standard base64 with padding, after a
	// leading "whsec_" if there is one. It needs at least 24 bytes, and no
	// other text may stand for the same bytes.
	Base64Secret
)

// keys returns the keys that the secrets stand for. Errors name a secret by
// its position only.
func (form SecretForm) keys(secrets []string) ([][]byte, error) {
	switch {
	case len(secrets) == 0:
		return nil, fmt.Errorf("%w: there is none", ErrWeakSecret)
	case len(secrets) > maxSecrets:
		return nil, fmt.Errorf("webhook: more than %d signing secrets", maxSecrets)
	}
	keys := make([][]byte, len(secrets))
	for i, secret := range secrets {
		key, reason := form.key(secret)
		if reason != "" {
			return nil, fmt.Errorf("%w: secret %d %s", ErrWeakSecret, i, reason)
		}
		keys[i] = key
	}
	return keys, nil
}

// key returns the key, or the reason why the secret is refused.
func (form SecretForm) key(secret string) (key []byte, reason string) {
	switch trimmed := strings.TrimSpace(secret); {
	case trimmed == "":
		return nil, "is empty"
	case len(trimmed) < len(secret):
		return nil, "begins or ends with white space"
	case len(secret) > maxSecretLength:
		return nil, "is too long"
	case strings.ContainsFunc(secret, unicode.IsControl):
		return nil, "has control characters"
	}
	if form == PlainSecret {
		if len(secret) < minPlainSecret {
			return nil, fmt.Sprintf("is shorter than %d characters", minPlainSecret)
		}
		return []byte(secret), ""
	}
	key, err := base64.StdEncoding.Strict().DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		return nil, "is not canonical base64"
	}
	if len(key) < minBinarySecret {
		return nil, fmt.Sprintf("is shorter than %d bytes", minBinarySecret)
	}
	return key, ""
}
