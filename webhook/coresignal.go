package webhook

import (
	"bytes"
	stdjson "encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// SourceCoresignal is the [Sender.Source] of [Coresignal].
const SourceCoresignal = "coresignal"

// Coresignal returns the sender of Coresignal's notices of changed employees. Coresignal documents no signature, so
// each subscription's callback URL ends in a secret token, see [PathToken], whose errors it returns. Bodies are decoded
// by [DecodeCoresignal], and deliveries remembered for [DefaultTTL].
func Coresignal(endpoints ...Endpoint) (Sender, error) {
	v, err := PathToken(endpoints...)
	if err != nil {
		return Sender{}, err
	}
	return Sender{Source: SourceCoresignal, Verifier: v, Decoder: DecodeCoresignal, TTL: DefaultTTL}, nil
}

// Status says what happened to an employee. The type is open: a status that
// is not listed here arrives as it was sent.
type Status string

// The statuses that Coresignal documents.
const (
	// StatusStartedMatchingQuery means that the employee did not match the
	// subscription's query before and does now.
	StatusStartedMatchingQuery Status = "started_matching_query"
	// StatusStoppedMatchingQuery means that the employee matched the
	// subscription's query before and does not any more.
	StatusStoppedMatchingQuery Status = "stopped_matching_query"
	// StatusChanged means that a watched field of the employee changed.
	StatusChanged Status = "changed"
	// StatusAdded is the first API version's word for an employee that
	// started to match.
	StatusAdded Status = "added"
	// StatusRemoved is the first API version's word for an employee that
	// stopped matching.
	StatusRemoved Status = "removed"
	// StatusChangedExperience is the first API version's word for a position
	// that started or ended.
	StatusChangedExperience Status = "changed_experience"
)

// EmployeeChanged reports that an employee of a Coresignal subscription
// changed. It carries no values: collect the record to learn them.
type EmployeeChanged struct {
	// ID is the employee's id, always positive. The wire calls it member_id.
	ID int64
	// Status is what happened, empty if the notice did not say.
	Status Status
	// ChangedFields are the names of the record's root fields that changed,
	// nil if the notice did not list them.
	ChangedFields []string
	// Label is the label of the delivery.
	Label string
	// Raw is the notice as it was sent.
	Raw stdjson.RawMessage
}

// Kind returns "employee_changed".
func (EmployeeChanged) Kind() string { return "employee_changed" }

// Subject names the employee.
func (e EmployeeChanged) Subject() string { return "employee " + strconv.FormatInt(e.ID, 10) }

// DecodeCoresignal is the [Decoder] of the notices of Coresignal's employee
// subscriptions.
//
// Documented are an array of objects with member_id, status and, since 2026,
// changed_fields (which may be null), and the simulator's single object with
// member_id and change_type. An array of objects with change_type, as the
// first API version may have sent, is assumed. All of them give
// [EmployeeChanged] events. A member_id may be a whole number, also as 5.0, or a
// string of one; an element without a positive one becomes [Unknown]. An empty array
// gives no events. A body whose events would take more than nine times its own memory, which no notices do, becomes one
// [Unknown].
//
// Duplicate names and invalid UTF-8 are accepted, the last of several equal
// names counts. A body that is not JSON, or is neither an array nor an
// object, gives [ErrMalformed]; the text of the error has nothing of the body.
func DecodeCoresignal(d *Delivery) error {
	scan := scanner{noticeReader: noticeReader{eventList: newEventList(d, likelyNotices(d.Body))}}
	if scan.scan() || scan.isFull() {
		d.Events = scan.all()
		return nil
	}
	notices := noticeReader{eventList: newEventList(d, likelyNotices(d.Body))}
	err := json.Unmarshal(d.Body, &notices,
		jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if err != nil && !notices.isFull() {
		return malformed(err)
	}
	d.Events = notices.all()
	return nil
}

// malformed replaces the error of the JSON package, whose text may quote the
// body.
func malformed(err error) error {
	if syntax, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		return fmt.Errorf("%w: no valid JSON at byte %d", ErrMalformed, syntax.ByteOffset)
	}
	return fmt.Errorf("%w: neither an array nor an object", ErrMalformed)
}

// noticeReader collects the events of one body.
type noticeReader struct {
	eventList
	// fields holds the changed fields of all events, which refer to parts of
	// it.
	fields []string
	list   int // Where in fields the list begins that is being read.
	// firsts are the names that came first to their place, others the rest.
	firsts [32]string
	others map[string]string
}

// notice is what an object of the body says.
type notice struct {
	start              int // Where it begins in the body.
	id                 int64
	status, changeType Status
	changedFields      []string
}

// errFull ends the reading of a body whose list of events is full.
var errFull = errors.New("webhook: too many events")

// add makes an event of a notice that ends before the byte end, and reports whether there was room for it.
func (n *noticeReader) add(o notice, end int) bool {
	raw := n.body[o.start:end:end]
	switch {
	case o.id == 0:
		return n.addUnknown(raw)
	case n.isFull():
		return false
	case o.status == "":
		o.status = o.changeType
	}
	return n.eventList.add(EmployeeChanged{
		ID: o.id, Status: o.status, ChangedFields: o.changedFields, Label: n.label, Raw: raw,
	}, changedSize)
}

// UnmarshalJSONFrom reads an array of notices or a single one.
func (n *noticeReader) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	switch dec.PeekKind() {
	case '{':
		return n.readObject(dec)
	case '[':
	default:
		return ErrMalformed
	}
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	for dec.PeekKind() != ']' {
		read := n.readOther
		if dec.PeekKind() == '{' {
			read = n.readObject
		}
		if err := read(dec); err != nil {
			return err
		}
	}
	_, err := dec.ReadToken()
	return err
}

