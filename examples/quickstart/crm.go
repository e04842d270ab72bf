package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"text/tabwriter"
	"unicode"

	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/refresh"
)

// crm stands for your own records.
type crm struct {
	price   int64 // of a record, in credits
	mu      sync.Mutex
	records map[int64]*employee.BaseRecord
	loaded  int
	rows    []row
	updated chan struct{}
}

// row is what became of one employee, as a line of the table of changes or several.
type row struct {
	id, notice string
	told       []string
	credits    int64
}

func newCRM(price int64) *crm {
	return &crm{price: price, records: make(map[int64]*employee.BaseRecord), updated: make(chan struct{}, 100)}
}

func (c *crm) load(record *employee.BaseRecord) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.records[record.ID] = record
	c.loaded++
}

// knows keeps notices about strangers from costing anything.
func (c *crm) knows(id int64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.records[id] != nil
}

// update takes in what became of a changed employee.
func (c *crm) update(_ context.Context, o refresh.Outcome[employee.BaseRecord]) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	line := row{id: fmt.Sprint(o.ID), notice: printable(describeNotice(o))}
	if o.Err != nil {
		line.told = []string{printable("not collected: " + o.Err.Error())}
	} else {
		// A notice says at most which fields changed. The record that was kept and the new one say what happened.
		for _, change := range employee.ChangesWith(c.records[o.ID], o.Record, employee.ChangeOptions{Promised: promised(o)}) {
			line.told = append(line.told, printable(change.String()))
		}
		line.credits = c.price
		c.records[o.ID] = o.Record
	}
	c.rows = append(c.rows, line)
	c.updated <- struct{}{}
	return nil
}

// promised are the fields that the notices named.
func promised(o refresh.Outcome[employee.BaseRecord]) (fields []string) {
	for _, change := range o.Changes {
		fields = append(fields, change.ChangedFields...)
	}
	return fields
}

func describeNotice(o refresh.Outcome[employee.BaseRecord]) string {
	var parts []string
	for _, change := range o.Changes {
		parts = append(parts, string(change.Status)+": "+strings.Join(change.ChangedFields, ", "))
	}
	return strings.Join(parts, "; ")
}

func position(record *employee.BaseRecord) string {
	current := record.CurrentExperience()
	if len(current) == 0 {
		return "(no position)"
	}
	return printable(current[0].Title + ", " + current[0].CompanyName)
}

// printable is a text of others without what a terminal obeys or hides: the owner of a profile writes its name, and could
// write a line of ours or clear the screen. Control characters, marks of the writing direction and characters without
// width are replaced.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsGraphic(r) {
			return r
		}
		return unicode.ReplacementChar
	}, text)
}

// await returns when so many employees have been updated.
func (c *crm) await(ctx context.Context, n int, failed <-chan error) error {
	for range n {
		select {
		case <-c.updated:
		case err := <-failed:
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// collected counts the records that were paid for.
func (c *crm) collected() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.loaded + len(c.rows)
}

func (c *crm) print(out io.Writer) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	table := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, "EMPLOYEE\tCREDITS\tTHE NOTICE SAID\tWHAT CHANGED")
	for _, r := range c.rows {
		fmt.Fprintf(table, "%s\t%d\t%s\t%s\n", r.id, r.credits, r.notice, strings.Join(r.told, "\n\t\t\t"))
	}
	return table.Flush()
}
