package ordered

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type piece struct{ in, out int }

// count makes the numbers below n.
func count(n int) func(context.Context, *Maker[*piece]) {
	return func(_ context.Context, m *Maker[*piece]) {
		for i := range n {
			p, ok := m.Next()
			if !ok {
				return
			}
			p.in = i
			m.Send()
		}
	}
}

func square(_ context.Context, p *piece) { p.out = p.in * p.in }

func pieces(n int) []*piece {
	all := make([]*piece, n)
	for i := range all {
		all[i] = &piece{}
	}
	return all
}

func collect(t *testing.T, l Line[*piece]) (out []int) {
	t.Helper()
	require.NoError(t, l.Run(t.Context(), func(p *piece) bool {
		out = append(out, p.out)
		return true
	}))
	return out
}

func squares(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i * i
	}
	return all
}

func TestPiecesComeInTheirOrder(t *testing.T) {
	for workers := 1; workers <= 5; workers++ {
		for _, n := range []int{0, 1, 2, 7, 1000} {
			l := Line[*piece]{Pieces: pieces(workers + 2), Make: []func(context.Context, *Maker[*piece]){count(n)}, Work: square, Workers: workers}
			l.Work = func(ctx context.Context, p *piece) {
				if p.in%3 == 0 {
					runtime.Gosched()
				}
				square(ctx, p)
			}
			assert.True(t, slices.Equal(squares(n), collect(t, l)), "%d workers, %d pieces", workers, n)
		}
	}
}

func TestPiecesComeAsTheyAreReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := Line[*piece]{Pieces: pieces(4), Make: []func(context.Context, *Maker[*piece]){count(4)}, Workers: 4, Unordered: true}
		l.Work = func(ctx context.Context, p *piece) {
			<-time.After(time.Duration(10-p.in) * time.Second)
			square(ctx, p)
		}
		assert.Equal(t, []int{9, 4, 1, 0}, collect(t, l))
	})
	all := collect(t, Line[*piece]{Pieces: pieces(5), Make: []func(context.Context, *Maker[*piece]){count(100), count(100), count(100)}, Work: square, Workers: 2})
	assert.Len(t, all, 300, "each maker's pieces")
	slices.Sort(all)
	assert.Equal(t, squares(100), slices.Compact(all))
}

// TestNoMorePiecesAreInFlight: the maker waits for the caller.
func TestNoMorePiecesAreInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var made atomic.Int64
		l := Line[*piece]{Pieces: pieces(3), Work: square, Workers: 2, Make: []func(context.Context, *Maker[*piece]){
			func(_ context.Context, m *Maker[*piece]) {
				for {
					if _, ok := m.Next(); !ok {
						return
					}
					made.Add(1)
					m.Send()
				}
			},
		}}
		taken := int64(0)
		require.NoError(t, l.Run(t.Context(), func(*piece) bool {
			synctest.Wait()
			taken++
			assert.Equal(t, taken+2, made.Load())
			return taken < 10
		}))
	})
}

func TestSettleWaitsForTheCaller(t *testing.T) {
	taken, settled := 0, []int(nil)
	l := Line[*piece]{Pieces: pieces(4), Work: square, Workers: 2, Make: []func(context.Context, *Maker[*piece]){
		func(_ context.Context, m *Maker[*piece]) {
			for range 5 {
				for range 3 {
					_, _ = m.Next()
					m.Send()
				}
				_, _ = m.Next() // given back
				if !m.Settle() {
					return
				}
				settled = append(settled, taken)
			}
		},
	}}
	require.NoError(t, l.Run(t.Context(), func(*piece) bool { taken++; return true }))
	assert.Equal(t, []int{3, 6, 9, 12, 15}, settled)

	l.Make[0] = func(ctx context.Context, m *Maker[*piece]) {
		_, _ = m.Next()
		m.Send()
		assert.False(t, m.Settle(), "the walk ends first")
		_, ok := m.Next()
		assert.False(t, ok)
		assert.Error(t, ctx.Err())
	}
	require.NoError(t, l.Run(t.Context(), func(*piece) bool { return false }))
}

