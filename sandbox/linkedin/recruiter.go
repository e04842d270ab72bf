package linkedin

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"
)

// recruiterSettings are what the options below set.
type recruiterSettings struct {
	csaOff        bool
	inMailRecords int
	stubsIncluded bool
	stubLimit     int
	exportLife    time.Duration
	subscriptions time.Duration // how long a subscription lives
}

func newRecruiterSettings() recruiterSettings {
	return recruiterSettings{inMailRecords: 12, stubLimit: 20_000, exportLife: 24 * time.Hour, subscriptions: 90 * 24 * time.Hour}
}

// WithIntegrationsOff begins with no integration switched on: the seats, InMail, stubs and notes of a contract are refused
// with 403 until the integration CSA_API is enabled by a call and switched on by [Sandbox.SwitchIntegration]. By default
// nothing is refused for it.
func WithIntegrationsOff() Option {
	return func(s *settings) error {
		s.recruiter.csaOff = true
		return nil
	}
}

// WithInMailRate sets how many records about a seat are returned a minute, after which calls about it are refused with 429
// until they are paid back. The default is the published 12, and 0 is no limit.
func WithInMailRate(records int) Option {
	return func(s *settings) error {
		s.recruiter.inMailRecords = records
		return between("WithInMailRate", records, 0, 1<<30)
	}
}

// WithStubEndIncluded takes createdDateEnd as inclusive. By default it is exclusive; LinkedIn's page says both.
func WithStubEndIncluded() Option {
	return func(s *settings) error {
		s.recruiter.stubsIncluded = true
		return nil
	}
}

// WithStubLimit sets from which position on a list of stubs is refused with 400. The default is the published 20,000.
func WithStubLimit(n int) Option {
	return func(s *settings) error {
		s.recruiter.stubLimit = n
		return between("WithStubLimit", n, 1, 1<<30)
	}
}

// WithSubscriptionLife sets how long a subscription to events lives. The default is 90 days (assumed).
func WithSubscriptionLife(d time.Duration) Option {
	return func(s *settings) error {
		if s.recruiter.subscriptions = d; d < time.Minute {
			return fmt.Errorf("sandbox: WithSubscriptionLife: %v is less than a minute", d)
		}
		return nil
	}
}

// recruiterState is what the apps have besides seats and notes.
type recruiterState struct {
	inMails      []InMail
	served       map[string]*allowance // by seat
	stubs        []SharedStub
	exports      map[string]*export // by request id
	purged       []string           // request ids, in order
	askings      map[string]*asking // by client id
	integrations map[integrationKey]*Integration
	changes      map[string]integrationKey // by request id
	children     []*childApp
	events       eventState
}

func newRecruiterState() *recruiterState {
	return &recruiterState{
		served: map[string]*allowance{}, exports: map[string]*export{}, askings: map[string]*asking{}, integrations: map[integrationKey]*Integration{},
		changes: map[string]integrationKey{}, events: newEventState(),
	}
}

// InMail is a message between a seat and a person.
type InMail struct {
	// ID is its number; SendInMail chooses one.
	ID int64
	// Seat is the URN of the seat that has it; the first app's first one unless set.
	Seat string
	// Author is the URN of who wrote it; the seat unless set.
	Author string
	// Thread is the URN of the conversation.
	Thread string
	// Subject and Text are what it says.
	Subject, Text string
	// Created is by the server's clock, in milliseconds; the present when zero.
	Created time.Time
}

// SendInMail sends an InMail, or receives one, and returns its ID.
func (sb *Sandbox) SendInMail(m InMail) int64 {
	st := sb.state
	st.mu.Lock()
	defer st.mu.Unlock()
	if m.Seat == "" {
		m.Seat = st.apps[0].seats[0].urn()
	}
	if m.Author == "" {
		m.Author = m.Seat
	}
	if m.Created.IsZero() {
		m.Created = st.now()
	}
	m.ID = int64(len(st.recruiter.inMails)) + 1
	if m.Thread == "" {
		m.Thread = "urn:li:messagingThread:" + strconv.FormatInt(m.ID, 10)
	}
	m.Created = m.Created.Truncate(time.Millisecond)
	st.recruiter.inMails = append(st.recruiter.inMails, m)
	return m.ID
}

