package spool

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTurnsKeepTheOrderOfEachGroup compares them with a plain list, in which each group's first is looked for.
func TestTurnsKeepTheOrderOfEachGroup(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 7))
	var line turns
	var plain []*entry
	for step := range 20_000 {
		switch random.IntN(5) {
		case 0, 1:
			e := &entry{group: string(rune('a' + random.IntN(5)))}
			line.push(e)
			plain = append(plain, e)
		case 2, 3:
			e := line.first()
			if e == nil {
				require.Zero(t, len(plain)) //nolint:testifylint // Empty would print them.
				continue
			}
			i := slices.IndexFunc(plain, func(other *entry) bool { return other.group == e.group })
			require.Same(t, plain[i], e, "the first of its group")
			line.take()
			plain = slices.Delete(plain, i, i+1)
			if random.IntN(5) == 0 {
				line.putBack(e)
				plain = slices.Insert(plain, i, e)
				require.Same(t, e, line.first())
			}
		case 4:
			if len(plain) > 0 && random.IntN(4) == 0 {
				i := random.IntN(len(plain))
				line.withdraw(plain[i])
				plain = slices.Delete(plain, i, i+1)
			}
		}
		require.Equal(t, len(plain), line.count)
		if step%500 == 0 {
			in := map[*entry]bool{}
			for e := range line.all() {
				in[e] = true
			}
			require.Len(t, in, len(plain))
			for _, e := range plain {
				require.True(t, in[e])
			}
		}
	}
	line.withdraw(new(entry))
}
