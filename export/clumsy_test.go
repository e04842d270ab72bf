package export_test

import (
	"bytes"
	"context"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/export"
	"github.com/pronet-go/pronet/internal/pronettest"
)

// TestClumsyCallersGetErrors calls each exported method of each type: without a context, of nothing, and of zero values.
func TestClumsyCallersGetErrors(t *testing.T) {
	file, err := export.CreateFile(filepath.Join(t.TempDir(), "x"))
	require.NoError(t, err)
	defer func() { _ = file.Close() }()
	sheet, err := export.NewCSV(&bytes.Buffer{}, export.CSVOptions{Columns: export.Columns("id")})
	require.NoError(t, err)
	values := map[string][]any{
		"AppendedFile": {(*export.AppendedFile)(nil), &export.AppendedFile{}}, "File": {(*export.File)(nil), &export.File{}, file},
		"CSV": {(*export.CSV)(nil), &export.CSV{}, sheet}, "JSONLines": {(*export.JSONLines)(nil), &export.JSONLines{}, export.NewJSONLines(nil, export.JSONLinesOptions{})},
		"Table": {(*export.Table)(nil), &export.Table{}}, "PathError": {&export.PathError{}}, "ColumnsError": {&export.ColumnsError{}},
		"RecordError": {&export.RecordError{}},
	}
	names, err := pronettest.TypesWithMethods()
	require.NoError(t, err)
	for _, name := range names {
		assert.NotNil(t, values[name], "nobody calls the methods of a %s", name)
	}
	for name, list := range values {
		for i, value := range list {
			for _, ctx := range []context.Context{nil, t.Context()} {
				for _, called := range pronettest.CallAll(value, ctx) {
					assert.Nil(t, called.Panic, "%s.%s, value %d", name, called.Method, i)
					if called.Fails && i < 2 && called.Method != "Close" && called.Method != "Unwrap" {
						assert.ErrorIs(t, called.Err, api.ErrInvalid, "%s.%s, value %d", name, called.Method, i)
					}
				}
			}
		}
	}
}

// TestNothingToExport, or nowhere.
func TestNothingToExport(t *testing.T) {
	var none context.Context
	record, err := employee.Decode[employee.BaseRecord]([]byte(`{"id":1}`))
	require.NoError(t, err)
	one := func(yield func(*employee.BaseRecord, error) bool) { yield(record, nil) }
	lines := export.NewJSONLines(&bytes.Buffer{}, export.JSONLinesOptions{})
	_, err = export.Copy(none, one, lines)
	require.ErrorIs(t, err, api.ErrInvalid)
	_, err = export.Copy[*employee.BaseRecord](t.Context(), nil, lines)
	require.ErrorIs(t, err, api.ErrInvalid)
	_, err = export.Copy(t.Context(), one, nil)
	require.ErrorIs(t, err, api.ErrInvalid)
	_, err = export.Copy(t.Context(), one, export.NewJSONLines(nil, export.JSONLinesOptions{}))
	require.ErrorIs(t, err, api.ErrInvalid)
	_, err = export.NewCSV(nil, export.CSVOptions{Columns: export.Columns("id")})
	require.ErrorIs(t, err, api.ErrInvalid)
	_, err = export.NewTable(nil, export.TableOptions{Name: "people", Dialect: export.SQLite})
	require.ErrorIs(t, err, api.ErrInvalid)
	_, err = export.Copy(t.Context(), func(yield func(*employee.BaseRecord, error) bool) { yield(nil, nil) }, lines)
	require.EqualError(t, err, "export: a record was not stored: the record is nil")
}
