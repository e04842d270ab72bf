//go:build unix

package postgres_test

import (
	"testing"
	"time"

	"github.com/pronet-go/pronet/webhook"
	"github.com/pronet-go/pronet/webhook/deduptest"
)

func TestDedupe(t *testing.T) {
	s := sharedServer(t)
	deduptest.Run(t, func(t *testing.T) deduptest.Storage {
		o := s.migrated(t)
		return deduptest.Storage{Open: func() webhook.Store { return s.store(t, o).Dedupe() }, Pass: time.Sleep, Lease: 2 * time.Second}
	})
}
