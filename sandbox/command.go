package sandbox

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxCommandLength is the longest line that Command reads, in bytes.
const maxCommandLength = 1_000

// ErrUnknownCommand is returned for a line whose first word is no command.
var ErrUnknownCommand = errors.New(`sandbox: unknown command; "help" lists them`)

// command is one thing that a line of text can ask for.
type command struct {
	name, arguments, does string
	run                   func(sb *Sandbox, arguments string) (string, error)
}

func commands() []command {
	return []command{
		{"people", "[N]", "list the first N people (10), with their numbers and IDs", (*Sandbox).commandPeople},
		{"promote", "PERSON [TITLE]", "give somebody a title, or the next one", (*Sandbox).commandPromote},
		{"company", "PERSON [NAME]", "move somebody to a company, or to any other", (*Sandbox).commandCompany},
		{"leave", "PERSON", "end somebody's position", (*Sandbox).commandLeave},
		{"hide", "PERSON", "remove somebody's profile for privacy", (*Sandbox).commandHide},
		{"advance", "DURATION", `move the clock ahead, by "48h" or "7d", and deliver what falls due`, (*Sandbox).commandAdvance},
		{"deliver", "", "deliver what is queued now", (*Sandbox).commandDeliver},
		{"fail", "STATUS [TIMES] [PATH]", "answer the next requests with an error, 0 times is until clear", (*Sandbox).commandFail},
		{"clear", "", "remove every fault", (*Sandbox).commandClear},
		{"credits", "N", "set the credits of the v2 endpoints", (*Sandbox).commandCredits},
		{"status", "", "tell how things stand", (*Sandbox).commandStatus},
		{"help", "", "list the commands", (*Sandbox).commandHelp},
	}
}

// Command does what a line of text says and answers in one or more lines, without
// a line feed at the end, so that a person or another program can change the
// sandbox:
//
//	people 5              list the first five people
//	promote 42 CTO        give the 42nd of them a title; without one, the next
//	company 42 Acme       move them to a company; without one, to any other
//	leave 42              end their position
//	hide 42               remove their profile for privacy
//	advance 48h           move the clock and deliver what falls due
//	deliver               deliver what is queued now
//	fail 429 3 [path]     answer the next three requests with 429
//	clear                 remove every fault
//	credits 500           set the credits of v2
//	status                tell how things stand
//	help                  list the commands
//
// A person is named by ID or by their number in the list of people. An empty line
// does nothing. It returns [ErrUnknownCommand] for another word and
// [ErrUnknownPerson] for nobody's ID; lines of more than 1,000 bytes, with
// control characters or with arguments out of bounds are refused too, and nothing
// has happened then. An error of "deliver" tells which deliveries failed.
//
// Deliveries are waited for, as [Sandbox.Deliver] describes.
func (sb *Sandbox) Command(line string) (answer string, err error) {
	switch {
	case len(line) > maxCommandLength:
		return "", fmt.Errorf("sandbox: a command has at most %d bytes", maxCommandLength)
	case !utf8.ValidString(line):
		return "", errors.New("sandbox: a command must be valid UTF-8")
	}
	line = strings.TrimSpace(line)
	if strings.ContainsFunc(line, unicode.IsControl) {
		return "", errors.New("sandbox: a command must not hold control characters")
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
		if c.arguments == "" && arguments != "" {
			return "", c.usage()
		}
		answer, err = c.run(sb, arguments)
		if errors.Is(err, errUsage) {
			return "", c.usage()
		}
		return answer, err
	}
	return "", ErrUnknownCommand
}

// errUsage is returned by a command whose arguments are missing or too many.
var errUsage = errors.New("usage")

func (c command) usage() error {
	return fmt.Errorf("sandbox: usage: %s", strings.TrimSpace(c.name+" "+c.arguments))
}

func (sb *Sandbox) commandHelp(string) (string, error) {
	var lines []string
	for _, c := range commands() {
		lines = append(lines, fmt.Sprintf("%-29s  %s", strings.TrimSpace(c.name+" "+c.arguments), c.does))
	}
	lines = append(lines, "A PERSON is an ID, or a number in the list of people.")
	return strings.Join(lines, "\n"), nil
}
