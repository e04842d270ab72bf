package money

import (
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if os.Getenv(asReceiver) != "" {
		if err := receive(); err != nil {
			fmt.Fprintln(os.Stderr, "money: the receiver ended:", err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

func hard() bool { return os.Getenv("PRONET_HARD") == "1" }

// seed is another each time unless PRONET_SEED says which.
func seed(t *testing.T) uint64 {
	text := os.Getenv("PRONET_SEED")
	if text == "" {
		return uint64(time.Now().UnixNano()) % 1_000_000
	}
	n, err := strconv.ParseUint(text, 10, 64)
	assert.NoError(t, err)
	return n
}

// TestMoney: nothing is bought twice, nothing is lost, nobody is gone by mistake, no older record follows a newer one, with a
// provider behind a bad proxy, a bad database, and a process that is killed at every moment.
func TestMoney(t *testing.T) {
	how := size{notices: 300, people: 60, kills: 6}
	if hard() {
		how = size{notices: 10_000, people: 1500, kills: 50}
	}
	a := judge(t, seed(t), how, "")
	t.Log(a)
	if len(a.violations) > 0 {
		t.Error(a.report())
	}
}

// TestMutants: a receiver that breaks a promise is found out.
func TestMutants(t *testing.T) {
	if !hard() {
		t.Skip("PRONET_HARD=1 runs a receiver for each promise that it breaks; TestTheAccountSees is the same without processes")
	}
	for mutant, want := range mutants {
		t.Run(mutant, func(t *testing.T) {
			how := size{notices: 300, people: 60, kills: 3}
			if want == doubtWithoutCause {
				how.kills = 0 // each kill may be the cause of as many doubts as there are calls at once
			}
			a := judge(t, seed(t), how, mutant)
			t.Log(a)
			found := map[string]int{}
			for _, v := range a.violations {
				found[v.kind]++
			}
			t.Log(a.report())
			assert.Positive(t, found[want], want)
		})
	}
}
