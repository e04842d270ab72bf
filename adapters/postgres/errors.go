package postgres

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/webhook"
)

// failure is an error of the database.
type failure struct {
	what   string
	err    error
	outage bool
}

// failed says what could not be done. During an outage it is [webhook.ErrRetryLater], so that a delivery waits.
func failed(what string, err error) error {
	if err == nil {
		return nil
	}
	return &failure{what, err, isOutage(err)}
}

func (f *failure) Error() string {
	if f.outage {
		return fmt.Sprintf("postgres: %s: the database is away or busy: %v", f.what, f.err)
	}
	return fmt.Sprintf("postgres: %s: %v", f.what, f.err)
}

// SafeText is Error without what the driver says of the connection.
func (f *failure) SafeText() string {
	if e, ok := errors.AsType[*pgconn.PgError](f.err); ok {
		return fmt.Sprintf("postgres: %s: SQLSTATE %.5s", f.what, e.Code)
	}
	return fmt.Sprintf("postgres: %s: %s", f.what, api.Describe(f.err))
}

func (f *failure) Unwrap() []error {
	if f.outage {
		return []error{f.err, webhook.ErrRetryLater}
	}
	return []error{f.err}
}

// isOutage reports whether the error is of the connection or of a server that starts, stops or has no room, and not of what
// it was asked.
func isOutage(err error) bool {
	if isServers(err) {
		return true
	}
	_, network := errors.AsType[net.Error](err)
	return network && !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, net.ErrClosed)
}

// isServers is isOutage for what can only be of this server, as far as can be told.
func isServers(err error) bool {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch e.Code {
		case "57P01", "57P02", "57P03", "57P05", // the server stops, has crashed or starts; the session was idle for too long
			"25006",          // it is a standby: a switchover is going on
			"40001", "40P01", // a serialization failure or a deadlock, which do not come again
			"55P03": // a lock was not had in time
			return true
		}
		class := e.Code[:min(2, len(e.Code))]
		return class == "08" || class == "53" || class == "58" // connection, resources, the system's errors
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || strings.HasSuffix(err.Error(), "conn closed")
}
