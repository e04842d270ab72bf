package linkedin

import (
	"cmp"
	"maps"
	"net/url"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
)

// page is one page of a list.
type page struct {
	Elements []any  `json:"elements"`
	Paging   paging `json:"paging"`
}

type paging struct {
	Count int    `json:"count"`
	Start int    `json:"start"`
	Total *int   `json:"total,omitempty"`
	Links []link `json:"links"`
}

type link struct {
	Href string `json:"href"`
	Rel  string `json:"rel"`
	Type string `json:"type"`
}

// paged cuts a page out of a list, in which nil is a position without an element.
func (st *state) paged(r *request, list []any, limit int) (any, *problem) {
	start, p := r.number("start", 0)
	if p != nil {
		return nil, p
	}
	count, p := r.number("count", 10)
	if p != nil {
		return nil, p
	}
	if limit > 0 && start >= limit {
		return nil, &tooFar
	}
	out := page{Elements: []any{}, Paging: paging{Start: start, Count: count, Links: []link{}}}
	end := min(start+count, len(list))
	for i := min(start, len(list)); i < end; i++ {
		if list[i] != nil {
			out.Elements = append(out.Elements, list[i])
		}
	}
	total := len(list)
	switch st.settings.total {
	case TotalStated:
		out.Paging.Total = &total
	case TotalZero:
		out.Paging.Total = new(int)
	}
	if end < len(list) && !st.settings.withoutLinks {
		out.Paging.Links = []link{{Href: r.next(start+count, count), Rel: "next", Type: "application/json"}}
	}
	return out, nil
}

const maxCount = 10_000

// number reads a parameter that is a whole number, not below zero.
func (r *request) number(name string, otherwise int) (int, *problem) {
	if !r.query.Has(name) {
		return otherwise, nil
	}
	n, err := strconv.Atoi(r.query.Text(name))
	if err != nil || n < 0 || name == "count" && (n == 0 || n > maxCount) {
		return 0, badRequest("Parameter '" + name + "' is invalid")
	}
	return n, nil
}

// next is the address of the page that begins at a position, in the protocol of the request: sorted, lists at the end, as
// LinkedIn's page shows it.
func (r *request) next(start, count int) string {
	var plain, lists []string
	for name := range r.query {
		switch name {
		case "start":
			plain = append(plain, "start="+strconv.Itoa(start))
		case "count":
		default:
			if fields, isRecord := r.query[name].(map[string]any); isRecord {
				plain = append(plain, r.record(name, fields)...)
				continue
			}
			texts := r.query.Texts(name)
			if _, isText := r.query[name].(string); isText {
				plain = append(plain, name+"="+escape(texts[0]))
				continue
			}
			for i, text := range texts {
				texts[i] = escape(text)
			}
			if r.protocol != "2.0.0" {
				lists = append(lists, name+"="+strings.Join(texts, "&"+name+"="))
			} else {
				lists = append(lists, name+"=List("+strings.Join(texts, ",")+")")
			}
		}
	}
	plain = append(plain, "count="+strconv.Itoa(count))
	if !r.query.Has("start") {
		plain = append(plain, "start="+strconv.Itoa(start))
	}
	slices.Sort(plain)
	slices.Sort(lists)
	return r.path + "?" + strings.Join(append(plain, lists...), "&")
}

// escape percent-encodes all that has a meaning in either protocol.
func escape(s string) string {
	return strings.NewReplacer("+", "%20", "'", "%27").Replace(url.QueryEscape(s))
}

// listNotes serves the finder criteria.
func (st *state) listNotes(r *request) (any, *problem) {
	if r.query.Text("q") != "criteria" {
		return nil, badRequest("Finder is not supported")
	}
	if p := r.mayRead("contract"); p != nil {
		return nil, p
	}
	owners := r.query.Texts("owners")
	for _, owner := range owners {
		if !strings.HasPrefix(owner, "urn:li:seat:") {
			return nil, badRequest("Parameter 'owners' is invalid")
		}
	}
	after, before := int64(-1), int64(1)<<62
	for name, bound := range map[string]*int64{"cutoffDate": &after, "beforeDate": &before} {
		if r.query.Has(name) {
			n, p := r.number(name, 0)
			if p != nil {
				return nil, p
			}
			*bound = int64(n)
		}
	}
	var found []*Note
	for _, n := range st.between(after, before) {
		if n.Contract == r.app.contract && (len(owners) == 0 || slices.Contains(owners, n.Owner)) && st.listed(n) {
			found = append(found, n)
		}
	}
	var list []any
	for i, n := range found {
		list = append(list, map[string]any{
			"active": !n.Deleted, "contract": n.Contract, "created": n.Created.UnixMilli(), "id": st.number(n.ID),
			"lastModified": n.LastModified.UnixMilli(), "member": n.Member, "note": n.Text, "owner": n.Owner,
		})
		if every := st.settings.holes; every > 0 && (i+1)%every == 0 && i+1 < len(found) {
			list = append(list, nil)
		}
	}
	return st.paged(r, list, st.settings.pageLimit)
}

