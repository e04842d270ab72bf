package api_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
)

func apply(options ...api.CallOption) (api.CallSettings, error) {
	var s api.CallSettings
	err := s.Apply(options)
	return s, err
}

// TestR8RefusedHeaders pins the fields that the client alone sets, in every spelling.
func TestR8RefusedHeaders(t *testing.T) {
	for _, name := range []string{
		"Idempotency-Key", "X-Idempotency-Key", "Authorization", "Proxy-Authorization", "apikey", "X-Api-Key", "Cookie", "Host",
		"Accept-Encoding", "Content-Length", "Transfer-Encoding", "Connection", "Trailer", "Upgrade", "TE",
	} {
		for _, spelling := range []string{name, strings.ToLower(name), strings.ToUpper(name)} {
			_, err := apply(api.WithHeader(spelling, "SECRETVALUE"))
			require.ErrorIs(t, err, api.ErrInvalid, spelling)
			assert.Contains(t, err.Error(), "the client itself sets", spelling)
			assert.NotContains(t, err.Error(), "SECRETVALUE")
		}
	}
}

func TestR6HeaderNamesAndValues(t *testing.T) {
	for _, name := range []string{
		"", " ", "X Y", " X", "X ", "X:Y", "X\r\nY", "X\x00", "X\x7f", "Ü", "X(Y)", `X"`, "X/Y", "X,Y", "X;Y", "X=Y", "X@Y", "X[Y]", "X{Y}", "X<Y>", "X?Y", `X\Y`,
		"Authorization ", "authorization\n", strings.Repeat("x", 257),
	} {
		_, err := apply(api.WithHeader(name, "v"))
		require.ErrorIs(t, err, api.ErrInvalid, "%q", name)
		assert.Contains(t, err.Error(), "not a header field name")
		assert.Less(t, len(err.Error()), 200)
	}
	for _, value := range []string{
		"SECRET\r\nApikey: x", "SECRET\n", "SECRET\r", "\nSECRET", " SECRET", "SECRET ", "SECRET\t", "SECRET\x00", "SECRET\x1b", "SECRET\x7f", strings.Repeat("SECRET", 2000),
	} {
		_, err := apply(api.WithHeader("X-Mine", value))
		require.ErrorIs(t, err, api.ErrInvalid, "%q", value)
		assert.NotContains(t, err.Error(), "SECRET")
	}
	s, err := apply(
		api.WithHeader("x-mine", "a b"), api.WithHeader("X-Mine", "tab\twithin"), api.WithHeader("Accept-Language", "de, en;q=0.5"),
		api.WithHeader("X-Empty", ""), api.WithHeader("X-Name", "Zoë"), api.WithHeader("Accept", "application/json"), api.WithHeader("!#$%&'*+-.^_`|~9", "x"),
	)
	require.NoError(t, err)
	assert.Equal(t, http.Header{
		"X-Mine": {"a b", "tab\twithin"}, "Accept-Language": {"de, en;q=0.5"}, "X-Empty": {""}, "X-Name": {"Zoë"}, "Accept": {"application/json"},
		"!#$%&'*+-.^_`|~9": {"x"},
	}, s.Header)
}

func TestCallSettings(t *testing.T) {
	s, err := apply()
	require.NoError(t, err)
	assert.Equal(t, api.CallSettings{}, s)

	var meta api.Meta
	s, err = apply(api.WithMeta(&meta), nil, api.WithMaxAttemptsPerCall(1), api.WithMaxAttemptsPerCall(7))
	require.NoError(t, err)
	assert.Equal(t, api.CallSettings{Meta: &meta, MaxAttempts: 7}, s, "the last one counts, nil is skipped")
	assert.Same(t, &meta, s.Meta)

	for _, n := range []int{0, -1} {
		_, err = apply(api.WithMaxAttemptsPerCall(n))
		require.ErrorIs(t, err, api.ErrInvalid)
	}
	s, err = apply(api.WithGrace(time.Second), api.WithGrace(0))
	require.NoError(t, err)
	assert.Zero(t, s)
	_, err = apply(api.WithGrace(-1))
	require.ErrorIs(t, err, api.ErrInvalid)
	first, later := errors.New("first"), false
	_, err = apply(
		func(*api.CallSettings) error { return first },
		func(*api.CallSettings) error { later = true; return nil },
	)
	require.ErrorIs(t, err, first)
	assert.False(t, later)
}

// TestR17OptionsAreNotShared applies one option to two calls.
func TestR17OptionsAreNotShared(t *testing.T) {
	shared := []api.CallOption{api.WithHeader("X-Shared", "1")}
	one, err := apply(append(shared, api.WithHeader("X-Shared", "2"))...)
	require.NoError(t, err)
	two, err := apply(shared...)
	require.NoError(t, err)
	assert.Equal(t, []string{"1", "2"}, one.Header["X-Shared"])
	assert.Equal(t, []string{"1"}, two.Header["X-Shared"])
}

// FuzzWithHeader looks for a field that net/http would refuse, or that breaks out of its line.
func FuzzWithHeader(f *testing.F) {
	f.Add("X-Mine", "value")
	f.Add("X Y", "a\r\nb")
	f.Add("cookie", "\x00")
	f.Add("X-\u212aelvin", "é")
	f.Fuzz(func(t *testing.T, name, value string) {
		s, err := apply(api.WithHeader(name, value))
		if err != nil {
			if !errors.Is(err, api.ErrInvalid) {
				t.Fatal(err)
			}
			return
		}
		if len(s.Header) != 1 {
			t.Fatalf("%d fields", len(s.Header))
		}
		for name := range s.Header {
			switch {
			case strings.ContainsAny(name, "\r\n: \x00") || strings.ContainsAny(value, "\r\n\x00"):
				t.Fatalf("%q: %q", name, value)
			case strings.EqualFold(name, "Authorization") || strings.EqualFold(name, "Apikey") || strings.EqualFold(name, "Idempotency-Key"):
				t.Fatalf("%q is accepted", name)
			}
		}
	})
}
