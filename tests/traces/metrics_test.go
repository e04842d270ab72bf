//go:build unix

package traces

import (
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// counts are what stands in the queue's server, by its own client.
type counts struct{ pending, dead func() int }

func outside(t *testing.T, s settings) counts {
	t.Helper()
	if s.Queue == inRiver {
		pool, err := pgxpool.New(t.Context(), s.Postgres)
		require.NoError(t, err)
		t.Cleanup(pool.Close)
		jobs := func(where string) func() int {
			return func() (n int) {
				assert.NoError(t, pool.QueryRow(t.Context(), "SELECT count(*) FROM river_job WHERE state "+where).Scan(&n))
				return n
			}
		}
		return counts{jobs("NOT IN ('completed', 'cancelled', 'discarded')"), jobs("IN ('cancelled', 'discarded')")}
	}
	conn, err := natsgo.Connect(s.NATS)
	require.NoError(t, err)
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	require.NoError(t, err)
	messages := func(name string) func() int {
		return func() int {
			stream, err := js.Stream(t.Context(), name)
			require.NoError(t, err)
			return int(stream.CachedInfo().State.Msgs)
		}
	}
	return counts{messages("pronet-work"), messages("pronet-dead")}
}

// metric is what the exporter writes of one.
type metric struct {
	Name, Unit string
	Data       struct {
		DataPoints []struct {
			Attributes []attr
			Value      float64
			Count      float64
		}
	}
}

// metrics are those that it has exported, by name.
func (p *process) metrics() map[string]metric {
	p.t.Helper()
	byName := make(map[string]metric)
	for line := range strings.Lines(p.text("metrics")) {
		var collected struct {
			ScopeMetrics []struct{ Metrics []metric }
		}
		require.NoError(p.t, json.Unmarshal([]byte(line), &collected))
		for _, scope := range collected.ScopeMetrics {
			for _, m := range scope.Metrics {
				byName[m.Name] = m
			}
		}
	}
	return byName
}

// value is that of a metric which has one point.
func (p *process) value(name string) float64 {
	p.t.Helper()
	points := p.metrics()[name].Data.DataPoints
	require.Len(p.t, points, 1, "%s of %s", name, p.Name)
	return points[0].Value
}

// of other duties than deliveries: keepers, candidates and logins are the same with any queue.
var others = regexp.MustCompile(`^pronet_(subscriptions|candidates|token)_`)

// theMetricsTell: both processes tell what stands in the queue, and between them they emit whatever the dashboard and the
// alerts ask for.
func theMetricsTell(t *testing.T, raw counts, receiver, worker *process) {
	t.Helper()
	require.Equal(t, 1, raw.pending())
	assert.InDelta(t, 1, receiver.value("pronet.spool.pending"), 0)
	assert.Positive(t, receiver.value("pronet.spool.oldest.age"))
	assert.Zero(t, receiver.value("pronet.spool.running"), "nobody works any more")
	assert.Zero(t, worker.value("pronet.spool.pending"))
	assert.InDelta(t, 1, worker.value("pronet.spool.running"), 0)
	for _, p := range []*process{receiver, worker} {
		assert.InDelta(t, raw.dead(), p.value("pronet.spool.dead"), 0, p.Name)
		assert.Positive(t, p.value("pronet.spool.dead.size"), p.Name)
	}
	assert.NotEmpty(t, worker.metrics()["pronet.delivery.lag"].Data.DataPoints)

	emitted, labels := receiver.metrics(), make(map[string]bool)
	maps.Copy(emitted, worker.metrics())
	for _, m := range emitted {
		for _, point := range m.Data.DataPoints {
			for _, a := range point.Attributes {
				labels[underscored(a.Key)] = true
			}
		}
	}
	asked := 0
	for _, file := range []string{"dashboard.json", "alerts.yaml"} {
		text, err := os.ReadFile("../../adapters/otel/" + file)
		require.NoError(t, err)
		for _, name := range regexp.MustCompile(`\b(?:pronet|http|server|error)_[a-z_]+`).FindAllString(string(text), -1) {
			if labels[name] || others.MatchString(name) {
				continue
			}
			asked++
			assert.True(t, slices.ContainsFunc(slices.Collect(maps.Values(emitted)), func(m metric) bool { return m.is(name) }), "%s asks for %s", file, name)
		}
	}
	assert.Greater(t, asked, 30)
}

func underscored(name string) string { return strings.ReplaceAll(name, ".", "_") }

// is reports whether a name of Prometheus's is one of the metric.
func (m metric) is(name string) bool {
	rest, ok := strings.CutPrefix(name, underscored(m.Name))
	unit := map[string]string{"s": "_seconds", "By": "_bytes"}[m.Unit]
	rest, of := strings.CutPrefix(rest, unit)
	return ok && of && slices.Contains([]string{"", "_total", "_bucket", "_sum", "_count"}, rest)
}
