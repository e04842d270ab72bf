package benchmarks

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/benchmarks/internal/turns"
	"github.com/pronet-go/pronet/bulkcollect"
)

// downloadServer serves a job whose files have the same content, at a bounded speed if perSecond is not 0, and returns
// its address.
func downloadServer(b *testing.B, content []byte, files int, perSecond int64) string {
	b.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	names := make([]string, files)
	for i := range names {
		names[i] = strconv.Quote(fmt.Sprintf("json/part-%05d.json.gz", i))
	}
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/files") {
			_, _ = io.WriteString(w, `{"data_request_files":[`+strings.Join(names, ",")+`]}`)
			return
		}
		w.Header().Set("Etag", `"v1"`)
		w.Header().Set("Content-Length", strconv.Itoa(len(content)))
		if perSecond == 0 {
			_, _ = w.Write(content)
			return
		}
		step := int(perSecond / 100)
		for tick, sent := time.Now(), 0; sent < len(content); sent += step {
			if _, err := w.Write(content[sent:min(sent+step, len(content))]); err != nil {
				return
			}
			tick = tick.Add(10 * time.Millisecond)
			timer := time.NewTimer(time.Until(tick))
			<-timer.C
		}
	})}
	go func() { _ = server.Serve(listener) }()
	b.Cleanup(func() { _ = server.Close() })
	return "http://" + listener.Addr().String()
}

func downloadClient(b *testing.B, address string) *pronet.Client {
	b.Helper()
	client, err := pronet.New(pronet.WithCoresignal("key", pronet.BaseURL(address), pronet.RateLimit("", 10_000, time.Second)))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(client.CloseIdleConnections)
	return client
}

func downloadNoise(size int) []byte {
	content := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{}).Read(content)
	return content
}

// plainCopy copies an address into a file with a buffer of 256 KiB.
func plainCopy(address, name string, sync bool) (err error) {
	request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	request.Header.Set("Accept-Encoding", "identity")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if _, err := io.CopyBuffer(struct{ io.Writer }{file}, response.Body, make([]byte, 256<<10)); err != nil {
		return err
	}
	if sync {
		return file.Sync()
	}
	return nil
}

// BenchmarkDownload compares a download of one file (256 MB, or PRONET_DOWNLOAD_MB), with its checksum, journal and syncs,
// to a copy of 256 KiB at a time from the same server to the same disk, synced as well. The copy that is not synced is
// shown beside it.
func BenchmarkDownload(b *testing.B) {
	megabytes := 256
	if text := os.Getenv("PRONET_DOWNLOAD_MB"); text != "" {
		var err error
		if megabytes, err = strconv.Atoi(text); err != nil {
			b.Fatal(err)
		}
	}
	content := downloadNoise(megabytes << 20)
	address := downloadServer(b, content, 1, 0)
	client := downloadClient(b, address)
	dir := os.Getenv("PRONET_DOWNLOAD_DIR")
	if dir == "" {
		dir = b.TempDir()
	}
	clean := func() error {
		return errors.Join(os.RemoveAll(filepath.Join(dir, "job")), os.RemoveAll(filepath.Join(dir, "copy")))
	}
	target := filepath.Join(dir, "copy")
	file := address + "/cdapi/v2/data_requests/job/files/json/part-00000.json.gz"
	turns.Compare(b,
		turns.Case{Name: "copy+sync", Run: func() error { return errors.Join(plainCopy(file, target, true), clean()) }},
		turns.Case{Name: "copy", Run: func() error { return errors.Join(plainCopy(file, target, false), clean()) }},
		turns.Case{Name: "pronet", Run: func() error {
			d, err := client.BulkCollect.Base.Download(b.Context(), "job", filepath.Join(dir, "job"), bulkcollect.DownloadOptions{})
			if err == nil && !d.Finished() {
				err = errors.New("the download is not finished")
			}
			return errors.Join(err, clean())
		}},
	)
}

// BenchmarkDownloadParallel downloads eight files of 16 MB from a server that gives each connection 50 MB/s. The metric is
// the speed in parts of what four connections give.
func BenchmarkDownloadParallel(b *testing.B) {
	const files, size, perSecond = 8, 16 << 20, 50_000_000
	address := downloadServer(b, downloadNoise(size), files, perSecond)
	client := downloadClient(b, address)
	dir := b.TempDir()
	var took time.Duration
	for b.Loop() {
		started := time.Now()
		_, err := client.BulkCollect.Base.Download(b.Context(), "job", filepath.Join(dir, "job"), bulkcollect.DownloadOptions{})
		took += time.Since(started)
		if err := errors.Join(err, os.RemoveAll(filepath.Join(dir, "job"))); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*files*size/took.Seconds()/(4*perSecond), "of-4-connections")
}
