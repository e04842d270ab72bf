//go:build unix

package traces

// What must not be exported, besides the credentials.
const (
	name           = "Jane Canary"
	email          = "jane.canary@example.com"
	accessToken    = "access-token-canary-4711"
	strangersTrace = "0af7651916cd43dd8448eb211c80319c"
)
