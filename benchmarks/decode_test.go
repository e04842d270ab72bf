package benchmarks

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	stdjson "encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	gojson "github.com/goccy/go-json"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/benchmarks/internal/rss"
	"github.com/pronet-go/pronet/benchmarks/internal/turns"
	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/internal/gunzip"
	"github.com/pronet-go/pronet/internal/jsonlines"
)

// BenchmarkDecode reads a gzip file of JSON Lines into typed records. The baseline does it with the standard library on
// one goroutine.
//
// Targets: default <= 0.333, fast codec <= 0.222. They need two cores that nothing else uses; the metrics cpu:... compare
// the processor time of all goroutines instead, of which a half is the best that two cores can make of it.
func BenchmarkDecode(b *testing.B) {
	b.Run("base", func(b *testing.B) { benchDecode(b, baseRecords(2500, 9), base) })
	b.Run("multisource", func(b *testing.B) { benchDecode(b, multiSourceRecords(2500, 9), multiSource) })
}

// recordsOf is a dataset whose records are of the type R.
type recordsOf[R any] interface {
	RecordsFrom(ctx context.Context, files []bulkcollect.RecordFile, o bulkcollect.RecordsOptions) iter.Seq2[*R, error]
}

func base(c *pronet.Client) recordsOf[employee.BaseRecord] { return c.BulkCollect.Base }

func multiSource(c *pronet.Client) recordsOf[employee.MultiSourceRecord] {
	return c.BulkCollect.MultiSource
}

func benchDecode[R any](b *testing.B, file []byte, dataset func(*pronet.Client) recordsOf[R]) {
	b.Helper()
	plain, fast := dataset(client(b)), dataset(client(b, pronet.WithJSONDecoder(gojson.Unmarshal)))
	cases := []turns.Case{
		{Name: "stdlib", Run: func() error { return byHand[R](file) }},
		{Name: "default", Run: func() error { return walk(plain, file, bulkcollect.RecordsOptions{}) }},
		{Name: "default-dropraw", Run: func() error { return walk(plain, file, bulkcollect.RecordsOptions{DropRaw: true}) }},
		{Name: "goccy", Run: func() error { return walk(fast, file, bulkcollect.RecordsOptions{}) }},
		{Name: "goccy-dropraw", Run: func() error { return walk(fast, file, bulkcollect.RecordsOptions{DropRaw: true}) }},
	}
	used := make([]time.Duration, len(cases))
	for i, c := range cases {
		cases[i].Run = func() error {
			before, err := processorTime()
			if err != nil {
				return err
			}
			if err := c.Run(); err != nil {
				return err
			}
			after, err := processorTime()
			used[i] += after - before
			return err
		}
	}
	turns.Compare(b, cases...)
	for i, c := range cases[1:] {
		b.ReportMetric(float64(used[i+1])/float64(used[0]), "cpu:"+c.Name)
	}
}

// processorTime is what all goroutines together have used.
func processorTime() (time.Duration, error) {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0, err
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano()), nil
}

// BenchmarkLines compares lines with the gunzip below them to nowhere. Target: <= 1.03.
func BenchmarkLines(b *testing.B) {
	file := baseRecords(2500, 9)
	turns.Compare(b,
		turns.Case{Name: "gunzip", Run: func() error {
			r, err := gunzip.NewReader(bufio.NewReaderSize(bytes.NewReader(file), 64<<10))
			if err != nil {
				return err
			}
			_, err = io.Copy(io.Discard, r)
			return err
		}},
		turns.Case{Name: "lines", Run: func() error { return lines(jsonlines.NewReader(bytes.NewReader(file))) }},
		turns.Case{Name: "compress/gzip", Run: func() error {
			r, err := gzip.NewReader(bufio.NewReaderSize(bytes.NewReader(file), 64<<10))
			if err != nil {
				return err
			}
			_, err = io.Copy(io.Discard, r)
			return err
		}},
	)
}

// BenchmarkDecodeMemory reads a file and one ten times larger in processes of their own. Target: both <= 32 MiB above the
// process that does nothing.
func BenchmarkDecodeMemory(b *testing.B) {
	idle := rss.Peak(b, "idle")
	for _, records := range []int{5_000, 50_000} {
		path := filepath.Join(b.TempDir(), "records.json.gz")
		if err := os.WriteFile(path, baseRecords(records, 9), 0o600); err != nil {
			b.Fatal(err)
		}
		for range b.N {
			b.ReportMetric(float64(rss.Peak(b, "decode", "PRONET_BENCHMARK_FILE="+path)-idle)/(1<<20), fmt.Sprintf("MiB:%d", records))
		}
	}
	b.ReportMetric(0, "ns/op")
}

