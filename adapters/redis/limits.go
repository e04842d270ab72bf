package redis

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/pronet-go/pronet/api"
)

//go:embed take.lua
var takeScript string

//go:embed settle.lua
var settleScript string

//go:embed pause.lua
var pauseScript string

// Limits are rate limits that processes share: an [api.SharedLimits]. It is safe for concurrent use.
type Limits struct {
	client              redis.Scripter
	take, settle, pause *redis.Script
}

// NewLimits returns the limits in a Redis. The client may be one of a cluster; it stays the caller's to close. Its own
// retries are not needed.
func NewLimits(client redis.UniversalClient) (*Limits, error) {
	if client == nil {
		return nil, fmt.Errorf("redis: the client is nil: %w", api.ErrInvalid)
	}
	return &Limits{client, redis.NewScript(takeScript), redis.NewScript(settleScript), redis.NewScript(pauseScript)}, nil
}

// prefix begins all keys of an account. What is in braces decides the slot in a cluster.
func prefix(name string) string { return "pronet:{" + url.QueryEscape(name) + "}:" }

func pauseKey(name, class string) string { return prefix(name) + "pause:" + url.QueryEscape(class) }

func windowKeys(call api.SharedCall) (keys []string) {
	for _, w := range call.Windows {
		keys = append(keys, prefix(call.Name)+"window:"+url.QueryEscape(w.Key))
	}
	return keys
}

// Take implements [api.SharedLimits].
func (l *Limits) Take(ctx context.Context, call api.SharedCall) (place api.SharedPlace, err error) {
	keys := []string{pauseKey(call.Name, ""), pauseKey(call.Name, call.Class)}
	keys = append(keys, windowKeys(call)...)
	args := []any{call.ID, call.Lease.Microseconds()}
	for _, w := range call.Windows {
		args = append(args, w.N, w.Length.Microseconds())
	}
	reply, err := l.take.Run(ctx, l.client, keys, args...).Slice()
	if err != nil {
		return place, failed("taking a place", err)
	}
	numbers := make([]int64, len(reply))
	for i, value := range reply {
		text, ok := value.(string)
		if ok {
			numbers[i], err = strconv.ParseInt(text, 10, 64)
		}
		if !ok || err != nil {
			return place, errReply
		}
	}
	if len(numbers) != 2+2*len(call.Windows) {
		return place, errReply
	}
	place.Wait, place.Paused = microseconds(numbers[0]), microseconds(numbers[1])
	for window := range slices.Chunk(numbers[2:], 2) {
		place.Windows = append(place.Windows, api.SharedUse{Used: int(window[0]), Wait: microseconds(window[1])})
	}
	return place, nil
}

func microseconds(n int64) time.Duration { return time.Duration(n) * time.Microsecond }

// Settle implements [api.SharedLimits].
func (l *Limits) Settle(ctx context.Context, call api.SharedCall, sends int) error {
	args := []any{call.ID, sends}
	for _, w := range call.Windows {
		args = append(args, w.Length.Microseconds())
	}
	if len(call.Windows) == 0 {
		return ctx.Err()
	}
	return failed("settling a call", l.settle.Run(ctx, l.client, windowKeys(call), args...).Err())
}

// Pause implements [api.SharedLimits].
func (l *Limits) Pause(ctx context.Context, name, class string, d time.Duration) error {
	return failed("pausing", l.pause.Run(ctx, l.client, []string{pauseKey(name, class)}, max(0, d.Milliseconds())).Err())
}

var errReply = errors.New("redis: the script's reply is not understood: is the server a Redis of version 5 or later?")

// failed names what failed. The errors of the client's have no password.
func failed(what string, err error) error {
	if err == nil || errors.Is(err, redis.Nil) {
		return nil
	}
	return fmt.Errorf("redis: %s: %w", what, err)
}
