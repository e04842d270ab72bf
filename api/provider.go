package api

// Provider names one of the services that pronet speaks to. A provider has one base URL, one credential and one set of limits (LinkedIn has a second address, for tokens).
type Provider string

const (
	// Coresignal is Coresignal's current API (cdapi v2), authenticated by the header "apikey".
	Coresignal Provider = "coresignal"
	// CoresignalV1 is Coresignal's older API (cdapi v1), authenticated by a bearer JWT. Coresignal announced its end for
	// August 2025; it is kept for those who still have access.
	CoresignalV1 Provider = "coresignal-v1"
	// LinkedIn is LinkedIn's API, authenticated by a bearer token of an app or a member.
	LinkedIn Provider = "linkedin"
	// SalesWebhooks is the Sales Webhooks API, authenticated by the header "X-API-Key".
	SalesWebhooks Provider = "saleswebhooks"
)
