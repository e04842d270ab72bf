package webhook_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/webhook"
)

const benchSecret = testSecret

// noticesOfSize returns an array of notices of about the given size. The last
// bytes of the first id are n, so that deliveries can differ.
func noticesOfSize(size, n int) []byte {
	body := fmt.Appendf(nil, `[{"member_id":%d,"status":"started_matching_query","changed_fields":null}`, 1_000_000_000+n)
	for i := 0; len(body) < size-1; i++ {
		body = fmt.Appendf(body, `,{"member_id":%d,"status":"changed","changed_fields":["headline","experience","skills"]}`, 40_000_000+i)
	}
	return append(body, ']')
}

func sizes() map[string]int { return map[string]int{"1KB": 1 << 10, "8KB": 8 << 10} }

// BenchmarkVerify compares the verifier with the HMAC alone. "bare" keys a
// hash for each body, "reused" has one that is keyed already.
func BenchmarkVerify(b *testing.B) {
	for name, size := range sizes() {
		body := noticesOfSize(size, 0)
		scheme := webhook.HMACScheme{Header: "X-Signature"}
		verifier := newHMAC(b, scheme, benchSecret)
		header, err := webhook.SignHMAC(scheme, benchSecret, body, time.Time{}, nil)
		require.NoError(b, err)
		request := httptest.NewRequest(http.MethodPost, "/", nil)
		request.Header = header
		signature := header.Get("X-Signature")

		b.Run(name+"/bare", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				got, _ := hex.DecodeString(signature)
				mac := hmac.New(sha256.New, []byte(benchSecret))
				mac.Write(body)
				if !hmac.Equal(mac.Sum(nil), got) {
					b.Fatal("refused")
				}
			}
		})
		b.Run(name+"/reused", func(b *testing.B) {
			b.ReportAllocs()
			mac := hmac.New(sha256.New, []byte(benchSecret))
			var sum [sha256.Size]byte
			for b.Loop() {
				mac.Reset()
				mac.Write(body)
				mac.Sum(sum[:0])
			}
		})
		b.Run(name+"/verify", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := webhook.Verify(verifier, request, body); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// rawNotice is what a hand-written receiver would decode.
type rawNotice struct {
	MemberID      int64    `json:"member_id"`
	Status        string   `json:"status"`
	ChangedFields []string `json:"changed_fields"`
}

// rawHandler is the least a hand-written receiver does: HMAC and decoding.
func rawHandler(decode func([]byte) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		got, _ := hex.DecodeString(r.Header.Get("X-Signature"))
		mac := hmac.New(sha256.New, []byte(benchSecret))
		mac.Write(body)
		if !hmac.Equal(mac.Sum(nil), got) {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if decode(body) != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		w.WriteHeader(http.StatusOK)
	})
}

// BenchmarkHandler compares the whole handler, which deduplicates and decodes
// into typed events, with a hand-written one without deduplication: "raw"
// decodes into structs, "envelope" only splits the array.
func BenchmarkHandler(b *testing.B) {
	scheme := webhook.HMACScheme{Header: "X-Signature"}
	for name, size := range sizes() {
		sender := sends(newHMAC(b, scheme, benchSecret))
		const distinct = 4096
		bodies := make([][]byte, distinct)
		headers := make([]http.Header, distinct)
		for i := range distinct {
			bodies[i] = noticesOfSize(size, i)
			var err error
			headers[i], err = webhook.SignHMAC(scheme, benchSecret, bodies[i], time.Time{}, nil)
			require.NoError(b, err)
		}
		run := func(b *testing.B, h func() http.Handler) {
			b.ReportAllocs()
			target := h()
			template := httptest.NewRequest(http.MethodPost, "/", nil)
			for i := 0; b.Loop(); i++ {
				if i%distinct == 0 {
					target = h()
				}
				body := bodies[i%distinct]
				r := template.WithContext(b.Context())
				r.Header = headers[i%distinct]
				r.Body = io.NopCloser(bytes.NewReader(body))
				r.ContentLength = int64(len(body))
				w := httptest.NewRecorder()
				target.ServeHTTP(w, r)
				if w.Code != http.StatusOK {
					b.Fatal(w.Code)
				}
			}
		}
		b.Run(name+"/raw", func(b *testing.B) {
			run(b, func() http.Handler {
				return rawHandler(func(body []byte) error { return json.Unmarshal(body, new([]rawNotice)) })
			})
		})
		b.Run(name+"/envelope", func(b *testing.B) {
			run(b, func() http.Handler {
				return rawHandler(func(body []byte) error { return json.Unmarshal(body, new([]json.RawMessage)) })
			})
		})
		b.Run(name+"/handler", func(b *testing.B) {
			run(b, func() http.Handler {
				store, err := webhook.NewMemoryStore(distinct, nil)
				require.NoError(b, err)
				return newHandlerOf(b, sender,
					webhook.Func(func(context.Context, *webhook.Delivery) error { return nil }), webhook.WithStore(store))
			})
		})
	}
}
