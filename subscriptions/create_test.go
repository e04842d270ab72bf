package subscriptions_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/sandbox/coresignal"
	"github.com/pronet-go/pronet/subscriptions"
)

// TestWhatIsSent compares each creation with the exact bytes that the provider is to get.
func TestWhatIsSent(t *testing.T) {
	const v1, base = "/cdapi/v1/subscriptions/professional_network/employee/", "/cdapi/v2/subscriptions/employee_base/"
	p, client := responding(t, `{"id":"c8e295c0-2f85-473d-8bef-350526e6b30a"}`)
	s := client.Subscriptions
	query := employee.Query{Clause: employee.All(employee.Term("is_parent", 1), employee.MatchPhrase("headline", "R&D <lead>"))}
	for name, tt := range map[string]struct {
		create       func() (*subscriptions.Subscription, error)
		target, body string
	}{
		"Base filter": {func() (*subscriptions.Subscription, error) {
			return s.Base.CreateFromFilter(t.Context(), employee.BaseFilter{Country: "(United States) OR (Canada)", ExperienceTitle: `"R&D"`, ActiveExperience: new(true), Extra: map[string]any{"new_one": 1}}, hook)
		}, base + "filter", `{"webhook_url":"https://hooks.example.com/coresignal/secret","filters":{"country":"(United States) OR (Canada)","experience_title":"\"R&D\"","active_experience":true,"new_one":1}}`},
		"V1 filter": {func() (*subscriptions.Subscription, error) {
			return s.V1.CreateFromFilter(t.Context(), employee.V1Filter{Name: "Ann", ExperienceCompanyID: 7}, hook)
		}, v1 + "filter", `{"webhook_url":"https://hooks.example.com/coresignal/secret","filters":{"name":"Ann","experience_company_id":7}}`},
		"Base query": {
			func() (*subscriptions.Subscription, error) { return s.Base.CreateFromQuery(t.Context(), query, hook) },
			base + "es_dsl", `{"webhook_url":"https://hooks.example.com/coresignal/secret","es_dsl_query":{"query":{"bool":{"must":[{"term":{"is_parent":1}},{"match_phrase":{"headline":"R&D <lead>"}}]}}}}`,
		},
		"V1 query": {func() (*subscriptions.Subscription, error) {
			return s.V1.CreateFromQuery(t.Context(), employee.RawQuery([]byte(`{"match": {"name": "Ann"}}`)), hook)
		}, v1 + "es_dsl", `{"webhook_url":"https://hooks.example.com/coresignal/secret","es_dsl_query":{"query":{"match":{"name":"Ann"}}}}`},
		"Base IDs": {func() (*subscriptions.Subscription, error) {
			return s.Base.CreateFromIDs(t.Context(), employee.IDs(3, 1, 9223372036854775807), hook)
		}, base + "ids", `{"webhook_url":"https://hooks.example.com/coresignal/secret","ids":[3,1,9223372036854775807]}`},
	} {
		t.Run(name, func(t *testing.T) {
			sub, err := tt.create()
			require.NoError(t, err)
			assert.Equal(t, "c8e295c0-2f85-473d-8bef-350526e6b30a", sub.ID)
			got := p.Last(t)
			assert.Equal(t, "POST "+tt.target, got.Method+" "+got.Target)
			assert.Equal(t, "application/json", got.ContentType)
			assert.Equal(t, tt.body, string(got.Body))
		})
	}
}

