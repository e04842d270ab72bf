package linkedin

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/pronet-go/pronet/sandbox/internal/restli"
)

// memberEndpoints are those that LinkedIn lists.
var memberEndpoints = []endpoint{
	{"GET", "/v2/me", false, (*state).getMe},
	{"GET", "/v2/userinfo", false, (*state).getUserInfo},
	{"GET", "/v2/people", false, (*state).findPerson},
	{"GET", "/v2/people/{person}", false, (*state).getPerson},
	{"POST", "/v2/people/{person}/positions", false, (*state).createPosition},
	{"POST", "/v2/people/{person}/positions/{position}", false, (*state).updatePosition},
	{"DELETE", "/v2/people/{person}/positions/{position}", false, (*state).deletePosition},
	{"GET", "/v2/connections", false, (*state).listConnections},
	{"GET", "/v2/connections/{person}", false, (*state).countConnections},
	{"GET", "/rest/memberSnapshotData", false, (*state).listSnapshots},
}

var noEntity = problem{Status: 404, Code: "NOT_FOUND", Message: "Could not find entity"}

// viewer is the member whose token it is.
func (st *state) viewer(*request) *person { return st.people.all[0] }

// needs refuses a token without any of the scopes: a member's has those that the member consented to.
func (st *state) needs(r *request, resource string, scopes ...string) *problem {
	given := selfServe
	if r.token.consent != nil {
		given = r.token.consent.scopes
	}
	for _, scope := range scopes {
		if slices.Contains(given, scope) || slices.Contains(st.settings.members.scopes, scope) {
			return nil
		}
	}
	p := noRight
	p.Message = "Not enough permissions to access: " + resource + ".NO_VERSION"
	return &p
}

// project responds with what a request's projection asks for, or with what comes unasked.
func (st *state) project(r *request, whole map[string]any, unasked map[string]any) (any, *problem) {
	text := r.query.Text("projection")
	if text == "" {
		if fields := r.query.Text("fields"); fields != "" {
			text = "(" + fields + ")"
		}
	}
	if text == "" {
		return unasked, nil
	}
	nodes, p := parseProjection(text)
	if p != nil {
		return nil, p
	}
	return (&projector{st: st}).apply(whole, nodes), nil
}

func (st *state) getMe(r *request) (any, *problem) {
	if p := st.needs(r, "me.GET", "r_basicprofile", "r_liteprofile", "r_compliance"); p != nil {
		return nil, p
	}
	me := st.viewer(r)
	return st.project(r, me.record(true), me.record(false))
}

func (st *state) getUserInfo(r *request) (any, *problem) {
	if p := st.needs(r, "userinfo.GET", "openid"); p != nil {
		return nil, p
	}
	var scopes []string
	for _, scope := range []string{"profile", "email"} {
		if st.needs(r, "", scope) == nil {
			scopes = append(scopes, scope)
		}
	}
	info := st.claims(scopes)
	if info["locale"] != nil && st.settings.members.localeObject {
		info["locale"] = map[string]string{"country": "US", "language": "en"}
	}
	return info, nil
}

// person finds the member of a path's compound key.
func (st *state) person(r *request) (*person, *problem) {
	key, err := restli.Key(r.protocol, r.keys["person"])
	fields, compound := key.(map[string]any)
	if err != nil || !compound || len(fields) != 1 {
		return nil, badRequest("Syntax exception in path variables")
	}
	id, _ := fields["id"].(string)
	if who := st.people.byID(id); who != nil {
		return who, nil
	}
	return nil, &noEntity
}

func (st *state) getPerson(r *request) (any, *problem) {
	if p := st.needs(r, "people.GET", "r_basicprofile", "r_liteprofile", "r_compliance"); p != nil {
		return nil, p
	}
	who, p := st.person(r)
	if p != nil {
		return nil, p
	}
	return st.project(r, who.record(true), who.record(false))
}

func (st *state) findPerson(r *request) (any, *problem) {
	if p := st.needs(r, "people.FINDER-vanityName", "r_compliance"); p != nil {
		return nil, p
	}
	if r.query.Text("q") != "vanityName" || r.query.Text("vanityName") == "" {
		return nil, badRequest("Finder is not supported")
	}
	elements := []any{}
	for _, who := range st.people.all {
		if who.VanityName == r.query.Text("vanityName") {
			elements = append(elements, who.record(true))
		}
	}
	found := map[string]any{"elements": elements}
	return st.project(r, found, found)
}

// object reads a body that is a JSON object.
func (r *request) object() (map[string]any, *problem) {
	var body map[string]any
	if r.header.Get("Content-Type") != "application/json" || json.Unmarshal(r.body, &body) != nil || body == nil {
		return nil, badRequest("The body is not a JSON object")
	}
	return body, nil
}

func (st *state) createPosition(r *request) (any, *problem) {
	if p := st.needs(r, "people/positions.CREATE", "w_compliance"); p != nil {
		return nil, p
	}
	who, p := st.person(r)
	if p != nil {
		return nil, p
	}
	body, p := r.object()
	if p != nil {
		return nil, p
	}
	for _, required := range []string{"title", "companyName"} {
		if body[required] == nil {
			return nil, &problem{Status: 422, Message: "ERROR :: /" + required + " :: field is required but not found and has no default value\n"}
		}
	}
	header := "X-Restli-Id"
	if st.settings.members.oldIDHeader {
		header = "X-Linkedin-Id"
	}
	id := st.people.add(who, body)
	return &reply{status: http.StatusCreated, header: map[string]string{header: id}, body: map[string]string{"id": id}}, nil
}

