package pronet_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
)

// A client for a sandbox. For the provider itself: pronet.New(pronet.WithCoresignal(key)).
func ExampleNew() {
	sb, err := sandbox.Start(coresignal.WithPeople(10), sandbox.WithSeed(1))
	if err != nil {
		log.Fatal(err)
	}
	defer sb.Close()
	client, err := pronet.New(
		pronet.WithCoresignal(sb.Coresignal.APIKey(), pronet.BaseURL(sb.Coresignal.URL()), pronet.CoresignalPlan(pronet.PlanPro)),
		pronet.WithUserAgent("crm-sync/2.1"),
	)
	if err != nil {
		log.Fatal(err)
	}

	var meta pronet.Meta
	record, err := client.Employees.Base.Collect(context.Background(), employee.ID(sb.Coresignal.PersonIDs()[0]), pronet.WithMeta(&meta))
	if err != nil {
		log.Fatal(err)
	}
	left, _ := meta.CreditsRemaining()
	fmt.Println(record.FullName, "- credits left:", left)

	_, err = pronet.New(pronet.WithCoresignal("a key with a line break\n"))
	fmt.Println("refused:", errors.Is(err, pronet.ErrInvalid))
	// Output:
	// Thiago Santos - credits left: 1990
	// refused: true
}

// One client for each tenant: another key, the same connections.
func ExampleClient_Clone() {
	sb, err := sandbox.Start(coresignal.WithPeople(10), sandbox.WithSeed(1))
	if err != nil {
		log.Fatal(err)
	}
	defer sb.Close()
	client, err := pronet.New(sb.Options()...)
	if err != nil {
		log.Fatal(err)
	}

	tenant, err := client.Clone(pronet.WithCoresignal(sb.Coresignal.AddAPIKey(), pronet.CoresignalPlan(pronet.PlanGrowth)))
	if err != nil {
		log.Fatal(err)
	}
	record, err := tenant.Employees.Base.Collect(context.Background(), employee.ID(sb.Coresignal.PersonIDs()[1]))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(record.FullName)
	// Output:
	// Can Demir
}

// An endpoint that no service wraps: same limits, credential, repeats and errors.
func ExampleClient_Do() {
	sb, err := sandbox.Start(coresignal.WithPeople(10), sandbox.WithSeed(1))
	if err != nil {
		log.Fatal(err)
	}
	defer sb.Close()
	client, err := pronet.New(sb.Options()...)
	if err != nil {
		log.Fatal(err)
	}

	var ids []int64
	err = client.Do(context.Background(), api.Request{
		Provider: api.Coresignal,
		Method:   "POST",
		Route:    "/cdapi/v2/employee_base/search/es_dsl",
		Query:    url.Values{"items_per_page": {"3"}},
		Body:     employee.Clause{"query": employee.Clause{"match_all": employee.Clause{}}},
		Retry:    api.RetryIdempotent,
	}, &ids)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("found:", len(ids))
	// Output:
	// found: 3
}

// A limit of a quarter of an hour is not waited out in silence, and a restart does not forget what it counts.
func ExampleRateLimitFile() {
	sb, err := sandbox.Start(coresignal.WithPeople(3))
	if err != nil {
		log.Fatal(err)
	}
	defer sb.Close()
	dir, err := os.MkdirTemp("", "limits")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	request := func() error { // as a program does that is started anew each time
		client, err := pronet.New(append(sb.Options(), pronet.WithCoresignal(sb.Coresignal.APIKey(),
			pronet.RateLimit("bulk", 1, 15*time.Minute), pronet.RateLimitState(pronet.RateLimitFile(filepath.Join(dir, "coresignal.json")))))...)
		if err != nil {
			return err
		}
		defer client.CloseIdleConnections()
		_, err = client.BulkCollect.Base.RequestIDs(context.Background(), employee.IDs(sb.Coresignal.PersonIDs()...), bulkcollect.Options{})
		return err
	}
	fmt.Println(request())
	err = request()
	if limited, ok := errors.AsType[*pronet.RateLimitError](err); ok {
		fmt.Println("held back:", limited.Class, "for about", time.Until(limited.Reset).Round(time.Minute))
	}
	// Output:
	// <nil>
	// held back: bulk for about 15m0s
}