// TestIDsOfEverySource sends the same list from a slice, a file, a reader and an iterator, to both datasets.
func TestIDsOfEverySource(t *testing.T) {
	file := filepath.Join(t.TempDir(), "my list.csv")
	require.NoError(t, os.WriteFile(file, []byte("\ufeff11\r\n22\r\n33"), 0o600))
	opened := 0
	for name, tt := range map[string]struct {
		ids      employee.IDSource
		fileName string
	}{
		"slice":    {employee.IDs(11, 22, 33), "ids.txt"},
		"file":     {employee.IDFile(file), "my list.csv"},
		"iterator": {employee.IDSeq(slices.Values([]int64{11, 22, 33})), "ids.txt"},
		"reader": {employee.IDReader("../../etc/from crm.txt", func() (io.ReadCloser, error) {
			opened++
			return io.NopCloser(strings.NewReader("11\n22\n33\n\n")), nil
		}), "from crm.txt"},
	} {
		t.Run(name, func(t *testing.T) {
			p, client := responding(t, `"id-1"`)
			_, err := client.Subscriptions.Base.CreateFromIDs(t.Context(), tt.ids, hook)
			require.NoError(t, err)
			assert.Equal(t, `{"webhook_url":"https://hooks.example.com/coresignal/secret","ids":[11,22,33]}`, string(p.Last(t).Body))

			_, err = client.Subscriptions.V1.CreateFromIDs(t.Context(), tt.ids, hook)
			require.NoError(t, err)
			got := p.Last(t)
			assert.Equal(t, "POST /cdapi/v1/subscriptions/professional_network/employee/id_file", got.Method+" "+got.Target)
			assert.Equal(t, []part{
				{"webhook_url", "", "", hook.WebhookURL},
				{"ids_file", tt.fileName, "text/csv", "11\n22\n33\n"},
			}, got.Form(t))
			assert.Equal(t, 2, p.Count())
		})
	}
	assert.Positive(t, opened)

	p, client := responding(t, `"id-1"`, pronet.WithCoresignal("key", pronet.CoresignalIDFileField("file")))
	_, err := client.Subscriptions.V1.CreateFromIDs(t.Context(), employee.IDs(1), hook)
	require.NoError(t, err)
	assert.Equal(t, "file", p.Last(t).Form(t)[1][0])
}

func TestCreateInTheSandbox(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(5))
	s := client.Subscriptions
	ids := employee.IDs(sb.Coresignal.PersonIDs()...)
	for name, create := range map[string]func() (*subscriptions.Subscription, error){
		"Base IDs": func() (*subscriptions.Subscription, error) { return s.Base.CreateFromIDs(t.Context(), ids, hook) },
		"Base query": func() (*subscriptions.Subscription, error) {
			return s.Base.CreateFromQuery(t.Context(), engineers, hook)
		},
		"Base filter": func() (*subscriptions.Subscription, error) {
			return s.Base.CreateFromFilter(t.Context(), employee.BaseFilter{Country: "Spain"}, hook)
		},
		"V1 IDs": func() (*subscriptions.Subscription, error) { return s.V1.CreateFromIDs(t.Context(), ids, hook) },
		"V1 query": func() (*subscriptions.Subscription, error) {
			return s.V1.CreateFromQuery(t.Context(), employee.Query{Clause: employee.Match("title", "engineer")}, hook)
		},
		"V1 filter": func() (*subscriptions.Subscription, error) {
			return s.V1.CreateFromFilter(t.Context(), employee.V1Filter{Country: "Spain"}, hook)
		},
	} {
		sub, err := create()
		require.NoError(t, err, name)
		assert.Len(t, sub.ID, 36)
		assert.NotEmpty(t, sub.Raw)
	}
	assert.Equal(t, 6, sb.Coresignal.SubscriptionsCreated())
	assert.Zero(t, sb.Coresignal.CreditsSpent()+sb.Coresignal.V1CreditsSpent())
}

// TestBadWebhookURLs are refused before anything is sent, and never repeated in the error.
func TestBadWebhookURLs(t *testing.T) {
	p, client := responding(t, `"id-1"`)
	s := client.Subscriptions
	for _, url := range []string{
		"", "hooks.example.com", "/path", "http://hooks.example.com/x", "ftp://hooks.example.com/x", "https://", "https:///x", "https://user:pass@hooks.example.com/x",
		"https://hooks.example.com/x#frag", "https://localhost/x", "http://127.0.0.1:80/x", "https://127.0.0.1/x", "https://[::1]/x", "https://10.1.2.3/x", "https://192.168.0.9/x",
		"https://169.254.169.254/latest", "https://[::ffff:10.0.0.1]/x", "https://0x7f000001/x", "https://2130706433/x", "https://intranet/x", "https://db.internal/x", "https://hooks.example.com/" + strings.Repeat("x", 2048),
		"https://hooks.example.com/a\nb",
	} {
		o := subscriptions.Options{WebhookURL: url, SkipFieldCheck: true}
		var errs []error
		for _, d := range []creator{s.Base, s.V1} {
			_, err := d.CreateFromIDs(t.Context(), employee.IDs(1), o)
			_, err2 := d.CreateFromQuery(t.Context(), engineers, o)
			errs = append(errs, err, err2)
		}
		_, err := s.Base.CreateFromFilter(t.Context(), employee.BaseFilter{Country: "Spain"}, o)
		_, err2 := s.V1.CreateFromFilter(t.Context(), employee.V1Filter{Country: "Spain"}, o)
		errs = append(errs, err, err2, s.Simulate(t.Context(), url), s.V1.Simulate(t.Context(), url))
		for _, err := range errs {
			require.ErrorIs(t, err, api.ErrInvalid, url)
			if len(url) > 12 {
				assert.NotContains(t, err.Error(), url)
			}
		}
	}
	assert.Zero(t, p.Count())
}