// position finds the position of a path.
func (st *state) position(r *request) (who *person, id string, p *problem) {
	if p = st.needs(r, "people/positions.PARTIAL_UPDATE", "w_compliance"); p != nil {
		return nil, "", p
	}
	if who, p = st.person(r); p != nil {
		return nil, "", p
	}
	if id = r.keys["position"]; who.positions[id] == nil {
		return nil, "", &noEntity
	}
	return who, id, nil
}

func (st *state) updatePosition(r *request) (any, *problem) {
	who, id, p := st.position(r)
	if p != nil {
		return nil, p
	}
	if r.restli != "partial_update" {
		return nil, badRequest("POST operation not supported: X-RestLi-Method is missing")
	}
	body, p := r.object()
	if p != nil {
		return nil, p
	}
	patch, _ := body["patch"].(map[string]any)
	set, _ := patch["$set"].(map[string]any)
	remove, _ := patch["$delete"].([]any)
	if len(body) != 1 || len(set)+len(remove) == 0 {
		return nil, badRequest("The body is no patch")
	}
	maps.Copy(who.positions[id], set)
	for _, name := range remove {
		text, _ := name.(string)
		delete(who.positions[id], text)
	}
	return &reply{status: st.settings.members.editStatus}, nil
}

func (st *state) deletePosition(r *request) (any, *problem) {
	who, id, p := st.position(r)
	if p != nil {
		return nil, p
	}
	delete(who.positions, id)
	return &reply{status: st.settings.members.editStatus}, nil
}

func (st *state) listConnections(r *request) (any, *problem) {
	if p := st.needs(r, "connections.FINDER-viewer", "r_1st_connections", "r_compliance"); p != nil {
		return nil, p
	}
	if r.query.Text("q") != "viewer" {
		return nil, badRequest("Finder is not supported")
	}
	var list []any
	for _, who := range st.people.all[1:] {
		list = append(list, map[string]any{"to": who.URN()})
	}
	listed, p := st.paged(r, list, 0)
	if p != nil {
		return nil, p
	}
	cut, _ := listed.(page)
	return st.project(r, map[string]any{"elements": cut.Elements, "paging": cut.Paging}, map[string]any{"elements": cut.Elements, "paging": cut.Paging})
}

func (st *state) countConnections(r *request) (any, *problem) {
	if p := st.needs(r, "connections.GET", "r_1st_connections_size"); p != nil {
		return nil, p
	}
	who, err := url.PathUnescape(r.keys["person"])
	if err != nil || !strings.HasPrefix(who, "urn:li:person:") {
		return nil, badRequest("Syntax exception in path variables")
	}
	if who != st.viewer(r).URN() {
		return nil, &noRight
	}
	return map[string]int{"firstDegreeSize": len(st.people.all) - 1}, nil
}

// listSnapshots gives one part of one domain a page, whatever the count, as it was seen.
func (st *state) listSnapshots(r *request) (any, *problem) {
	if p := st.needs(r, "memberSnapshotData.FINDER-criteria", "r_dma_portability_self_serve", "r_dma_portability_member", "r_dma_portability_3rd_party"); p != nil {
		return nil, p
	}
	start, p := r.number("start", 0)
	if p != nil {
		return nil, p
	}
	count, p := r.number("count", 10)
	if p != nil {
		return nil, p
	}
	if r.query.Text("q") != "criteria" {
		return nil, badRequest("Finder is not supported")
	}
	parts := st.snapshots(r, r.query.Text("domain"))
	if start >= len(parts) {
		return nil, &problem{Status: 404, Message: "No data found for this memberId"}
	}
	out := page{Elements: parts[start : start+1], Paging: paging{Start: start, Count: count, Links: []link{}}}
	total := len(parts)
	out.Paging.Total = &total
	if start+1 < len(parts) {
		out.Paging.Links = []link{{Href: r.next(start+1, count), Rel: "next", Type: "application/json"}}
	}
	return out, nil
}

// snapshots are the parts of a domain, or of all of them.
func (st *state) snapshots(r *request, domain string) (parts []any) {
	if domain == "" || domain == "CONNECTIONS" {
		var rows []any
		for i, who := range st.people.all[1:] {
			rows = append(rows, map[string]string{
				"First Name": who.FirstName, "Last Name": who.LastName, "URL": "https://www.linkedin.com/in/" + who.VanityName,
				"Email Address": "", "Company": "Example", "Position": who.Headline, "Connected On": strconv.Itoa(i%28+1) + " Nov 2026",
			})
		}
		for n := range st.settings.members.snapshotParts {
			each := (len(rows) + st.settings.members.snapshotParts - 1) / st.settings.members.snapshotParts
			part := rows[min(n*each, len(rows)):min((n+1)*each, len(rows))]
			if len(part) > 0 {
				parts = append(parts, map[string]any{"snapshotDomain": "CONNECTIONS", "snapshotData": part})
			}
		}
	}
	if domain == "" || domain == "PROFILE" {
		me := st.viewer(r)
		parts = append(parts, map[string]any{"snapshotDomain": "PROFILE", "snapshotData": []any{map[string]string{"First Name": me.FirstName, "Last Name": me.LastName, "Headline": me.Headline}}})
	}
	return parts
}
