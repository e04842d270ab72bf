package prospectnotes_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/internal/pronettest"
	"github.com/pronet-go/pronet/internal/pronettest/sandboxtest"
	"github.com/pronet-go/pronet/prospectnotes"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/linkedin"
)

var errCrash = errors.New("crashed")

// before calls a function before each request for notes.
type before struct {
	http.RoundTripper
	do func()
}

func (b *before) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "/prospectNotes") {
		b.do()
	}
	return b.RoundTripper.RoundTrip(r)
}

// model is a source that changes at random, and a copy that is kept in step with it by a sync that is cut at random.
type model struct {
	memory

	t       *testing.T
	rng     *rand.Rand
	crashes *rand.Rand // while saving
	sb      *linkedin.Sandbox
	clock   func() time.Time
	skew    time.Duration
	client  *pronet.Client
	options prospectnotes.SyncOptions
	tx      bool // effects are undone when the checkpoint is not saved
	burst   int

	pushed *pushes // nil of a model without push events
	saving sync.Mutex

	turn      chan struct{} // holds what requests change; a mutex would keep the bubble's time from passing
	ids       []int64
	calm      bool
	meanwhile int // changes during the polls of this round
	cut       int // requests until the context ends
	cancel    context.CancelFunc

	copied  copyOf
	effects map[string]int // how often each change was committed
	last    map[string]int64
	cuts    int
}

// chance is true once in n times.
func (m *model) chance(n int) bool { return m.rng.IntN(n) == 0 }

// now is the present by the server's clock.
func (m *model) now() time.Time { return m.clock().Add(m.skew) }

// act changes the source once.
func (m *model) act() {
	time.Sleep(time.Duration(1+m.rng.IntN(5_000)) * time.Millisecond)
	note := linkedin.Note{Text: fmt.Sprint("text ", m.rng.Uint32()), Owner: m.sb.App().Seats[m.rng.IntN(3)]}
	switch pick := m.rng.IntN(10); {
	case pick < 3 || len(m.ids) == 0:
		m.ids = append(m.ids, m.sb.WriteNote(note))
	case pick == 3: // late
		late := time.Duration(m.rng.Int64N(int64(m.options.Overlap) + 1))
		note.Created = m.now().Add(-late)
		m.ids = append(m.ids, m.sb.WriteNote(note))
	case pick == 4: // several at once
		note.Created = m.now()
		for i := range m.rng.IntN(m.burst) {
			note.Owner = m.sb.App().Seats[i%3]
			m.ids = append(m.ids, m.sb.WriteNote(note))
		}
	case pick < 8:
		m.sb.EditNote(m.ids[m.rng.IntN(len(m.ids))], note.Text)
	default:
		if id := m.ids[m.rng.IntN(len(m.ids))]; m.sb.DeleteNote(id) && m.pushed != nil {
			m.pushed.waiting = append(m.pushed.waiting, id)
		}
	}
	if m.pushed != nil && m.chance(3) {
		m.push()
	}
}

// request is called before each request.
func (m *model) request() {
	m.turn <- struct{}{}
	defer func() { <-m.turn }()
	if m.calm {
		return
	}
	if m.cut--; m.cut == 0 {
		m.cancel()
	}
	if m.meanwhile > 0 && m.chance(6) {
		m.meanwhile--
		m.act()
	}
	if m.pushed != nil && m.chance(6) {
		m.push()
	}
}

// Save crashes now and then: before the changes are applied, between that and saving, and behind it.
func (m *model) Save(ctx context.Context, next prospectnotes.State, apply func(context.Context, *sql.Tx) error) error {
	if m.pushed != nil && m.pushed.impatient {
		if !m.saving.TryLock() {
			return prospectnotes.ErrConflict
		}
	} else {
		m.saving.Lock()
	}
	defer m.saving.Unlock()
	crash := m.crashes.IntN(40)
	if m.calm {
		crash = -1
	}
	if crash == 0 {
		return errCrash
	}
	kept, effects, last := maps.Clone(m.copied), maps.Clone(m.effects), maps.Clone(m.last)
	err := m.memory.Save(ctx, next, func(ctx context.Context, tx *sql.Tx) error {
		if err := apply(ctx, tx); err != nil {
			return err
		}
		if crash == 1 {
			return errCrash
		}
		return nil
	})
	if err != nil && m.tx {
		m.copied, m.effects, m.last = kept, effects, last
	}
	if crash == 2 {
		return errCrash
	}
	return err
}