func TestTheWalkEndsWithTheLoop(t *testing.T) {
	for name, leave := range map[string]func() bool{
		"false": func() bool { return false },
		"panic": func() bool { panic("in the loop") },
	} {
		t.Run(name, func(t *testing.T) {
			n, interrupted := 0, false
			l := Line[*piece]{Pieces: pieces(6), Make: []func(context.Context, *Maker[*piece]){count(1e6)}, Work: square, Workers: 3, Interrupt: func() { interrupted = true }}
			run := func() error {
				return l.Run(t.Context(), func(*piece) bool {
					n++
					return n < 5 || leave()
				})
			}
			if name == "panic" {
				assert.PanicsWithValue(t, "in the loop", func() { _ = run() })
			} else {
				require.NoError(t, run())
			}
			assert.Equal(t, 5, n)
			assert.True(t, interrupted)
		})
	}
}

func TestInterruptFreesWhoBlocks(t *testing.T) {
	r, w := io.Pipe()
	l := Line[*piece]{Pieces: pieces(3), Work: square, Workers: 1, Interrupt: func() { _ = w.Close() }, Make: []func(context.Context, *Maker[*piece]){
		func(ctx context.Context, m *Maker[*piece]) {
			count(1)(ctx, m)
			_, err := r.Read(make([]byte, 1))
			assert.Equal(t, io.EOF, err)
		},
	}}
	require.NoError(t, l.Run(t.Context(), func(*piece) bool { return false }))
}

func TestTheContextEndsTheWalk(t *testing.T) {
	for name, l := range map[string]Line[*piece]{
		"before a piece": {Make: []func(context.Context, *Maker[*piece]){func(ctx context.Context, _ *Maker[*piece]) { <-ctx.Done() }}, Work: square},
		"while worked on": {Make: []func(context.Context, *Maker[*piece]){count(1)}, Work: func(ctx context.Context, _ *piece) {
			<-ctx.Done()
		}},
		"in the middle": {Make: []func(context.Context, *Maker[*piece]){count(1e9)}, Work: square},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				l.Pieces, l.Workers = pieces(4), 2
				err := l.Run(ctx, func(*piece) bool { <-time.After(time.Millisecond); return true })
				require.ErrorIs(t, err, context.DeadlineExceeded)
			})
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	l := Line[*piece]{Pieces: pieces(4), Make: []func(context.Context, *Maker[*piece]){count(3)}, Work: square, Workers: 1}
	require.ErrorIs(t, l.Run(ctx, func(*piece) bool { t.Error("taken"); return true }), context.Canceled)
}

// TestAPanicComesToTheCaller and behind the pieces that were good.
func TestAPanicComesToTheCaller(t *testing.T) {
	broken := errors.New("broken")
	bad := func(does func()) func(context.Context, *piece) {
		return func(_ context.Context, p *piece) {
			if p.out = -1; p.in == 7 {
				does()
			}
			p.out = p.in
		}
	}
	for name, tt := range map[string]struct {
		work  func(context.Context, *piece)
		after func()
		want  error
		text  string
	}{
		"of an error":  {bad(func() { panic(broken) }), func() {}, broken, "broken"},
		"of a text":    {bad(func() { panic("odd") }), func() {}, nil, "panic: odd\n\ngoroutine"},
		"of Goexit":    {bad(runtime.Goexit), func() {}, errGoexit, "the function ended its goroutine"},
		"of the maker": {square, func() { panic(broken) }, broken, "TestAPanicComesToTheCaller"},
		"its Goexit":   {square, runtime.Goexit, errGoexit, ""},
	} {
		t.Run(name, func(t *testing.T) {
			for workers := 1; workers < 4; workers++ {
				last := 0
				l := Line[*piece]{Pieces: pieces(workers + 2), Work: tt.work, Workers: workers, Make: []func(context.Context, *Maker[*piece]){
					func(ctx context.Context, m *Maker[*piece]) {
						count(8)(ctx, m)
						tt.after()
					},
				}}
				p := caught(func() {
					_ = l.Run(t.Context(), func(p *piece) bool { last = p.in; return true })
				})
				require.NotNil(t, p)
				assert.Equal(t, 7, last)
				assert.Contains(t, p.Error(), tt.text)
				if tt.want == nil {
					assert.NoError(t, p.Unwrap())
					continue
				}
				assert.ErrorIs(t, p, tt.want)
			}
		})
	}
}

