// Package webhook receives the callbacks of the providers.
//
// A [Handler] takes one POST at a time: it checks the request with a
// [Verifier], decodes the body into events, hands the [Delivery] to a [Sink]
// and answers 2xx only after the sink has said that it is done. The body is
// not looked at before it is verified, and nothing of it, of a token or of a
// signature appears in replies or logs.
//
// Choosing a verifier:
//
//   - [PathToken] for a sender that signs nothing. Coresignal documents no
//     signature, so a secret element in the callback URL is what stands
//     between a stranger and the handler. [NewPathToken] makes one and
//     [CallbackURL] puts it into the address to give to the provider.
//   - [HMAC] for a sender that signs the body with a shared secret. Every
//     part of the scheme is set by the caller.
//   - [Unsigned] accepts anybody. It is meant for a receiver that something
//     else already protects.
//
// Choosing a sink:
//
//   - [Func] runs a function inside the request. The sender waits for it.
//   - [Spool] writes the delivery to a file and processes it later. Use it
//     for work that is slow or paid for.
//
// # What is promised
//
// A delivery that was answered with 2xx has been accepted by the sink. It is
// processed at least once: after a crash, or when an answer gets lost, the
// same delivery can come again. The handler drops repetitions that it knows
// (see [Store]); an effect that must happen exactly once needs a mark in the
// caller's own transaction, for which [Delivery.Key] is made.
//
// A notice says that something changed, not what it is now. Treat it as a
// hint and fetch the record with your own key before acting on it.
package webhook
