package webhook_test

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/internal/pronettest"
	"github.com/pronet-go/pronet/webhook"
)

func salesEvents(t testing.TB, body string) (*webhook.Delivery, error) {
	t.Helper()
	d := &webhook.Delivery{Source: webhook.SourceSalesWebhooks, Label: "crm", Body: []byte(body)}
	return d, webhook.DecodeSalesWebhooks(d)
}

// TestDecodeSalesWebhooks: whatever the envelope is, type and id are found among the usual names, and data is kept as it is.
func TestDecodeSalesWebhooks(t *testing.T) {
	at := time.Date(2025, 1, 20, 10, 30, 0, 0, time.UTC)
	for body, want := range map[string]struct {
		typ, id, data, key string
		timed              bool
	}{
		`{"id":"evt_1","type":"contact.position_changed","created_at":"2025-01-20T10:30:00Z","data":{"a":1}}`: {webhook.ContactPositionChanged, "evt_1", `{"a":1}`, "crm:evt_1:contact.position_changed:2025-01-20T10:30:00Z:DATA", true},
		` {"event":"company.post_created","event_id":7,"timestamp":1737369000,"payload":[1]} `:                {webhook.CompanyPostCreated, "7", `[1]`, "crm:7:company.post_created:2025-01-20T10:30:00Z:DATA", true},
		`{"event":{"id":"evt_2","type":"contact.*","occurred_at":"2025-01-20T10:30:00Z"},"data":{"b":2}}`:     {"contact.*", "evt_2", `{"b":2}`, "crm:evt_2:contact.*:2025-01-20T10:30:00Z:DATA", true},
		`{"eventType":"test","eventId":"x y"}`:                                                                {"test", "", ``, "", false},
		`{"type":"contact.company_changed","id":"sub_9Yx7Kj2Mn","event_id":"evt_3"}`:                          {webhook.ContactCompanyChanged, "evt_3", ``, "crm:evt_3:contact.company_changed:BODY", false},
		`{"type":"contact.company_changed","id":"sub_9Yx7Kj2Mn"}`:                                             {webhook.ContactCompanyChanged, "", ``, "", false},
		`{"event":"e","type":"a.b","type":"c.d","id":null,"data":null}`:                                       {"c.d", "", `null`, "", false},
		`[{"id":"evt_4","type":"a.b"}]`:                                                                       {"a.b", "evt_4", ``, "crm:evt_4:a.b:BODY", false},
	} {
		d, err := salesEvents(t, body)
		require.NoError(t, err, body)
		require.Len(t, d.Events, 1, body)
		event, ok := d.Events[0].(webhook.SalesEvent)
		require.True(t, ok, body)
		assert.Equal(t, want.typ, event.Type, body)
		assert.Equal(t, want.id, event.ID, body)
		assert.Equal(t, want.data, string(event.Data), body)
		hashes := strings.NewReplacer("BODY", fmt.Sprintf("%x", sha256.Sum256([]byte(body))), "DATA", fmt.Sprintf("%x", sha256.Sum256([]byte(want.data))))
		assert.Equal(t, hashes.Replace(want.key), d.Key, body)
		assert.Equal(t, "crm", event.Label)
		assert.Equal(t, want.timed, event.CreatedAt.Equal(at), body)
		assert.Contains(t, body, string(event.Raw))
	}
	d, err := salesEvents(t, `[{"id":"evt_1","type":"a.b"},{"id":"evt_2","type":"c.d"},7,{"x":1}]`)
	require.NoError(t, err)
	assert.Len(t, d.Events, 4)
	assert.Empty(t, d.Key, "several events are one body")
	assert.Equal(t, "unknown", d.Events[2].Kind())
	assert.Equal(t, `{"x":1}`, string(d.Events[3].(webhook.Unknown).Raw))
	d, err = salesEvents(t, `[]`)
	require.NoError(t, err)
	assert.Empty(t, d.Events)
	for _, body := range []string{"", "null", "7", `"x"`, "{", "[", "[{}", "{} {}", "[] x", "<html>", "{,}"} {
		_, err := salesEvents(t, body)
		require.ErrorIs(t, err, webhook.ErrMalformed, body)
	}
	assert.Equal(t, webhook.CompanyEmployeeCountChanged, webhook.SalesEvent{Type: webhook.CompanyEmployeeCountChanged}.Kind())
	assert.Equal(t, "sales_event", webhook.SalesEvent{Type: strings.Repeat("x", 100)}.Kind())
	assert.Equal(t, "company", webhook.SalesEvent{Type: webhook.CompanyEmployeeCountChanged}.Family())
}

