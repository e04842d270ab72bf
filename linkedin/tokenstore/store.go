// Package tokenstore keeps the tokens of LinkedIn's API where several processes find them, so that each is renewed once:
// in memory ([NewMemory]), in files ([OpenDir]) or in a database ([NewSQL]). [Store] is what another one has to do, and
// package tokenstoretest checks that it does.
//
// A store holds what opens accounts. Files have mode 0600; a table should be readable for the program alone. A store that
// encrypts wraps another one and changes the values, which are text.
package tokenstore

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"

	"github.com/pronet-go/pronet/api"
)

// Store keeps one value under each key. Keys are any text that is not empty, and differ by each byte. Both methods are
// safe for concurrent use, by several processes too where the store is one for several.
type Store interface {
	// Load returns the value of a key and the revision that it was stored with, or two zero values when there is none.
	Load(ctx context.Context, key string) (revision string, value api.Secret, err error)
	// Swap replaces the value of a key by another with another revision, provided that the present one has the revision
	// was: "" when there must be none. A revision of "" removes the value. Otherwise nothing changes, and the error is
	// [api.ErrConflict]: of two that began with the same revision, one loses. What is stored when Swap returns lasts. After
	// any other error it may be stored or not.
	//
	// The value is text without spaces, of up to 8 KiB. Revisions are of up to 64 letters and digits; none is used twice.
	Swap(ctx context.Context, key, was, revision string, value api.Secret) error
}

// maxRevision bounds a revision.
const maxRevision = 64

var errKey = errors.New("tokenstore: the key is empty")

// check refuses what cannot be stored.
func check(key, revision string, value api.Secret) error {
	switch {
	case key == "":
		return fmt.Errorf("%w: %w", api.ErrInvalid, errKey)
	case len(revision) > maxRevision:
		return fmt.Errorf("tokenstore: the revision has %d bytes, more than %d: %w", len(revision), maxRevision, api.ErrInvalid)
	case revision != "" && value.IsZero():
		return fmt.Errorf("tokenstore: there is no value: %w", api.ErrInvalid)
	}
	return nil
}

// nameOf is what stands for a key in files and tables. It has one length and no letters that differ in case only, and does
// not say whose token it is.
func nameOf(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

var errConflict = fmt.Errorf("tokenstore: the value was changed meanwhile: %w", api.ErrConflict)

// Memory keeps the values of one process. Its zero value is not usable.
type Memory struct {
	mu     sync.Mutex
	values map[string]stored
}

type stored struct {
	revision string
	value    api.Secret
}

// NewMemory returns a store in memory: for tests, and for programs of one process whose members log in anew after a
// restart.
func NewMemory() *Memory { return &Memory{values: make(map[string]stored)} }

// Load implements [Store].
func (m *Memory) Load(ctx context.Context, key string) (revision string, value api.Secret, err error) {
	if err := errors.Join(check(key, "", api.Secret{}), ctx.Err()); err != nil {
		return "", api.Secret{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.values[key]
	return s.revision, s.value, nil
}

// Swap implements [Store].
func (m *Memory) Swap(ctx context.Context, key, was, revision string, value api.Secret) error {
	if err := errors.Join(check(key, revision, value), ctx.Err()); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.values[key].revision != was:
		return errConflict
	case revision == "":
		delete(m.values, key)
	default:
		m.values[key] = stored{revision, value}
	}
	return nil
}
