package export

import (
	"encoding/json"
	"fmt"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/export/internal/jsonpath"
	"github.com/pronet-go/pronet/internal/wire"
)

// Record is what is written: a record of package employee, of any dataset, or your own type. Its JSON is that of
// MarshalJSON: what a program changed in a record is written as it is now, and what it did not change as it came.
type Record interface {
	// EmployeeID is the number of the profile.
	EmployeeID() int64
	json.Marshaler
}

// received is a record that remembers the JSON it was decoded from.
type received interface{ Raw() json.RawMessage }

// textOf returns the JSON of a record, which must not be changed.
func textOf(record Record, asReceived bool) ([]byte, error) {
	if r, ok := record.(received); ok && asReceived {
		if raw := r.Raw(); len(raw) > 0 {
			return raw, nil
		}
	}
	text, err := record.MarshalJSON()
	if err == nil && jsonpath.Kind(text) != '{' {
		err = wire.Plain("its JSON is not an object", api.ErrInvalid)
	}
	return text, err
}

// RecordError reports the one record that could not be written. Those before it are not affected.
type RecordError struct {
	// ID is the record's EmployeeID. It is not part of the error's text.
	ID int64
	// Err is the reason, of the record itself or of the database. Its text may hold what is in the record, so it is
	// part of the error's text only as far as it is known not to.
	Err error
}

// Error gives the reason, without what is in the record.
func (e *RecordError) Error() string { return "export: a record was not stored: " + describe(e.Err) }

// Unwrap returns Err.
func (e *RecordError) Unwrap() error { return e.Err }

// describe is a text for an error that is safe to print: databases put values into theirs.
func describe(err error) string {
	state, code := stateOf(err), codeOf(err)
	switch {
	case wire.SafeText(err) != "":
		return wire.SafeText(err)
	case isContext(err):
		return api.Describe(err)
	case state != "":
		return fmt.Sprintf("the database refused it (SQLSTATE %s)", state)
	case code != 0:
		return fmt.Sprintf("%s (code %d)", codeText(code), code)
	case isConnection(err):
		return "the connection to the database failed"
	}
	return "it was refused; Unwrap has the reason"
}
