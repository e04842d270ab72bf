package linkedin

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

var recruiterEndpoints = []endpoint{
	{"GET", "/v2/conversationEvents", true, (*state).listInMails},
	{"GET", "/rest/conversationEvents", true, (*state).listInMails},
	{"GET", "/v2/mailStubs", true, (*state).listStubs},
	{"GET", "/rest/mailStubs", true, (*state).listStubs},
	{"GET", "/v2/exportedCandidates", false, (*state).findExport},
	{"GET", "/rest/exportedCandidates", false, (*state).findExport},
	{"GET", "/rest/atsPurgedExportedCandidates", false, (*state).listPurged},
	{"GET", "/v2/atsIntegrations", false, (*state).findIntegrations},
	{"POST", "/v2/atsIntegrations", false, (*state).enableIntegrations},
	{"GET", "/v2/atsIntegrations/{integration}/configurations", false, (*state).getConfigurations},
	{"PUT", "/v2/atsIntegrations/{integration}/configurations", false, (*state).putConfigurations},
	{"DELETE", "/v2/atsIntegrations/{integration}/configurations", false, (*state).deleteConfigurations},
	{"POST", "/v2/provisionedApplications", false, (*state).createChild},
	{"POST", "/v2/provisionedApplications/{app}", false, (*state).updateChild},
	{"GET", "/v2/provisionedApplications", false, (*state).findChild},
}

var (
	unknownEvent = problem{Status: 404, Code: "NOT_FOUND", Message: "The request was not found or has expired"}
	noFinder     = problem{Status: 400, Message: "Finder is not supported"}
	noMethod     = problem{Status: 400, Message: "The header X-RestLi-Method is missing or wrong"}
	badBody      = problem{Status: 400, Message: "The input is not valid"}
	badPath      = problem{Status: 400, Message: "Syntax exception in path variables"}
)

