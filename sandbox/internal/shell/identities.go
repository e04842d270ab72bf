package shell

import (
	cryptorand "crypto/rand"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"sync"
)

const alphanumerics = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// identities draws identifiers, the same ones for the same seed, and keys.
type identities struct {
	mu     sync.Mutex
	random *rand.Rand
	keys   *rand.Rand // random, unless keys are secret
}

func newIdentities(seed uint64, secretKeys bool) *identities {
	ids := &identities{random: rand.New(rand.NewPCG(seed, 0x73616e64626f78))}
	ids.keys = ids.random
	if secretKeys {
		var fresh [32]byte
		_, _ = cryptorand.Read(fresh[:]) // never fails
		ids.keys = rand.New(rand.NewChaCha8(fresh))
	}
	return ids
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

// Letters returns the next n letters and digits, for keys. They follow from the seed unless keys are secret.
func (sh *Shell) Letters(n int) string {
	sh.ids.mu.Lock()
	defer sh.ids.mu.Unlock()
	b := make([]byte, n)
	for i := range b {
		b[i] = alphanumerics[sh.ids.keys.IntN(len(alphanumerics))]
	}
	return string(b)
}
