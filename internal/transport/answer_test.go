package transport_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
)

// TestAnswersOfEachForm decodes answers into a struct.
func TestAnswersOfEachForm(t *testing.T) {
	for _, c := range []struct {
		name   string
		status int
		body   string
		says   string // of the error; empty for success
		got    string
	}{
		{"JSON", 200, `{"name":"x"}`, "", "x"},
		{"JSON and space", 201, " \r\n{\"name\":\"x\"}\n", "", "x"},
		{"empty", 200, "", "the response is empty", ""},
		{"no content", 204, "", "", ""},
		{"null", 200, " null\n", "the response is null", ""},
		{"accepted", 202, `{"name":"x"}`, "", "x"},
		{"white space", 200, " \n", "the response is empty", ""},
		{"HTML", 200, "<!doctype html><p>welcome", "the response is HTML or XML, not JSON", ""},
		{"text", 200, "OK", "the response is not JSON", ""},
		{"text with a number", 200, "404 page not found\n", "the response is not JSON", ""},
		{"another type", 200, `["x"]`, "the response's JSON does not have the expected form", ""},
		{"a number", 200, `12`, "the response's JSON does not have the expected form", ""},
		{"cut", 200, `{"name":"x`, "the response's JSON does not have the expected form", ""},
		{"two values", 200, `{"name":"x"}{}`, "the response's JSON does not have the expected form", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPipeline(t, "https://api.example.com", over(func(*http.Request) (*http.Response, error) {
				return answer(c.status, c.body, "X-Request-Id", "r-1"), nil
			}))
			var got struct {
				Name string `json:"name"`
			}
			request := call(operation(http.MethodPost, api.RetryUnsent))
			request.Into = &got
			result, err := p.Do(t.Context(), request)
			if c.says == "" {
				require.NoError(t, err)
				assert.Equal(t, c.got, got.Name)
				assert.Equal(t, c.status, result.Status)
				assert.Equal(t, "r-1", result.Header.Get("X-Request-Id"))
				return
			}
			require.ErrorIs(t, err, api.ErrUnexpectedResponse)
			require.ErrorIs(t, err, api.ErrMaybeApplied, "it was carried out")
			e := failure(t, err)
			assert.Contains(t, e.Error(), c.says)
			assert.Equal(t, c.body, string(e.Body))
			assert.Equal(t, 200, e.Status)
			assert.Equal(t, 1, e.Attempts)
			assert.Equal(t, "r-1", e.RequestID)
			assert.Equal(t, transport.Response{}, result)
		})
	}
}

func TestDecodeFunction(t *testing.T) {
	p := newPipeline(t, "https://api.example.com", over(func(*http.Request) (*http.Response, error) {
		return answer(200, `{"id":7}`, "X-Request-Id", "r-1"), nil
	}))
	c := call(operation(http.MethodPost, api.RetryUnsent))
	c.Into = &struct{ ID string }{}
	var got string
	c.Decode = func(body []byte) error {
		got = string(body)
		return nil
	}
	require.NoError(t, do(t.Context(), p, c), "it stands in for Into")
	assert.JSONEq(t, `{"id":7}`, got)

	own := wire.NewError(c.Op, api.ErrConflict, nil)
	c.Decode = func([]byte) error { return fmt.Errorf("wrapped: %w", own) }
	err := do(t.Context(), p, c)
	require.ErrorIs(t, err, api.ErrConflict)
	assert.Equal(t, "r-1", failure(t, err).RequestID, "completed with what the exchange knows")
	assert.Equal(t, 1, failure(t, err).Attempts)

	c.Decode = func([]byte) error { return wire.Plain("the id is missing", nil) }
	err = do(t.Context(), p, c)
	require.ErrorIs(t, err, api.ErrUnexpectedResponse)
	assert.Contains(t, err.Error(), "the id is missing")

	broken := errors.New("CANARY")
	other := newPipeline(t, "https://api.example.com",
		over(func(*http.Request) (*http.Response, error) { return answer(200, `{}`), nil }),
		func(config *transport.Config) { config.Decode = func([]byte, any) error { return broken } })
	c.Decode = nil
	require.ErrorIs(t, do(t.Context(), other, c), broken)
	assert.ErrorIs(t, other.Decoder()(nil, nil), broken)
	assert.NoError(t, p.Decoder()([]byte(`{}`), &struct{}{}))
}

