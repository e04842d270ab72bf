// Package postgres keeps in PostgreSQL what several processes must agree on, so that they are one receiver, one keeper and one
// budget. It takes what the packages of the module ask for, and each of its stores passes the kit of that package.
//
// One process on one machine needs none of it: the spool, the file ledger and the other files are faster and have nothing
// that can be away. Take it when a process may die without its disk, or when several share the work.
//
//	db, err := sql.Open("pgx", url) // import _ "github.com/jackc/pgx/v5/stdlib"
//	err = postgres.Migrate(ctx, db, postgres.Options{})
//	store, err := postgres.Open(db, postgres.Options{})
//
// What is for what:
//
//   - [Store.Dedupe] for webhook.WithStore: a delivery is worked on by one process at a time, and again if that one dies
//     before it is done. Its effect comes at least once.
//   - [Store.Once] within a transaction of yours: the effect comes exactly once, if the effect is in that database. Take both:
//     a delivery that is in work elsewhere then does not wait for its end in a transaction.
//   - [Store.Kept] for what a queue's worker has bought and not handed over yet: no response is bought twice because a worker
//     died. Options.Clock of package refresh is [Store.Now], and its snapshots are [Store.Snapshots]: then no older record is
//     told after a newer one, over all workers.
//   - [Store.Ledger] for bulk jobs, [Store.KeeperState] for the keeper, [Store.Checkpoint] for the notes of a contract: each
//     change is refused unless it follows what is stored.
//   - [Store.Tokens] for LinkedIn's tokens: of all processes one renews.
//   - [Store.Budget] for employee.NewSharedBudget: one number of credits a day over all processes.
//   - [Store.Leases] for what one process does at a time.
//   - [Store.Import] for who has kept all this in files until now.
//
// It is no queue, and no limiter of requests: without one that is shared (adapters/redis), give each of N processes the Nth
// part of the limit.
//
// # When the database is away
//
// Each error says so: it is [webhook.ErrRetryLater], so that a handler responds with 503 and the sender sends the delivery
// again, and a delivery from a queue waits without using up its attempts. Nothing is spent meanwhile: no credits can be
// reserved, and [webhook.Kept.Full] says that nothing may be bought. A lease that cannot be renewed ends the context of who has
// it. What was being written when the connection broke is written or not, as in any database. Where it can be known it is
// found out, and otherwise counts as what costs least to be wrong about: credits as spent, a delivery as not done.
//
// A server that crashes must not forget what it has confirmed: leave fsync and synchronous_commit on. After a failover to a
// standby that does not replicate synchronously, what was confirmed last may be missing: deliveries come again, credits can be
// spent again, and a job may be requested again.
//
// # Upkeep
//
// [Migrate] or [SQL] at each new version; [Store.Clean] every few minutes. The clock is the database's everywhere: leases and
// marks do not depend on the clocks of the processes.
package postgres
