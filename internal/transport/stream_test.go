package transport_test

import (
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
)

// TestCloseEndsARead that blocks on another goroutine, at once and without the look of a failure.
func TestCloseEndsARead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := newMemory()
		play(t, network, func(conn net.Conn, readRequest func() bool) {
			readRequest()
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
			_, _ = conn.Read(make([]byte, 1))
		})
		p := newPipeline(t, "http://api.example.com", network.through)
		var meta api.Meta
		stream, err := p.Open(t.Context(), call(operation(http.MethodGet, api.RetryPaidRead), api.WithMeta(&meta)))
		require.NoError(t, err)
		var reader sync.WaitGroup
		reader.Go(func() {
			got, err := io.ReadAll(stream)
			assert.Equal(t, "half", string(got))
			assert.Equal(t, io.ErrClosedPipe, err)
		})
		synctest.Wait()
		began := time.Now()
		var closers sync.WaitGroup
		for range 3 {
			closers.Go(func() { _ = stream.Close() })
		}
		closers.Wait()
		reader.Wait()
		assert.Zero(t, time.Since(began))
		assert.Equal(t, 200, meta.Status)
		_, err = stream.Read(make([]byte, 1))
		assert.Equal(t, io.ErrClosedPipe, err)
	})
}
