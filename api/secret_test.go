package api_test

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
)

// TestR6Keys pins which keys are refused, with an error that says why and not what.
func TestR6Keys(t *testing.T) {
	for _, c := range []struct{ name, key, says string }{
		{"hex", "0123456789abcdef", ""},
		{"JWT", "eyJhbGciOi.eyJzdWIiOi-_.abc=", ""},
		{"every printable byte", "!\"#$%&'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~", ""},
		{"longest", strings.Repeat("k", 8<<10), ""},
		{"too long", strings.Repeat("k", 8<<10+1), "8193 bytes, more than the 8192"},
		{"empty", "", "empty"},
		{"line feed at the end", "SECRETKEY\n", "line break"},
		{"CR LF", "SECRETKEY\r\n", "line break"},
		{"a header within", "SECRETKEY\r\nHost: x", "line break"},
		{"line feed first", "\nSECRETKEY", "line break"},
		{"space after", "SECRETKEY ", "white space"},
		{"space before", " SECRETKEY", "white space"},
		{"space within", "SECRETKEY x", "white space"},
		{"only a space", " ", "white space"},
		{"tab", "SECRETKEY\t", "white space"},
		{"quotes", `"SECRETKEY"`, "quote"},
		{"one quote", `SECRETKEY'`, "quote"},
		{"backticks", "`SECRETKEY`", "quote"},
		{"only quotes", `""`, "quote"},
		{"a quote within", `SECRET"KEY`, ""},
		{"NUL", "SECRETKEY\x00", "printable ASCII"},
		{"escape", "SECRETKEY\x1b[0m", "printable ASCII"},
		{"DEL", "SECRETKEY\x7f", "printable ASCII"},
		{"byte order mark", "\ufeffSECRETKEY", "printable ASCII"},
		{"non-breaking space", "SECRETKEY\u00a0", "printable ASCII"},
		{"bad UTF-8", "SECRETKEY\xff", "printable ASCII"},
	} {
		t.Run(c.name, func(t *testing.T) {
			secret, err := api.NewSecret(c.key)
			credential, err2 := api.StaticCredential(c.key)
			if c.says == "" {
				require.NoError(t, errors.Join(err, err2))
				assert.Equal(t, c.key, secret.Reveal())
				assert.False(t, secret.IsZero())
				same, err := credential(context.Background())
				require.NoError(t, err)
				assert.Equal(t, c.key, same.Reveal())
				return
			}
			require.ErrorContains(t, err, c.says)
			require.ErrorContains(t, err2, c.says)
			assert.Nil(t, credential)
			assert.True(t, secret.IsZero())
			assert.NotContains(t, err.Error(), "SECRETKEY")
		})
	}
}

// TestR3SecretIsNeverPrinted prints a Secret, and values that hold one, in every way.
func TestR3SecretIsNeverPrinted(t *testing.T) {
	const key = "CANARYKEY"
	secret, err := api.NewSecret(key)
	require.NoError(t, err)
	credential, err := api.StaticCredential(key)
	require.NoError(t, err)
	type exported struct {
		Key  api.Secret
		Ptr  *api.Secret
		Cred api.Credential `json:"-" xml:"-"`
	}
	type hidden struct {
		key  api.Secret
		ptr  *api.Secret
		cred api.Credential
	}
	type nested struct {
		Inner  exported
		hidden hidden
	}
	values := []any{
		secret, &secret,
		exported{secret, &secret, credential},
		&exported{secret, &secret, credential},
		hidden{secret, &secret, credential},
		&hidden{secret, &secret, credential},
		nested{exported{Key: secret}, hidden{key: secret}},
		[]api.Secret{secret},
		[1]*api.Secret{&secret},
		map[string]api.Secret{"key": secret},
		map[string]any{"key": hidden{key: secret}},
		any(secret), fmt.Errorf("bad key %v %+v", secret, hidden{key: secret}),
	}
	for i, v := range values {
		var all strings.Builder
		for _, verb := range "vsdqxXTbopcUeEfFgGtw" {
			for _, flag := range []string{"", "+", "#", "-20", "020", " "} {
				fmt.Fprintf(&all, "%"+flag+string(verb), v)
			}
		}
		fmt.Fprint(&all, v)
		fmt.Fprintln(&all, v, v)
		slog.New(slog.NewTextHandler(&all, nil)).With("with", v).Info("m", "v", v, slog.Group("g", "v", v))
		slog.New(slog.NewJSONHandler(&all, nil)).With("with", v).Info("m", "v", v, slog.Group("g", "v", v))
		if encoded, err := json.Marshal(v); err == nil {
			all.Write(encoded)
		}
		if encoded, err := json.MarshalIndent(map[string]any{"v": v}, "", " "); err == nil {
			all.Write(encoded)
		}
		if encoded, err := xml.Marshal(v); err == nil {
			all.Write(encoded)
		}
		text := all.String()
		assert.NotContains(t, text, key, "value %d", i)
		assert.NotContains(t, text, "43414E41", "value %d, in hexadecimal", i)
		assert.NotContains(t, text, "43414e41", "value %d, in hexadecimal", i)
		assert.NotContains(t, text, "[67 65", "value %d, as bytes", i)
	}
	const want = "[redacted]"
	assert.Equal(t, want, secret.String())
	assert.Equal(t, want, secret.GoString())
	assert.Equal(t, want, fmt.Sprintf("%#v", secret))
	assert.Equal(t, want, secret.LogValue().String())
	encoded, err := json.Marshal(exported{Key: secret})
	require.NoError(t, err)
	assert.JSONEq(t, `{"Key":"[redacted]","Ptr":null}`, string(encoded))
	assert.Equal(t, want, fmt.Sprint(api.Secret{}), "an empty one looks the same")
	assert.Empty(t, api.Secret{}.Reveal())
	text, err := secret.MarshalText()
	require.NoError(t, err)
	assert.Equal(t, want, string(text))
}

// FuzzNewSecret looks for a key that is accepted and cannot stand in a header, or that its refusal repeats.
func FuzzNewSecret(f *testing.F) {
	for _, seed := range []string{"abc", "a b", "a\n", "\x00", "é", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, key string) {
		secret, err := api.NewSecret(key)
		if err != nil {
			if len(key) > 20 && strings.Contains(err.Error(), key) {
				t.Fatalf("the refusal repeats the key %q", key)
			}
			return
		}
		if secret.Reveal() != key {
			t.Fatalf("%q became %q", key, secret.Reveal())
		}
		for i := range len(key) {
			if key[i] <= ' ' || key[i] >= 0x7f {
				t.Fatalf("%q is accepted", key)
			}
		}
	})
}
