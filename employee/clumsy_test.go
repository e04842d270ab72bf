package employee_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/internal/pronettest"
	"github.com/pronet-go/pronet/sandbox/coresignal"
)

// TestClumsyCallersGetErrors calls each exported method of each type: without a context, of nothing, and of zero values.
func TestClumsyCallersGetErrors(t *testing.T) {
	_, client := start(t, coresignal.WithPeople(1))
	e := client.Employees
	services := map[string][]any{ // one of a client, none, and a zero one
		"V1Dataset":          {e.V1, (*employee.V1Dataset)(nil), &employee.V1Dataset{}},
		"BaseDataset":        {e.Base, (*employee.BaseDataset)(nil), &employee.BaseDataset{}},
		"CleanDataset":       {e.Clean, (*employee.CleanDataset)(nil), &employee.CleanDataset{}},
		"MultiSourceDataset": {e.MultiSource, (*employee.MultiSourceDataset)(nil), &employee.MultiSourceDataset{}},
		"RealTime":           {e.RealTime, (*employee.RealTime)(nil), &employee.RealTime{}},
	}
	spooled, err := employee.SpoolIDReader(t.Context(), nothing{}, employee.SpoolOptions{})
	require.ErrorIs(t, err, employee.ErrNoIDs)
	values := map[string][]any{
		"SpooledIDs": {spooled, (*employee.SpooledIDs)(nil), &employee.SpooledIDs{}, (&employee.SpooledIDs{}).IDs()},
		"IDSource": {
			employee.IDSource{},
			employee.IDs(), employee.IDs(1, 2), employee.IDSeq(nil), employee.IDFile(""), employee.IDReader("", nil),
			employee.IDReader("", func() (io.ReadCloser, error) { return nil, nil }),
		},
		"Budget": {(*employee.Budget)(nil), &employee.Budget{}}, "BudgetError": {&employee.BudgetError{}}, "MergedError": {&employee.MergedError{}}, "Ref": {employee.Ref{}, employee.ID(0), employee.ProfileURL("")},
		"Query": {employee.Query{}, &employee.Query{}}, "BaseFilter": {employee.BaseFilter{}}, "V1Filter": {employee.V1Filter{}},
		"DistinctIDs": {employee.DistinctIDs{}}, "LineError": {&employee.LineError{}}, "FilterTime": {struct{ json.Marshaler }{employee.FilterTime{}}}, // the rest is time.Time's
		"BaseRecord": {&employee.BaseRecord{}}, "CleanRecord": {&employee.CleanRecord{}}, "MultiSourceRecord": {&employee.MultiSourceRecord{}},
		"V1Record": {&employee.V1Record{}}, "Preview": {&employee.Preview{}}, "MultiSourceExperience": {&employee.MultiSourceExperience{}},
		"Decimal": {new(employee.Decimal)}, "Flag": {new(employee.Flag)}, "Number": {new(employee.Number)}, "Numbers": {new(employee.Numbers)},
		"ProfileDate": {new(employee.ProfileDate)}, "Region": {new(employee.Region)}, "StockTicker": {new(employee.StockTicker)},
		"Text": {new(employee.Text)}, "Texts": {new(employee.Texts)}, "Timestamp": {new(employee.Timestamp)},
	}
	maps.Copy(values, zeroChanges)
	names, err := pronettest.TypesWithMethods()
	require.NoError(t, err)
	for _, name := range names {
		assert.True(t, services[name] != nil || values[name] != nil, "nobody calls the methods of a %s", name)
	}
	for name, list := range services {
		for i, value := range list {
			for _, ctx := range []context.Context{nil, t.Context()} {
				for _, called := range pronettest.CallAll(value, ctx) {
					assert.Nil(t, called.Panic, "%s.%s, value %d", name, called.Method, i)
					if called.Fails && i > 0 && called.Method != "CollectMany" {
						assert.ErrorIs(t, called.Err, api.ErrNotConfigured, "%s.%s, value %d", name, called.Method, i)
					} else if called.Fails && ctx == nil && called.Method != "CollectMany" {
						assert.ErrorIs(t, called.Err, api.ErrInvalid, "%s.%s, value %d", name, called.Method, i)
					}
				}
			}
		}
	}
	for name, list := range values {
		for i, value := range list {
			for _, ctx := range []context.Context{nil, t.Context()} {
				for _, called := range pronettest.CallAll(value, ctx) {
					assert.Nil(t, called.Panic, "%s.%s, value %d", name, called.Method, i)
				}
			}
		}
	}
}

// nothing is a reader of nothing.
type nothing struct{}

func (nothing) Read([]byte) (int, error) { return 0, io.EOF }

// TestWithoutAContext: what takes more than a context.
func TestWithoutAContext(t *testing.T) {
	_, client := start(t, coresignal.WithPeople(1))
	var none context.Context
	refs := []employee.Ref{employee.ID(1), employee.ID(2)}
	for _, dataset := range []*employee.BaseDataset{client.Employees.Base, nil, {}} {
		seen := 0
		for result := range dataset.CollectMany(none, refs, employee.CollectManyOptions{}) {
			seen++
			assert.True(t, errors.Is(result.Err, api.ErrInvalid) || errors.Is(result.Err, api.ErrNotConfigured), "%v", result.Err)
		}
		assert.Equal(t, 2, seen)
	}
	for _, err := range client.Employees.Base.AllPreviewsByQuery(none, employee.Query{Clause: employee.Match("headline", "x")}, employee.PreviewOptions{}) {
		assert.ErrorIs(t, err, api.ErrInvalid)
	}
	for _, err := range client.Employees.Base.MapIDs(none, employee.IDs(1)) {
		assert.ErrorIs(t, err, api.ErrInvalid)
	}
	_, err := employee.SpoolIDs(none, func(yield func(int64, error) bool) { yield(1, nil) }, employee.SpoolOptions{})
	require.ErrorIs(t, err, api.ErrInvalid)
	_, err = employee.SpoolIDs(t.Context(), nil, employee.SpoolOptions{})
	require.Error(t, err)
	_, err = employee.SpoolIDReader(none, nothing{}, employee.SpoolOptions{})
	require.ErrorIs(t, err, api.ErrInvalid)
	_, err = employee.SpoolIDReader(t.Context(), nil, employee.SpoolOptions{})
	require.Error(t, err)
	_, err = employee.IDs(1).WriteDistinct(none, io.Discard, employee.DistinctOptions{})
	require.ErrorIs(t, err, api.ErrInvalid)
	_, err = employee.IDs(1).CheckDuplicates(none, employee.DuplicateOptions{})
	require.ErrorIs(t, err, api.ErrInvalid)
	_, err = employee.Decode[employee.BaseRecord](nil)
	require.ErrorIs(t, err, employee.ErrNotRecord)
	_, err = employee.Decode[int](nil)
	require.Error(t, err)
}
