package people

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestDiceDependOnTheirSeedsOnly(t *testing.T) {
	assert.Equal(t, newDice(1, 2).next(), newDice(1, 2).next())
	assert.NotEqual(t, newDice(1, 2).next(), newDice(2, 1).next())
	assert.NotEqual(t, newDice(1).next(), newDice(1, 0).next())
	assert.Equal(t, uint64(0x6ec85f1f8547bc0c), newDice(1).next(), "the sequence is the same for ever: golden files rest on it")
}

func TestDiceDrawEvenly(t *testing.T) {
	d := newDice(5)
	var seen [6]int
	for range 6000 {
		seen[d.between(1, 6)-1]++
	}
	for face, n := range seen {
		assert.InDelta(t, 1000, n, 150, "face %d", face+1)
	}
	assert.Zero(t, d.below(0))
	assert.False(t, d.percent(0))
	assert.True(t, d.percent(100))
}

func TestPickSomePicksDifferentOnes(t *testing.T) {
	d := newDice(9)
	from := []string{"a", "b", "c", "d"}
	for range 50 {
		got := pickSome(d, from, 3)
		assert.Len(t, got, 3)
		assert.Subset(t, from, got)
		assert.NotEqual(t, got[0], got[1])
		assert.NotEqual(t, got[1], got[2])
		assert.NotEqual(t, got[0], got[2])
	}
	assert.ElementsMatch(t, from, pickSome(d, from, 9))
	assert.Equal(t, []string{"a", "b", "c", "d"}, from)
}
