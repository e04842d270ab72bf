package benchmarks

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/benchmarks/internal/rss"
	"github.com/pronet-go/pronet/benchmarks/internal/turns"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/subscriptions"
)

const (
	uploadURL  = "PRONET_BENCHMARK_URL"
	uploadFile = "PRONET_BENCHMARK_FILE"
	hook       = "https://hooks.example.com/coresignal/secret"
	many       = 10_000_000
)

func init() {
	works["upload"] = func() error { return uploadIDs(os.Getenv(uploadURL), os.Getenv(uploadFile)) }
	works["distinct"] = func() error { return distinctIDs(os.Getenv(uploadFile)) }
}

// BenchmarkUpload sends 10 million IDs, a file of 99 MB, to a server on the loopback interface that discards them: what
// pronet does, checking pass included, and a bare PUT of the file, against the way with a pipe.
func BenchmarkUpload(b *testing.B) {
	server := discarding(b)
	path := idFile(b, many)
	turns.Compare(b,
		turns.Case{Name: "pipe", Run: func() error { return pipeIDs(server.URL, path) }},
		turns.Case{Name: "pronet", Run: func() error { return uploadIDs(server.URL, path) }},
		turns.Case{Name: "put", Run: func() error { return putFile(server.URL, path) }},
	)
}

// BenchmarkUploadMemory is the peak memory of a process that uploads, above that of one that does nothing.
func BenchmarkUploadMemory(b *testing.B) {
	server := discarding(b)
	compareMemory(b, "upload", uploadURL+"="+server.URL)
}

// BenchmarkDistinctMemory is the peak memory of a process that writes the distinct IDs of a list, above that of one that
// does nothing.
func BenchmarkDistinctMemory(b *testing.B) { compareMemory(b, "distinct") }

func compareMemory(b *testing.B, work string, env ...string) {
	small, large := idFile(b, many/10), idFile(b, many)
	most := map[string]int64{}
	for b.Loop() {
		idle := rss.Peak(b, "idle")
		for name, path := range map[string]string{"1M": small, "10M": large} {
			most[name] = max(most[name], rss.Peak(b, work, append(env, uploadFile+"="+path)...)-idle)
		}
	}
	b.ReportMetric(0, "ns/op")
	for name, peak := range most {
		b.ReportMetric(float64(peak)/(1<<20), "MiB:"+name)
	}
}

// BenchmarkDistinct is the time of the distinct pass over 1 and 10 million IDs, from disk to disk, against a mere check of
// the longer list.
func BenchmarkDistinct(b *testing.B) {
	small, large := idFile(b, many/10), idFile(b, many)
	turns.Compare(b,
		turns.Case{Name: "check 10M", Run: func() error {
			_, err := employee.IDFile(large).Check(context.Background())
			return err
		}},
		turns.Case{Name: "1M", Run: func() error { return distinctIDs(small) }},
		turns.Case{Name: "10M", Run: func() error { return distinctIDs(large) }},
	)
}

// discarding starts a server that reads what it is sent, and answers with a subscription.
func discarding(b *testing.B) *httptest.Server {
	b.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, r.Body, make([]byte, 256<<10))
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		_, _ = io.WriteString(w, `"c8e295c0-2f85-473d-8bef-350526e6b30a"`)
	}))
	b.Cleanup(server.Close)
	return server
}

// idFile writes a list of n IDs of nine digits.
func idFile(b *testing.B, n int64) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "ids.csv")
	file, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriterSize(file, 1<<20)
	line := make([]byte, 0, 20)
	for i := range n {
		id := 100_000_000 + i*7_919%900_000_000
		if _, err := w.Write(append(strconv.AppendInt(line, id, 10), '\n')); err != nil {
			b.Fatal(err)
		}
	}
	if err := errors.Join(w.Flush(), file.Close()); err != nil {
		b.Fatal(err)
	}
	return path
}

func uploadIDs(url, path string) error {
	client, err := pronet.New(pronet.WithCoresignalV1("token", pronet.BaseURL(url), pronet.RateLimit("", 1000, time.Second)))
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	_, err = client.Subscriptions.V1.CreateFromIDs(context.Background(), employee.IDFile(path), subscriptions.Options{WebhookURL: hook})
	return err
}

func distinctIDs(path string) error {
	out, err := os.CreateTemp(filepath.Dir(path), "distinct")
	if err != nil {
		return err
	}
	_, err = employee.IDFile(path).WriteDistinct(context.Background(), out, employee.DistinctOptions{Dir: filepath.Dir(path)})
	return errors.Join(err, out.Close(), os.Remove(out.Name()))
}

// pipeIDs is the usual way without an SDK: one pass, in which each line is checked and written to a pipe, through
// buffers.
func pipeIDs(url, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	reader, writer := io.Pipe()
	form := multipart.NewWriter(writer)
	go func() { writer.CloseWithError(writeForm(form, file)) }()
	return send(http.MethodPost, url, form.FormDataContentType(), reader, -1)
}

func writeForm(form *multipart.Writer, file io.Reader) error {
	if err := form.WriteField("webhook_url", hook); err != nil {
		return err
	}
	part, err := form.CreateFormFile("ids_file", "ids.csv")
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(part, 64<<10)
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		line := lines.Bytes()
		for _, c := range line {
			if c < '0' || c > '9' {
				return errors.New("not a number")
			}
		}
		if _, err := out.Write(line); err != nil {
			return err
		}
		if err := out.WriteByte('\n'); err != nil {
			return err
		}
	}
	return errors.Join(lines.Err(), out.Flush(), form.Close())
}

// putFile is the least that an upload can take: net/http hands the file to the kernel.
func putFile(url, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	info, err := file.Stat()
	if err != nil {
		return err
	}
	return send(http.MethodPut, url, "text/csv", file, info.Size())
}

func send(method, url, contentType string, body io.Reader, length int64) error {
	request, err := http.NewRequestWithContext(context.Background(), method, url, body)
	if err != nil {
		return err
	}
	request.ContentLength = length
	request.Header.Set("Content-Type", contentType)
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	response, err := transport.RoundTrip(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d", response.StatusCode)
	}
	return nil
}
