package pronettest_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/internal/pronettest"
)

// TestPrintedHasEachSpelling: whatever a value of text or bytes looks like when it is printed, a test finds it.
func TestPrintedHasEachSpelling(t *testing.T) {
	const secret = "pnt_canary_0123456789"
	found := func(value any) (n int) {
		printed := pronettest.Printed(value)
		for _, spelling := range pronettest.Spellings(secret) {
			if assert.NotEmpty(t, spelling) && assert.Greater(t, len(spelling), 10) && strings.Contains(printed, spelling) {
				n++
			}
		}
		return n
	}
	assert.Zero(t, found(struct{ Text string }{"nothing"}))
	assert.Equal(t, 3, found(struct{ Text string }{secret}), "as it is and in hexadecimal")
	for offset := range 3 {
		assert.GreaterOrEqual(t, found(struct{ Bytes []byte }{[]byte("xyz"[:offset] + secret + " and more")}), 5, "and as numbers and in base64")
	}
}

func TestExportedTypes(t *testing.T) {
	types, err := pronettest.ExportedTypes()
	require.NoError(t, err)
	assert.Empty(t, types)
}
