package tests

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/refresh"
	"github.com/pronet-go/pronet/snapshot"
	"github.com/pronet-go/pronet/webhook"
)

type (
	update  = refresh.Update[employee.BaseRecord]
	outcome = refresh.Outcome[employee.BaseRecord]
)

var (
	errRefused = errors.New("the update function refuses")
	errCrash   = errors.New("the process ends")
)

// fleet are processes that take deliveries of one queue and have one store, and a provider. All that happens does so on one
// goroutine: while one process waits for its clock or for a response, others do theirs.
type fleet struct {
	t         *testing.T
	random    *rand.Rand
	versions  map[int64]int // of people, at the provider
	jobs      [][]*employee.BaseRecord
	queue     []*message
	processes []*process
	ticks     int // of the clock that all have
	depth     int
	calm      bool // nothing fails any more
}

type message struct {
	*webhook.Delivery

	busy bool
}

// process is one of a fleet.
type process struct {
	*fleet

	open      func(p *process, o refresh.Options) (*refresh.Refresher[employee.BaseRecord], error)
	skew      time.Duration
	starts    int
	refresher *refresh.Refresher[employee.BaseRecord]
}

// start begins a process anew: what it had in memory is lost.
func (p *process) start() {
	o := refresh.Options{Clock: p.now, Concurrency: 1 + p.random.IntN(3), OneByOne: 1 - 2*p.random.IntN(2)}
	var err error
	p.refresher, err = p.open(p, o)
	require.NoError(p.t, err)
	p.starts++
}

// others lets others do something while the process waits, which may end meanwhile.
func (p *process) others() {
	starts := p.starts
	p.fleet.others()
	if p.starts != starts {
		panic(errCrash)
	}
}

func (p *process) now(context.Context) (time.Time, error) {
	p.ticks++
	now := snapshotNoon.Add(p.skew + time.Duration(p.ticks)*time.Millisecond)
	p.others()
	if p.happens(50) {
		return now, errors.New("the clock is away")
	}
	return now, nil
}

// happens is true once in so many times, while something may fail.
func (f *fleet) happens(once int) bool { return !f.calm && f.random.IntN(once) == 0 }

// others lets others do something while one waits.
func (f *fleet) others() {
	if f.depth > 3 {
		return
	}
	f.depth++
	defer func() { f.depth-- }()
	for range f.random.IntN(3) {
		f.step()
	}
}

func (p *process) record(id int64) *employee.BaseRecord {
	return decode(p.t, fmt.Sprintf(`{"id":%d,"full_name":"Jane","headline":"%d"}`, id, p.versions[id]))
}

func (p *process) Cost() int64 { return 10 }

func (p *process) CollectMany(_ context.Context, refs []employee.Ref, _ employee.CollectManyOptions, _ ...api.CallOption) iter.Seq[employee.Result[employee.BaseRecord]] {
	return func(yield func(employee.Result[employee.BaseRecord]) bool) {
		for _, ref := range refs {
			p.others()
			id, _ := ref.ID()
			result := employee.Result[employee.BaseRecord]{Ref: ref, Record: p.record(id)}
			p.others()
			if p.happens(20) {
				result.Record, result.Err = nil, api.ErrMaybeApplied
			}
			if !yield(result) {
				return
			}
		}
	}
}

func (p *process) RequestIDs(ctx context.Context, ids employee.IDSource, _ bulkcollect.Options, _ ...api.CallOption) (*bulkcollect.Job, error) {
	p.others()
	var records []*employee.BaseRecord
	for id, err := range ids.All(ctx) {
		require.NoError(p.t, err)
		records = append(records, p.record(id))
	}
	p.jobs = append(p.jobs, records)
	made := &bulkcollect.Job{ID: strconv.Itoa(len(p.jobs) - 1)}
	p.others()
	if p.happens(20) {
		return nil, api.ErrMaybeApplied
	}
	return made, nil
}

func (p *process) Wait(context.Context, string, bulkcollect.WaitOptions, ...api.CallOption) ([]string, error) {
	p.others()
	if p.happens(3) {
		return nil, api.ErrUnavailable
	}
	return []string{"a.json"}, nil
}

