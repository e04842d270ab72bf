package linkedinapi

import (
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/wire"
)

const authSource = "learn.microsoft.com/linkedin/shared/authentication/"

// TokenOp is the request for a token of an app. The secret is in the form's fields, as LinkedIn's page has it.
var TokenOp = wire.Op{
	Name: "LinkedIn.CheckToken", Provider: api.LinkedIn, Origin: Accounts, Anonymous: true,
	Method: wire.Post, Route: "/oauth/v2/accessToken",
	Class: ClassTokens, Retry: api.RetryIdempotent,
	Source: authSource + "client-credentials-flow",
	Note:   "sent by itself before the first call, and before the token ends; the calls of its origin carry no token",
}

// The operations of members' tokens.
var (
	FinishOp = wire.Op{
		Name: "LinkedIn.OAuth.Finish", Provider: api.LinkedIn, Origin: Accounts, Anonymous: true,
		Method: wire.Post, Route: "/oauth/v2/accessToken",
		Class: ClassTokens, Retry: api.RetryUnsent, InDoubt: "the code may be used up: have the person log in once more",
		Source: authSource + "authorization-code-flow",
		Note:   "with code_verifier instead of client_secret for a native app (authorization-code-flow-native)",
	}
	RefreshOp = wire.Op{
		Name: "LinkedIn.OAuth.Refresh", Provider: api.LinkedIn, Origin: Accounts, Anonymous: true,
		Method: wire.Post, Route: "/oauth/v2/accessToken",
		Class: ClassTokens, Retry: api.RetryIdempotent,
		Source: authSource + "programmatic-refresh-tokens",
		Note:   "sent by itself for the tokens of a member that a store has; for approved apps only",
	}
	IntrospectOp = wire.Op{
		Name: "LinkedIn.OAuth.Introspect", Provider: api.LinkedIn, Origin: Accounts, Anonymous: true,
		Method: wire.Post, Route: "/oauth/v2/introspectToken",
		Class: ClassTokens, Retry: api.RetryIdempotent,
		Source: authSource + "token-introspection",
		Note:   "times are seconds, scopes are separated by commas",
	}
	RevokeOp = wire.Op{
		Name: "LinkedIn.OAuth.Revoke", Provider: api.LinkedIn, Origin: Accounts, Anonymous: true,
		Method: wire.Post, Route: "/oauth/v2/revoke",
		Class: ClassTokens, Retry: api.RetryIdempotent, Certainty: wire.Assumed,
		Source: "code of third parties",
		Note:   "no page of LinkedIn's and not its discovery document has the endpoint",
	}
)
