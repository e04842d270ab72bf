package money

import (
	"fmt"
	"maps"
	"slices"
)

// doubt is one thing that the user was told he cannot know.
type doubt struct {
	at      int
	unit    string // what one request was about
	used    bool
	process int
}

// money finds for each purchase about a person what became of it, and for each doubt its cause.
func (a *account) money(w *world, p *person) {
	handed := map[int]bool{}
	for _, l := range p.told {
		if l.committed && l.Kind == "record" {
			handed[l.Purchase] = true
			if l.Purchase < 1 || l.Purchase > len(w.purchases) || w.purchases[l.Purchase-1].person != p {
				a.add(emptyRecord, p, "%d, at %d: record %d was not bought of this person", p.id, l.at, l.Purchase)
			}
		}
	}
	doubts := a.doubtsOf(p)
	a.doubts += len(doubts)
	keptByDead := 0
	jobsInDoubt, named := 0, slices.ContainsFunc(p.told, func(l *line) bool { return l.Named })
	var open []*purchase // those that are known to be in doubt first
	for _, b := range p.bought {
		if p.left > 0 && b.process >= p.left {
			a.add(boughtForStranger, p, "%d: record %d", p.id, b.number)
		}
		if handed[b.number] {
			a.handedOver++
		} else {
			open = append(open, b)
		}
	}
	slices.SortStableFunc(open, func(a, b *purchase) int { return whole(a) - whole(b) })
	for _, b := range open {
		since := b.at
		if process := w.processes[b.process]; process.killed {
			since = min(since, process.ended) // the request was on its way when the process was killed
		}
		i := slices.IndexFunc(doubts, func(d *doubt) bool { return !d.used && d.at > since })
		switch {
		case i >= 0:
			doubts[i].used = true
			a.inDoubt++
			a.cause(w, p, b)
			if b.job != "" {
				jobsInDoubt++
			}
		case p.left > 0:
			a.left++
		case died(p, b.at) > keptByDead:
			keptByDead++
			a.givenUp++
		default:
			a.add(paidInVain, p, "%d: record %d, bought at %d, response: %s", p.id, b.number, b.at, b.response)
		}
	}
	if jobsInDoubt > 0 && !named {
		a.add(doubtWithoutName, p, "%d: %d purchases by jobs in doubt", p.id, jobsInDoubt)
	}
	lost := slices.Clone(p.lost)
	for _, d := range doubts {
		if d.used {
			continue
		}
		a.doubtsUnbought++
		if i := slices.IndexFunc(lost, func(at int) bool { return at < d.at }); i >= 0 {
			lost = slices.Delete(lost, i, i+1)
		} else if a.kills(w) == 0 {
			a.add(doubtWithoutCause, p, "%d, at %d", p.id, d.at)
		} else {
			a.byKill(d.unit)
		}
	}
	a.byNotice(p)
}

// doubtsOf returns the doubts about a person, each once, however often its notice's process was killed before it knew that
// the user has been told.
func (a *account) doubtsOf(p *person) []*doubt {
	var doubts []*doubt
	count := map[string]int{}
	for _, l := range p.told {
		if !l.committed || l.Kind != "doubt" {
			continue
		}
		unit, most := fmt.Sprintf("notices without a number about %d", p.id), 0
		if i := slices.IndexFunc(p.notices, func(n *notice) bool { return n.number > 0 && slices.Contains(l.Notices, n.number) }); i >= 0 {
			unit, most = fmt.Sprintf("delivery %d", p.notices[i].delivery.number), p.notices[i].delivery.attempts
		} else {
			most = attempts(p, func(n *notice) bool { return n.number == 0 })
		}
		if count[unit]++; count[unit] <= most {
			doubts = append(doubts, &doubt{at: l.at, unit: unit, process: l.Process})
		}
	}
	return doubts
}

// died returns how many deliveries about the person were put back from the dead after something was bought: it may have
// been for one of them.
func died(p *person, bought int) int {
	deliveries := map[*delivery]bool{}
	for _, n := range p.notices {
		if n.delivery.putBack > bought {
			deliveries[n.delivery] = true
		}
	}
	return len(deliveries)
}

func whole(b *purchase) int {
	if b.response == "whole" {
		return 1
	}
	return 0
}

func attempts(p *person, of func(*notice) bool) int {
	deliveries := map[*delivery]bool{}
	sum := 0
	for _, n := range p.notices {
		if of(n) && !deliveries[n.delivery] {
			deliveries[n.delivery] = true
			sum += n.delivery.attempts
		}
	}
	return sum
}

// cause asks why a purchase is in doubt: its response was not whole, or its process was killed.
func (a *account) cause(w *world, p *person, b *purchase) {
	if b.response != "whole" {
		return
	}
	if !w.processes[b.process].killed {
		a.add(doubtWithoutCause, p, "%d: record %d, the response to which was whole, and process %d was not killed", p.id, b.number, b.process)
		return
	}
	unit := b.job
	if unit == "" {
		unit = fmt.Sprintf("record %d", b.number)
	}
	a.byKill(unit)
}

func (a *account) byKill(unit string) {
	if a.units == nil {
		a.units = map[string]bool{}
	}
	a.units[unit] = true
	a.byKillOnly = len(a.units)
}

// byNotice compares what was bought of a person with how often notices about it may have been stored, notice by notice
// where they can be told apart, and in all.
func (a *account) byNotice(p *person) {
	served := map[*delivery]map[string]bool{}
	for _, l := range p.told {
		if !l.committed || l.Kind != "record" && l.Kind != "doubt" {
			continue
		}
		for _, n := range p.notices {
			if n.number == 0 || !slices.Contains(l.Notices, n.number) {
				continue
			}
			if served[n.delivery] == nil {
				served[n.delivery] = map[string]bool{}
			}
			served[n.delivery][fmt.Sprint(l.Kind, l.Purchase)] = true
		}
	}
	for d, with := range served {
		if len(with) > d.attempts {
			a.add(boughtAgain, p, "%d: delivery %d was sent %d times and brought %d outcomes: %v", p.id, d.number, d.attempts, len(with), slices.Sorted(maps.Keys(with)))
		}
	}
	if most := attempts(p, func(*notice) bool { return true }); len(p.bought) > most {
		a.add(boughtAgain, p, "%d: bought %d times for notices that were sent %d times", p.id, len(p.bought), most)
	}
}
