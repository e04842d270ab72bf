package linkedin

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pronet-go/pronet/api"
)

// Version is a version of LinkedIn's API, as the header LinkedIn-Version has it: 202604, 202510.03 or, rarely, 20240101.
// "" is none: paths that begin with /v2 have none.
type Version string

// ParseVersion reads a version: six digits YYYYMM, with a dot and two more, or eight. The error is [api.ErrInvalid].
func ParseVersion(text string) (Version, error) {
	digits, revision, dotted := strings.Cut(text, ".")
	switch {
	case strings.Trim(digits+revision, "0123456789") != "", dotted && (len(digits) != 6 || len(revision) != 2), len(digits) != 6 && len(digits) != 8,
		digits[:2] != "20", digits[4:6] < "01" || digits[4:6] > "12", len(digits) == 8 && (digits[6:] < "01" || digits[6:] > "31"):
		return "", fmt.Errorf("%.20q is not a version of LinkedIn's API, such as 202604 or 202510.03: %w", text, api.ErrInvalid)
	}
	return Version(text), nil
}

// Month is the version's first six digits, by which its life is counted (assumed: a revision ends with its month).
func (v Version) Month() string { return string(v[:min(6, len(v))]) }

// Area is a part of LinkedIn's API that has versions of its own: 202512 is one of Talent's and none of Marketing's.
type Area string

const (
	// Talent is Recruiter, jobs and what an applicant tracking system uses.
	Talent Area = "talent"
	// Marketing is posts, organisations and advertising.
	Marketing Area = "marketing"
	// Portability is the copy of their own data that members of the EU may ask for.
	Portability Area = "portability"
)

// KnownVersion is what is known of a version's life.
type KnownVersion struct {
	// Area is the part of the API that it is a version of.
	Area Area
	// Version is the version.
	Version Version
	// Ends is the day, in UTC, on which LinkedIn ends it; zero when no page says anything of it.
	Ends time.Time
	// Assumed says that no page states the day: it is the least that LinkedIn promises, two years for Talent and one for
	// Marketing.
	Assumed bool
}

// known is the table, from November 2026: learn.microsoft.com/linkedin/talent/release-notes and .../marketing/versioning.
// LinkedIn sends no header that tells of an end, so this table and the clock are the only warning. A version is never
// computed from the calendar: there are months without one.
var known = []KnownVersion{
	{Talent, "202602", day(2028, 2, 1), true},
	{Talent, "202603", day(2028, 3, 1), false}, // "March 2028": its first day, to be early
	{Talent, "202604", day(2028, 4, 1), true},
	{Marketing, "202511", day(2026, 11, 16), false},
	{Marketing, "202601", day(2027, 1, 15), false},
	{Marketing, "202602", day(2027, 2, 15), false},
	{Marketing, "202603", day(2027, 3, 16), false},
	{Marketing, "202604", day(2027, 4, 15), false},
	{Marketing, "202605", day(2027, 5, 15), true},
	{Marketing, "202606", day(2027, 6, 15), true},
	{Marketing, "202607", day(2027, 7, 15), true},
	{Marketing, "202608", day(2027, 8, 15), true},
	{Marketing, "202609", day(2027, 9, 15), true},
	{Portability, "202312", time.Time{}, true}, // the one that its page has, nothing of an end
}

func day(year, month, day int) time.Time {
	return time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
}

// KnownVersions lists what is known of the versions that were alive in 2026.
func KnownVersions() []KnownVersion { return slices.Clone(known) }

// DefaultVersion is the newest version of an area that LinkedIn's pages list, "" for an area that is none. A service
// whose paths begin with /rest has it unless pronet.LinkedInBase sets another.
func DefaultVersion(area Area) Version {
	var newest Version
	for _, k := range known {
		if k.Area == area && k.Version > newest {
			newest = k.Version
		}
	}
	return newest
}

// EndOf is what is known of the life of an area's version; false for one that is not in the table, which may be newer than
// this module.
func EndOf(area Area, version Version) (KnownVersion, bool) {
	i := slices.IndexFunc(known, func(k KnownVersion) bool { return k.Area == area && k.Version.Month() == version.Month() })
	if i < 0 {
		return KnownVersion{}, false
	}
	return known[i], true
}

// API is a service whose base path and version pronet.LinkedInBase can set.
type API string

const (
	// ProspectNotes is client.ProspectNotes.
	ProspectNotes API = "ProspectNotes"
	// Seats is client.LinkedIn.Seats.
	Seats API = "LinkedIn.Seats"
	// Posts is client.LinkedIn.Posts.
	Posts API = "LinkedIn.Posts"
	// PostMedia is client.LinkedIn.Posts.Media.
	PostMedia API = "LinkedIn.Posts.Media"
	// Members is client.LinkedIn.Members.
	Members API = "LinkedIn.Members"
	// Connections is client.LinkedIn.Connections.
	Connections API = "LinkedIn.Connections"
	// Snapshot is client.LinkedIn.Snapshot.
	Snapshot API = "LinkedIn.Snapshot"
	// Unlisted is client.LinkedIn.Unlisted, for a base path of the document's "versionless" ones.
	Unlisted API = "LinkedIn.Unlisted"
	// InMails is client.LinkedIn.Recruiter.InMails.
	InMails API = "LinkedIn.Recruiter.InMails"
	// Stubs is client.LinkedIn.Recruiter.Stubs.
	Stubs API = "LinkedIn.Recruiter.Stubs"
	// Exports is client.LinkedIn.Recruiter.Exports.
	Exports API = "LinkedIn.Recruiter.Exports"
	// Purges is client.LinkedIn.Recruiter.Purges.
	Purges API = "LinkedIn.Recruiter.Purges"
	// Events is client.LinkedIn.Events.
	Events API = "LinkedIn.Events"
	// Jobs is client.LinkedIn.Jobs.
	Jobs API = "LinkedIn.Jobs"
	// JobLibrary is client.LinkedIn.Jobs.Library.
	JobLibrary API = "LinkedIn.Jobs.Library"
)

// AreaOf is the area whose versions a service has, "" for what is no service.
func AreaOf(service API) Area {
	switch service {
	case ProspectNotes, Seats, InMails, Stubs, Exports, Purges, Jobs:
		return Talent
	case Posts, PostMedia, Events, JobLibrary: // the last one is assumed
		return Marketing
	case Members, Connections, Unlisted: // at /v2, without versions; at /rest they would have Marketing's (assumed)
		return Marketing
	case Snapshot:
		return Portability
	}
	return ""
}

// Protocol is a version of the protocol in which queries are written.
type Protocol int

const (
	// Protocol1 is Rest.li's 1.0, in which LinkedIn's own page and collection of requests have Recruiter System Connect.
	Protocol1 Protocol = iota
	// Protocol2 is Rest.li's 2.0, which newer parts of the API need.
	Protocol2
)
