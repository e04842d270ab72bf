package transport_test

import (
	"io"
	"net"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
)

const (
	faultDial = iota
	faultBeforeTheRequest
	faultInTheAnswer
	faultPoints
)

// FuzzFaultPoint breaks the connection at any point and checks what is promised of each repeat class: what spends or
// creates is carried out at most once, and is in doubt exactly when it was carried out and no answer came whole.
func FuzzFaultPoint(f *testing.F) {
	for class := range classes {
		for fault := range faultPoints {
			for _, cut := range []uint16{0, 9, 17, 40, 59, 79, 80, 1000} {
				f.Add(uint8(class), uint8(fault), cut)
			}
		}
	}
	const whole = "HTTP/1.1 200 OK\r\nX-Request-Id: r-1\r\nContent-Length: 21\r\n\r\n{\"name\":\"0123456789\"}"
	f.Fuzz(func(t *testing.T, class, fault uint8, cut uint16) {
		c := classes[int(class)%len(classes)]
		point := int(fault) % faultPoints
		sent := whole[:min(int(cut), len(whole))]
		network := newMemory()
		effects := play(t, network, func(conn net.Conn, readRequest func() bool) {
			if point != faultBeforeTheRequest && readRequest() {
				_, _ = io.WriteString(conn, sent)
			}
		})
		if point == faultDial {
			require.NoError(t, network.Close())
		}
		err := do(t.Context(), newPipeline(t, "http://api.example.com", network.through), call(operation(c.method, c.repeat)))
		n := int(effects.Load())
		complete := point == faultInTheAnswer && len(sent) == len(whole)
		assert.Equal(t, complete, err == nil)
		if complete {
			assert.Equal(t, 1, n)
			return
		}
		require.ErrorIs(t, err, api.ErrUnavailable)
		switch c.repeat {
		case api.RetryIdempotent:
			assert.False(t, inDoubt(err))
		case api.RetryConflictSafe:
			assert.True(t, inDoubt(err) || n == 0)
		default:
			assert.LessOrEqual(t, n, 1, "carried out more than once")
			if point == faultInTheAnswer {
				assert.Equal(t, 1, n)
				assert.True(t, inDoubt(err))
			}
			if point == faultDial {
				assert.False(t, inDoubt(err))
			}
		}
	})
}
