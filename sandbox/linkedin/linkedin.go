// Package linkedin fakes LinkedIn's API in a sandbox: apps with their tokens, Recruiter contracts with seats, and the
// notes that recruiters write. Package sandbox starts it, and gives it as the field LinkedIn:
//
//	sb, err := sandbox.Start(linkedin.WithNotes(50))
//	...
//	id := sb.LinkedIn.WriteNote(linkedin.Note{Text: "call back in May"})
//
// There are two origins, as LinkedIn has them: the API, and the one that issues tokens, which no token of the API may
// reach. Queries are read by a decoder of the sandbox's own, in protocol 1.0 and 2.0, also from the body of a tunnelled
// request.
//
// # What is assumed
//
// No source states these things, so a client should not rely on them; most can be set both ways:
//
//   - whether the dates of a list of notes are those of creation or of the last change ([WithBounds])
//   - the order of notes: by that date, then by id
//   - what total says ([WithTotal]), and whether there are next links ([WithoutNextLinks])
//   - that positions without a note make a page short ([WithHoles])
//   - after how many notes a list is refused ([WithPageLimit])
//   - how long a deleted note stays listed ([WithDeletedListed])
//   - that a quota belongs to the app, and begins anew at 00:00 UTC ([WithDailyQuota])
//   - that a token is known everywhere only after some requests ([WithTokenLag])
//   - the endpoints at /rest, and which versions they have ([WithVersions]); protocol 2.0
//   - whose token that of an app is, and the permissions of tokens ([WithMemberScopes]); the endpoints that LinkedIn does not
//     list ([WithUnlisted]); how positions are changed ([WithEditStatus], [WithOldIDHeader]); the parts of a member's data
//     ([WithSnapshotParts])
//   - what an event holds whose page could not be read ([Sandbox.PushCandidateExport], [Sandbox.PushJobStatus]), and that
//     only notifications of social actions are sent again ([WithRetriedPushes])
//   - what ends with a revoked refresh token, and that native apps refresh without a secret
//   - the fields of InMail, of purged candidates and of child apps' credentials, and the request for purged candidates
//   - that a page of InMail may be more than a seat's share of a minute, which is paid back then ([WithInMailRate])
//   - how long subscriptions to events live ([WithSubscriptionLife])
//   - that jobs take an app's own token, what becomes of an externalJobPostingId that stands twice in a batch, and that both days
//     of the Job Library's dateRange are inclusive; whether a second CREATE makes another job ([WithDuplicateJobs])
//   - the statuses and texts of refusals but for those of tokens, versions, rights and quotas
package linkedin

import (
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/pronet-go/pronet/sandbox/internal/shell"
)

// Sandbox is the fake of LinkedIn. It is safe for concurrent use. Get one from package sandbox.
type Sandbox struct {
	state    *state
	api, www *shell.Origin
}

// New is for package sandbox. It returns every error of the options, joined.
func New(sh *shell.Shell, options ...Option) (*Sandbox, error) {
	s, err := newSettings(options)
	if err != nil {
		return nil, err
	}
	st := newState(s, sh)
	origins := sh.Add(st)
	st.www = origins[1]
	return &Sandbox{state: st, api: origins[0], www: origins[1]}, nil
}

// URL returns the base URL of the API, without a slash at its end and with the path prefix; the paths start with "/v2" or
// "/rest" after it. It is empty before the sandbox listens.
func (sb *Sandbox) URL() string { return sb.api.URL() }

// AccountsURL is that of the origin which issues tokens, whose paths start with "/oauth".
func (sb *Sandbox) AccountsURL() string { return sb.www.URL() }

// ServeHTTP responds to one request of the API as LinkedIn would, after the faults that concern it. When a fault drops the
// connection and w cannot be hijacked, it panics with http.ErrAbortHandler, which net/http's server understands.
func (sb *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) { sb.api.ServeHTTP(w, r) }

// Serve serves the API to the connections of a listener until the sandbox is closed, which closes it, and then returns
// nil. It sets [Sandbox.URL] if nothing has before.
func (sb *Sandbox) Serve(l net.Listener) error { return sb.api.Serve(l) }

// ServeAccounts is Serve for the origin that issues tokens, and sets [Sandbox.AccountsURL].
func (sb *Sandbox) ServeAccounts(l net.Listener) error { return sb.www.Serve(l) }

