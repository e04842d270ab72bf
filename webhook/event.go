package webhook

import "encoding/json"

// Event is one thing a delivery reports. The types of this package are
// [EmployeeChanged] and [Unknown]; a caller's own [Decoder] may add others.
// Tell them apart with a type switch.
type Event interface {
	// Kind names the type of the event for logs and metrics.
	Kind() string
}

// Status says what happened to an employee. The type is open: a status that
// is not listed here arrives as it was sent.
type Status string

// The statuses that Coresignal documents.
const (
	// StatusStartedMatchingQuery means that the employee did not match the
	// subscription's query before and does now.
	StatusStartedMatchingQuery Status = "started_matching_query"
	// StatusStoppedMatchingQuery means that the employee matched the
	// subscription's query before and does not any more.
	StatusStoppedMatchingQuery Status = "stopped_matching_query"
	// StatusChanged means that a watched field of the employee changed.
	StatusChanged Status = "changed"
	// StatusAdded is the first API version's word for an employee that
	// started to match.
	StatusAdded Status = "added"
	// StatusRemoved is the first API version's word for an employee that
	// stopped matching.
	StatusRemoved Status = "removed"
	// StatusChangedExperience is the first API version's word for a position
	// that started or ended.
	StatusChangedExperience Status = "changed_experience"
)

// EmployeeChanged reports that an employee of a Coresignal subscription
// changed. It carries no values: collect the record to learn them.
type EmployeeChanged struct {
	// ID is the employee's id, always positive. The wire calls it member_id.
	ID int64
	// Status is what happened, empty if the notice did not say.
	Status Status
	// ChangedFields are the names of the record's root fields that changed,
	// nil if the notice did not list them.
	ChangedFields []string
	// Label is the label of the delivery.
	Label string
	// Raw is the notice as it was sent.
	Raw json.RawMessage
}

// Kind returns "employee_changed".
func (EmployeeChanged) Kind() string { return "employee_changed" }

// Unknown is a part of a delivery that the decoder did not recognise.
type Unknown struct {
	// Label is the label of the delivery.
	Label string
	// Raw is the part as it was sent. It is JSON, except from [RawDecoder],
	// which does not look at it.
	Raw json.RawMessage
}

// Kind returns "unknown".
func (Unknown) Kind() string { return "unknown" }
