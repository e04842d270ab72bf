package download

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/pronettest"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
)

const killedAt = "PRONET_TEST_DOWNLOAD" // "address directory" of the process that is killed

// TestR31Killed kills the process that downloads, again and again at other moments: what it had finished is not asked for
// again, and in the end every file is what it should be.
func TestR31Killed(t *testing.T) {
	const files = 12
	kills := pronettest.Times(4, 100)
	o, dir := newOrigin(t), t.TempDir()
	want := make(map[string][]byte)
	var names []string
	var sent atomic.Int64
	for i := range files {
		name := fmt.Sprintf("json/part-%d.json.gz", i)
		names, want[name] = append(names, name), packed(t, i, 3000)
		o.plan(name, func(w http.ResponseWriter, r *http.Request) {
			sent.Add(1)
			serving(want[name], fmt.Sprintf(`"%d"`, i))(&slowWriter{ResponseWriter: w, ctx: r.Context()}, r)
		})
	}
	require.NoError(t, openDir(t, dir, names...).Close())
	for n := range kills {
		command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilledProcess$")
		command.Env = append(os.Environ(), killedAt+"="+o.server.URL+" "+dir)
		require.NoError(t, command.Start())
		before := sent.Load()
		require.Eventually(t, func() bool { return sent.Load() > before || allFinished(dir) }, time.Minute, time.Millisecond)
		timer := time.NewTimer(time.Duration(n%12) * 4 * time.Millisecond)
		<-timer.C
		_ = command.Process.Kill()
		_ = command.Wait()
	}
	require.Empty(t, bring(t, dir, o))
	assert.Equal(t, want, contents(t, dir))
	assert.LessOrEqual(t, sent.Load(), int64(files+2*(kills+1)), "a file, and those under way at each kill")
	total := sent.Load()
	require.Empty(t, bring(t, dir, o))
	assert.Equal(t, total, sent.Load())
}

func allFinished(dir string) bool {
	_, files, err := Read(dir)
	for _, f := range files {
		if !f.Finished {
			return false
		}
	}
	return err == nil
}

// slowWriter gives the parts of an answer some time.
type slowWriter struct {
	http.ResponseWriter
	ctx context.Context
}

func (w *slowWriter) Write(p []byte) (int, error) {
	for n := 0; n < len(p); n += 4 << 10 {
		if _, err := w.ResponseWriter.Write(p[n:min(n+4<<10, len(p))]); err != nil {
			return n, err
		}
		_ = http.NewResponseController(w.ResponseWriter).Flush()
		select {
		case <-time.After(time.Millisecond):
		case <-w.ctx.Done():
		}
	}
	return len(p), nil
}

// TestKilledProcess is the process that is killed.
func TestKilledProcess(t *testing.T) {
	var address, dir string
	if _, err := fmt.Sscan(os.Getenv(killedAt), &address, &dir); err != nil {
		t.Skip("it is started by TestR31Killed")
	}
	base, err := url.Parse(address)
	require.NoError(t, err)
	credential, err := api.StaticCredential("key")
	require.NoError(t, err)
	o := &origin{pipe: transport.New(transport.Config{
		Providers: []transport.Provider{{Provider: wire.Provider{Name: api.Coresignal, Origins: []wire.Origin{{URL: base}}, KeyHeader: "Apikey"}, Credential: credential}},
	})}
	t.Cleanup(o.pipe.CloseIdleConnections)
	require.Empty(t, bringWith(t, dir, o, Options{Parallel: 2}))
}
