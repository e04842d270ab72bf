package saleswebhooks

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/pronet-go/pronet/api"
)

// secretFields are the names under which a secret of a webhook or a full key is looked for, in any spelling of them.
var secretFields = []string{"secret", "webhooksecret", "signingsecret", "newsecret", "key", "apikey"}

// issued is what a secret and a key begin with, issuedPrefixes what the provider lists of keys that it does not show.
var (
	issued         = []string{"whsec_", "lwa.sk_"}
	issuedPrefixes = []string{"whsec_", "lwa.sk_", "lwa.sk_live_", "lwa.sk_test_"}
)

func isSecret(text string) bool {
	return !slices.Contains(issuedPrefixes, text) && slices.ContainsFunc(issued, func(prefix string) bool { return strings.Contains(text, prefix) })
}

// isSecretName reports whether what has the name may be a secret, whatever it is.
func isSecretName(name string) bool {
	name = strings.ToLower(name)
	return strings.Contains(name, "secret") || strings.Contains(name, "key") || strings.Contains(name, "token")
}

// secrets are what was taken out of a JSON value: the texts that have the form of a secret, each once, and whether there was
// something else that may be one.
type secrets struct {
	issued []string
	others bool
}

// withoutSecrets is a JSON object without what may hold a secret, at any depth, and the secret, if it is certain which it is:
// that of a known name among the fields, or else the one text in the whole that has the form of one. Otherwise lost says that
// what was taken out may be it.
func withoutSecrets(data []byte, fields map[string]json.RawMessage) (rest json.RawMessage, secret api.Secret, lost bool, err error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, secret, false, err
	}
	var taken secrets
	if rest, err = json.Marshal(taken.takeOut(value)); err != nil {
		return nil, secret, false, err
	}
	if secret = secretOf(fields); secret.IsZero() && len(taken.issued) == 1 {
		secret = secretFrom(taken.issued[0])
	}
	return rest, secret, secret.IsZero() && (taken.others || len(taken.issued) > 0), nil
}

func secretOf(fields map[string]json.RawMessage) api.Secret {
	for _, known := range secretFields {
		for name, raw := range fields {
			if strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(name)) != known {
				continue
			}
			if secret := secretFrom(textOf(raw)); !secret.IsZero() {
				return secret
			}
		}
	}
	return api.Secret{}
}

// secretFrom is the secret of a text, zero when it can be none: one of which a part is starred out, too.
func secretFrom(text string) api.Secret {
	if strings.Contains(text, "**") {
		return api.Secret{}
	}
	secret, err := api.NewSecret(text)
	if err != nil {
		return api.Secret{}
	}
	return secret
}

// takeOut returns a JSON value without what may be a secret.
func (t *secrets) takeOut(value any) any {
	switch value := value.(type) {
	case string:
		if !isSecret(value) {
			return value
		}
		if !slices.Contains(t.issued, value) {
			t.issued = append(t.issued, value)
		}
		return "[redacted]"
	case map[string]any:
		for name, inner := range value {
			value[name] = t.takeOut(inner)
			if _, says := inner.(bool); isSecret(name) || isSecretName(name) && !says && inner != nil {
				t.others = true
				delete(value, name)
			}
		}
	case []any:
		for i, inner := range value {
			value[i] = t.takeOut(inner)
		}
	}
	return value
}