func init() {
	works["decode"] = func() error {
		c, err := pronet.New(pronet.WithCoresignal("key"))
		if err != nil {
			return err
		}
		n := 0
		for _, err := range base(c).RecordsFrom(context.Background(), []bulkcollect.RecordFile{bulkcollect.DiskFile(os.Getenv("PRONET_BENCHMARK_FILE"))}, bulkcollect.RecordsOptions{}) {
			if err != nil {
				return err
			}
			n++
		}
		return nil
	}
}

func client(b *testing.B, options ...pronet.Option) *pronet.Client {
	b.Helper()
	c, err := pronet.New(append([]pronet.Option{pronet.WithCoresignal("key")}, options...)...)
	if err != nil {
		b.Fatal(err)
	}
	return c
}

var errTooFew = errors.New("records are missing")

func walk[R any](d recordsOf[R], file []byte, o bulkcollect.RecordsOptions) error {
	n := 0
	for _, err := range d.RecordsFrom(context.Background(), []bulkcollect.RecordFile{bulkcollect.MemoryFile("x", file)}, o) {
		if err != nil {
			return err
		}
		n++
	}
	if n < 1000 {
		return errTooFew
	}
	return nil
}

func lines(r *jsonlines.Reader) error {
	for {
		if _, err := r.Next(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// byHand is what one writes without a library.
func byHand[R any](file []byte) error {
	unzipped, err := gzip.NewReader(bytes.NewReader(file))
	if err != nil {
		return err
	}
	lines := bufio.NewScanner(unzipped)
	lines.Buffer(make([]byte, 64<<10), 16<<20)
	for lines.Scan() {
		record := new(R)
		if err := stdjson.Unmarshal(lines.Bytes(), record); err != nil {
			return err
		}
	}
	return lines.Err()
}

// prose makes texts that compress about as those of profiles do.
type prose struct {
	*rand.Rand
	words []string
}

func newProse(seed uint64) *prose {
	p := &prose{Rand: rand.New(rand.NewPCG(seed, 1))}
	syllables := strings.Fields("an ber con de er for ge han in ka lo ment ne or pro qua re sta ti un ver wer xi yo za tion ing ship land ford")
	for range 4000 {
		var word strings.Builder
		for range 1 + p.IntN(4) {
			word.WriteString(syllables[p.IntN(len(syllables))])
		}
		p.words = append(p.words, word.String())
	}
	return p
}

// text returns some words; the first ones of the list are the most frequent.
func (p *prose) text(words int) string {
	var text strings.Builder
	for i := range words {
		if i > 0 {
			text.WriteByte(' ')
		}
		f := p.Float64()
		text.WriteString(p.words[int(f*f*f*float64(len(p.words)))])
	}
	return text.String()
}

func (p *prose) url(kind string) string {
	return "https://www.example.com/" + kind + "/" + strings.ReplaceAll(p.text(3), " ", "-") + "-" + strconv.Itoa(p.IntN(1e6))
}

type object = map[string]any

// baseRecords returns a gzip file of BaseRecords of about 9 KB.
func baseRecords(n int, seed uint64) []byte {
	p := newProse(seed)
	return packed(n, func(i int) object {
		return object{
			"id": 1_000_000 + i, "parent_id": nil, "is_parent": 1, "full_name": p.text(2), "first_name": p.text(1), "last_name": p.text(1),
			"headline": p.text(8), "generated_headline": p.text(6), "created_at": p.date(), "updated_at": p.date(), "checked_at": p.date(),
			"public_profile_id": strconv.Itoa(p.IntN(1e9)), "profile_url": p.url("in"), "location": p.text(3), "city": p.text(1), "state": p.text(1),
			"country": p.text(1), "country_iso_2": "DE", "country_iso_3": "DEU", "regions": []object{{"region": "Western Europe"}, {"region": "Europe"}},
			"industry": p.text(2), "summary": p.text(90), "services": nil, "profile_photo_url": p.url("photo"), "deleted": 0, "is_hidden": 0,
			"recommendations_count": p.IntN(20), "connections_count": p.IntN(500), "follower_count": p.IntN(5000), "experience_count": 7,
			"historical_ids": []int{p.IntN(1e9)}, "shorthand_names": []string{p.text(1) + "-" + strconv.Itoa(i)},
			"inferred_skills": p.list(12),
			"experience":      p.rows(7, func(k int) object { return p.position(k) }),
			"education": p.rows(2, func(k int) object {
				return object{"institution": p.text(4), "program": p.text(5), "institution_url": p.url("school"), "date_from_year": 2000 + p.IntN(10), "date_to_year": 2010 + p.IntN(10), "description": p.text(10), "order_in_profile": k + 1, "deleted": 0}
			}),
			"languages": p.rows(2, func(k int) object {
				return object{"language": p.text(1), "proficiency": "Native or bilingual proficiency", "order_in_profile": k + 1, "deleted": 0}
			}),
			"activity": p.rows(3, func(k int) object {
				return object{"activity_url": p.url("posts"), "title": p.text(12), "action": "Liked by " + p.text(2), "order_in_profile": k + 1, "deleted": 0}
			}),
			"certifications": p.rows(2, func(k int) object {
				return object{"title": p.text(5), "issuer": p.text(2), "date_from": "March 2021", "date_to": nil, "certificate_url": p.url("cert"), "order_in_profile": k + 1, "deleted": 0}
			}),
		}
	})
}

func (p *prose) position(k int) object {
	return object{
		"title": p.text(3), "description": p.text(30), "location": p.text(3), "company_id": p.IntN(1e8), "company_name": p.text(2), "company_url": p.url("company"),
		"company_website": p.url("site"), "company_logo_url": p.url("logo"), "company_shorthand_name": p.text(1), "company_source_id": strconv.Itoa(p.IntN(1e8)),
		"date_from": "November 2017", "date_from_year": 2017, "date_from_month": 11, "date_to": nil, "date_to_year": nil, "date_to_month": nil, "duration": "3 years 2 months",
		"is_current": 0, "order_in_profile": k + 1, "deleted": 0,
	}
}

// multiSourceRecords returns a gzip file of MultiSourceRecords of about 9 KB.
func multiSourceRecords(n int, seed uint64) []byte {
	p := newProse(seed)
	return packed(n, func(i int) object {
		return object{
			"id": 1_000_000 + i, "parent_id": 1_000_000 + i, "is_parent": 1, "full_name": p.text(2), "headline": p.text(8), "summary": p.text(80), "created_at": p.date(), "updated_at": p.date(),
			"professional_network_url": p.url("in"), "location_full": p.text(3), "location_country": p.text(1), "connections_count": p.IntN(500), "followers_count": p.IntN(5000),
			"inferred_skills": p.list(15), "historical_skills": p.list(15), "is_working": 1, "active_experience_title": p.text(3), "total_experience_duration_months": p.IntN(300),
			"experience": p.rows(5, func(k int) object {
				return object{
					"active_experience": 0, "position_title": p.text(3), "department": p.text(1), "management_level": p.text(1), "location": p.text(3), "description": p.text(25),
					"date_from": "Nov 2017", "date_from_year": 2017, "date_from_month": 11, "date_to": nil, "date_to_year": nil, "date_to_month": nil, "duration_months": p.IntN(100),
					"company_id": p.IntN(1e8), "company_name": p.text(2), "company_type": "Privately Held", "company_founded_year": "1999", "company_size_range": "51-200 employees", "company_employees_count": p.IntN(1e5),
					"company_categories_and_keywords": p.list(8), "company_hq_full_address": p.text(6), "company_hq_country": p.text(1), "company_hq_regions": []string{"Europe", "EMEA"}, "company_industry": p.text(2),
					"company_followers_count": p.IntN(1e5), "company_website": p.url("site"), "company_professional_network_url": p.url("company"), "company_annual_revenue_source_5": p.IntN(1e9), "company_annual_revenue_currency_source_5": "$",
					"company_employees_count_change_yearly_percentage": float64(p.IntN(10000)) / 100, "company_last_updated_at": p.date(), "order_in_profile": k + 1,
				}
			}),
			"education": p.rows(2, func(k int) object {
				return object{"degree": p.text(4), "description": p.text(10), "institution_url": p.url("school"), "institution_name": p.text(3), "institution_full_address": p.text(6), "date_from_year": 2000, "date_to_year": 2004, "order_in_profile": k + 1}
			}),
			"activities": p.rows(3, func(k int) object {
				return object{"activity_url": p.url("posts"), "title": p.text(12), "action": "Liked by " + p.text(2), "order_in_profile": k + 1}
			}),
		}
	})
}

func (p *prose) date() string {
	return fmt.Sprintf("2026-%02d-%02dT%02d:%02d:00Z", 1+p.IntN(12), 1+p.IntN(28), p.IntN(24), p.IntN(60))
}

func (p *prose) list(n int) []string {
	texts := make([]string, n)
	for i := range texts {
		texts[i] = p.text(2)
	}
	return texts
}

func (p *prose) rows(n int, row func(k int) object) []object {
	rows := make([]object, n)
	for k := range rows {
		rows[k] = row(k)
	}
	return rows
}

// packed returns a gzip file of JSON Lines.
func packed(n int, record func(i int) object) []byte {
	var file bytes.Buffer
	w := gzip.NewWriter(&file)
	encoder := stdjson.NewEncoder(w)
	for i := range n {
		if err := encoder.Encode(record(i)); err != nil {
			panic(err)
		}
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return file.Bytes()
}
