package pronet_test

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/subscriptions"
)

// callAll calls every exported method of a value with plain arguments and the given context, and walks what it returns to
// be ranged over. It returns the errors, of which a method that panics has one.
func callAll(value reflect.Value, ctx context.Context) map[string]error {
	failures := make(map[string]error)
	for i := range value.NumMethod() {
		name := value.Type().Method(i).Name
		func() {
			defer func() {
				if p := recover(); p != nil {
					failures[name] = fmt.Errorf("panic: %v", p)
				}
			}()
			method := value.Method(i)
			var arguments []reflect.Value
			for j := range method.Type().NumIn() {
				in := method.Type().In(j)
				switch {
				case method.Type().IsVariadic() && j == method.Type().NumIn()-1:
					continue
				case in == reflect.TypeFor[context.Context]() && ctx != nil:
					arguments = append(arguments, reflect.ValueOf(ctx))
				case in.Kind() == reflect.String:
					arguments = append(arguments, reflect.ValueOf("x1").Convert(in))
				case in.Kind() == reflect.Int64:
					arguments = append(arguments, reflect.ValueOf(2*time.Minute).Convert(in))
				default:
					arguments = append(arguments, reflect.Zero(in))
				}
			}
			note := func(results []reflect.Value) {
				for _, result := range results {
					if err, ok := reflect.TypeAssert[error](result); ok {
						failures[name] = err
					}
				}
			}
			results := method.Call(arguments)
			note(results)
			for _, result := range results {
				if t := result.Type(); t.Kind() == reflect.Func && !result.IsNil() && t.NumIn() == 1 && t.In(0).Kind() == reflect.Func {
					result.Call([]reflect.Value{reflect.MakeFunc(t.In(0), func(yielded []reflect.Value) []reflect.Value {
						note(yielded)
						return []reflect.Value{reflect.ValueOf(false)}
					})})
				}
			}
		}()
	}
	return failures
}

// forEncoders are methods that only packages fmt and json call.
func forEncoders(name string) bool {
	return name == "Format" || strings.HasPrefix(name, "UnmarshalJSON")
}

// TestZeroValuesAndNilContexts: what was not made by New, and a call without a context, is an error and no panic. That
// the fields of a Client are nil until New has made it, a program sees at once.
func TestZeroValuesAndNilContexts(t *testing.T) {
	t.Chdir(t.TempDir())
	a := &answer{status: 200, body: `{}`}
	client, err := pronet.New(pronet.WithCoresignal("key"), pronet.WithCoresignalV1("jwt"), pronet.WithTransport(a))
	require.NoError(t, err)
	zero := []any{
		new(pronet.Client), (*pronet.Client)(nil), new(api.Error), (*api.Error)(nil), new(api.Meta), (*api.Meta)(nil), new(api.RateLimitError),
		new(api.UnknownIDError), new(api.Secret), new(api.CallSettings), new(api.Retry), new(api.Observer),
		new(employee.BaseDataset), new(employee.CleanDataset), new(employee.MultiSourceDataset), new(employee.V1Dataset), new(employee.RealTime),
		new(subscriptions.Service), new(subscriptions.BaseDataset), new(subscriptions.CleanDataset), new(subscriptions.MultiSourceDataset), new(subscriptions.V1Dataset),
		new(bulkcollect.BaseDataset), new(bulkcollect.CleanDataset), new(bulkcollect.MultiSourceDataset), new(bulkcollect.V1Dataset),
		new(bulkcollect.Group[employee.BaseRecord]), new(bulkcollect.FileLedger), new(bulkcollect.DoubtError), new(bulkcollect.GroupError),
		new(bulkcollect.PartError), new(bulkcollect.FileError), new(bulkcollect.StorageError), new(bulkcollect.UnrecordedJobError),
	}
	for _, value := range zero {
		v := reflect.ValueOf(value)
		for name, err := range callAll(v, t.Context()) {
			byValue := v.IsNil() && hasMethod(v.Type().Elem(), name) // Go's own panic, which fmt and log/slog catch
			if !forEncoders(name) && !byValue {
				assert.NotContains(t, err.Error(), "panic", "%T.%s", value, name)
			}
		}
	}
	for _, value := range []any{
		client, client.Employees.Base, client.Employees.Clean, client.Employees.MultiSource, client.Employees.V1, client.Employees.RealTime,
		client.Subscriptions, client.Subscriptions.Base, client.Subscriptions.V1, client.BulkCollect.Base, client.BulkCollect.Clean,
		client.BulkCollect.MultiSource, client.BulkCollect.V1,
	} {
		for name, err := range callAll(reflect.ValueOf(value), nil) {
			if strings.HasPrefix(name, "CollectMany") {
				continue // is package employee's
			}
			assert.NotContains(t, err.Error(), "panic", "%T.%s", value, name)
		}
	}
	assert.Nil(t, a.got, "nothing was sent")

	for name, call := range map[string]func(*pronet.Client) error{
		"Do":    func(c *pronet.Client) error { return c.Do(t.Context(), api.Request{}, nil) },
		"Clone": func(c *pronet.Client) error { _, err := c.Clone(); return err },
		"a dataset": func(*pronet.Client) error {
			_, err := new(employee.BaseDataset).Collect(t.Context(), employee.ID(1))
			return err
		},
		"a list": func(*pronet.Client) error {
			_, err := new(subscriptions.Service).List(t.Context(), subscriptions.ListOptions{})
			return err
		},
		"a job": func(*pronet.Client) error {
			_, err := new(bulkcollect.BaseDataset).RequestIDs(t.Context(), employee.IDs(1), bulkcollect.Options{})
			return err
		},
	} {
		require.ErrorIs(t, call(nil), pronet.ErrNotConfigured, name)
		require.ErrorIs(t, call(&pronet.Client{}), pronet.ErrNotConfigured, name)
	}
	require.ErrorIs(t, client.Do(nil, api.Request{Provider: api.Coresignal, Method: "GET", Route: "/cdapi/v2/x"}, nil), pronet.ErrInvalid) //nolint:staticcheck // what is tested
}

func hasMethod(t reflect.Type, name string) bool {
	_, has := t.MethodByName(name)
	return has
}
