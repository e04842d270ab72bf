package linkedinapi

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/oauth2"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/codec"
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
	// longestLife bounds what a response can say.
	longestLife = 366 * 24 * time.Hour
)

// Doer is the pipeline.
type Doer interface {
	Do(ctx context.Context, call transport.Call) (transport.Response, error)
}

// Keeper holds the token of an app, or one that a source of the user's supplies, for all clients that share it. That it
// is renewed once for all calls of a client is the pipeline's doing: the keeper adds that it is so for their clones.
type Keeper struct {
	log atomic.Pointer[slog.Logger]

	app      string // its client id, if it is an app's
	secret   api.Secret
	fetch    func(ctx context.Context, through Doer) (*oauth2.Token, error) // nil of a token that does not change
	renewing sync.Mutex
	current  atomic.Pointer[held]
}

// held is a token. It does not change.
type held struct {
	secret          api.Secret
	issued, expires time.Time // expires is zero when not known
	renewAt         time.Time // zero when never
	again           bool      // it was refused when it was fresh, and was tried once more
}

// Static keeps a token that does not change.
func Static(token api.Secret) *Keeper {
	k := &Keeper{}
	k.current.Store(&held{secret: token})
	return k
}

// FromSource keeps the token of a source.
func FromSource(source oauth2.TokenSource) *Keeper {
	return &Keeper{fetch: func(context.Context, Doer) (*oauth2.Token, error) { return source.Token() }}
}

// ForApp keeps the token of an app.
func ForApp(id string, secret api.Secret) *Keeper {
	k := &Keeper{app: id, secret: secret}
	k.fetch = func(ctx context.Context, through Doer) (*oauth2.Token, error) {
		return requestToken(ctx, through, id, secret)
	}
	return k
}

// Same reports whether two keepers hold the token of one app, so that one of them is enough.
func (k *Keeper) Same(other *Keeper) bool {
	return other != nil && k.app != "" && k.app == other.app && k.secret.Reveal() == other.secret.Reveal()
}

// Renewable reports whether there can be another token.
func (k *Keeper) Renewable() bool { return k.fetch != nil }

// Credential is the api.Credential: the token, or the zero Secret before there is one.
func (k *Keeper) Credential(context.Context) (api.Secret, error) {
	if h := k.current.Load(); h != nil {
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

func (h *held) due(now time.Time) bool { return !h.renewAt.IsZero() && !now.Before(h.renewAt) }

// lives reports whether the token's end has not come.
func (h *held) lives(now time.Time) bool { return h.expires.IsZero() || now.Before(h.expires) }

var errSameToken = wire.Plain("the token source returned the token that LinkedIn refused", nil)

// Renew gets another token than the one used, which LinkedIn refused or which ends soon. A renewal that fails before the
// token's end is no error.
func (k *Keeper) Renew(ctx context.Context, through Doer, used api.Secret) error {
	k.renewing.Lock()
	defer k.renewing.Unlock()
	h, now := k.current.Load(), time.Now()
	if h != nil && h.secret.Reveal() != used.Reveal() { // another client has renewed it
		return nil
	}
	early := h != nil && h.due(now)
	if h != nil && !early && !h.again && now.Sub(h.issued) < fresh {
		again := *h
		again.again = true
		k.current.Store(&again)
		return settle(ctx)
	}
	ctx, cancel := context.WithTimeout(ctx, longestFetch)
	defer cancel()
	token, err := k.fetch(ctx, through)
	if err == nil && token.AccessToken == "" {
		err = wire.Plain("the token is empty", nil)
	}
	var secret api.Secret
	if err == nil {
		if secret, err = api.NewSecret(token.AccessToken); err != nil {
			err = wire.Plain("the token cannot stand in a header", err)
		}
	}
	if err == nil && h != nil && secret.Reveal() == used.Reveal() {
		err = errSameToken
	}
	switch {
	case err != nil && early && h.lives(now):
		later := *h
		later.renewAt = now.Add(retryEarly)
		k.current.Store(&later)
		if !errors.Is(err, errSameToken) { // a source that keeps its token longer is no failure
			k.logger().Warn("pronet: a token of LinkedIn's could not be renewed and ends soon",
				slog.String("reason", api.Describe(err)), slog.Time("ends", h.expires))
		}
		return nil
	case err != nil:
		return err
	}
	k.current.Store(newHeld(secret, token.Expiry, now))
	return nil
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

// newHeld is a token that was asked for at a time, which is earlier than its issue.
func newHeld(secret api.Secret, expires, asked time.Time) *held {
	h := &held{secret: secret, issued: time.Now(), expires: expires}
	if !expires.IsZero() {
		life := min(expires.Sub(asked), longestLife)
		h.expires = asked.Add(life)
		h.renewAt = h.expires.Add(-min(renewEarly, life/4))
	}
	return h
}

// settle waits for a fresh token to be known everywhere.
func settle(ctx context.Context) error {
	timer := time.NewTimer(settling)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func requestToken(ctx context.Context, through Doer, id string, secret api.Secret) (*oauth2.Token, error) {
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {id}, "client_secret": {secret.Reveal()}}
	asked := time.Now()
	token := &oauth2.Token{}
	_, err := through.Do(ctx, transport.Call{
		Op: &TokenOp, Secrets: []api.Secret{secret}, Body: transport.Bytes("application/x-www-form-urlencoded", []byte(form.Encode())),
		Decode: func(body []byte) error {
			var response struct {
				AccessToken string `json:"access_token"`
				ExpiresIn   Number `json:"expires_in"` // a string in LinkedIn's page
			}
			if err := codec.Decode(body, &response); err != nil || response.AccessToken == "" {
				return wire.Plain("the response holds no token", nil) // the cause would quote it
			}
			token.AccessToken = response.AccessToken
			if seconds := min(int64(response.ExpiresIn), int64(longestLife/time.Second)); seconds > 0 {
				token.Expiry = asked.Add(time.Duration(seconds) * time.Second)
			}
			return nil
		},
	})
	return token, err
}
