package sandbox

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"sync"
)

const alphanumerics = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// identities makes keys and identifiers, the same ones for the same seed.
type identities struct {
	mu     sync.Mutex
	random *rand.Rand
}

func newIdentities(seed uint64) *identities {
	return &identities{random: rand.New(rand.NewPCG(seed, 0x73616e64626f78))}
}

// uuid returns the next identifier, in the form of a random UUID.
func (g *identities) uuid() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], g.random.Uint64())
	binary.BigEndian.PutUint64(b[8:], g.random.Uint64())
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// apiKey returns a key of 32 alphanumeric characters, as the provider's are,
// that anybody recognises as a fake.
func (g *identities) apiKey() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return "SandboxFakeKey" + g.letters(18)
}

// jwt returns a token in the form of the provider's EdDSA-signed ones. The
// signature is not one.
func (g *identities) jwt() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	encode := base64.RawURLEncoding.EncodeToString
	header := encode([]byte(`{"alg":"EdDSA","typ":"JWT"}`))
	claims := encode(fmt.Appendf(nil, `{"iss":"sandbox","sub":"fake-%s","exp":4102444800}`, g.letters(8)))
	signature := encode([]byte("sandbox-signature-that-signs-nothing-" + g.letters(27)))
	return header + "." + claims + "." + signature
}

func (g *identities) letters(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = alphanumerics[g.random.IntN(len(alphanumerics))]
	}
	return string(b)
}
