package postgres

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/subscriptions"
)

// rows are those of a table with a revision and a body: replaced by compare-and-swap, each revision with a mark of who wrote
// it, so that a statement whose response was lost can be run again and finds that it was done.
type rows struct {
	*Store
	what          string // in errors
	get, add, set string
}

func newRows(s *Store, what, table string, keys ...string) rows {
	where := func(first int) string {
		list := make([]string, len(keys))
		for i, key := range keys {
			list[i] = fmt.Sprintf("%s = $%d", key, first+i)
		}
		return strings.Join(list, " AND ")
	}
	columns, places := strings.Join(keys, ", "), strings.Join([]string{"$4", "$5"}[:len(keys)], ", ")
	return rows{
		Store: s, what: what,
		get: "SELECT revision, body FROM {" + table + "} WHERE " + where(1),
		add: "INSERT INTO {" + table + "} AS old (revision, writer, body, " + columns + ") VALUES ($1, $2, $3, " + places + ") ON CONFLICT (" + columns +
			") DO UPDATE SET writer = excluded.writer WHERE old.revision = excluded.revision AND old.writer = excluded.writer",
		set: "UPDATE {" + table + "} SET revision = $1, writer = $2, body = $3 WHERE " + where(4) + " AND (revision = $1 - 1 OR revision = $1 AND writer = $2)",
	}
}

// swap writes a revision, which must be one more than what is there.
func (r rows) swap(ctx context.Context, revision int64, v any, key ...any) error {
	if revision < 1 {
		return fmt.Errorf("postgres: %s: revision %d: %w", r.what, revision, api.ErrConflict)
	}
	body, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("postgres: %s: %w", r.what, err)
	}
	statement := r.set
	if revision == 1 {
		statement = r.add
	}
	changed, err := r.surely(ctx, "writing "+r.what, statement, append([]any{revision, newOwner(), string(body)}, key...)...)
	if err == nil && changed == 0 {
		err = fmt.Errorf("postgres: %s was changed by another process: %w", r.what, api.ErrConflict)
	}
	return err
}

// read returns the revision that is there, 0 for none.
func (r rows) read(ctx context.Context, v any, key ...any) (revision int64, err error) {
	var body []byte
	err = r.db.QueryRowContext(ctx, r.names.write(r.get), key...).Scan(&revision, &body)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return 0, nil
	case err != nil:
		return 0, failed("reading "+r.what, err)
	}
	if err := json.Unmarshal(body, v); err != nil {
		return 0, fmt.Errorf("postgres: %s is damaged: %w", r.what, api.ErrInvalid)
	}
	return revision, nil
}

// again does what changes nothing more when it is done again, and does it again, on another connection, when the response was
// lost.
func again(ctx context.Context, do func() error) (err error) {
	for range 3 {
		if err = do(); err == nil || !isOutage(err) || ctx.Err() != nil {
			break
		}
	}
	return err
}

// surely is exec by again.
func (s *Store) surely(ctx context.Context, what, statement string, args ...any) (changed int64, err error) {
	err = again(ctx, func() (err error) {
		changed, err = s.exec(ctx, what, statement, args...)
		return err
	})
	return changed, err
}

// KeeperState returns the state of a keeper, by its name: any text, one for each account and list of wanted subscriptions.
// Let one process sweep at a time ([Leases.Run]); of two that save the same generation one gets api.ErrConflict.
func (s *Store) KeeperState(name string) subscriptions.KeeperState {
	return keeper{newRows(s, "the keeper's state", "keepers", "name"), []byte(name)}
}

type keeper struct {
	rows
	name []byte
}

func (k keeper) Load(ctx context.Context) (state subscriptions.State, err error) {
	revision, err := k.read(ctx, &state, k.name)
	if err == nil && revision != state.Generation {
		err = fmt.Errorf("postgres: %s is damaged: %w", k.what, api.ErrInvalid)
	}
	if err != nil {
		return subscriptions.State{}, err
	}
	return state, nil
}

func (k keeper) Save(ctx context.Context, state subscriptions.State) error {
	return k.swap(ctx, state.Generation, state, k.name)
}

// Ledger returns the ledger of an account, by a name of yours: any text. Entries are kept for ever.
func (s *Store) Ledger(account string) bulkcollect.Ledger {
	return ledger{newRows(s, "the ledger", "ledger", "account", "request"), []byte(account)}
}

type ledger struct {
	rows
	account []byte
}

// states are those that a ledger may hold. One that this version does not know must not count as never sent.
var states = []bulkcollect.RequestState{
	bulkcollect.Sending, bulkcollect.InDoubt, bulkcollect.Requested, bulkcollect.Refused, bulkcollect.PaidAgain, bulkcollect.Ended,
}

func (l ledger) check(e bulkcollect.Entry) error {
	if e.Request == "" || !slices.Contains(states, e.State) {
		return fmt.Errorf("postgres: %s has an entry that is not valid: %w", l.what, api.ErrInvalid)
	}
	return nil
}

func (l ledger) Get(ctx context.Context, request string) (e bulkcollect.Entry, err error) {
	revision, err := l.read(ctx, &e, l.account, []byte(request))
	if err == nil && revision > 0 {
		err = l.check(e)
		if e.Revision != revision || e.Request != request {
			err = fmt.Errorf("postgres: %s is damaged: %w", l.what, api.ErrInvalid)
		}
	}
	if err != nil {
		return bulkcollect.Entry{}, err
	}
	return e, nil
}

func (l ledger) Put(ctx context.Context, e bulkcollect.Entry) error {
	if err := l.check(e); err != nil {
		return err
	}
	return l.swap(ctx, e.Revision, e, l.account, []byte(e.Request))
}

func (l ledger) Entries(ctx context.Context) (list []bulkcollect.Entry, err error) {
	found, err := l.db.QueryContext(ctx, l.names.write("SELECT body FROM {ledger} WHERE account = $1"), l.account)
	if err != nil {
		return nil, failed("reading the ledger", err)
	}
	defer func() { err = cmp.Or(err, failed("reading the ledger", found.Close())) }()
	for found.Next() {
		var body []byte
		var e bulkcollect.Entry
		if err := found.Scan(&body); err != nil {
			return nil, failed("reading the ledger", err)
		}
		if err := json.Unmarshal(body, &e); err != nil {
			return nil, fmt.Errorf("postgres: %s is damaged: %w", l.what, api.ErrInvalid)
		}
		if err := l.check(e); err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return list, failed("reading the ledger", found.Err())
}
