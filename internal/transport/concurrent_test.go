package transport_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/limit"
	"github.com/pronet-go/pronet/internal/transport"
)

// TestR17OnePipelineManyGoroutines sends different calls at once, with options that all of them share, and checks that
// none sees anything of another.
func TestR17OnePipelineManyGoroutines(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		assert.Equal(t, []string{"shared"}, r.Header["X-Shared"])
		assert.Len(t, r.Header["X-Own"], 1)
		assert.Equal(t, []string{key}, r.Header["Apikey"])
		if len(body)%3 == 2 {
			w.Header().Set("X-Request-Id", r.Header.Get("X-Own"))
			http.Error(w, string(body), 400)
			return
		}
		w.Header().Set("X-Request-Id", r.Header.Get("X-Own"))
		_, _ = fmt.Fprintf(w, `{"path":%q,"own":%q,"body":%s}`, r.URL.Path, r.Header.Get("X-Own"), body)
	}))
	defer server.Close()
	limiter, err := limit.New(limit.Policy{N: 1 << 20, Window: time.Second})
	require.NoError(t, err)
	p := newPipeline(t, server.URL, func(c *transport.Config) { c.Providers[0].Limiter = limiter })
	shared := []api.CallOption{api.WithHeader("X-Shared", "shared"), api.WithMaxAttemptsPerCall(2), nil}
	op := operation(http.MethodPost, api.RetryUnsent)
	var wg sync.WaitGroup
	for g := range 64 {
		wg.Go(func() {
			for i := range 10 {
				own := fmt.Sprintf("%d-%d", g, i)
				text := fmt.Sprintf("%0*d", g+1, 0)
				body, err := transport.JSON(text)
				if !assert.NoError(t, err) {
					return
				}
				var meta api.Meta
				var got struct {
					Path string `json:"path"`
					Own  string `json:"own"`
					Body string `json:"body"`
				}
				err = do(t.Context(), p, transport.Call{
					Op: op, Path: []string{own}, Body: body, Into: &got,
					Options: append(shared[:2:2], api.WithHeader("X-Own", own), api.WithMeta(&meta)),
				})
				assert.Equal(t, own, meta.RequestID)
				if (len(text)+2)%3 == 2 {
					assert.ErrorIs(t, err, api.ErrInvalid)
					continue
				}
				if assert.NoError(t, err) {
					assert.Equal(t, "/v1/things/"+own, got.Path)
					assert.Equal(t, own, got.Own)
					assert.Equal(t, text, got.Body)
				}
			}
		})
	}
	wg.Wait()
}
