package export

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"reflect"
	"strings"
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

const savepoint = "pronet_export"

// atomically does something in a transaction of its own, or behind a savepoint of the caller's, so that all of it is there
// afterwards or nothing.
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
	if err != nil {
		if _, undone := db.ExecContext(ctx, "ROLLBACK TO SAVEPOINT "+savepoint); undone != nil {
			return &lostTransaction{err}
		}
	}
	if _, released := db.ExecContext(ctx, "RELEASE SAVEPOINT "+savepoint); released != nil && err == nil {
		return &lostTransaction{released}
	}
	return err
}

// lostTransaction is an error after which the caller's transaction cannot go on.
type lostTransaction struct{ err error }

func (e *lostTransaction) Error() string { return e.err.Error() }
func (e *lostTransaction) Unwrap() error { return e.err }

// stateOf returns the SQLSTATE of an error, as the drivers of PostgreSQL and MySQL tell it, or "".
func stateOf(err error) string {
	var coded interface{ SQLState() string }
	state := ""
	if errors.As(err, &coded) {
		state = coded.SQLState()
	} else {
		state = stateField(err)
	}
	if len(state) != 5 || strings.Trim(state, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != "" {
		return ""
	}
	return state
}

// stateField returns what stands in a field SQLState of five bytes, where MySQL's driver has it.
func stateField(err error) string {
	for ; err != nil; err = errors.Unwrap(err) {
		v := reflect.Indirect(reflect.ValueOf(err))
		if v.Kind() != reflect.Struct {
			continue
		}
		if f := v.FieldByName("SQLState"); f.IsValid() && f.Type() == reflect.TypeFor[[5]byte]() && f.CanInterface() {
			state, _ := reflect.TypeAssert[[5]byte](f)
			return string(state[:])
		}
	}
	return ""
}

// codeOf returns the result code of an error, as drivers of SQLite tell it, or 0.
func codeOf(err error) int {
	var coded interface{ Code() int }
	if !errors.As(err, &coded) {
		return 0
	}
	return coded.Code()
}

func isContext(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

func isConnection(err error) bool {
	var network net.Error
	return errors.As(err, &network) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, sql.ErrTxDone) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed)
}

// otherClasses are the classes of SQLSTATE that do not depend on the record: connection, state of the transaction,
// authorization, missing database, serialization, syntax and missing names, resources, intervention, system.
const otherClasses = "08 25 28 3D 40 42 53 55 57 58 "

// mayBlameRecord reports whether another record in place of this one might have been stored.
func mayBlameRecord(err error) bool {
	var lost *lostTransaction
	if isContext(err) || isConnection(err) || errors.As(err, &lost) {
		return false
	}
	if state := stateOf(err); state != "" {
		return !strings.Contains(otherClasses, state[:2]+" ")
	}
	switch codeOf(err) & 0xff {
	case 0, 18, 19, 20: // unknown; too big, constraint, mismatch
		return true
	}
	return false
}
