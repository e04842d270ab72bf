package redis

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/webhook"
)

// A mark is "owner" and who claims it until it expires, or "done" and who did it: whoever says so again, since the reply was
// lost, has not lost the lease.
var (
	claimScript = redis.NewScript(`local is = redis.call('GET', KEYS[1])
if is then return is end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return ARGV[1]`)
	doneScript = redis.NewScript(`local is = redis.call('GET', KEYS[1])
if is ~= ARGV[1] and is ~= 'done ' .. ARGV[1] then return 0 end
redis.call('SET', KEYS[1], 'done ' .. ARGV[1], 'PX', ARGV[2])
return 1`)
	releaseScript = redis.NewScript(`if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`)
)

// Marks remember which deliveries were received, for all processes behind one callback URL: a [webhook.Store]. It is safe
// for concurrent use. A mark is a key of the hash of the delivery's, with the time for which it is remembered as its time
// to live, so nothing needs to be cleaned up.
type Marks struct {
	client redis.Scripter
	prefix string
}

// NewMarks returns the marks in a Redis. The prefix begins their keys; "" is "pronet:mark:". The client stays the caller's
// to close.
func NewMarks(client redis.UniversalClient, prefix string) (*Marks, error) {
	if client == nil {
		return nil, fmt.Errorf("redis: the client is nil: %w", api.ErrInvalid)
	}
	if prefix == "" {
		prefix = "pronet:mark:"
	}
	return &Marks{client, prefix}, nil
}

func (m *Marks) key(key string) []string {
	sum := sha256.Sum256([]byte(key))
	return []string{m.prefix + hex.EncodeToString(sum[:])}
}

// milliseconds is a time to live that Redis takes: a millisecond at least.
func milliseconds(d time.Duration) int64 { return max(1, d.Milliseconds()) }

// Claim implements [webhook.Store].
func (m *Marks) Claim(ctx context.Context, key string, lease time.Duration) (webhook.Claim, error) {
	owner := "owner " + rand.Text()
	is, err := claimScript.Run(ctx, m.client, m.key(key), owner, milliseconds(lease)).Text()
	switch {
	case err != nil:
		return webhook.Claim{}, failed("claiming a mark", err)
	case is == owner:
		return webhook.Claim{Result: webhook.Claimed, Owner: owner}, nil
	case strings.HasPrefix(is, "done"):
		return webhook.Claim{Result: webhook.AlreadyDone}, nil
	}
	return webhook.Claim{Result: webhook.InProgress}, nil
}

// Done implements [webhook.Store].
func (m *Marks) Done(ctx context.Context, key, owner string, ttl time.Duration) error {
	return owned("marking", doneScript.Run(ctx, m.client, m.key(key), owner, milliseconds(ttl)))
}

// Release implements [webhook.Store].
func (m *Marks) Release(ctx context.Context, key, owner string) error {
	return owned("releasing a mark", releaseScript.Run(ctx, m.client, m.key(key), owner))
}

// owned is webhook.ErrLeaseLost unless the script says that the owner had it.
func owned(what string, reply *redis.Cmd) error {
	changed, err := reply.Int()
	switch {
	case err != nil:
		return failed(what, err)
	case changed == 0:
		return webhook.ErrLeaseLost
	}
	return nil
}