// readOther reads an element that is not an object.
func (n *noticeReader) readOther(dec *jsontext.Decoder) error {
	value, err := dec.ReadValue()
	if err != nil {
		return err
	}
	end := int(dec.InputOffset())
	if !n.addUnknown(n.body[end-len(value) : end : end]) {
		return errFull
	}
	return nil
}

// readObject reads one notice.
func (n *noticeReader) readObject(dec *jsontext.Decoder) error {
	// Only space and a comma can lie between the last token and the brace.
	o := notice{start: int(dec.InputOffset())}
	o.start += bytes.IndexByte(n.body[o.start:], '{')
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	for dec.PeekKind() != '}' {
		name, err := dec.ReadValue()
		if err != nil {
			return err
		}
		switch string(unquoted(name)) {
		case "member_id":
			o.id, err = readID(dec)
		case "status":
			o.status, err = n.readStatus(dec)
		case "change_type":
			o.changeType, err = n.readStatus(dec)
		case "changed_fields":
			o.changedFields, err = n.readNames(dec)
		default:
			err = dec.SkipValue()
		}
		if err != nil {
			return err
		}
	}
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	if !n.add(o, int(dec.InputOffset())) {
		return errFull
	}
	return nil
}

// readID reads an id from a number or a string of digits. Anything else is
// read and gives 0.
func readID(dec *jsontext.Decoder) (int64, error) {
	value, err := dec.ReadValue()
	if err != nil {
		return 0, err
	}
	if value.Kind() == '"' {
		return parseID(unquoted(value)), nil
	}
	return parseID(value), nil
}

// parseID returns a positive whole number, or 0 for everything else. Some encoders write one as 5.0 or 5e0.
func parseID(text []byte) int64 {
	if id, ok := parseDigits(text); ok {
		return id
	}
	mantissa, exponent, hasExponent := bytes.Cut(bytes.ToLower(text), []byte("e"))
	whole, fraction, hasFraction := bytes.Cut(mantissa, []byte("."))
	shift := 0
	if hasExponent {
		var err error
		if shift, err = strconv.Atoi(string(exponent)); err != nil || shift < -maxIDDigits || shift > maxIDDigits {
			return 0
		}
	}
	if len(whole) == 0 || hasFraction && len(fraction) == 0 {
		return 0
	}
	digits := slices.Concat(whole, fraction, bytes.Repeat([]byte("0"), max(0, shift-len(fraction))))
	point := len(whole) + shift
	if point < 1 || point > len(digits) || len(bytes.TrimRight(digits[point:], "0")) > 0 {
		return 0
	}
	id, _ := parseDigits(bytes.TrimLeft(digits[:point], "0"))
	return id
}