func (m *model) apply(ctx context.Context, b prospectnotes.Batch) error {
	if !m.calm && m.crashes.IntN(40) == 0 {
		return errCrash
	}
	for _, c := range b.Changes {
		if c.Kind != prospectnotes.Upsert {
			require.NotContains(m.t, source(m.sb), c.Note.ID, "what was only changed is not told as %s", c.Kind)
		}
		at := c.Note.LastModified.UnixMilli()
		if m.tx && c.Kind != prospectnotes.Absent {
			effect := fmt.Sprint(c.Note.ID, " ", c.Kind, " ", at)
			m.effects[effect]++
			require.Equal(m.t, 1, m.effects[effect], "each effect happens once: %s", effect)
			if !c.Note.LastModified.IsZero() { // as it is of a push event
				require.GreaterOrEqual(m.t, at, m.last[c.Note.ID], "the changes of one note are in order")
				m.last[c.Note.ID] = at
			}
			if m.pushed != nil && m.pushed.once {
				require.Less(m.t, m.last[c.Note.ID], int64(math.MaxInt64), "nothing comes after a deletion")
				if c.Kind == prospectnotes.Delete {
					m.last[c.Note.ID] = math.MaxInt64
				}
			}
		}
	}
	return m.copied.apply(ctx, b)
}

// poll runs the sync until it has come to the present.
func (m *model) poll() {
	for try := 0; ; try++ {
		if try > 200 {
			m.t.Fatal("the sync does not come to its end")
		}
		ctx, cancel := context.WithCancel(m.t.Context())
		m.turn <- struct{}{}
		m.cancel, m.cut = cancel, -1
		if m.chance(3) {
			m.cut = 1 + m.rng.IntN(20)
		}
		<-m.turn
		report, err := m.client.ProspectNotes.Sync(ctx, m.options)
		cancel()
		if err == nil {
			require.Equal(m.t, m.state().Until, report.Until)
			return
		}
		m.cuts++
		var unstable *prospectnotes.UnstableError
		var limited *pronet.RateLimitError
		switch {
		case errors.Is(err, errCrash), errors.Is(err, context.Canceled), errors.As(err, &unstable) && !m.calm:
		case errors.As(err, &limited):
			time.Sleep(15 * time.Minute)
		default:
			require.NoError(m.t, err)
		}
	}
}

func (m *model) state() prospectnotes.State {
	state, err := m.Load(m.t.Context())
	require.NoError(m.t, err)
	return state
}