func (p *process) FileRecords(_ context.Context, job, _ string, _ ...api.CallOption) iter.Seq2[*employee.BaseRecord, error] {
	return func(yield func(*employee.BaseRecord, error) bool) {
		n, err := strconv.Atoi(job)
		require.NoError(p.t, err)
		for _, record := range p.jobs[n] {
			if !yield(record, nil) {
				return
			}
		}
	}
}

// notify puts a delivery about people into the queue.
func (f *fleet) notify(ids ...int64) {
	d := &webhook.Delivery{Key: fmt.Sprint(f.ticks, len(f.queue), f.random.Int()), ReceivedAt: snapshotNoon, Events: []webhook.Event{}}
	for _, id := range ids {
		d.Events = append(d.Events, webhook.EmployeeChanged{ID: id})
	}
	f.queue = append(f.queue, &message{Delivery: d})
}

// step is something that happens: somebody changes, or a process tries a delivery that nobody has in work.
func (f *fleet) step() {
	if f.random.IntN(3) == 0 {
		id := 1 + f.random.Int64N(3)
		f.versions[id]++
		f.notify(id, 1+f.random.Int64N(3))
		return
	}
	free := slices.DeleteFunc(slices.Clone(f.queue), func(m *message) bool { return m.busy })
	if len(free) > 0 {
		f.try(free[f.random.IntN(len(free))], f.processes[f.random.IntN(len(f.processes))])
	}
}

func (f *fleet) try(m *message, p *process) {
	starts := p.starts
	m.busy = true
	err := p.handle(m.Delivery)
	m.busy = false
	if errors.Is(err, errCrash) && p.starts == starts {
		p.start()
	}
	if err == nil {
		f.queue = slices.DeleteFunc(f.queue, func(other *message) bool { return other == m })
	}
}

func (p *process) handle(d *webhook.Delivery) (err error) {
	defer func() {
		if value := recover(); value != nil {
			if value != any(errCrash) {
				panic(value)
			}
			err = errCrash
		}
	}()
	return p.refresher.Handle(p.t.Context(), d)
}

// ledger is where the update functions write what they are told.
type ledger interface {
	write(t *testing.T, u update)
	told(t *testing.T) map[int64][]int
}

// tell is the update function of all processes. It fails and crashes before and after it has written, if what it wrote is
// undone then.
func (f *fleet) tell(l ledger, undone bool) func(context.Context, update) error {
	return func(_ context.Context, u update) error {
		switch {
		case f.happens(8):
			return errRefused
		case f.happens(20):
			panic(errCrash)
		case u.Err != nil && f.random.IntN(2) == 0:
			return refresh.ErrBuyAgain
		case u.Err != nil:
			return nil
		}
		l.write(f.t, u)
		if undone && f.happens(10) {
			panic(errCrash)
		}
		if undone && f.happens(10) {
			return errRefused
		}
		return nil
	}
}

// run lets a fleet work, and then, while nothing fails and nobody changes, until all is done. It returns what was told.
func (f *fleet) run(l ledger, steps int) map[int64][]int {
	for range steps {
		f.step()
	}
	f.calm = true
	f.notify(1, 2, 3)
	for range 10_000 {
		if len(f.queue) == 0 {
			return l.told(f.t)
		}
		f.try(f.queue[0], f.processes[f.random.IntN(len(f.processes))])
	}
	require.Fail(f.t, "the queue does not get empty")
	return nil
}

func newFleet(t *testing.T, seed uint64) *fleet {
	t.Helper()
	return &fleet{t: t, random: rand.New(rand.NewPCG(seed, 1)), versions: make(map[int64]int)}
}

func (f *fleet) add(open func(p *process, o refresh.Options) (*refresh.Refresher[employee.BaseRecord], error), skew time.Duration) {
	p := &process{fleet: f, open: open, skew: skew}
	f.processes = append(f.processes, p)
	p.start()
}

// tells opens Refreshers that tell updates.
func (f *fleet) tells(snapshots snapshot.Store, update func(context.Context, update) error) func(*process, refresh.Options) (*refresh.Refresher[employee.BaseRecord], error) {
	return func(p *process, o refresh.Options) (*refresh.Refresher[employee.BaseRecord], error) {
		return refresh.NewUpdater[employee.BaseRecord](p, p, snapshots, update, refresh.UpdaterOptions{Collect: o})
	}
}

