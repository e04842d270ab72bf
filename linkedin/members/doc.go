// Package members reads the people of LinkedIn: who has logged in ([Service.UserInfo], [Service.Me]), other members
// ([Service.Get], [Service.ByVanityName]), first-degree connections ([ConnectionService]) and the copy of their own data
// that members of the EU may ask for ([SnapshotService]). It edits positions too, for the few apps that may.
//
// Only UserInfo is open to every app; the comment of each method names the permission that it needs. A call without it is
// [api.ErrForbidden]. All need the token of a member: [linkedin.TokensFrom] takes the source of a login.
//
// [linkedin.TokensFrom]: https://pkg.go.dev/github.com/pronet-go/pronet/linkedin#TokensFrom
package members
