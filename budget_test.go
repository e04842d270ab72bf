package pronet_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
)

// spender spends one budget through all that take one. Everything it buys costs 10 credits a piece.
type spender struct {
	client *pronet.Client
	budget *employee.Budget
	bought atomic.Int64
	check  func(err error)
}

func (s *spender) collect(ctx context.Context, ids ...int64) {
	bound := s.client.Employees.Base.WithBudget(s.budget)
	for _, id := range ids {
		_, err := bound.Collect(ctx, employee.ID(id))
		s.note(1, err)
	}
}

func (s *spender) collectMany(ctx context.Context, ids ...int64) {
	var refs []employee.Ref
	for _, id := range ids {
		refs = append(refs, employee.ID(id))
	}
	for result := range s.client.Employees.Base.CollectMany(ctx, refs, employee.CollectManyOptions{Budget: s.budget, Concurrency: 2}) {
		s.note(1, result.Err)
	}
}

func (s *spender) preview(ctx context.Context, pages int) {
	o := employee.PreviewOptions{Pages: pages, Budget: s.budget, OnPage: func(employee.PreviewPage) { s.note(1, nil) }}
	for _, err := range s.client.Employees.Base.AllPreviewsByQuery(ctx, everybody, o) {
		if err != nil {
			s.note(0, err)
		}
	}
}

func (s *spender) request(ctx context.Context, ids ...int64) {
	_, err := s.client.BulkCollect.Base.RequestIDs(ctx, employee.IDs(ids...), bulkcollect.Options{Budget: s.budget})
	s.note(int64(len(ids)), err)
}

func (s *spender) note(pieces int64, err error) {
	if err == nil {
		s.bought.Add(pieces)
	}
	s.check(err)
}

// TestBudgetAcrossServices lets 64 goroutines spend one budget of 1,000 credits through every service that spends.
func TestBudgetAcrossServices(t *testing.T) {
	const credits, price, goroutines, nobody = 1000, 10, 64, 1
	sb, err := sandbox.Start(coresignal.WithPeople(300), coresignal.WithCredits(10*credits), coresignal.WithRateLimit(0), coresignal.WithJobPolls(0))
	require.NoError(t, err)
	t.Cleanup(sb.Close)
	client, err := pronet.New(append(sb.Options(), pronet.WithCoresignal(sb.Coresignal.APIKey(), pronet.RateLimit(10_000, time.Second)))...)
	require.NoError(t, err)
	t.Cleanup(client.CloseIdleConnections)
	ids := sb.Coresignal.PersonIDs()

	s := &spender{client: client, budget: employee.NewBudget(credits)}
	s.check = func(err error) {
		spent := int64(sb.Coresignal.CreditsSpent()) // before what is left, which only shrinks by what is spent
		assert.LessOrEqual(t, spent+s.budget.Left(), int64(credits))
		if err != nil {
			assert.True(t, errors.Is(err, pronet.ErrBudget) || errors.Is(err, pronet.ErrNotFound), "%v", err)
		}
	}
	concurrently := func(spend func(g int)) {
		var all sync.WaitGroup
		for g := range goroutines {
			all.Go(func() { spend(g) })
		}
		all.Wait()
		assert.EqualValues(t, price*s.bought.Load(), sb.Coresignal.CreditsSpent(), "what was bought was paid for")
		assert.EqualValues(t, credits-sb.Coresignal.CreditsSpent(), s.budget.Left(), "nothing stays reserved")
	}
	ctx := t.Context()
	concurrently(func(g int) { // employees that do not exist give their credits back meanwhile
		switch g % 4 {
		case 0:
			s.collect(ctx, nobody, ids[g])
		case 1:
			s.collectMany(ctx, nobody, ids[g], nobody)
		case 2:
			s.preview(ctx, 1)
		case 3:
			s.request(ctx, ids[g])
		}
	})
	assert.Positive(t, s.budget.Left(), "there was less demand")
	assert.Positive(t, s.bought.Load())

	concurrently(func(g int) { // far more demand than budget
		switch g % 4 {
		case 0:
			s.collect(ctx, ids[g:g+5]...)
		case 1:
			s.collectMany(ctx, ids[g:g+5]...)
		case 2:
			s.preview(ctx, employee.MaxPreviewPages)
		case 3:
			s.request(ctx, ids[100+3*(g/4):103+3*(g/4)]...)
			s.request(ctx, ids[200+g])
		}
	})
	assert.Equal(t, credits, sb.Coresignal.CreditsSpent(), "all of it, and no more")
	assert.Zero(t, s.budget.Left())

	requests := sb.Requests()
	s.collect(ctx, ids[0])
	s.collectMany(ctx, ids[0], ids[1])
	s.preview(ctx, 1)
	s.request(ctx, ids[299])
	assert.Equal(t, requests, sb.Requests(), "nothing is sent without credits")
	assert.Equal(t, credits, sb.Coresignal.CreditsSpent())
}
