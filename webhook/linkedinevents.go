package webhook

import (
	stdjson "encoding/json"
	"strings"
	"time"

	"github.com/pronet-go/pronet/linkedin/urn"
)

// The types of events that LinkedIn documents, as they stand in the body.
const (
	// TypeDeleteProspectNote is the type of a [ProspectNoteDeleted].
	TypeDeleteProspectNote = "DELETE_PROSPECT_NOTE"
	// TypeExportCandidateProfile is the type of a [CandidateExported].
	TypeExportCandidateProfile = "EXPORT_CANDIDATE_PROFILE"
	// TypeIntegrationStatusChange is the type of an [IntegrationStatusChanged].
	TypeIntegrationStatusChange = "INTEGRATION_STATUS_CHANGE"
	// TypeResyncJobs is the type of a [JobsResyncAsked].
	TypeResyncJobs = "RESYNC_JOBS"
	// TypeJobPostingStatus is the type of a [JobPostingStatusChanged].
	TypeJobPostingStatus = "JOB_POSTING_STATUS"
	// TypeLeadAction is the type of a [LeadAction].
	TypeLeadAction = "LEAD_ACTION"
	// TypeSocialActions is the type of a body of [SocialAction] events.
	TypeSocialActions = "ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS"
)

// ProspectNoteDeleted reports that a note of Recruiter was deleted.
type ProspectNoteDeleted struct {
	// NoteID is the note's number, as the ID of a note in package prospectnotes has it.
	NoteID string
	// Contract is the contract that the note belonged to.
	Contract urn.URN
	// Label is the label of the delivery.
	Label string
	// Raw is the event as it was sent.
	Raw stdjson.RawMessage
}

// Kind returns [TypeDeleteProspectNote].
func (ProspectNoteDeleted) Kind() string { return TypeDeleteProspectNote }

// Subject names the note.
func (e ProspectNoteDeleted) Subject() string { return "note " + e.Contract.String() + " " + e.NoteID }

// CandidateExported reports that a recruiter has exported a candidate's profile. Ask for the profile with the id within
// 24 hours.
type CandidateExported struct {
	// RequestID is what to ask for the profile with.
	RequestID string
	// Context is the customer's organization or contract; zero if the event does not name it.
	Context urn.URN
	// ExpiresAt is when the request ends, zero if the event does not say. The profile is not to be had afterwards.
	ExpiresAt time.Time
	// Label is the label of the delivery.
	Label string
	// Raw is the event as it was sent.
	Raw stdjson.RawMessage
}

// Kind returns [TypeExportCandidateProfile].
func (CandidateExported) Kind() string { return TypeExportCandidateProfile }

// IntegrationStatusChanged reports that a customer has switched an integration on or off. Ask for its state with the
// id.
type IntegrationStatusChanged struct {
	// RequestID is what to ask for the integration with.
	RequestID string
	// Context is the customer's organization or contract; zero if the event does not name it.
	Context urn.URN
	// ExpiresAt is when the request ends, zero if the event does not say.
	ExpiresAt time.Time
	// Label is the label of the delivery.
	Label string
	// Raw is the event as it was sent.
	Raw stdjson.RawMessage
}

// Kind returns [TypeIntegrationStatusChange].
func (IntegrationStatusChanged) Kind() string { return TypeIntegrationStatusChange }

// Subject names the customer, if the event does: a later state must not be overtaken by an earlier one.
func (e IntegrationStatusChanged) Subject() string { return "integrations " + e.Context.String() }

// JobsResyncAsked asks for jobs to be sent to LinkedIn again, within 30 minutes.
type JobsResyncAsked struct {
	// Application is the app that posted them; zero if the event does not name it.
	Application urn.URN
	// ExternalIDs are the jobs' ids in the caller's system.
	ExternalIDs []string
	// AllOpen asks for all open jobs.
	AllOpen bool
	// Label is the label of the delivery.
	Label string
	// Raw is the event as it was sent.
	Raw stdjson.RawMessage
}

// Kind returns [TypeResyncJobs].
func (JobsResyncAsked) Kind() string { return TypeResyncJobs }

// JobPostingStatusChanged reports what became of a job posting. The page that describes it could not be read to its
// end: the status is in Raw.
type JobPostingStatusChanged struct {
	// ExternalID is the job's id in the caller's system.
	ExternalID string
	// Application is the app that posted it; zero if the event does not name it.
	Application urn.URN
	// Info is the JSON of jobPostingInfo, nil if there is none.
	Info stdjson.RawMessage
	// Label is the label of the delivery.
	Label string
	// Raw is the event as it was sent.
	Raw stdjson.RawMessage
}

// Kind returns [TypeJobPostingStatus].
func (JobPostingStatusChanged) Kind() string { return TypeJobPostingStatus }

// Subject names the job.
func (e JobPostingStatusChanged) Subject() string {
	return "job " + e.Application.String() + " " + e.ExternalID
}

// LeadAction reports that somebody has sent a lead form, or that a lead was deleted.
type LeadAction struct {
	// Response is the response to the form, such as urn:li:leadGenFormResponse:1.
	Response urn.URN
	// Form is the form.
	Form urn.URN
	// Owner is the account or organization that it belongs to, and Entity the creative, event or post where the form was.
	Owner, Entity urn.URN
	// LeadType is such as "SPONSORED".
	LeadType string
	// Action is "CREATED" or "DELETED".
	Action string
	// OccurredAt is when it happened, zero if the event does not say.
	OccurredAt time.Time
	// Label is the label of the delivery.
	Label string
	// Raw is the event as it was sent.
	Raw stdjson.RawMessage
}

// Kind returns [TypeLeadAction].
func (LeadAction) Kind() string { return TypeLeadAction }

// Subject names the lead.
func (e LeadAction) Subject() string { return "lead " + e.Response.String() }

// SocialAction is one notification of what was done to a post of an organization: a comment, a reaction, a share.
// LinkedIn sends up to ten in one body, and each counts for itself.
type SocialAction struct {
	// NotificationID is the notification's id.
	NotificationID string
	// Organization is whose post it was.
	Organization urn.URN
	// Action is what was done, such as "COMMENT".
	Action string
	// Post is the post, and Activity what came of the action, such as the comment. Zero when not stated.
	Post, Activity urn.URN
	// Subscriber is the person who has subscribed.
	Subscriber urn.URN
	// LastModified is when it was done, zero if the event does not say.
	LastModified time.Time
	// Label is the label of the delivery.
	Label string
	// Raw is the notification as it was sent, with what LinkedIn has added about the post and the activity.
	Raw stdjson.RawMessage
}

// Kind returns [TypeSocialActions].
func (SocialAction) Kind() string { return TypeSocialActions }

// Subject names the activity, or the post: a comment's deletion must not overtake the comment.
func (e SocialAction) Subject() string {
	if e.Activity.IsZero() {
		return "post " + e.Post.String()
	}
	return "activity " + e.Activity.String()
}

// keyOf makes a key of the label and of what stands in an event. There is none if a part is missing, or has spaces or
// what cannot stand in a log.
func keyOf(label string, parts ...string) (Key, bool) {
	for _, part := range parts {
		if part == "" || len(part) > maxKeyPart || strings.ContainsFunc(part, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
			return Key{}, false
		}
	}
	return Key{ID: label + ":" + strings.Join(parts, " "), TTL: LinkedInTTL}, true
}

const maxKeyPart = 200
