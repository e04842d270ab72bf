package sandbox

import (
	"net/http"
	"strconv"
	"time"
)

// dateTimeWithFraction is how a renewal prints times; the list prints dates.
const dateTimeWithFraction = "2006-01-02T15:04:05.000000"

// listSubscriptions answers with a page of the caller's own subscriptions,
// oldest first: the active ones, or with expired=true the expired ones (whether
// the provider then lists both is not documented).
func (c *coresignal) listSubscriptions(req *call) *problem {
	query := req.r.URL.Query()
	status, page := "active", 1
	if given := query.Get("expired"); given != "" {
		expired, err := strconv.ParseBool(given)
		if err != nil {
			return refusal(http.StatusUnprocessableEntity, "expired must be true or false")
		}
		if expired {
			status = "expired"
		}
	}
	if given := query.Get("page"); given != "" {
		n, err := strconv.Atoi(given)
		if err != nil || n < 1 || n > 1_000_000 {
			return refusal(http.StatusUnprocessableEntity, "page must be a number from 1")
		}
		page = n
	}

	now, size := c.clock.now(), c.settings.listPageSize
	rows := []subscriptionRow{}
	c.mu.RLock()
	for _, sub := range c.subscriptions.inOrder {
		if sub.owner == req.owner && sub.status(now) == status {
			rows = append(rows, sub.row(now, time.DateOnly))
		}
	}
	c.mu.RUnlock()
	first := min((page-1)*size, len(rows))
	req.w.json(http.StatusOK, rows[first:min(first+size, len(rows))])
	return nil
}

// getSubscription answers with one active subscription; an expired one is not
// found (assumed from the documents' wording).
func (c *coresignal) getSubscription(req *call) *problem {
	now := c.clock.now()
	c.mu.RLock()
	sub, p := c.ownSubscription(req)
	if p == nil && !sub.active(now) {
		p = subscriptionNotFound()
	}
	if p != nil {
		c.mu.RUnlock()
		return p
	}
	details := sub.details(now)
	c.mu.RUnlock()
	req.w.json(http.StatusOK, details)
	return nil
}

// renewSubscription adds 91 days to a subscription's life (assumed: to its end,
// not to now), but never beyond a year after its creation.
func (c *coresignal) renewSubscription(req *call) *problem {
	now := c.clock.now()
	c.mu.Lock()
	sub, p := c.ownSubscription(req)
	switch {
	case p != nil:
	case c.initialising(sub, now):
		p = stillInitialising()
	case !sub.active(now):
		p = refusal(http.StatusBadRequest, "Subscription is already expired")
	case sub.expires.Add(subscriptionLifetime).After(sub.created.Add(subscriptionMaxAge)):
		p = refusal(http.StatusBadRequest, "Subscription cannot be renewed beyond one year after its creation")
	}
	if p != nil {
		c.mu.Unlock()
		return p
	}
	sub.expires = sub.expires.Add(subscriptionLifetime)
	row := sub.row(now, dateTimeWithFraction)
	c.mu.Unlock()
	req.w.json(http.StatusOK, row)
	return nil
}

// deleteSubscription ends a subscription, with what is queued for it. The body
// of the answer is assumed.
func (c *coresignal) deleteSubscription(req *call) *problem {
	now := c.clock.now()
	c.mu.Lock()
	sub, p := c.ownSubscription(req)
	if p == nil && c.initialising(sub, now) {
		p = stillInitialising()
	}
	if p != nil {
		c.mu.Unlock()
		return p
	}
	c.subscriptions.remove(sub)
	c.mu.Unlock()
	req.w.json(http.StatusOK, map[string]string{"message": "Subscription deleted"})
	return nil
}

// ownSubscription finds the subscription that a path names, if it is the
// caller's own. The lock must be held.
func (c *coresignal) ownSubscription(req *call) (*subscription, *problem) {
	sub, ok := c.subscriptions.byID[req.args["id"]]
	if !ok || sub.owner != req.owner {
		return nil, subscriptionNotFound()
	}
	return sub, nil
}

func (c *coresignal) initialising(sub *subscription, now time.Time) bool {
	return now.Sub(sub.created) < c.settings.initialising
}

func subscriptionNotFound() *problem {
	return refusal(http.StatusNotFound, "Subscription not found")
}

func stillInitialising() *problem {
	return refusal(http.StatusConflict, "Subscription is still initializing")
}
