package spool

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/webhook"
)

// TestTheLineIsInTheOrderOfTheDirectory: of two deliveries about one person that arrive together, the one with the
// lower number comes first, also if its writing ends last, and over a restart. If it cannot be written, the other goes
// on.
func TestTheLineIsInTheOrderOfTheDirectory(t *testing.T) {
	for name, c := range map[string]struct {
		writing error
		restart bool
	}{
		"in one process":                   {},
		"over a restart":                   {restart: true},
		"the first one cannot be written":  {writing: errors.New("no space left")},
		"nor that, and there is a restart": {writing: errors.New("no space left"), restart: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dir := t.TempDir()
				sender := webhook.Sender{Source: webhook.SourceCoresignal, Decoder: webhook.DecodeCoresignal}
				open := func() *Spool {
					s, err := Open(dir, Options{Logger: slog.New(slog.DiscardHandler)}, sender)
					require.NoError(t, err)
					return s
				}
				s := open()
				defer func() { _ = s.Close() }()
				about := func(n int) *webhook.Delivery {
					return &webhook.Delivery{Source: webhook.SourceCoresignal, Key: fmt.Sprint(n), ReceivedAt: time.Now(), Body: fmt.Appendf(nil, `[{"member_id":1,"n":%d}]`, n)}
				}
				first, err := newFile(about(1))
				require.NoError(t, err)
				e, mine, err := s.reserve(first)
				require.NoError(t, err)
				require.True(t, mine)
				require.NoError(t, s.Put(t.Context(), about(2)))

				var seen []string
				var tried atomic.Int64
				run := func() {
					ctx, cancel := context.WithCancel(t.Context())
					stopped := make(chan error, 1)
					go func() {
						stopped <- s.Run(ctx, func(_ context.Context, d *webhook.Delivery) error {
							if tried.Add(1) < 3 {
								return webhook.ErrRetryLater
							}
							seen = append(seen, d.Key)
							return nil
						})
					}()
					synctest.Wait()
					if !e.isStored() {
						assert.Zero(t, tried.Load(), "the first one is waited for")
						err := c.writing
						if err == nil {
							err = s.store(e, first)
						}
						s.finishStore(e, err)
						synctest.Wait()
						assert.EqualValues(t, 1, tried.Load())
						if c.restart {
							cancel()
							<-stopped
							return
						}
					}
					time.Sleep(time.Hour)
					cancel()
					<-stopped
				}
				run()
				if c.restart {
					require.NoError(t, s.Close())
					s = open()
					run()
				}
				if c.writing != nil {
					assert.Equal(t, []string{"2"}, seen)
				} else {
					assert.Equal(t, []string{"1", "2"}, seen)
				}
				assert.Zero(t, s.Pending())
			})
		})
	}
}
