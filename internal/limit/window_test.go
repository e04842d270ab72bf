package limit

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// TestDayOfAClockThatWasAhead: a clock that is put right neither empties the day nor makes it last.
func TestDayOfAClockThatWasAhead(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	w := newWindow(Policy{N: 2, Daily: true})
	w.stamp(now.AddDate(1, 0, 0)) // a year ahead, for a moment
	w.stamp(now)
	assert.False(t, w.free(now))
	at, known := w.ready(0, 0, now)
	assert.True(t, known)
	assert.Equal(t, now.Truncate(24*time.Hour).AddDate(0, 0, 1), at)
	assert.True(t, w.free(now.AddDate(0, 0, 1)))
}
