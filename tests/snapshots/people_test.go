package snapshots

import (
	"database/sql"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/pronet-go/pronet/internal/pronettest"
	"github.com/pronet-go/pronet/snapshot"
)

// person is a small record, of about a kilobyte, that has as much of its own as real ones.
func person(id int64) []byte {
	r := rand.New(rand.NewPCG(uint64(id), 7))
	word := func() string {
		text := make([]byte, 3+r.IntN(8))
		for i := range text {
			text[i] = "etaoinshrdlucmfwypvbgkqjxz"[min(r.IntN(26), r.IntN(26))]
		}
		return string(text)
	}
	words := func(n int) string {
		all := make([]string, n)
		for i := range all {
			all[i] = word()
		}
		return strings.Join(all, " ")
	}
	var jobs []string
	for i := range 3 {
		jobs = append(jobs, fmt.Sprintf(`{"id":%d,"title":%q,"company_name":%q,"company_id":%d,"date_from":"%d","date_to":null,"order_in_profile":%d,"deleted":0}`,
			r.Int32(), words(3), words(2), r.Int32(), 2000+r.IntN(25), i+1))
	}
	return fmt.Appendf(nil, `{"id":%d,"full_name":%q,"headline":%q,"location":%q,"professional_network_url":"https://www.example.com/in/%s-%d","connections_count":%d,"experience":[%s],"summary":%q,"last_updated":"2026-03-%02d"}`,
		id, words(2), words(6), words(2), word(), r.Int32(), r.IntN(500), strings.Join(jobs, ","), words(20), 1+r.IntN(28))
}

// BenchmarkPeople keeps 100,000 small people and, with PRONET_HARD=1, a million: what one takes on the disk, and in memory,
// and how long a Put and a Get take among them, one after another. The disk counts in blocks of 4 KiB.
func BenchmarkPeople(b *testing.B) {
	sizes := []int{100_000}
	if pronettest.Hard() {
		sizes = append(sizes, 1_000_000)
	}
	for _, n := range sizes {
		b.Run(fmt.Sprint("files:", n), func(b *testing.B) {
			for range b.N {
				dir := b.TempDir()
				files, err := snapshot.OpenFiles(dir)
				require.NoError(b, err)
				measure(b, files, dir, n, func(from, to int64) error {
					for id := from; id < to; id++ {
						if err := files.Put(b.Context(), key(id), snapshot.Snapshot{Record: person(id), Taken: noon}); err != nil {
							return err
						}
					}
					return nil
				})
				require.NoError(b, files.Close())
			}
		})
		b.Run(fmt.Sprint("SQLite:", n), func(b *testing.B) {
			for range b.N {
				dir := b.TempDir()
				db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "people.db")+"?_pragma=busy_timeout(600000)&_pragma=journal_mode(wal)&_pragma=synchronous(full)")
				require.NoError(b, err)
				store, err := snapshot.NewSQL(db, snapshot.SQLite, "")
				require.NoError(b, err)
				require.NoError(b, store.Create(b.Context()))
				measure(b, store, dir, n, func(from, to int64) error {
					return store.Transaction(b.Context(), func(_ *sql.Tx, s snapshot.Store) error {
						for id := from; id < to; id++ {
							if err := s.Put(b.Context(), key(id), snapshot.Snapshot{Record: person(id), Taken: noon}); err != nil {
								return err
							}
						}
						return nil
					})
				})
				require.NoError(b, db.Close())
			}
		})
	}
}

// measure fills a store in parts of a thousand, and reports what it takes.
func measure(b *testing.B, store snapshot.Store, dir string, n int, fill func(from, to int64) error) {
	b.Helper()
	parts := make(chan int64)
	var group sync.WaitGroup
	began := time.Now()
	for range 4 {
		group.Go(func() {
			for from := range parts {
				if err := fill(from, from+1000); err != nil {
					b.Error(err)
				}
			}
		})
	}
	for from := int64(1); from <= int64(n); from += 1000 {
		parts <- from
	}
	close(parts)
	group.Wait()
	b.ReportMetric(float64(time.Since(began).Microseconds())/float64(n), "µs/first-put")
	const samples = 1000
	random := rand.New(rand.NewPCG(1, 1))
	began = time.Now()
	var raw int
	for range samples {
		id := 1 + random.Int64N(int64(n))
		record := person(id)
		raw += len(record)
		require.NoError(b, store.Put(b.Context(), key(id), snapshot.Snapshot{Record: record, Taken: noon.Add(1)}))
	}
	b.ReportMetric(float64(time.Since(began).Microseconds())/samples, "µs/put")
	began = time.Now()
	for range samples {
		got, err := store.Get(b.Context(), key(1+random.Int64N(int64(n))))
		require.NoError(b, err)
		require.NotEmpty(b, got.Record)
	}
	b.ReportMetric(float64(time.Since(began).Microseconds())/samples, "µs/get")
	var memory runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&memory)
	b.ReportMetric(float64(memory.HeapAlloc)/1024, "KiB-heap")
	b.ReportMetric(float64(raw)/samples, "B/record")
	b.ReportMetric(float64(onDisk(b, dir))/float64(n), "B-on-disk/person")
	b.ReportMetric(0, "ns/op")
	began = time.Now()
	due := 0
	for _, err := range store.Before(b.Context(), "base", noon.Add(1)) {
		require.NoError(b, err)
		due++
	}
	require.Greater(b, due, n-samples-1)
	b.ReportMetric(float64(time.Since(began).Milliseconds()), "ms/walk")
}

func onDisk(b *testing.B, dir string) (bytes int64) {
	b.Helper()
	const block = 4096
	require.NoError(b, filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && !strings.HasSuffix(d.Name(), "-wal") {
			bytes += (info.Size() + block - 1) / block * block
		}
		return err
	}))
	return bytes
}
