package postgres

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/pronet-go/pronet/webhook"
)

// fullPatience bounds the question whether there is room, which comes without a context.
const fullPatience = 10 * time.Second

// Kept returns what is kept for the deliveries of a queue, for all its workers. No more than Options.MaxKept may be bought
// at a time; while the database is away, nothing may.
//
// Of what is edited away, replaced or removed, no query finds anything; its bytes are in the database's files until VACUUM,
// and in its log until that is recycled. Backups and replicas are yours. An edit does not reach what a worker in another
// process has only in its memory: see [webhook.KeptStore].
func (s *Store) Kept() webhook.KeptStore { return keptStore{s} }

type keptStore struct{ *Store }

func (s keptStore) Open(ctx context.Context, delivery string) (webhook.Kept, error) {
	k := &kept{Store: s.Store, delivery: hashOf(delivery), owner: newOwner()}
	if _, err := s.surely(ctx, "opening what is kept", `INSERT INTO {kept} (delivery, owner, opened) VALUES ($1, $2, now())
		ON CONFLICT (delivery) DO UPDATE SET owner = excluded.owner, opened = excluded.opened`, k.delivery, k.owner); err != nil {
		return nil, err
	}
	// Only now that nobody else adds entries: one that was being added while the row changed hands is seen.
	err := s.db.QueryRowContext(ctx, s.names.write(`SELECT coalesce(max(number), 0) FROM {kept_entries} WHERE delivery = $1`), k.delivery).Scan(&k.last)
	if err != nil {
		return nil, failed("opening what is kept", err)
	}
	return k, nil
}

func (s keptStore) Remove(ctx context.Context, delivery string) error {
	_, err := s.surely(ctx, "removing what is kept", `DELETE FROM {kept} WHERE delivery = $1`, hashOf(delivery))
	return err
}

// kept is what is kept for one delivery, for one owner.
type kept struct {
	*Store
	delivery []byte
	owner    string

	mu   sync.Mutex
	last int64 // number of the last entry
}

func (k *kept) Append(ctx context.Context, entry []byte) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.last++ // also if it fails: it may be there
	return k.write(ctx, "keeping what was bought", func() []any { return []any{k.delivery, k.owner, k.last, bytesOf(entry)} }, `WITH
		mine AS (SELECT 1 FROM {kept} WHERE delivery = $1 AND owner = $2 FOR SHARE),
		put AS (INSERT INTO {kept_entries} (delivery, number, entry) SELECT $1, $3, $4 FROM mine ON CONFLICT DO NOTHING)
		SELECT count(*) FROM mine`)
}

func (k *kept) Replace(ctx context.Context, entries [][]byte) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.write(ctx, "replacing what is kept", func() []any {
		before := k.last
		k.last += int64(len(entries)) // each try has numbers of its own
		return []any{k.delivery, k.owner, before, entriesOf(entries)}
	}, `WITH mine AS (SELECT 1 FROM {kept} WHERE delivery = $1 AND owner = $2 FOR UPDATE),
		gone AS (DELETE FROM {kept_entries} WHERE delivery = $1 AND EXISTS (SELECT FROM mine)),
		`+putAll+`
		SELECT count(*) FROM mine`)
}

// putAll adds the entries after a number.
const putAll = `put AS (INSERT INTO {kept_entries} (delivery, number, entry)
	SELECT $1, $3 + place, entry FROM mine, unnest($4::bytea[]) WITH ORDINALITY AS list(entry, place))`

// write runs a statement that changes something for the owner only, and again when its response was lost.
func (k *kept) write(ctx context.Context, what string, args func() []any, statement string) error {
	var mine int
	err := again(ctx, func() error { return k.db.QueryRowContext(ctx, k.names.write(statement), args()...).Scan(&mine) })
	switch {
	case err != nil:
		return failed(what, err)
	case mine == 0:
		return fmt.Errorf("postgres: %s: the delivery was opened by another worker, edited or removed: %w", what, webhook.ErrLeaseLost)
	}
	return nil
}

func (k *kept) Entries(ctx context.Context) ([][]byte, error) {
	return entriesBy(ctx, k.db, k.names, k.delivery)
}

type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func entriesBy(ctx context.Context, q querier, n names, delivery []byte) (entries [][]byte, err error) {
	rows, err := q.QueryContext(ctx, n.write(`SELECT entry FROM {kept_entries} WHERE delivery = $1 ORDER BY number`), delivery)
	if err != nil {
		return nil, failed("reading what is kept", err)
	}
	defer func() { err = cmp.Or(err, failed("reading what is kept", rows.Close())) }()
	for rows.Next() {
		var entry []byte
		if err := rows.Scan(&entry); err != nil {
			return nil, failed("reading what is kept", err)
		}
		entries = append(entries, entry)
	}
	if err := rows.Err(); err != nil {
		return nil, failed("reading what is kept", err)
	}
	return entries, nil
}

