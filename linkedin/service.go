package linkedin

import (
	"context"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/linkedinapi"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
	"github.com/pronet-go/pronet/linkedin/events"
	"github.com/pronet-go/pronet/linkedin/jobs"
	"github.com/pronet-go/pronet/linkedin/members"
	"github.com/pronet-go/pronet/linkedin/posts"
	"github.com/pronet-go/pronet/linkedin/recruiter"
	"github.com/pronet-go/pronet/linkedin/unlisted"
)

// ClassProspects is the class of calls that have one quota a day together: seats, InMail history, InMail stubs and
// prospect notes.
const ClassProspects = linkedinapi.ClassProspects

const (
	// ClassMembers is the class of calls to members and their connections, whose quotas LinkedIn does not publish.
	ClassMembers = linkedinapi.ClassMembers
	// ClassVanity is the class of the lookup of members by vanity name: 500 a day for an app.
	ClassVanity = linkedinapi.ClassVanity
	// ClassExports is the class of calls for exported candidates.
	ClassExports = linkedinapi.ClassExports
	// ClassPurges is the class of calls for purged candidates.
	ClassPurges = linkedinapi.ClassPurges
	// ClassJobs is the class of operations on job postings.
	ClassJobs = linkedinapi.ClassJobs
	// ClassJobTasks is the class of calls for what became of those operations.
	ClassJobTasks = linkedinapi.ClassJobTasks
	// ClassJobListings is the class of calls for what became of jobs.
	ClassJobListings = linkedinapi.ClassJobListings
)

// Service is client.LinkedIn.
type Service struct {
	// Seats is the seats of a Recruiter contract.
	Seats *SeatService
	// Posts publishes for members and organizations.
	Posts *posts.Service
	// Members reads members, and who has logged in.
	Members *members.Service
	// Connections reads first-degree connections.
	Connections *members.ConnectionService
	// Snapshot reads the copy of their own data that members of the EU may ask for.
	Snapshot *members.SnapshotService
	// Unlisted has endpoints that LinkedIn's reference does not list.
	Unlisted *unlisted.Service
	// OAuth logs people in.
	OAuth *OAuth
	// Recruiter is the rest of Recruiter System Connect: InMail, exported and purged candidates, integrations, child apps.
	Recruiter *recruiter.Service
	// Events is the subscriptions to push events of organisations, and the events that were missed.
	Events *events.Service
	// Jobs posts jobs, and searches the Job Library.
	Jobs *jobs.Service

	pipeline *transport.Pipeline
	expires  func() time.Time
}

// New is for package pronet, whose New makes the client that a program uses. Expires is when the token ends.
func New(p *transport.Pipeline, settings *linkedinapi.Settings, expires func() time.Time) *Service {
	p.Declare(&linkedinapi.TokenOp)
	c := linkedinapi.NewCaller(p, settings)
	seats := &SeatService{caller: c, list: c.Endpoint(settings.Protocol, opSeats), legacy: c.Endpoint(settings.Protocol, opSeatsLegacy)}
	oauth := &OAuth{pipeline: p, keeper: settings.Keeper}
	p.Declare(&linkedinapi.FinishOp, &linkedinapi.RefreshOp, &linkedinapi.IntrospectOp, &linkedinapi.RevokeOp)
	s := &Service{Seats: seats, OAuth: oauth, Posts: posts.New(p, settings), pipeline: p, expires: expires}
	s.Members, s.Connections, s.Snapshot = members.New(p, settings)
	s.Unlisted = unlisted.New(p, settings)
	s.Recruiter, s.Events = recruiter.New(p, settings), events.New(p, settings)
	s.Jobs = jobs.New(p, settings)
	return s
}

// CheckToken makes sure that there is a token which lives, and fetches one of an app if there is none: for the start of a
// program, so that a wrong secret is found then. It returns when the token ends, zero when that is not known. The API
// itself is not called, so that a token which was revoked is not noticed.
//
// A wrong client id or secret is [api.ErrUnauthorized] or [api.ErrInvalid]; LinkedIn is not consistent about it.
func (s *Service) CheckToken(ctx context.Context) (ends time.Time, err error) {
	if s == nil || s.pipeline == nil {
		return time.Time{}, wire.ErrNoService
	}
	if err := s.pipeline.Credential(ctx, &linkedinapi.TokenOp); err != nil {
		return time.Time{}, err
	}
	return s.expires(), nil
}

// Quota is what is known of a quota of a day, as it was counted by this client and those that share its limits. Other
// programs that use the same app are not in it.
type Quota struct {
	// Limit is how many calls a day are allowed, and Used how many of them were made since 00:00 UTC.
	Limit, Used int
	// Reset is when the quota begins again: 00:00 UTC (assumed for the throttling of Recruiter System Connect).
	Reset time.Time
	// Closed says that LinkedIn has refused calls as if the quota were used up. Until Reset calls end with a
	// [*api.RateLimitError], but for a probe now and then.
	Closed bool
	// Probe is from when on the next call is let through to see whether the quota is used up, zero while it is open.
	Probe time.Time
}

// Left is how many calls are left today as far as is known: none while the quota is closed.
func (q Quota) Left() int {
	if q.Closed {
		return 0
	}
	return max(0, q.Limit-q.Used)
}

// Quota returns what is known of a class's quota of a day, such as that of [ClassProspects]. It is false when nothing is
// known: LinkedIn is not configured, the class has no such quota, or pronet.Limiter paces the calls.
func (s *Service) Quota(class string) (Quota, bool) {
	day, ok := linkedinapi.Made(s).pipeline.Day(api.LinkedIn, class)
	return Quota(day), ok
}