// newModel draws all that can be one way or another.
func newModel(t *testing.T, seed uint64, pushes *pushes) *model {
	rng := rand.New(rand.NewPCG(seed, 11))
	pick := func(options ...linkedin.Option) sandbox.Option { return options[rng.IntN(len(options))] }
	m := &model{
		t: t, turn: make(chan struct{}, 1), rng: rng, crashes: rand.New(rand.NewPCG(seed, 12)), copied: copyOf{}, effects: map[string]int{}, last: map[string]int64{}, tx: rng.IntN(2) == 0, burst: 8,
	}
	m.skew = time.Duration(rng.IntN(3)-1) * 10 * time.Minute
	bounds := pick(linkedin.WithBounds(linkedin.ByLastChange), linkedin.WithBounds(linkedin.ByCreation))
	options := []sandbox.Option{
		sandbox.WithStartTime(start), bounds, linkedin.WithTokenLife(12 * time.Hour),
		pick(linkedin.WithTotal(linkedin.TotalStated), linkedin.WithTotal(linkedin.TotalZero), linkedin.WithTotal(linkedin.TotalAbsent)),
		pick(linkedin.WithHoles(0), linkedin.WithHoles(2), linkedin.WithHoles(3)),
		linkedin.WithClockSkew(m.skew), pick(nil, linkedin.WithoutNextLinks()), pick(nil, linkedin.WithTextIDs()),
	}
	m.options = prospectnotes.SyncOptions{
		Checkpoint: m, Apply: m.apply, From: start.Add(-30 * time.Minute), Count: 3 + rng.IntN(8),
		Overlap:  max(0, m.skew) + time.Duration(1+rng.IntN(20))*time.Minute, // or the server's clock is refused
		Window:   time.Duration(1+rng.IntN(12)) * time.Hour,
		Parallel: 1 + rng.IntN(4),
	}
	if m.pushed = pushes; pushes != nil {
		options = append(options, pushes.begin(m)...)
	} else if m.tx && rng.IntN(2) == 0 { // what is deleted does not stay listed
		options = append(options, linkedin.WithDeletedListed(2*time.Hour))
		m.options.Reconcile = prospectnotes.Reconcile{Mode: prospectnotes.ReconcileAlways, DeleteAbsent: true}
	}
	if rng.IntN(2) == 0 {
		options = append(options, linkedin.WithPageLimit(20))
		// More than are listed of a millisecond, but not of each owner, nor of the empty page behind.
		m.burst, m.options.Count = 30, 3+rng.IntN(4)
	} else {
		options = append(options, linkedin.WithPageLimit(0))
	}
	sb, err := sandbox.New(options...)
	require.NoError(t, err)
	require.NoError(t, sb.StartInMemory())
	t.Cleanup(sb.Close)
	transport := &before{&http.Transport{DialContext: sb.Dial, MaxIdleConnsPerHost: 8}, m.request}
	m.client = sandboxtest.Connect(t, append(sb.Options(), pronet.WithTransport(transport))...)
	t.Cleanup(transport.RoundTripper.(*http.Transport).CloseIdleConnections)
	m.sb, m.clock, m.options.Now = sb.LinkedIn, sb.Now, sb.Now
	m.options.Contract = parse(t, m.sb.App().Contract)
	if pushes != nil {
		pushes.other = sandboxtest.Connect(t, sb.Options()...)
	}
	for range rng.IntN(3) {
		sb.Fail(sandbox.Fault{Origin: "linkedin/api", Status: 429, After: rng.IntN(60), Times: 1 + rng.IntN(4)})
	}
	return m
}

// run lets the source live for some days, with polls, and then compares.
func (m *model) run() {
	for range 2 + m.rng.IntN(4) {
		for range m.rng.IntN(12) {
			m.act()
			if m.chance(3) {
				time.Sleep(time.Duration(m.rng.Int64N(int64(4 * time.Hour))))
			}
		}
		time.Sleep(time.Duration(m.rng.Int64N(int64(12 * time.Hour))))
		m.meanwhile = 10
		m.poll()
	}
	m.meanwhile, m.calm = 0, true
	if m.pushed != nil {
		m.pushed.arrive(m)
	}
	time.Sleep(25 * time.Hour) // what was written late is there, and a reconciling walk is due
	m.poll()
	m.poll()
	if want := source(m.sb); !maps.Equal(want, m.copied) {
		for _, n := range m.sb.Notes() {
			id := fmt.Sprint(n.ID)
			if text, ok := want[id]; text != m.copied[id] {
				_, copied := m.copied[id]
				m.t.Errorf("note %s of %s, changed %s, is there: %t, and in the copy: %t; bounds %q, now %s, transactional %t",
					id, n.Created, n.LastModified, ok, copied, m.state().Bounds, m.now(), m.tx)
			}
		}
	}
}

// TestR44TheCopyEqualsTheSource whatever happens: notes that are written, edited and deleted, also during a walk, late and in
// crowds, a server's clock that is ahead or behind, either meaning of the bounds, pages with holes, refusals, and a sync
// that is cut at any step.
func TestR44TheCopyEqualsTheSource(t *testing.T) {
	seeds := pronettest.Times(25, 1000)
	if pronettest.Race {
		seeds /= 3
	}
	for seed := range uint64(seeds) {
		failed := !t.Run(fmt.Sprint(seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { newModel(t, seed, nil).run() })
		})
		if failed {
			return
		}
	}
}
