package pronet_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/wire"
)

var update = flag.Bool("update", false, "write docs/endpoints.md anew")

// TestEndpointsDocument keeps docs/endpoints.md what the operations say. Run it with -update to write it.
func TestEndpointsDocument(t *testing.T) {
	want := endpointsDocument()
	if *update {
		require.NoError(t, os.WriteFile("docs/endpoints.md", []byte(want), 0o644))
	}
	got, err := os.ReadFile("docs/endpoints.md")
	require.NoError(t, err)
	assert.True(t, want == string(got), "docs/endpoints.md is stale: run make docs")
}

func endpointsDocument() string {
	var b strings.Builder
	b.WriteString(`# Endpoints

Generated from the operations in the code (` + "`make docs`" + `); a test fails when it is stale.

*Retried* is the rule by which a failed call is retried: **idempotent** on network errors, 429 and 5xx; **paid read** only
after a response that arrived; **unsent** only when it provably was not processed; **never**. *Class* is the class of calls
that ` + "`pronet.RateLimit`" + ` limits. *Certainty* is **assumed** where no source states a part of what is sent, **reported** where
others than the provider state it, and the note says which.

`)
	listed := map[string]bool{}
	for _, provider := range pronet.Providers() {
		fmt.Fprintf(&b, "## %s\n\nBase URL: `%s`.\n\n| Method and path | Go | Class | Retried | Costs | Certainty | Note |\n|---|---|---|---|---|---|---|\n", provider.Title, provider.Origins[0].URL)
		for _, op := range pronet.Operations() {
			if op.Provider == provider.Name && !listed[row(op)] {
				listed[row(op)] = true
				fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s | %s | %s |\n", endpoint(op), call(op), op.Class, op.Retry, op.Cost, op.Certainty, op.Note)
			}
		}
		b.WriteString("\n")
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

// call are the Go calls of an operation's endpoint: that of each dataset which it serves.
func call(op wire.Op) string {
	var calls []string
	for _, other := range pronet.Operations() {
		if row(other) == row(op) {
			calls = append(calls, "`client."+other.Name+"`")
		}
	}
	return strings.Join(calls, ", ")
}

// row is what one row of the document is about: an endpoint, and how its calls are retried.
func row(op wire.Op) string { return endpoint(op) + " " + op.Retry.String() }

func endpoint(op wire.Op) string { return op.Method + " " + op.Route }

// TestOperationsAreComplete: each operation says all that observers, errors and the document need, and none is declared twice.
func TestOperationsAreComplete(t *testing.T) {
	seen := map[string]bool{}
	for _, op := range pronet.Operations() {
		assert.NotEmpty(t, op.Source, op.Name)
		assert.NotEmpty(t, op.Class, op.Name)
		i := slices.IndexFunc(pronet.Providers(), func(p wire.Provider) bool { return p.Name == op.Provider })
		require.GreaterOrEqual(t, i, 0, "%s: of no provider", op.Name)
		assert.True(t, slices.ContainsFunc(pronet.Providers()[i].Prefixes, func(prefix string) bool { return strings.HasPrefix(op.Route, prefix) }), op.Name)
		assert.False(t, seen[op.Name], op.Name)
		seen[op.Name] = true
		if op.Retry == api.RetryPaidRead || op.Retry == api.RetryUnsent {
			assert.NotEmpty(t, op.InDoubt, "%s: what to look at when its answer was lost", op.Name)
		}
		if op.Price != 0 {
			assert.Contains(t, op.Cost+" ", fmt.Sprintf("%d ", op.Price), "%s: the price in words and as a number", op.Name)
		}
		assert.False(t, op.Certainty != wire.Documented && op.Note == "", op.Name)
	}
}

// TestDocument000IsWrapped: every endpoint that document 000 names has an operation.
func TestDocument000IsWrapped(t *testing.T) {
	for _, endpoint := range []string{
		"POST /cdapi/v1/subscriptions/professional_network/employee/es_dsl",
		"POST /cdapi/v1/subscriptions/professional_network/employee/filter",
		"POST /cdapi/v1/subscriptions/professional_network/employee/id_file",
		"GET /cdapi/v1/professional_network/employee/collect/{employee}",
		"POST /cdapi/v1/professional_network/employee/bulk_collect/id_file",
		"GET /cdapi/v1/bulk_collect/{job}/files",
		"GET /cdapi/v1/bulk_collect/{job}/files/{file...}",
	} {
		assert.True(t, slices.ContainsFunc(pronet.Operations(), func(op wire.Op) bool { return op.Method+" "+op.Route == endpoint }), endpoint)
	}
}