// App is an app with the right to read one contract.
type App struct {
	// ClientID and ClientSecret are its credentials.
	ClientID, ClientSecret string
	// Contract is the URN of the contract.
	Contract string
	// Seats are the URNs of the contract's seats.
	Seats []string
}

// App returns the first app.
func (sb *Sandbox) App() App {
	sb.state.mu.Lock()
	defer sb.state.mu.Unlock()
	return sb.state.apps[0].public()
}

// AddApp makes a further app, with a contract of its own that has as many seats as the first one's.
func (sb *Sandbox) AddApp() App {
	sb.state.mu.Lock()
	defer sb.state.mu.Unlock()
	return sb.state.addApp().public()
}

// TokensIssued is how many tokens all apps have got.
func (sb *Sandbox) TokensIssued() int {
	sb.state.mu.Lock()
	defer sb.state.mu.Unlock()
	return len(sb.state.tokens)
}

// RevokeTokens revokes the tokens of all apps, as an administrator would. New ones can be got.
func (sb *Sandbox) RevokeTokens() {
	sb.state.mu.Lock()
	defer sb.state.mu.Unlock()
	for _, t := range sb.state.tokens {
		t.revoked = true
	}
}

// UseQuota counts so many calls of an app's quota of today as made, as another program with the same app would.
func (sb *Sandbox) UseQuota(clientID string, calls int) {
	sb.state.mu.Lock()
	defer sb.state.mu.Unlock()
	if a := sb.state.app(clientID); a != nil {
		a.count(sb.state.today(), calls)
	}
}

// Note is a note about a person.
type Note struct {
	// ID is its number; WriteNote chooses one.
	ID int64
	// Contract is the URN of the contract; the first app's unless set.
	Contract string
	// Owner is the URN of the seat that wrote it; the contract's first one unless set.
	Owner string
	// Member is the URN of the person whom it is about; one of the sandbox's unless set.
	Member string
	// Text is what it says.
	Text string
	// Created and LastModified are by the server's clock, in milliseconds. WriteNote takes the present for those that are
	// zero: a note whose dates are in the past was written late.
	Created, LastModified time.Time
	// Deleted notes are listed with active false.
	Deleted bool
}

// WriteNote writes a note and returns its ID.
func (sb *Sandbox) WriteNote(n Note) int64 {
	sb.state.mu.Lock()
	defer sb.state.mu.Unlock()
	return sb.state.write(n)
}

// WriteNotes writes count notes with one and the same date, as an import would.
func (sb *Sandbox) WriteNotes(count int, n Note) []int64 {
	sb.state.mu.Lock()
	defer sb.state.mu.Unlock()
	if n.Created.IsZero() {
		n.Created = sb.state.now()
	}
	ids := make([]int64, 0, max(0, count))
	for range count {
		ids = append(ids, sb.state.write(n))
	}
	return ids
}

// EditNote changes the text of a note, now, and reports whether there is one that is not deleted.
func (sb *Sandbox) EditNote(id int64, text string) bool {
	return sb.change(id, func(n *Note) { n.Text = text })
}

// DeleteNote deletes a note, now, and reports whether there was one. If the contract's app has a callback, see
// [Sandbox.RegisterCallback], it is sent the event.
func (sb *Sandbox) DeleteNote(id int64) bool {
	return sb.change(id, func(n *Note) {
		n.Deleted = true
		sb.state.pushDeletedNote(n)
	})
}

func (sb *Sandbox) change(id int64, apply func(*Note)) bool {
	sb.state.mu.Lock()
	defer sb.state.mu.Unlock()
	n := sb.state.notes[id]
	if n == nil || n.Deleted {
		return false
	}
	apply(n)
	n.LastModified, sb.state.sorted = sb.state.now(), false
	return true
}

// Notes returns all notes, deleted ones too, by ID.
func (sb *Sandbox) Notes() []Note {
	sb.state.mu.Lock()
	defer sb.state.mu.Unlock()
	var all []Note
	for _, id := range slices.Sorted(maps.Keys(sb.state.notes)) {
		all = append(all, *sb.state.notes[id])
	}
	return all
}

