package employee_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
)

func TestMapIDsKeepsTheOrder(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(4))
	ids := sb.Coresignal.PersonIDs()
	list := []int64{ids[3], 2, ids[0], 1, ids[3]}
	got, err := walk(client.Employees.Base.MapIDs(t.Context(), employee.IDs(list...)))
	require.NoError(t, err)
	assert.Equal(t, []employee.MappedID{{ids[3], ids[3]}, {2, 0}, {ids[0], ids[0]}, {1, 0}, {ids[3], ids[3]}}, got, "a duplicate is answered twice")
	assert.Equal(t, 1, sb.Requests())
	assert.Zero(t, sb.Coresignal.CreditsSpent())
}

// mapping is a provider that maps the even IDs, to ten times as much.
func mapping(t *testing.T) (*[][]int64, *pronet.Client) {
	t.Helper()
	parts := new([][]int64)
	return parts, answering(t, func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "POST /cdapi/v2/employee_base/map/ids", r.Method+" "+r.URL.RequestURI())
		assert.Equal(t, "application/json", r.Header.Get("Content-Type"))
		var part []int64
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		assert.NoError(t, json.Unmarshal(body, &part))
		*parts = append(*parts, part)
		mapped, unmapped := map[string]int64{}, []int64{}
		for _, id := range part {
			if id%2 == 0 {
				mapped[strconv.FormatInt(id, 10)] = 10 * id
			} else {
				unmapped = append(unmapped, id)
			}
		}
		assert.NoError(t, json.NewEncoder(w).Encode(map[string]any{"mapped_ids": mapped, "unmapped_ids": unmapped}))
	})
}

func TestMapIDsInPartsOfTenThousand(t *testing.T) {
	for n, sizes := range map[int64][]int{
		1: {1}, 9_999: {9_999}, 10_000: {10_000}, 10_001: {10_000, 1}, 20_000: {10_000, 10_000}, 25_003: {10_000, 10_000, 5_003},
	} {
		parts, client := mapping(t)
		next := n // downwards, so that an order by number would show
		for m, err := range client.Employees.Base.MapIDs(t.Context(), employee.IDSeq(func(yield func(int64) bool) {
			for id := n; id > 0 && yield(id); id-- {
			}
		})) {
			require.NoError(t, err)
			want := employee.MappedID{Old: next}
			if next%2 == 0 {
				want.New = 10 * next
			}
			require.Equal(t, want, m)
			next--
		}
		assert.Zero(t, next)
		var got []int
		for _, part := range *parts {
			got = append(got, len(part))
		}
		assert.Equal(t, sizes, got, "%d IDs", n)
	}
}

func TestMapIDsIsLazyAndStartsAnew(t *testing.T) {
	parts, client := mapping(t)
	ids := make([]int64, 20_001)
	for i := range ids {
		ids[i] = int64(i + 1)
	}
	mapped := client.Employees.Base.MapIDs(t.Context(), employee.IDs(ids...))
	assert.Empty(t, *parts)
	take := func(n int) {
		for _, err := range mapped {
			require.NoError(t, err)
			if n--; n == 0 {
				return
			}
		}
	}
	take(10_000)
	assert.Len(t, *parts, 1, "the second part is asked for when the loop gets there")
	take(10_001)
	assert.Len(t, *parts, 3)
	assert.Equal(t, (*parts)[0], (*parts)[1])
	take(20_002)
	assert.Len(t, *parts, 6)
}

func TestMapIDsOfABadList(t *testing.T) {
	text := func(lines ...string) employee.IDSource {
		return employee.IDReader("ids.csv", func() (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader(strings.Join(lines, "\n"))), nil
		})
	}
	numbers := slices.Repeat([]string{"4"}, 10_002)
	for name, tt := range map[string]struct {
		ids     employee.IDSource
		kind    error
		line    int64
		mapped  int
		request int
	}{
		"at once":           {text("x"), api.ErrInvalid, 1, 0, 0},
		"in the middle":     {text("1", "2", "-3", "4"), api.ErrInvalid, 3, 0, 0},
		"after a part":      {text(append(slices.Clone(numbers), "4;5")...), api.ErrInvalid, 10_003, 10_000, 1},
		"empty":             {employee.IDs(), employee.ErrNoIDs, 0, 0, 0},
		"nothing":           {employee.IDSource{}, api.ErrInvalid, 0, 0, 0},
		"not positive":      {employee.IDs(5, 0), api.ErrInvalid, 2, 0, 0},
		"a missing file":    {employee.IDFile(t.TempDir() + "/none.csv"), api.ErrInvalid, 0, 0, 0},
		"it cannot be read": {employee.IDReader("ids.csv", func() (io.ReadCloser, error) { return nil, io.ErrUnexpectedEOF }), io.ErrUnexpectedEOF, 0, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			parts, client := mapping(t)
			got, err := walk(client.Employees.Base.MapIDs(t.Context(), tt.ids))
			require.ErrorIs(t, err, tt.kind)
			require.ErrorIs(t, err, api.ErrInvalid)
			assert.Contains(t, err.Error(), "Employees.Base.MapIDs: ")
			bad, ok := errors.AsType[*employee.LineError](err)
			assert.Equal(t, tt.line != 0, ok)
			if ok {
				assert.EqualValues(t, tt.line, bad.Line)
			}
			assert.Len(t, got, tt.mapped)
			assert.Len(t, *parts, tt.request)
			assert.Len(t, failures(client.Employees.Base.MapIDs(t.Context(), tt.ids)), tt.mapped+1, "it ends after the error")
		})
	}
}

