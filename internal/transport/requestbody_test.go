package transport_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/transport"
)

// TestR18EveryAttemptSendsTheSameBytes forces repeats of calls with a body in memory and with one that is opened anew,
// many at a time.
func TestR18EveryAttemptSendsTheSameBytes(t *testing.T) {
	var mu sync.Mutex
	attempts := map[string]int{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hash := sha256.New()
		n, err := io.Copy(hash, r.Body)
		assert.NoError(t, err)
		assert.Equal(t, n, r.ContentLength, "the length is stated")
		assert.Empty(t, r.TransferEncoding)
		sum := string(hash.Sum(nil))
		mu.Lock()
		attempts[sum]++
		try := attempts[sum]
		mu.Unlock()
		if try < 3 {
			w.WriteHeader(501 + try)
			return
		}
		_, _ = io.WriteString(w, "{}")
	}))
	defer server.Close()
	p := newPipeline(t, server.URL, func(c *transport.Config) { c.MaxAttempts = 3 })
	wanted := map[string]bool{}
	var wg sync.WaitGroup
	for i := range 16 {
		data := make([]byte, 1+i*50_000)
		_, _ = rand.NewChaCha8([32]byte{byte(i)}).Read(data)
		body := transport.Bytes("application/octet-stream", data)
		switch i % 3 {
		case 1:
			body.Open = func() (io.ReadCloser, error) {
				return io.NopCloser(io.LimitReader(bytes.NewReader(data), int64(len(data)))), nil
			}
		case 2:
			encoded, err := transport.JSON(map[string]any{"data": data, "z": i, "a": "<&>"})
			require.NoError(t, err)
			body = encoded
		}
		opened, err := body.Open()
		require.NoError(t, err)
		content, err := io.ReadAll(opened)
		require.NoError(t, err)
		sum := sha256.Sum256(content)
		wanted[string(sum[:])] = true
		wg.Go(func() {
			c := call(operation(http.MethodPut, api.RetryIdempotent))
			c.Body = body
			assert.NoError(t, do(t.Context(), p, c))
		})
	}
	wg.Wait()
	for sum, n := range attempts {
		assert.True(t, wanted[sum], "bytes that nobody sent")
		assert.Equal(t, 3, n)
	}
	assert.Len(t, attempts, len(wanted))
}

// TestR18BodyThatCannotBeOpened fails at each time that a body is opened. What was known before is not lost.
func TestR18BodyThatCannotBeOpened(t *testing.T) {
	gone := errors.New("CANARY: /home/someone/ids.txt is gone")
	for failing, wantSends := range map[int]int{1: 0, 2: 1, 3: 2} {
		opened, sends := 0, 0
		p := newPipeline(t, "https://api.example.com", over(func(*http.Request) (*http.Response, error) {
			sends++
			return answer(429, "", "X-Request-Id", "r-7"), nil
		}))
		c := call(operation(http.MethodPost, api.RetryUnsent))
		c.Body = &transport.Body{ContentType: "text/plain", Length: 1, Open: func() (io.ReadCloser, error) {
			if opened++; opened >= failing {
				return nil, gone
			}
			return io.NopCloser(strings.NewReader("x")), nil
		}}
		err := do(t.Context(), p, c)
		require.ErrorIs(t, err, gone)
		e := failure(t, err)
		assert.Equal(t, wantSends, sends)
		assert.Equal(t, wantSends, e.Attempts)
		assert.NotErrorIs(t, err, api.ErrMaybeApplied)
		assert.Contains(t, e.Error(), "the request body could not be read")
		assert.NotContains(t, e.Error(), "CANARY")
		if sends > 0 {
			require.ErrorIs(t, err, api.ErrRateLimited)
			assert.Equal(t, "r-7", e.RequestID)
		}
	}
}

// TestR18BodyThatFailsWhileItIsSent breaks in the middle: some of it has left, so a call that creates is in doubt.
func TestR18BodyThatFailsWhileItIsSent(t *testing.T) {
	listener, base := loopback(t)
	arrivals := play(t, listener, raw(kept))
	broken := errors.New("CANARY: the disk")
	for class, doubt := range map[api.Retry]bool{api.RetryUnsent: true, api.RetryNever: true, api.RetryIdempotent: false} {
		c := call(operation(http.MethodPut, class))
		c.Body = &transport.Body{ContentType: "text/plain", Length: 100_000, Open: func() (io.ReadCloser, error) {
			return io.NopCloser(io.MultiReader(strings.NewReader(strings.Repeat("x", 50_000)), failingReader{broken})), nil
		}}
		err := do(t.Context(), newPipeline(t, base), c)
		require.ErrorIs(t, err, broken)
		assert.Equal(t, doubt, inDoubt(err))
		assert.Equal(t, 1, failure(t, err).Attempts, "the disk will be broken the next time too")
		assert.Contains(t, err.Error(), "the request body could not be read")
	}
	assert.Zero(t, arrivals.Load(), "no complete request")
}

type failingReader struct{ err error }

func (r failingReader) Read([]byte) (int, error) { return 0, r.err }

func TestJSONThatCannotBeEncoded(t *testing.T) {
	_, err := transport.JSON(map[string]any{"f": func() {}, "CANARY": 1})
	require.ErrorIs(t, err, api.ErrInvalid)
	assert.NotContains(t, err.Error(), "CANARY")
}
