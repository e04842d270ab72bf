package export_test

import (
	"errors"
	"fmt"
	"iter"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/export"
	"github.com/pronet-go/pronet/internal/wire"
)

// All datasets have records that can be written.
var (
	_ export.Record = (*employee.BaseRecord)(nil)
	_ export.Record = (*employee.CleanRecord)(nil)
	_ export.Record = (*employee.MultiSourceRecord)(nil)
	_ export.Record = (*employee.V1Record)(nil)
)

// plain is a record of a user's own.
type plain struct {
	id   int64
	text string
	err  error
}

func (p plain) EmployeeID() int64            { return p.id }
func (p plain) MarshalJSON() ([]byte, error) { return []byte(p.text), p.err }

// numbered returns records with ids from 1 on.
func numbered(n int) iter.Seq2[plain, error] {
	return func(yield func(plain, error) bool) {
		for i := 1; i <= n; i++ {
			if !yield(plain{id: int64(i), text: fmt.Sprintf(`{"id":%d,"name":"n%d"}`, i, i)}, nil) {
				return
			}
		}
	}
}

// these returns records of texts, with ids from 1 on.
func these(texts ...string) iter.Seq2[plain, error] {
	return func(yield func(plain, error) bool) {
		for i, text := range texts {
			if !yield(plain{id: int64(i + 1), text: text}, nil) {
				return
			}
		}
	}
}

// failing ends records with an error.
func failing(records iter.Seq2[plain, error], err error) iter.Seq2[plain, error] {
	return func(yield func(plain, error) bool) {
		for r, err := range records {
			if !yield(r, err) {
				return
			}
		}
		yield(plain{}, err)
	}
}

func base(t testing.TB, text string) *employee.BaseRecord {
	t.Helper()
	r, err := employee.Decode[employee.BaseRecord]([]byte(text))
	require.NoError(t, err)
	return r
}

// compact is the JSON of a file of package employee's test data, without space.
func compact(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile("../employee/testdata/" + name)
	require.NoError(t, err)
	return string(data)
}

func TestRecordErrorHidesWhatIsInTheRecord(t *testing.T) {
	for want, cause := range map[string]error{
		"export: a record was not stored: it was refused; Unwrap has the reason":    errors.New("CANARY 4711"),
		"export: a record was not stored: the database refused it (SQLSTATE 22P05)": stated{"22P05"},
		"export: a record was not stored: the database refused it (code 20)":        coded(20),
		"export: a record was not stored: it has no ID":                             wire.Plain("it has no ID", errors.New("CANARY")),
		"export: a record was not stored: the connection to the database failed":    fmt.Errorf("CANARY: %w", errConnection),
	} {
		err := error(&export.RecordError{ID: 4711, Err: cause})
		assert.Equal(t, want, err.Error())
		assert.ErrorIs(t, err, cause)
	}
	assert.NotContains(t, (&export.RecordError{Err: stated{"a'b;c"}}).Error(), "a'b", "a state is five letters and digits")
}
