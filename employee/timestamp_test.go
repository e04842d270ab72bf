package employee_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/pronet-go/pronet/employee"
)

func TestTimestamp(t *testing.T) {
	noon := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	for text, want := range map[employee.Timestamp]time.Time{
		"2026-01-31T12:00:00Z":       noon,
		"2026-01-31T12:00:00":        noon,
		"2026-01-31 12:00:00":        noon,
		"2026-01-31T14:00:00+02:00":  noon,
		"2026-01-31T12:00:00.000":    noon,
		"2026-01-31T12:00:00.250Z":   noon.Add(250 * time.Millisecond),
		"2026-01-31T12:00:00.123456": noon.Add(123456 * time.Microsecond),
		"2026-01-31 12:00:00.123456": noon.Add(123456 * time.Microsecond),
		"2026-01-31":                 noon.Add(-12 * time.Hour),
	} {
		got, ok := text.Time()
		assert.True(t, ok, text)
		assert.Equal(t, want, got, text)
	}
	for _, text := range []employee.Timestamp{"", "yesterday", "31.01.2026", "2026-13-01", "2026-01-31T25:00:00Z", "1651019599"} {
		got, ok := text.Time()
		assert.False(t, ok, text)
		assert.True(t, got.IsZero())
	}
	leaf(t, employee.Timestamp("previous"), `"2026-01-31"`, "2026-01-31", true)
	leaf(t, employee.Timestamp(""), `null`, "", true)
	assert.Equal(t, `["2026-01-31",null]`, written(t, []employee.Timestamp{"2026-01-31", ""}))
}
