package transport

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/wire"
)

// credential supplies a provider's key, and has it renewed once for all calls that need it.
type credential struct {
	get   api.Credential
	renew func(ctx context.Context, used api.Secret) error // nil when it cannot be renewed

	mu      sync.Mutex
	renewal *renewal // under way
	renewed int      // how often
}

// renewal is one that calls wait for.
type renewal struct {
	began time.Time
	done  chan struct{}
	err   error
}

// renewalPatience is how long after its beginning a renewal is waited for by calls whose key still lives.
const renewalPatience = 5 * time.Second

// key returns the key for the next attempt. One that can be renewed is got by that when there is none yet.
func (c *credential) key(ctx context.Context) (api.Secret, error) {
	secret, err := c.get(ctx)
	if err == nil && secret.IsZero() && c.renew != nil {
		if _, err := c.replace(ctx, secret, 0); err != nil {
			return api.Secret{}, err
		}
		secret, err = c.get(ctx)
	}
	if err == nil && secret.IsZero() {
		err = errors.New("transport: the credential function returned no key")
	}
	if err != nil {
		return api.Secret{}, &credentialError{err}
	}
	return secret, nil
}

// replace reports whether there is another key than the one that the provider refused. Whoever comes while a renewal is
// under way waits for it, though with patience for no longer than that after its beginning.
func (c *credential) replace(ctx context.Context, used api.Secret, patience time.Duration) (bool, error) {
	if ctx.Value(c) != nil { // a call of the renewal itself would wait for itself
		return false, nil
	}
	renewed, under := c.look()
	if under == nil {
		current, err := c.get(ctx)
		if err != nil {
			return false, &credentialError{err}
		}
		if c.renew == nil || current.Reveal() != used.Reveal() {
			return !current.IsZero() && current.Reveal() != used.Reveal(), nil
		}
		c.mu.Lock()
		switch {
		case c.renewed != renewed: // somebody has renewed it since the key was read
			c.mu.Unlock()
			return true, nil
		case c.renewal == nil:
			c.renewal = &renewal{began: time.Now(), done: make(chan struct{})}
			go c.run(context.WithValue(context.WithoutCancel(ctx), c, true), c.renewal, used)
		}
		under = c.renewal
		c.mu.Unlock()
	}
	var enough <-chan time.Time
	if patience > 0 {
		timer := time.NewTimer(time.Until(under.began.Add(patience)))
		defer timer.Stop()
		enough = timer.C
	}
	select {
	case <-under.done:
		return under.err == nil, under.err
	case <-enough:
		return false, nil
	case <-ctx.Done():
		return false, ctx.Err()
	}
}

func (c *credential) look() (renewed int, under *renewal) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.renewed, c.renewal
}

// run renews, on a goroutine of its own: whoever waits may give up, and those who come later still find it under way.
func (c *credential) run(ctx context.Context, r *renewal, used api.Secret) {
	r.err = &credentialError{errors.New("transport: the renewal panicked")}
	defer func() {
		_ = recover() // a panic of the user's function is an error of the calls that wait for it
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.renewal = nil; r.err == nil {
			c.renewed++
		}
		close(r.done)
	}()
	if r.err = c.renew(ctx, used); r.err != nil {
		r.err = &renewalError{credentialError{r.err}}
	}
}

// credentialError is an error of the user's credential function. Its text may hold anything, so it is not printed.
type credentialError struct{ err error }

func (e *credentialError) Error() string    { return "transport: the credential function failed" }
func (e *credentialError) SafeText() string { return "the credential function failed" }
func (e *credentialError) Unwrap() error    { return e.err }

// renewalError is an error of the provider's renewal. A call that failed is named, the rest is not printed.
type renewalError struct{ credentialError }

func (e *renewalError) SafeText() string {
	if reason := e.reason(); reason != "" {
		return "no credential could be got: " + reason
	}
	return e.credentialError.SafeText()
}

// reason is what may be printed of why, "" when nothing may.
func (e *renewalError) reason() string {
	if failure, ok := errors.AsType[*api.Error](e.err); ok {
		return failure.Error()
	}
	return wire.SafeText(e.err)
}
