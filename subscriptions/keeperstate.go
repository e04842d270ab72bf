package subscriptions

import (
	"context"
	"maps"
	"slices"
	"time"
)

// KeeperState stores what a Keeper remembers. Save must have stored the state durably when it returns nil. A Load without
// anything stored returns the zero State.
type KeeperState interface {
	Load(ctx context.Context) (State, error)
	Save(ctx context.Context, state State) error
}

// State is what a Keeper remembers between sweeps.
type State struct {
	// Generation counts the saves, so that a store can refuse one that is based on an older state.
	Generation int64 `json:"generation"`
	// Kept are the subscriptions by their wanted name.
	Kept map[string]Kept `json:"kept,omitempty"`
	// Creating are the creations under way, by wanted name.
	Creating map[string]Creating `json:"creating,omitempty"`
	// Retired are subscriptions that were replaced and are still to be deleted.
	Retired []Retired `json:"retired,omitempty"`
}

// Kept is a subscription that a Keeper looks after.
type Kept struct {
	// ID is the provider's id.
	ID string `json:"id"`
	// Definition is the wanted definition that it was created with.
	Definition string `json:"definition,omitempty"`
	// CreatedAt is when it was created, by this machine's clock.
	CreatedAt time.Time `json:"created_at,omitzero"`
	// ExpiringAt is when it ends, as far as the provider said when it was created or renewed.
	ExpiringAt time.Time `json:"expiring_at,omitzero"`
}

// Creating is a creation about which nothing is known yet but that it may have begun.
type Creating struct {
	// Definition is the wanted one.
	Definition string `json:"definition,omitempty"`
	// At is when it began.
	At time.Time `json:"at"`
	// Before are the ids of the subscriptions that were active then.
	Before []string `json:"before,omitempty"`
}

// Retired is a subscription that is to be deleted.
type Retired struct {
	// Name is the wanted name under which it was created.
	Name string `json:"name"`
	// ID is the provider's id.
	ID string `json:"id"`
}

func (s State) clone() State {
	s.Kept = maps.Clone(s.Kept)
	if s.Kept == nil {
		s.Kept = make(map[string]Kept)
	}
	s.Retired = slices.Clone(s.Retired)
	s.Creating = maps.Clone(s.Creating)
	if s.Creating == nil {
		s.Creating = make(map[string]Creating)
	}
	return s
}
