package bulkcollect_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
)

const anyFile = "/cdapi/v2/data_requests/*/files/*/*"

// sameAsProvider compares what is stored with what the provider sends.
func sameAsProvider(t testing.TB, client *pronet.Client, d *bulkcollect.Download) {
	t.Helper()
	require.True(t, d.Finished())
	names, err := client.BulkCollect.Base.Files(t.Context(), d.JobID)
	require.NoError(t, err)
	require.Len(t, d.Files, len(names))
	for i, f := range d.Files {
		require.Equal(t, names[i], f.Name)
		file, err := client.BulkCollect.Base.OpenFile(t.Context(), d.JobID, f.Name)
		require.NoError(t, err)
		want, err := io.ReadAll(file)
		require.NoError(t, errors.Join(err, file.Close()))
		got, err := os.ReadFile(f.Path)
		require.NoError(t, err)
		require.Equal(t, sha256.Sum256(want), sha256.Sum256(got))
		require.EqualValues(t, len(want), f.Size)
		require.False(t, f.Unverified)
	}
}

func TestDownload(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(23), coresignal.WithPartSize(4), coresignal.WithJobPolls(1))
	id := requestAll(t, sb, client)
	dir := filepath.Join(t.TempDir(), "new", "job")
	var told []bulkcollect.DownloadProgress
	var meta api.Meta
	o := bulkcollect.DownloadOptions{
		Wait:       bulkcollect.WaitOptions{FirstPoll: time.Millisecond},
		OnProgress: func(p bulkcollect.DownloadProgress) { told = append(told, p) },
	}
	d, err := client.BulkCollect.Base.Download(t.Context(), id, dir, o, api.WithMeta(&meta))
	require.NoError(t, err)
	assert.Equal(t, 200, meta.Status)
	assert.Equal(t, id, d.JobID)
	assert.Len(t, d.Files, 6)
	last := told[len(told)-1]
	assert.Equal(t, bulkcollect.DownloadProgress{Bytes: last.TotalBytes, TotalBytes: last.TotalBytes, Files: 6, TotalFiles: 6}, last)
	sameAsProvider(t, client, d)

	spent, sent := sb.Coresignal.CreditsSpent(), sb.Requests()
	again, err := client.BulkCollect.Base.Download(t.Context(), id, dir, bulkcollect.DownloadOptions{Verify: true})
	require.NoError(t, err)
	assert.Equal(t, d, again)
	assert.Equal(t, sent, sb.Requests(), "R31: nothing is asked for again")
	assert.Equal(t, spent, sb.Coresignal.CreditsSpent())
	opened, err := bulkcollect.OpenDownload(dir)
	require.NoError(t, err)
	assert.Equal(t, d, opened)

	records := 0
	for _, f := range d.Files {
		file, err := os.Open(f.Path)
		require.NoError(t, err)
		for _, err := range client.BulkCollect.Base.DecodeRecords(f.Name, file) {
			require.NoError(t, err)
			records++
		}
		require.NoError(t, file.Close())
	}
	assert.Equal(t, 23, records)
}

// TestDownloadThroughBrokenConnections: each file's answer breaks, and later the provider is away for a while.
func TestDownloadThroughBrokenConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sb, client := startInMemory(t, coresignal.WithPeople(30), coresignal.WithPartSize(10), coresignal.WithJobPolls(0))
		id := requestAll(t, sb, client)
		sb.Fail(sandbox.Fault{Path: anyFile, Drop: sandbox.DropMidBody, Times: 3})
		dir := t.TempDir()
		d, err := client.BulkCollect.Base.Download(t.Context(), id, dir, bulkcollect.DownloadOptions{})
		require.NoError(t, err)
		assert.Equal(t, 1+3*2, sb.RequestsTo("GET", ""))
		sameAsProvider(t, client, d)
	})
}

func TestDownloadIsTakenUpAfterAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sb, client := startInMemory(t, coresignal.WithPeople(30), coresignal.WithPartSize(10), coresignal.WithJobPolls(0))
		id := requestAll(t, sb, client)
		dir := t.TempDir()
		sb.Fail(sandbox.Fault{Path: anyFile, Status: 503, After: 1})
		d, err := client.BulkCollect.Base.Download(t.Context(), id, dir, bulkcollect.DownloadOptions{Parallel: 1})
		require.ErrorIs(t, err, api.ErrUnavailable)
		failed, ok := errors.AsType[*bulkcollect.FileError](err)
		require.True(t, ok)
		assert.Equal(t, d.Files[1].Name, failed.File)
		assert.False(t, d.Finished())
		assert.True(t, d.Files[0].Finished)
		sb.ClearFaults()
		before := sb.RequestsTo("GET", "")
		d, err = client.BulkCollect.Base.Download(t.Context(), id, dir, bulkcollect.DownloadOptions{})
		require.NoError(t, err)
		assert.Equal(t, 2, sb.RequestsTo("GET", "")-before, "neither the list nor the finished file")
		sameAsProvider(t, client, d)
	})
}

// TestDownloadCancelled is cancelled while it waits for the job, while it waits for the provider to come back, and before
// anything.
func TestDownloadCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sb, client := startInMemory(t, coresignal.WithPeople(10), coresignal.WithPartSize(5), coresignal.WithJobPolls(3))
		id := requestAll(t, sb, client)
		dir := t.TempDir()
		for _, after := range []time.Duration{0, 3 * time.Second} {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(after, cancel)
			if after == 0 {
				cancel()
			}
			d, err := client.BulkCollect.Base.Download(ctx, id, dir, bulkcollect.DownloadOptions{})
			require.ErrorIs(t, err, context.Canceled)
			assert.Nil(t, d)
		}
		time.Sleep(time.Minute)
		sb.Fail(sandbox.Fault{Path: anyFile, Drop: sandbox.DropBeforeAct})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		told := 0
		_, err := client.BulkCollect.Base.Download(ctx, id, dir, bulkcollect.DownloadOptions{OnProgress: func(bulkcollect.DownloadProgress) {
			told++
			time.AfterFunc(time.Millisecond, cancel)
		}})
		require.ErrorIs(t, err, context.Canceled)
		assert.Contains(t, err.Error(), "the download was interrupted")
		assert.Equal(t, 1, told)
		sb.ClearFaults()
		d, err := client.BulkCollect.Base.Download(t.Context(), id, dir, bulkcollect.DownloadOptions{})
		require.NoError(t, err)
		sameAsProvider(t, client, d)
	})
}

func TestDownloadRefuses(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(3), coresignal.WithJobPolls(0))
	base := client.BulkCollect.Base
	id := requestAll(t, sb, client)
	sent := sb.Requests()
	for _, tt := range []struct {
		job, dir string
		o        bulkcollect.DownloadOptions
		option   api.CallOption
	}{
		{"", "d", bulkcollect.DownloadOptions{}, nil},
		{"..", "d", bulkcollect.DownloadOptions{}, nil},
		{"\xff", "d", bulkcollect.DownloadOptions{}, nil},
		{id, "", bulkcollect.DownloadOptions{}, nil},
		{id, "d", bulkcollect.DownloadOptions{Parallel: -1}, nil},
		{id, "d", bulkcollect.DownloadOptions{}, api.WithMaxAttemptsPerCall(0)},
	} {
		_, err := base.Download(t.Context(), tt.job, tt.dir, tt.o, tt.option)
		require.ErrorIs(t, err, api.ErrInvalid)
		assert.NoDirExists(t, "d")
	}
	assert.Equal(t, sent, sb.Requests())

	dir := t.TempDir()
	_, err := bulkcollect.OpenDownload(dir)
	require.ErrorIs(t, err, fs.ErrNotExist)
	_, ok := errors.AsType[*bulkcollect.StorageError](err)
	assert.True(t, ok)
	_, err = base.Download(t.Context(), "unknown", dir, bulkcollect.DownloadOptions{})
	require.ErrorIs(t, err, api.ErrNotFound)
	_, err = base.Download(t.Context(), id, dir, bulkcollect.DownloadOptions{OnProgress: func(bulkcollect.DownloadProgress) {
		_, err := base.Download(t.Context(), id, dir, bulkcollect.DownloadOptions{})
		assert.ErrorIs(t, err, bulkcollect.ErrDirInUse)
	}})
	require.NoError(t, err)
	_, err = base.Download(t.Context(), "another", dir, bulkcollect.DownloadOptions{})
	require.ErrorIs(t, err, bulkcollect.ErrDirOfOtherJob)

	require.NoError(t, os.WriteFile(filepath.Join(dir, "manifest.jsonl"), []byte("{\"format\":99}\n"), 0o600))
	_, err = base.Download(t.Context(), id, dir, bulkcollect.DownloadOptions{})
	require.ErrorIs(t, err, bulkcollect.ErrDirDamaged)
	_, err = bulkcollect.OpenDownload(dir)
	require.ErrorIs(t, err, bulkcollect.ErrDirDamaged)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "plain"), nil, 0o600))
	_, err = base.Download(t.Context(), id, filepath.Join(dir, "plain", "dir"), bulkcollect.DownloadOptions{})
	storage, ok := errors.AsType[*bulkcollect.StorageError](err)
	require.True(t, ok)
	assert.Equal(t, `bulkcollect: make ".": not a directory`, storage.Error())
}

