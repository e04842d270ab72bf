package refresh_test

import (
	"context"
	"database/sql"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/refresh"
	"github.com/pronet-go/pronet/snapshot"
)

// transactions is a store in memory whose transactions happen or not.
type transactions struct {
	*snapshot.Memory

	committed, rolledBack int
}

type staged struct {
	*snapshot.Memory

	puts []func() error
}

func (s *staged) Put(ctx context.Context, key snapshot.Key, v snapshot.Snapshot) error {
	s.puts = append(s.puts, func() error { return s.Memory.Put(ctx, key, v) })
	return nil
}

func (s *staged) Forget(ctx context.Context, id int64) error {
	s.puts = append(s.puts, func() error { return s.Memory.Forget(ctx, id) })
	return nil
}

func (s *transactions) Transaction(_ context.Context, do func(tx *sql.Tx, store snapshot.Store) error) error {
	done := false
	defer func() {
		if !done {
			s.rolledBack++
		}
	}()
	in := &staged{Memory: s.Memory}
	if err := do(new(sql.Tx), in); err != nil {
		return err
	}
	done = true
	s.committed++
	for _, put := range in.puts {
		if err := put(); err != nil {
			return err
		}
	}
	return nil
}

// TestPipelineInATransaction: the function has it, and the snapshot is kept only with what the function wrote.
func TestPipelineInATransaction(t *testing.T) {
	store := &transactions{Memory: snapshot.NewMemory()}
	s := newMarket(1)
	r := newRig(t, s, refresh.PipelineOptions{Window: -1, Snapshots: store})
	calls := 0
	r.refuse = func(u Update) error {
		assert.NotNil(t, u.Tx)
		assert.Empty(t, r.kept(1))
		switch calls++; calls {
		case 1:
			return errStore
		case 2:
			panic("the function panics")
		}
		return nil
	}
	r.start()
	r.notify(`"headline"`, 1)
	r.settle()
	assert.Equal(t, 3, calls)
	assert.Equal(t, s.record(1), r.kept(1))
	s.remove(1)
	r.refuse = nil
	r.notify(`"headline"`, 1)
	r.settle()
	assert.Equal(t, `"profile_gone"`, r.kept(1))
	assert.Equal(t, 2, store.committed)
	assert.Equal(t, 2, store.rolledBack)
	bought, _ := r.bought()
	assert.Equal(t, 1, bought)
	require.Empty(t, r.dead())
}
