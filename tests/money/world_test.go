package money

import (
	"fmt"
	"sync"
	"time"
)

const price = 10 // of a Base record, in credits

// world is all that happens in a run, in one order: what people do, what is sent, sold and stored. The account is made of it.
type world struct {
	mu     sync.Mutex
	clock  int // the number of things that have happened
	moved  time.Time
	people map[int64]*person
	order  []int64

	deliveries []*delivery
	purchases  []*purchase
	lines      []*line
	processes  []*process        // by their number; 0 is nobody
	faults     []string          // what was wrong as soon as it was seen
	dead       map[string]string // the reason, by the delivery's key

	open, done int // notices, see backlog and worked
	known      map[int]bool
	toldOnce   bool // who is gone is told so once, and not for each notice

	hook func(moment) // what the runner does at a moment that it waits for
}

type person struct {
	id      int64
	version int
	gone    int // when the provider deleted the profile, 0 for never
	left    int // the first process whose user does not know the person any more, 0 for never
	asked   int
	twin    bool // all notices about the person are the same bytes
	bought  []*purchase
	lost    []int // when a request about the person was lost before it was carried out, or met something foreign
	told    []*line
	notices []*notice
	events  []string
}

// purchase is a record that was charged.
type purchase struct {
	at, number, version, process int
	person                       *person
	job                          string
	response                     string // whole, or what was wrong with it
}

// line is one call of the function that stores.
type line struct {
	at        int
	Process   int
	ID        int64
	Notices   []int
	Kind      string // record, doubt, gone, empty, error
	Purchase  int
	Version   int
	Named     bool // a doubt that says which request it is of
	Text      string
	Was, Is   string // headlines, of the pipeline's updates
	committed bool
}

type notice struct {
	number, version int // number 0 for one whose bytes are those of another
	person          *person
	delivery        *delivery
}

type delivery struct {
	number   int
	body     string
	odd      bool // holds something that cannot be understood
	notices  []*notice
	attempts int // how often it may have been stored
	sent     int
	accepted int
	refused  int // the status
	putBack  int // when it was put back from the dead
}

type process struct {
	budget int64
	killed bool
	alive  bool
	ended  int
	spent  int64
}

type moment string

// The moments at which a process is killed.
const (
	atAnyTime      moment = "at any time"
	recordSold     moment = "a record was sold and not responded yet"
	recordSent     moment = "a record was responded"
	jobSold        moment = "a job was sold and not responded yet"
	jobSent        moment = "a job was responded"
	fileSent       moment = "a file was half sent"
	storeAsked     moment = "the database was asked"
	storeCommitted moment = "the database committed and had not responded"
	noticeSent     moment = "a notice was on its way"
)

func newWorld(people int) *world {
	w := &world{people: map[int64]*person{}, processes: []*process{{}}, moved: time.Now(), dead: map[string]string{}, known: map[int]bool{}}
	for i := range people {
		id := int64(1001 + i)
		w.people[id] = &person{id: id, version: 1}
		w.order = append(w.order, id)
	}
	return w
}

// now counts one more thing that happened. The caller holds the lock.
func (w *world) now() int {
	w.clock++
	return w.clock
}

func (w *world) tell(p *person, format string, values ...any) {
	if p != nil {
		p.events = append(p.events, fmt.Sprintf("%6d  ", w.clock)+fmt.Sprintf(format, values...))
	}
}

func (w *world) fault(format string, values ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.faults = append(w.faults, fmt.Sprintf("%d ", w.now())+fmt.Sprintf(format, values...))
}

// at lets the runner act. Nobody holds the lock.
func (w *world) at(m moment) {
	w.mu.Lock()
	hook := w.hook
	w.mu.Unlock()
	if hook != nil {
		hook(m)
	}
}

func (w *world) onMoment(hook func(moment)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.hook = hook
}

// send is one attempt to deliver. With the first, the people change.
func (w *world) send(d *delivery) {
	w.mu.Lock()
	defer w.mu.Unlock()
	at := w.now()
	d.attempts++
	first := d.sent == 0
	if first {
		d.sent = at
		d.number = len(w.deliveries) + 1
		w.deliveries = append(w.deliveries, d)
	}
	for _, n := range d.notices {
		if first {
			n.delivery = d
			if n.person.gone == 0 {
				n.person.version++
			}
			n.person.notices = append(n.person.notices, n)
		}
		w.tell(n.person, "delivery %d sends notice %d, attempt %d; the profile is at version %d", d.number, n.number, d.attempts, n.person.version)
	}
	if first {
		for _, n := range d.notices { // one who is twice in a delivery has one version
			n.version = n.person.version
		}
	}
}

