package pronettest_test

import (
	"context"
	"errors"
	"iter"
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
	assert.Equal(t, []string{"Called"}, types)
	types, err = pronettest.TypesWithMethods()
	require.NoError(t, err)
	assert.Empty(t, types)
}

type clumsy struct{}

var errRefused = errors.New("refused")

func (clumsy) Panics(ctx context.Context) { ctx.Done() }

func (clumsy) Refuses(ctx context.Context, _ string, _ ...int) (int, error) {
	if ctx == nil {
		return 0, errRefused
	}
	return 1, nil
}

func (clumsy) Walks() iter.Seq2[int, error] {
	return func(yield func(int, error) bool) {
		for yield(1, nil) {
		}
	}
}

func (clumsy) Fails() iter.Seq[struct{ Err error }] {
	return func(yield func(struct{ Err error }) bool) { yield(struct{ Err error }{errRefused}) }
}

func TestCallAll(t *testing.T) {
	without, with := pronettest.CallAll(clumsy{}, nil), pronettest.CallAll(clumsy{}, t.Context())
	require.Len(t, without, 4)
	assert.Equal(t, pronettest.Called{Method: "Fails", Fails: true, Err: errRefused}, without[0])
	assert.NotNil(t, without[1].Panic)
	assert.Equal(t, pronettest.Called{Method: "Refuses", Fails: true, Err: errRefused}, without[2])
	assert.Equal(t, pronettest.Called{Method: "Walks", Fails: true}, without[3])
	assert.Nil(t, with[1].Panic)
	assert.Equal(t, pronettest.Called{Method: "Refuses", Fails: true}, with[2])
}