// maxIDDigits is how many digits the largest id has.
const maxIDDigits = 19

// parseDigits returns the number that the text is if it consists of digits, and 0 if that is too large.
func parseDigits(text []byte) (int64, bool) {
	if len(text) == 0 {
		return 0, false
	}
	id := int64(0)
	for _, c := range text {
		if c < '0' || c > '9' {
			return 0, false
		}
		if len(text) < maxIDDigits { // Nearly always, and then nothing overflows.
			id = 10*id + int64(c-'0')
		}
	}
	if len(text) >= maxIDDigits {
		var err error
		if id, err = strconv.ParseInt(string(text), 10, 64); err != nil {
			return 0, true
		}
	}
	return id, true
}

// readStatus reads a string. Anything else is read and gives "".
func (n *noticeReader) readStatus(dec *jsontext.Decoder) (Status, error) {
	value, err := dec.ReadValue()
	if err != nil || value.Kind() != '"' {
		return "", err
	}
	return n.statusOf(unquoted(value)), nil
}

// statusOf returns the status of that text, without allocating one that is
// known.
func (n *noticeReader) statusOf(text []byte) Status {
	switch string(text) {
	case string(StatusChanged):
		return StatusChanged
	case string(StatusStartedMatchingQuery):
		return StatusStartedMatchingQuery
	case string(StatusStoppedMatchingQuery):
		return StatusStoppedMatchingQuery
	}
	n.takes(nameSize + len(text))
	return Status(text)
}

// readNames reads the strings of an array and skips its other elements.
// Anything but an array is read and gives nil.
func (n *noticeReader) readNames(dec *jsontext.Decoder) ([]string, error) {
	if dec.PeekKind() != '[' {
		return nil, dec.SkipValue()
	}
	if _, err := dec.ReadToken(); err != nil {
		return nil, err
	}
	n.startNames()
	for dec.PeekKind() != ']' {
		value, err := dec.ReadValue()
		if err != nil {
			return nil, err
		}
		if value.Kind() == '"' && !n.addName(unquoted(value)) {
			return nil, errFull
		}
	}
	_, err := dec.ReadToken()
	return n.endNames(), err
}

// startNames begins a list of names.
func (n *noticeReader) startNames() { n.list = len(n.fields) }

// addName adds a name to the list, and reports whether there was room.
func (n *noticeReader) addName(text []byte) bool {
	if len(n.fields) == cap(n.fields) {
		// The lists that are done stay where they are.
		list := n.fields[n.list:]
		grown := min(max(16, 2*cap(n.fields), 2*len(list)), max(1024, 2*len(list)))
		if !n.takes(nameSize * grown) {
			return false
		}
		n.fields = append(make([]string, 0, grown), list...)
		n.list = 0
	}
	n.fields = append(n.fields, n.name(text))
	return !n.isFull()
}

// endNames returns the list.
func (n *noticeReader) endNames() []string {
	if len(n.fields) == n.list {
		return []string{}
	}
	return slices.Clip(n.fields[n.list:])
}

// name returns text as a string that equal names share.
func (n *noticeReader) name(text []byte) string {
	if len(text) == 0 {
		return ""
	}
	place := uint(len(text)) + 31*uint(text[0]) + 7*uint(text[len(text)/2]) + 13*uint(text[len(text)-1])
	first := &n.firsts[place%uint(len(n.firsts))]
	switch *first {
	case string(text):
		return *first
	case "":
		*first = string(text)
		return *first
	}
	name, known := n.others[string(text)]
	if !known {
		if n.others == nil {
			n.others = make(map[string]string)
		}
		n.takes(knownNameSize + len(text))
		name = string(text)
		n.others[name] = name
	}
	return name
}

// unquoted returns the text of a JSON string, in the string's own memory
// unless it holds an escape.
func unquoted(value jsontext.Value) []byte {
	inner := value[1 : len(value)-1]
	if bytes.IndexByte(inner, '\\') < 0 {
		return inner
	}
	// The syntax was checked when the value was read. What can be wrong is
	// invalid UTF-8, and that is replaced.
	text, _ := jsontext.AppendUnquote(nil, value)
	return text
}
