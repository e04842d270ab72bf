package linkedinapi

import (
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/wire"
)

// TokenOp is the request for a token of an app. The secret is in the form's fields, as LinkedIn's page has it.
var TokenOp = wire.Op{
	Name: "LinkedIn.CheckToken", Provider: api.LinkedIn, Origin: Accounts, Anonymous: true,
	Method: wire.Post, Route: "/oauth/v2/accessToken",
	Class: ClassTokens, Retry: api.RetryIdempotent,
	Source: "learn.microsoft.com/linkedin/shared/authentication/client-credentials-flow",
	Note:   "sent by itself before the first call, and before the token ends; the calls of its origin carry no token",
}
