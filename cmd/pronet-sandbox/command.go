package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
)

// operator changes a sandbox by lines of text.
type operator struct {
	*sandbox.Sandbox
}

// maxCommandLength is the longest line that the program reads, in bytes.
const maxCommandLength = 1_000

// errUnknownCommand is returned for a line whose first word is no command.
var errUnknownCommand = errors.New(`unknown command; "help" lists them`)

// command is one thing that a line of text can ask for.
type command struct {
	name, arguments, does string
	run                   func(o *operator, arguments string) (string, error)
}

func commands() []command {
	return []command{
		{"people", "[N]", "list the first N people (10), with their numbers and IDs", (*operator).people},
		{"promote", "PERSON [TITLE]", "give somebody a title, or the next one", (*operator).promote},
		{"company", "PERSON [NAME]", "move somebody to a company, or to any other", (*operator).company},
		{"leave", "PERSON", "end somebody's position", (*operator).leave},
		{"hide", "PERSON", "remove somebody's profile for privacy", (*operator).hide},
		{"delete", "PERSON", "let somebody's profile be gone at its source", (*operator).delete},
		{"merge", "PERSON PERSON", "make the first profile a part of the second one", (*operator).merge},
		{"subscribe", "URL [PERSON...]", "let a receiver know of changes, of everybody's or of some people's", (*operator).subscribe},
		{"subscriptions", "", "list the subscriptions", (*operator).subscriptions},
		{"subscribe-entity", "URL", "Sales Webhooks: subscribe to a contact or company", (*operator).subscribeEntity},
		{"change-job", "NAME POSITION", "Sales Webhooks: give a subscribed contact a position", (*operator).changeJob},
		{"change", "NAME EVENT", `Sales Webhooks: let an event happen, such as "contact.about_changed"`, (*operator).changeEntity},
		{"notes", "[N]", "LinkedIn: list the last N notes (10)", (*operator).notes},
		{"note", "TEXT", "LinkedIn: write a note", (*operator).note},
		{"edit-note", "ID TEXT", "LinkedIn: change a note", (*operator).editNote},
		{"delete-note", "ID", "LinkedIn: delete a note", (*operator).deleteNote},
		{"advance", "DURATION", `move the clock ahead, by "48h" or "7d", and deliver what falls due`, (*operator).advance},
		{"deliver", "", "deliver what is queued now", (*operator).deliver},
		{"deliveries", "[N]", "list the last N deliveries (10)", (*operator).deliveries},
		{"fail", "STATUS [TIMES] [PATH]", "refuse the next requests with an error, 0 times is until clear", (*operator).fail},
		{"clear", "", "remove every fault", (*operator).clear},
		{"credits", "N", "set the credits of the v2 endpoints", (*operator).credits},
		{"status", "", "tell how things stand", (*operator).status},
		{"help", "", "list the commands", (*operator).help},
		{"quit", "", "end the program", nil}, // see run
	}
}

// command does what a line of text says and returns one or more lines, without
// a line feed at the end, so that a person or another program can change the
// sandbox. [commands] is the list.
//
// A person is named by ID or by their number in the list of people. An empty line
// does nothing. It returns [errUnknownCommand] for another word,
// [coresignal.ErrUnknownPerson] for nobody's ID, and an error for a change that
// changes nothing, such as the promotion of somebody without a position; lines of more than 1,000 bytes, with
// control characters or with arguments out of bounds are refused too, and nothing
// has happened then. An error of "deliver" tells which deliveries failed.
//
// Deliveries are waited for, as [sandbox.Sandbox.Deliver] describes.
func (o *operator) command(line string) (result string, err error) {
	switch {
	case len(line) > maxCommandLength:
		return "", fmt.Errorf("a command has at most %d bytes", maxCommandLength)
	case !utf8.ValidString(line):
		return "", errors.New("a command must be valid UTF-8")
	}
	line = strings.TrimSpace(line)
	if strings.ContainsFunc(line, unicode.IsControl) {
		return "", errors.New("a command must not hold control characters")
	}
	name, arguments, _ := strings.Cut(line, " ")
	if name == "" {
		return "", nil
	}
	for _, c := range commands() {
		if !strings.EqualFold(c.name, name) {
			continue
		}
		arguments = strings.TrimSpace(arguments)
		if c.run == nil {
			return "", errUnknownCommand
		}
		if c.arguments == "" && arguments != "" {
			return "", c.usage()
		}
		result, err = c.run(o, arguments)
		if errors.Is(err, errUsage) {
			return "", c.usage()
		}
		return result, err
	}
	return "", errUnknownCommand
}

