package transport_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/codec"
	"github.com/pronet-go/pronet/internal/limit"
	"github.com/pronet-go/pronet/internal/pronettest"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
)

// canned answers every request from memory.
type canned struct{ body []byte }

func (c canned) RoundTrip(request *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: request,
		Header:        http.Header{"Content-Type": {"application/json"}},
		ContentLength: int64(len(c.body)), Body: io.NopCloser(bytes.NewReader(c.body)),
	}, nil
}

type profile struct {
	ID       int64  `json:"id"`
	FullName string `json:"full_name"`
	Headline string `json:"headline"`
	Skills   []struct {
		Name  string `json:"name"`
		Level int    `json:"level"`
	} `json:"skills"`
}

func profileJSON(size int) []byte {
	var b strings.Builder
	b.WriteString(`{"id":1234,"full_name":"Jane Example","headline":"Head of Examples","skills":[`)
	for i := 0; b.Len() < size-40; i++ {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`{"name":"gardening and more","level":3}`)
	}
	b.WriteString(`]}`)
	return []byte(b.String())
}

var collectOp = &wire.Op{
	Name: "test.Collect", Provider: api.Coresignal, Method: http.MethodGet, Route: "/cdapi/v2/employee_base/collect/{employee}", Class: "collect",
	Retry: api.RetryPaidRead, InDoubt: "look at the credits",
}

// inMemory are the two ways to get one JSON answer, with the same codec and the same header fields.
func inMemory(tb testing.TB, size int) (raw, pipeline func() error) {
	body := profileJSON(size)
	client := &http.Client{Transport: canned{body}}
	raw = func() error {
		request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "https://api.example.com/cdapi/v2/employee_base/collect/"+"1234", nil)
		if err != nil {
			return err
		}
		request.Header.Set("Accept", "application/json")
		request.Header.Set("User-Agent", "raw")
		request.Header.Set("apikey", "0123456789abcdef0123456789abcdef")
		response, err := client.Do(request)
		if err != nil {
			return err
		}
		defer func() { _ = response.Body.Close() }()
		data, err := io.ReadAll(response.Body)
		if err != nil {
			return err
		}
		var got profile
		return codec.Decode(data, &got)
	}
	credential, err := api.StaticCredential("0123456789abcdef0123456789abcdef")
	require.NoError(tb, err)
	limiter, err := limit.New(limit.Policy{N: 1 << 20, Window: time.Millisecond})
	require.NoError(tb, err)
	p := transport.New(transport.Config{RoundTripper: canned{body}, Providers: []transport.Provider{{
		Provider: testProvider(&url.URL{Scheme: "https", Host: "api.example.com"}), Credential: credential, Limiter: limiter,
	}}})
	pipeline = func() error {
		var got profile
		_, err := p.Do(context.Background(), transport.Call{Op: collectOp, Path: []string{"1234"}, Into: &got})
		return err
	}
	return raw, pipeline
}

// TestAllocationsOfOneCall pins the target: the whole pipeline allocates no more than net/http by hand with the same codec.
func TestAllocationsOfOneCall(t *testing.T) {
	for _, size := range []int{1 << 10, 20 << 10} {
		raw, pipeline := inMemory(t, size)
		require.NoError(t, raw())
		require.NoError(t, pipeline())
		byHand := testing.AllocsPerRun(200, func() { _ = raw() })
		ours := testing.AllocsPerRun(200, func() { _ = pipeline() })
		t.Logf("%d bytes: %.0f allocations, by hand %.0f", size, ours, byHand)
		if !pronettest.Race {
			require.LessOrEqual(t, ours, byHand)
		}
	}
}

func BenchmarkOneCall(b *testing.B) {
	for name, size := range map[string]int{"1KB": 1 << 10, "20KB": 20 << 10} {
		raw, pipeline := inMemory(b, size)
		b.Run(name+"/raw", func(b *testing.B) { loop(b, raw) })
		b.Run(name+"/pipeline", func(b *testing.B) { loop(b, pipeline) })
	}
}

func loop(b *testing.B, call func() error) {
	b.ReportAllocs()
	for b.Loop() {
		if err := call(); err != nil {
			b.Fatal(err)
		}
	}
}
