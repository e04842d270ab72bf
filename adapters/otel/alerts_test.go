package otel_test

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.yaml.in/yaml/v3"
)

// rule is an alert of alerts.yaml.
type rule struct {
	Alert       string            `yaml:"alert"`
	Expr        string            `yaml:"expr"`
	For         string            `yaml:"for"`
	Labels      map[string]string `yaml:"labels"`
	Annotations map[string]string `yaml:"annotations"`
}

func alerts(t *testing.T) []rule {
	t.Helper()
	text, err := os.ReadFile("alerts.yaml")
	require.NoError(t, err)
	var file struct {
		Groups []struct {
			Name  string `yaml:"name"`
			Rules []rule `yaml:"rules"`
		} `yaml:"groups"`
	}
	decoder := yaml.NewDecoder(strings.NewReader(string(text)))
	decoder.KnownFields(true)
	require.NoError(t, decoder.Decode(&file))
	require.Len(t, file.Groups, 1)
	return file.Groups[0].Rules
}

// dashboard returns the queries of the dashboard, by the title of their panel.
func dashboard(t *testing.T) map[string][]string {
	t.Helper()
	text, err := os.ReadFile("dashboard.json")
	require.NoError(t, err)
	var file struct {
		Panels []struct {
			ID      int    `json:"id"`
			Title   string `json:"title"`
			Type    string `json:"type"`
			Targets []struct {
				Expr         string `json:"expr"`
				LegendFormat string `json:"legendFormat"`
			} `json:"targets"`
		} `json:"panels"`
	}
	require.NoError(t, json.Unmarshal(text, &file))
	queries, ids := make(map[string][]string), make(map[int]bool)
	for _, panel := range file.Panels {
		assert.False(t, ids[panel.ID], "two panels have the id %d", panel.ID)
		ids[panel.ID] = true
		if panel.Type != "row" {
			assert.NotEmpty(t, panel.Targets, panel.Title)
		}
		for _, target := range panel.Targets {
			queries[panel.Title] = append(queries[panel.Title], target.Expr, target.LegendFormat)
		}
	}
	return queries
}

// prometheusNames are the names that Prometheus has of a metric, by the specification "Prometheus and OpenMetrics
// Compatibility": underscores, the unit as a word, and _total for a counter.
func prometheusNames(m metricdata.Metrics) []string {
	name := underscored(m.Name)
	if unit := map[string]string{"s": "seconds", "By": "bytes", "1": "ratio"}[m.Unit]; unit != "" && !strings.HasSuffix(name, "_"+unit) {
		name += "_" + unit
	}
	switch m.Data.(type) {
	case metricdata.Histogram[float64]:
		return []string{name + "_bucket", name + "_sum", name + "_count"}
	case metricdata.Sum[int64], metricdata.Sum[float64]:
		return []string{name + "_total"}
	}
	return []string{name}
}

func underscored(name string) string { return strings.ReplaceAll(name, ".", "_") }

// attributesOf returns the attributes that a metric can have beyond those of everyMetric: of failures.
func attributesOf(m metricdata.Metrics, into map[string]bool) {
	add := func(set attribute.Set) {
		for _, attr := range set.ToSlice() {
			into[underscored(string(attr.Key))] = true
		}
	}
	switch data := m.Data.(type) {
	case metricdata.Histogram[float64]:
		for _, point := range data.DataPoints {
			add(point.Attributes)
		}
	case metricdata.Sum[int64]:
		for _, point := range data.DataPoints {
			add(point.Attributes)
		}
	case metricdata.Sum[float64]:
		for _, point := range data.DataPoints {
			add(point.Attributes)
		}
	case metricdata.Gauge[int64]:
		for _, point := range data.DataPoints {
			add(point.Attributes)
		}
	case metricdata.Gauge[float64]:
		for _, point := range data.DataPoints {
			add(point.Attributes)
		}
	}
}

// named finds the metrics and labels of ours in a query.
var named = regexp.MustCompile(`\b(?:pronet|http|server|error)_[a-z_]+`)

// TestWhatIsAskedForIsEmitted: each name in the dashboard and in the alerts is one of a metric, or of a label that the
// metrics have; and each metric is in the dashboard.
func TestWhatIsAskedForIsEmitted(t *testing.T) {
	known, labels, asked := make(map[string]string), map[string]bool{"error_type": true}, make(map[string]bool)
	metrics := everyMetric(t)
	for name, m := range metrics {
		for _, translated := range prometheusNames(m) {
			known[translated] = name
		}
		attributesOf(m, labels)
	}
	check := func(where, query string) {
		for _, name := range named.FindAllString(query, -1) {
			assert.True(t, known[name] != "" || labels[name], "%s asks for %s", where, name)
			asked[known[name]] = true
		}
	}
	for title, queries := range dashboard(t) {
		for _, query := range queries {
			check(title, query)
		}
	}
	for name := range metrics {
		assert.True(t, asked[name], "%s is not in the dashboard", name)
	}
	for _, alert := range alerts(t) {
		require.NotEmpty(t, named.FindString(alert.Expr), alert.Alert)
		check(alert.Alert, alert.Expr)
		check(alert.Alert, alert.Annotations["summary"])
	}
}

// TestEachAlertSaysWhatToDo: it names a section of the guide, which is there and names the alert.
func TestEachAlertSaysWhatToDo(t *testing.T) {
	text, err := os.ReadFile("../../docs/guide/run-in-production.md")
	require.NoError(t, err)
	sections := make(map[string]string)
	for section := range strings.SplitSeq(string(text), "\n### ") {
		heading, body, _ := strings.Cut(section, "\n")
		sections[anchor(heading)] = body
	}
	names := make(map[string]bool)
	for _, alert := range alerts(t) {
		assert.False(t, names[alert.Alert], "%s is there twice", alert.Alert)
		names[alert.Alert] = true
		assert.Contains(t, []string{"page", "ticket"}, alert.Labels["severity"], alert.Alert)
		assert.NotEmpty(t, alert.Annotations["summary"], alert.Alert)
		heading, ok := strings.CutPrefix(alert.Annotations["runbook"], "docs/guide/run-in-production.md#")
		require.True(t, ok, alert.Alert)
		assert.Contains(t, sections[heading], "`"+alert.Alert+"`", "the section %q", heading)
	}
}

// anchor is the name by which a heading is linked to.
func anchor(heading string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
			return unicode.ToLower(r)
		}
		return -1
	}, heading)
}
