package coresignal

import (
	"encoding/json"
	"net/http"

	"github.com/pronet-go/pronet/sandbox/internal/matching"
	"github.com/pronet-go/pronet/sandbox/internal/shell"
)

// ResponseShape is a shape of the response to the creation of a subscription.
type ResponseShape int

// The provider documents that the response holds the subscription's ID but not
// how. IDKey is the likeliest.
const (
	IDKey             ResponseShape = iota // {"id": "..."}
	SubscriptionIDKey                      // {"subscription_id": "..."}
	BareString                             // "...", a JSON string
	BareText                               // the ID alone, as plain text
)

// createSubscription responds with the new subscription's ID, in the shape of
// [WithSubscriptionResponse]. No credits are taken: the webhook pages say so, while
// the page of response codes says that they are.
func (c *state) createSubscription(how selector, about watch) func(*call) *problem {
	return func(req *call) *problem {
		wanted, p := c.subscriptionRequest(req, how, about)
		if p != nil {
			return p
		}
		id, p := c.addSubscription(req.owner, wanted)
		if p != nil {
			return p
		}
		switch c.settings.subscriptionResponse {
		case SubscriptionIDKey:
			req.W.JSON(http.StatusOK, map[string]string{"subscription_id": id})
		case BareString:
			req.W.JSON(http.StatusOK, id)
		case BareText:
			req.W.Bytes(http.StatusOK, "text/plain; charset=utf-8", []byte(id))
		default:
			req.W.JSON(http.StatusOK, map[string]string{"id": id})
		}
		return nil
	}
}

// subscriptionRequest reads what a subscription is to watch and whom to tell.
func (c *state) subscriptionRequest(req *call, how selector, about watch) (*subscription, *problem) {
	sub := &subscription{set: req.set, about: about}
	var p *problem
	if how == byIDFile {
		p = sub.readForm(req)
	} else {
		p = sub.readJSON(req, how)
	}
	if p == nil {
		p = c.prepare(sub)
	}
	return sub, p
}

// prepare checks what a subscription is to watch and whom to tell.
func (c *state) prepare(sub *subscription) *problem {
	sub.cadence = sub.set.profileChanges
	if sub.about == experienceChanges {
		sub.cadence = experienceCadence()
	}
	if p := callbackURL(sub.webhookURL); p != nil {
		return p
	}
	if p := checkSubscribable(sub.people, sub.set); p != nil {
		return p
	}
	if sub.people.query != nil {
		return nil
	}
	sub.people.ids, _ = unique(sub.people.ids)
	if most := c.settings.maxSubscriptionIDs; len(sub.people.ids) > most {
		return refusal(http.StatusBadRequest, "A subscription holds at most %d IDs", most)
	}
	sub.ids = make(map[int64]bool, len(sub.people.ids))
	for _, id := range sub.people.ids {
		sub.ids[id] = true
	}
	return nil
}

// readForm reads the multipart body of v1's id_file.
func (s *subscription) readForm(req *call) *problem {
	fields, p := req.form("ids_file", "webhook_url")
	if p != nil {
		return p
	}
	for _, name := range []string{"ids_file", "webhook_url"} {
		if _, ok := fields[name]; !ok {
			return refusal(http.StatusBadRequest, "%s is missing", name)
		}
	}
	ids, p := parseIDFile(fields["ids_file"])
	s.people = selection{how: byIDFile, ids: ids}
	s.webhookURL = fields["webhook_url"]
	return p
}

// readJSON reads the JSON body of the other creators. The key ids is assumed.
func (s *subscription) readJSON(req *call, how selector) *problem {
	allowed := []string{"webhook_url"}
	key, chooses := map[selector]string{byIDs: "ids", byFilter: "filters", byQuery: "es_dsl_query"}[how]
	if chooses {
		allowed = append(allowed, key)
	}
	required := len(allowed)
	if req.set.credential == apiKey {
		allowed = append(allowed, "tracked_fields") // documented for v2 only
	}
	fields, p := req.object(allowed...)
	if p != nil {
		return p
	}
	for _, name := range allowed[:required] {
		if _, ok := fields[name]; !ok {
			return refusal(http.StatusBadRequest, "%s is missing", name)
		}
	}
	if s.webhookURL, p = text(fields, "webhook_url"); p != nil {
		return p
	}
	if s.tracked, p = trackedFields(fields["tracked_fields"]); p != nil {
		return p
	}
	switch how {
	case byIDs:
		s.people.how = byIDs
		s.people.ids, p = parseIDArray(fields[key])
	case byFilter:
		s.people, p = parseFilters(fields[key], req.set)
	case everybody:
		s.people, p = selectEverybody(req.set)
	default:
		s.people, p = parseQuery(fields[key], req.set, matching.ParseQueryOf)
	}
	return p
}

// trackedFields reads the root fields to which notices of changes are narrowed.
// Which names the provider accepts is not known, so any is.
func trackedFields(raw json.RawMessage) (map[string]bool, *problem) {
	if raw == nil {
		return nil, nil
	}
	var names []string
	if err := json.Unmarshal(raw, &names); err != nil || len(names) == 0 {
		return nil, refusal(http.StatusUnprocessableEntity, "tracked_fields must be an array of names that is not empty")
	}
	tracked := map[string]bool{}
	for _, name := range names {
		tracked[name] = true
	}
	return tracked, nil
}

// addSubscription gives a subscription its ID and dates. The status for one too
// many is assumed, and so is that v1 has no limit.
func (c *state) addSubscription(owner shell.Owner, sub *subscription) (string, *problem) {
	now := c.shell.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	if most := c.settings.maxSubscriptions; sub.set.credential == apiKey && c.subscriptions.countActive(apiKey, now) >= most {
		return "", refusal(http.StatusBadRequest, "The account has %d subscriptions already", most)
	}
	sub.id = c.shell.UUID()
	sub.owner = owner
	sub.created = now
	sub.expires = now.Add(subscriptionLifetime)
	sub.nextSweep = now.Add(sub.cadence.first)
	c.subscriptions.add(sub)
	return sub.id, nil
}
