package people

import (
	"crypto/sha256"
	"encoding/hex"
	"time"
)

const (
	v1Time   = time.DateTime          // no zone
	baseTime = "2006-01-02T15:04:05Z" // always UTC
)

// flag is a boolean on the wire: 0 or 1.
type flag int

func flagOf(set bool) flag {
	if set {
		return 1
	}
	return 0
}

// orNull is null for the zero value.
func orNull[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

// hashOf is a value for the hash fields: 32 hexadecimal digits that depend on s only.
func hashOf(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:16])
}

// termID is the id of a word in one of the provider's dictionaries.
func termID(dictionary, word string) int64 {
	d := newDice()
	for _, b := range []byte(dictionary + "\x00" + word) {
		d.state = scramble(d.state ^ uint64(b))
	}
	return int64(d.between(1000, 99_999_999))
}
