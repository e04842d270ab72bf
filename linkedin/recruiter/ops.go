package recruiter

import (
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/linkedinapi"
	"github.com/pronet-go/pronet/internal/wire"
)

const (
	pages              = "learn.microsoft.com/linkedin/talent/recruiter-system-connect"
	exportSource       = pages + "/retrieve-exported-candidates"
	integrationSource  = "LinkedIn's collection of requests for Recruiter System Connect"
	provisioningSource = "learn.microsoft.com/linkedin/talent/middleware-platform/provisioning-api"
)

var (
	opInMails = wire.Op{
		Name: "LinkedIn.Recruiter.InMails.List", Provider: api.LinkedIn,
		Method: wire.Get, Route: "/v2/conversationEvents",
		Class: linkedinapi.ClassProspects, Retry: api.RetryIdempotent, Source: pages + "/recruiter-prospect-interactions/inmail-history",
		Note: "the end of the time is exclusive; 12 records a member and minute, charged once a page is there",
	}
	opStubs = wire.Op{
		Name: "LinkedIn.Recruiter.Stubs.List", Provider: api.LinkedIn,
		Method: wire.Get, Route: "/v2/mailStubs",
		Class: linkedinapi.ClassProspects, Retry: api.RetryIdempotent, Source: pages + "/recruiter-prospect-interactions/inmail-stub-profiles",
		Note: "whether createdDateEnd is inclusive, the page says both: StubQuery.End",
	}
	opExport = wire.Op{
		Name: "LinkedIn.Recruiter.Exports.Get", Provider: api.LinkedIn,
		Method: wire.Get, Route: "/v2/exportedCandidates",
		Class: linkedinapi.ClassExports, Retry: api.RetryIdempotent, Source: exportSource,
		Note: "pronet.LinkedInBase(linkedin.Exports, \"/rest\", \"\") has it at /rest, which the same page documents",
	}
	opPurges = wire.Op{
		Name: "LinkedIn.Recruiter.Purges.List", Provider: api.LinkedIn,
		Method: wire.Get, Route: "/rest/atsPurgedExportedCandidates",
		Class: linkedinapi.ClassPurges, Retry: api.RetryIdempotent, Certainty: wire.Assumed, Source: exportSource + " (its table of limits)",
		Note: "to be asked at least every 30 days; finder, parameters and fields are assumed, and can be set",
	}
	opIntegrations = wire.Op{
		Name: "LinkedIn.Recruiter.Integrations.Get", Provider: api.LinkedIn,
		Method: wire.Get, Route: "/v2/atsIntegrations",
		Class: linkedinapi.ClassIntegrations, Retry: api.RetryIdempotent, Source: integrationSource,
	}
	opIntegrationsOf = wire.Op{
		Name: "LinkedIn.Recruiter.Integrations.OfRequest", Provider: api.LinkedIn,
		Method: wire.Get, Route: "/v2/atsIntegrations",
		Class: linkedinapi.ClassIntegrations, Retry: api.RetryIdempotent, Source: integrationSource,
	}
	opEnable = wire.Op{
		Name: "LinkedIn.Recruiter.Integrations.Enable", Provider: api.LinkedIn,
		Method: wire.Post, Route: "/v2/atsIntegrations",
		Class: linkedinapi.ClassIntegrations, Retry: api.RetryIdempotent, Source: integrationSource,
	}
	opConfigurations = wire.Op{
		Name: "LinkedIn.Recruiter.Integrations.Configurations", Provider: api.LinkedIn,
		Method: wire.Get, Route: "/v2/atsIntegrations/{integration}/configurations",
		Class: linkedinapi.ClassIntegrations, Retry: api.RetryIdempotent, Source: integrationSource,
	}
	opConfigure = wire.Op{
		Name: "LinkedIn.Recruiter.Integrations.Configure", Provider: api.LinkedIn,
		Method: wire.Put, Route: "/v2/atsIntegrations/{integration}/configurations",
		Class: linkedinapi.ClassIntegrations, Retry: api.RetryIdempotent, Source: integrationSource,
	}
	opUnconfigure = wire.Op{
		Name: "LinkedIn.Recruiter.Integrations.Unconfigure", Provider: api.LinkedIn,
		Method: wire.Delete, Route: "/v2/atsIntegrations/{integration}/configurations",
		Class: linkedinapi.ClassIntegrations, Retry: api.RetryIdempotent, Source: integrationSource,
	}
	opCreateApp = wire.Op{
		Name: "LinkedIn.Recruiter.Apps.Create", Provider: api.LinkedIn,
		Method: wire.Post, Route: "/v2/provisionedApplications",
		Class: linkedinapi.ClassApps, Retry: api.RetryUnsent, Source: provisioningSource,
		InDoubt: "ask for its credentials with Apps.Credentials and its unique foreign id",
		Note:    "needs the token of the parent app; the fields of the response are assumed",
	}
	opUpdateApp = wire.Op{
		Name: "LinkedIn.Recruiter.Apps.Update", Provider: api.LinkedIn,
		Method: wire.Post, Route: "/v2/provisionedApplications/{app}",
		Class: linkedinapi.ClassApps, Retry: api.RetryIdempotent, Source: provisioningSource,
		Note: "needs the token of the parent app",
	}
	opCredentials = wire.Op{
		Name: "LinkedIn.Recruiter.Apps.Credentials", Provider: api.LinkedIn,
		Method: wire.Get, Route: "/v2/provisionedApplications",
		Class: linkedinapi.ClassApps, Retry: api.RetryIdempotent, Source: provisioningSource,
		Note: "needs the token of the parent app; the fields of the response are assumed",
	}
)
