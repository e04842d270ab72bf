package employee

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestCompanyName(t *testing.T) {
	for name, want := range map[string]string{
		"Acme": "acme", "ACME, Inc.": "acme", "Acme & Co. KG": "acme", "Acme S.A.": "acme", "Acme  GmbH ": "acme", "Société Générale": "société générale",
		"Inc.": "inc", "Co": "co", "***": "***", "": "", "The Limited Company": "the", "Acme Group": "acme group", "3M": "3m", "株式会社": "株式会社",
	} {
		assert.Equal(t, want, companyName(name), name)
	}
}

func TestPlainNumber(t *testing.T) {
	for text, want := range map[string]string{
		"0": "0", "-0.00": "0", "0e9": "0", "100": "100", "1e2": "100", "1.0E+2": "100", "10e-3": "0.01", "-12.50": "-12.5", "9007199254740993": "9007199254740993",
		"9007199254740993.0": "9007199254740993", "1e999999999": "1e999999999", "10e999999998": "1e999999999", "1e-999999999": "1e-999999999",
		"1e99999999999999999999": "1e99999999999999999999", "0.000001": "0.000001",
	} {
		assert.Equal(t, want, plainNumber(text), text)
	}
}

// TestReadable: texts that need no work come back as they are, and no others.
func TestReadable(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	parts := []string{"a", "B", " ", "  ", "\t", "é", "&amp;", "<b>", "-", "\u200b", "“", "…", "7"}
	for range 2_000 {
		var text strings.Builder
		for range random.IntN(6) {
			text.WriteString(parts[random.IntN(len(parts))])
		}
		once := readable(text.String())
		assert.Equal(t, once, strings.Join(strings.Fields(once), " "), "%q", text.String())
		if isReadable(text.String()) {
			assert.Equal(t, text.String(), readable("\u200b"+text.String()), "the long way gives the same")
		}
	}
}