// TestPending pins that 202 is an answer, or "not ready yet": then it is not asked again, which is the caller's to do.
func TestPending(t *testing.T) {
	for _, class := range classes {
		sends := 0
		p := newPipeline(t, "https://api.example.com", over(func(*http.Request) (*http.Response, error) {
			sends++
			return answer(202, "{}", "Retry-After", "7"), nil
		}))
		c := call(operation(class.method, class.repeat))
		require.NoError(t, do(t.Context(), p, c))
		c.Pending = true
		err := do(t.Context(), p, c)
		require.ErrorIs(t, err, api.ErrNotReady)
		assert.False(t, inDoubt(err))
		assert.Equal(t, 2, sends)
		assert.Equal(t, 7.0, failure(t, err).RetryAfter.Seconds())
		_, err = p.Open(t.Context(), c)
		require.ErrorIs(t, err, api.ErrNotReady)
	}
}

func TestWhatIsRefusedBeforeARequest(t *testing.T) {
	p := newPipeline(t, "https://api.example.com", over(func(*http.Request) (*http.Response, error) {
		t.Error("a request was sent")
		return nil, io.EOF
	}))
	other := operation(http.MethodGet, api.RetryIdempotent)
	other.Provider = api.CoresignalV1
	assert.True(t, p.Configured(api.Coresignal))
	assert.False(t, p.Configured(api.CoresignalV1))
	for name, c := range map[string]struct {
		call transport.Call
		kind error
		says string
	}{
		"not configured":  {call(other), api.ErrNotConfigured, "test.Things: coresignal-v1: provider not configured"},
		"bad option":      {call(operation("GET", 0), api.WithMaxAttemptsPerCall(0)), api.ErrInvalid, "WithMaxAttemptsPerCall(0)"},
		"reserved header": {call(operation("GET", 0), api.WithHeader("Idempotency-Key", "x")), api.ErrInvalid, "Idempotency-Key"},
		"empty value":     {transport.Call{Op: operation("GET", 0), Path: []string{""}}, api.ErrInvalid, "test.Things: route: {thing} is empty"},
		"dots":            {transport.Call{Op: operation("GET", 0), Path: []string{".."}}, api.ErrInvalid, "another path"},
		"no value":        {transport.Call{Op: operation("GET", 0)}, api.ErrInvalid, "no value"},
	} {
		t.Run(name, func(t *testing.T) {
			err := do(t.Context(), p, c.call)
			require.ErrorIs(t, err, c.kind)
			assert.Contains(t, err.Error(), c.says)
			_, err = p.Open(t.Context(), c.call)
			require.ErrorIs(t, err, c.kind)
		})
	}
}

// TestClone pins what a clone has of its own: everything but connections and the retry quota (see TestR9).
func TestClone(t *testing.T) {
	var keys, agents []string
	var config transport.Config
	p := newPipeline(t, "https://api.example.com",
		over(func(r *http.Request) (*http.Response, error) {
			keys, agents = append(keys, r.Header.Get("Apikey")), append(agents, r.Header.Get("User-Agent"))
			return answer(200, "{}"), nil
		}),
		func(c *transport.Config) { config = *c })
	config.Providers = append([]transport.Provider(nil), config.Providers...)
	credential, err := api.StaticCredential("another-tenant")
	require.NoError(t, err)
	config.Providers[0].Credential, config.UserAgent = credential, "tenant/1"
	config.RoundTripper = roundTrip(func(*http.Request) (*http.Response, error) {
		t.Error("a clone keeps the transport")
		return nil, io.EOF
	})
	clone := p.Clone(config)
	get := call(operation(http.MethodGet, api.RetryIdempotent))
	require.NoError(t, do(t.Context(), clone, get))
	require.NoError(t, do(t.Context(), p, get))
	assert.Equal(t, []string{"another-tenant", key}, keys)
	assert.Equal(t, []string{"tenant/1", "pronet"}, agents)
	assert.False(t, p.Clone(transport.Config{}).Configured(api.Coresignal))
}

func TestErrorReaderOfTheProvider(t *testing.T) {
	p := newPipeline(t, "https://api.example.com",
		over(func(*http.Request) (*http.Response, error) {
			return answer(422, `{"code":"BAD_FILTER","message":"about person@example.com"}`, "X-Correlation-Id", "c-9"), nil
		}),
		func(c *transport.Config) {
			c.Providers[0].Inspect = func(r *wire.Response) {
				var read struct{ Code, Message string }
				assert.NoError(t, json.Unmarshal(r.Body, &read))
				r.Err.Code, r.Err.Message, r.Own = read.Code, read.Message, true
			}
		})
	err := do(t.Context(), p, call(operation(http.MethodPost, api.RetryUnsent)))
	e := failure(t, err)
	assert.Equal(t, "BAD_FILTER", e.Code)
	assert.Equal(t, "about person@example.com", e.Message)
	assert.Equal(t, "test.Things: coresignal responded with 422, invalid request (code BAD_FILTER) (request c-9)", e.Error())
	assert.True(t, strings.HasPrefix(string(e.Body), `{"code"`))
}