// SharedStub is what a person let a recruiter know in reply to an InMail.
type SharedStub struct {
	// Owner is the URN of the seat; the first app's first one unless set.
	Owner string
	// Member is the URN of the person; one of the sandbox's unless set.
	Member string
	// Email is written as one text, or as a list with EmailAsList.
	Email       string
	EmailAsList bool
	// Created is by the server's clock, in milliseconds; the present when zero.
	Created time.Time
}

// ShareStub lets a recruiter know how to reach a person.
func (sb *Sandbox) ShareStub(s SharedStub) {
	st := sb.state
	st.mu.Lock()
	defer st.mu.Unlock()
	if s.Owner == "" {
		s.Owner = st.apps[0].seats[0].urn()
	}
	if s.Member == "" {
		s.Member = st.member(len(st.recruiter.stubs) + 500)
	}
	if s.Created.IsZero() {
		s.Created = st.now()
	}
	s.Created = s.Created.Truncate(time.Millisecond)
	st.recruiter.stubs = append(st.recruiter.stubs, s)
}

// export is a candidate that was exported.
type export struct {
	app     *app
	request string
	member  string
	job     string
	at      time.Time
	purged  time.Time
}

// ExportCandidate exports a person for a job, by the seat of an app, and returns the request id that the event has. After
// a day LinkedIn knows it no more.
func (sb *Sandbox) ExportCandidate(clientID, job string) (requestID string) {
	st := sb.state
	st.mu.Lock()
	defer st.mu.Unlock()
	a := st.app(clientID)
	if a == nil {
		return ""
	}
	e := &export{app: a, request: st.shell.UUID(), member: st.member(len(st.recruiter.exports) + 700), job: job, at: st.now()}
	st.recruiter.exports[e.request] = e
	return e.request
}

// PurgeCandidate lists an exported candidate as one whose data must be deleted, and reports whether there is one.
func (sb *Sandbox) PurgeCandidate(requestID string) bool {
	st := sb.state
	st.mu.Lock()
	defer st.mu.Unlock()
	e := st.recruiter.exports[requestID]
	if e == nil || !e.purged.IsZero() {
		return false
	}
	e.purged = st.now()
	st.recruiter.purged = append(st.recruiter.purged, requestID)
	return true
}

// asking is how an app asks for purged candidates.
type asking struct {
	next  int // where the page begins that goes on
	whole []time.Time
}

// PurgesAsked is when an app has asked for all purged candidates, by the server's clock: when the last page was served of a
// walk from the first one on.
func (sb *Sandbox) PurgesAsked(clientID string) []time.Time {
	st := sb.state
	st.mu.Lock()
	defer st.mu.Unlock()
	if asked := st.recruiter.askings[clientID]; asked != nil {
		return slices.Clone(asked.whole)
	}
	return nil
}

type integrationKey struct{ context, kind, tenant, provider string }

// Integration is an integration of a customer.
type Integration struct {
	// Context is the URN of the organisation or contract, and Type what it does, such as CSA_API.
	Context, Type string
	// Name is what it was enabled under.
	Name string
	// On says that the customer has switched it on.
	On bool
	// Configurations are its settings.
	Configurations map[string]string
}

// Integrations are those that were enabled, sorted by context and type.
func (sb *Sandbox) Integrations() []Integration {
	st := sb.state
	st.mu.Lock()
	defer st.mu.Unlock()
	var all []Integration
	for _, i := range st.recruiter.integrations {
		one := *i
		one.Configurations = maps.Clone(i.Configurations)
		all = append(all, one)
	}
	slices.SortFunc(all, func(a, b Integration) int { return compareTexts(a.Context, b.Context, a.Type, b.Type) })
	return all
}

