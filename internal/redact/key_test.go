package redact_test

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"

	"github.com/pronet-go/pronet/internal/redact"
)

const key = "CANARYkey0123456789abcdefWXYZ-_~"

// escaped writes each byte with a percent sign.
func escaped(s string) string {
	var out strings.Builder
	for i := range len(s) {
		fmt.Fprintf(&out, "%%%02X", s[i])
	}
	return out.String()
}

// disguises are the ways in which a gateway may write what it was sent.
func disguises(part string) map[string]string {
	return map[string]string{
		"plain": part, "upper": strings.ToUpper(part), "lower": strings.ToLower(part),
		"within": "trace-" + part + ".1", "escaped": url.QueryEscape(part), "each escaped": escaped(part), "twice": url.QueryEscape(escaped(part)),
		"hex": hex.EncodeToString([]byte(part)), "HEX": "0x" + strings.ToUpper(hex.EncodeToString([]byte(part))), "hex dump": fmt.Sprintf("% x", part),
		"base64": base64.StdEncoding.EncodeToString([]byte(part)), "raw URL base64": base64.RawURLEncoding.EncodeToString([]byte(part)),
		"basic auth": base64.StdEncoding.EncodeToString([]byte("u:" + part)), "JSON in base64": base64.URLEncoding.EncodeToString([]byte(`{"k":"` + part + `"}`)),
		"base64, escaped": url.QueryEscape(base64.StdEncoding.EncodeToString([]byte(part))),
	}
}

func TestHolds(t *testing.T) {
	for _, part := range []string{key, key[:12], key[10:22], key[20:]} {
		for name, text := range disguises(part) {
			assert.True(t, redact.Holds(text, key), "%s of %s: %s", name, part, text)
			assert.NotContains(t, redact.Prose("your key "+text+" is wrong", key), text, name)
			if len(text) <= 256 {
				assert.Empty(t, redact.ID(text, key), name)
			}
		}
	}
	assert.True(t, redact.Holds("x 3456789 y", "23456789"[:8]+"abcdefgh") || redact.Holds("x23456789y", "23456789abcdefgh"), "half of a short key")
	for _, text := range []string{
		"", "CANARYkey01", "0af7651916cd43dd8448eb211c80319c", "01890a5d-ac96-774b-bcce-b302099a8057", "AWS1=:Zm9vYmFyYmF6cXV4", "req_%zz%4", strings.Repeat("%", 300),
	} {
		assert.False(t, redact.Holds(text, key), text)
	}
	assert.False(t, redact.Holds("INVALID_TOKEN", "token"), "a word is no key")
	assert.False(t, redact.Holds("anything", ""))
}

func TestID(t *testing.T) {
	for id, want := range map[string]string{
		"01890a5d-ac96": "01890a5d-ac96", "Root=1-67a; x/y=": "Root=1-67a; x/y=", strings.Repeat("a", 256): strings.Repeat("a", 256), "": "",
		strings.Repeat("a", 257): "", "a\tlevel=ERROR": "", "a\nb": "", "a\u009b2Jb": "", "a\u202eb": "", "a\xffb": "", "a\x7f": "", "ä": "",
	} {
		assert.Equal(t, want, redact.ID(id, key), "%q", id)
	}
}

func TestProse(t *testing.T) {
	for text, want := range map[string]string{
		"Insufficient credits":                        "Insufficient credits",
		"zu wenig für 日本 😀":                           "zu wenig für 日本 😀",
		"two\r\nlines\tand\u2028more":                 "two  lines and more",
		"\x1b]0;title\a\u009b2J\u202e\u200b\xff":      "�]0;title��2J���",
		"the key " + key + " is not valid":            "the key [redacted] is not valid",
		"the key " + strings.ToLower(key) + " is not": "[redacted]",
		strings.Repeat("x", 4095) + "ä":               strings.Repeat("x", 4095),
		strings.Repeat("x", 4093) + "日本":              strings.Repeat("x", 4093) + "日",
		strings.Repeat("x", 1<<20):                    strings.Repeat("x", 4096),
	} {
		assert.Equal(t, want, redact.Prose(text, key), "%.60q", text)
	}
	assert.Equal(t, "No API key found", redact.Prose("No API key found", "key"))
}

// FuzzHolds: a part of the key in any of its disguises is found, wherever it stands, and what is returned may be printed.
func FuzzHolds(f *testing.F) {
	f.Add("before ", "after", uint8(0), uint8(12))
	f.Add("%", "%20\x1b", uint8(3), uint8(29))
	f.Fuzz(func(t *testing.T, before, after string, from, length uint8) {
		n := 12 + int(length)%(len(key)-11)
		i := int(from) % (len(key) - n + 1)
		for name, text := range disguises(key[i : i+n]) {
			text = before + "/" + text + "/" + after
			if name != "twice" && !strings.Contains(before+after, "%") && !redact.Holds(text, key) {
				t.Fatalf("%s of %s is not found in %q", name, key[i:i+n], text)
			}
		}
		for _, text := range []string{before, after, before + key + after} {
			prose := redact.Prose(text, key)
			if !utf8.ValidString(prose) || len(prose) > 3*(4<<10) || strings.ContainsFunc(prose, func(r rune) bool { return !unicode.IsPrint(r) }) || strings.Contains(prose, key) {
				t.Fatalf("%q became %q", text, prose)
			}
			if id := redact.ID(text, key); id != "" && id != text {
				t.Fatalf("%q became the id %q", text, id)
			}
		}
	})
}