// inMemory is a ledger of one process.
type inMemory map[int64][]int

func (m inMemory) write(t *testing.T, u update) {
	t.Helper()
	m[u.ID] = append(m[u.ID], version(t, u))
}

func (m inMemory) told(*testing.T) map[int64][]int { return m }

func version(t *testing.T, u update) int {
	t.Helper()
	n, err := strconv.Atoi(u.Record.Headline)
	require.NoError(t, err)
	return n
}

// inTable is a ledger in the database, by the transactions of the updates. It has changes only.
type inTable struct{ db *sql.DB }

func (l inTable) write(t *testing.T, u update) {
	t.Helper()
	if len(u.Changes) > 0 {
		_, err := u.Tx.ExecContext(t.Context(), "INSERT INTO told (person, version) VALUES (?, ?)", u.ID, version(t, u))
		require.NoError(t, err)
	}
}

func (l inTable) told(t *testing.T) map[int64][]int {
	t.Helper()
	rows, err := l.db.QueryContext(t.Context(), "SELECT person, version FROM told ORDER BY rowid")
	require.NoError(t, err)
	defer func() { require.NoError(t, rows.Close()) }()
	told := make(map[int64][]int)
	for rows.Next() {
		var id int64
		var version int
		require.NoError(t, rows.Scan(&id, &version))
		told[id] = append(told[id], version)
	}
	require.NoError(t, rows.Err())
	return told
}

// sqliteFleet has three processes with one database.
func sqliteFleet(t *testing.T, seed uint64, skew time.Duration) (*fleet, inTable) {
	t.Helper()
	open := snapshotsInSQLite(t.TempDir(), withLog+"&_pragma=synchronous(off)")
	_, db := open(t)
	_, err := db.ExecContext(t.Context(), "CREATE TABLE told (person BIGINT NOT NULL, version BIGINT NOT NULL, PRIMARY KEY (person, version))")
	require.NoError(t, err)
	f, l := newFleet(t, seed), inTable{db}
	for n := range 3 {
		s, _ := open(t)
		f.add(f.tells(s, f.tell(l, true)), time.Duration(n)*skew)
	}
	return f, l
}

func neverGoesBack(told map[int64][]int) bool {
	for _, versions := range told {
		if !slices.IsSorted(versions) {
			return false
		}
	}
	return true
}

func endsWith(told map[int64][]int, newest map[int64]int) bool {
	for id, version := range newest {
		if n := len(told[id]); n == 0 || told[id][n-1] != version {
			return false
		}
	}
	return true
}

// TestFleetNeverGoesBack: whatever fails and whoever crashes, what is told of a person never goes back, ends with the newest
// version, and in transactions each version is told once.
func TestFleetNeverGoesBack(t *testing.T) {
	t.Run("workers of a process", func(t *testing.T) {
		for seed := range uint64(40) {
			f, l := newFleet(t, seed), inMemory{}
			f.add(f.tells(snapshot.NewMemory(), f.tell(l, false)), 0)
			told := f.run(l, 60)
			require.True(t, neverGoesBack(told), "seed %d: %v", seed, told)
			require.True(t, endsWith(told, f.versions), "seed %d: %v %v", seed, told, f.versions)
		}
	})
	t.Run("processes with SQLite", func(t *testing.T) {
		for seed := range uint64(3) {
			f, l := sqliteFleet(t, seed, 0)
			told := f.run(l, 60)
			require.True(t, neverGoesBack(told), "seed %d: %v", seed, told)
			require.True(t, endsWith(told, f.versions), "seed %d: %v %v", seed, told, f.versions)
		}
	})
}

// TestFleetWithSeveralClocks does not go back either, and misses nothing.
func TestFleetWithSeveralClocks(t *testing.T) {
	for seed := range uint64(3) {
		f, l := sqliteFleet(t, seed, time.Hour)
		told := f.run(l, 60)
		require.True(t, neverGoesBack(told), "seed %d: %v", seed, told)
		require.True(t, endsWith(told, f.versions), "seed %d: %v %v", seed, told, f.versions)
	}
}

