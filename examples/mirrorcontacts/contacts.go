package main

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/pronet-go/pronet/saleswebhooks"
)

// readContacts reads the desired entities of a CSV file, and adds the line of each to lines. A row without an address is
// passed over.
func readContacts(r io.Reader, lines *[]int) iter.Seq2[saleswebhooks.Entity, error] {
	return func(yield func(saleswebhooks.Entity, error) bool) {
		buffered := bufio.NewReader(r)
		if mark, err := buffered.Peek(3); err == nil && string(mark) == "\ufeff" {
			_, _ = buffered.Discard(3)
		}
		rows := csv.NewReader(buffered)
		header, err := rows.Read()
		column := slices.IndexFunc(header, func(name string) bool { return strings.EqualFold(strings.TrimSpace(name), "linkedin_url") })
		if err == nil && column < 0 {
			err = errors.New("the file has no column linkedin_url")
		}
		for err == nil {
			var fields []string
			if fields, err = rows.Read(); err != nil {
				break
			}
			address := strings.TrimSpace(fields[column])
			if address == "" {
				continue
			}
			entity := saleswebhooks.Contact(address)
			if strings.Contains(strings.ToLower(address), "/company/") {
				entity = saleswebhooks.Company(address)
			}
			line, _ := rows.FieldPos(column)
			*lines = append(*lines, line)
			if !yield(entity, nil) {
				return
			}
		}
		if !errors.Is(err, io.EOF) {
			yield(saleswebhooks.Entity{}, err)
		}
	}
}

// bar is a progress bar with the time left, which is at least what is left of what the plan takes.
type bar struct {
	out   io.Writer
	takes time.Duration
	began time.Time
	shown bool
}

func (b *bar) show(p saleswebhooks.Progress) {
	const width = 30
	if b.began.IsZero() {
		b.began = time.Now()
	}
	b.shown = true
	full := width * p.Done / max(1, p.Total)
	left, waiting := time.Duration(0), ""
	if p.Done < p.Total {
		left = max(b.takes-time.Since(b.began), p.Wait, 0)
	}
	if p.Wait > 0 {
		waiting = ", waiting for the rate limit"
	}
	fmt.Fprintf(b.out, "\r[%s%s] %d of %d, %s left%s  ", strings.Repeat("#", full), strings.Repeat(".", width-full), p.Done, p.Total, left.Round(time.Second), waiting)
}

func (b *bar) end() {
	if b.shown {
		fmt.Fprintln(b.out)
	}
}
