package main

import (
	"context"
	"database/sql"
	"errors"
	"sync/atomic"
	"time"

	_ "modernc.org/sqlite" // the driver

	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/refresh"
)

// crm is the database.
type crm struct {
	db      *sql.DB
	failing atomic.Int64 // so many updates fail, on request
}

const schema = `
CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT NOT NULL, title TEXT NOT NULL, company TEXT NOT NULL, status TEXT NOT NULL, updated TEXT NOT NULL);
CREATE TABLE changes (number INTEGER PRIMARY KEY, at TEXT NOT NULL, person INTEGER NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL);`

func openCRM(ctx context.Context, path string) (*crm, error) {
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(10000)&_pragma=journal_mode(wal)")
	if err != nil {
		return nil, err
	}
	if _, err := db.ExecContext(ctx, schema); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &crm{db: db}, nil
}

// execer is the database or a transaction.
type execer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// update takes in what changed of a person. All of it is in the transaction that keeps the snapshot: it is there once,
// whatever fails.
func (c *crm) update(ctx context.Context, u refresh.Update[employee.BaseRecord]) error {
	if left := c.failing.Load(); left > 0 && c.failing.CompareAndSwap(left, left-1) {
		return errors.New("the CRM refuses the update, as you have asked")
	}
	if u.Err != nil { // in doubt, or refused: the next notice, or a reconciling pass, brings the record
		return c.note(ctx, u.Tx, u.ID, "no_record", u.Err.Error())
	}
	for _, change := range u.Changes {
		switch change.Kind() {
		case employee.KindProfileHidden: // by law nothing is kept of the person
			if err := c.erase(ctx, u.Tx, u.ID, change.Kind()); err != nil {
				return err
			}
			return c.note(ctx, u.Tx, u.ID, string(change.Kind()), "somebody hid the profile for privacy, and was erased")
		case employee.KindProfileDeleted, employee.KindProfileGone, employee.KindProfileMerged:
			if _, err := u.Tx.ExecContext(ctx, "UPDATE people SET status = ?, updated = ? WHERE id = ?", change.Kind(), now(), u.ID); err != nil {
				return err
			}
		}
		if err := c.note(ctx, u.Tx, u.ID, string(change.Kind()), change.String()); err != nil {
			return err
		}
	}
	if u.Record == nil {
		return nil
	}
	return c.save(ctx, u.Tx, u.Record)
}

func now() string { return time.Now().UTC().Format("15:04:05") }

// save writes a person's row.
func (c *crm) save(ctx context.Context, db execer, record *employee.BaseRecord) error {
	title, company := "", ""
	if current := record.CurrentExperience(); len(current) > 0 {
		title, company = current[0].Title, current[0].CompanyName
	}
	_, err := db.ExecContext(ctx, `INSERT INTO people (id, name, title, company, status, updated) VALUES (?, ?, ?, ?, '', ?)
		ON CONFLICT (id) DO UPDATE SET name = excluded.name, title = excluded.title, company = excluded.company, status = '', updated = excluded.updated`,
		record.ID, record.FullName, title, company, now())
	return err
}

func (c *crm) note(ctx context.Context, db execer, id int64, kind, text string) error {
	_, err := db.ExecContext(ctx, "INSERT INTO changes (at, person, kind, text) VALUES (?, ?, ?, ?)", now(), id, kind, text)
	return err
}

func (c *crm) erase(ctx context.Context, db execer, id int64, kind employee.ChangeKind) error {
	_, err := db.ExecContext(ctx, "UPDATE people SET name = '', title = '', company = '', status = ?, updated = ? WHERE id = ?", kind, now(), id)
	if err == nil {
		_, err = db.ExecContext(ctx, "DELETE FROM changes WHERE person = ?", id)
	}
	return err
}

// queryer is the database or a transaction.
type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// look calls a function with a transaction that only reads: all that it sees is of one moment.
func (c *crm) look(ctx context.Context, read func(tx *sql.Tx) error) error {
	tx, err := c.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	return errors.Join(read(tx), tx.Rollback())
}

// person is a row of the table of people.
type person struct {
	ID                                    int64
	Name, Title, Company, Status, Updated string
}

func listPeople(ctx context.Context, db queryer) (all []person, err error) {
	rows, err := db.QueryContext(ctx, "SELECT id, name, title, company, status, updated FROM people ORDER BY name = '', name, id")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var p person
		if err := rows.Scan(&p.ID, &p.Name, &p.Title, &p.Company, &p.Status, &p.Updated); err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, rows.Err()
}

// change is a line of the feed.
type change struct {
	Number   int64
	At, Kind string
	Text     string
}

// changesAfter returns the changes with higher numbers, the oldest first.
func changesAfter(ctx context.Context, db queryer, number int64) (all []change, err error) {
	rows, err := db.QueryContext(ctx, "SELECT number, at, kind, text FROM changes WHERE number > ? ORDER BY number LIMIT 500", number)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var one change
		if err := rows.Scan(&one.Number, &one.At, &one.Kind, &one.Text); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}