// notSent takes an attempt back that reached nobody.
func (w *world) notSent(d *delivery) {
	w.mu.Lock()
	defer w.mu.Unlock()
	d.attempts--
}

// responded is the receiver's status for a delivery.
func (w *world) responded(d *delivery, status int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	at := w.now()
	w.moved = time.Now()
	if status/100 == 2 {
		d.accepted = at
	} else {
		d.attempts--
		d.refused = status
	}
	w.done += len(d.notices)
	for _, n := range d.notices {
		w.tell(n.person, "delivery %d: %d", d.number, status)
		if d.accepted > 0 && !d.odd && n.number > 0 && n.person.left == 0 {
			w.open++
		}
	}
}

// requeued is a dead delivery that somebody puts back, and says by it that what was bought for it may be bought again.
func (w *world) requeued(d *delivery) {
	w.mu.Lock()
	defer w.mu.Unlock()
	d.putBack = w.now()
	d.attempts++
	for _, n := range d.notices {
		w.tell(n.person, "delivery %d was dead and is put back", d.number)
	}
}

func (w *world) goAway(p *person) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if p.gone == 0 {
		p.gone = w.now()
		w.tell(p, "the provider deletes the profile")
	}
}

func (w *world) leave(p *person, process int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now()
	p.left = process
	w.tell(p, "the user forgets the person, from process %d on", process)
}

// buy charges a record. The caller holds the lock.
func (w *world) buy(p *person, process int, job, response string) *purchase {
	b := &purchase{at: w.now(), number: len(w.purchases) + 1, version: p.version, process: process, person: p, job: job, response: response}
	w.moved = time.Now()
	w.purchases = append(w.purchases, b)
	p.bought = append(p.bought, b)
	w.processes[process].spent += price
	w.tell(p, "process %d buys record %d, version %d%s; response: %s", process, b.number, b.version, withColon(job), response)
	return b
}

func withColon(text string) string {
	if text == "" {
		return ""
	}
	return ": " + text
}

// lose remembers that the client cannot know what became of a request that was not carried out. The caller holds the lock.
func (w *world) lose(p *person, what string) {
	p.lost = append(p.lost, w.now())
	w.tell(p, "a request about the person is lost before it is carried out: %s", what)
}

// store is one call of the user's function; it returns whether its process may still write.
func (w *world) store(l *line, commit bool, how string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if l.Process <= 0 || l.Process >= len(w.processes) || !w.processes[l.Process].alive {
		return false
	}
	l.at, l.committed = w.now(), commit
	w.lines = append(w.lines, l)
	if commit {
		w.moved = time.Now()
		for _, n := range l.Notices {
			if n > 0 && !w.known[n] {
				w.known[n] = true
				w.open--
			}
		}
	}
	p := w.people[l.ID]
	if p == nil {
		w.faults = append(w.faults, fmt.Sprintf("%d an outcome about %d, whom nobody knows", l.at, l.ID))
		return true
	}
	p.told = append(p.told, l)
	text := l.Kind
	if l.Kind == "record" {
		text = fmt.Sprintf("record %d, version %d", l.Purchase, l.Version)
	}
	w.tell(p, "process %d stores %s, for notices %v: %s%s", l.Process, text, l.Notices, how, withColon(l.Text))
	return true
}

// begin is a new process; end is when it was killed.
func (w *world) begin(budget int64) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now()
	w.processes = append(w.processes, &process{budget: budget, alive: true})
	return len(w.processes) - 1
}

func (w *world) end(number int, killed bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.processes[number].ended = w.now()
	w.processes[number].alive = false
	w.processes[number].killed = killed
}

// backlog is about how many notices were accepted and have not brought anything to the database.
func (w *world) backlog() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.open
}

// still is for how long nothing has been bought, stored or accepted.
func (w *world) still() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Since(w.moved)
}

// worked is about how many notices have been dealt with.
func (w *world) worked() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.done - w.open
}