// naming returns a client of a provider whose job has files of these names. Each holds its name, but for those that are gone.
func naming(t *testing.T, names ...string) *pronet.Client {
	t.Helper()
	list, err := json.Marshal(map[string][]string{"data_request_files": names})
	require.NoError(t, err)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, ofFile := strings.CutPrefix(r.URL.Path, "/cdapi/v2/data_requests/job/files/")
		switch {
		case !ofFile:
			_, _ = w.Write(list)
		case strings.HasPrefix(name, "gone"):
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(`{"detail":"no such file"}`))
		default:
			_, _ = io.WriteString(w, name)
		}
	}))
	t.Cleanup(server.Close)
	return connect(t, pronet.WithCoresignal("key", pronet.BaseURL(server.URL), pronet.RateLimit("", 1000, time.Second)))
}

// TestR24DownloadOfEvilNames: each file is asked for by its own name, and kept under a harmless one.
func TestR24DownloadOfEvilNames(t *testing.T) {
	names := []string{"JSON/A.json.gz", "json/a.json.gz", "CON", "-rf", ".ssh/authorized_keys", "C:evil", `..\evil`, "json", "part "}
	parent := t.TempDir()
	d, err := naming(t, names...).BulkCollect.Base.Download(t.Context(), "job", filepath.Join(parent, "dir"), bulkcollect.DownloadOptions{})
	require.NoError(t, err)
	require.Len(t, d.Files, len(names))
	for i, f := range d.Files {
		assert.Equal(t, names[i], f.Name)
		data, err := os.ReadFile(f.Path)
		require.NoError(t, err)
		assert.Equal(t, names[i], string(data))
		assert.Regexp(t, `^/dir/files/file-[0-9a-f]{32}`, filepath.ToSlash(strings.TrimPrefix(f.Path, parent)))
	}
	beside, err := os.ReadDir(parent)
	require.NoError(t, err)
	assert.Len(t, beside, 1)
}

func TestDownloadOfNamesThatCannotBeAskedFor(t *testing.T) {
	for _, name := range []string{"../x", "a/../b", "a/b/c/d", "", "/etc/passwd", strings.Repeat("x", 3000)} {
		dir := t.TempDir()
		_, err := naming(t, "fine", name).BulkCollect.Base.Download(t.Context(), "job", dir, bulkcollect.DownloadOptions{})
		require.ErrorIs(t, err, api.ErrInvalid)
		failed, ok := errors.AsType[*bulkcollect.FileError](err)
		require.True(t, ok)
		assert.Equal(t, name, failed.File)
		assert.NoFileExists(t, filepath.Join(dir, "manifest.jsonl"))
	}
}

// TestDownloadErrorsOfSeveralFiles are all found in the one error, and its text is one line.
func TestDownloadErrorsOfSeveralFiles(t *testing.T) {
	client := naming(t, "gone-1", "fine", "gone-2")
	d, err := client.BulkCollect.Base.Download(t.Context(), "job", t.TempDir(), bulkcollect.DownloadOptions{Parallel: 1})
	require.ErrorIs(t, err, api.ErrNotFound)
	joined, ok := err.(interface{ Unwrap() []error })
	require.True(t, ok)
	require.Len(t, joined.Unwrap(), 2)
	for i, name := range []string{"gone-1", "gone-2"} {
		failed, ok := errors.AsType[*bulkcollect.FileError](joined.Unwrap()[i])
		require.True(t, ok)
		assert.Equal(t, name, failed.File)
	}
	assert.NotContains(t, err.Error(), "\n")
	assert.Contains(t, err.Error(), "(and 1 more)")
	assert.True(t, d.Files[1].Finished)
	assert.True(t, d.Files[1].Unverified == false && d.Files[1].Size == 4)
}
