package export

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"time"
)

// DB is a *sql.DB, *sql.Conn or *sql.Tx.
type DB interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// beginner is a DB that is not a transaction.
type beginner interface {
	BeginTx(ctx context.Context, options *sql.TxOptions) (*sql.Tx, error)
}

const (
	savepoint = "pronet_export"
	// undoWait is how long undoing a batch may take once its context has ended.
	undoWait = 10 * time.Second
)

// atomically does something in a transaction of its own, or behind a savepoint of the caller's, so that all of it is
// there afterwards or nothing.
func atomically(ctx context.Context, db DB, do func(DB) error) error {
	if b, ok := db.(beginner); ok {
		tx, err := b.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		if err := do(tx); err != nil {
			_ = tx.Rollback() // what it could say is less than what went wrong
			return err
		}
		return tx.Commit()
	}
	if _, err := db.ExecContext(ctx, "SAVEPOINT "+savepoint); err != nil {
		return err
	}
	err := do(db)
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoWait) // the transaction may be used when ctx has ended
	defer cancel()
	if err != nil {
		if _, undone := db.ExecContext(end, "ROLLBACK TO SAVEPOINT "+savepoint); undone != nil {
			return &lostTransaction{err}
		}
	}
	if _, released := db.ExecContext(end, "RELEASE SAVEPOINT "+savepoint); released != nil && err == nil {
		return &lostTransaction{released}
	}
	return err
}

// lostTransaction is an error after which the caller's transaction cannot continue.
type lostTransaction struct{ err error }

func (e *lostTransaction) Error() string { return e.err.Error() }
func (e *lostTransaction) Unwrap() error { return e.err }

func isContext(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

func isConnection(err error) bool {
	var network net.Error
	return errors.As(err, &network) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, sql.ErrTxDone) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed)
}
