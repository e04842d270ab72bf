package shell

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"sync"
)

const alphanumerics = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// identities draws identifiers, the same ones for the same seed.
type identities struct {
	mu     sync.Mutex
	random *rand.Rand
}

func newIdentities(seed uint64) *identities {
	return &identities{random: rand.New(rand.NewPCG(seed, 0x73616e64626f78))}
}

// UUID returns the next identifier, in the form of a random UUID.
func (sh *Shell) UUID() string {
	sh.ids.mu.Lock()
	defer sh.ids.mu.Unlock()
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], sh.ids.random.Uint64())
	binary.BigEndian.PutUint64(b[8:], sh.ids.random.Uint64())
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// Letters returns the next n letters and digits, for keys.
func (sh *Shell) Letters(n int) string {
	sh.ids.mu.Lock()
	defer sh.ids.mu.Unlock()
	b := make([]byte, n)
	for i := range b {
		b[i] = alphanumerics[sh.ids.random.IntN(len(alphanumerics))]
	}
	return string(b)
}
