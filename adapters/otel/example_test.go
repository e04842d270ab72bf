package otel_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"time"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/pronet-go/pronet"
	pronetotel "github.com/pronet-go/pronet/adapters/otel"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/refresh"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
	"github.com/pronet-go/pronet/webhook"
)

// printSpans prints the names of spans, those that link to another with an arrow.
func printSpans(exporter *tracetest.InMemoryExporter) {
	for _, span := range exporter.GetSpans() {
		fmt.Println(strings.Repeat("<- ", len(span.Links))+span.Name, "("+span.SpanKind.String()+")")
	}
}

// A pipeline from a notice to what changed, with traces and metrics. In a program, the providers export to a collector.
func ExampleNew() {
	spans, reader := tracetest.NewInMemoryExporter(), sdkmetric.NewManualReader()
	telemetry, err := pronetotel.New(pronetotel.Options{
		TracerProvider: sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans)),
		MeterProvider:  sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)),
	})
	if err != nil {
		log.Fatal(err)
	}
	sb, err := sandbox.Start(sandbox.WithSeed(1), coresignal.WithPeople(10))
	if err != nil {
		log.Fatal(err)
	}
	defer sb.Close()
	client, err := pronet.New(append(sb.Options(), pronet.WithObserver(telemetry.Client()))...)
	if err != nil {
		log.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "pipeline")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	token := webhook.NewPathToken() // once: it is part of the callback URL
	sender, err := webhook.Coresignal(webhook.Endpoint{Label: "customers", Token: token})
	if err != nil {
		log.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	pipeline, err := refresh.Open(client.Employees.Base, client.BulkCollect.Base, dir, sender,
		func(context.Context, refresh.Update[employee.BaseRecord]) error {
			cancel() // after the first one
			return nil
		}, telemetry.Pipeline(refresh.PipelineOptions{CreditsPerDay: 100, Window: time.Millisecond}))
	if err != nil {
		log.Fatal(err)
	}
	defer pipeline.Close()
	watching, err := telemetry.Watch("customers", pronetotel.Parts{Pipeline: pipeline.Status})
	if err != nil {
		log.Fatal(err)
	}
	defer watching.Unregister()

	notice := fmt.Sprintf(`[{"member_id":%d,"status":"changed"}]`, sb.Coresignal.PersonIDs()[0])
	request := httptest.NewRequest(http.MethodPost, "/"+token, strings.NewReader(notice))
	pipeline.ServeHTTP(httptest.NewRecorder(), request)
	_ = pipeline.Run(ctx) // until the function has ended it

	printSpans(spans)
	var metrics metricdata.ResourceMetrics
	if err := reader.Collect(context.Background(), &metrics); err != nil {
		log.Fatal(err)
	}
	for _, m := range metrics.ScopeMetrics[0].Metrics {
		switch data := m.Data.(type) {
		case metricdata.Sum[int64]:
			fmt.Println(m.Name, data.DataPoints[0].Value, m.Unit)
		case metricdata.Gauge[float64]:
			if strings.Contains(m.Name, "budget") {
				fmt.Println(m.Name, data.DataPoints[0].Value, m.Unit)
			}
		}
	}
	// Output:
	// receive coresignal (server)
	// GET /cdapi/v2/employee_base/collect/{employee} (client)
	// Employees.Base.Collect (client)
	// <- process coresignal (consumer)
	// pronet.client.credits.spent 10 {credit}
	// pronet.delivery.attempts 1 {attempt}
	// pronet.refresh.credits.spent 10 {credit}
	// pronet.refresh.outcomes 1 {outcome}
	// pronet.budget.credits.remaining 90 {credit}
}

// A delivery that goes through a queue as JSON: what the worker does links to the receipt.
func ExampleTelemetry_Process() {
	spans := tracetest.NewInMemoryExporter()
	telemetry, err := pronetotel.New(pronetotel.Options{TracerProvider: sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans))})
	if err != nil {
		log.Fatal(err)
	}
	queue := make(chan []byte, 1)
	send := webhook.Func(func(_ context.Context, d *webhook.Delivery) error {
		message, err := json.Marshal(d)
		queue <- message
		return err
	})
	token := webhook.NewPathToken()
	sender, err := webhook.Coresignal(webhook.Endpoint{Label: "customers", Token: token})
	if err != nil {
		log.Fatal(err)
	}
	handler, err := webhook.NewHandler(sender, send, telemetry.Handler())
	if err != nil {
		log.Fatal(err)
	}
	request := httptest.NewRequest(http.MethodPost, "/"+token, strings.NewReader(`[{"member_id":1,"status":"changed"}]`))
	handler.ServeHTTP(httptest.NewRecorder(), request)

	work := telemetry.Process(func(context.Context, *webhook.Delivery) error { return nil }) // your function
	var d webhook.Delivery
	if err := json.Unmarshal(<-queue, &d); err != nil {
		log.Fatal(err)
	}
	if err := work(context.Background(), &d); err != nil {
		log.Fatal(err)
	}
	printSpans(spans)
	// Output:
	// receive coresignal (server)
	// <- process coresignal (consumer)
}
