package unlisted

import (
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/linkedinapi"
	"github.com/pronet-go/pronet/internal/wire"
)

// What LinkedIn has instead of an endpoint.
const (
	insteadOfMember      = "call client.LinkedIn.Members.Get, or ByVanityName with r_compliance"
	insteadOfName        = "LinkedIn finds nobody by name; client.LinkedIn.Members.ByVanityName takes the end of a profile's address"
	insteadOfConnections = "call client.LinkedIn.Connections.List, or client.LinkedIn.Snapshot.List in the EU"
	insteadOfNetwork     = "LinkedIn does not give the second degree; client.LinkedIn.Connections.List has the first"
	insteadOfPosition    = "call client.LinkedIn.Members.CreatePosition, which few apps may"
	insteadOfBackground  = "the background picture can only be read, with client.LinkedIn.Members.Me"
	insteadOfSearch      = "LinkedIn's Job Library, client.LinkedIn.Jobs.Library, has promoted jobs"
	insteadOfSaved       = "LinkedIn's API has no saved searches"

	source       = "document 002"
	notListed    = "LinkedIn's reference does not list it: "
	lookInMember = "look at the member's profile"
)

var (
	opMemberByID = wire.Op{
		Name: "LinkedIn.Unlisted.MemberByID", Provider: api.LinkedIn, Method: wire.Get, Route: "/v2/member/{member}",
		Class: linkedinapi.ClassMembers, Retry: api.RetryIdempotent, Certainty: wire.Reported, Source: source, Note: notListed + insteadOfMember,
	}
	opMemberByVanityName = wire.Op{
		Name: "LinkedIn.Unlisted.MemberByVanityName", Provider: api.LinkedIn, Method: wire.Get, Route: "/v2/member/{member}",
		Class: linkedinapi.ClassMembers, Retry: api.RetryIdempotent, Certainty: wire.Reported, Source: source, Note: notListed + insteadOfMember,
	}
	opMemberByFormattedName = wire.Op{
		Name: "LinkedIn.Unlisted.MemberByFormattedName", Provider: api.LinkedIn, Method: wire.Get, Route: "/v2/member/{member}",
		Class: linkedinapi.ClassMembers, Retry: api.RetryIdempotent, Certainty: wire.Reported, Source: source, Note: notListed + insteadOfName,
	}
	opMemberConnections = wire.Op{
		Name: "LinkedIn.Unlisted.MemberConnections", Provider: api.LinkedIn, Method: wire.Get, Route: "/v2/memberConnections",
		Class: linkedinapi.ClassMembers, Retry: api.RetryIdempotent, Certainty: wire.Reported, Source: source, Note: notListed + insteadOfConnections,
	}
	opConnections = wire.Op{
		Name: "LinkedIn.Unlisted.Connections", Provider: api.LinkedIn, Method: wire.Get, Route: "/v2/me/connections",
		Class: linkedinapi.ClassMembers, Retry: api.RetryIdempotent, Certainty: wire.Reported, Source: source, Note: notListed + insteadOfConnections,
	}
	opNetwork = wire.Op{
		Name: "LinkedIn.Unlisted.NetworkConnections", Provider: api.LinkedIn, Method: wire.Get, Route: "/v2/me/network/connections",
		Class: linkedinapi.ClassMembers, Retry: api.RetryIdempotent, Certainty: wire.Reported, Source: source, Note: notListed + insteadOfNetwork,
	}
	opPutPosition = wire.Op{
		Name: "LinkedIn.Unlisted.PutPosition", Provider: api.LinkedIn, Method: wire.Put, Route: "/v2/me/positions",
		Class: linkedinapi.ClassMembers, Retry: api.RetryUnsent, InDoubt: lookInMember, Certainty: wire.Reported, Source: source,
		Note: notListed + insteadOfPosition,
	}
	opUploadBackground = wire.Op{
		Name: "LinkedIn.Unlisted.UploadBackground", Provider: api.LinkedIn, Method: wire.Post, Route: "/v2/me/backgroundMediaUpload",
		Class: linkedinapi.ClassMembers, Retry: api.RetryUnsent, InDoubt: lookInMember, Certainty: wire.Reported, Source: source,
		Note: notListed + insteadOfBackground,
	}
	opSearchJobs = wire.Op{
		Name: "LinkedIn.Unlisted.SearchJobs", Provider: api.LinkedIn, Method: wire.Get, Route: "/v2/jobs/search",
		Class: linkedinapi.ClassMembers, Retry: api.RetryIdempotent, Certainty: wire.Reported, Source: source,
		Note: notListed + insteadOfSearch + "; f_TPR is a parameter of LinkedIn's website",
	}
	opSaveSearch = wire.Op{
		Name: "LinkedIn.Unlisted.SaveSearch", Provider: api.LinkedIn, Method: wire.Post, Route: "/v2/jobs/savedSearch",
		Class: linkedinapi.ClassMembers, Retry: api.RetryUnsent, InDoubt: "look at the member's saved searches on LinkedIn", Certainty: wire.Reported,
		Source: source, Note: notListed + insteadOfSaved,
	}
	opAlert = wire.Op{
		Name: "LinkedIn.Unlisted.SearchAlert", Provider: api.LinkedIn, Method: wire.Get, Route: "/v2/jobs/savedSearches/{search}/search-alerts/{alert}",
		Class: linkedinapi.ClassMembers, Retry: api.RetryIdempotent, Certainty: wire.Reported, Source: source, Note: notListed + insteadOfSaved,
	}
)
