// Package linkedinapi is what the pipeline needs to know of LinkedIn's API: its row, its errors, its tokens, and the
// settings that its services share.
package linkedinapi

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/limit"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
)

// BaseURL is where the API is.
const BaseURL = "https://api.linkedin.com"

// Accounts names the origin of tokens, and AccountsURL is where it is. No call to it carries a token.
const (
	Accounts    = "www"
	AccountsURL = "https://www.linkedin.com"
)

// The classes of calls. Source: the throttle table of Recruiter System Connect.
const (
	// ClassProspects is seats, InMail history, InMail stubs and prospect notes together.
	ClassProspects = "prospects"
	// ClassTokens is requests for tokens. No limit is known: it is a class so that a refusal of the one origin does not hold
	// back the calls of the other.
	ClassTokens = "tokens"
	// ClassPosts is posts, comments and reactions, ClassMedia what they show. LinkedIn publishes no limit of either: its
	// developer portal shows each app its own.
	ClassPosts = "posts"
	ClassMedia = "media"
	// ClassMembers is members and their connections, whose quotas are not published.
	ClassMembers = "members"
	// ClassVanity is the lookup of members by vanity name.
	ClassVanity = "vanity"
	// ClassExports is exported candidates.
	ClassExports = "exports"
	// ClassPurges is purged exported candidates.
	ClassPurges = "purges"
	// ClassIntegrations is integrations and their configurations. No limit is known.
	ClassIntegrations = "integrations"
	// ClassApps is child apps. No limit is known.
	ClassApps = "apps"
	// ClassEvents is the subscriptions to events, and the events that were missed. No limit is known.
	ClassEvents = "events"
	// ClassJobs is operations on job postings, ClassJobTasks and ClassJobListings what became of them. ClassJobLibrary is the
	// Job Library, whose limit is not known.
	ClassJobs        = "jobs"
	ClassJobTasks    = "jobtasks"
	ClassJobListings = "joblistings"
	ClassJobLibrary  = "joblibrary"
)

// Classes are all classes, for pronet.RateLimit.
func Classes() []string {
	return []string{
		ClassProspects, ClassTokens, ClassPosts, ClassMedia, ClassMembers, ClassVanity, ClassExports, ClassPurges, ClassIntegrations, ClassApps, ClassEvents,
		ClassJobs, ClassJobTasks, ClassJobListings, ClassJobLibrary,
	}
}

const (
	// ProspectsADay is the published quota of ClassProspects for one app.
	ProspectsADay = 100_000
	// VanityADay is that of ClassVanity.
	VanityADay = 500
	// ExportsADay is the published quota of ClassExports, and of ClassPurges.
	ExportsADay = 100_000
	// JobsADay is that of ClassJobs.
	JobsADay = 100_000
	// JobTasksADay is that of ClassJobTasks.
	JobTasksADay = 300_000
	// JobListingsADay is that of ClassJobListings.
	JobListingsADay = 1_000_000
	// ProbeEvery is how often a class whose quota is used up lets one call through.
	ProbeEvery = 15 * time.Minute
)

// Policies are the known quotas. Shared says that all apps count together.
func Policies(prospects int, probe time.Duration, shared bool) []limit.Policy {
	return []limit.Policy{
		{Class: ClassProspects, N: prospects, Daily: true, Probe: probe, PerApp: shared},
		{Class: ClassTokens, N: 1_000, Window: time.Second},
		{Class: ClassVanity, N: VanityADay, Daily: true, Probe: probe, PerApp: shared},
		{Class: ClassExports, N: ExportsADay, Daily: true, Probe: probe, PerApp: shared},
		{Class: ClassPurges, N: ExportsADay, Daily: true, Probe: probe, PerApp: shared},
		{Class: ClassIntegrations, N: 1_000, Window: time.Second},
		{Class: ClassApps, N: 1_000, Window: time.Second},
		{Class: ClassEvents, N: 1_000, Window: time.Second},
		{Class: ClassJobs, N: JobsADay, Daily: true, Probe: probe, PerApp: shared},
		{Class: ClassJobTasks, N: JobTasksADay, Daily: true, Probe: probe, PerApp: shared},
		{Class: ClassJobListings, N: JobListingsADay, Daily: true, Probe: probe, PerApp: shared},
		{Class: ClassJobLibrary, N: 1_000, Window: time.Second},
	}
}

// Row is the provider without its origins and its renewal. VersionOf says which version an operation asks for.
func Row(versionOf func(*wire.Op) string) wire.Provider {
	return wire.Provider{
		Name: api.LinkedIn, Title: "LinkedIn (bearer token of an app or a member)", Prefixes: []string{"/v2/", "/rest/", "/oauth/v2/", "/dms-uploads/"},
		KeyHeader: "Authorization", KeyPrefix: "Bearer ", RequestIDs: []string{"X-Li-Uuid", "X-Li-Request-Id"},
		Shape:    tunnel,
		Inspect:  func(r *wire.Response) { inspect(r, versionOf) },
		Expired:  refused,
		Renewals: 2, // a token that is refused right after its issue is tried once more, and then a new one
	}
}

// maxQuery is the longest query string that is sent as one; LinkedIn's official clients have the same.
const maxQuery = 4_000

// tunnel sends a query that is too long as the body of a POST, which LinkedIn reads as the request that it stands for.
//
// Source: learn.microsoft.com/linkedin/shared/api-guide/concepts/query-tunneling.
func tunnel(r *wire.Request) error {
	query := r.URL.RawQuery
	if len(query) <= maxQuery {
		return nil
	}
	r.Header.Set("X-Http-Method-Override", r.Method)
	r.Method, r.URL.RawQuery = http.MethodPost, ""
	const form = "application/x-www-form-urlencoded"
	if r.Body == nil {
		r.Body = transport.Bytes(form, []byte(query))
		return nil
	}
	content, err := r.Body.Open()
	if err != nil {
		return err
	}
	defer content.Close() //nolint:errcheck // it is read to its end
	var mixed bytes.Buffer
	parts := multipart.NewWriter(&mixed)
	if err := parts.SetBoundary(rand.Text()); err != nil {
		return err
	}
	for _, part := range []struct {
		kind    string
		content io.Reader
	}{{form, bytes.NewReader([]byte(query))}, {r.Body.ContentType, content}} {
		w, err := parts.CreatePart(textproto.MIMEHeader{"Content-Type": {part.kind}})
		if err != nil {
			return err
		}
		if _, err := io.Copy(w, part.content); err != nil {
			return fmt.Errorf("the request body cannot be read: %w", err)
		}
	}
	if err := parts.Close(); err != nil {
		return err
	}
	r.Body = transport.Bytes("multipart/mixed; boundary="+parts.Boundary(), mixed.Bytes())
	return nil
}
