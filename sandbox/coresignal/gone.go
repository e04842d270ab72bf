package coresignal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/pronet-go/pronet/sandbox/internal/people"
)

// ErrMerged is returned for a person who is a part of another one by now.
var ErrMerged = errors.New("sandbox: the person was merged into another")

// ProfileForm is what a collect, and the files of a data request, give of a profile that is hidden, deleted or merged. No
// source says what the provider does.
type ProfileForm int

// The forms of such a profile.
const (
	OwnRecord    ProfileForm = iota // its record, which says in is_hidden, deleted or is_deleted what it is
	NotFound                        // status 404 without a price; the files leave it out
	TargetRecord                    // of a merged one: the record of the profile that it is a part of, with that one's ID
)

// WithHiddenProfiles sets what is given of profiles that are hidden for privacy. The default is OwnRecord.
func WithHiddenProfiles(form ProfileForm) Option {
	return func(s *settings) error {
		s.hidden = form
		return between("WithHiddenProfiles", int(form), int(OwnRecord), int(NotFound))
	}
}

// WithDeletedProfiles sets what is given of profiles that are gone at their source. The default is OwnRecord, since the
// documents say that a record may be of a deleted profile.
func WithDeletedProfiles(form ProfileForm) Option {
	return func(s *settings) error {
		s.deleted = form
		return between("WithDeletedProfiles", int(form), int(OwnRecord), int(NotFound))
	}
}

// WithMergedProfiles sets what is given for the ID of a profile that was merged into another one. The default is
// TargetRecord. An own record is a deleted one whose parent_id is the other's ID.
func WithMergedProfiles(form ProfileForm) Option {
	return func(s *settings) error {
		s.merged = form
		return between("WithMergedProfiles", int(form), int(OwnRecord), int(TargetRecord))
	}
}

// WithTextIDs writes the IDs of people as text: id and parent_id of records and of rows of previews, and member_id of
// notices, but for the test notice. The provider's numbers are text at times.
func WithTextIDs() Option {
	return func(s *settings) error {
		s.textIDs = true
		return nil
	}
}

// HideForPrivacy removes a person's profile as the person's own wish does: the real-time endpoint then responds 453, and
// the records that have the field show is_hidden, unless [WithHiddenProfiles] says otherwise. A few people are hidden from
// the start. It returns ErrUnknownPerson for an unknown ID.
func (sb *Sandbox) HideForPrivacy(id int64) error {
	return sb.state.change(id, func(p *people.Person, now time.Time) people.Changed {
		return p.Hide(now)
	})
}

// Delete marks a person's profile as gone at its source: the real-time endpoint then responds 454, and the records show
// deleted or is_deleted, unless [WithDeletedProfiles] says otherwise. Subscriptions are told of that field (assumed). A few
// people are deleted from the start. It returns ErrUnknownPerson for an unknown ID.
func (sb *Sandbox) Delete(id int64) error {
	return sb.state.change(id, func(p *people.Person, now time.Time) people.Changed {
		return p.Delete(now)
	})
}

// Merge makes a person's profile a part of another one, which takes the ID and the name in the address over as former
// ones. From then on searches do not find the first, and [WithMergedProfiles] says what its ID gives. Subscriptions to IDs
// are told that both have changed, those with a query that the first has stopped matching (all of this is assumed). It
// returns ErrUnknownPerson for an unknown ID, ErrMerged if the first was merged before, and an error for the same person
// twice.
func (sb *Sandbox) Merge(id, into int64) error {
	c := sb.state
	now := c.shell.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	p, known := c.roster.byID[id]
	target, targetKnown := c.roster.byID[into]
	switch {
	case !known || !targetKnown:
		return ErrUnknownPerson
	case p.MergedInto() != nil:
		return merged(p)
	}
	if further := target.MergedInto(); further != nil {
		target = further
	}
	if p == target {
		return fmt.Errorf("sandbox: %d cannot be merged into itself", id)
	}
	gone, grown := p.Merge(target, now)
	c.tell(p.ID, gone, now)
	c.tell(target.ID, grown, now)
	return nil
}

func merged(p *people.Person) error { return fmt.Errorf("%w, %d", ErrMerged, p.MergedInto().ID) }

// shown is the person whose record is given for one who was asked for, if there is any. The lock must be held.
func (c *state) shown(p *people.Person) (*people.Person, bool) {
	if into := p.MergedInto(); into != nil {
		switch c.settings.merged {
		case NotFound:
			return nil, false
		case OwnRecord:
			return p, true
		}
		p = into
	}
	gone := p.IsHidden() && c.settings.hidden == NotFound || p.IsDeleted() && c.settings.deleted == NotFound
	return p, !gone
}

// record is a person's record as it is sent.
func (c *state) record(p *people.Person, set *dataset) json.RawMessage {
	return c.withIDs(p.Record(set.records))
}

// withIDs writes the IDs at the root of an object as the settings say.
func (c *state) withIDs(object json.RawMessage) json.RawMessage {
	if !c.settings.textIDs {
		return object
	}
	return textIDs(object)
}

// textIDs makes text of the IDs at the root of an object.
func textIDs(object json.RawMessage) json.RawMessage {
	dec := json.NewDecoder(bytes.NewReader(object))
	if open, err := dec.Token(); err != nil || open != json.Delim('{') {
		return object
	}
	out := []byte{'{'}
	for dec.More() {
		token, err := dec.Token()
		name, isName := token.(string)
		var value json.RawMessage
		if err != nil || !isName || dec.Decode(&value) != nil {
			return object
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(strconv.AppendQuote(out, name), ':')
		if slices.Contains([]string{"id", "parent_id", "member_id"}, name) && value[0] >= '0' && value[0] <= '9' {
			value = strconv.AppendQuote(nil, string(value))
		}
		out = append(out, value...)
	}
	return append(out, '}')
}
