package download

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/durable"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
)

const listedOne = `{"format":1,"job":"job","count":1,"files":[{"name":"a","local":"a"}]}` + "\n"

func TestManifestThatCannotBeUsed(t *testing.T) {
	for name, text := range map[string]string{
		"another format":    `{"format":2,"job":"job"}`,
		"another file":      `{"id":1}`,
		"another form":      `{"format":"1"}`,
		"negative count":    `{"format":1,"count":-1}`,
		"huge count":        `{"format":1,"count":100001}`,
		"more than counted": `{"format":1,"count":0,"files":[{"name":"a","local":"a"}]}`,
		"twice":             `{"format":1,"count":2,"files":[{"name":"a","local":"a"},{"name":"a","local":"b"}]}`,
		"one place":         `{"format":1,"count":2,"files":[{"name":"a","local":"x"},{"name":"b","local":"X"}]}`,
		"outside":           `{"format":1,"count":1,"files":[{"name":"a","local":"../a"}]}`,
		"the manifest":      `{"format":1,"count":1,"files":[{"name":"a","local":"/manifest.jsonl"}]}`,
		"no name":           `{"format":1,"count":1,"files":[{"name":"","local":"a"}]}`,
		"begun too early":   `{"format":1,"count":1}` + "\n" + `{"started":{"name":"a"}}`,
		"begun, unknown":    listedOne + `{"started":{"name":"b"}}`,
		"begun, length":     listedOne + `{"started":{"name":"a","length":-2}}`,
		"begun, ETag":       listedOne + `{"started":{"name":"a","etag":"\"\r\nX: 1\""}}`,
		"begun, weak":       listedOne + `{"started":{"name":"a","etag":"W/\"a\""}}`,
		"begun, date":       listedOne + `{"started":{"name":"a","modified":"yesterday"}}`,
		"ended, unknown":    listedOne + `{"finished":{"name":"b"}}`,
		"ended, size":       listedOne + `{"finished":{"name":"a","size":-1}}`,
		"damaged":           listedOne + "rubbish\n{}",
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(dir, manifestName), []byte(text+"\n"), 0o600))
			_, err := Open(dir, "job")
			require.ErrorIs(t, err, ErrManifest)
			assert.NotContains(t, err.Error(), "\n")
			_, _, err = Read(dir)
			require.ErrorIs(t, err, ErrManifest)
			kept, err := os.ReadFile(filepath.Join(dir, manifestName))
			require.NoError(t, err)
			assert.Equal(t, text+"\n", string(kept))
		})
	}
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, manifestName), []byte(listedOne+`{"later":1}`+"\n"), 0o600))
	require.NoError(t, openDir(t, dir).Close(), "an entry of a later version")
	huge, err := os.OpenFile(filepath.Join(dir, manifestName), os.O_WRONLY, 0)
	require.NoError(t, err)
	require.NoError(t, huge.Truncate(maxManifest+1))
	require.NoError(t, huge.Close())
	_, err = Open(dir, "job")
	require.ErrorIs(t, err, ErrManifest)
}

// FuzzManifest opens and downloads with any manifest: nothing beside the directory is touched, and no request has a header
// that the manifest made up.
func FuzzManifest(f *testing.F) {
	for _, text := range []string{
		listedOne, listedOne + `{"started":{"name":"a","etag":"\"x\"","length":9}}` + "\n", listedOne + `{"finished":{"name":"a","size":3,"crc32c":1}}` + "\n",
		strings.ReplaceAll(listedOne, `"local":"a"`, `"local":"../a"`), strings.ReplaceAll(listedOne, `"local":"a"`, `"local":"json/CON"`), "{}\n", "",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var m manifest
		if _, err := durable.ReadJournal(bytes.NewReader(text), m.take); err != nil && len(text) < 10 {
			return
		}
		parent := memoryDir(t)
		dir := filepath.Join(parent, "dir")
		require.NoError(t, os.MkdirAll(filepath.Join(dir, "files"), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(dir, manifestName), text, 0o600))
		require.NoError(t, os.WriteFile(filepath.Join(dir, "files", "a.partial"), []byte("\x1f\x8b1"), 0o600))
		_, _, _ = Read(dir)
		d, err := Open(dir, m.job)
		if err == nil {
			if len(m.files) < 20 {
				_, err = d.Fetch(t.Context(), func(_ context.Context, _ string, header http.Header) (*transport.Stream, error) {
					for name, values := range header {
						require.Contains(t, []string{"Accept-Encoding", "Range", "If-Range"}, name)
						require.NotContains(t, strings.Join(values, ""), "\n")
					}
					return nil, wire.Plain("no network", api.ErrNotFound)
				}, Options{Parallel: 1})
				require.NoError(t, err)
			}
			require.NoError(t, d.Close())
		}
		beside, err := os.ReadDir(parent)
		require.NoError(t, err)
		require.Len(t, beside, 1)
		within, err := os.ReadDir(dir)
		require.NoError(t, err)
		for _, entry := range within {
			require.Contains(t, []string{"files", manifestName, lockName}, entry.Name())
		}
	})
}
