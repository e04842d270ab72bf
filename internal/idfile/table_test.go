package idfile

import (
	"math/bits"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// probes counts the slots that looking for each of the IDs visits, on the average and at most.
func (t *table) probes(ids []int64) (mean float64, most int) {
	sum := 0
	for _, id := range ids {
		hash := t.hash(id)
		at, _ := t.find(id, hash)
		n := 1 + (at-int(hash>>t.shift))&(len(t.slots)-1)
		sum += n
		most = max(most, n)
	}
	return float64(sum) / float64(len(ids)), most
}

// TestHostileIDs fills tables with IDs of every regular kind, with ones that collide in a multiplicative hash without a
// key, and with ones chosen to collide in another table: each is as good as chance.
func TestHostileIDs(t *testing.T) {
	const slots = 64 << 10
	other := newTable(slots * 8)
	kinds := map[string]func(i int64) int64{
		"in a row":             func(i int64) int64 { return i },
		"with equal low bits":  func(i int64) int64 { return i << 40 },
		"with equal high bits": func(i int64) int64 { return 1<<62 + i },
		"reversed":             func(i int64) int64 { return int64(bits.Reverse64(uint64(i)) >> 1) },
		"against a fixed multiplier": func(i int64) int64 { // equal in the highest bits when multiplied by 2^64/phi
			return int64(uint64(i)*0xf1de83e19937733d) & (1<<63 - 1)
		},
	}
	var chosen []int64
	for id := int64(1); len(chosen) < room(slots); id++ {
		if other.hash(id)>>58 == 0 {
			chosen = append(chosen, id)
		}
	}
	kinds["against another table"] = func(i int64) int64 { return chosen[i-1] }
	for name, kind := range kinds {
		t.Run(name, func(t *testing.T) {
			set, ids := newTable(slots*8), make([]int64, 0, room(slots))
			for i := range room(slots) {
				id := kind(int64(i) + 1)
				require.Equal(t, added, set.add(id, set.hash(id)))
				ids = append(ids, id)
			}
			require.Equal(t, full, set.add(1<<63-1, set.hash(1<<63-1)))
			for _, id := range ids {
				require.Equal(t, present, set.add(id, set.hash(id)))
			}
			mean, most := set.probes(ids)
			assert.Less(t, mean, 2.5, "chance gives 2.2")
			assert.Less(t, most, 400)
		})
	}
}

func TestTableStaysInItsBounds(t *testing.T) {
	for memory, slots := range map[int64]int{0: 1 << 20, 1: 16, 128: 16, 255: 16, 256: 32, 1 << 10: 128, 100_000: 8192, 1 << 20: 128 << 10} {
		set := newTable(memory)
		held := 0
		for id := int64(1); set.add(id, set.hash(id)) == added; id++ {
			held++
		}
		assert.Len(t, set.store, slots, "%d bytes", memory)
		assert.Equal(t, room(slots), held, "%d bytes", memory)
	}
	set := newTable(0)
	assert.Len(t, set.store, firstSlots, "small lists take little")
	set.add(5, set.hash(5))
	set.reset(10)
	assert.Len(t, set.slots, 16)
	assert.Equal(t, added, set.add(5, set.hash(5)))
}
