package linkedin

import (
	"strconv"
	"time"
)

// The types of events, which are the kinds of their deliveries.
const (
	// EventDeleteProspectNote says that a note was deleted.
	EventDeleteProspectNote = "DELETE_PROSPECT_NOTE"
	// EventExportCandidateProfile says that a candidate was exported.
	EventExportCandidateProfile = "EXPORT_CANDIDATE_PROFILE"
	// EventIntegrationStatusChange says that an integration was changed.
	EventIntegrationStatusChange = "INTEGRATION_STATUS_CHANGE"
	// EventResyncJobs asks for jobs.
	EventResyncJobs = "RESYNC_JOBS"
	// EventJobPostingStatus says what became of a job posting.
	EventJobPostingStatus = "JOB_POSTING_STATUS"
	// EventLeadAction says that a form was sent.
	EventLeadAction = "LEAD_ACTION"
	// EventSocialActions says what was done to posts.
	EventSocialActions = "ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS"
)

// maxBatch is how many notifications stand in one body.
const maxBatch = 10

// Signature is what is signed of an event.
type Signature int

const (
	// SignedWithPrefix is "hmacsha256=" and the body, as LinkedIn does today.
	SignedWithPrefix Signature = iota
	// SignedEscaped is that with everything but ASCII as \uXXXX in lower case, as the page of Apply Connect has it.
	SignedEscaped
	// SignedEscapedUpper is that in upper case.
	SignedEscapedUpper
	// SignedBody is the body alone, as no page has it.
	SignedBody
)

// WithPushSignature sets what is signed of events. The default is SignedWithPrefix.
func WithPushSignature(s Signature) Option {
	return func(set *settings) error {
		set.push.signed = s
		return between("WithPushSignature", int(s), int(SignedWithPrefix), int(SignedBody))
	}
}

// WithPushHeaderPrefix writes "hmacsha256=" in front of the signature, as some receivers expect it.
func WithPushHeaderPrefix() Option {
	return func(s *settings) error {
		s.push.headerPrefix = true
		return nil
	}
}

// WithUpperHex writes the signatures of events in capitals. By default they are in lower case, as LinkedIn's.
func WithUpperHex() Option {
	return func(s *settings) error {
		s.push.upperHex = true
		return nil
	}
}

// WithNumericPushIDs writes the ids of deleted notes as numbers, as the table of LinkedIn's page has it. By default
// they are strings, as in its example.
func WithNumericPushIDs() Option {
	return func(s *settings) error {
		s.push.numericNotes = true
		return nil
	}
}

// WithRequestIDs writes requestId and eventType instead of id and type, as LinkedIn's test events are said to have
// them, for EXPORT_CANDIDATE_PROFILE and INTEGRATION_STATUS_CHANGE.
func WithRequestIDs() Option {
	return func(s *settings) error {
		s.push.requestIDs = true
		return nil
	}
}

// WithApplicationIDs names the app in challenges, as LinkedIn does for parent and child apps.
func WithApplicationIDs() Option {
	return func(s *settings) error {
		s.push.applicationID = true
		return nil
	}
}

// WithRetriedPushes sends each event that got no 2xx response again, every 5 minutes for 8 hours of the sandbox's
// clock. By default only notifications of social actions are: of others LinkedIn says nothing.
func WithRetriedPushes() Option {
	return func(s *settings) error {
		s.push.retried = true
		return nil
	}
}

// pushDeletedNote queues the event of a deleted note. The state is locked.
func (st *state) pushDeletedNote(n *Note) {
	for _, a := range st.apps {
		if a.contract != n.Contract {
			continue
		}
		text := strconv.FormatInt(n.ID, 10)
		var id any = text
		if st.settings.push.numericNotes {
			id = n.ID
		}
		st.push(a, EventDeleteProspectNote, text, struct {
			ID      any    `json:"prospectNoteId"`
			Type    string `json:"type"`
			Context string `json:"integrationContext"`
		}{id, EventDeleteProspectNote, n.Contract})
	}
}

// pushFrom queues an event for an app.
func (sb *Sandbox) pushFrom(clientID, kind, about string, body func(a *app) any) {
	sb.state.mu.Lock()
	defer sb.state.mu.Unlock()
	if a := sb.state.app(clientID); a != nil {
		sb.state.push(a, kind, about, body(a))
	}
}

// request queues an event that names a request, which ends in 24 hours, and returns the request's id.
func (sb *Sandbox) request(clientID, kind string) string {
	id := sb.state.shell.UUID()
	sb.pushFrom(clientID, kind, id, func(a *app) any {
		if sb.state.settings.push.requestIDs {
			return map[string]any{"requestId": id, "eventType": kind}
		}
		return map[string]any{
			"id": id, "type": kind, "integrationContext": a.contract, "expiresAt": sb.state.now().Add(24 * time.Hour).UnixMilli(),
		}
	})
	return id
}

