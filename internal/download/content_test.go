package download

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
)

// TestFilesThatNobodyCouldRead are refused, and asked for once.
func TestFilesThatNobodyCouldRead(t *testing.T) {
	data := packed(t, 1, 60)
	encoded := func(values ...string) answer {
		for i, value := range values {
			values[i] = "Content-Encoding: " + value
		}
		return cutAt(data, len(data), append(values, tagLine)...)
	}
	for name, tt := range map[string]struct {
		answer answer
		want   error
	}{
		"empty":              {serving(nil, tag), api.ErrUnexpectedResponse},
		"empty, in chunks":   {raw("200 OK", fields("Transfer-Encoding: chunked"), []byte("0\r\n\r\n")), api.ErrUnexpectedResponse},
		"brotli":             {encoded("br"), api.ErrUnexpectedResponse},
		"gzip of brotli":     {encoded("br", "gzip"), api.ErrUnexpectedResponse},
		"gzip twice":         {encoded("gzip, gzip"), api.ErrUnexpectedResponse},
		"gzip":               {encoded("gzip"), nil},
		"gzip, another case": {encoded("X-GZIP"), nil},
		"identity":           {encoded(" identity"), nil},
		"nothing":            {encoded(""), nil},
	} {
		for _, verify := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, verify %t", name, verify), func(t *testing.T) {
				o, dir := newOrigin(t), t.TempDir()
				o.plan(fileName, tt.answer)
				failures := bringWith(t, dir, o, Options{Parallel: 1, Verify: verify}, fileName)
				assert.Len(t, o.asked(fileName), 1)
				if tt.want == nil {
					require.Empty(t, failures)
					assert.Equal(t, data, content(t, dir, fileName))
					return
				}
				require.Len(t, failures, 1)
				require.ErrorIs(t, failures[0].Err, tt.want)
				assertOnlyPartials(t, dir)
			})
		}
	}
}

// TestAFileThatExpandsTooMuch is not called damaged, and not fetched twice.
func TestAFileThatExpandsTooMuch(t *testing.T) {
	data := packed(t, 0, 10_000)
	o, dir := newOrigin(t), t.TempDir()
	o.plan(fileName, serving(data, tag))
	d := openDir(t, dir, fileName)
	d.maxFile = int64(len(data))
	failures := o.fetchAll(t, d, Options{Verify: true})
	require.Len(t, failures, 1)
	require.ErrorIs(t, failures[0].Err, api.ErrTooLarge)
	assert.NotErrorIs(t, failures[0].Err, api.ErrUnexpectedResponse)
	assert.Equal(t, 1, o.total())
	assertOnlyPartials(t, dir)
}

// TestR29NoMixByDate: the server has another file of that length now, and looks at Range alone.
func TestR29NoMixByDate(t *testing.T) {
	one, two := bytes.Repeat([]byte("{\"v\":1}\n"), 40), bytes.Repeat([]byte("{\"v\":2}\n"), 40)
	const date = "Last-Modified: Mon, 02 Nov 2026 10:00:00 GMT"
	o, dir := newOrigin(t), t.TempDir()
	o.plan(fileName, cutAt(one, 80, date, "Date: Mon, 02 Nov 2026 11:00:00 GMT"),
		partial206(fmt.Sprintf("bytes 80-%d/%d", len(two)-1, len(two)), two[80:]), serving(two, ""))
	require.Empty(t, bring(t, dir, o, fileName))
	assert.Equal(t, string(two), string(content(t, dir, fileName)))
}

// TestTheHostOfTheFilesIsAwayForAWhile: the pipeline repeats what the provider does not answer, not what another host does
// not.
func TestTheHostOfTheFilesIsAwayForAWhile(t *testing.T) {
	data := packed(t, 1, 60)
	busy := wire.NewStatusError(fileOp, http.StatusServiceUnavailable)
	busy.Cause = wire.Plain("the download host responded with 503", transport.ErrDownloadHost)
	gone := wire.NewStatusError(fileOp, http.StatusForbidden)
	gone.Cause = transport.ErrDownloadHost
	for _, tt := range []struct {
		away, requests int
		err            *api.Error
		want           error
	}{
		{1, 2, busy, nil},
		{maxAttempts, maxAttempts + 1, busy, nil},
		{maxAttempts + 1, maxAttempts + 1, busy, api.ErrUnavailable},
		{1, 1, gone, api.ErrForbidden},
		{1, 1, wire.NewStatusError(fileOp, http.StatusServiceUnavailable), api.ErrUnavailable}, // of the provider
	} {
		o, dir := newOrigin(t), t.TempDir()
		o.plan(fileName, serving(data, tag))
		d := openDir(t, dir, fileName)
		requests, pauses := 0, 0
		d.pause = func(context.Context, int) error { pauses++; return nil }
		failures, err := d.Fetch(t.Context(), func(ctx context.Context, name string, header http.Header) (*transport.Stream, error) {
			if requests++; requests <= tt.away {
				return nil, tt.err
			}
			return o.open(ctx, name, header)
		}, Options{})
		require.NoError(t, err)
		assert.Equal(t, tt.requests, requests)
		assert.Equal(t, tt.requests-1, pauses)
		if tt.want == nil {
			require.Empty(t, failures)
			assert.Equal(t, data, content(t, dir, fileName))
			continue
		}
		require.Len(t, failures, 1)
		require.ErrorIs(t, failures[0].Err, tt.want)
	}
}
