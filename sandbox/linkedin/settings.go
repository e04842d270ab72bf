package linkedin

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Option changes how the fake LinkedIn behaves.
type Option func(*settings) error

// ForSandbox makes it an option of package sandbox.
func (Option) ForSandbox() {}

// Bounds is which date of a note a list goes by.
type Bounds int

const (
	// ByLastChange goes by the last change, as the text of LinkedIn's page has it.
	ByLastChange Bounds = iota
	// ByCreation goes by the creation, as the table of the same page has it.
	ByCreation
)

// Total is what a list says of its length.
type Total int

const (
	// TotalStated is the number of positions of the list.
	TotalStated Total = iota
	// TotalZero is always 0, which Rest.li says when it does not know.
	TotalZero
	// TotalAbsent leaves it out.
	TotalAbsent
)

type settings struct {
	notes, seats  int
	tokenLife     time.Duration
	tokenLag      int
	numericLife   bool
	quota         int
	skew          time.Duration
	bounds        Bounds
	total         Total
	holes         int
	pageLimit     int
	withoutLinks  bool
	textIDs       bool
	deletedListed time.Duration
	versions      []string
	readablePosts bool
	duplicates    bool // are published
	videoPart     int64
	processing    time.Duration
	failUploads   bool
	members       memberSettings
	push          pushSettings
	oauth         oauthSettings
	recruiter     recruiterSettings
	jobs          jobSettings
}

func newSettings(options []Option) (settings, error) {
	s := settings{
		seats: 3, tokenLife: 30 * time.Minute, quota: 100_000, pageLimit: 10_000, videoPart: 4 << 20,
		members:   newMemberSettings(),
		versions:  []string{"202312", "202601", "202602", "202603", "202604", "202605", "202606", "202607", "202608", "202609"},
		oauth:     newOAuthSettings(),
		recruiter: newRecruiterSettings(),
		jobs:      newJobSettings(),
	}
	var errs []error
	for _, option := range options {
		if option != nil {
			errs = append(errs, option(&s))
		}
	}
	return s, errors.Join(errs...)
}

func between(name string, n, low, high int) error {
	if n < low || n > high {
		return fmt.Errorf("sandbox: %s: %d is not between %d and %d", name, n, low, high)
	}
	return nil
}

// WithNotes sets how many notes there are at first, up to 1,000,000, one a minute before the sandbox's start. The default
// is none.
func WithNotes(n int) Option {
	return func(s *settings) error {
		s.notes = n
		return between("WithNotes", n, 0, 1_000_000)
	}
}

// WithSeats sets how many seats a contract has, from 1 to 10,000. The default is 3. Every fifth but the first is inactive.
func WithSeats(n int) Option {
	return func(s *settings) error {
		s.seats = n
		return between("WithSeats", n, 1, 10_000)
	}
}

// WithTokenLife sets how long a token lives. The default is LinkedIn's 30 minutes.
func WithTokenLife(d time.Duration) Option {
	return func(s *settings) error {
		if s.tokenLife = d; d < time.Second {
			return fmt.Errorf("sandbox: WithTokenLife: %v is less than a second", d)
		}
		return nil
	}
}

// WithNumericTokenLife writes expires_in as a number. By default it is a string, as LinkedIn's page has it for apps.
func WithNumericTokenLife() Option {
	return func(s *settings) error {
		s.numericLife = true
		return nil
	}
}

// WithTokenLag sets how many of the first requests with a new token are told that it is revoked. The default is 0.
func WithTokenLag(requests int) Option {
	return func(s *settings) error {
		s.tokenLag = requests
		return between("WithTokenLag", requests, 0, 1_000)
	}
}

// WithDailyQuota sets how many calls an app may make on a UTC day. The default is the published 100,000.
func WithDailyQuota(calls int) Option {
	return func(s *settings) error {
		s.quota = calls
		return between("WithDailyQuota", calls, 1, 1<<40)
	}
}

// WithClockSkew sets how far the server's clock, whose time is in the Date header, the dates of notes and the ends of
// tokens, is ahead of the sandbox's. It may be negative.
func WithClockSkew(d time.Duration) Option {
	return func(s *settings) error {
		s.skew = d
		return between("WithClockSkew", int(d/time.Hour), -24, 24)
	}
}

// WithBounds sets which date of a note a list goes by. The default is ByLastChange.
func WithBounds(b Bounds) Option {
	return func(s *settings) error {
		s.bounds = b
		return between("WithBounds", int(b), int(ByLastChange), int(ByCreation))
	}
}

// WithTotal sets what a list says of its length. The default is TotalStated.
func WithTotal(t Total) Option {
	return func(s *settings) error {
		s.total = t
		return between("WithTotal", int(t), int(TotalStated), int(TotalAbsent))
	}
}

// WithHoles leaves one position in a list without a note after every so many notes, so that pages are shorter than what
// was asked for. The default is 0, none.
func WithHoles(every int) Option {
	return func(s *settings) error {
		s.holes = every
		return between("WithHoles", every, 0, 1<<30)
	}
}

// WithPageLimit sets from which position on a list of notes is refused with 400. The default is 10,000, and 0 is no limit.
func WithPageLimit(n int) Option {
	return func(s *settings) error {
		s.pageLimit = n
		return between("WithPageLimit", n, 0, 1<<30)
	}
}

// WithoutNextLinks leaves the links out of lists.
func WithoutNextLinks() Option {
	return func(s *settings) error {
		s.withoutLinks = true
		return nil
	}
}

// WithTextIDs writes the ids of notes and seats as strings. By default they are numbers.
func WithTextIDs() Option {
	return func(s *settings) error {
		s.textIDs = true
		return nil
	}
}

// WithDeletedListed sets how long a deleted note stays listed. The default is for ever.
func WithDeletedListed(d time.Duration) Option {
	return func(s *settings) error {
		if s.deletedListed = d; d <= 0 {
			return fmt.Errorf("sandbox: WithDeletedListed: %v is not positive", d)
		}
		return nil
	}
}

// WithVersions sets which versions of the paths at /rest are alive, such as "202604".
func WithVersions(alive ...string) Option {
	return func(s *settings) error {
		s.versions = nil
		for _, v := range alive {
			if len(v) != 6 || strings.Trim(v, "0123456789") != "" {
				return fmt.Errorf("sandbox: WithVersions: %.20q is not of the form YYYYMM", v)
			}
			s.versions = append(s.versions, v)
		}
		return nil
	}
}
