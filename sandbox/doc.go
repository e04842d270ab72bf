// Package sandbox is an in-process fake of the provider Coresignal, for
// examples and for tests that must not need a network, an account or credits.
//
// A [Sandbox] is an [net/http.Handler] with state: people who change their
// titles and companies, credits, subscriptions, data requests and their files,
// a clock that a test moves, faults on demand, and notices that are really
// POSTed to the callback URL of a subscription.
//
//	sb, err := sandbox.Start(sandbox.WithPeople(50))
//	if err != nil {
//		return err
//	}
//	defer sb.Close()
//	// Point a client at sb.URL() with sb.APIKey(), then change somebody:
//	err = sb.Promote(id, "Head of Sales")
//	err = sb.Deliver(ctx)
//
// The datasets are v1's, Base, Clean and Multi-source, with the real-time endpoint
// and the mapping of v1's IDs. A person or another program can change the sandbox
// with lines of text, through [Sandbox.Command] or the program
// cmd/pronet-sandbox, which serves it.
//
// It answers what the provider documents, with the provider's paths, headers,
// limits and errors. Where no source states what the provider does, the sandbox
// picks one behaviour and its documentation says "assumed". What it cannot
// evaluate, such as a rare kind of query, is refused with the reason; it never
// guesses.
//
// # Time
//
// The sandbox's clock starts at [WithStartTime] and ticks with [time.Now].
// [Sandbox.Advance] moves it ahead, runs the deliveries that fall due on the
// way, lets subscriptions expire, and finishes the jobs in progress. Time that
// merely passes expires things but delivers nothing. The rate limits use
// [time.Now] itself.
//
// # What is assumed
//
// No source states these things about the provider, so a client should not rely
// on them:
//
//   - the shape of the answer to a created subscription ([WithSubscriptionAnswer]),
//     of one subscription, and of the answer to its deletion
//   - the body keys of an ID subscription and of data requests by shorthand_names
//     and urls, and the form fields of v1's ID files
//   - the notices of v1, and those of data requests ([WithJobNotice])
//   - the rows of a preview of Clean, the rows of education of Clean, and the
//     synonyms that a semantic search injects, which are the sandbox's own
//   - the price, the key and the allowance of the real-time endpoint
//   - that the IDs of v1 are those of Base: only those that nobody has are unmapped
//   - that a renewal adds 91 days to the end, and that expired=true lists only
//     expired subscriptions
//   - that an ID given twice in a data request is refused
//   - that files have ETags and can be fetched in ranges
//   - the texts of most refusals, and the status of some: each such place says so
//   - the size of deliveries, their time limit, and that none is repeated
//
// # Inside a synctest bubble
//
// Goroutines that wait for sockets cannot be in a bubble of [testing/synctest].
// Use [Sandbox.StartInMemory] there and give the client's transport
// [Sandbox.Dial]; for the way back, [WithDeliveryTransport] takes a transport
// that reaches the receiver without a socket.
package sandbox
