package webhook

const (
	// eventMemory is how many times the body's length the events of a body may take. A notice of the shortest form,
	// {"member_id":1} and a comma, takes seven times its own.
	eventMemory = 9
	// interfaceSize, nameSize and knownNameSize are what an entry of a list of events, one of a list of names and a name
	// that is remembered take besides what they refer to.
	interfaceSize = 16
	nameSize      = 16
	knownNameSize = 80
	changedSize   = 96 // An [EmployeeChanged] and an [Unknown] on the heap.
	unknownSize   = 48 // With room for its flag.
)

// eventList collects the events of one body. What they take in memory is bounded by the body's length, whatever the
// body holds: beyond that the list is full, and the whole body is one [Unknown]. Every decoder of this package uses it.
type eventList struct {
	label  string
	body   []byte
	events []Event
	room   int // In bytes; negative when the list is full.
}

func newEventList(d *Delivery, likely int) eventList {
	l := eventList{label: d.Label, body: d.Body, events: make([]Event, 0, likely), room: eventMemory*len(d.Body) + 4096}
	l.takes(interfaceSize * likely)
	return l
}

// takes notes that so many bytes are allocated for the events, and reports whether there is room for them.
func (l *eventList) takes(bytes int) bool {
	l.room -= bytes
	return l.room >= 0
}

func (l *eventList) isFull() bool { return l.room < 0 }

// add adds an event that takes size bytes, and reports whether there was room.
func (l *eventList) add(e Event, size int) bool {
	if len(l.events) == cap(l.events) {
		grown := 8 + cap(l.events) + cap(l.events)/4
		if !l.takes(interfaceSize * grown) {
			return false
		}
		l.events = append(make([]Event, 0, grown), l.events...)
	}
	if !l.takes(size) {
		return false
	}
	l.events = append(l.events, e)
	return true
}

// addUnknown adds a part of the body that was not recognised.
func (l *eventList) addUnknown(raw []byte) bool {
	return !l.isFull() && l.add(Unknown{Label: l.label, Raw: raw}, unknownSize)
}

// all returns the events, or the whole body as one if the list is full.
func (l *eventList) all() []Event {
	if l.isFull() {
		return []Event{Unknown{Label: l.label, Raw: l.body}}
	}
	return l.events
}
