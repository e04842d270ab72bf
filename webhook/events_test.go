package webhook_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/internal/pronettest"
	"github.com/pronet-go/pronet/webhook"
)

// arrayOf returns an array of as many units as fit into the size.
func arrayOf(unit string, size int) string {
	return "[" + strings.Repeat(unit, (size-16)/len(unit)) + "1]"
}

// allocated returns what f allocates, and what of it is there afterwards, in bytes.
func allocated(f func()) (total, live uint64) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	f()
	runtime.GC()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc, max(after.HeapAlloc, before.HeapAlloc) - before.HeapAlloc
}

// TestR65EventsTakeASmallMultipleOfTheBody: whatever a body holds, and whoever decodes it. What is too much for the
// list of events is one event, which is the whole body.
func TestR65EventsTakeASmallMultipleOfTheBody(t *testing.T) {
	size := pronettest.Times(256<<10, 1<<20)
	names := func(name func(i int) string) string {
		var out strings.Builder
		out.WriteString(`[{"member_id":1,"changed_fields":[`)
		for i := 0; out.Len() < size-64-len(name(i)); i++ {
			fmt.Fprintf(&out, "%q,", name(i))
		}
		out.WriteString(`"x"]}]`)
		return out.String()
	}
	for name, body := range map[string]string{
		"numbers":                arrayOf("1,", size),
		"objects":                arrayOf("{},", size),
		"arrays":                 arrayOf("[],", size),
		"nested arrays":          arrayOf("[[[1]],[1]],", size),
		"strings":                arrayOf(`"",`, size),
		"notices without id":     arrayOf(`{"id":1},`, size),
		"one name, very often":   names(func(int) string { return "a" }),
		"an empty name":          names(func(int) string { return "" }),
		"no name twice":          names(func(i int) string { return fmt.Sprintf("%x", i) }),
		"names with escapes":     `[7,` + names(func(i int) string { return fmt.Sprintf("%x\n", i) })[1:],
		"a name as long as it":   names(func(int) string { return strings.Repeat("n", size/4) }),
		"statuses":               arrayOf(`{"member_id":1,"status":"s"},`, size),
		"one name a notice":      arrayOf(`{"member_id":1,"changed_fields":["a"]},`, size),
		"one notice more at end": arrayOf(`{"member_id":1},`, size),
	} {
		t.Run(name, func(t *testing.T) {
			token := webhook.NewPathToken()
			sender, err := webhook.Coresignal(webhook.Endpoint{Label: "a", Token: token})
			require.NoError(t, err)
			sink := new(spySink)
			h := newHandlerOf(t, sender, sink)
			r := httptest.NewRequest(http.MethodPost, "/"+token, strings.NewReader(body))
			total, live := allocated(func() { h.ServeHTTP(httptest.NewRecorder(), r) })
			assert.LessOrEqual(t, total, uint64(20*len(body)), "%d MiB were allocated", total>>20)
			assert.LessOrEqual(t, live, uint64(10*len(body)), "%d MiB stay in memory", live>>20)
			require.Equal(t, 1, len(sink.all())) //nolint:testifylint // Len prints them

			stored := webhook.Delivery{Source: sender.Source, Label: "a", Key: "k", Body: []byte(body)}
			total, live = allocated(func() { require.NoError(t, webhook.Decode(&stored, sender)) })
			assert.LessOrEqual(t, total, uint64(17*len(body)), "%d MiB were allocated", total>>20)
			assert.LessOrEqual(t, live, uint64(9*len(body)), "%d MiB stay in memory", live>>20)
			require.Equal(t, len(sink.all()[0].Events), len(stored.Events)) //nolint:testifylint // Len prints them
			if unknown, ok := stored.Events[0].(webhook.Unknown); ok && len(stored.Events) == 1 {
				assert.Equal(t, len(body), len(unknown.Raw), "nothing is lost") //nolint:testifylint // Len prints it
			}
			runtime.KeepAlive(sink)
		})
	}
}

// TestR65GenuineNoticesOfAnySizeHaveTheirEvents: also the shortest that there are, and also where one of them makes the
// tolerant reader read the body.
func TestR65GenuineNoticesOfAnySizeHaveTheirEvents(t *testing.T) {
	notices := []string{
		`{"member_id":1},`, `{"member_id":18330245,"status":"changed"},`, `{"member_id":1,"status":"changed","changed_fields":["headline"]},`,
		`{"member_id":1,"changed_fields":["a"]},`,
		`{"member_id":41870215,"status":"changed","changed_fields":["headline","experience","skills","education","location","summary"]},`,
	}
	for i, notice := range notices {
		sizes := []int{150, 1000, 20_000, 256 << 10}
		if i == 0 && !raceEnabled || pronettest.Hard() {
			sizes = append(sizes, webhook.DefaultMaxBody) // The shortest notice needs the most.
		}
		for _, size := range sizes {
			for _, last := range []string{"", `,7`} {
				count := (size - 2 - len(last)) / len(notice)
				body := "[" + strings.TrimSuffix(strings.Repeat(notice, count), ",") + last + "]"
				events, err := decodeCoresignal("base", []byte(body))
				require.NoError(t, err)
				require.Equal(t, count+len(last)/2, len(events), "%s, %d bytes", notice, size) //nolint:testifylint // Len prints them all
				for _, event := range events[:count] {
					if _, ok := event.(webhook.EmployeeChanged); !ok {
						t.Fatalf("%s: a %T", notice, event)
					}
				}
			}
		}
	}
}
