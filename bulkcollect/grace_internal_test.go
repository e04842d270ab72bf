package bulkcollect

import (
	"context"
	"errors"
	"net/http/httptrace"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWithGrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		why := errors.New("interrupted")
		ctx, cancel := context.WithCancelCause(t.Context())
		later, end := withGrace(ctx, time.Minute)
		defer end()
		httptrace.ContextClientTrace(later).GotConn(httptrace.GotConnInfo{}) // the request is on its way
		cancel(why)
		time.Sleep(time.Minute - time.Second)
		synctest.Wait()
		require.NoError(t, later.Err())
		time.Sleep(time.Second)
		synctest.Wait()
		require.ErrorIs(t, later.Err(), context.Canceled)
		assert.Equal(t, why, context.Cause(later))

		ctx, cancelled := context.WithTimeout(t.Context(), time.Second)
		defer cancelled()
		later, end = withGrace(ctx, time.Minute)
		httptrace.ContextClientTrace(later).GotConn(httptrace.GotConnInfo{})
		time.Sleep(2 * time.Second)
		end() // ends the wait
		synctest.Wait()
		require.Error(t, later.Err())

		ctx, cancel = context.WithCancelCause(t.Context())
		later, end = withGrace(ctx, time.Minute)
		defer end()
		cancel(why) // while it waits for its turn
		synctest.Wait()
		require.ErrorIs(t, later.Err(), context.Canceled)
	})
}
