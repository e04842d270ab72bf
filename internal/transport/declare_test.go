package transport_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
)

// TestOperationsAreThoseOfThePipeline: what is declared belongs to one pipeline, and callers get copies.
func TestOperationsAreThoseOfThePipeline(t *testing.T) {
	first, second := &wire.Op{Name: "Things.Get"}, &wire.Op{Name: "Things.List"}
	p := transport.New(transport.Config{})
	assert.Empty(t, p.Operations())
	p.Declare(first)
	p.Declare(second)
	assert.Equal(t, []wire.Op{*first, *second}, p.Operations())
	p.Operations()[0].Name = "changed"
	assert.Equal(t, "Things.Get", first.Name)
	assert.Empty(t, p.Clone(transport.Config{}).Operations(), "the services of a clone declare their own")
}