// state is all apps and contracts. The lock guards it; nothing waits for the network while it is held.
type state struct {
	settings settings
	shell    *shell.Shell

	mu        sync.Mutex
	apps      []*app
	tokens    map[string]*token
	notes     map[int64]*Note
	byDate    []*Note // by the date that bounds go by, if sorted
	sorted    bool
	lastID    int64
	posts     postState
	media     mediaState
	www       *shell.Origin
	people    *people
	pushes    pushes
	oauth     *oauthState
	recruiter *recruiterState
	jobs      jobState
}

type app struct {
	id, secret string
	contract   string
	seats      []seat

	day  int64 // of used
	used int
}

type seat struct {
	id                 int64
	first, last, email string
	member, state      string
}

func (a *app) public() App {
	p := App{ClientID: a.id, ClientSecret: a.secret, Contract: a.contract}
	for _, s := range a.seats {
		p.Seats = append(p.Seats, s.urn())
	}
	return p
}

func (s seat) urn() string { return "urn:li:seat:" + strconv.FormatInt(s.id, 10) }

// count counts calls of a day.
func (a *app) count(day int64, calls int) int {
	if a.day != day {
		a.day, a.used = day, 0
	}
	a.used += calls
	return a.used
}

type token struct {
	app     *app
	expires time.Time
	revoked bool
	lag     int      // requests that are still told that it is revoked
	consent *consent // of a member; nil for an app's own
}

func newState(s settings, sh *shell.Shell) *state {
	st := &state{
		settings: s, shell: sh, tokens: map[string]*token{}, notes: map[int64]*Note{}, lastID: 1_323_000_000,
		media: mediaState{byID: map[string]*upload{}}, people: newPeople(s.members), oauth: newOAuthState(), recruiter: newRecruiterState(),
	}
	st.addApp()
	began := st.now()
	st.jobs = jobState{began: began, tasks: map[string]*jobTask{}}
	for i := range s.notes { // one a minute, the last one now
		at := began.Add(-time.Duration(s.notes-1-i) * time.Minute)
		st.write(Note{Owner: st.apps[0].seats[i%len(st.apps[0].seats)].urn(), Text: "note " + strconv.Itoa(i+1), Created: at})
	}
	return st
}

var firstNames = []string{"Rita", "Ola", "Chen", "Amara", "Jon", "Leila"}

func (st *state) addApp() *app {
	n := int64(len(st.apps))
	a := &app{
		id: "app" + st.shell.Letters(11), secret: st.shell.Letters(24), contract: "urn:li:contract:" + strconv.FormatInt(1_234_567+n, 10),
	}
	for i := range int64(st.settings.seats) {
		s := seat{
			id: 100_000*(n+1) + i, first: firstNames[i%int64(len(firstNames))], last: "Book", member: st.member(int(n*1_000 + i)), state: "ACTIVE",
		}
		s.email = s.first + "@example.com"
		if i > 0 && i%5 == 0 {
			s.state = "INACTIVE"
		}
		a.seats = append(a.seats, s)
	}
	st.apps = append(st.apps, a)
	return a
}

// member is the URN of a person. LinkedIn's ids are of letters, digits, "-" and "_".
func (st *state) member(n int) string {
	return "urn:li:person:-f_" + strconv.FormatInt(int64(n)+1e6, 36)
}

func (st *state) app(clientID string) *app {
	for _, a := range st.apps {
		if a.id == clientID {
			return a
		}
	}
	return nil
}

// now is the time by the server's clock, in milliseconds.
func (st *state) now() time.Time {
	return st.shell.Now().Add(st.settings.skew).Truncate(time.Millisecond)
}

func (st *state) today() int64 { return st.now().Unix() / (24 * 60 * 60) }

func (st *state) write(n Note) int64 {
	a := st.apps[0]
	for _, other := range st.apps {
		if other.contract == n.Contract {
			a = other
		}
	}
	st.lastID++
	n.ID, n.Contract = st.lastID, a.contract
	if n.Owner == "" {
		n.Owner = a.seats[0].urn()
	}
	if n.Member == "" {
		n.Member = st.member(int(n.ID % 97))
	}
	if n.Created.IsZero() {
		n.Created = st.now()
	}
	if n.LastModified.IsZero() {
		n.LastModified = n.Created
	}
	n.Created, n.LastModified = n.Created.Truncate(time.Millisecond), n.LastModified.Truncate(time.Millisecond)
	st.notes[n.ID], st.sorted = &n, false
	return n.ID
}
