package events

import (
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/linkedinapi"
	"github.com/pronet-go/pronet/internal/wire"
)

const source = "learn.microsoft.com/linkedin/marketing/community-management/organizations/organization-social-action-notifications"

var (
	opSubscribe = wire.Op{
		Name: "LinkedIn.Events.Subscribe", Provider: api.LinkedIn,
		Method: wire.Put, Route: "/rest/eventSubscriptions/{subscription}",
		Class: linkedinapi.ClassEvents, Retry: api.RetryIdempotent, Source: source,
		Note: "makes or renews it; of a member who administers the organisation",
	}
	opGet = wire.Op{
		Name: "LinkedIn.Events.Get", Provider: api.LinkedIn,
		Method: wire.Get, Route: "/rest/eventSubscriptions/{subscription}",
		Class: linkedinapi.ClassEvents, Retry: api.RetryIdempotent, Source: source,
	}
	opList = wire.Op{
		Name: "LinkedIn.Events.List", Provider: api.LinkedIn,
		Method: wire.Get, Route: "/rest/eventSubscriptions",
		Class: linkedinapi.ClassEvents, Retry: api.RetryIdempotent, Source: source,
		Note: "those of the member whose token it is",
	}
	opUnsubscribe = wire.Op{
		Name: "LinkedIn.Events.Unsubscribe", Provider: api.LinkedIn,
		Method: wire.Delete, Route: "/rest/eventSubscriptions/{subscription}",
		Class: linkedinapi.ClassEvents, Retry: api.RetryIdempotent, Source: source,
	}
	opMissed = wire.Op{
		Name: "LinkedIn.Events.Missed", Provider: api.LinkedIn,
		Method: wire.Get, Route: "/rest/organizationalEntityNotifications",
		Class: linkedinapi.ClassEvents, Retry: api.RetryIdempotent, Certainty: wire.Reported, Source: source,
		Note: "60 days; that timeRange is a record of start and end is reported",
	}
)
