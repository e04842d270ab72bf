package employee_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
)

// Collect one record. The sandbox stands for the provider here.
func ExampleDataset_Collect() {
	sb, err := sandbox.Start(coresignal.WithPeople(10), sandbox.WithSeed(1))
	if err != nil {
		log.Fatal(err)
	}
	defer sb.Close()
	client, err := pronet.New(sb.Options()...)
	if err != nil {
		log.Fatal(err)
	}

	ctx := context.Background()
	rec, err := client.Employees.Base.Collect(ctx, employee.ID(sb.Coresignal.PersonIDs()[0]))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(rec.FullName, "-", rec.Country)

	_, err = client.Employees.Base.Collect(ctx, employee.Shorthand("nobody-of-that-name"))
	fmt.Println("not found:", errors.Is(err, pronet.ErrNotFound))
	// Output:
	// Thiago Santos - Brazil
	// not found: true
}

// Collect several records, and spend at most 20 credits.
func ExampleDataset_CollectMany() {
	sb, err := sandbox.Start(coresignal.WithPeople(10), sandbox.WithSeed(1))
	if err != nil {
		log.Fatal(err)
	}
	defer sb.Close()
	client, err := pronet.New(sb.Options()...)
	if err != nil {
		log.Fatal(err)
	}

	ids := sb.Coresignal.PersonIDs()
	refs := []employee.Ref{employee.ID(ids[0]), employee.ID(1), employee.ID(ids[1]), employee.ID(ids[2])}
	options := employee.CollectManyOptions{Concurrency: 1, Budget: employee.NewBudget(20)}
	for result := range client.Employees.Base.CollectMany(context.Background(), refs, options) {
		switch {
		case errors.Is(result.Err, pronet.ErrNotFound):
			fmt.Println("there is no such employee")
		case errors.Is(result.Err, pronet.ErrBudget):
			fmt.Println("the budget is used up")
		case result.Err != nil:
			log.Fatal(result.Err)
		default:
			fmt.Println(result.Record.FullName)
		}
	}
	// Output:
	// Thiago Santos
	// there is no such employee
	// Can Demir
	// the budget is used up
}

// Search by filters, one page at a time.
func ExampleFilterDataset_ListByFilter() {
	sb, err := sandbox.Start(coresignal.WithPeople(100), sandbox.WithSeed(1))
	if err != nil {
		log.Fatal(err)
	}
	defer sb.Close()
	client, err := pronet.New(sb.Options()...)
	if err != nil {
		log.Fatal(err)
	}

	ctx := context.Background()
	filter := employee.BaseFilter{Country: "(Germany) OR (France)"}
	options := employee.SearchOptions{PageSize: 5}
	for {
		page, err := client.Employees.Base.ListByFilter(ctx, filter, options)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(len(page.Items), "of", page.Total)
		if page.Next == "" {
			break
		}
		options.Cursor = page.Next
	}
	// Output:
	// 5 of 6
	// 1 of 6
}

// Walk everything that a query finds.
func ExampleDataset_AllByQuery() {
	sb, err := sandbox.Start(coresignal.WithPeople(100), sandbox.WithSeed(1))
	if err != nil {
		log.Fatal(err)
	}
	defer sb.Close()
	client, err := pronet.New(sb.Options()...)
	if err != nil {
		log.Fatal(err)
	}

	query := employee.Query{Clause: employee.All(employee.Term("is_parent", 1), employee.Term("deleted", 0)), Sort: []string{"id"}}
	found := 0
	for id, err := range client.Employees.Base.AllByQuery(context.Background(), query, employee.SearchOptions{PageSize: 20}) {
		if err != nil {
			log.Fatal(err)
		}
		if found == 0 {
			fmt.Println("the first is", id)
		}
		found++
	}
	fmt.Println(found, "employees, without duplicates")
	// Output:
	// the first is 16340878
	// 96 employees, without duplicates
}