// TestBadLists are refused as a whole, with the place of the first bad line, and nothing is sent.
func TestBadLists(t *testing.T) {
	p, client := responding(t, `"id-1"`)
	text := func(s string) employee.IDSource {
		return employee.IDReader("list.csv", func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(s)), nil })
	}
	for _, tt := range []struct {
		ids    employee.IDSource
		line   int
		offset int64
	}{
		{text("id\n1\n"), 1, 0},
		{text("1\n2;x\n3\n"), 2, 3},
		{text("1\n\n2\n"), 2, 2},
		{text("1\n0\n"), 2, 2},
		{text("1\n-2\n"), 2, 2},
		{text(strings.Repeat("123\n", 50_000) + "12x\n"), 50_001, 200_002},
		{employee.IDs(5, 0), 2, 2},
		{employee.IDs(5, 6, -1), 3, 4},
	} {
		for _, d := range []creator{client.Subscriptions.Base, client.Subscriptions.V1} {
			_, err := d.CreateFromIDs(t.Context(), tt.ids, hook)
			require.ErrorIs(t, err, api.ErrInvalid)
			bad, ok := errors.AsType[*employee.LineError](err)
			require.True(t, ok, "%v", err)
			assert.Equal(t, tt.line, bad.Line)
			assert.Equal(t, tt.offset, bad.Offset)
			place := fmt.Sprintf("list.csv: line %d, byte %d", tt.line, tt.offset)
			if tt.ids.Name() != "list.csv" {
				place = fmt.Sprintf("the given IDs: item %d", tt.line)
			}
			assert.Contains(t, err.Error(), place)
		}
	}
	broken := errors.New("the share is gone")
	for name, tt := range map[string]struct {
		ids  employee.IDSource
		kind error
	}{
		"none":      {employee.IDs(), employee.ErrNoIDs},
		"empty":     {text(""), employee.ErrNoIDs},
		"no source": {employee.IDSource{}, api.ErrInvalid},
		"no file":   {employee.IDFile(filepath.Join(t.TempDir(), "none.csv")), os.ErrNotExist},
		"a folder":  {employee.IDFile(t.TempDir()), api.ErrInvalid},
		"broken":    {employee.IDReader("x", func() (io.ReadCloser, error) { return nil, broken }), broken},
	} {
		for _, d := range []creator{client.Subscriptions.Base, client.Subscriptions.V1} {
			_, err := d.CreateFromIDs(t.Context(), tt.ids, hook)
			require.ErrorIs(t, err, tt.kind, name)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := client.Subscriptions.Base.CreateFromIDs(ctx, employee.IDs(1), hook)
	require.ErrorIs(t, err, context.Canceled)
	require.NotErrorIs(t, err, api.ErrInvalid, "the list was not at fault")
	assert.Zero(t, p.Count())
}

func TestMoreIDsThanASubscriptionTakes(t *testing.T) {
	p, client := responding(t, `"id-1"`)
	upTo := func(n int64) employee.IDSource {
		return employee.IDSeq(func(yield func(int64) bool) {
			for id := int64(1); id <= n && yield(id); id++ {
			}
		})
	}
	for _, d := range []creator{client.Subscriptions.Base, client.Subscriptions.Clean, client.Subscriptions.MultiSource} {
		_, err := d.CreateFromIDs(t.Context(), upTo(subscriptions.MaxIDs+1), hook)
		require.ErrorIs(t, err, api.ErrInvalid)
		assert.Contains(t, err.Error(), "300001 IDs, a subscription takes at most 300000")
	}
	assert.Zero(t, p.Count())
	_, err := client.Subscriptions.Base.CreateFromIDs(t.Context(), upTo(subscriptions.MaxIDs), hook)
	require.NoError(t, err)
	assert.Equal(t, subscriptions.MaxIDs, strings.Count(string(p.Last(t).Body), ",")) // one more between the two keys, one less in the list
}

// TestV1TakesAnyNumberOfIDs streams a million IDs to V1, whose limit is not known, with a stated length.
func TestV1TakesAnyNumberOfIDs(t *testing.T) {
	list := employee.IDSeq(func(yield func(int64) bool) {
		for id := int64(100_000_000); id < 101_000_000 && yield(id); id++ {
		}
	})
	want, err := list.Check(t.Context())
	require.NoError(t, err)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.Greater(t, r.ContentLength, want.Bytes)
		form, err := r.MultipartReader()
		if !assert.NoError(t, err) {
			return
		}
		for part, err := form.NextPart(); err == nil; part, err = form.NextPart() {
			if part.FormName() != "ids_file" {
				continue
			}
			hash := sha256.New()
			n, err := io.Copy(hash, part)
			assert.NoError(t, err)
			assert.Equal(t, want.Bytes, n)
			assert.Equal(t, want.Hash[:], hash.Sum(nil))
		}
		_, _ = io.WriteString(w, `"id-1"`)
	}))
	defer server.Close()
	client := connect(t, pronet.WithCoresignalV1("token", pronet.BaseURL(server.URL)))
	sub, err := client.Subscriptions.V1.CreateFromIDs(t.Context(), list, hook)
	require.NoError(t, err)
	assert.Equal(t, "id-1", sub.ID)
}

