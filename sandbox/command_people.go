package sandbox

import (
	"fmt"
	"strings"
)

// The bounds of "people".
const (
	peopleListed    = 10
	maxPeopleListed = 1_000
)

func (sb *Sandbox) commandPeople(arguments string) (string, error) {
	n := peopleListed
	if arguments != "" {
		var err error
		if n, err = number("the number of people", arguments, 1, maxPeopleListed); err != nil {
			return "", err
		}
	}
	ids := sb.PersonIDs()
	lines := make([]string, 0, n+1)
	for i, id := range ids[:min(n, len(ids))] {
		p, _ := sb.Person(id) // nobody is ever removed
		lines = append(lines, fmt.Sprintf("%4d  %s", i+1, p.line()))
	}
	return strings.Join(append(lines, fmt.Sprintf("%d of %d people", min(n, len(ids)), len(ids))), "\n"), nil
}

// line is a person in one line.
func (p Person) line() string {
	work := "no position"
	if p.Title != "" || p.Company != "" {
		work = p.Title + " at " + p.Company
	}
	return fmt.Sprintf("%d  %s, %s", p.ID, p.Name, work)
}

func (sb *Sandbox) commandPromote(arguments string) (string, error) {
	return sb.commandChange(arguments, sb.Promote)
}

func (sb *Sandbox) commandCompany(arguments string) (string, error) {
	return sb.commandChange(arguments, sb.ChangeCompany)
}

func (sb *Sandbox) commandLeave(arguments string) (string, error) {
	return sb.commandPerson(arguments, sb.Leave)
}

func (sb *Sandbox) commandHide(arguments string) (string, error) {
	return sb.commandPerson(arguments, sb.HideForPrivacy)
}

// commandPerson changes a person without saying to what.
func (sb *Sandbox) commandPerson(arguments string, change func(id int64) error) (string, error) {
	if strings.Contains(arguments, " ") {
		return "", errUsage
	}
	return sb.commandChange(arguments, func(id int64, _ string) error { return change(id) })
}

// commandChange changes a person and tells how they are now.
func (sb *Sandbox) commandChange(arguments string, change func(id int64, to string) error) (string, error) {
	given, to, _ := strings.Cut(arguments, " ")
	id, err := sb.personNamed(given)
	if err != nil {
		return "", err
	}
	if err := change(id, strings.TrimSpace(to)); err != nil {
		return "", err
	}
	p, _ := sb.Person(id)
	return p.line(), nil
}

// personNamed reads an ID, or a number in the list of people, which is smaller
// than any ID.
func (sb *Sandbox) personNamed(given string) (int64, error) {
	if given == "" {
		return 0, errUsage
	}
	id, ok := parseID(given)
	if !ok {
		return 0, fmt.Errorf("sandbox: %.40q is neither an ID nor a number in the list of people", given)
	}
	if ids := sb.PersonIDs(); id <= int64(len(ids)) {
		return ids[id-1], nil
	}
	if _, ok := sb.Person(id); !ok {
		return 0, ErrUnknownPerson
	}
	return id, nil
}