// TestAPanicOfOneOfSeveralMakers is told while the others have much to do, or wait for what the one held.
func TestAPanicOfOneOfSeveralMakers(t *testing.T) {
	broken := errors.New("broken")
	waits := func(ctx context.Context, m *Maker[*piece]) {
		count(1)(ctx, m)
		<-ctx.Done()
	}
	for name, panics := range map[string]func(context.Context, *Maker[*piece]){
		"at once":        func(context.Context, *Maker[*piece]) { panic(broken) },
		"Goexit":         func(context.Context, *Maker[*piece]) { runtime.Goexit() },
		"with a piece":   func(_ context.Context, m *Maker[*piece]) { _, _ = m.Next(); panic(broken) },
		"behind a piece": func(ctx context.Context, m *Maker[*piece]) { count(2)(ctx, m); panic(broken) },
	} {
		t.Run(name, func(t *testing.T) {
			for _, makers := range [][]func(context.Context, *Maker[*piece]){{panics, waits, waits}, {waits, panics}, {panics, panics, panics}} {
				l := Line[*piece]{Pieces: pieces(5), Make: makers, Work: square, Workers: 2}
				p := caught(func() { _ = l.Run(t.Context(), func(*piece) bool { return true }) })
				require.NotNil(t, p)
				assert.Equal(t, name != "Goexit", errors.Is(p, broken))
			}
		})
	}
	l := Line[*piece]{
		Pieces: pieces(3), Make: []func(context.Context, *Maker[*piece]){func(context.Context, *Maker[*piece]) { panic(broken) }},
		Work: square, Workers: 1, Unordered: true,
	}
	require.ErrorIs(t, caught(func() { _ = l.Run(t.Context(), func(*piece) bool { return true }) }), broken)
}

// TestAnInterruptThatPanics leaves no goroutine nonetheless.
func TestAnInterruptThatPanics(t *testing.T) {
	freed, ended := make(chan struct{}), false
	l := Line[*piece]{Pieces: pieces(3), Work: square, Workers: 1, Make: []func(context.Context, *Maker[*piece]){
		func(ctx context.Context, m *Maker[*piece]) {
			count(1)(ctx, m)
			<-freed
			ended = true
		},
	}, Interrupt: func() { close(freed); panic("interrupted") }}
	assert.PanicsWithValue(t, "interrupted", func() { _ = l.Run(t.Context(), func(*piece) bool { return false }) })
	assert.True(t, ended)
}

func TestGuard(t *testing.T) {
	broken := &Panic{Value: errors.New("broken"), Stack: []byte("elsewhere")}
	for name, tt := range map[string]struct {
		f    func()
		want func(*Panic) bool
	}{
		"normal":  {func() {}, func(p *Panic) bool { return p == nil }},
		"panic":   {func() { panic("odd") }, func(p *Panic) bool { return p.Value == "odd" && len(p.Stack) > 0 }},
		"again":   {func() { Rethrow(broken) }, func(p *Panic) bool { return p == broken }},
		"Goexit":  {runtime.Goexit, func(p *Panic) bool { return errors.Is(p, errGoexit) }},
		"nothing": {func() { Rethrow(nil) }, func(p *Panic) bool { return p == nil }},
	} {
		t.Run(name, func(t *testing.T) {
			called := 0
			var wg sync.WaitGroup
			wg.Go(func() {
				Guard(tt.f, func(p *Panic) {
					called++
					assert.True(t, tt.want(p))
				})
			})
			wg.Wait()
			assert.Equal(t, 1, called)
		})
	}
}

func caught(f func()) (p *Panic) {
	defer func() { p, _ = recover().(*Panic) }()
	f()
	return nil
}

func TestLinesRunBesideEachOther(t *testing.T) {
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			l := Line[*piece]{Pieces: pieces(5), Make: []func(context.Context, *Maker[*piece]){count(100 * i)}, Work: square, Workers: 2}
			assert.Equal(t, fmt.Sprint(squares(100*i)), fmt.Sprint(collect(t, l)))
		})
	}
	wg.Wait()
}