// TestFleetWithoutAnOrder goes back, also where the store goes by when outcomes were asked for: the judge sees it.
func TestFleetWithoutAnOrder(t *testing.T) {
	for name, byTime := range map[string]bool{"as they come": false, "by when they were asked for": true} {
		seen := false
		for seed := uint64(0); seed < 500 && !seen; seed++ {
			f, l, last := newFleet(t, seed), inMemory{}, make(map[int64]time.Time)
			tell := f.tell(l, false)
			for range 3 {
				f.add(func(p *process, o refresh.Options) (*refresh.Refresher[employee.BaseRecord], error) {
					return refresh.New[employee.BaseRecord](p, p, func(ctx context.Context, o outcome) error {
						if byTime && !o.Asked.After(last[o.ID]) {
							return nil
						}
						err := tell(ctx, update{ID: o.ID, Record: o.Record, Err: o.Err})
						if err == nil && o.Err == nil {
							last[o.ID] = o.Asked
						}
						return err
					}, o)
				}, 0)
			}
			seen = !neverGoesBack(f.run(l, 60))
		}
		assert.True(t, seen, name)
	}
}

// TestUpdatesOfManyAtOnce: processes that collect and hand over at the same time never go back, on each database.
func TestUpdatesOfManyAtOnce(t *testing.T) {
	onEachSnapshotStore(t, func(t *testing.T, open snapshotStore) {
		_, db := open(t)
		table := "told_" + tableSuffix(t)
		_, err := db.ExecContext(t.Context(), "CREATE TABLE "+table+" (place BIGINT NOT NULL PRIMARY KEY, version BIGINT NOT NULL)")
		require.NoError(t, err)
		provider := new(counting)
		var group sync.WaitGroup
		for n := range 4 {
			s, _ := open(t)
			refresher, err := refresh.NewUpdater(provider, nil, s, func(ctx context.Context, u update) error {
				_, err := u.Tx.ExecContext(ctx, fmt.Sprintf("INSERT INTO %s (place, version) SELECT count(*), %s FROM %[1]s", table, u.Record.Headline))
				return err
			}, refresh.UpdaterOptions{Collect: refresh.Options{OneByOne: -1, Clock: provider.now}})
			require.NoError(t, err)
			group.Go(func() {
				for i := range 10 {
					d := &webhook.Delivery{Key: fmt.Sprint(n, i), ReceivedAt: snapshotNoon, Events: []webhook.Event{webhook.EmployeeChanged{ID: 1}}}
					assert.NoError(t, refresher.Handle(t.Context(), d))
				}
			})
		}
		group.Wait()
		rows, err := db.QueryContext(t.Context(), "SELECT version FROM "+table+" ORDER BY place")
		require.NoError(t, err)
		defer func() { require.NoError(t, rows.Close()) }()
		var told []int
		for rows.Next() {
			var version int
			require.NoError(t, rows.Scan(&version))
			told = append(told, version)
		}
		require.NoError(t, rows.Err())
		assert.NotEmpty(t, told)
		assert.True(t, slices.IsSorted(told), "%v", told)
		assert.Len(t, slices.Compact(told), len(told))
	})
}

// counting is a provider whose records have a new version each time, and a clock for all.
type counting struct{ versions, ticks atomic.Int64 }

func (c *counting) now(context.Context) (time.Time, error) {
	return snapshotNoon.Add(time.Duration(c.ticks.Add(1))), nil
}

func (c *counting) Cost() int64 { return 10 }

func (c *counting) CollectMany(_ context.Context, refs []employee.Ref, _ employee.CollectManyOptions, _ ...api.CallOption) iter.Seq[employee.Result[employee.BaseRecord]] {
	return func(yield func(employee.Result[employee.BaseRecord]) bool) {
		for _, ref := range refs {
			record, err := employee.Decode[employee.BaseRecord](fmt.Appendf(nil, `{"id":1,"full_name":"Jane","headline":"%d"}`, c.versions.Add(1)))
			if !yield(employee.Result[employee.BaseRecord]{Ref: ref, Record: record, Err: err}) {
				return
			}
		}
	}
}
