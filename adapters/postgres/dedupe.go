package postgres

import (
	"context"
	"database/sql"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/pronet-go/pronet/webhook"
)

// Dedupe returns the [webhook.Store] of all processes, by the database's clock: give it to webhook.WithStore.
func (s *Store) Dedupe() webhook.Store { return dedupe{s} }

type dedupe struct{ *Store }

func (d dedupe) Claim(ctx context.Context, key string, lease time.Duration) (webhook.Claim, error) {
	const what = "claiming a delivery"
	owner := newOwner()
	claimed, err := d.surely(ctx, what, `INSERT INTO {claims} AS old (key, owner, ends, done) VALUES ($1, $2, clock_timestamp() + $3 * interval '1 microsecond', false)
		ON CONFLICT (key) DO UPDATE SET owner = excluded.owner, ends = excluded.ends, done = false
		WHERE old.ends <= clock_timestamp() OR old.owner = excluded.owner`, hashOf(key), owner, micros(lease))
	switch {
	case err != nil:
		return webhook.Claim{}, err
	case claimed > 0:
		return webhook.Claim{Result: webhook.Claimed, Owner: owner}, nil
	}
	var done bool
	err = again(ctx, func() error {
		return d.db.QueryRowContext(ctx, d.names.write(`SELECT EXISTS (SELECT FROM {claims} WHERE key = $1 AND done AND ends > clock_timestamp())`), hashOf(key)).Scan(&done)
	})
	switch {
	case err != nil:
		return webhook.Claim{}, failed(what, err)
	case done:
		return webhook.Claim{Result: webhook.AlreadyDone}, nil
	}
	return webhook.Claim{Result: webhook.InProgress}, nil
}

func (d dedupe) Done(ctx context.Context, key, owner string, ttl time.Duration) error {
	tries := 0
	return again(ctx, func() error {
		tries++ // after the first, it may be done already: nobody else has this owner
		return d.end(ctx, "marking a delivery as done", `UPDATE {claims} SET done = true, ends = clock_timestamp() + $3 * interval '1 microsecond'
			WHERE key = $1 AND owner = $2 AND (NOT done OR $4::bigint > 1) AND ends > clock_timestamp()`, hashOf(key), owner, micros(ttl), tries)
	})
}

func (d dedupe) Release(ctx context.Context, key, owner string) error {
	return d.end(ctx, "releasing a delivery", `DELETE FROM {claims} WHERE key = $1 AND owner = $2 AND NOT done AND ends > clock_timestamp()`, hashOf(key), owner)
}

func (d dedupe) end(ctx context.Context, what, statement string, args ...any) error {
	changed, err := d.exec(ctx, what, statement, args...)
	if err == nil && changed == 0 {
		err = webhook.ErrLeaseLost
	}
	return err
}

const onceStatement = `INSERT INTO {inbox} (key, at) VALUES ($1, now()) ON CONFLICT DO NOTHING`

// Once marks a key in a transaction of yours and reports whether it is the first to do so: then do what is to be done once
// in the same transaction. Mark and effect are committed both or not, so the effect happens exactly once, whatever crashes
// and however often the key comes. While another transaction that has marked the key is open, Once waits for its end.
//
// Mark each event by its own key ([webhook.Delivery.Keys]), or a delivery by its source and key. Marks are kept for
// Options.InboxFor. In a transaction at REPEATABLE READ or SERIALIZABLE the database may end it with SQLSTATE 40001: begin
// it anew.
func (s *Store) Once(ctx context.Context, tx *sql.Tx, source, key string) (first bool, err error) {
	result, err := tx.ExecContext(ctx, s.names.write(onceStatement), hashOf(source+"\n"+key))
	if err != nil {
		return false, failed("marking in the inbox", err)
	}
	changed, err := result.RowsAffected()
	return changed > 0, failed("marking in the inbox", err)
}

// OnceTx is [Store.Once] in a transaction of pgx itself.
func (s *Store) OnceTx(ctx context.Context, tx pgx.Tx, source, key string) (first bool, err error) {
	tag, err := tx.Exec(ctx, s.names.write(onceStatement), hashOf(source+"\n"+key))
	return tag.RowsAffected() > 0, failed("marking in the inbox", err)
}
