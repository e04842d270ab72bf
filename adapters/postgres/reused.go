package postgres

import (
	"context"
	"database/sql"
	"iter"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/linkedin/tokenstore"
	"github.com/pronet-go/pronet/prospectnotes"
	"github.com/pronet-go/pronet/snapshot"
)

func (n names) table(name string) string { return n.schema + "." + n.prefix + name }

// Checkpoint returns the checkpoint of a sync of notes, by its key: one for each contract and set of owners, text of 1 to
// 255 bytes. It is a prospectnotes.SQLCheckpoint: apply gets the transaction that moves it, so that what is done in it
// happens once. The error is api.ErrInvalid.
func (s *Store) Checkpoint(key string) (prospectnotes.Checkpoint, error) {
	c, err := prospectnotes.NewSQLCheckpoint(s.db, prospectnotes.PostgreSQL, s.names.table("checkpoints"), key)
	if err != nil {
		return nil, err
	}
	return checkpoint{c}, nil
}

type checkpoint struct{ *prospectnotes.SQLCheckpoint }

func (c checkpoint) Load(ctx context.Context) (prospectnotes.State, error) {
	state, err := c.SQLCheckpoint.Load(ctx)
	return state, orOutage("loading the checkpoint", err)
}

func (c checkpoint) Save(ctx context.Context, next prospectnotes.State, apply func(ctx context.Context, tx *sql.Tx) error) error {
	var own error
	err := c.SQLCheckpoint.Save(ctx, next, func(ctx context.Context, tx *sql.Tx) error {
		own = apply(ctx, tx)
		return own
	})
	return orOutageBut(own, "saving the checkpoint", err)
}

// Tokens returns the store of LinkedIn's tokens: a tokenstore.SQL. They are in clear text in the table: whoever can read it
// has them.
func (s *Store) Tokens() (tokenstore.Store, error) {
	t, err := tokenstore.NewSQL(s.db, tokenstore.PostgreSQL, s.names.table("tokens"))
	if err != nil {
		return nil, err
	}
	return tokens{t}, nil
}

type tokens struct{ *tokenstore.SQL }

func (t tokens) Load(ctx context.Context, key string) (revision string, value api.Secret, err error) {
	revision, value, err = t.SQL.Load(ctx, key)
	return revision, value, orOutage("loading a token", err)
}

func (t tokens) Swap(ctx context.Context, key, was, revision string, value api.Secret) error {
	return orOutage("storing a token", t.SQL.Swap(ctx, key, was, revision, value))
}

// Snapshots is the store of snapshots: a snapshot.SQL.
type Snapshots struct{ sql *snapshot.SQL }

// Snapshots returns the store of snapshots.
func (s *Store) Snapshots() (*Snapshots, error) {
	store, err := snapshot.NewSQL(s.db, snapshot.PostgreSQL, s.names.table("snapshots"))
	if err != nil {
		return nil, err
	}
	return &Snapshots{store}, nil
}

// Get implements snapshot.Store.
func (s *Snapshots) Get(ctx context.Context, key snapshot.Key) (snapshot.Snapshot, error) {
	v, err := s.sql.Get(ctx, key)
	return v, orOutage("reading a snapshot", err)
}

// Put implements snapshot.Store.
func (s *Snapshots) Put(ctx context.Context, key snapshot.Key, v snapshot.Snapshot) error {
	return orOutage("writing a snapshot", s.sql.Put(ctx, key, v))
}

// Forget implements snapshot.Store. See snapshot.SQL for what it leaves.
func (s *Snapshots) Forget(ctx context.Context, id int64) error {
	return orOutage("forgetting a person", s.sql.Forget(ctx, id))
}

// Before implements snapshot.Store.
func (s *Snapshots) Before(ctx context.Context, dataset string, t time.Time) iter.Seq2[int64, error] {
	return func(yield func(int64, error) bool) {
		for id, err := range s.sql.Before(ctx, dataset, t) {
			if !yield(id, orOutage("looking for old snapshots", err)) {
				return
			}
		}
	}
}

// Transaction is that of snapshot.SQL: what the function writes by the transaction and by the store happens both or not.
func (s *Snapshots) Transaction(ctx context.Context, do func(tx *sql.Tx, store snapshot.Store) error) error {
	var own error
	err := s.sql.Transaction(ctx, func(tx *sql.Tx, store snapshot.Store) error {
		own = do(tx, store)
		return own
	})
	return orOutageBut(own, "the transaction of a snapshot", err)
}

// orOutageBut is orOutage for what may have failed in a function of the caller's, who has connections of his own.
func orOutageBut(own error, what string, err error) error {
	if own != nil && !isServers(own) {
		return err
	}
	return orOutage(what, err)
}

// orOutage makes an outage of the database webhook.ErrRetryLater, and leaves other errors as they are.
func orOutage(what string, err error) error {
	if err == nil || !isOutage(err) {
		return err
	}
	return failed(what, err)
}
