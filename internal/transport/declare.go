package transport

import "github.com/pronet-go/pronet/internal/wire"

// Declare makes known which operations a service sends through the pipeline, in the order of their rows. It is for the
// constructors of the services, before the pipeline is used.
func (p *Pipeline) Declare(ops ...*wire.Op) { p.declared = append(p.declared, ops...) }

// Operations returns a copy of every operation that was declared.
func (p *Pipeline) Operations() []wire.Op {
	all := make([]wire.Op, len(p.declared))
	for i, op := range p.declared {
		all[i] = *op
	}
	return all
}
