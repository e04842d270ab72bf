package linkedinapi

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"golang.org/x/oauth2"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
)

const (
	// renewEarly is how long before its end a token is renewed, but for one that lives less than four times as long.
	renewEarly = 2 * time.Minute
	// fresh is how old a token may be to be tried once more when LinkedIn says that it is revoked: for some seconds not all
	// of its servers know it (reported).
	fresh = 10 * time.Second
	// settling is waited before that.
	settling = time.Second
	// retryEarly is how long after a failed renewal the next one is tried, while the token still lives.
	retryEarly = 10 * time.Second
	// longestFetch bounds a renewal, which does not end with the calls that wait for it.
	longestFetch = time.Minute
	// warnRefresh is how long before the end of a refresh token the log warns of it.
	warnRefresh = 30 * 24 * time.Hour
	// refusedFor is how long a refresh token that was refused is not tried again.
	refusedFor = time.Minute
)

// Doer is the pipeline.
type Doer interface {
	Do(ctx context.Context, call transport.Call) (transport.Response, error)
}

// Keeper holds the token of an app or of a member, or one that a source of the user's supplies, for all clients that share
// it. That it is renewed once for all calls of a client is the pipeline's doing: the keeper adds that it is so for their
// clones, and with a store for other processes.
type Keeper struct {
	log atomic.Pointer[slog.Logger]

	app    string // its client id, if it is an app's or one of its members'
	secret api.Secret
	fetch  func(ctx context.Context, through Doer, present Grant) (Grant, error) // nil of a token that does not change
	store  Store                                                                 // nil of one that is kept here alone
	key    string
	member bool
	ending func(ends time.Time)
	warned atomic.Int64 // the day of the last warning, counted from 1970

	renewing chan struct{} // has room for one renewal, which what follows belongs to
	seen     lease
	refused  refusal
	unsaved  unsaved
	failed   atomic.Int64 // how often a renewal failed while the token lived
	current  atomic.Pointer[held]
}

// newKeeper is one that no two renew at once.
func newKeeper() *Keeper { return &Keeper{renewing: make(chan struct{}, 1)} }

// held is a token. It does not change.
type held struct {
	secret      api.Secret
	issued      time.Time
	expires     time.Time // zero when not known
	renewAt     time.Time // zero when never
	refreshEnds time.Time // zero when not known
	again       bool      // it was refused when it was fresh, and was tried once more
}

// refusal is that of a refresh token.
type refusal struct {
	refresh api.Secret
	until   time.Time
	err     error
}

// Static keeps a token that does not change.
func Static(token api.Secret) *Keeper {
	k := newKeeper()
	k.current.Store(&held{secret: token})
	return k
}

// FromSource keeps the token of a source.
func FromSource(source oauth2.TokenSource) *Keeper {
	k := newKeeper()
	k.fetch = func(context.Context, Doer, Grant) (Grant, error) {
		asked := time.Now()
		token, err := source.Token()
		if err != nil {
			return Grant{}, err
		}
		if token.AccessToken == "" {
			return Grant{}, wire.Plain("the token is empty", nil)
		}
		secret, err := api.NewSecret(token.AccessToken)
		if err != nil {
			return Grant{}, wire.Plain("the token cannot stand in a header", err)
		}
		return Grant{Access: secret, Asked: asked, Expires: token.Expiry}, nil
	}
	return k
}

// ForApp keeps the token of an app, which a store shares unless it is nil.
func ForApp(id string, secret api.Secret, store Store) *Keeper {
	k := newKeeper()
	k.app, k.secret, k.store, k.key = id, secret, store, "linkedin app "+id
	k.fetch = func(ctx context.Context, through Doer, _ Grant) (Grant, error) {
		if secret.IsZero() {
			return Grant{}, errNative
		}
		return requestAppToken(ctx, through, id, secret)
	}
	return k
}

