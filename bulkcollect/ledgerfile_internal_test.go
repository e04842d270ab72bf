package bulkcollect

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/internal/durable"
)

// FuzzLedger: whatever a file holds, what is taken in is valid entries in their order, or an error.
func FuzzLedger(f *testing.F) {
	f.Add([]byte("{\"ledger\":1}\n{\"request\":\"a\",\"revision\":1,\"state\":\"sending\",\"fingerprint\":\"00\"}\n{\"request\":\"a\",\"revision\":2,\"state\":\"ended\"}\n"))
	f.Add([]byte("{\"ledger\":1}\n{\"request\":\"a\",\"revision\":1,\"state\":\"requested\",\"job_id\":\"x\",\"requested_at\":\"2026-01-01T00:00:00Z\"}\n{"))
	f.Add([]byte("{}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		l := &FileLedger{entries: make(map[string]Entry)}
		_, err := durable.ReadJournal(bytes.NewReader(data), l.replay)
		for name, e := range l.entries {
			require.NoError(t, e.valid())
			require.Equal(t, name, e.Request)
		}
		if err == nil && l.lines > 1 {
			require.NotEmpty(t, l.entries)
			require.Less(t, len(l.entries), l.lines)
		}
	})
}
