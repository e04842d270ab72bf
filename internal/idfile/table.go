package idfile

import (
	"math/bits"
	"math/rand/v2"
)

const (
	defaultMemory = 8 << 20
	leastMemory   = 16 * 8
	firstSlots    = 4 << 10
	growth        = 4
)

// outcome is what became of an ID that was to be added to a table.
type outcome int

const (
	added   outcome = iota
	present         // it was there already
	full            // it is not there, and there is no room for it
)

// table is a set of IDs in bounded memory: open addressing, filled to seven tenths. Its hash has a key of its own, so
// that nobody can choose IDs that collide.
type table struct {
	store []int64 // of which slots is the beginning
	slots []int64 // 0 is empty; the length is a power of two
	shift int     // of a hash, to a slot
	held  int
	most  int // of slots
	limit int // slots that memory allows
	key   [2]uint64
}

// newTable makes a table of at most the given number of bytes, rounded down to a power of two; 0 means 8 MiB.
func newTable(memory int64) *table {
	if memory == 0 {
		memory = defaultMemory
	}
	slots := max(memory, leastMemory) / 8
	t := &table{limit: 1 << (bits.Len64(uint64(slots)) - 1), key: [2]uint64{rand.Uint64(), rand.Uint64()}}
	t.allocate(min(firstSlots, t.limit))
	return t
}

func (t *table) allocate(slots int) {
	t.store = make([]int64, slots)
	t.use(slots)
}

func (t *table) use(slots int) {
	t.slots = t.store[:slots]
	t.shift = 64 - bits.TrailingZeros(uint(slots))
	t.held, t.most = 0, room(slots)
}

func room(slots int) int { return slots * 7 / 10 }

// reset empties the table and makes it no larger than the given number of IDs needs.
func (t *table) reset(ids int64) {
	slots := min(len(t.store), leastMemory/8)
	for slots < len(t.store) && int64(room(slots)) < ids {
		slots *= 2
	}
	t.use(slots)
	clear(t.slots)
}

// hash mixes an ID with the key. The highest bits choose the slot, the lowest are for dividing IDs into parts.
func (t *table) hash(id int64) uint64 {
	hi, lo := bits.Mul64(uint64(id)^t.key[0], t.key[1]|1)
	hi, lo = bits.Mul64(hi^lo^t.key[1], 0x9e3779b97f4a7c15)
	return hi ^ lo
}

// add adds an ID, given with its hash.
func (t *table) add(id int64, hash uint64) outcome {
	at, found := t.find(id, hash)
	if found {
		return present
	}
	if t.held == t.most {
		if len(t.slots) < len(t.store) || len(t.store) >= t.limit {
			return full
		}
		t.grow()
		at, _ = t.find(id, hash)
	}
	t.slots[at] = id
	t.held++
	return added
}

// find returns the slot of an ID, or the free one where it belongs.
func (t *table) find(id int64, hash uint64) (at int, found bool) {
	mask := len(t.slots) - 1
	for at = int(hash>>t.shift) & mask; ; at = (at + 1) & mask {
		switch t.slots[at] {
		case id:
			return at, true
		case 0:
			return at, false
		}
	}
}

func (t *table) grow() {
	old := t.slots
	t.allocate(min(growth*len(old), t.limit))
	for _, id := range old {
		if id != 0 {
			at, _ := t.find(id, t.hash(id))
			t.slots[at] = id
			t.held++
		}
	}
}
