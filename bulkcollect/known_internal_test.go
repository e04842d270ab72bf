package bulkcollect

import (
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestKnownJobsAreBounded(t *testing.T) {
	var k knownJobs
	var all sync.WaitGroup
	for g := range 4 {
		all.Go(func() {
			for i := range maxKnown {
				n := g*maxKnown + i
				k.remember(fingerprint{byte(n), byte(n >> 8)}, strconv.Itoa(n))
				k.recall(fingerprint{byte(n)})
			}
		})
	}
	all.Wait()
	assert.Len(t, k.jobs, maxKnown)

	var one knownJobs
	for i := range 3 {
		one.remember(fingerprint{1}, strconv.Itoa(i))
	}
	one.remember(fingerprint{2}, "other")
	assert.Len(t, one.jobs, 2, "the last job of a request counts")
	id, ok := one.recall(fingerprint{1})
	assert.True(t, ok)
	assert.Equal(t, "2", id)
	one.ended("2")
	_, ok = one.recall(fingerprint{1})
	assert.False(t, ok)
	_, ok = one.recall(fingerprint{2})
	assert.True(t, ok)
}
