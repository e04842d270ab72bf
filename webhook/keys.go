package webhook

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"
)

// maxKeys is how many events with keys of their own a delivery may have.
const maxKeys = 100

// Key is what one event is known by.
type Key struct {
	// ID is made of the label and of ids in the event.
	ID string
	// TTL is how long the event is remembered after it was handed over. 0 means [Sender.TTL].
	TTL time.Duration
}

// complete checks what a decoder has set and gives the delivery its key.
func (d *Delivery) complete() {
	if len(d.Keys) != len(d.Events) || len(d.Keys) > maxKeys || slices.ContainsFunc(d.Keys, func(k Key) bool { return k.ID == "" }) {
		d.Keys = nil
	}
	switch {
	case len(d.Keys) == 1:
		d.Key = d.Keys[0].ID
	case len(d.Keys) > 1:
		ids := make([]string, len(d.Keys))
		for i, key := range d.Keys {
			ids[i] = key.ID
		}
		d.Key = d.Label + ":" + digest([]byte(strings.Join(ids, "\n")))
	case d.Key == "":
		d.Key = d.bodyKey()
	}
}

// leave takes the events at the given places out.
func (d *Delivery) leave(places []int) {
	events, keys := make([]Event, 0, len(d.Events)), make([]Key, 0, len(d.Keys))
	for i, event := range d.Events {
		if _, out := slices.BinarySearch(places, i); out {
			continue
		}
		events = append(events, event)
		if i < len(d.Keys) {
			keys = append(keys, d.Keys[i])
		}
	}
	if d.Events, d.Keys = events, keys; len(keys) == 0 {
		d.Keys = nil
	}
}

// claims are what a handler holds in the store for one delivery.
type claims struct {
	handler *Handler
	held    []claimed
	done    bool // They are to be marked as done, not to be released.
}

// claimed is one key that is held.
type claimed struct {
	key, owner string
	ttl        time.Duration
}

// claim claims the keys of the delivery, and takes those events out of it that are known. It returns what came of the
// delivery if it is not to be handed over. The keys are claimed in their order, so that of two deliveries which share
// some, one gets them all.
func (c *claims) claim(ctx context.Context, d *Delivery) Received {
	h := c.handler
	keys := d.Keys
	if len(keys) == 0 {
		keys = []Key{{ID: d.Key}}
	}
	order := make([]int, len(keys))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(strings.Compare(keys[a].ID, keys[b].ID), a-b) })
	var known []int
	for n, i := range order {
		if n > 0 && keys[order[n-1]].ID == keys[i].ID {
			known = append(known, i) // It stands in the body twice.
			continue
		}
		key := storeKey(d.Source, keys[i].ID)
		claim, err := h.store.Claim(ctx, key, h.lease())
		if err != nil {
			h.log(ctx, slog.LevelError, "webhook: the dedupe store failed", d, err)
			return about(d, ResultFailed, http.StatusServiceUnavailable, err)
		}
		switch claim.Result {
		case Claimed:
			c.held = append(c.held, claimed{key, claim.Owner, cmp.Or(keys[i].TTL, h.sender.TTL)})
		case AlreadyDone:
			known = append(known, i)
		default:
			h.log(ctx, slog.LevelInfo, "webhook: delivery refused for now, one with the same key is being handed over", d, nil)
			return about(d, ResultInProgress, http.StatusServiceUnavailable, nil)
		}
	}
	all := len(c.held) == 0
	if len(known) > 0 && !all {
		slices.Sort(known)
		d.LeftOut = known
		d.leave(known)
		d.complete()
		h.log(ctx, slog.LevelInfo, "webhook: events left out of a delivery, since they were handed over before", d, nil)
	}
	atWork := false
	if !all && len(d.Keys) > 0 || all && d.isOfBody() {
		var err error
		if atWork, err = h.atWork(ctx, d); err != nil {
			h.log(ctx, slog.LevelError, "webhook: the sink could not say what is in work", d, err)
			return about(d, ResultFailed, http.StatusServiceUnavailable, err)
		}
	}
	switch {
	case !all && atWork:
		c.done = true // The store has forgotten it, as one in memory does at a restart, and the sink has not.
	case !all, atWork:
		return Received{}
	}
	h.log(ctx, slog.LevelInfo, "webhook: delivery dropped, one with the same key was handed over less than the sender's TTL ago", d, nil)
	return about(d, ResultDuplicate, http.StatusOK, nil)
}

// isOfBody reports whether the delivery is known by its body. Where the key is made of ids it is the same event, whoever
// works on it.
func (d *Delivery) isOfBody() bool {
	whole, known := d.bodyKey(), d.Key
	return len(d.Keys) == 0 && known == whole
}

// atWork reports whether the sink works on a delivery with the same key now.
func (h *Handler) atWork(ctx context.Context, d *Delivery) (bool, error) {
	switch s := h.sink.(type) {
	case interface{ InWork(source, key string) bool }:
		return s.InWork(d.Source, d.Key), nil
	case interface {
		InWork(ctx context.Context, source, key string) (bool, error)
	}:
		return s.InWork(ctx, d.Source, d.Key)
	}
	return false, nil
}

// settle ends the claims. If it fails after the sink has succeeded, the response stays 200: the worst that follows is
// that the same event is processed once more.
func (c *claims) settle(ctx context.Context, d *Delivery) {
	h := c.handler
	if len(c.held) == 0 {
		return
	}
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < settleTimeout {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
		defer cancel()
	}
	for _, held := range c.held {
		var err error
		if c.done {
			err = h.store.Done(ctx, held.key, held.owner, held.ttl)
		} else {
			err = h.store.Release(ctx, held.key, held.owner)
		}
		if err != nil {
			h.log(ctx, slog.LevelWarn, "webhook: the dedupe store could not end a claim", d, err)
		}
	}
}

// storeKey returns what a store knows a key by. No source has a line break, so that no two senders can have the same.
func storeKey(source, key string) string { return source + "\n" + key }
