// Package fleet judges four real processes of the receiver of examples/fleet: one key, one quota, one budget and one token of
// LinkedIn, on a real PostgreSQL and Redis, while processes are killed, servers restarted, and connections cut and slowed.
//
// The judge knows nothing of pronet: it is a raw server that the processes buy from, the sender of the notices, and what
// stands in the database at the end. PRONET_HARD=1 runs it for five minutes.
package fleet
