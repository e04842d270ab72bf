package sandboxtest_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/internal/pronettest/sandboxtest"
	"github.com/pronet-go/pronet/sandbox/coresignal"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestStart(t *testing.T) {
	sb, client := sandboxtest.Start(t, coresignal.WithPeople(1))
	record, err := client.Employees.Base.Collect(t.Context(), employee.ID(sb.Coresignal.PersonIDs()[0]))
	require.NoError(t, err)
	assert.Equal(t, sb.Coresignal.PersonIDs()[0], record.ID)
	synctest.Test(t, func(t *testing.T) {
		sb, client := sandboxtest.StartInMemory(t, coresignal.WithPeople(1))
		_, err := client.Employees.Base.Collect(t.Context(), employee.ID(sb.Coresignal.PersonIDs()[0]))
		require.NoError(t, err)
	})
}

func TestResponding(t *testing.T) {
	p, client := sandboxtest.Responding(t, `{"request_id":"433869ec-0a98-4dcd-9b13-db4df58260f5"}`, pronet.WithCoresignal("key", pronet.CoresignalBulkIDsForm(bulkcollect.IDsAsFile)))
	assert.Zero(t, p.Count())
	_, err := client.BulkCollect.Base.RequestIDs(t.Context(), employee.IDs(1, 2), bulkcollect.Options{})
	require.NoError(t, err)
	assert.Equal(t, 1, p.Count())
	got := p.Last(t)
	assert.Equal(t, "POST", got.Method)
	assert.Equal(t, []sandboxtest.Part{{"ids_file", "ids.csv", "text/csv", "1\n2\n"}}, got.Form(t))
}

// failing is a test that has failed when it is told to.
type failing struct {
	testing.TB
	failed bool
}

var errFailed = errors.New("failed")

func (*failing) Helper()                 {}
func (f *failing) Fatal(...any)          { f.failed = true; panic(errFailed) }
func (f *failing) Fatalf(string, ...any) { f.failed = true; panic(errFailed) }

// TestFailures: what cannot be done fails the test.
func TestFailures(t *testing.T) {
	for name, do := range map[string]func(t testing.TB){
		"options of a sandbox": func(t testing.TB) { sandboxtest.Start(t, coresignal.WithPeople(-1)) },
		"in memory":            func(t testing.TB) { sandboxtest.StartInMemory(t, coresignal.WithPeople(-1)) },
		"options of a client":  func(t testing.TB) { sandboxtest.Connect(t, nil) },
		"nothing arrived":      func(t testing.TB) { new(sandboxtest.Provider).Last(t) },
		"no form":              func(t testing.TB) { sandboxtest.Request{ContentType: "text/plain"}.Form(t) },
		"a part that is cut": func(t testing.TB) {
			sandboxtest.Request{ContentType: "multipart/form-data; boundary=x", Body: []byte("--x\r\nA: b\r\n\r\n" + strings.Repeat("y", 9000))}.Form(t)
		},
	} {
		f := &failing{TB: t}
		assert.PanicsWithValue(t, errFailed, func() { do(f) }, name)
		assert.True(t, f.failed, name)
	}
}
