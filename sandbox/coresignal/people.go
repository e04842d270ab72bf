package coresignal

import (
	"errors"
	"iter"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/pronet-go/pronet/sandbox/internal/people"
)

// ErrUnknownPerson is returned when a test changes a person who does not exist.
var ErrUnknownPerson = errors.New("sandbox: no such person")

// Person is a snapshot of somebody, taken when it was asked for.
type Person struct {
	ID         int64  // the employee ID
	Name       string // the full name
	Location   string // where the person lives, with state and country
	Title      string // of the current position, empty without one
	Company    string // of the current position, empty without one
	Shorthand  string // the last element of the profile's address
	ProfileURL string

	Hidden     bool  // removed for privacy, see [Sandbox.HideForPrivacy]
	Deleted    bool  // gone at its source, see [Sandbox.Delete]
	MergedInto int64 // the ID of the person whom this one is a part of, see [Sandbox.Merge]; usually 0
}

// roster finds people. The provider's lock guards it.
type roster struct {
	all         []*people.Person
	byID        map[int64]*people.Person
	byShorthand map[string]*people.Person
}

func newRoster(all []*people.Person) roster {
	r := roster{
		all:         all,
		byID:        make(map[int64]*people.Person, len(all)),
		byShorthand: make(map[string]*people.Person, len(all)),
	}
	for _, p := range all {
		r.byID[p.ID] = p
		r.byShorthand[strings.ToLower(p.Shorthand())] = p
	}
	return r
}

// find resolves what stands in a collect path: an ID, a shorthand name or, in
// v2, a profile's address. A person's former shorthand names are not resolved
// (assumed).
func (r roster) find(ref string, set *dataset) (*people.Person, bool) {
	if id, err := strconv.ParseInt(ref, 10, 64); err == nil {
		p, ok := r.byID[id]
		return p, ok
	}
	if _, slug, isURL := strings.Cut(ref, "/in/"); isURL && set.credential == apiKey {
		slug, _, _ = strings.Cut(slug, "?")
		ref = strings.TrimSuffix(slug, "/")
	}
	p, ok := r.byShorthand[strings.ToLower(ref)]
	return p, ok
}

// profileSlug is the shorthand name, in lower case, that a profile's address ends
// with. Whether the provider wants the scheme is not known; both are read.
func profileSlug(address string) (string, bool) {
	if !strings.Contains(address, "://") {
		address = "https://" + address
	}
	u, err := url.Parse(address)
	if err != nil || len(address) > 2048 || u.Scheme != "https" && u.Scheme != "http" {
		return "", false
	}
	host := strings.ToLower(u.Hostname())
	slug, ok := strings.CutPrefix(strings.TrimSuffix(u.Path, "/"), "/in/")
	if !ok || host != "linkedin.com" && !strings.HasSuffix(host, ".linkedin.com") {
		return "", false
	}
	return shorthandName(slug)
}

// shorthandName brings the last part of a profile's address into lower case and
// tells whether it can be one.
func shorthandName(given string) (string, bool) {
	given = strings.ToLower(given)
	return given, given != "" && len(given) <= 512 && !strings.ContainsFunc(given, func(r rune) bool {
		return r == '/' || r == '?' || r == '#' || unicode.IsSpace(r) || unicode.IsControl(r)
	})
}

func snapshot(p *people.Person) Person {
	mergedInto := int64(0)
	if into := p.MergedInto(); into != nil {
		mergedInto = into.ID
	}
	return Person{
		Hidden:     p.IsHidden(),
		Deleted:    p.IsDeleted(),
		MergedInto: mergedInto,
		ID:         p.ID,
		Name:       p.Name(),
		Location:   p.Location(),
		Title:      p.Title(),
		Company:    p.Company(),
		Shorthand:  p.Shorthand(),
		ProfileURL: p.ProfileURL(),
	}
}

// People returns everybody, in a fixed order. Each is a snapshot taken as the
// walk reaches it.
func (sb *Sandbox) People() iter.Seq[Person] {
	return func(yield func(Person) bool) {
		for _, id := range sb.PersonIDs() {
			if p, ok := sb.Person(id); !ok || !yield(p) {
				return
			}
		}
	}
}

// PersonIDs returns the employee IDs of everybody, in the order of
// [Sandbox.People].
func (sb *Sandbox) PersonIDs() []int64 {
	c := sb.state
	c.mu.RLock()
	defer c.mu.RUnlock()
	ids := make([]int64, 0, len(c.roster.all))
	for _, p := range c.roster.all {
		ids = append(ids, p.ID)
	}
	return slices.Clip(ids)
}

// Person returns a snapshot of one person, and whether there is one with that
// ID.
func (sb *Sandbox) Person(id int64) (Person, bool) {
	c := sb.state
	c.mu.RLock()
	defer c.mu.RUnlock()
	p, ok := c.roster.byID[id]
	if !ok {
		return Person{}, false
	}
	return snapshot(p), true
}

// Promote gives a person a new title in the same company; an empty title picks a
// plausible one. It returns ErrUnknownPerson for an unknown ID.
func (sb *Sandbox) Promote(id int64, title string) error {
	return sb.state.change(id, func(p *people.Person, now time.Time) people.Changed {
		return p.Promote(title, now)
	})
}

// ChangeCompany closes a person's position and opens one in another company; an
// empty name picks one. It returns ErrUnknownPerson for an unknown ID.
func (sb *Sandbox) ChangeCompany(id int64, company string) error {
	return sb.state.change(id, func(p *people.Person, now time.Time) people.Changed {
		return p.ChangeCompany(company, now)
	})
}

// Leave closes a person's position and opens none. It returns ErrUnknownPerson
// for an unknown ID.
func (sb *Sandbox) Leave(id int64) error {
	return sb.state.change(id, func(p *people.Person, now time.Time) people.Changed {
		return p.Leave(now)
	})
}

// Rename gives a person another full name, whose last word is the family name; an empty one picks another family name.
// It returns ErrUnknownPerson for an unknown ID.
func (sb *Sandbox) Rename(id int64, name string) error {
	return sb.state.change(id, func(p *people.Person, now time.Time) people.Changed {
		return p.Rename(name, now)
	})
}

// ErrUnknownCity is returned for a city that nobody of the sandbox can move to.
var ErrUnknownCity = errors.New("sandbox: no such city")

// Relocate moves a person to another city, by its name such as "Berlin"; an empty name picks one in another country. It
// returns ErrUnknownPerson for an unknown ID and ErrUnknownCity for a city in which nobody of the sandbox lives at first.
func (sb *Sandbox) Relocate(id int64, city string) error {
	known := true
	err := sb.state.change(id, func(p *people.Person, now time.Time) (changed people.Changed) {
		changed, known = p.Relocate(city, now)
		return changed
	})
	if err == nil && !known {
		return ErrUnknownCity
	}
	return err
}

// AddEducation adds a degree at a school to a person's education; what is empty is picked. It returns ErrUnknownPerson
// for an unknown ID.
func (sb *Sandbox) AddEducation(id int64, school, degree string) error {
	return sb.state.change(id, func(p *people.Person, now time.Time) people.Changed {
		return p.AddSchool(school, degree, now)
	})
}
