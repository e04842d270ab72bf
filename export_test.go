package pronet

import "github.com/pronet-go/pronet/internal/wire"

// Operations lists every endpoint that a client wraps.
func Operations() []wire.Op {
	client, err := New()
	if err != nil {
		panic(err)
	}
	return client.pipeline.Operations()
}
