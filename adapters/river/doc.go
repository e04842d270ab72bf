// Package river stores deliveries as jobs of River (github.com/riverqueue/river) in PostgreSQL, and hands them to the same
// function as the spool does. It is for those who have PostgreSQL only and run more than one process: what one of them has
// accepted, any of them works on, and a machine that is gone for good takes nothing with it.
//
//	config := &riverqueue.Config{
//		Queues:                      map[string]riverqueue.QueueConfig{riverqueue.QueueDefault: {MaxWorkers: 10}},
//		CancelledJobRetentionPeriod: -1,
//		DiscardedJobRetentionPeriod: -1,
//	}
//	err := river.AddWorker(config, refresher.Handle, river.Options{}, sender)
//	client, err := riverqueue.NewClient(riverpgxv5.New(pool), config)
//	err = client.Start(ctx)
//	sink, err := river.NewSink(client, river.Options{})
//	handler, err := webhook.NewHandler(sender, sink)
//
// The tables are River's: package rivermigrate makes them.
//
// # What is promised
//
// When [Sink.Put] returns nil, the delivery is committed. It is handed over until process returns nil or gives it up, and then
// lies among the dead ones with the reason until it is put back or discarded ([Sink.Dead], [Sink.Requeue], [Sink.Discard]).
//
// A server that crashes must not forget what it has confirmed: leave fsync and synchronous_commit on.
//
// While the server is away, Put returns an error, so that the handler responds with 503. River goes on asking, and tells the
// server when it is back what became of the jobs that it had in work: what process had done is not handed over again, unless
// the process ends before, or Config.RescueStuckJobsAfter has passed and the rescuer comes first. A job that was handed out as
// the server went away, so that no worker heard of it, is the rescuer's too.
//
// # What is not
//
//   - Order. A later delivery about a person can be worked on before an earlier one, or beside it. So work with
//     refresh.NewUpdater over the snapshots of adapters/postgres (Store.Snapshots, with Store.Now as Options.Clock), which
//     refuses a record that is older than what was handed over. Do not write what a Refresher collects without that.
//   - Once. River writes in batches that jobs are completed, and what a process that is killed had in work or in such a batch
//     is worked on again: effects repeat. Mark them in your own transaction (adapters/postgres, Store.OnceTx).
//   - Soon after a kill. River's rescuer hands over again what a process had in work when it was killed, and counts the
//     attempt: after Config.RescueStuckJobsAfter, which is an hour by default, and up to half a minute more; if the process
//     led the others, 15 seconds more. Set it to little above Options.Timeout. A process that is stopped gives back
//     what it has in work at once.
//
// # What River would lose
//
// River deletes cancelled jobs after a day and discarded ones after a week, and discards jobs of a kind that it does not know.
// Whichever client leads does so, for all jobs of a schema. So each client that is started on the schema goes through
// [AddWorker], which refuses other retention periods than -1, or has Config.LeaderElectionDisabled and does not take jobs of
// the queue. If you have other jobs, whose remains River should delete, give the deliveries a schema of their own
// (Config.Schema). Completed jobs are deleted after a day by default.
//
// # What lies in the database
//
// A job's arguments have source, label, key, time of receipt, trace and body; the body in base64, a third longer. Its
// errors have the texts of process's errors, as one printable line of at most a kilobyte, and nothing of the delivery. River's
// logs have those, ids and kinds. Each worker has the body that it works on in memory several times: it is at most as long
// as the handler takes (webhook.WithMaxBody).
package river
