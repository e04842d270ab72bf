package postgres

import (
	"context"
	"time"
)

// cleanStep is how many rows one statement of Clean deletes at most.
const cleanStep = 1000

// Cleaned is how many rows [Store.Clean] has deleted.
type Cleaned struct {
	// Claims are marks of deduplication, and claims of processes that died, that have ended.
	Claims int64
	// Inbox are marks of Once that are older than Options.InboxFor.
	Inbox int64
	// Kept are deliveries that nobody has opened for Options.KeptFor.
	Kept int64
}

// Clean deletes what has ended, a thousand rows at a time, each time in a transaction of its own that waits for nobody, until
// nothing is left or ctx ends. What it has deleted until then is returned with the error. Call it every few minutes, from one
// process ([Leases.Run]) or from cron; two at once do no harm. Autovacuum makes room of what is deleted.
func (s *Store) Clean(ctx context.Context) (done Cleaned, err error) {
	for _, part := range []struct {
		count     *int64
		after     time.Duration // none is cleaned if it is 0
		statement string
	}{
		{&done.Claims, 1, `DELETE FROM {claims} WHERE key = ANY (ARRAY(SELECT key FROM {claims} WHERE ends <= now() ORDER BY ends LIMIT $1 FOR UPDATE SKIP LOCKED)) AND $2 > 0`},
		{&done.Inbox, s.options.InboxFor, `DELETE FROM {inbox} WHERE key = ANY (ARRAY(SELECT key FROM {inbox}
			WHERE at < now() - $2 * interval '1 microsecond' ORDER BY at LIMIT $1 FOR UPDATE SKIP LOCKED))`},
		{&done.Kept, s.options.KeptFor, `DELETE FROM {kept} WHERE delivery = ANY (ARRAY(SELECT delivery FROM {kept}
			WHERE opened < now() - $2 * interval '1 microsecond' LIMIT $1 FOR UPDATE SKIP LOCKED))`},
	} {
		for part.after > 0 {
			n, err := s.exec(ctx, "cleaning", part.statement, cleanStep, max(1, micros(part.after)))
			*part.count += n
			if err != nil {
				return done, err
			}
			if n < cleanStep {
				break
			}
		}
	}
	return done, nil
}
