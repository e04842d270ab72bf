package bulkcollect_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
)

func TestRecordsOfAllParts(t *testing.T) {
	for _, size := range []int{1, 7, 23, 24} {
		sb, client := start(t, coresignal.WithPeople(23), coresignal.WithPartSize(size), coresignal.WithJobPolls(0))
		want := slices.Sorted(slices.Values(sb.Coresignal.PersonIDs())) // the sandbox's order
		id := requestAll(t, sb, client)
		for range 2 { // a second loop fetches again, without paying
			var got []int64
			for rec, err := range client.BulkCollect.Base.Records(t.Context(), id) {
				require.NoError(t, err)
				assert.NotEmpty(t, rec.FullName)
				assert.NotEmpty(t, rec.Raw())
				got = append(got, rec.ID)
			}
			assert.Equal(t, want, got, "parts of %d", size)
		}
		assert.Equal(t, 230, sb.Coresignal.CreditsSpent())
	}
	sb, client := start(t, coresignal.WithPeople(5), coresignal.WithPartSize(2), coresignal.WithJobPolls(0))
	job, err := client.BulkCollect.V1.RequestIDs(t.Context(), employee.IDs(sb.Coresignal.PersonIDs()...), bulkcollect.Options{})
	require.NoError(t, err)
	n := 0
	for rec, err := range client.BulkCollect.V1.Records(t.Context(), job.ID) {
		require.NoError(t, err)
		assert.NotEmpty(t, rec.Name)
		n++
	}
	assert.Equal(t, 5, n)
	assert.Equal(t, 5, sb.Coresignal.V1CreditsSpent())
	assert.EqualValues(t, 1, client.BulkCollect.V1.Cost())
	assert.EqualValues(t, 10, client.BulkCollect.Base.Cost())
}

func TestRecordsIsLazyAndABreakEndsTheStream(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(20), coresignal.WithPartSize(10), coresignal.WithJobPolls(0))
	id := requestAll(t, sb, client)
	walk := client.BulkCollect.Base.Records(t.Context(), id)
	assert.Zero(t, sb.RequestsTo("GET", ""))
	for range 2 {
		for _, err := range walk {
			require.NoError(t, err)
			break
		}
	}
	assert.Equal(t, 4, sb.RequestsTo("GET", ""), "the second file was not opened")
	for range client.BulkCollect.Base.FileRecords(t.Context(), id, "json/none") {
		break
	}
}

func TestRecordsOfAJobThatFailed(t *testing.T) {
	_, client := start(t, coresignal.WithPeople(1))
	n := 0
	for rec, err := range client.BulkCollect.Base.Records(t.Context(), "unknown") {
		assert.Nil(t, rec)
		require.ErrorIs(t, err, api.ErrNotFound)
		n++
	}
	for rec, err := range client.BulkCollect.Base.FileRecords(t.Context(), "unknown", "json/x") {
		assert.Nil(t, rec)
		require.ErrorIs(t, err, api.ErrNotFound)
		n++
	}
	for _, name := range []string{"", "..", "json/../../x", "/json", "a/b/c/d"} {
		_, err := client.BulkCollect.Base.OpenFile(t.Context(), "id", name)
		require.ErrorIs(t, err, api.ErrInvalid)
	}
	assert.Equal(t, 2, n)
}

// TestOpenFileGivesTheBytes as they are at the provider.
func TestOpenFileGivesTheBytes(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(3), coresignal.WithJobPolls(0))
	id := requestAll(t, sb, client)
	files, err := client.BulkCollect.Base.Files(t.Context(), id)
	require.NoError(t, err)
	file, err := client.BulkCollect.Base.OpenFile(t.Context(), id, files[0])
	require.NoError(t, err)
	defer func() { require.NoError(t, file.Close()) }()
	content, err := io.ReadAll(file)
	require.NoError(t, err)
	assert.Equal(t, files[0], file.Name)
	assert.EqualValues(t, len(content), file.Length)
	assert.Equal(t, []byte{0x1f, 0x8b}, content[:2], "still compressed")
	n := 0
	for rec, err := range client.BulkCollect.Base.DecodeRecords("stored.gz", bytes.NewReader(content)) {
		require.NoError(t, err)
		assert.Positive(t, rec.ID)
		n++
	}
	assert.Equal(t, 3, n)
}

