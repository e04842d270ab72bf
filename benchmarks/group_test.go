package benchmarks

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/benchmarks/internal/rss"
	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/employee"
)

func init() { works["group"] = groupWork }

// groupWork runs a group of so many IDs and walks its records.
func groupWork() error {
	ctx := context.Background()
	n, err := strconv.ParseInt(os.Getenv("IDS"), 10, 64)
	if err != nil {
		return err
	}
	client, err := pronet.New(pronet.WithCoresignal("key", pronet.BaseURL(os.Getenv("URL")), pronet.RateLimit("", 100_000, time.Second)))
	if err != nil {
		return err
	}
	ids := employee.IDSeq(func(yield func(int64) bool) {
		for i := range n {
			if !yield(9_000_000_000 + i*7) {
				return
			}
		}
	})
	wait := bulkcollect.WaitOptions{FirstPoll: time.Millisecond, MaxPoll: time.Millisecond}
	group, err := client.BulkCollect.Base.OpenGroup(ctx, os.Getenv("DIR"), ids, bulkcollect.GroupOptions{Wait: wait})
	if err != nil {
		return err
	}
	if err := group.Run(ctx); err != nil {
		return err
	}
	var records int64
	for _, err := range group.Records(ctx, bulkcollect.RecordsOptions{}) {
		if err != nil {
			return err
		}
		records++
	}
	if records != n {
		return fmt.Errorf("%d records of %d", records, n)
	}
	return group.Close()
}

// BenchmarkGroupMemory measures the peak memory of groups of a hundred thousand, a million and three million IDs: the list
// checked and copied, the jobs requested, their files fetched, the records walked.
func BenchmarkGroupMemory(b *testing.B) {
	server := httptest.NewServer(&ready{jobs: make(map[string][]int64)})
	defer server.Close()
	idle := rss.Peak(b, "idle")
	for range b.N {
		for _, n := range []int{100_000, 1_000_000, 3_000_000} {
			dir := filepath.Join(b.TempDir(), strconv.Itoa(n))
			peak := rss.Peak(b, "group", "IDS="+strconv.Itoa(n), "URL="+server.URL, "DIR="+dir)
			b.ReportMetric(float64(peak-idle)/(1<<20), fmt.Sprintf("MB-above-idle:%d", n))
		}
	}
	b.ReportMetric(0, "ns/op")
}

// ready is a provider whose jobs are ready at once and find everybody, in one file.
type ready struct {
	mu   sync.Mutex
	jobs map[string][]int64
}

func (p *ready) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost {
		var list struct {
			IDs []int64 `json:"ids"`
		}
		if err := json.NewDecoder(r.Body).Decode(&list); err != nil {
			http.Error(w, "", http.StatusBadRequest)
			return
		}
		p.mu.Lock()
		id := fmt.Sprintf("job-%d", len(p.jobs))
		p.jobs[id] = list.IDs
		p.mu.Unlock()
		w.WriteHeader(http.StatusCreated)
		_, _ = fmt.Fprintf(w, `{"request_id":%q}`, id)
		return
	}
	_, rest, _ := strings.Cut(r.URL.Path, "/data_requests/")
	id, file, _ := strings.Cut(rest, "/files")
	if file == "" {
		_, _ = w.Write([]byte(`{"data_request_files":["json/part-00000.json.gz"]}`))
		return
	}
	p.mu.Lock()
	ids := p.jobs[id]
	p.mu.Unlock()
	zipped := gzip.NewWriter(w)
	for _, id := range ids {
		_, _ = fmt.Fprintf(zipped, `{"id":%d,"full_name":"Person %d","headline":"Data engineer at Example %d","location":"Somewhere, Germany"}`+"\n", id, id, id%1000)
	}
	_ = zipped.Close()
}
