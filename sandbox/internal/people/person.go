package people

import (
	"strings"
	"sync/atomic"
	"time"
)

// Person is one profile of the sandbox. Reading is safe for concurrent use,
// also while one goroutine changes the person; two changes at the same time are
// for the caller to keep apart.
type Person struct {
	// ID is the provider's employee id, 8 or 9 digits, unique.
	ID int64
	// ParentID is the ID of the main profile when this one is a duplicate of it, else 0.
	ParentID int64

	bio        // as it was at first, which draws what never changes
	career     *career
	industry   string // "" when not given
	shorthand  string
	former     []string // former shorthand names
	created    time.Time
	detailSeed uint64 // draws what never changes: education, skills, languages and so on
	ownSeed    uint64 // draws what differs between duplicates of one person

	current atomic.Pointer[profile]
}

// bio is who somebody is and where.
type bio struct {
	first, last string
	home        *country
	city        city
}

func (b bio) name() string { return strings.TrimSpace(b.first + " " + b.last) }

func (b bio) location() string { return b.city.in(b.home) }

// profile is the part of a person that changes. A published profile is never
// written to again, so a record read from it stays whole.
type profile struct {
	bio
	schools   []schooling // that were added to those that are drawn, oldest first
	headline  string      // "" when not given
	positions []position  // newest first
	past      []position  // former versions of rows, deleted at the provider
	nextRow   int
	hidden    bool // removed at the person's own wish
	deleted   bool // gone at its source
	merged    *Person
	absorbed  []*Person // those who were merged into this one
	updated   time.Time
	lastMove  time.Time // when a position was last seen to start or end, zero for never
	rendered  renderings
}

// IsParent says whether this is a person's main profile and not a duplicate.
func (p *Person) IsParent() bool { return p.ParentID == 0 }

// Name is the full name.
func (p *Person) Name() string { return p.current.Load().name() }

// Location is where the person lives.
func (p *Person) Location() string { return p.current.Load().location() }

// Shorthand is the current last part of the profile's address.
func (p *Person) Shorthand() string { return p.shorthand }

// FormerShorthands are shorthand names that the profile had before; often none.
func (p *Person) FormerShorthands() []string { return append([]string(nil), p.former...) }

const profileAddress = "https://www.linkedin.com/in/"

// ProfileURL is the address of the profile.
func (p *Person) ProfileURL() string { return profileAddress + p.shorthand }

// ids are the person's own ID and those that were merged into it.
func (p *Person) ids(f *profile) []int64 {
	ids := []int64{p.ID}
	for _, other := range f.absorbed {
		ids = append(ids, other.ID)
	}
	return ids
}

// shorthands are the present and former names after "/in/", also of those who were merged into the person.
func (p *Person) shorthands(f *profile) []string {
	names := append([]string{p.shorthand}, p.former...)
	for _, other := range f.absorbed {
		names = append(names, other.shorthand)
	}
	return names
}

// parentID is the ID of the profile that this one is a duplicate of or was merged into, 0 for a main profile.
func (p *Person) parentID(f *profile) int64 {
	if f.merged != nil {
		return f.merged.ID
	}
	return p.ParentID
}

// IsHidden says whether the profile was removed for privacy.
func (p *Person) IsHidden() bool { return p.current.Load().hidden }

// IsDeleted says whether the profile is gone at its source.
func (p *Person) IsDeleted() bool { return p.current.Load().deleted }

// MergedInto is the person whose profile this one has become a part of, at the end of the chain; nil for most people.
func (p *Person) MergedInto() *Person {
	into := p.current.Load().merged
	for into != nil {
		next := into.current.Load().merged
		if next == nil {
			break
		}
		into = next
	}
	return into
}

// publicID is the number of the profile at its source.
func (p *Person) publicID() int64 { return p.ID - 7_654_321 }

// Title is the job title of the current position, "" without one.
func (p *Person) Title() string {
	if at := p.current.Load().openPosition(); at != nil {
		return at.title
	}
	return ""
}

// Company is the name of the current employer, "" without one.
func (p *Person) Company() string {
	if at := p.current.Load().openPosition(); at != nil {
		return at.company.Name
	}
	return ""
}

// openPosition is the newest position that was not closed, nil when there is none.
func (f *profile) openPosition() *position {
	for i := range f.positions {
		if f.positions[i].isOpen() {
			return &f.positions[i]
		}
	}
	return nil
}