// TestAListThatGrowsIsNotSent changes between the check and the sending.
func TestAListThatGrowsIsNotSent(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(1))
	passes := 0
	changing := employee.IDReader("x", func() (io.ReadCloser, error) {
		passes++
		return io.NopCloser(strings.NewReader(strings.Repeat("7\n", passes))), nil
	})
	_, err := client.Subscriptions.V1.CreateFromIDs(t.Context(), changing, hook)
	require.ErrorIs(t, err, employee.ErrIDsChanged)
	passes = 0
	growing := employee.IDSeq(func(yield func(int64) bool) {
		passes++
		for id := int64(1); id <= int64(passes)*subscriptions.MaxIDs && yield(id); id++ {
		}
	})
	_, err = client.Subscriptions.Base.CreateFromIDs(t.Context(), growing, hook)
	require.ErrorIs(t, err, employee.ErrIDsChanged)
	assert.Zero(t, sb.Coresignal.SubscriptionsCreated())
}

func TestBadFiltersAndQueries(t *testing.T) {
	p, client := responding(t, `"id-1"`)
	s := client.Subscriptions
	var errs []error
	keep := func(_ *subscriptions.Subscription, err error) { errs = append(errs, err) }
	keep(s.Base.CreateFromFilter(t.Context(), employee.BaseFilter{}, hook))
	keep(s.V1.CreateFromFilter(t.Context(), employee.V1Filter{}, hook))
	keep(s.V1.CreateFromFilter(t.Context(), employee.V1Filter{Extra: map[string]any{}}, hook))
	keep(s.Base.CreateFromFilter(t.Context(), employee.BaseFilter{Country: "a", Extra: map[string]any{"country": "b"}}, hook))
	keep(s.Base.CreateFromQuery(t.Context(), employee.Query{}, hook))
	keep(s.Base.CreateFromQuery(t.Context(), employee.Query{Clause: employee.Clause{}}, hook))
	keep(s.Base.CreateFromQuery(t.Context(), employee.Query{Clause: engineers.Clause, Sort: []string{"id"}}, hook))
	keep(s.V1.CreateFromQuery(t.Context(), employee.Query{Clause: employee.Match("name", strings.Repeat("x", 15_001))}, hook))
	for i, err := range errs {
		require.ErrorIs(t, err, api.ErrInvalid, i)
	}
	assert.Zero(t, p.Count())
}

func TestNotConfigured(t *testing.T) {
	s := connect(t).Subscriptions
	var errs []error
	keep := func(_ any, err error) { errs = append(errs, err) }
	keep(s.Base.CreateFromFilter(t.Context(), employee.BaseFilter{Country: "Spain"}, hook))
	keep(s.Base.CreateFromQuery(t.Context(), engineers, hook))
	keep(s.Base.CreateFromIDs(t.Context(), employee.IDs(1), hook))
	keep(s.V1.CreateFromIDs(t.Context(), employee.IDs(1), hook))
	keep(s.List(t.Context(), subscriptions.ListOptions{}))
	keep(s.V1.Get(t.Context(), "id-1"))
	keep(s.Renew(t.Context(), "id-1"))
	keep(nil, s.Delete(t.Context(), "id-1"))
	keep(nil, s.Simulate(t.Context(), hook.WebhookURL))
	for _, err := range s.All(t.Context(), subscriptions.ListOptions{}) {
		keep(nil, err)
	}
	require.Len(t, errs, 10)
	for i, err := range errs {
		require.ErrorIs(t, err, api.ErrNotConfigured, i)
		_, ok := errors.AsType[*api.Error](err)
		assert.True(t, ok, i)
	}
}
