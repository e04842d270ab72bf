// Package traces judges what two real processes export with adapters/otel, one that receives notices and one that works on
// them, with a queue between them: JetStream (adapters/nats) or River (adapters/river). Both are on a real PostgreSQL, and the
// provider is a raw server.
//
// What they export, as lines of OpenTelemetry's own exporters, is joined into one tree and compared with a golden file
// (go -C tests/traces test -update), and searched for keys, tokens and people.
package traces