// EnableIntegration enables an integration as a call would, with the callback URL if it is not empty.
func (sb *Sandbox) EnableIntegration(context, kind, name, callback string) {
	st := sb.state
	st.mu.Lock()
	defer st.mu.Unlock()
	i := &Integration{Context: context, Type: kind, Name: name, Configurations: map[string]string{}}
	if callback != "" {
		i.Configurations["CALLBACK_URL"] = callback
	}
	st.recruiter.integrations[integrationKey{context, kind, "RECRUITER", "ATS"}] = i
}

func compareTexts(pairs ...string) int {
	for i := 0; i+1 < len(pairs); i += 2 {
		switch {
		case pairs[i] < pairs[i+1]:
			return -1
		case pairs[i] > pairs[i+1]:
			return 1
		}
	}
	return 0
}

// SwitchIntegration switches an integration on or off, as an administrator of the customer would, and returns the request
// id that the event INTEGRATION_STATUS_CHANGE has. It is "" when the integration was not enabled.
func (sb *Sandbox) SwitchIntegration(context, kind string, on bool) (requestID string) {
	st := sb.state
	st.mu.Lock()
	defer st.mu.Unlock()
	key := integrationKey{context, kind, "RECRUITER", "ATS"}
	i := st.recruiter.integrations[key]
	if i == nil {
		return ""
	}
	i.On = on
	requestID = st.shell.UUID()
	st.recruiter.changes[requestID] = key
	return requestID
}

// mayInteract reports whether the prospect interactions of an app's contract are allowed.
func (st *state) mayInteract(a *app) bool {
	if !st.settings.recruiter.csaOff {
		return true
	}
	i := st.recruiter.integrations[integrationKey{a.contract, "CSA_API", "RECRUITER", "ATS"}]
	return i != nil && i.On
}

// childApp is an app that was made by another.
type childApp struct {
	app, parent       *app
	urn               string
	foreignID         string
	name, description string
	callbacks         []string
	domains           []string
}

// ChildApp is an app of a customer, as its parent has made it.
type ChildApp struct {
	App

	// URN names it, and ForeignID is the parent's id of the customer.
	URN, ForeignID string
	// Name and Description are as they were given.
	Name, Description string
	// CallbackURLs and JSDomains are as they were given.
	CallbackURLs, JSDomains []string
}

// ChildApps are those that were made by calls, in their order.
func (sb *Sandbox) ChildApps() []ChildApp {
	st := sb.state
	st.mu.Lock()
	defer st.mu.Unlock()
	var all []ChildApp
	for _, c := range st.recruiter.children {
		all = append(all, ChildApp{
			App: c.app.public(), URN: c.urn, ForeignID: c.foreignID, Name: c.name, Description: c.description,
			CallbackURLs: slices.Clone(c.callbacks), JSDomains: slices.Clone(c.domains),
		})
	}
	return all
}

// MakeChildApp makes an app of a customer as a call of the first app would, and returns it.
func (sb *Sandbox) MakeChildApp(foreignID string) ChildApp {
	st := sb.state
	st.mu.Lock()
	c := st.addChild(st.apps[0], childApp{foreignID: foreignID, name: "ATS - " + foreignID, description: "app of a customer"})
	st.mu.Unlock()
	for _, made := range sb.ChildApps() {
		if made.URN == c.urn {
			return made
		}
	}
	return ChildApp{}
}

func (st *state) addChild(parent *app, c childApp) *childApp {
	c.app, c.parent = st.addApp(), parent
	c.urn = "urn:li:developerApplication:" + strconv.Itoa(4_200_000+len(st.apps))
	st.recruiter.children = append(st.recruiter.children, &c)
	return &c
}

// allowance is how many records about a seat may still be returned. It fills up again, and may be overdrawn by a page.
type allowance struct {
	left float64
	asOf time.Time
}
