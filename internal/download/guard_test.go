package download

import (
	"context"
	"errors"
	"net/http"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/internal/ordered"
	"github.com/pronet-go/pronet/internal/transport"
)

// TestAPanicOfTheCallersFunctions comes to the goroutine of Fetch, when the other files have ended, and what was stored
// stays. A function that ends its goroutine does not look like success.
func TestAPanicOfTheCallersFunctions(t *testing.T) {
	broken := errors.New("broken")
	for how, does := range map[string]func(){"panic": func() { panic(broken) }, "Goexit": runtime.Goexit} {
		for _, parallel := range []int{1, 3} {
			for where, arrange := range map[string]func(open Opener, o *Options) Opener{
				"progress": func(open Opener, o *Options) Opener {
					n := 0
					o.Report = func(Progress) {
						if n++; n == 2 {
							does()
						}
					}
					return open
				},
				"opener": func(open Opener, _ *Options) Opener {
					var n atomic.Int64
					return func(ctx context.Context, name string, header http.Header) (*transport.Stream, error) {
						if n.Add(1) == 2 {
							does()
						}
						return open(ctx, name, header)
					}
				},
			} {
				t.Run(how+" in "+where, func(t *testing.T) {
					o, want := stocked(t)
					dir := t.TempDir()
					d := openDir(t, dir, three...)
					options := Options{Parallel: parallel, Slots: make(chan struct{}, 2)}
					opener := arrange(o.opener(), &options)
					p := func() (p *ordered.Panic) {
						defer func() { p, _ = recover().(*ordered.Panic) }()
						_, err := d.Fetch(t.Context(), opener, options)
						t.Errorf("it returned: %v", err)
						return nil
					}()
					require.NotNil(t, p)
					assert.Equal(t, how == "panic", errors.Is(p, broken))
					assert.Contains(t, string(p.Stack), "guard_test.go")
					assert.Empty(t, options.Slots)
					require.NoError(t, d.Close())
					require.Empty(t, o.fetchAll(t, openDir(t, dir), Options{Parallel: 3}))
					assert.Equal(t, want, contents(t, dir))
				})
			}
		}
	}
}
