package coresignal

import (
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/pronet-go/pronet/sandbox/internal/shell"
)

// Subscription is a snapshot of one subscription.
type Subscription struct {
	// ID is the one that its creation told.
	ID string
	// Dataset is "base", "clean", "multi_source" or "v1".
	Dataset string
	// Experience marks one that is told of positions only.
	Experience bool
	// People is how many IDs it lists, 0 of one with a query.
	People int
	// Receiver is the callback URL without the end of its path, which may be a secret.
	Receiver string
	// Expires is when it ends.
	Expires time.Time
	// Queued is how many people have changed whom it has not been told of.
	Queued int
}

// Subscribe subscribes a callback URL to the changes of people's profiles in Base: of those with the IDs, or of everybody
// without any. It does what a client with the key [Sandbox.APIKey] can do, and returns the subscription's ID. Whom the
// provider would refuse it refuses too: a URL that is neither https nor of this machine, or more subscriptions than an
// account may have. An unknown ID is none of that, since the provider takes any number; it returns ErrUnknownPerson.
func (sb *Sandbox) Subscribe(webhookURL string, ids ...int64) (string, error) {
	c := sb.state
	sub := &subscription{set: baseDataset(c.settings.documentedBase), webhookURL: webhookURL, people: selection{how: byIDs, ids: ids}}
	for _, id := range ids {
		if _, known := sb.Person(id); !known {
			return "", ErrUnknownPerson
		}
	}
	var p *problem
	if len(ids) == 0 {
		sub.people, p = selectEverybody(sub.set)
	}
	if p == nil {
		p = c.prepare(sub)
	}
	if p != nil {
		return "", errors.New("sandbox: " + p.detail)
	}
	id, p := c.addSubscription(shell.OwnerOf(sb.APIKey()), sub)
	if p != nil {
		return "", errors.New("sandbox: " + p.detail)
	}
	return id, nil
}

// Subscriptions returns the subscriptions that have not ended, of all keys and in both versions of the API, oldest first.
func (sb *Sandbox) Subscriptions() []Subscription {
	c := sb.state
	now := c.shell.Now()
	c.mu.RLock()
	defer c.mu.RUnlock()
	var list []Subscription
	for _, s := range c.subscriptions.inOrder {
		if !s.active(now) {
			continue
		}
		list = append(list, Subscription{
			ID:         s.id,
			Dataset:    strings.TrimSuffix(string(s.set.records), "_documented"),
			Experience: s.about == experienceChanges,
			People:     len(s.people.ids),
			Receiver:   withoutSecret(s.webhookURL),
			Expires:    s.expires,
			Queued:     len(s.pending),
		})
	}
	return list
}

// withoutSecret is a callback URL without its query and the last element of its path.
func withoutSecret(callback string) string {
	u, err := url.Parse(callback)
	if err != nil {
		return ""
	}
	path := u.EscapedPath()
	kept := path[:strings.LastIndexByte(strings.TrimSuffix(path, "/"), '/')+1]
	return u.Scheme + "://" + u.Host + "/" + strings.TrimPrefix(kept, "/") + "..."
}
