package money

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

// story is a small world that is told step by step.
type story struct {
	*world
	notices int
}

func newStory() *story {
	s := &story{world: newWorld(3)}
	s.begin(1000)
	return s
}

// notice delivers a notice about each of the people.
func (s *story) notice(status int, ids ...int64) *delivery {
	d := &delivery{body: fmt.Sprint("notice ", s.notices)}
	for _, id := range ids {
		s.notices++
		d.notices = append(d.notices, &notice{number: s.notices, person: s.people[id]})
	}
	s.send(d)
	if status != 0 {
		s.responded(d, status)
	}
	return d
}

func (s *story) sell(process int, id int64, job, response string) *purchase {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buy(s.people[id], process, job, response)
}

// told is one call of the user's function, which succeeds or fails.
func (s *story) told(commit bool, l line) { s.store(&l, commit, "told") }

func (s *story) hand(b *purchase, notices ...int) {
	process := len(s.processes) - 1
	s.told(true, line{Process: process, ID: b.person.id, Notices: notices, Kind: "record", Purchase: b.number, Version: b.version})
}

func (s *story) doubt(id int64, notices ...int) {
	s.told(true, line{Process: len(s.processes) - 1, ID: id, Notices: notices, Kind: "doubt", Named: true})
}

func (s *story) kill() {
	s.end(len(s.processes)-1, true)
	s.begin(1000)
}

func (s *story) die(d *delivery) { s.dead[d.key()] = "failed" }

