package prospectnotes_test

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/internal/pronettest"
	"github.com/pronet-go/pronet/prospectnotes"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/linkedin"
	"github.com/pronet-go/pronet/webhook"
)

// pushes are the events of deleted notes in a model: they arrive in any order, late, twice, and in two processes.
type pushes struct {
	other     *pronet.Client // another process, which has the same checkpoint
	impatient bool           // a save during another one is refused, as a file's is
	once      bool           // each deletion is told once
	waiting   []int64        // deleted, and the event is on its way
	done      []int64        // was handled
}

// begin draws what is special. Of half the models the events are the only way to know of a deletion.
func (p *pushes) begin(m *model) (options []sandbox.Option) {
	p.impatient, p.once = m.rng.IntN(2) == 0, m.tx
	switch m.rng.IntN(4) {
	case 0, 1:
		options = append(options, linkedin.WithDeletedListed(time.Nanosecond))
	case 2:
		options = append(options, linkedin.WithDeletedListed(2*time.Hour))
		m.options.Reconcile = prospectnotes.Reconcile{Mode: prospectnotes.ReconcileAlways, DeleteAbsent: m.tx}
		p.once = false // an absence leaves no tombstone
	}
	return options
}

// delivery is the event of a deleted note, whose id is a string or a number, as a spool or a queue has it.
func delivery(contract string, id string) *webhook.Delivery {
	return &webhook.Delivery{
		Source: webhook.SourceLinkedIn, Label: "acme", Key: id,
		Body: []byte(`{"prospectNoteId":` + id + `,"type":"DELETE_PROSPECT_NOTE","integrationContext":"` + contract + `"}`),
	}
}

// push lets an event arrive, if there is one: any that waits, or one that was handled before. The model's turn is held, or
// nothing else happens.
func (m *model) push() {
	p := m.pushed
	list, n := &p.waiting, len(p.waiting)
	again := n == 0 || m.chance(4)
	if again {
		list, n = &p.done, len(p.done)
	}
	if n == 0 {
		return
	}
	i := m.rng.IntN(n)
	id := (*list)[i]
	text := fmt.Sprint(id)
	if m.chance(2) {
		text = `"` + text + `"`
	}
	client := m.client
	if m.chance(2) {
		client = p.other
	}
	err := client.ProspectNotes.Handle(m.t.Context(), m.options, delivery(m.sb.App().Contract, text))
	switch {
	case errors.Is(err, errCrash): // it will be handled again
	case again:
		require.NoError(m.t, err)
	default:
		require.NoError(m.t, err)
		p.waiting = append(p.waiting[:i], p.waiting[i+1:]...)
		p.done = append(p.done, id)
	}
}

// arrive lets all events arrive that wait.
func (p *pushes) arrive(m *model) {
	for len(p.waiting) > 0 {
		m.push()
	}
}

// TestR44PushesAndPollsMerge: whatever order push events and polls come in, the copy equals the source.
func TestR44PushesAndPollsMerge(t *testing.T) {
	seeds := pronettest.Times(40, 1000)
	if pronettest.Race {
		seeds /= 4
	}
	for seed := range uint64(seeds) {
		failed := !t.Run(fmt.Sprint(seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { newModel(t, seed, &pushes{}).run() })
		})
		if failed {
			return
		}
	}
}
