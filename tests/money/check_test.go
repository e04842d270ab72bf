package money

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// What may be wrong with an account.
const (
	lostNotice        = "a change was neither handed over as a record nor as a doubt"
	staleRecord       = "a change was handed over with a record from before it"
	refusedNotice     = "a genuine delivery was refused"
	notAmongDead      = "what was not understood is not among the dead"
	deadDelivery      = "a delivery is dead although everything works"
	paidInVain        = "a record was paid, and neither handed over nor in doubt"
	boughtAgain       = "more was bought for a notice than it was stored"
	boughtForStranger = "a record was bought of somebody whom the user did not know any more"
	overBudget        = "a process spent more than its budget"
	goneByMistake     = "a person was called gone who was there"
	olderAfterNewer   = "an older record was handed over after a newer one"
	doubtWithoutCause = "a doubt has no cause"
	doubtWithoutName  = "no doubt about a job says which request it is of"
	noOutcome         = "an outcome is neither a record, nor a doubt, nor that somebody is gone"
	emptyRecord       = "what is not a record of the person was handed over as one"
	other             = "other"
)

// atOnce is how many purchases, a job counting as one, a kill may leave in doubt although the provider's response was whole
// or the request did not arrive: what one process does at the same time.
const atOnce = 16

// violation is one broken promise, with what happened to the person it is about.
type violation struct {
	kind, text string
	history    []string
}

// account is what became of what was bought.
type account struct {
	violations                         []violation
	bought, handedOver, inDoubt        int
	left, givenUp                      int // bought of people who left, and for dead deliveries that were put back
	doubts, doubtsUnbought, byKillOnly int
	records, notices, dead             int
	units                              map[string]bool
	toldOnce                           bool
}

func (a *account) add(kind string, p *person, format string, values ...any) {
	v := violation{kind: kind, text: fmt.Sprintf(format, values...)}
	if p != nil {
		v.history = p.events
	}
	a.violations = append(a.violations, v)
}

// report lists the violations, a few of each kind with their history.
func (a *account) report() string {
	var out strings.Builder
	byKind := map[string][]violation{}
	for _, v := range a.violations {
		byKind[v.kind] = append(byKind[v.kind], v)
	}
	for _, kind := range slices.Sorted(maps.Keys(byKind)) {
		fmt.Fprintf(&out, "\n== %d times: %s\n", len(byKind[kind]), kind)
		for i, v := range byKind[kind] {
			if i == 3 {
				break
			}
			fmt.Fprintf(&out, "%s\n", v.text)
			for _, event := range v.history {
				fmt.Fprintf(&out, "  %s\n", event)
			}
		}
	}
	return out.String()
}

func (a *account) String() string {
	return fmt.Sprintf("%d notices, %d records stored, %d deliveries dead. Bought %d, handed over %d, in doubt %d, of people who left %d, given up with the dead %d: %d credits. "+
		"%d doubts, %d of them without a purchase; %d doubts that only a kill explains", a.notices, a.records, a.dead,
		a.bought, a.handedOver, a.inDoubt, a.left, a.givenUp, price*a.bought, a.doubts, a.doubtsUnbought, a.byKillOnly)
}

// check makes the account. Everything must be calm: nothing pending, nobody buying.
func check(w *world) *account {
	w.mu.Lock()
	defer w.mu.Unlock()
	a := &account{bought: len(w.purchases), dead: len(w.dead), toldOnce: w.toldOnce}
	for _, fault := range w.faults {
		a.add(other, nil, "%s", fault)
	}
	for _, id := range w.order {
		p := w.people[id]
		a.money(w, p)
		a.truth(p)
	}
	if allowed := a.kills(w) * atOnce; a.byKillOnly > allowed {
		a.add(doubtWithoutCause, nil, "%d doubts, a job counting as one, are about a whole response or about nothing; at most %d can come of the kills", a.byKillOnly, allowed)
	}
	for number, process := range w.processes {
		if process.spent > process.budget {
			a.add(overBudget, nil, "process %d had %d credits and spent %d", number, process.budget, process.spent)
		}
	}
	for _, d := range w.deliveries {
		a.delivery(w, d)
	}
	return a
}

func (a *account) kills(w *world) int {
	kills := 0
	for _, process := range w.processes {
		if process.killed {
			kills++
		}
	}
	return kills
}

// key is what the module documents as the key of a delivery.
func (d *delivery) key() string {
	sum := sha256.Sum256([]byte(d.body))
	return label + ":" + hex.EncodeToString(sum[:])
}

// delivery looks at what became of each notice.
func (a *account) delivery(w *world, d *delivery) {
	a.notices += len(d.notices)
	reason, dead := w.dead[d.key()]
	switch {
	case d.odd && !dead:
		if !slices.ContainsFunc(d.notices, func(n *notice) bool { return a.became(n) != "" }) && len(d.notices) > 0 {
			return // it was understood after all
		}
		a.add(notAmongDead, nil, "delivery %d, response %d: %s", d.number, d.refused, d.body)
	case !d.odd && d.accepted == 0:
		a.add(refusedNotice, d.notices[0].person, "delivery %d, response %d: %s", d.number, d.refused, d.body)
	case !d.odd && dead:
		a.add(deadDelivery, d.notices[0].person, "delivery %d: %s", d.number, reason)
	case !d.odd:
		for _, n := range d.notices {
			if problem := a.became(n); problem != "" {
				a.add(problem, n.person, "notice %d of delivery %d (sent at %d, version %d) about %d", n.number, d.number, d.sent, n.version, n.person.id)
			}
		}
	}
}

// became returns what is wrong with what became of a notice, or "".
func (a *account) became(n *notice) string {
	p, problem := n.person, lostNotice
	if p.left > 0 {
		return ""
	}
	for _, l := range p.told {
		if !l.committed || l.at < n.delivery.sent || n.number > 0 && !slices.Contains(l.Notices, n.number) {
			continue
		}
		switch {
		case l.Kind == "doubt", l.Kind == "gone" && p.gone > 0 && l.at > p.gone, l.Kind == "record" && l.Version >= n.version:
			return ""
		case l.Kind == "record":
			problem = staleRecord
		}
	}
	if a.toldOnce && slices.ContainsFunc(p.told, func(l *line) bool { return l.committed && l.Kind == "gone" }) {
		return ""
	}
	return problem
}

// truth looks at what the user was told of a person, whether he kept it or not.
func (a *account) truth(p *person) {
	newest := 0
	for _, l := range p.told {
		switch l.Kind {
		case "gone":
			if p.gone == 0 || l.at < p.gone {
				a.add(goneByMistake, p, "%d, at %d: %s", p.id, l.at, l.Text)
			}
		case "error":
			a.add(noOutcome, p, "%d, at %d: %s", p.id, l.at, l.Text)
		case "empty":
			a.add(emptyRecord, p, "%d, at %d", p.id, l.at)
		case "record":
			if l.Version < newest {
				a.add(olderAfterNewer, p, "%d, at %d: version %d after %d", p.id, l.at, l.Version, newest)
			}
			if l.committed {
				newest = l.Version
				a.records++
			}
		}
	}
}
