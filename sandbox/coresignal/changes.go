package coresignal

import (
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/pronet-go/pronet/sandbox/internal/people"
	"github.com/pronet-go/pronet/sandbox/internal/shell"
)

// pendingChange is what happened to one person since a subscription was last
// swept.
type pendingChange struct {
	id      int64
	matched bool // whether the person was covered before the first change
	fields  map[string]bool
}

// change alters a person and queues it for the subscriptions that are concerned.
// Whether a query covers the person is evaluated before the first change and
// when the notices are made, so that changes that cancel out are not told.
func (c *state) change(id int64, alter func(*people.Person, time.Time) people.Changed) error {
	now := c.shell.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	p, ok := c.roster.byID[id]
	switch {
	case !ok:
		return ErrUnknownPerson
	case p.MergedInto() != nil:
		return merged(p)
	}
	c.tell(id, alter(p, now), now)
	return nil
}

// tell queues a change for the subscriptions that are concerned. The lock must be held.
func (c *state) tell(id int64, changed people.Changed, now time.Time) {
	fields := map[people.Dataset][]string{}
	for _, sub := range c.subscriptions.inOrder {
		if !sub.active(now) {
			sub.pending = nil
			continue
		}
		records := sub.set.records
		if _, known := fields[records]; !known {
			fields[records] = changed.Fields(records)
		}
		if len(fields[records]) > 0 && (sub.about == profileChanges || changed.Moved()) {
			sub.queue(id, changed, fields[records])
		}
	}
}

// queue notes a change of some fields unless it does not concern the
// subscription.
func (s *subscription) queue(id int64, changed people.Changed, fields []string) {
	if s.people.query == nil && !s.ids[id] {
		return
	}
	i := slices.IndexFunc(s.pending, func(p pendingChange) bool { return p.id == id })
	if i < 0 {
		i = len(s.pending)
		s.pending = append(s.pending, pendingChange{
			id:      id,
			matched: s.people.query == nil || s.people.query.Matches(changed.Before(s.set.records)),
			fields:  map[string]bool{},
		})
	}
	for _, name := range fields {
		s.pending[i].fields[name] = true
	}
}

// transition is what a subscription is told about a person.
type transition int

const (
	unchanged transition = iota
	startedMatching
	stoppedMatching
	changedFields
)

// told decides what, if anything, a subscription is told, and with which fields.
// One about positions is told of those whom its query covered before or covers now
// (assumed), so that it hears of a position that a query for its title lost.
func (s *subscription) told(change pendingChange, p *people.Person) (transition, []string) {
	matches := true
	if s.people.query != nil {
		matches = p.MergedInto() == nil && s.people.matches(p, s.set)
	}
	if s.about == experienceChanges {
		matches = matches || change.matched
		change.matched = matches
	}
	switch {
	case matches && !change.matched:
		return startedMatching, nil
	case !matches && change.matched:
		return stoppedMatching, nil
	case !matches:
		return unchanged, nil
	}
	fields := slices.Sorted(maps.Keys(change.fields))
	if s.tracked != nil {
		fields = slices.DeleteFunc(fields, func(name string) bool { return !s.tracked[name] })
	}
	if len(fields) == 0 {
		return unchanged, nil
	}
	return changedFields, fields
}

// profileNotice is one change as v2 POSTs it.
type profileNotice struct {
	MemberID      int64    `json:"member_id"`
	Status        string   `json:"status"`
	ChangedFields []string `json:"changed_fields"` // null unless changed
}

// experienceNotice is one position that started or ended, as v2 POSTs it.
type experienceNotice struct {
	MemberID int64  `json:"member_id"`
	Status   string `json:"status"`
}

// v1Notice is one change as v1 is assumed to have POSTed it: only the statuses
// added, removed and changed are documented, and the test delivery's key.
type v1Notice struct {
	MemberID   int64  `json:"member_id"`
	ChangeType string `json:"change_type"`
}

func (s *subscription) notice(id int64, what transition, fields []string) any {
	if s.about == experienceChanges {
		return experienceNotice{MemberID: id, Status: "changed"}
	}
	if s.set.records == people.V1 {
		return v1Notice{MemberID: id, ChangeType: map[transition]string{
			startedMatching: "added",
			stoppedMatching: "removed",
			changedFields:   "changed",
		}[what]}
	}
	return profileNotice{MemberID: id, ChangedFields: fields, Status: map[transition]string{
		startedMatching: "started_matching_query",
		stoppedMatching: "stopped_matching_query",
		changedFields:   "changed",
	}[what]}
}

// sweep makes the deliveries of what is queued for a subscription and empties
// the queue. The lock must be held.
func (c *state) sweep(sub *subscription, now time.Time) []shell.Parcel {
	pending := sub.pending
	sub.pending = nil
	if !sub.active(now) {
		return nil
	}
	var notices []json.RawMessage
	for _, change := range pending {
		if what, fields := sub.told(change, c.roster.byID[change.id]); what != unchanged {
			notice, err := json.Marshal(sub.notice(change.id, what, fields))
			if err != nil {
				continue // numbers and strings always encode
			}
			notices = append(notices, c.withIDs(notice))
		}
	}
	var parcels []shell.Parcel
	for batch := range slices.Chunk(notices, c.settings.noticeSize) {
		body, err := json.Marshal(batch)
		if err != nil {
			continue // numbers and strings always encode
		}
		sub.lastNotice = now
		parcels = append(parcels, shell.Parcel{Kind: ChangeNotice, About: sub.id, URL: sub.webhookURL, Body: body})
	}
	return parcels
}

// sweepAll makes the deliveries of everything that is queued.
func (c *state) sweepAll() []shell.Parcel {
	now := c.shell.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	var parcels []shell.Parcel
	for _, sub := range c.subscriptions.inOrder {
		parcels = append(parcels, c.sweep(sub, now)...)
	}
	return parcels
}

// sweepDue makes the deliveries of the subscriptions that are due.
func (c *state) sweepDue(due time.Time) []shell.Parcel {
	now := c.shell.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	var parcels []shell.Parcel
	for _, sub := range c.subscriptions.inOrder {
		if !sub.nextSweep.After(due) && sub.nextSweep.Before(sub.expires) {
			parcels = append(parcels, c.sweep(sub, now)...)
			sub.nextSweep = sub.nextSweep.Add(sub.cadence.every)
		}
	}
	return parcels
}
