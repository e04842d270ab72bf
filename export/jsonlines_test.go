package export_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/export"
)

func lines(t testing.TB, o export.JSONLinesOptions, records ...export.Record) string {
	t.Helper()
	var out bytes.Buffer
	w := export.NewJSONLines(&out, o)
	for _, r := range records {
		require.NoError(t, w.Write(t.Context(), r))
	}
	require.NoError(t, w.Flush(t.Context()))
	return out.String()
}

func TestJSONLinesLoseNothing(t *testing.T) {
	text := `{"id": 7,` + "\n" + ` "n": 1.50e3, "big": 12345678901234567890.5, "a": "\u00e9<&>\/", "a": null, "bad": "` + "\xff" + `\ud800", "z": [ {} , [] ]}`
	want := `{"id":7,"n":1.50e3,"big":12345678901234567890.5,"a":"\u00e9<&>\/","a":null,"bad":"` + "\xff" + `\ud800","z":[{},[]]}` + "\n"
	for _, asReceived := range []bool{false, true} {
		assert.Equal(t, want, lines(t, export.JSONLinesOptions{AsReceived: asReceived}, base(t, text)))
	}
}

func TestJSONLinesOfAChangedRecord(t *testing.T) {
	r := base(t, `{"id":7,"full_name":"Jo","new":1}`)
	r.FullName = "redacted"
	assert.Equal(t, `{"id":7,"full_name":"redacted","new":1}`+"\n", lines(t, export.JSONLinesOptions{}, r))
	assert.Equal(t, `{"id":7,"full_name":"Jo","new":1}`+"\n", lines(t, export.JSONLinesOptions{AsReceived: true}, r))
}

func TestJSONLinesOfRecordsThatKeepNoJSON(t *testing.T) {
	for _, asReceived := range []bool{false, true} {
		assert.Equal(t, `{"id":7,"full_name":"Jo"}`+"\n", lines(t, export.JSONLinesOptions{AsReceived: asReceived}, &employee.BaseRecord{ID: 7, FullName: "Jo"}))
	}
}

func TestJSONLinesOfEveryDataset(t *testing.T) {
	multi, err := employee.Decode[employee.MultiSourceRecord]([]byte(compact(t, "multisource_complete.json")))
	require.NoError(t, err)
	line := lines(t, export.JSONLinesOptions{}, multi)
	assert.Equal(t, 1, strings.Count(line, "\n"))
	again, err := employee.Decode[employee.MultiSourceRecord]([]byte(line))
	require.NoError(t, err)
	assert.Equal(t, multi.Experience, again.Experience)
	clean, err := employee.Decode[employee.CleanRecord]([]byte(compact(t, "clean_complete.json")))
	require.NoError(t, err)
	v1, err := employee.Decode[employee.V1Record]([]byte(compact(t, "v1_complete.json")))
	require.NoError(t, err)
	assert.Equal(t, 2, strings.Count(lines(t, export.JSONLinesOptions{}, clean, v1), "\n"))
}

// TestJSONLinesWriteWholeLines: what the writer below was given at any time ends with a line.
func TestJSONLinesWriteWholeLines(t *testing.T) {
	var out wholeLines
	n, err := export.Copy(t.Context(), numbered(20_000), export.NewJSONLines(&out, export.JSONLinesOptions{}))
	require.NoError(t, err)
	assert.EqualValues(t, 20_000, n)
	assert.Less(t, out.writes, 20)
	assert.Zero(t, out.torn)
}

type wholeLines struct{ writes, torn int }

func (w *wholeLines) Write(p []byte) (int, error) {
	w.writes++
	if !bytes.HasSuffix(p, []byte("\n")) {
		w.torn++
	}
	return len(p), nil
}

func TestJSONLinesCompressed(t *testing.T) {
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	n, err := export.Copy(t.Context(), numbered(3), export.NewJSONLines(zip, export.JSONLinesOptions{}))
	require.NoError(t, err)
	assert.EqualValues(t, 3, n)
	require.NoError(t, zip.Close())
	r, err := gzip.NewReader(&out)
	require.NoError(t, err)
	plainText, err := io.ReadAll(r)
	require.NoError(t, err)
	assert.Equal(t, `{"id":1,"name":"n1"}`+"\n"+`{"id":2,"name":"n2"}`+"\n"+`{"id":3,"name":"n3"}`+"\n", string(plainText))
}
