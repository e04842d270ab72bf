package sandbox

import (
	"net/http"
	"time"
)

// simulatedNotice is the documented body of a test delivery: one object, in
// which even the ID is always the same.
const simulatedNotice = `{"member_id":18330245,"change_type":"changed"}`

// simulate promises a test delivery, which follows at once in the background.
// The endpoint has a limit of its own: one request a second.
func (c *coresignal) simulate(req *call) *problem {
	fields, p := req.object("webhook_url")
	if p != nil {
		return p
	}
	if _, ok := fields["webhook_url"]; !ok {
		return refusal(http.StatusBadRequest, "webhook_url is missing")
	}
	target, p := text(fields, "webhook_url")
	if p != nil {
		return p
	}
	if p := callbackURL(target); p != nil {
		return p
	}
	if _, ok := c.rates.allow(req.owner, simulationLimit(), time.Now()); !ok {
		return tooFast()
	}
	c.mu.Lock()
	c.simulations++
	c.mu.Unlock()
	req.w.json(http.StatusOK, map[string]string{"message": "Subscriptions webhook simulation initiated"})
	c.courier.later(parcel{kind: TestNotice, url: target, body: []byte(simulatedNotice)})
	return nil
}