// PushCandidateExport tells an app that a recruiter has exported a candidate, and returns the request's id. Like all
// events it is sent to the app's callback by the next sandbox.Deliver or Advance; without a callback it is lost.
func (sb *Sandbox) PushCandidateExport(clientID string) string {
	return sb.request(clientID, EventExportCandidateProfile)
}

// PushIntegrationChange tells an app that a customer has changed an integration, and returns the request's id.
func (sb *Sandbox) PushIntegrationChange(clientID string) string {
	return sb.request(clientID, EventIntegrationStatusChange)
}

// PushResyncJobs asks an app for jobs; without ids for all that are open.
func (sb *Sandbox) PushResyncJobs(clientID string, externalIDs ...string) {
	sb.pushFrom(clientID, EventResyncJobs, "", func(a *app) any {
		return map[string]any{
			"type": EventResyncJobs, "developerApplicationUrn": "urn:li:developerApplication:" + a.id,
			"externalJobPostingIds": append([]string{}, externalIDs...), "syncAllOpenJobs": len(externalIDs) == 0,
		}
	})
}

// PushJobStatus tells an app what became of a job posting. What jobPostingInfo holds is assumed.
func (sb *Sandbox) PushJobStatus(clientID, externalID, status string) {
	sb.pushFrom(clientID, EventJobPostingStatus, externalID, func(a *app) any {
		return map[string]any{
			"type": EventJobPostingStatus, "externalJobPostingId": externalID,
			"developerApplicationUrn": "urn:li:developerApplication:" + a.id, "jobPostingInfo": map[string]any{"status": status},
		}
	})
}

// PushLead tells an app of a lead, with an action such as CREATED, and returns the URN of the response to the form.
func (sb *Sandbox) PushLead(clientID, action string) string {
	response := "urn:li:leadGenFormResponse:" + strconv.FormatInt(sb.number(), 10)
	sb.pushFrom(clientID, EventLeadAction, response, func(*app) any {
		return map[string]any{
			"type": EventLeadAction, "leadGenFormResponse": response, "leadGenForm": "urn:li:versionedLeadGenForm:(urn:li:leadGenForm:3162,1)",
			"owner": map[string]any{"sponsoredAccount": "urn:li:sponsoredAccount:1234567"}, "leadType": "SPONSORED",
			"associatedEntity": map[string]any{"creative": "urn:li:sponsoredCreative:1234567"},
			"leadAction":       action, "occurredAt": sb.state.now().UnixMilli(),
		}
	})
	return response
}

// PushSocialActions tells an app what was done to a post of an organization, each action such as COMMENT, ten
// notifications in one body at most, and returns the notifications' ids.
func (sb *Sandbox) PushSocialActions(clientID string, actions ...string) []int64 {
	ids := make([]int64, len(actions))
	for i := range actions {
		ids[i] = sb.number()
	}
	sb.socialActions(clientID, ids, func(i int) string { return actions[i] })
	return ids
}

// RepeatSocialActions tells an app of comments by ids that it may have been told before, in any order and mixture.
func (sb *Sandbox) RepeatSocialActions(clientID string, ids ...int64) {
	sb.socialActions(clientID, ids, func(int) string { return "COMMENT" })
}

func (sb *Sandbox) socialActions(clientID string, ids []int64, action func(i int) string) {
	for from := 0; from < len(ids); from += maxBatch {
		batch := ids[from:min(from+maxBatch, len(ids))]
		sb.pushFrom(clientID, EventSocialActions, "", func(*app) any {
			list := make([]any, 0, len(batch))
			for i, id := range batch {
				list = append(list, map[string]any{
					"notificationId": id, "organizationalEntity": "urn:li:organization:1234", "action": action(from + i), "sourcePost": "urn:li:share:1",
					"lastModifiedAt": sb.state.now().UnixMilli(), "generatedActivity": "urn:li:comment:(urn:li:activity:1," + strconv.FormatInt(id, 10) + ")",
					"subscriber": sb.state.member(1), "decoratedSourcePost": map[string]any{}, "decoratedGeneratedActivity": map[string]any{},
				})
			}
			return map[string]any{"type": EventSocialActions, "notifications": list}
		})
	}
}

// PushRaw sends an app a body of any type, as it is.
func (sb *Sandbox) PushRaw(clientID, kind string, body []byte) {
	sb.pushFrom(clientID, kind, "", func(*app) any { return append([]byte{}, body...) })
}

// number returns the next id.
func (sb *Sandbox) number() int64 {
	sb.state.mu.Lock()
	defer sb.state.mu.Unlock()
	sb.state.pushes.lastID++
	return 900_000 + sb.state.pushes.lastID
}
