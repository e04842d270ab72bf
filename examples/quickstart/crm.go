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

// row is one line of the table of changes.
type row struct {
	id, name, was, is, notice string
	credits                   int64
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
		line.is = printable("not collected: " + o.Err.Error())
	} else {
		before := c.records[o.ID]
		line.name, line.was, line.is, line.credits = printable(o.Record.FullName), position(before), position(o.Record), c.price
		c.records[o.ID] = o.Record
	}
	c.rows = append(c.rows, line)
	c.updated <- struct{}{}
	return nil
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
	fmt.Fprintln(table, "EMPLOYEE\tNAME\tWAS\tIS\tCREDITS\tTHE NOTICE SAID")
	for _, r := range c.rows {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%d\t%s\n", r.id, r.name, r.was, r.is, r.credits, r.notice)
	}
	return table.Flush()
}