// errUsage is returned by a command whose arguments are missing or too many.
var errUsage = errors.New("usage")

func (c command) usage() error {
	return fmt.Errorf("usage: %s", strings.TrimSpace(c.name+" "+c.arguments))
}

func (o *operator) help(string) (string, error) {
	var lines []string
	for _, c := range commands() {
		lines = append(lines, fmt.Sprintf("%-31s  %s", strings.TrimSpace(c.name+" "+c.arguments), c.does))
	}
	lines = append(lines, "A PERSON is an ID, or a number in the list of people.")
	return strings.Join(lines, "\n"), nil
}

// The bounds of "people".
const (
	peopleListed    = 10
	maxPeopleListed = 1_000
)

func (o *operator) people(arguments string) (string, error) {
	n := peopleListed
	if arguments != "" {
		var err error
		if n, err = number("the number of people", arguments, 1, maxPeopleListed); err != nil {
			return "", err
		}
	}
	ids := o.Coresignal.PersonIDs()
	lines := make([]string, 0, n+1)
	for i, id := range ids[:min(n, len(ids))] {
		p, _ := o.Coresignal.Person(id) // nobody is ever removed
		lines = append(lines, fmt.Sprintf("%4d  %s", i+1, describe(p)))
	}
	return strings.Join(append(lines, fmt.Sprintf("%d of %d people", min(n, len(ids)), len(ids))), "\n"), nil
}

// describe is a person in one line.
func describe(p coresignal.Person) string {
	work := "no position"
	if p.Title != "" || p.Company != "" {
		work = p.Title + " at " + p.Company
	}
	switch {
	case p.MergedInto != 0:
		work += fmt.Sprintf(" (merged into %d)", p.MergedInto)
	case p.Deleted:
		work += " (deleted)"
	case p.Hidden:
		work += " (hidden)"
	}
	return printable(fmt.Sprintf("%d  %s, %s", p.ID, p.Name, work))
}

// printable is a text without what a terminal obeys or hides: control characters,
// marks of the writing direction, and characters without width.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsGraphic(r) {
			return r
		}
		return unicode.ReplacementChar
	}, text)
}

func (o *operator) promote(arguments string) (string, error) {
	given, _, _ := strings.Cut(arguments, " ")
	return o.change(arguments, func(id int64, title string) error {
		if p, _ := o.Coresignal.Person(id); p.Title == "" && p.Company == "" {
			return noPosition(p, given) // it would change the headline alone
		}
		return o.Coresignal.Promote(id, title)
	})
}

func (o *operator) company(arguments string) (string, error) {
	return o.change(arguments, o.Coresignal.ChangeCompany)
}

func (o *operator) leave(arguments string) (string, error) {
	return o.changePerson(arguments, o.Coresignal.Leave)
}

func (o *operator) hide(arguments string) (string, error) {
	return o.changePerson(arguments, o.Coresignal.HideForPrivacy)
}

func (o *operator) delete(arguments string) (string, error) {
	return o.changePerson(arguments, o.Coresignal.Delete)
}

func (o *operator) merge(arguments string) (string, error) {
	fields := strings.Fields(arguments)
	if len(fields) != 2 {
		return "", errUsage
	}
	into, err := o.personNamed(fields[1])
	if err != nil {
		return "", err
	}
	return o.change(fields[0], func(id int64, _ string) error { return o.Coresignal.Merge(id, into) })
}

// changePerson changes a person without saying to what.
func (o *operator) changePerson(arguments string, change func(id int64) error) (string, error) {
	if strings.Contains(arguments, " ") {
		return "", errUsage
	}
	return o.change(arguments, func(id int64, _ string) error { return change(id) })
}

// change changes a person and tells how they are now.
func (o *operator) change(arguments string, change func(id int64, to string) error) (string, error) {
	given, to, _ := strings.Cut(arguments, " ")
	id, err := o.personNamed(given)
	if err != nil {
		return "", err
	}
	before, _ := o.Coresignal.Person(id)
	if err := change(id, strings.TrimSpace(to)); err != nil {
		return "", err
	}
	p, _ := o.Coresignal.Person(id)
	if p == before {
		return "", fmt.Errorf("nothing has changed: %s", describe(p))
	}
	return describe(p), nil
}

func noPosition(p coresignal.Person, given string) error {
	return fmt.Errorf("%s has no position; \"company %s\" gives one", printable(p.Name), given)
}