// ForMember keeps the token of a member that a store has under a key. Ending, which may be nil, is told of the end of its
// refresh token.
func ForMember(id string, secret api.Secret, store Store, key string, ending func(ends time.Time)) *Keeper {
	k := newKeeper()
	k.app, k.secret, k.store, k.key, k.member, k.ending = id, secret, store, key, true, ending
	k.fetch = k.refresh
	return k
}

// App is the app whose tokens these are, or whose members'; false when it is not known.
func (k *Keeper) App() (id string, secret api.Secret, ok bool) {
	if k == nil {
		return "", api.Secret{}, false
	}
	return k.app, k.secret, k.app != ""
}

// Same reports whether two keepers hold the token of one app, so that one of them is enough. Those with a store share it
// there.
func (k *Keeper) Same(other *Keeper) bool {
	return other != nil && k.store == nil && other.store == nil && k.app != "" && k.app == other.app && k.secret.Reveal() == other.secret.Reveal()
}

// Shared reports whether a store shares the token. A call may then be refused once more: with the token that another
// process has stored.
func (k *Keeper) Shared() bool { return k.store != nil }

// Renewable reports whether there can be another token.
func (k *Keeper) Renewable() bool { return k.fetch != nil }

// Credential is the api.Credential: the token, or the zero Secret before there is one.
func (k *Keeper) Credential(context.Context) (api.Secret, error) {
	if h := k.current.Load(); h != nil {
		k.warn(h.refreshEnds)
		return h.secret, nil
	}
	return api.Secret{}, nil
}

// Expires is when the token ends, zero when that is not known.
func (k *Keeper) Expires() time.Time {
	if h := k.current.Load(); h != nil {
		return h.expires
	}
	return time.Time{}
}

// Stale reports whether a token ends so soon that another is needed, or is not the present one.
func (k *Keeper) Stale(token api.Secret) bool {
	h := k.current.Load()
	return h != nil && (h.secret.Reveal() != token.Reveal() || h.due(time.Now()))
}

// Lives reports whether a token is the present one, and its end has not come.
func (k *Keeper) Lives(token api.Secret) bool {
	h := k.current.Load()
	return h != nil && h.secret.Reveal() == token.Reveal() && h.lives(time.Now())
}

func (h *held) due(now time.Time) bool { return !h.renewAt.IsZero() && !now.Before(h.renewAt) }

// lives reports whether the token's end has not come.
func (h *held) lives(now time.Time) bool { return h.expires.IsZero() || now.Before(h.expires) }

var errNative = wire.Plain("a native app has no tokens of its own: a client for a member has", api.ErrNotConfigured)

var errSameToken = wire.Plain("the token source returned the token that LinkedIn refused", nil)

// Renew gets another token than the one used, which LinkedIn refused or which ends soon. A renewal that fails before the
// token's end is no error.
func (k *Keeper) Renew(ctx context.Context, through Doer, used api.Secret) error {
	failed := k.failed.Load()
	select {
	case k.renewing <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-k.renewing }()
	h, now := k.current.Load(), time.Now()
	if h != nil && h.secret.Reveal() != used.Reveal() { // another client has renewed it
		return nil
	}
	if h != nil && h.lives(now) && k.failed.Load() != failed { // or has just tried to
		return nil
	}
	early := h != nil && h.due(now)
	if h != nil && !early && !h.again && now.Sub(h.issued) < fresh {
		again := *h
		again.again = true
		k.current.Store(&again)
		return sleep(ctx, settling)
	}
	grant, err := k.renew(ctx, through, used, !early || !h.lives(now))
	now = time.Now()
	next := newHeld(&grant)
	if err == nil && h != nil && grant.Access.Reveal() == used.Reveal() && (!early || next.due(now)) {
		err = errSameToken
	}
	switch {
	case err != nil && early && h.lives(now):
		k.failed.Add(1)
		later := *h
		switch later.renewAt = now.Add(retryEarly); {
		case errors.Is(err, ErrLoginNeeded):
			later.renewAt = h.expires
		case k.unsaved.waits(now):
			later.renewAt = now.Add(saveEvery)
		}
		k.current.Store(&later)
		if !errors.Is(err, errSameToken) && !errors.Is(err, errElsewhere) && !k.unsaved.waits(now) { // a source that keeps its token longer is no failure
			k.logger().Warn("pronet: a token of LinkedIn's could not be renewed and ends soon",
				slog.String("reason", api.Describe(err)), slog.Time("ends", h.expires))
		}
		return nil
	case err != nil:
		return err
	}
	if k.unsaved.waits(now) {
		next.renewAt = now.Add(saveEvery)
	}
	k.current.Store(next)
	return nil
}