// TestTheAccountSees: the account of each small story is what the story says.
func TestTheAccountSees(t *testing.T) {
	for name, c := range map[string]struct {
		tell func(s *story)
		want []string
	}{
		"bought, the database fails, handed over": {func(s *story) {
			s.notice(200, 1001)
			b := s.sell(1, 1001, "", "whole")
			s.told(false, line{Process: 1, ID: 1001, Notices: []int{1}, Kind: "record", Purchase: 1, Version: 2})
			s.hand(b, 1)
		}, nil},
		"killed after it was handed over: the same once more": {func(s *story) {
			s.notice(200, 1001)
			b := s.sell(1, 1001, "", "whole")
			s.hand(b, 1)
			s.kill()
			s.hand(b, 1)
		}, nil},
		"a response was lost: a doubt": {func(s *story) {
			s.notice(200, 1001)
			s.sell(1, 1001, "", "dropped")
			s.doubt(1001, 1)
		}, nil},
		"killed while a response was on its way: a doubt, told twice": {func(s *story) {
			s.notice(200, 1001)
			s.sell(1, 1001, "", "whole")
			s.kill()
			s.doubt(1001, 1)
			s.kill()
			s.doubt(1001, 1)
		}, nil},
		"killed with a request on its way, which the provider carries out later: a doubt": {func(s *story) {
			s.notice(200, 1001)
			s.kill()
			s.doubt(1001, 1)
			s.sell(1, 1001, "", "whole")
		}, nil},
		"killed before a request was sent: a doubt": {func(s *story) {
			s.notice(200, 1001)
			s.kill()
			s.doubt(1001, 1)
		}, nil},
		"a request was lost: a doubt": {func(s *story) {
			s.notice(200, 1001)
			s.mu.Lock()
			s.lose(s.people[1001], "dropped")
			s.mu.Unlock()
			s.doubt(1001, 1)
		}, nil},
		"one response was lost, the notice was sent again and stored again: bought for that": {func(s *story) {
			d := s.notice(0, 1001)
			s.hand(s.sell(1, 1001, "", "whole"), 1)
			s.send(d)
			s.responded(d, 200)
			s.hand(s.sell(1, 1001, "", "whole"), 1)
		}, nil},
		"somebody has gone": {func(s *story) {
			s.goAway(s.people[1001])
			s.notice(200, 1001)
			s.told(true, line{Process: 1, ID: 1001, Notices: []int{1}, Kind: "gone"})
		}, nil},
		"somebody has left while his record was kept": {func(s *story) {
			s.notice(200, 1001)
			s.sell(1, 1001, "", "whole")
			s.kill()
			s.leave(s.people[1001], 2)
		}, nil},
		"dead and put back: what was bought is given up": {func(s *story) {
			d := s.notice(200, 1001)
			s.sell(1, 1001, "", "whole")
			s.requeued(d)
			s.hand(s.sell(1, 1001, "", "whole"), 1)
		}, nil},
		"dead and put back: bought twice before": {func(s *story) {
			d := s.notice(200, 1001)
			s.sell(1, 1001, "", "whole")
			s.sell(1, 1001, "", "whole")
			s.requeued(d)
			s.hand(s.sell(1, 1001, "", "whole"), 1)
		}, []string{boughtAgain, paidInVain}},
		"nothing came of a notice": {func(s *story) { s.notice(200, 1001) }, []string{lostNotice}},
		"what came of a notice was never committed": {func(s *story) {
			s.notice(200, 1001)
			s.sell(1, 1001, "", "whole")
			s.told(false, line{Process: 1, ID: 1001, Notices: []int{1}, Kind: "record", Purchase: 1, Version: 2})
		}, []string{lostNotice, paidInVain}},
		"a notice got the record of the one before": {func(s *story) {
			s.notice(200, 1001)
			b := s.sell(1, 1001, "", "whole")
			s.hand(b, 1)
			s.notice(200, 1001)
			s.hand(b, 2)
		}, []string{staleRecord}},
		"equal bytes were swallowed": {func(s *story) {
			for range 2 {
				d := &delivery{notices: []*notice{{person: s.people[1001]}}}
				s.send(d)
				s.responded(d, 200)
				if len(s.purchases) == 0 {
					s.hand(s.sell(1, 1001, "", "whole"), 0)
				}
			}
		}, []string{lostNotice}},
		"a genuine delivery was refused": {func(s *story) { s.notice(400, 1001) }, []string{refusedNotice}},
		"what was not understood vanished": {func(s *story) {
			s.notice(200).odd = true
		}, []string{notAmongDead}},
		"what was not understood is among the dead": {func(s *story) {
			d := s.notice(200)
			d.odd = true
			s.die(d)
		}, nil},
		"an ordinary delivery is among the dead": {func(s *story) {
			s.die(s.notice(200, 1001))
		}, []string{deadDelivery}},
		"bought again when the database had failed": {func(s *story) {
			s.notice(200, 1001)
			s.sell(1, 1001, "", "whole")
			s.hand(s.sell(1, 1001, "", "whole"), 1)
		}, []string{boughtAgain, paidInVain}},
		"bought again for each notice": {func(s *story) {
			s.notice(200, 1001)
			s.hand(s.sell(1, 1001, "", "whole"), 1)
			s.hand(s.sell(1, 1001, "", "whole"), 1)
		}, []string{boughtAgain, boughtAgain}},
		"bought after a doubt": {func(s *story) {
			s.notice(200, 1001)
			s.sell(1, 1001, "", "dropped")
			s.doubt(1001, 1)
			s.hand(s.sell(1, 1001, "", "whole"), 1)
		}, []string{boughtAgain, boughtAgain}},
		"a doubt kept silent": {func(s *story) {
			s.notice(200, 1001)
			s.sell(1, 1001, "", "200 {}")
			s.notice(200, 1001)
			s.hand(s.sell(1, 1001, "", "whole"), 1, 2)
		}, []string{paidInVain}},
		"a doubt from before the purchase": {func(s *story) {
			s.notice(200, 1001)
			s.mu.Lock()
			s.lose(s.people[1001], "dropped")
			s.mu.Unlock()
			s.doubt(1001, 1)
			s.sell(1, 1001, "", "whole")
		}, []string{paidInVain}},
		"bought of one who has left": {func(s *story) {
			s.notice(200, 1001)
			s.leave(s.people[1001], 1)
			s.hand(s.sell(1, 1001, "", "whole"), 1)
		}, []string{boughtForStranger}},
		"more than the budget": {func(s *story) {
			s.begin(price)
			s.notice(200, 1001, 1002)
			s.hand(s.sell(2, 1001, "", "whole"), 1)
			s.hand(s.sell(2, 1002, "", "whole"), 2)
		}, []string{overBudget}},
		"gone by mistake, though the user's function failed": {func(s *story) {
			s.notice(200, 1001)
			s.told(false, line{Process: 1, ID: 1001, Notices: []int{1}, Kind: "gone"})
			s.hand(s.sell(1, 1001, "", "whole"), 1)
		}, []string{goneByMistake}},
		"gone before it went": {func(s *story) {
			s.notice(200, 1001)
			s.told(true, line{Process: 1, ID: 1001, Notices: []int{1}, Kind: "gone"})
			s.goAway(s.people[1001])
		}, []string{goneByMistake, lostNotice}},
		"an older record after a newer one": {func(s *story) {
			s.notice(200, 1001)
			old := s.sell(1, 1001, "", "whole")
			s.notice(200, 1001)
			s.hand(s.sell(1, 1001, "", "whole"), 2)
			s.hand(old, 1)
		}, []string{olderAfterNewer}},
		"a doubt about a whole response, and nobody was killed": {func(s *story) {
			s.notice(200, 1001)
			s.sell(1, 1001, "", "whole")
			s.doubt(1001, 1)
		}, []string{doubtWithoutCause}},
		"a doubt about nothing": {func(s *story) {
			s.notice(200, 1001)
			s.doubt(1001, 1)
		}, []string{doubtWithoutCause}},
		"more doubts than the kills explain": {func(s *story) {
			for i := range atOnce + 1 {
				s.notice(200, 1001)
				s.sell(1, 1001, "", "whole")
				defer s.doubt(1001, i+1)
			}
			s.kill()
		}, []string{doubtWithoutCause}},
		"a job in doubt without its name": {func(s *story) {
			s.notice(200, 1001)
			s.sell(1, 1001, "job 1", "dropped")
			s.told(true, line{Process: 1, ID: 1001, Notices: []int{1}, Kind: "doubt"})
		}, []string{doubtWithoutName}},
		"an error for an outcome": {func(s *story) {
			s.notice(200, 1001)
			s.told(true, line{Process: 1, ID: 1001, Notices: []int{1}, Kind: "error", Text: "400"})
		}, []string{lostNotice, noOutcome}},
		"an empty record": {func(s *story) {
			s.notice(200, 1001)
			s.sell(1, 1001, "", "200 {}")
			s.told(true, line{Process: 1, ID: 1001, Notices: []int{1}, Kind: "empty"})
		}, []string{emptyRecord, lostNotice, paidInVain}},
		"the record of somebody else": {func(s *story) {
			s.notice(200, 1001, 1002)
			s.sell(1, 1001, "", "whole")
			s.hand(s.sell(1, 1002, "", "whole"), 2)
			s.told(true, line{Process: 1, ID: 1001, Notices: []int{1}, Kind: "record", Purchase: 2, Version: 2})
		}, []string{emptyRecord, paidInVain}},
		"an outcome about nobody": {func(s *story) {
			s.told(true, line{Process: 1, ID: 7, Kind: "gone"})
		}, []string{other}},
		"what a killed process had sent comes to nothing": {func(s *story) {
			s.notice(200, 1001)
			b := s.sell(1, 1001, "", "whole")
			s.kill()
			assert.False(t, s.store(&line{Process: 1, ID: 1001, Kind: "gone"}, true, ""))
			s.hand(b, 1)
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStory()
			c.tell(s)
			a := check(s.world)
			var found []string
			for _, v := range a.violations {
				found = append(found, v.kind)
			}
			slices.Sort(found)
			slices.Sort(c.want)
			assert.Equal(t, c.want, found, a.report())
		})
	}
}
