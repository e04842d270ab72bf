package otel_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/pronet-go/pronet"
	pronetotel "github.com/pronet-go/pronet/adapters/otel"
	"github.com/pronet-go/pronet/employee"
)

// atOnce responds from memory.
type atOnce struct{ body string }

func (a atOnce) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusOK, ProtoMajor: 1, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(a.body)), ContentLength: int64(len(a.body)),
	}, nil
}

// BenchmarkCall collects a record of some 20 KB from memory without an observer, and with one whose spans are sampled, are
// not, or go nowhere. It reports each time as a multiple of the first: what a real call takes, some 100 ms, is not in it.
//
//	go -C adapters/otel test -run '^$' -bench Call -benchtime 20x
func BenchmarkCall(b *testing.B) {
	record := `{"id":1,"full_name":"A","summary":"` + strings.Repeat("words ", 3500) + `"}`
	observed := func(o pronetotel.Options) []pronet.Option {
		telemetry, err := pronetotel.New(o)
		require.NoError(b, err)
		return []pronet.Option{pronet.WithObserver(telemetry.Client())}
	}
	metrics := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewManualReader()))
	cases := []struct {
		name    string
		options []pronet.Option
	}{
		{"plain", nil},
		{"nowhere", observed(pronetotel.Options{})},
		{"unsampled", observed(pronetotel.Options{MeterProvider: metrics, TracerProvider: sdktrace.NewTracerProvider(sdktrace.WithSampler(sdktrace.NeverSample()))})},
		{"sampled", observed(pronetotel.Options{MeterProvider: metrics, TracerProvider: sdktrace.NewTracerProvider()})},
	}
	clients, best := make([]*pronet.Client, len(cases)), make([]time.Duration, len(cases))
	for i, c := range cases {
		client, err := pronet.New(append(c.options, pronet.WithTransport(atOnce{record}),
			pronet.WithCoresignal("0123456789abcdef0123456789abcdef", pronet.RateLimit("", 100_000, time.Second)))...)
		require.NoError(b, err)
		clients[i] = client
	}
	for b.Loop() {
		for i, client := range clients { // in turns, so that a busy machine is one for all
			began := time.Now()
			for range 100 {
				if _, err := client.Employees.Base.Collect(b.Context(), employee.ID(1)); err != nil {
					b.Fatal(err)
				}
			}
			if took := time.Since(began); best[i] == 0 || took < best[i] {
				best[i] = took
			}
		}
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(best[0].Nanoseconds())/100, "plain-ns")
	for i, c := range cases[1:] {
		b.ReportMetric(float64(best[i+1])/float64(best[0]), c.name+"/plain")
	}
}