// TestAnIDOfTheContactHidesNoLaterEvent, whatever form the time has, while the same body is one delivery.
func TestAnIDOfTheContactHidesNoLaterEvent(t *testing.T) {
	for name, times := range map[string][2]string{
		"seconds": {`1700000000`, `1700000600`}, "milliseconds": {`1700000000001`, `1700000000002`}, "digits": {`"1700000000"`, `"1700000600"`},
		"RFC 3339": {`"2025-01-20T10:30:00Z"`, `"2025-01-20T10:30:01Z"`}, "another form": {`"20 January, 10:30"`, `"20 January, 10:40"`},
		"fractions": {`1700000000.25`, `1700000000.5`}, "too small": {`5`, `6`}, "too large": {`100000000000000`, `100000000000001`}, "none": {`null`, `null `},
	} {
		t.Run(name, func(t *testing.T) {
			keys := make(map[string]bool)
			for _, at := range times {
				body := `{"id":"jane-roe","event":"contact.position_changed","timestamp":` + at + `}`
				for range 2 {
					d, err := salesEvents(t, body)
					require.NoError(t, err)
					require.True(t, strings.HasPrefix(d.Key, "crm:jane-roe:contact.position_changed:"), d.Key)
					keys[d.Key] = true
				}
			}
			assert.Len(t, keys, 2)
		})
	}
	for text, want := range map[string]time.Time{
		`100000000`: time.Date(1973, 3, 3, 9, 46, 40, 0, time.UTC), `100000000000`: time.Date(1973, 3, 3, 9, 46, 40, 0, time.UTC),
		`1737369000250`: time.Date(2025, 1, 20, 10, 30, 0, 250e6, time.UTC), `99999999`: {}, `-1700000000`: {}, `1e9`: {}, `99999999999999999999`: {},
	} {
		d, err := salesEvents(t, `{"type":"a.b","timestamp":`+text+`}`)
		require.NoError(t, err)
		assert.Equal(t, want, d.Events[0].(webhook.SalesEvent).CreatedAt, text)
	}
}

// TestAnIDOfTheContactHidesNoEventOfTheSameSecond: two of one contact and type are two if they say something else, while one
// that comes again, also in another envelope, is one delivery.
func TestAnIDOfTheContactHidesNoEventOfTheSameSecond(t *testing.T) {
	const start = `{"id":"jane-roe","type":"contact.comment_created","created_at":"2025-01-20T10:30:00Z"`
	key := func(rest string) string {
		d, err := salesEvents(t, start+rest)
		require.NoError(t, err)
		require.NotEmpty(t, d.Key)
		return d.Key
	}
	for name, rests := range map[string][2]string{
		"data": {`,"data":{"comment":1}}`, `,"data":{"comment":2}}`}, "payload": {`,"payload":[1]}`, `,"payload":[2]}`},
		"flat": {`,"comment":1}`, `,"comment":2}`}, "flat beside null": {`,"data":null,"comment":1}`, `,"data":null,"comment":2}`},
	} {
		assert.NotEqual(t, key(rests[0]), key(rests[1]), name)
		assert.Equal(t, key(rests[0]), key(rests[0]), name)
	}
	assert.Equal(t, key(`,"attempt":1,"data":{"comment":1}}`), key(`,"attempt":2,"data":{"comment":1}}`))
}

// TestR65MemoryOfSalesEvents: what a body's events take is a small multiple of it, whatever it holds.
func TestR65MemoryOfSalesEvents(t *testing.T) {
	for _, element := range []string{`{"type":"a"},`, `{},`, `0,`, `{"event":{"type":"a"}},`, `{"a":"b","c":"d"},`} {
		d := &webhook.Delivery{Body: []byte(arrayOf(element, 1<<20))}
		total, live := allocated(func() { assert.NoError(t, webhook.DecodeSalesWebhooks(d)) })
		assert.Less(t, live, uint64(12<<20), element)
		if !pronettest.Race { // which has allocations of its own
			assert.Less(t, total, uint64(40<<20), element)
		}
		assert.NotEmpty(t, d.Events)
	}
}

// FuzzDecodeSalesWebhooks: it never panics, and each event is a part of the body.
func FuzzDecodeSalesWebhooks(f *testing.F) {
	for _, seed := range []string{`{"id":"evt_1","type":"a.b","data":{}}`, `[{"event":{"type":"a"}},1]`, `{"type":"a","type":1}`, "\xff", `{"id":1e99,"type":"\ud800"}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		d := &webhook.Delivery{Label: "l", Body: []byte(body)}
		err := webhook.DecodeSalesWebhooks(d)
		if err != nil {
			if len(body) > 60 && strings.Contains(err.Error(), body) {
				t.Fatal("the error holds the body")
			}
			return
		}
		for _, e := range d.Events {
			if sales, ok := e.(webhook.SalesEvent); ok && (sales.Type == "" || !strings.Contains(body, string(sales.Raw))) {
				t.Fatalf("%+v", sales)
			}
		}
		again := &webhook.Delivery{Label: "l", Body: []byte(body)}
		if err := webhook.DecodeSalesWebhooks(again); err != nil || fmt.Sprint(again.Events) != fmt.Sprint(d.Events) || again.Key != d.Key {
			t.Fatal("decoded again it is another")
		}
	})
}
