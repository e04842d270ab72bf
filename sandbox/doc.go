// Package sandbox fakes the providers in-process, for examples and for tests that must not need a network, an account
// or credits.
//
// A [Sandbox] has a state for each provider, below its name: with Coresignal's ([coresignal.Sandbox]) people who change
// their titles and companies, credits, subscriptions, data requests and their files. Common to all are a clock that a
// test moves, faults on demand, and deliveries that are really POSTed to the callback URLs.
//
//	sb, err := sandbox.Start(coresignal.WithPeople(50))
//	if err != nil {
//		return err
//	}
//	defer sb.Close()
//	client, err := pronet.New(sb.Options()...)
//	// Subscribe with the client, then change somebody:
//	err = sb.Coresignal.Promote(id, "Head of Sales")
//	err = sb.Deliver(ctx)
//
// The program cmd/pronet-sandbox serves a sandbox to programs in any language, and changes it by lines of text.
//
// # Time
//
// The sandbox's clock starts at [WithStartTime] and ticks with [time.Now]. [Sandbox.Advance] moves it ahead, makes the
// deliveries that fall due on the way, lets subscriptions expire, and finishes the jobs in progress. Time that merely
// passes expires things but delivers nothing. The rate limits use [time.Now] itself.
//
// # Who may use it
//
// A sandbox that listens responds to this machine: requests whose Host is localhost or an address of this machine and
// that no page of another site has sent; the others get 403. [WithHosts] allows names, for containers. Its keys are other
// ones each time unless [WithSeed] or [coresignal.WithAPIKey] is given. Deliveries go to https URLs and, in the clear, to
// this machine; redirects are not followed.
//
// # Inside a synctest bubble
//
// Goroutines that wait for sockets cannot be in a bubble of [testing/synctest]. Use [Sandbox.StartInMemory] there and
// give the client's transport [Sandbox.Dial], as [Sandbox.Options] does; for the way back, [WithDeliveryTransport] takes
// a transport that reaches the receiver without a socket.
package sandbox