// renew gets another token than the one used. It may wait for another process to do so, when there is none that lives.
func (k *Keeper) renew(ctx context.Context, through Doer, used api.Secret, mayWait bool) (Grant, error) {
	longest := longestFetch
	if k.store != nil {
		longest = longestShared
	}
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	if k.store != nil {
		return k.renewShared(ctx, through, used, mayWait)
	}
	return k.fetch(ctx, through, Grant{})
}

// refreshable reports whether a refresh token may be tried; why not is in refused.
func (k *Keeper) refreshable(refresh api.Secret, now time.Time) bool {
	if refresh.IsZero() {
		k.refused = refusal{err: ErrLoginNeeded}
	}
	return !refresh.IsZero() && (refresh.Reveal() != k.refused.refresh.Reveal() || !now.Before(k.refused.until))
}

// refresh gets another token of a member by the refresh token of the present one, which keeps its end.
func (k *Keeper) refresh(ctx context.Context, through Doer, present Grant) (Grant, error) {
	grant, err := RequestRefresh(ctx, through, k.app, k.secret, present.Refresh, nil)
	if failure, ok := errors.AsType[*api.Error](err); ok && failure.Status == 400 && errors.Is(err, api.ErrInvalid) {
		wire.Add(failure, ErrLoginNeeded)
		k.refused = refusal{present.Refresh, time.Now().Add(refusedFor), err}
	}
	if err != nil {
		return Grant{}, err
	}
	if grant.Refresh.Reveal() == present.Refresh.Reveal() && !present.RefreshEnds.IsZero() &&
		(grant.RefreshEnds.IsZero() || present.RefreshEnds.Before(grant.RefreshEnds)) {
		grant.RefreshEnds = present.RefreshEnds
	}
	if len(grant.Scopes) == 0 {
		grant.Scopes = present.Scopes
	}
	return grant, nil
}

// warn tells once a day that a refresh token ends soon.
func (k *Keeper) warn(ends time.Time) {
	if ends.IsZero() {
		return
	}
	now := time.Now()
	if now.Before(ends.Add(-warnRefresh)) {
		return
	}
	today := now.Unix() / (24 * 60 * 60)
	if k.warned.Swap(today) == today {
		return
	}
	if k.ending != nil {
		k.ending(ends)
		return
	}
	k.logger().Warn("pronet: a refresh token of LinkedIn's ends soon, and the person has to log in again", slog.Time("ends", ends))
}

// LogTo sets where a renewal is logged that fails while the token still lives: slog.Default() unless set. The first of the
// clients that share the keeper decides.
func (k *Keeper) LogTo(logger *slog.Logger) {
	if logger != nil {
		k.log.CompareAndSwap(nil, logger)
	}
}

func (k *Keeper) logger() *slog.Logger {
	if logger := k.log.Load(); logger != nil {
		return logger
	}
	return slog.Default()
}

// newHeld is the token of a grant, perhaps one that another process got long ago.
func newHeld(g *Grant) *held {
	h := &held{secret: g.Access, issued: time.Now(), expires: g.Expires, refreshEnds: g.RefreshEnds}
	if h.issued.Sub(g.Asked) > longestFetch {
		h.issued = g.Asked
	}
	if !g.Expires.IsZero() {
		life := min(g.Expires.Sub(g.Asked), longestLife)
		h.expires = g.Asked.Add(life)
		h.renewAt = h.expires.Add(-min(renewEarly, life/4))
	}
	return h
}
