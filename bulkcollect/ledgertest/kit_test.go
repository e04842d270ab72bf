package ledgertest_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/bulkcollect/ledgertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// file is the ledger of one process, which is opened anew whenever another would be: handles from before use that one.
type file struct {
	mu     sync.Mutex
	ledger *bulkcollect.FileLedger
}

func (f *file) open(t *testing.T, path string) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ledger != nil {
		require.NoError(t, f.ledger.Close())
	}
	var err error
	f.ledger, err = bulkcollect.OpenLedger(path)
	require.NoError(t, err)
}

func (f *file) current() *bulkcollect.FileLedger {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.ledger
}

func (f *file) Get(ctx context.Context, request string) (bulkcollect.Entry, error) {
	return f.current().Get(ctx, request)
}

func (f *file) Put(ctx context.Context, e bulkcollect.Entry) error { return f.current().Put(ctx, e) }

func (f *file) Entries(ctx context.Context) ([]bulkcollect.Entry, error) {
	return f.current().Entries(ctx)
}

// storage is a file, opened by each open.
func storage(t *testing.T) (open func() *file) {
	f, path := &file{}, filepath.Join(t.TempDir(), "ledger.jsonl")
	t.Cleanup(func() {
		if f.ledger != nil {
			assert.NoError(t, f.ledger.Close())
		}
	})
	return func() *file {
		f.open(t, path)
		return f
	}
}

func TestFileLedger(t *testing.T) {
	ledgertest.Run(t, func(t *testing.T) func() bulkcollect.Ledger {
		open := storage(t)
		return func() bulkcollect.Ledger { return open() }
	})
}

// wrong is a ledger in memory that does one thing wrong.
type wrong struct {
	bulkcollect.Ledger
	put func(l bulkcollect.Ledger, ctx context.Context, e bulkcollect.Entry) error
}

func (w wrong) Put(ctx context.Context, e bulkcollect.Entry) error { return w.put(w.Ledger, ctx, e) }

// early puts an entry with its next call only: if its process dies before, a job is paid that nobody knows of.
type early struct {
	bulkcollect.Ledger
	mu      sync.Mutex
	pending *bulkcollect.Entry
}

func (e *early) flush(ctx context.Context) (err error) {
	if e.pending != nil {
		err = e.Ledger.Put(ctx, *e.pending)
		e.pending = nil
	}
	return err
}

func (e *early) Put(ctx context.Context, entry bulkcollect.Entry) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	err := errors.Join(e.flush(ctx), ctx.Err())
	present, getting := e.Ledger.Get(ctx, entry.Request)
	switch err = errors.Join(err, getting); {
	case err != nil:
		return err
	case entry.Revision != present.Revision+1:
		return api.ErrConflict
	}
	e.pending = &entry
	return nil
}

func (e *early) Get(ctx context.Context, request string) (bulkcollect.Entry, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.flush(ctx); err != nil {
		return bulkcollect.Entry{}, err
	}
	return e.Ledger.Get(ctx, request)
}

func (e *early) Entries(ctx context.Context) ([]bulkcollect.Entry, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.flush(ctx); err != nil {
		return nil, err
	}
	return e.Ledger.Entries(ctx)
}

// TestWrongLedgersAreCaught, each by the names of the rules that it breaks.
func TestWrongLedgersAreCaught(t *testing.T) {
	type ledger = bulkcollect.Ledger
	for name, c := range map[string]struct {
		put     func(l ledger, ctx context.Context, e bulkcollect.Entry) error // nil is right
		early   bool
		forgets bool // each open is another, empty ledger
		breaks  []string
		andMore bool
	}{
		"forgets on restart": {forgets: true, andMore: true, breaks: []string{"what was put outlives the process", "all entries are returned"}},
		"acknowledges early": {early: true, andMore: true, breaks: []string{"what was put outlives the process"}},
		"no fencing": {put: func(l ledger, ctx context.Context, e bulkcollect.Entry) error {
			present, err := l.Get(ctx, e.Request)
			if err != nil {
				return err
			}
			e.Revision = present.Revision + 1
			return l.Put(ctx, e)
		}, andMore: true, breaks: []string{"an old entry is not put over a newer one", "of many that put one revision one wins"}},
		"one that keeps the first entry only": {put: func(l ledger, ctx context.Context, e bulkcollect.Entry) error {
			if e.Revision > 1 {
				return nil
			}
			return l.Put(ctx, e)
		}, andMore: true, breaks: []string{"what was put is got, with every field", "all entries are returned"}},
		"one whose names are in small letters": {put: func(l ledger, ctx context.Context, e bulkcollect.Entry) error {
			e.Request = strings.ToLower(e.Request)
			return l.Put(ctx, e)
		}, breaks: []string{"requests that look alike are kept apart"}},
	} {
		t.Run(name, func(t *testing.T) {
			var broken []string
			for _, rule := range ledgertest.Rules() {
				open := storage(t)
				err := rule.Check(t.Context(), func() bulkcollect.Ledger {
					if c.forgets {
						open = storage(t)
					}
					switch {
					case c.early:
						return &early{Ledger: open()}
					case c.put == nil:
						return open()
					}
					return wrong{open(), c.put}
				})
				if err != nil {
					broken = append(broken, rule.Name)
				}
			}
			if c.andMore {
				assert.Subset(t, broken, c.breaks)
				return
			}
			assert.ElementsMatch(t, c.breaks, broken)
		})
	}
}
