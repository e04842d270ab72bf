package pronet

import (
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/wire"
)

// Operations lists every endpoint that a client wraps.
func Operations() []wire.Op {
	client, err := New()
	if err != nil {
		panic(err)
	}
	return client.pipeline.Operations()
}

// Providers are the rows of all providers, with their own base URLs as their origins.
func Providers() []wire.Provider {
	var rows []wire.Provider
	for _, p := range []provider{newCoresignal(api.Secret{}), newCoresignalV1(api.Secret{}), newLinkedIn(nil, api.Secret{}), newSalesWebhooks(api.Secret{})} {
		base, err := parseBaseURL(p.address, false, nil)
		if err != nil {
			panic(err)
		}
		p.row.Origins = append([]wire.Origin{{URL: base}}, p.row.Origins...)
		rows = append(rows, p.row)
	}
	return rows
}