// filesOf returns a client of a provider whose job has one file.
func filesOf(t *testing.T, serve http.HandlerFunc) *pronet.Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/files") {
			_, _ = io.WriteString(w, `{"data_request_files":["json/part-0.json.gz"]}`)
			return
		}
		assert.Equal(t, "/cdapi/v2/data_requests/job-1/files/json/part-0.json.gz", r.URL.Path)
		serve(w, r)
	}))
	t.Cleanup(server.Close)
	return connect(t, pronet.WithCoresignal("key", pronet.BaseURL(server.URL), pronet.RateLimit("", 1000, time.Second)))
}

func zipped(t testing.TB, text string) []byte {
	t.Helper()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, err := io.WriteString(w, text)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return packed.Bytes()
}

const (
	twoRecords = `{"id":1,"full_name":"Ann"}` + "\n" + `{"id":2,"full_name":"Bo"}` + "\n"
	theFile    = "json/part-0.json.gz"
)

// walk reads a job's records to their end or to an error.
func walk(t *testing.T, client *pronet.Client) (ids []int64, failure error) {
	t.Helper()
	for rec, err := range client.BulkCollect.Base.Records(t.Context(), "job-1") {
		require.NoError(t, failure, "nothing comes after an error")
		if failure = err; err == nil {
			ids = append(ids, rec.ID)
		}
	}
	return ids, failure
}

func TestFilesThatAreGood(t *testing.T) {
	for name, serve := range map[string]http.HandlerFunc{
		"gzip":        func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(zipped(t, twoRecords)) },
		"plain":       func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, twoRecords) },
		"no last end": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(zipped(t, strings.TrimSpace(twoRecords))) },
		"blanks, CRLF": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write(zipped(t, "\n"+strings.ReplaceAll(twoRecords, "\n", "\r\n\r\n")))
		},
		"encoded, named": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(zipped(t, twoRecords))
		},
		"in pieces": func(w http.ResponseWriter, _ *http.Request) {
			for _, b := range zipped(t, twoRecords) {
				_, _ = w.Write([]byte{b})
				_ = http.NewResponseController(w).Flush()
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			ids, err := walk(t, filesOf(t, serve))
			require.NoError(t, err)
			assert.Equal(t, []int64{1, 2}, ids)
		})
	}
	ids, err := walk(t, filesOf(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(zipped(t, "")) }))
	require.NoError(t, err)
	assert.Empty(t, ids)
}

