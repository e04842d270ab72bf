//go:build unix

package fleet

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/pronet-go/pronet/examples/fleet/testservers"
	"github.com/pronet-go/pronet/internal/pronettest"
)

func TestMain(m *testing.M) {
	if testservers.ServesNATS() {
		return
	}
	if os.Getenv(asProcess) != "" {
		if err := process(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	// toxiproxy leaves one behind when a connection is cut while a toxic holds something back.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2/toxics.(*ToxicStub).Run"))
}

// judge runs a fleet and makes the account.
func judge(t *testing.T, how size, mutant string) (*fleet, *account) {
	t.Helper()
	seed := uint64(time.Now().UnixNano()) % 1_000_000
	if text := os.Getenv("PRONET_SEED"); text != "" {
		var err error
		seed, err = strconv.ParseUint(text, 10, 64)
		require.NoError(t, err)
	}
	t.Log("PRONET_SEED =", seed)
	ctx, cancel := context.WithTimeout(t.Context(), how.during+10*time.Minute)
	defer cancel()
	w := newWorld(60)
	p := newProvider(w)
	defer p.server.Close()
	f := newFleet(t, w, p, how, seed, mutant)
	f.prepare(ctx)
	f.run(ctx)
	a := f.check(ctx)
	t.Log(a.summary)
	return f, a
}

// TestFleet: four processes are one receiver, whatever happens to them and to the servers, with the notices in a directory
// of each or in NATS.
func TestFleet(t *testing.T) {
	for where, inNATS := range map[string]bool{"directories": false, "NATS": true} {
		t.Run(where, func(t *testing.T) {
			how := size{during: 24 * time.Second, killing: 3 * time.Second, away: [2]time.Duration{time.Second, 4500 * time.Millisecond}, perBurst: 10, budget: 50}
			if pronettest.Hard() {
				how = size{during: 5 * time.Minute, killing: 10 * time.Second, away: [2]time.Duration{time.Second, 20 * time.Second}, perBurst: 10, budget: 500}
			}
			how.inNATS = inNATS
			f, a := judge(t, how, "")
			if len(a.found) > 0 {
				t.Error(f.report(a))
			}
		})
	}
}

// report is what a person needs: what was found, what happened about it, and what the processes said.
func (f *fleet) report(a *account) string {
	var text strings.Builder
	for _, name := range slices.Compact(a.all()) {
		list := a.found[name]
		fmt.Fprintf(&text, "%s (%d):\n", name, len(list))
		for _, found := range list[:min(20, len(list))] {
			fmt.Fprintln(&text, "   ", found)
		}
	}
	for server, spans := range f.outages {
		for _, s := range spans {
			fmt.Fprintln(&text, server, "disturbed from", s.begin.Format("05.000"), "to", s.end.Format("05.000"))
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, line := range f.log[max(0, len(f.log)-400):] {
		fmt.Fprintln(&text, line)
	}
	return text.String()
}

// TestMutants: the judge finds what is wrong with each receiver that breaks a promise, by its name.
func TestMutants(t *testing.T) {
	if !pronettest.Hard() {
		t.Skip("the judge of the judge takes minutes")
	}
	for mutant, want := range mutants {
		t.Run(mutant, func(t *testing.T) {
			how := size{during: 9 * time.Second, killing: 3 * time.Second, calm: true, perBurst: 20, budget: 30}
			f, a := judge(t, how, mutant)
			if len(a.found[want]) == 0 {
				t.Errorf("it was not found: %s\n%s", want, f.report(a))
			}
		})
	}
}
