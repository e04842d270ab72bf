package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
	"unicode"

	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/refresh"
	"github.com/pronet-go/pronet/webhook"
)

// crm stands for your own program, which wants to know what changed.
type crm struct {
	price    int64 // of a record, in credits
	contacts []int64
	mu       sync.Mutex
	rows     []row
	updated  chan struct{}
}

// row is what became of one employee, as a line of the table of changes or several.
type row struct {
	id, notice string
	told       []string
	credits    int64
}

func newCRM(price int64, contacts ...int64) *crm {
	return &crm{price: price, contacts: contacts, updated: make(chan struct{}, 100)}
}

// knows keeps notices about strangers from costing anything.
func (c *crm) knows(id int64) bool { return slices.Contains(c.contacts, id) }

// update takes in what changed of one employee.
func (c *crm) update(_ context.Context, u refresh.Update[employee.BaseRecord]) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	line := row{id: fmt.Sprint(u.ID), notice: printable(describeNotices(u.Notices))}
	for _, change := range u.Changes {
		line.told = append(line.told, printable(change.String()))
	}
	switch {
	case u.Err != nil:
		line.told = []string{printable("not collected: " + u.Err.Error())}
	case u.Record != nil:
		line.credits = c.price
	}
	c.rows = append(c.rows, line)
	c.updated <- struct{}{}
	return nil
}

func describeNotices(notices []webhook.EmployeeChanged) string {
	var parts []string
	for _, notice := range notices {
		parts = append(parts, string(notice.Status)+": "+strings.Join(notice.ChangedFields, ", "))
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

// collected counts the records that were paid for, those of the first load included.
func (c *crm) collected() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.contacts) + len(c.rows)
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
