package pronet_test

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/wire"
	"github.com/pronet-go/pronet/sandbox"
)

// providerContract is what the tests below need to know of a provider: its file contract_*_test.go has it.
type providerContract struct {
	providers []api.Provider
	rows      []string // the operations that can be called
	begin     func(t *testing.T, prefix string) running
}

// running is a sandbox, behind a path prefix, and a client.
type running struct {
	sb      *sandbox.Sandbox
	url     string
	call    func(ctx context.Context, name string) error
	effects func(op wire.Op) int // what a call of the operation has done that cannot be undone
	extra   map[string]int       // requests of operations that were made to begin
}

var contracts = []providerContract{coresignalContract, linkedinContract, salesContract}

// operations are those of the contract's provider.
func (c *providerContract) operations() []wire.Op {
	return slices.DeleteFunc(pronet.Operations(), func(op wire.Op) bool { return !slices.Contains(c.providers, op.Provider) })
}

var (
	manySegments = regexp.MustCompile(`\{[^}]*\.\.\.\}`)
	oneSegment   = regexp.MustCompile(`\{[^}]*\}`)
)

// requestPattern is the path pattern of an operation's requests. A {name...} stands for two segments, such as those of a
// file's name in Coresignal's current API.
func requestPattern(op wire.Op) string {
	return oneSegment.ReplaceAllString(manySegments.ReplaceAllString(op.Route, "*/*"), "*")
}

// requestsOf counts an operation's requests. A {name...} may be one segment too.
func requestsOf(sb *sandbox.Sandbox, op wire.Op) int {
	pattern := requestPattern(op)
	n := sb.RequestsTo(op.Method, pattern)
	if one, many := strings.CutSuffix(pattern, "*/*"); many {
		n += sb.RequestsTo(op.Method, one+"*")
	}
	return n
}

// TestContract makes a call of every operation against the sandbox behind a path prefix, which catches absolute URLs:
// the call succeeds, and exactly the request of that operation arrives.
func TestContract(t *testing.T) {
	covered := 0
	for _, c := range contracts {
		for _, op := range c.operations() {
			covered++
			t.Run(op.Name, func(t *testing.T) {
				require.Contains(t, c.rows, op.Name, "the contract table has no row for it")
				r := c.begin(t, "/gateway/provider")
				require.True(t, strings.HasSuffix(r.url, "/gateway/provider"))
				require.NoError(t, r.call(t.Context(), op.Name))
				assert.Positive(t, requestsOf(r.sb, op))
			})
		}
		assert.Len(t, c.rows, len(c.operations()), "a row without an operation")
	}
	assert.Equal(t, len(pronet.Operations()), covered, "an operation of a provider without a contract")
}

// TestLostAnswersOfSpendingCalls: the sandbox carries out each paid or creating call and drops the connection. Nothing
// happens twice, and the caller is told that it may have happened and where to look.
func TestLostAnswersOfSpendingCalls(t *testing.T) {
	tested := 0
	for _, c := range contracts {
		for _, op := range c.operations() {
			if op.Retry != api.RetryPaidRead && op.Retry != api.RetryUnsent {
				continue
			}
			for name, drop := range map[string]sandbox.Drop{"without a response": sandbox.DropAfterAct, "in the middle of the response": sandbox.DropMidBody} {
				tested++
				t.Run(op.Name+" "+name, func(t *testing.T) {
					r := c.begin(t, "")
					r.sb.Fail(sandbox.Fault{Method: op.Method, Path: requestPattern(op), Drop: drop})
					err := r.call(t.Context(), op.Name)
					require.ErrorIs(t, err, api.ErrMaybeApplied)
					assert.ErrorContains(t, err, "before you retry: "+op.InDoubt)
					assert.Equal(t, 1, requestsOf(r.sb, op)-r.extra[op.Name], "requests")
					assert.Equal(t, 1, r.effects(op), "effects")
				})
			}
		}
	}
	assert.GreaterOrEqual(t, tested, 20)
}