func TestMapIDsOfAnEndedContext(t *testing.T) {
	parts, client := mapping(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	errs := failures(client.Employees.Base.MapIDs(ctx, employee.IDs(1, 2)))
	require.Len(t, errs, 1)
	require.ErrorIs(t, errs[0], context.Canceled)
	require.NotErrorIs(t, errs[0], api.ErrInvalid, "the list is not at fault")
	assert.Empty(t, *parts)
}

func TestMapIDsMistrustsTheAnswer(t *testing.T) {
	for _, body := range []string{`[]`, `{}`, `null`, `{"mapped_ids":null}`, `{"mapped_ids":["1"]}`, `{"mapped_ids":{"1":"x"}}`, `{"mapped_ids":{"1":-1}}`, `{"mapped_ids":{"1":{}}}`, `<html>`, ` `} {
		_, client := recording(t, body)
		got, err := walk(client.Employees.Base.MapIDs(t.Context(), employee.IDs(1)))
		require.ErrorIs(t, err, api.ErrUnexpectedResponse, body)
		assert.Empty(t, got)
	}
	for _, body := range []string{`{"mapped_ids":{}}`, `{"mapped_ids":null,"unmapped_ids":[1]}`, `{"unmapped_ids":[1]}`, `{"mapped_ids":{"1":null,"3":4},"more":1}`, `{"mapped_ids":{"1":"","3":"4"}}`} {
		_, client := recording(t, body)
		got, err := walk(client.Employees.Base.MapIDs(t.Context(), employee.IDs(1)))
		require.NoError(t, err, body)
		assert.Equal(t, []employee.MappedID{{Old: 1}}, got, "an ID that nobody asked for is not given")
	}
}

func TestMapIDsErrors(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(1))
	for status, kind := range map[int]error{400: api.ErrInvalid, 401: api.ErrUnauthorized, 403: api.ErrForbidden} {
		sb.ClearFaults()
		sb.Fail(sandbox.Fault{Status: status})
		errs := failures(client.Employees.Base.MapIDs(t.Context(), employee.IDs(1)))
		require.Len(t, errs, 1)
		require.ErrorIs(t, errs[0], kind)
	}
	sb.ClearFaults()
	sb.Fail(sandbox.Fault{Drop: sandbox.DropAfterAct, Times: 1})
	got, err := walk(client.Employees.Base.MapIDs(t.Context(), employee.IDs(1)))
	require.NoError(t, err, "a free call is made again when its answer was lost")
	assert.Len(t, got, 1)
	errs := failures(connect(t).Employees.Base.MapIDs(t.Context(), employee.IDs(1)))
	require.Len(t, errs, 1)
	require.ErrorIs(t, errs[0], api.ErrNotConfigured)
}

// Translate IDs that were collected with the first version of the API.
func ExampleBaseDataset_MapIDs() {
	sb, err := sandbox.Start(coresignal.WithPeople(10), sandbox.WithSeed(1))
	if err != nil {
		log.Fatal(err)
	}
	defer sb.Close()
	client, err := pronet.New(sb.Options()...)
	if err != nil {
		log.Fatal(err)
	}

	old := employee.IDs(sb.Coresignal.PersonIDs()[0], 1)
	for id, err := range client.Employees.Base.MapIDs(context.Background(), old) {
		switch {
		case err != nil:
			log.Fatal(err)
		case id.New == 0:
			fmt.Println(id.Old, "is not known any more")
		default:
			fmt.Println(id.Old, "is now", id.New)
		}
	}
	// Output:
	// 537432868 is now 537432868
	// 1 is not known any more
}