func (o *operator) subscribe(arguments string) (string, error) {
	fields := strings.Fields(arguments)
	if len(fields) == 0 {
		return "", errUsage
	}
	var ids []int64
	for _, given := range fields[1:] {
		id, err := o.personNamed(given)
		if err != nil {
			return "", err
		}
		ids = append(ids, id)
	}
	id, err := o.Coresignal.Subscribe(fields[0], ids...)
	if err != nil {
		return "", err
	}
	whom := "everybody"
	if len(ids) > 0 {
		whom = counted(len(ids), "person", "people")
	}
	return fmt.Sprintf("%s  to the changes of %s; change somebody and then \"deliver\"", id, whom), nil
}

func (o *operator) subscriptions(string) (string, error) {
	list := o.Coresignal.Subscriptions()
	lines := make([]string, 0, len(list)+1)
	for _, s := range list {
		about, whom := "profiles", "a query"
		if s.Experience {
			about = "positions"
		}
		if s.People > 0 {
			whom = counted(s.People, "person", "people")
		}
		lines = append(lines, printable(fmt.Sprintf("%s  %s, %s of %s, to %s, until %s, %d queued",
			s.ID, s.Dataset, about, whom, s.Receiver, s.Expires.Format(time.DateOnly), s.Queued)))
	}
	return strings.Join(append(lines, counted(len(list), "subscription", "subscriptions")), "\n"), nil
}

// counted is a number with its noun.
func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// The bounds of "deliveries", and how much of a body a line shows.
const (
	deliveriesListed    = 10
	maxDeliveriesListed = 1_000
	bodyShown           = 200
)

func (o *operator) deliveries(arguments string) (string, error) {
	n := deliveriesListed
	if arguments != "" {
		var err error
		if n, err = number("the number of deliveries", arguments, 1, maxDeliveriesListed); err != nil {
			return "", err
		}
	}
	list := o.Deliveries()
	return strings.Join(append(lines(list[max(0, len(list)-n):]), "of all: "+delivered(list)), "\n"), nil
}

// lines are deliveries, one in a line.
func lines(list []sandbox.Delivery) []string {
	var out []string
	for _, d := range list {
		result := fmt.Sprint("status ", d.StatusCode)
		if d.Err != nil {
			result = strings.TrimPrefix(d.Err.Error(), "sandbox: ")
		}
		body := string(d.Body)
		if len(body) > bodyShown {
			body = body[:bodyShown] + "..."
		}
		out = append(out, printable(fmt.Sprintf("%s  %s  %s  %s", d.At.Format(time.DateTime), d.Kind, result, body)))
	}
	return out
}

// personNamed reads an ID, or a number in the list of people, which is smaller
// than any ID.
func (o *operator) personNamed(given string) (int64, error) {
	if given == "" {
		return 0, errUsage
	}
	number, err := strconv.ParseUint(given, 10, 63)
	id := int64(number)
	if err != nil || id < 1 {
		return 0, fmt.Errorf("%.40q is neither an ID nor a number in the list of people", given)
	}
	if ids := o.Coresignal.PersonIDs(); id <= int64(len(ids)) {
		return ids[id-1], nil
	}
	if _, ok := o.Coresignal.Person(id); !ok {
		return 0, coresignal.ErrUnknownPerson
	}
	return id, nil
}

const (
	day               = 24 * time.Hour
	maxAdvance        = 10 * 365 * day
	maxCommandCredits = 1_000_000_000
	maxCommandFaults  = 100 // that are set up at the same time
)

// number reads a decimal number within bounds.
func number(what, given string, low, high int) (int, error) {
	n, err := strconv.Atoi(given)
	if err != nil || n < low || n > high {
		return 0, fmt.Errorf("%s must be a number from %d to %d", what, low, high)
	}
	return n, nil
}

// duration reads "48h", "90m" or "7d", up to ten years.
func duration(given string) (time.Duration, error) {
	refused := errors.New(`a duration such as "48h" or "7d" is expected, of at most 10 years`)
	if days, ok := strings.CutSuffix(given, "d"); ok {
		n, err := strconv.Atoi(days)
		if err != nil || n < 1 || n > int(maxAdvance/day) {
			return 0, refused
		}
		return time.Duration(n) * day, nil
	}
	d, err := time.ParseDuration(given)
	if err != nil || d <= 0 || d > maxAdvance {
		return 0, refused
	}
	return d, nil
}

func (o *operator) advance(arguments string) (string, error) {
	if arguments == "" {
		return "", errUsage
	}
	d, err := duration(arguments)
	if err != nil {
		return "", err
	}
	before := len(o.Deliveries())
	o.Advance(d)
	return fmt.Sprintf("it is %s; %s", o.Now().Format(time.DateTime), o.deliveredSince(before)), nil
}