// millis reads a time that is a parameter, -1 if there is none.
func millis(text string) (int64, bool) {
	if text == "" {
		return -1, true
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil && n >= 0
}

func (st *state) ownsSeat(a *app, urn string) bool {
	return slices.ContainsFunc(a.seats, func(s seat) bool { return s.urn() == urn })
}

// record writes a record of texts as parameters, in the protocol of the request.
func (r *request) record(name string, fields map[string]any) []string {
	var written []string
	for _, field := range slices.Sorted(maps.Keys(fields)) {
		text, _ := fields[field].(string)
		if r.protocol == "2.0.0" {
			written = append(written, field+":"+escape(text))
		} else {
			written = append(written, name+"."+field+"="+escape(text))
		}
	}
	if r.protocol == "2.0.0" {
		return []string{name + "=(" + strings.Join(written, ",") + ")"}
	}
	return written
}

// listInMails serves the finder criteria. What it returns counts against the seat's share of a minute.
func (st *state) listInMails(r *request) (any, *problem) {
	if r.query.Text("q") != "criteria" {
		return nil, &noFinder
	}
	viewer := r.query.Text("viewer")
	if !strings.HasPrefix(viewer, "urn:li:seat:") {
		return nil, badRequest("Parameter 'viewer' is invalid")
	}
	if !st.ownsSeat(r.app, viewer) {
		return nil, &noRight
	}
	span, _ := r.query["timeRange"].(map[string]any)
	fromText, _ := span["start"].(string)
	toText, _ := span["end"].(string)
	from, ok1 := millis(fromText)
	to, ok2 := millis(toText)
	if !ok1 || !ok2 || r.query.Has("timeRange") && span == nil {
		return nil, badRequest("Parameter 'timeRange' is invalid")
	}
	if st.overdrawn(viewer) {
		return nil, &throttled
	}
	var list []any
	for _, m := range st.recruiter.inMails {
		at := m.Created.UnixMilli()
		if m.Seat != viewer || at < from || to >= 0 && at >= to || r.query.Has("threadUrn") && r.query.Text("threadUrn") != m.Thread {
			continue
		}
		list = append(list, map[string]any{
			"id": st.number(m.ID), "author": m.Author, "createdAt": at, "threadUrn": m.Thread,
			"mailContent": map[string]any{"subject": m.Subject, "body": m.Text},
		})
	}
	served, p := st.paged(r, list, 0)
	if p == nil {
		st.draw(viewer, len(served.(page).Elements)) //nolint:forcetypeassert // it is what paged returns
	}
	return served, p
}

// overdrawn reports whether a seat's share of a minute is used up.
func (st *state) overdrawn(seat string) bool {
	rate := st.settings.recruiter.inMailRecords
	if rate == 0 {
		return false
	}
	now := st.now()
	a := st.recruiter.served[seat]
	if a == nil {
		a = &allowance{left: float64(rate), asOf: now}
		st.recruiter.served[seat] = a
	}
	a.left = min(float64(rate), a.left+now.Sub(a.asOf).Minutes()*float64(rate))
	a.asOf = now
	return a.left <= 1e-6
}

func (st *state) draw(seat string, records int) {
	if a := st.recruiter.served[seat]; a != nil {
		a.left -= float64(records)
	}
}

// listStubs serves the finder contract.
func (st *state) listStubs(r *request) (any, *problem) {
	if r.query.Text("q") != "contract" {
		return nil, &noFinder
	}
	if p := r.mayRead("contract"); p != nil {
		return nil, p
	}
	from, ok1 := millis(r.query.Text("createdDateStart"))
	to, ok2 := millis(r.query.Text("createdDateEnd"))
	if !ok1 || !ok2 {
		return nil, badRequest("Parameter 'createdDateEnd' is invalid")
	}
	if st.settings.recruiter.stubsIncluded && to >= 0 {
		to++
	}
	owners := r.query.Texts("owners")
	var list []any
	for i, s := range st.recruiter.stubs {
		at := s.Created.UnixMilli()
		if !st.ownsSeat(r.app, s.Owner) || len(owners) > 0 && !slices.Contains(owners, s.Owner) || at < from || to >= 0 && at >= to {
			continue
		}
		fields := st.profile(s.Member, i)
		fields["contract"], fields["owner"], fields["createdAt"] = r.app.contract, s.Owner, at
		fields["emailAddress"] = s.Email
		if s.EmailAsList {
			fields["emailAddress"] = []string{s.Email}
		}
		list = append(list, fields)
	}
	return st.paged(r, list, st.settings.recruiter.stubLimit)
}

// profile is the short profile of a person.
func (st *state) profile(member string, n int) map[string]any {
	name := firstNames[n%len(firstNames)]
	return map[string]any{
		"member": member, "firstName": name, "lastName": "Doe", "headline": "Tester", "location": "Sunnyvale, California",
		"profileUrl": "https://www.linkedin.com/in/" + strings.ToLower(name), "currentEmployerNames": []string{"Example Ltd"}, "skills": []string{"Go"},
		"yearsOfExperience": "7",
	}
}

// findExport serves the finder request.
func (st *state) findExport(r *request) (any, *problem) {
	if r.query.Text("q") != "request" {
		return nil, &noFinder
	}
	e := st.recruiter.exports[r.query.Text("requestId")]
	if e == nil || e.app != r.app || st.now().Sub(e.at) >= st.settings.recruiter.exportLife {
		return nil, &unknownEvent
	}
	candidate := st.profile(e.member, len(e.job))
	candidate["emailAddresses"] = []string{"candidate@example.com"}
	return page{Elements: []any{map[string]any{
		"candidate": candidate, "integrationContext": e.app.organization(), "externalJobPostingId": e.job,
	}}}, nil
}

// organization is the customer's.
func (a *app) organization() string {
	return "urn:li:organization:" + strings.TrimPrefix(a.contract, "urn:li:contract:")
}

// listPurged lists the exported candidates that must be deleted. The finder and its parameters are assumed.
func (st *state) listPurged(r *request) (any, *problem) {
	if r.query.Text("q") != "criteria" {
		return nil, &noFinder
	}
	if r.query.Has("integrationContext") && r.query.Text("integrationContext") != r.app.organization() {
		return nil, &noRight
	}
	var list []any
	for _, id := range st.recruiter.purged {
		if e := st.recruiter.exports[id]; e.app == r.app {
			list = append(list, map[string]any{
				"requestId": id, "member": e.member, "integrationContext": e.app.organization(), "purgedAt": e.purged.UnixMilli(),
			})
		}
	}
	served, p := st.paged(r, list, 0)
	if p != nil {
		return nil, p
	}
	shown := served.(page).Paging //nolint:forcetypeassert // it is what paged returns
	asked := st.recruiter.askings[r.app.id]
	if asked == nil {
		asked = &asking{}
		st.recruiter.askings[r.app.id] = asked
	}
	switch {
	case shown.Start != 0 && shown.Start != asked.next:
		asked.next = -1
	case shown.Start+shown.Count >= len(list):
		asked.whole, asked.next = append(asked.whole, st.now()), -1
	default:
		asked.next = shown.Start + shown.Count
	}
	return served, nil
}

func (st *state) createChild(r *request) (any, *problem) {
	var body struct {
		Name        string   `json:"name"`
		Description string   `json:"description"`
		ForeignID   string   `json:"uniqueForeignId"`
		Callbacks   []string `json:"oauth2AuthorizedCallbackUrls"`
		Domains     []string `json:"validJsSdkDomains"`
	}
	if json.Unmarshal(r.body, &body) != nil || body.Name == "" || body.Description == "" || body.ForeignID == "" || len([]rune(body.Name)) > 50 {
		return nil, &badBody
	}
	if st.child(r.app, body.ForeignID) != nil {
		return nil, &problem{Status: 409, Code: "CONFLICT", Message: "There is an application with this uniqueForeignId"}
	}
	c := st.addChild(r.app, childApp{
		foreignID: body.ForeignID, name: body.Name, description: body.Description, callbacks: body.Callbacks, domains: body.Domains,
	})
	return &reply{status: http.StatusCreated, header: map[string]string{"X-Restli-Id": url.QueryEscape(c.urn)}, body: c.wire()}, nil
}

func (c *childApp) wire() map[string]any {
	return map[string]any{
		"key": c.urn, "name": c.name, "uniqueForeignId": c.foreignID, "credentials": map[string]string{"clientId": c.app.id, "clientSecret": c.app.secret},
	}
}

func (st *state) child(parent *app, foreignID string) *childApp {
	for _, c := range st.recruiter.children {
		if c.parent == parent && c.foreignID == foreignID {
			return c
		}
	}
	return nil
}

func (st *state) updateChild(r *request) (any, *problem) {
	name, err := url.PathUnescape(r.keys["app"])
	if err != nil {
		return nil, &badPath
	}
	var body struct {
		Patch struct {
			Set struct {
				Name        *string  `json:"name"`
				Description *string  `json:"description"`
				Callbacks   []string `json:"oauth2AuthorizedCallbackUrls"`
				Domains     []string `json:"validJsSdkDomains"`
			} `json:"$set"`
		} `json:"patch"`
	}
	if json.Unmarshal(r.body, &body) != nil {
		return nil, &badBody
	}
	for _, c := range st.recruiter.children {
		if c.urn != name || c.parent != r.app {
			continue
		}
		set := body.Patch.Set
		if set.Name != nil {
			c.name = *set.Name
		}
		if set.Description != nil {
			c.description = *set.Description
		}
		if set.Callbacks != nil {
			c.callbacks = set.Callbacks
		}
		if set.Domains != nil {
			c.domains = set.Domains
		}
		return &reply{status: http.StatusNoContent}, nil
	}
	return nil, &problem{Status: 404, Code: "NOT_FOUND", Message: "There is no such application"}
}

func (st *state) findChild(r *request) (any, *problem) {
	if r.query.Text("q") != "credentialsByUniqueForeignId" {
		return nil, &noFinder
	}
	out := page{Elements: []any{}}
	if c := st.child(r.app, r.query.Text("uniqueForeignId")); c != nil {
		out.Elements = append(out.Elements, c.wire())
	}
	return out, nil
}
