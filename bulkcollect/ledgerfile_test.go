package bulkcollect_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/bulkcollect"
)

func entry(request string, revision int64, state bulkcollect.RequestState) bulkcollect.Entry {
	return bulkcollect.Entry{Request: request, Revision: revision, State: state, At: time.Now().UTC(), Fingerprint: "00ff", Sent: 1}
}

func TestFileLedger(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.jsonl")
	ledger, err := bulkcollect.OpenLedger(path)
	require.NoError(t, err)
	none, err := ledger.Get(t.Context(), "a")
	require.NoError(t, err)
	assert.Equal(t, bulkcollect.Entry{}, none)

	sending := entry("a", 1, bulkcollect.Sending)
	require.NoError(t, ledger.Put(t.Context(), sending))
	require.ErrorIs(t, ledger.Put(t.Context(), sending), api.ErrConflict, "somebody else was quicker")
	require.ErrorIs(t, ledger.Put(t.Context(), entry("b", 2, bulkcollect.Sending)), api.ErrConflict)
	for name, bad := range map[string]bulkcollect.Entry{
		"no request":   entry("", 1, bulkcollect.Sending),
		"long request": entry(strings.Repeat("x", 201), 1, bulkcollect.Sending),
		"no state":     entry("c", 1, ""),
		"no job":       entry("c", 1, bulkcollect.Requested),
		"fingerprint":  {Request: "c", Revision: 1, State: bulkcollect.Sending, Fingerprint: "zz"},
	} {
		require.ErrorIs(t, ledger.Put(t.Context(), bad), api.ErrInvalid, name)
	}

	_, err = bulkcollect.OpenLedger(path)
	require.ErrorIs(t, err, api.ErrConflict, "it is open")
	require.NoError(t, ledger.Close())
	require.NoError(t, ledger.Close())
	_, err = ledger.Get(t.Context(), "a")
	require.ErrorIs(t, err, os.ErrClosed)
	require.ErrorIs(t, ledger.Put(t.Context(), sending), os.ErrClosed)
	_, err = ledger.Entries(t.Context())
	require.ErrorIs(t, err, os.ErrClosed)

	again, err := bulkcollect.OpenLedger(path)
	require.NoError(t, err)
	got, err := again.Get(t.Context(), "a")
	require.NoError(t, err)
	assert.Equal(t, sending, got)
	require.NoError(t, again.Close())
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Zero(t, info.Mode().Perm()&0o077, "others may not read it")
}

// TestLedgerThatIsNone: a file that this version did not write must not look like one without requests.
func TestLedgerThatIsNone(t *testing.T) {
	good, err := json.Marshal(entry("a", 1, bulkcollect.Sending))
	require.NoError(t, err)
	line := string(good) + "\n"
	const head = `{"ledger":1}` + "\n"
	for name, text := range map[string]string{
		"another format":     `{"ledger":2}` + "\n",
		"no head":            line,
		"another file":       `{"format":1,"state":{}}` + "\n",
		"unknown state":      head + strings.Replace(line, "sending", "sent", 1),
		"damaged":            head + "x\n" + line,
		"revision twice":     head + line + line,
		"a wrong type":       head + strings.Replace(line, `"revision":1`, `"revision":"1"`, 1),
		"an impossible hash": head + strings.Replace(line, "00ff", "0", 1),
	} {
		path := filepath.Join(t.TempDir(), "ledger.jsonl")
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		_, err := bulkcollect.OpenLedger(path)
		require.ErrorIs(t, err, api.ErrInvalid, name)
		kept, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.Equal(t, text, string(kept), name)
	}
	_, err = bulkcollect.OpenLedger(filepath.Join(t.TempDir(), "missing", "ledger.jsonl"))
	require.ErrorIs(t, err, os.ErrNotExist)
}

// TestLedgerIsCompacted when it is opened: what was superseded goes, what is open stays.
func TestLedgerIsCompacted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.jsonl")
	var text strings.Builder
	text.WriteString(`{"ledger":1}` + "\n")
	write := func(e bulkcollect.Entry, at time.Time) {
		e.At = at
		line, err := json.Marshal(e)
		require.NoError(t, err)
		text.Write(append(line, '\n'))
	}
	now := time.Now().UTC()
	for n := range int64(10_001) {
		write(entry("often", n+1, bulkcollect.Refused), now)
	}
	write(entry("old", 1, bulkcollect.Ended), now.Add(-31*24*time.Hour))
	write(entry("recent", 1, bulkcollect.Ended), now)
	write(entry("doubt", 1, bulkcollect.Sending), now.Add(-300*24*time.Hour))
	long := now.Add(-300 * 24 * time.Hour)
	for _, state := range []bulkcollect.RequestState{bulkcollect.InDoubt, bulkcollect.PaidAgain, bulkcollect.Requested} {
		e := entry(string(state), 1, state)
		e.JobID, e.RequestedAt = "job", long
		write(e, long)
	}
	require.NoError(t, os.WriteFile(path, []byte(text.String()), 0o600))

	for range 2 {
		ledger, err := bulkcollect.OpenLedger(path)
		require.NoError(t, err)
		entries, err := ledger.Entries(t.Context())
		require.NoError(t, err)
		var names []string
		for _, e := range entries {
			names = append(names, e.Request)
		}
		assert.ElementsMatch(t, []string{"often", "recent", "doubt", "in_doubt", "pay_again", "requested"}, names)
		require.NoError(t, ledger.Close())
		kept, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.Equal(t, 7, strings.Count(string(kept), "\n"))
	}
	ledger, err := bulkcollect.OpenLedger(path)
	require.NoError(t, err)
	require.NoError(t, ledger.Put(t.Context(), entry("often", 10_002, bulkcollect.Sending)))
	require.NoError(t, ledger.Close())
}