// between are the notes whose date is after one time and not after another one, in milliseconds, in the order of a list.
func (st *state) between(after, before int64) []*Note {
	if !st.sorted {
		st.sorted, st.byDate = true, slices.AppendSeq(st.byDate[:0], maps.Values(st.notes))
		slices.SortFunc(st.byDate, func(a, b *Note) int {
			return cmp.Or(st.dateOf(a).Compare(st.dateOf(b)), cmp.Compare(a.ID, b.ID))
		})
	}
	behind := func(ms int64) int {
		return sort.Search(len(st.byDate), func(i int) bool { return st.dateOf(st.byDate[i]).UnixMilli() > ms })
	}
	first := behind(after)
	return st.byDate[first:max(first, behind(before))]
}

// dateOf is the date that bounds go by.
func (st *state) dateOf(n *Note) time.Time {
	if st.settings.bounds == ByCreation {
		return n.Created
	}
	return n.LastModified
}

// listed reports whether a deleted note is still listed.
func (st *state) listed(n *Note) bool {
	return !n.Deleted || st.settings.deletedListed == 0 || st.now().Sub(n.LastModified) < st.settings.deletedListed
}

func (st *state) number(id int64) any {
	if st.settings.textIDs {
		return strconv.FormatInt(id, 10)
	}
	return id
}

// mayRead refuses a contract that is none, or another app's.
func (r *request) mayRead(parameter string) *problem {
	contracts := r.query.Texts(parameter)
	switch {
	case len(contracts) != 1 || !strings.HasPrefix(contracts[0], "urn:li:contract:"):
		return badRequest("Parameter '" + parameter + "' is invalid")
	case contracts[0] != r.app.contract:
		return &noRight
	}
	return nil
}

// listSeats serves the finder attributes, which needs start.
func (st *state) listSeats(r *request) (any, *problem) {
	if r.query.Text("q") != "attributes" {
		return nil, badRequest("Finder is not supported")
	}
	if p := r.mayRead("contracts"); p != nil {
		return nil, p
	}
	if !r.query.Has("start") {
		return nil, badRequest("Parameter 'start' is required")
	}
	states := r.query.Texts("states")
	id := "id"
	if r.versioned() {
		id = "seatId"
	}
	var list []any
	for _, s := range r.app.seats {
		if len(states) == 0 || slices.Contains(states, s.state) {
			list = append(list, map[string]any{
				id: st.number(s.id), "firstName": s.first, "lastName": s.last, "contract": r.app.contract, "member": s.member, "state": s.state,
				"seatRoles": []string{"SOURCER_ADD_PROSPECT"},
			})
		}
	}
	return st.paged(r, list, 0)
}

// listOldSeats serves the finder seatsByAttributes. The field mask is honoured.
func (st *state) listOldSeats(r *request) (any, *problem) {
	if r.query.Text("q") != "seatsByAttributes" {
		return nil, badRequest("Finder is not supported")
	}
	if p := r.mayRead("contracts"); p != nil {
		return nil, p
	}
	contract, err := strconv.ParseInt(strings.TrimPrefix(r.app.contract, "urn:li:contract:"), 10, 64)
	if err != nil {
		return nil, badRequest("Parameter 'contracts' is invalid")
	}
	var list []any
	for i, s := range r.app.seats {
		if r.query.Text("active") == "true" && s.state != "ACTIVE" {
			continue
		}
		fields := map[string]any{
			"id": st.number(s.id), "firstName": s.first, "lastName": s.last, "contractId": contract, "member": s.member, "active": s.state == "ACTIVE",
			"admin": i == 0, "email": s.email,
		}
		if mask := r.query.Text("fields"); mask != "" {
			wanted := strings.Split(mask, ",")
			for name := range fields {
				if !slices.Contains(wanted, name) {
					delete(fields, name)
				}
			}
		}
		list = append(list, fields)
	}
	return st.paged(r, list, 0)
}
