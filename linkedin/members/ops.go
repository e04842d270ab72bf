package members

import (
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/linkedinapi"
	"github.com/pronet-go/pronet/internal/wire"
)

const (
	profileSource    = "learn.microsoft.com/linkedin/shared/integrations/people/profile-api"
	editSource       = "learn.microsoft.com/linkedin/shared/integrations/people/profile-edit-api/positions"
	connectionSource = "learn.microsoft.com/linkedin/shared/integrations/people/connections-api"
	editNote         = "protocol 1.0, as LinkedIn's page has it; needs w_compliance, a closed permission"
)

var (
	opMe = wire.Op{
		Name: "LinkedIn.Members.Me", Provider: api.LinkedIn, Method: wire.Get, Route: "/v2/me",
		Class: linkedinapi.ClassMembers, Retry: api.RetryIdempotent, Source: profileSource + "; document 002",
		Note: "needs r_basicprofile, which new apps do not get: for them UserInfo",
	}
	opUserInfo = wire.Op{
		Name: "LinkedIn.Members.UserInfo", Provider: api.LinkedIn, Method: wire.Get, Route: "/v2/userinfo",
		Class: linkedinapi.ClassMembers, Retry: api.RetryIdempotent,
		Source: "learn.microsoft.com/linkedin/consumer/integrations/self-serve/sign-in-with-linkedin-v2",
		Note:   "open to every app; needs openid, and profile and email for what they name",
	}
	opGet = wire.Op{
		Name: "LinkedIn.Members.Get", Provider: api.LinkedIn, Method: wire.Get, Route: "/v2/people/{person}",
		Class: linkedinapi.ClassMembers, Retry: api.RetryIdempotent, Source: profileSource,
		Note: "the key is (id:...) in protocol 2.0, and id=... in GetLegacy's 1.0; restricted",
	}
	opGetLegacy = wire.Op{
		Name: "LinkedIn.Members.GetLegacy", Provider: api.LinkedIn, Method: wire.Get, Route: "/v2/people/{person}",
		Class: linkedinapi.ClassMembers, Retry: api.RetryIdempotent, Source: profileSource,
	}
	opByVanityName = wire.Op{
		Name: "LinkedIn.Members.ByVanityName", Provider: api.LinkedIn, Method: wire.Get, Route: "/v2/people",
		Class: linkedinapi.ClassVanity, Retry: api.RetryIdempotent, Source: "learn.microsoft.com/linkedin/compliance (profile lookup by vanity name)",
		Note: "500 a day for an app; needs r_compliance, a closed permission",
	}
	opCreatePosition = wire.Op{
		Name: "LinkedIn.Members.CreatePosition", Provider: api.LinkedIn, Method: wire.Post, Route: "/v2/people/{person}/positions",
		Class: linkedinapi.ClassMembers, Retry: api.RetryUnsent, InDoubt: "see the member's positions with client.LinkedIn.Members.Get",
		Source: editSource, Note: editNote,
	}
	opUpdatePosition = wire.Op{
		Name: "LinkedIn.Members.UpdatePosition", Provider: api.LinkedIn, Method: wire.Post, Route: "/v2/people/{person}/positions/{position}",
		Class: linkedinapi.ClassMembers, Retry: api.RetryIdempotent, Source: editSource, Note: "X-RestLi-Method PARTIAL_UPDATE; " + editNote,
	}
	opDeletePosition = wire.Op{
		Name: "LinkedIn.Members.DeletePosition", Provider: api.LinkedIn, Method: wire.Delete, Route: "/v2/people/{person}/positions/{position}",
		Class: linkedinapi.ClassMembers, Retry: api.RetryIdempotent, Source: editSource, Note: editNote,
	}
	opConnections = wire.Op{
		Name: "LinkedIn.Connections.List", Provider: api.LinkedIn, Method: wire.Get, Route: "/v2/connections",
		Class: linkedinapi.ClassMembers, Retry: api.RetryIdempotent, Source: connectionSource,
		Note: "needs r_1st_connections, a closed permission; the name of the decorated field, to~, is assumed",
	}
	opTotal = wire.Op{
		Name: "LinkedIn.Connections.Total", Provider: api.LinkedIn, Method: wire.Get, Route: "/v2/connections",
		Class: linkedinapi.ClassMembers, Retry: api.RetryIdempotent, Source: connectionSource,
	}
	opCount = wire.Op{
		Name: "LinkedIn.Connections.Count", Provider: api.LinkedIn, Method: wire.Get, Route: "/v2/connections/{person}",
		Class: linkedinapi.ClassMembers, Retry: api.RetryIdempotent, Source: "learn.microsoft.com/linkedin/shared/integrations/people/connections-size",
		Note: "needs r_1st_connections_size, of partner programmes; of the member alone whose token it is",
	}
	opSnapshot = wire.Op{
		Name: "LinkedIn.Snapshot.List", Provider: api.LinkedIn, Method: wire.Get, Route: "/rest/memberSnapshotData",
		Class: linkedinapi.ClassMembers, Retry: api.RetryIdempotent,
		Source: "learn.microsoft.com/linkedin/dma/member-data-portability/shared/member-snapshot-api",
		Note:   "for members of the EEA and Switzerland; a domain without data is a 404, as third parties report",
	}
)
