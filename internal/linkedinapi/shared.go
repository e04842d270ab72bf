package linkedinapi

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/wire"
)

const (
	// storing bounds what is asked of a store, also after a renewal whose context has ended.
	storing = 15 * time.Second
	// leaseFor is how long a process has the right to renew: longer than a renewal can take. One that was killed keeps the
	// others from it for so long, while the token that they have still does.
	leaseFor = longestFetch + storing
	// skew is how far the clocks of the processes may differ.
	skew = 5 * time.Minute
	// longestShared bounds a renewal through a store with all waits.
	longestShared = 2*leaseFor + longestFetch
	// saveEvery is how often it is tried to store what could not be stored.
	saveEvery = time.Minute
	// lookFirst is the first wait for another process to renew, which doubles up to lookLast.
	lookFirst, lookLast = 100 * time.Millisecond, 2 * time.Second
)

// Store is the tokenstore.Store of the user's.
type Store interface {
	Load(ctx context.Context, key string) (revision string, value api.Secret, err error)
	Swap(ctx context.Context, key, was, revision string, value api.Secret) error
}

// ErrLoginNeeded is the error of calls for a member whose token has ended and cannot be renewed.
var ErrLoginNeeded = wire.Plain("the person has to log in again", api.ErrUnauthorized)

// errElsewhere is the error of a renewal that another process makes, while the present token still lives.
var errElsewhere = wire.Plain("another process renews the token", nil)

// lease is the one that was seen last, and since when: a clock of one's own is enough to see that it has ended.
type lease struct {
	revision string
	since    time.Time
}

// unsaved is a grant that could not be stored, and the access token of the one that it replaces.
type unsaved struct {
	over  api.Secret
	grant Grant
}

// waits reports whether there is a grant that has to be stored, and not to be renewed yet.
func (u *unsaved) waits(now time.Time) bool {
	return !u.grant.Access.IsZero() && !newHeld(&u.grant).due(now)
}

// renewShared gets another token than the one used: one that another process has stored, or a new one, for which it takes
// the lease. It waits while another process has that, unless it may not.
func (k *Keeper) renewShared(ctx context.Context, through Doer, used api.Secret, mayWait bool) (Grant, error) {
	for wait := lookFirst; ; wait = min(2*wait, lookLast) {
		revision, record, err := k.load(ctx)
		now := time.Now()
		switch {
		case err != nil:
			return Grant{}, err
		case record.Access.Reveal() != used.Reveal() && record.lives(now):
			return record.Grant, nil
		case !mayWait && k.unsaved.waits(now):
			if err = k.swap(ctx, revision, rand.Text(), Record{Grant: record.Grant}); errors.Is(err, api.ErrConflict) {
				continue
			}
			if err == nil {
				k.unsaved = unsaved{}
			}
			return record.Grant, err
		case k.member && !k.refreshable(record.Refresh, now):
			return Grant{}, k.refused.err
		case k.leased(revision, record.Leased, now):
			if !mayWait {
				return Grant{}, errElsewhere
			}
			if err := sleep(ctx, wait); err != nil {
				return Grant{}, err
			}
			continue
		}
		taken := rand.Text()
		err = k.swap(ctx, revision, taken, Record{Grant: record.Grant, Leased: now})
		if errors.Is(err, api.ErrConflict) {
			continue
		}
		if err != nil {
			return Grant{}, err
		}
		grant, err := k.renewLeased(ctx, through, taken, record)
		if !errors.Is(err, errOvertaken) {
			return grant, err
		}
	}
}

// errOvertaken says that somebody has stored another token during the renewal: a newer one, so this one is dropped.
var errOvertaken = wire.Plain("another token was stored meanwhile", nil)

// renewLeased renews and stores what it got, or gives the lease back.
func (k *Keeper) renewLeased(ctx context.Context, through Doer, taken string, record Record) (Grant, error) {
	fetching, cancel := context.WithTimeout(ctx, longestFetch)
	defer cancel()
	grant, failed := k.fetch(fetching, through, record.Grant)
	next := Record{Grant: grant}
	if failed != nil {
		next = Record{Grant: record.Grant}
	}
	k.unsaved = unsaved{}
	err := k.swap(context.WithoutCancel(ctx), taken, rand.Text(), next)
	switch {
	case failed != nil:
		return Grant{}, failed
	case errors.Is(err, api.ErrConflict):
		return Grant{}, errOvertaken
	case err != nil: // a token that works is better than none, and it is stored later
		k.unsaved = unsaved{record.Access, grant}
		k.logger().Warn("pronet: a new token of LinkedIn's could not be stored, so other processes will fetch their own",
			slog.String("reason", api.Describe(err)))
	}
	return grant, nil
}

// leased reports whether another process may still be renewing.
func (k *Keeper) leased(revision string, since, now time.Time) bool {
	if since.IsZero() || now.Sub(since) >= leaseFor+skew {
		return false
	}
	if k.seen.revision != revision {
		k.seen = lease{revision, now}
	}
	return now.Sub(k.seen.since) < leaseFor
}

// load reads the store. A grant that could not be stored stands for the one that it replaces.
func (k *Keeper) load(ctx context.Context) (revision string, record Record, err error) {
	ctx, cancel := context.WithTimeout(ctx, storing)
	defer cancel()
	revision, value, err := k.store.Load(ctx, k.key)
	if err != nil {
		return "", Record{}, wire.Plain("the token store failed", err)
	}
	record, err = DecodeRecord(value)
	switch {
	case err != nil || k.unsaved.grant.Access.IsZero():
	case record.Access.Reveal() == k.unsaved.over.Reveal():
		record.Grant = k.unsaved.grant
	default: // a login, a removal or another process was there before
		k.unsaved = unsaved{}
	}
	return revision, record, err
}

// swap writes to the store. After an error other than that of a conflict it looks whether it has.
func (k *Keeper) swap(ctx context.Context, was, revision string, record Record) error {
	value, err := record.Encode()
	if err != nil {
		return err
	}
	writing, cancel := context.WithTimeout(ctx, storing)
	defer cancel()
	if err = k.store.Swap(writing, k.key, was, revision, value); err == nil {
		return nil
	}
	if !errors.Is(err, api.ErrConflict) {
		if present, _, loading := k.load(ctx); loading == nil && present == revision {
			return nil
		}
	}
	return wire.Plain("the token store failed", err)
}

// sleep waits, unless the context ends before.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
