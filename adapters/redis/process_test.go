//go:build unix

package redis_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"sync"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/adapters/redis"
	"github.com/pronet-go/pronet/employee"
)

const (
	places = 10
	window = 2 * time.Second
	// late is by how much the provider of the test may see one call later than another, on a machine that is busy.
	late = window / 5
)

// process is one of several that collect records with one key, until it is killed or has made all its calls.
func process() int {
	client := goredis.NewClient(&goredis.Options{Addr: os.Getenv("PRONET_REDIS_PROCESS"), MaxRetries: -1, DialerRetries: 1})
	limits, err := redis.NewLimits(client)
	if err != nil {
		return 1
	}
	calls, err := pronet.New(pronet.WithCoresignal("key-of-the-test", pronet.BaseURL(os.Getenv("PRONET_REDIS_PROVIDER")),
		pronet.RateLimit("", places, window), pronet.SharedRateLimit(limits, "coresignal", 4)))
	if err != nil {
		return 1
	}
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for n := range 4 {
				for { // the server may be away for a while
					if _, err := calls.Employees.Base.Collect(context.Background(), employee.ID(int64(1+i*100+n))); err == nil {
						break
					}
				}
			}
		})
	}
	wg.Wait()
	return 0
}

// TestFourProcesses hold one limit together, as a provider sees it that knows nothing of them: while one is killed and
// started again, and while Redis is restarted.
func TestFourProcesses(t *testing.T) {
	for name, disturb := range map[string]func(t *testing.T, s *server, kill func()){
		"undisturbed":     func(*testing.T, *server, func()) {},
		"one is killed":   func(_ *testing.T, _ *server, kill func()) { kill() },
		"Redis restarted": func(_ *testing.T, s *server, _ func()) { s.stop(); s.start() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startServer(t)
			var mu sync.Mutex
			var arrived []time.Time
			provider := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				mu.Lock()
				arrived = append(arrived, time.Now())
				mu.Unlock()
				w.Header().Set("Content-Type", "application/json")
				_, _ = fmt.Fprint(w, `{"id":1,"full_name":"Jane"}`)
			}))
			defer provider.Close()
			start := func() *exec.Cmd {
				command := exec.Command(os.Args[0])
				command.Env = append(os.Environ(), "PRONET_REDIS_PROCESS="+s.Address, "PRONET_REDIS_PROVIDER="+provider.URL)
				command.Stderr = os.Stderr
				require.NoError(t, command.Start())
				return command
			}
			var running []*exec.Cmd
			for range 4 {
				running = append(running, start())
			}
			count := func() int {
				mu.Lock()
				defer mu.Unlock()
				return len(arrived)
			}
			require.Eventually(t, func() bool { return count() >= 2*places }, time.Minute, 10*time.Millisecond)
			disturb(t, s, func() {
				require.NoError(t, running[0].Process.Kill())
				_ = running[0].Wait()
				running[0] = start()
			})
			for _, command := range running {
				require.NoError(t, command.Wait())
			}
			slices.SortFunc(arrived, time.Time.Compare)
			assert.GreaterOrEqual(t, len(arrived), 64)
			for i := places; i < len(arrived); i++ {
				if between := arrived[i].Sub(arrived[i-places]); between < window-late {
					t.Errorf("%d calls arrived within %s", places+1, between)
				}
			}
		})
	}
}
