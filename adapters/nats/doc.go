// Package nats is a durable queue of deliveries in NATS JetStream: any number of processes receive, and any number work on
// what they received, behind one webhook handler.
//
//	js, err := jetstream.New(conn)
//	queue, err := nats.Open(ctx, js, nats.Options{}, sender)
//	handler, err := webhook.NewHandler(sender, queue, webhook.WithStore(marks)) // redis.Marks, say
//	go func() { stopped <- queue.Run(ctx, refresher.Handle) }()
//
// Which queue:
//
//   - One process, or several of which each has a disk that outlives it: package webhook/spool. It is faster, needs nothing
//     besides, and keeps the order of everything.
//   - Several processes, and what a machine has received must be worked on when it is gone: this one, if you run NATS or may.
//     It keeps the order of each person over all processes.
//   - Only PostgreSQL: a queue in tables, such as River. It keeps no order.
//
// # What is promised
//
// What [Queue.Put] has acknowledged is handed over at least once, or lies among the dead ones with the reason. Of one person
// an older delivery is never handed over after a newer one, nor beside it: see [Options.OrderBy] for deliveries about
// several. Whoever is killed or cut off is replaced after [Options.Lease]; what he had in work comes again.
//
// The deliveries lie in [Options.Partitions] lines by a hash of their person. Each line belongs to one process at a time, by
// a lease in a bucket of keys. Who takes a line over makes a new consumer for it, so that nothing that a stalled predecessor
// still sends is heard. Before each handing over the lease is looked at, and when it is lost the contexts of what is in work
// end, before any other process begins. A process that was stopped, by the machine or with SIGSTOP, while your function
// ran, goes on in it when it wakes, and may then be late: what your function writes must not depend on being alone. Package
// refresh refuses older records in its snapshots.
//
// # Durable means sync_interval: always
//
// By default a NATS server confirms what it has written but not synced, for up to two minutes: a machine that loses its
// power loses that. Set "sync_interval: always" in the jetstream block of its configuration, and let [Open] read it from
// the server's monitoring ([Options.Monitoring]) or affirm it ([Options.SyncAlways]). A server that is killed, and not its
// machine, loses nothing with either.
//
// # What lies in the server
//
// Of a queue with the name "pronet": the streams pronet-work and pronet-dead with the bodies as they were received, until
// they are done, or given to [Queue.Requeue] or [Queue.Discard]; the stream pronet-members and the bucket pronet-leases with numbers.
// Bodies name people. Subjects, ids and names of consumers have no text of a delivery; a key is hashed in them.
package nats
