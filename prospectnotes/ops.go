package prospectnotes

import (
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/linkedinapi"
	"github.com/pronet-go/pronet/internal/wire"
)

var opList = wire.Op{
	Name: "ProspectNotes.List", Provider: api.LinkedIn,
	Method: wire.Get, Route: "/v2/prospectNotes",
	Class: linkedinapi.ClassProspects, Retry: api.RetryIdempotent,
	Source: "document 003, LinkedIn's page Retrieve Prospect Notes",
	Note:   "whether the dates are those of creation or of the last change, the page says both; the form in protocol 2.0 is assumed",
}
