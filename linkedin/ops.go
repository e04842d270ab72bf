package linkedin

import (
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/linkedinapi"
	"github.com/pronet-go/pronet/internal/wire"
)

const seatsSource = "learn.microsoft.com/linkedin/talent/recruiter-system-connect (seatholders)"

var (
	opSeats = wire.Op{
		Name: "LinkedIn.Seats.List", Provider: api.LinkedIn,
		Method: wire.Get, Route: "/v2/seatsV2",
		Class: linkedinapi.ClassProspects, Retry: api.RetryIdempotent, Source: seatsSource,
		Note: "start is always sent: without it the call fails",
	}
	opSeatsLegacy = wire.Op{
		Name: "LinkedIn.Seats.ListLegacy", Provider: api.LinkedIn,
		Method: wire.Get, Route: "/v2/seats",
		Class: linkedinapi.ClassProspects, Retry: api.RetryIdempotent, Source: seatsSource,
		Note: "the older finder, deprecated in April 2022 as third parties report; LinkedIn's own collection of requests still has it",
	}
)
