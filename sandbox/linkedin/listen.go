package linkedin

import "net"

// Serve serves the API to the connections of a listener until the sandbox is closed, which closes it, and then returns
// nil. It sets [Sandbox.URL] if nothing has before.
func (sb *Sandbox) Serve(l net.Listener) error { return sb.api.Serve(l) }

// ServeAccounts is Serve for the origin that issues tokens, and sets [Sandbox.AccountsURL].
func (sb *Sandbox) ServeAccounts(l net.Listener) error { return sb.www.Serve(l) }
