package idfile

import (
	"crypto/sha256"
	"hash/maphash"
	"sync"
)

// quickSeed is this process's. Nobody outside can make another list with the same quick hash.
var quickSeed = maphash.MakeSeed()

// memo remembers what the checks of a source found: the quick hash that goes with a SHA-256. With it, the pass that sends
// the list can be compared at a tenth of the cost.
type memo struct {
	mu    sync.Mutex
	hash  [sha256.Size]byte
	quick uint64
	known bool
}

func (m *memo) remember(hash [sha256.Size]byte, quick uint64) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.hash, m.quick, m.known = hash, quick, true
}

func (m *memo) recall(hash [sha256.Size]byte) (quick uint64, known bool) {
	if m == nil {
		return 0, false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.quick, m.known && m.hash == hash
}

// comparison tells whether what was sent is what was checked.
type comparison struct {
	quick  maphash.Hash
	wanted uint64
	slow   *sideHash // nil if the quick hash is known
	hash   [sha256.Size]byte
}

func newComparison(m *memo, hash [sha256.Size]byte) *comparison {
	c := &comparison{hash: hash}
	c.quick.SetSeed(quickSeed)
	var known bool
	if c.wanted, known = m.recall(hash); !known {
		c.slow = newSideHash()
	}
	return c
}

func (c *comparison) write(piece []byte) {
	if c.slow != nil {
		c.slow.write(piece)
		return
	}
	_, _ = c.quick.Write(piece)
}

func (c *comparison) same() bool {
	if c.slow != nil {
		return c.slow.sum() == c.hash
	}
	return c.quick.Sum64() == c.wanted
}
