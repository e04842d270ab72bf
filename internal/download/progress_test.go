package download

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

// TestProgressIsHeldBack: of all files together there is one report in 250 ms, but for those of finished files and the end.
func TestProgressIsHeldBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		files := []*file{{listed: listed{Name: "a"}}, {listed: listed{Name: "b"}}}
		var told []Progress
		tracker := newTracker(files, func(p Progress) {
			told = append(told, p)
			time.Sleep(time.Second) // a slow function is not called again at once
		})
		assert.Equal(t, []Progress{{0, -1, 0, 2}}, told)
		tracker.bytes(1)
		tracker.length(files[0], 100)
		time.Sleep(reportAfter - 1)
		tracker.bytes(1)
		assert.Len(t, told, 1)
		time.Sleep(time.Nanosecond)
		tracker.bytes(1)
		assert.Equal(t, Progress{3, -1, 0, 2}, told[1])
		tracker.bytes(2)
		tracker.file(files[0], 100, 95)
		assert.Equal(t, Progress{100, -1, 1, 2}, told[2])
		tracker.bytes(7)
		tracker.length(files[1], 50)
		assert.Len(t, told, 3)
		tracker.end()
		tracker.end()
		assert.Equal(t, []Progress{{107, 150, 1, 2}}, told[3:])
		newTracker(files, nil).end()
	})
}
