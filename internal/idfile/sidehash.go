package idfile

import (
	"crypto/sha256"
	"hash"
	"sync"
)

// worthIt is the least number of bytes that are hashed beside the reading.
const worthIt = 8 << 10

// sideHash is SHA-256 in a goroutine of its own, which lives as long as one piece of text takes: hashing is half of the
// work of a pass. A piece must stay as it is until the next one has been written.
type sideHash struct {
	hash hash.Hash
	busy sync.WaitGroup
}

func newSideHash() *sideHash { return &sideHash{hash: sha256.New()} }

func (h *sideHash) write(piece []byte) {
	h.busy.Wait()
	if len(piece) < worthIt {
		h.hash.Write(piece)
		return
	}
	h.busy.Go(func() { h.hash.Write(piece) })
}

func (h *sideHash) sum() (sum [sha256.Size]byte) {
	h.busy.Wait()
	h.hash.Sum(sum[:0])
	return sum
}