func (o *operator) deliver(string) (string, error) {
	before := len(o.Deliveries())
	if err := o.Deliver(context.Background()); err != nil {
		return "", err
	}
	return o.deliveredSince(before), nil
}

// deliveredSince counts the deliveries since there were so many, and shows them.
func (o *operator) deliveredSince(before int) string {
	list := o.Deliveries()[before:]
	result := delivered(list)
	if len(list) == 0 && o.Coresignal.ActiveSubscriptions()+o.SalesWebhooks.Active() == 0 {
		result += `; nobody is subscribed, see "subscribe"`
	}
	return strings.Join(append([]string{result}, lines(list[:min(len(list), deliveriesListed)])...), "\n")
}

// delivered counts deliveries and those that were without a response of a 2xx status.
func delivered(list []sandbox.Delivery) string {
	failed := 0
	for _, d := range list {
		if d.StatusCode < 200 || d.StatusCode > 299 {
			failed++
		}
	}
	return fmt.Sprintf("%s, %d failed", counted(len(list), "delivery", "deliveries"), failed)
}

func (o *operator) fail(arguments string) (string, error) {
	fields := strings.Fields(arguments)
	if len(fields) < 1 || len(fields) > 3 {
		return "", errUsage
	}
	f := sandbox.Fault{Times: 1}
	var err error
	if f.Status, err = number("the status", fields[0], 400, 599); err != nil {
		return "", err
	}
	rest := fields[1:]
	if len(rest) > 0 && !strings.HasPrefix(rest[0], "/") {
		if f.Times, err = number("the number of times", rest[0], 0, 1_000_000); err != nil {
			return "", err
		}
		rest = rest[1:]
	}
	if len(rest) > 0 {
		f.Path, rest = rest[0], rest[1:]
	}
	if len(rest) > 0 || f.Path != "" && !strings.HasPrefix(f.Path, "/") {
		return "", errUsage
	}
	if len(o.Faults()) >= maxCommandFaults {
		return "", fmt.Errorf(`%d faults are set up already; "clear" removes them`, maxCommandFaults)
	}
	o.Fail(f)
	times, where := fmt.Sprintf("the next %d requests", f.Times), ""
	switch f.Times {
	case 0:
		times = "every request until clear"
	case 1:
		times = "the next request"
	}
	if f.Path != "" {
		where = " to " + printable(f.Path)
	}
	return strings.TrimSpace(fmt.Sprintf("%s%s will get %d %s", times, where, f.Status, http.StatusText(f.Status))), nil
}

func (o *operator) clear(string) (string, error) {
	n := len(o.Faults())
	o.ClearFaults()
	return counted(n, "fault", "faults") + " removed", nil
}

func (o *operator) credits(arguments string) (string, error) {
	if arguments == "" {
		return "", errUsage
	}
	n, err := number("the credits", arguments, 0, maxCommandCredits)
	if err != nil {
		return "", err
	}
	o.Coresignal.SetCredits(n)
	return fmt.Sprintf("%d credits", n), nil
}

func (o *operator) status(string) (string, error) {
	return strings.Join([]string{
		"time           " + o.Now().Format(time.DateTime),
		fmt.Sprintf("people         %d", len(o.Coresignal.PersonIDs())),
		fmt.Sprintf("credits        %d, spent %d", o.Coresignal.Credits(), o.Coresignal.CreditsSpent()),
		fmt.Sprintf("v1 credits     %d, spent %d", o.Coresignal.V1Credits(), o.Coresignal.V1CreditsSpent()),
		fmt.Sprintf("real-time      %d, spent %d", o.Coresignal.RealTimeCredits(), o.Coresignal.RealTimeCreditsSpent()),
		fmt.Sprintf("requests       %d", o.Requests()),
		fmt.Sprintf("subscriptions  %d active, %s queued", o.Coresignal.ActiveSubscriptions(), counted(o.Coresignal.QueuedChanges(), "change", "changes")),
		fmt.Sprintf("contacts       %d", o.SalesWebhooks.Active()),
		fmt.Sprintf("notes          %d", len(o.LinkedIn.Notes())),
		fmt.Sprintf("data requests  %d", o.Coresignal.JobsCreated()),
		"deliveries     " + delivered(o.Deliveries()),
		fmt.Sprintf("faults         %d", len(o.Faults())),
	}, "\n"), nil
}
