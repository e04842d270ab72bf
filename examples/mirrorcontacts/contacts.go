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

// readContacts reads the desired entities of a CSV file. A row without an address is passed over.
func readContacts(r io.Reader) iter.Seq2[saleswebhooks.Entity, error] {
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
		for row := 2; err == nil; row++ {
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
			if !yield(entity, nil) {
				return
			}
		}
		if !errors.Is(err, io.EOF) {
			yield(saleswebhooks.Entity{}, err)
		}
	}
}

// bar is a progress bar with the time left.
type bar struct {
	out   io.Writer
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
	left := "?"
	if p.Done > 0 {
		left = (time.Since(b.began) / time.Duration(p.Done) * time.Duration(p.Total-p.Done)).Round(time.Second).String()
	}
	if p.Wait > 0 {
		left = max(p.Wait, p.Wait*time.Duration(1+(p.Total-p.Done)/1000)).Round(time.Second).String() + ", waiting for the rate limit"
	}
	fmt.Fprintf(b.out, "\r[%s%s] %d of %d, %s left  ", strings.Repeat("#", full), strings.Repeat(".", width-full), p.Done, p.Total, left)
}

func (b *bar) end() {
	if b.shown {
		fmt.Fprintln(b.out)
	}
}