func TestFilesThatAreNot(t *testing.T) {
	whole := zipped(t, twoRecords)
	write := func(body []byte) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(body) }
	}
	for name, tt := range map[string]struct {
		serve http.HandlerFunc
		kind  error
		good  int
		line  int64
		says  string
	}{
		"cut":              {write(whole[:len(whole)-5]), api.ErrUnexpectedResponse, 2, 3, "the file is cut off"},
		"damaged":          {write(append(slices.Clone(whole[:len(whole)-8]), make([]byte, 8)...)), api.ErrUnexpectedResponse, 2, 3, "the gzip data is damaged"},
		"empty":            {write(nil), api.ErrUnexpectedResponse, 0, 1, "the file is empty"},
		"HTML":             {write([]byte("<html>\nLog in as <b>secret person</b>\n</html>")), api.ErrUnexpectedResponse, 0, 1, "the line is not a record"},
		"an error as JSON": {write([]byte(`["secret person"]`)), api.ErrUnexpectedResponse, 0, 1, "the line is not a record"},
		"a bad line":       {write(zipped(t, twoRecords+`{"id":3,"full_name":"secret person`+"\n"+twoRecords)), api.ErrUnexpectedResponse, 2, 3, "the line is not a record"},
		"two on a line":    {write(zipped(t, `{"id":1}{"id":2}`)), api.ErrUnexpectedResponse, 0, 1, "the line is not a record"},
		"reset": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(len(twoRecords)+100))
			_, _ = io.WriteString(w, twoRecords)
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}, api.ErrUnavailable, 2, 3, "the connection was closed in the middle of the response"},
		"chunks that end too early": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write(whole[:len(whole)-4])
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}, api.ErrUnavailable, 2, 3, "the connection was closed in the middle of the response"},
		"a redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://files.example.com/x", http.StatusFound)
		}, api.ErrRedirect, 0, 0, ""},
		"gone": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(`{"detail":"no such file"}`))
		}, api.ErrNotFound, 0, 0, ""},
		"a proxy's 404": {func(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) }, api.ErrUnexpectedResponse, 0, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			ids, err := walk(t, filesOf(t, tt.serve))
			require.ErrorIs(t, err, tt.kind)
			assert.Len(t, ids, tt.good)
			assert.NotContains(t, err.Error(), "secret person")
			file, ok := errors.AsType[*bulkcollect.FileError](err)
			require.Equal(t, tt.line > 0, ok)
			if !ok {
				return
			}
			assert.Equal(t, theFile, file.File)
			assert.Equal(t, tt.line, file.Line)
			if tt.good == 2 {
				assert.EqualValues(t, len(twoRecords), file.Offset)
			}
			assert.Equal(t, fmt.Sprintf(`bulkcollect: file "json/part-0.json.gz", line %d: %s`, tt.line, tt.says), err.Error())
		})
	}
}

func TestTruncatedGzipOfTheSandbox(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(50), coresignal.WithJobPolls(0))
	id := requestAll(t, sb, client)
	sb.Fail(sandbox.Fault{Path: "/cdapi/v2/data_requests/*/files/json/*", TruncateGzip: true, Times: 1})
	count := func() (n int, failure error) {
		for _, err := range client.BulkCollect.Base.Records(t.Context(), id) {
			if err != nil {
				return n, err
			}
			n++
		}
		return n, nil
	}
	n, err := count()
	require.ErrorIs(t, err, api.ErrUnexpectedResponse)
	assert.Less(t, n, 50)
	n, err = count()
	require.NoError(t, err, "fetched again, for nothing")
	assert.Equal(t, 50, n)
	assert.Equal(t, 500, sb.Coresignal.CreditsSpent())
}

func TestCancellingEndsTheStream(t *testing.T) {
	stopped := make(chan struct{})
	client := filesOf(t, func(w http.ResponseWriter, r *http.Request) {
		defer close(stopped)
		_, _ = io.WriteString(w, twoRecords)
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n := 0
	var failure error
	for _, err := range client.BulkCollect.Base.Records(ctx, "job-1") {
		if failure = err; err == nil {
			n++
		}
		cancel()
	}
	assert.LessOrEqual(t, n, 2)
	require.ErrorIs(t, failure, context.Canceled)
	<-stopped
}

func TestDecodeRecordsOfAStoredFile(t *testing.T) {
	_, client := responding(t, "")
	for name, tt := range map[string]struct {
		r    io.Reader
		kind error
	}{
		"empty": {strings.NewReader(""), api.ErrUnexpectedResponse},
		"cut":   {bytes.NewReader(zipped(t, twoRecords)[:30]), api.ErrUnexpectedResponse},
	} {
		n := 0
		for rec, err := range client.BulkCollect.Base.DecodeRecords(name, tt.r) {
			if n++; err != nil {
				require.ErrorIs(t, err, tt.kind)
				assert.Nil(t, rec)
				assert.Contains(t, err.Error(), fmt.Sprintf("%q", name))
			}
		}
		assert.Positive(t, n)
	}
	for rec, err := range client.BulkCollect.V1.DecodeRecords("v1", strings.NewReader(`{"id":"odd","name":"Ann"}`)) {
		require.NoError(t, err)
		assert.Equal(t, "Ann", rec.Name)
		assert.Equal(t, []string{"id"}, rec.Mismatched(), "a drifted field costs that field alone")
	}
}
