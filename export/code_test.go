package export_test

import (
	"errors"
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/export"
)

// TestTableBlamesNoRecordForWhatItDoesNotKnow: no record may be left out for a failure that would hit any other as well.
func TestTableBlamesNoRecordForWhatItDoesNotKnow(t *testing.T) {
	var none *coded
	for _, cause := range []error{
		errors.New("any"), io.ErrClosedPipe, ofMySQL(1114, "HY000"), ofMySQL(1290, "HY000"), ofMySQL(1366, ""),
		stated{"XX000"},
		stated{"0A000"},
		stated{"ab"},
		coded(0), coded(-237), small(0),
		fieldCoded{},
		fieldCoded{Code: 5},
		&coding{6},
		textCoded{Code: "19"},
		worded{},
		nowhere{},
		none, &hiddenCode{code: 19},
	} {
		f := &fakeDB{refuse: refusing(cause, 2)}
		w := table(t, f, export.TableOptions{Reject: func(*export.RecordError) error { return nil }})
		n, err := export.Copy(t.Context(), numbered(3), w)
		require.Error(t, err, "%#v", cause)
		_, blamed := errors.AsType[*export.RecordError](err)
		assert.False(t, blamed, "%#v", cause)
		assert.Zero(t, n)
		assert.NotContains(t, err.Error(), "CANARY")
	}
	db := (&fakeDB{}).open(t)
	w, err := export.NewTable(db, export.TableOptions{Dialect: export.SQLite, Name: "people", Reject: func(*export.RecordError) error { return nil }})
	require.NoError(t, err)
	require.NoError(t, db.Close())
	n, err := export.Copy(t.Context(), numbered(700), w)
	require.Error(t, err, "the database is closed")
	assert.Zero(t, n)
}