func (k *kept) Full() error {
	ctx, cancel := context.WithTimeout(context.Background(), fullPatience)
	defer cancel()
	var bytes int64
	err := k.db.QueryRowContext(ctx, k.names.write(`SELECT coalesce(sum(octet_length(entry)), 0)::bigint FROM {kept_entries}`)).Scan(&bytes)
	switch {
	case err != nil:
		return fmt.Errorf("postgres: it cannot be known whether there is room: %w: %w", webhook.ErrRetryLater, failed("asking", err))
	case bytes >= k.options.MaxKept:
		return fmt.Errorf("postgres: %d bytes were bought and wait to be handed over, and Options.MaxKept is %d: %w", bytes, k.options.MaxKept, webhook.ErrRetryLater)
	}
	return nil
}

const editPage = 100

func (s keptStore) EditKept(ctx context.Context, edit func(entries [][]byte) ([][]byte, error)) error {
	if edit == nil {
		return errors.New("postgres: the function given to EditKept is nil")
	}
	var errs []error
	last := []byte{}
	for {
		page, err := s.deliveries(ctx, last)
		if err != nil {
			return errors.Join(append(errs, err)...)
		}
		for _, last = range page {
			errs = append(errs, s.editOne(ctx, last, edit))
		}
		if len(page) < editPage {
			return errors.Join(errs...)
		}
	}
}

// deliveries are the next ones that have entries.
func (s keptStore) deliveries(ctx context.Context, after []byte) (page [][]byte, err error) {
	rows, err := s.db.QueryContext(ctx, s.names.write(`SELECT delivery FROM {kept} AS k WHERE delivery > $1
		AND EXISTS (SELECT FROM {kept_entries} AS e WHERE e.delivery = k.delivery) ORDER BY delivery LIMIT $2`), after, editPage)
	if err != nil {
		return nil, failed("reading what is kept", err)
	}
	defer func() { err = cmp.Or(err, failed("reading what is kept", rows.Close())) }()
	for rows.Next() {
		var delivery []byte
		if err := rows.Scan(&delivery); err != nil {
			return nil, failed("reading what is kept", err)
		}
		page = append(page, delivery)
	}
	return page, failed("reading what is kept", rows.Err())
}

// editOne edits what is kept for one delivery. Its owner waits meanwhile.
func (s keptStore) editOne(ctx context.Context, delivery []byte, edit func([][]byte) ([][]byte, error)) error {
	const what = "editing what is kept"
	tx, err := s.db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		return failed(what, err)
	}
	defer func() { _ = tx.Rollback() }() // without effect once it is committed, and when edit panics
	var last int64
	err = tx.QueryRowContext(ctx, s.names.write(`SELECT 0 FROM {kept} WHERE delivery = $1 FOR UPDATE`), delivery).Scan(&last)
	switch {
	case errors.Is(err, sql.ErrNoRows): // it was removed
		return nil
	case err != nil:
		return failed(what, err)
	}
	entries, err := entriesBy(ctx, tx, s.names, delivery)
	if err != nil {
		return err
	}
	left, err := edit(slices.Clone(entries))
	if err != nil || slices.EqualFunc(entries, left, slices.Equal[[]byte]) {
		return err
	}
	if err := tx.QueryRowContext(ctx, s.names.write(`SELECT coalesce(max(number), 0) FROM {kept_entries} WHERE delivery = $1`), delivery).Scan(&last); err != nil {
		return failed(what, err)
	}
	if _, err := tx.ExecContext(ctx, s.names.write(`DELETE FROM {kept_entries} WHERE delivery = $1`), delivery); err != nil {
		return failed(what, err)
	}
	if _, err := tx.ExecContext(ctx, s.names.write(`WITH mine AS (UPDATE {kept} SET owner = $2 WHERE delivery = $1 RETURNING 1), `+putAll+` SELECT FROM mine`),
		delivery, newOwner(), last, entriesOf(left)); err != nil {
		return failed(what, err)
	}
	return failed(what, tx.Commit())
}

// bytesOf is an entry that is not NULL.
func bytesOf(entry []byte) []byte {
	if entry == nil {
		return []byte{}
	}
	return entry
}

func entriesOf(entries [][]byte) [][]byte {
	list := make([][]byte, len(entries))
	for i, entry := range entries {
		list[i] = bytesOf(entry)
	}
	return list
}
