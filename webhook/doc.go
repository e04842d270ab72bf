// Package webhook receives the callbacks of the providers.
//
// A [Handler] takes one POST at a time: it verifies the raw bytes, decodes them into events, hands the [Delivery] to a
// [Sink] and responds with 2xx only after the sink has said that it is done. The body is not looked at before it is
// verified, and nothing of it, of a token or of a signature appears in responses or logs.
//
// # Which sender
//
// Everything that depends on who sends stands in one value, the [Sender]: how its requests are verified, how its bodies
// become events, what makes two of its deliveries the same and for how long, and its challenge if it has one. There is
// no default sender.
//
//   - [Coresignal] for Coresignal's notices of changed employees. Coresignal documents no signature, so a secret
//     element in the callback URL is what stands between a stranger and the handler. [NewPathToken] makes one and
//     [CallbackURL] puts it into the address to give to the provider.
//   - [LinkedIn] for LinkedIn's events at one callback URL: deleted notes, exported candidates, integrations, jobs,
//     leads and what happens to an organization's posts. It responds to LinkedIn's challenge.
//   - [Tenants] for those of many customers, each with a callback URL and a secret of its own, in one process.
//     [LinkedInFrom] where the secrets stand in a store of yours.
//   - [SalesWebhooks] for the events of Sales Webhooks. How they are signed is not documented: you say it.
//   - [HMAC] for any other sender that signs the body with a shared secret. You say how it signs, see [HMACScheme], and
//     how its bodies are decoded.
//   - A Sender of your own, for everything else: [PathToken] or [Unsigned] with a [Decoder] of yours, or [DecodeRaw].
//
// # Which sink
//
// Take a spool unless you know better. A sender waits for its response, and Coresignal is not known to retry: what is
// not stored when the response is sent may be lost.
//
//   - A spool (package webhook/spool) writes the delivery to a file, and works on it later, on one machine with a disk
//     that stays. It retries what fails, keeps what it gives up, and survives a kill.
//   - A queue for several machines, or where no disk stays: adapters/nats stores in JetStream and adapters/river as jobs
//     in PostgreSQL, each with a worker that takes the same function as the spool does.
//   - A queue of your own (SQS, say): a [Func] that sends the delivery as JSON, and a worker that reads it back and calls
//     [Decode]. A [Delivery] survives JSON.
//   - A [Func] that does the work inside the request, if it takes milliseconds and only writes to a store of yours: an
//     insert, say, in the transaction that marks [Delivery.Key] as done. Never collect records there.
//
// The wiring of a spool; the error of Run is the only word that the work has stopped, while the handler goes on to
// store and to respond 200:
//
//	sender, err := webhook.Coresignal(webhook.Endpoint{Label: "customers", Token: token}) // token: NewPathToken, once
//	...
//	notices, err := spool.Open("notices", spool.Options{}, sender)
//	...
//	handler, err := webhook.NewHandler(sender, notices)
//	...
//	server := &http.Server{Addr: addr, Handler: handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second}
//	failed := make(chan error, 2)
//	go func() { failed <- server.ListenAndServe() }()
//	go func() { failed <- notices.Run(ctx, refresher.Handle) }()
//	log.Fatal(<-failed)
//
// # What you see
//
// Handler and spool log to [slog.Default] unless told otherwise: failures, what is not understood, and that requests
// were refused, with the reason. [Handler.Status] and the spool's Status are for health checks, [WithObserver] for
// metrics and traces. What an observer returns as [Trace] goes with the delivery through a spool or a queue, so that the
// work on it is seen together with its receipt. The handler reads no trace from a request.
//
// # What is promised
//
// A delivery whose response was 2xx has been accepted by the sink. It is processed at least once: after a crash, or
// when a response gets lost, the same delivery can come again. The handler drops deliveries that it knows (see
// [Store]); an effect that must happen exactly once needs a mark in your own transaction, for which [Delivery.Key] is
// made.
//
// What was verified is never dropped because it is not understood: parts that the decoder does not know are [Unknown]
// events, and a body that it cannot read reaches the sink without events. Both are told in the log at WARN.
//
// A notice says that something changed, not what it is now. Treat it as a hint and fetch the record with your own key
// before acting on it.
//
// # Behind a router
//
// A path token may have a slash behind it. An empty path element in front of it, as in "/hooks//token", is not the
// handler's to see: [http.ServeMux] itself responds to it with a redirect (307), which no provider is known to follow.
package webhook
