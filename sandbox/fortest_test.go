package sandbox_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
)

func TestForTest(t *testing.T) {
	var ended *sandbox.Sandbox
	t.Run("a test", func(t *testing.T) {
		sb, client := sandbox.ForTest(t, coresignal.WithPeople(3))
		record, err := client.Employees.Base.Collect(t.Context(), employee.ID(sb.Coresignal.PersonIDs()[0]))
		require.NoError(t, err)
		assert.Equal(t, sb.Coresignal.PersonIDs()[0], record.ID)
		ended = sb
	})
	require.ErrorIs(t, ended.Deliver(t.Context()), sandbox.ErrClosed)
}

// failing is a test that an error ends.
type failing struct {
	*testing.T
	with error
}

func (f *failing) Fatal(args ...any) {
	f.with, _ = args[0].(error)
	panic(errFailed)
}

var errFailed = errors.New("failed")

func TestForTestFailsTheTest(t *testing.T) {
	f := &failing{T: t}
	assert.PanicsWithValue(t, errFailed, func() { sandbox.ForTest(f, coresignal.WithPeople(-1)) })
	assert.ErrorContains(t, f.with, "WithPeople")
}
