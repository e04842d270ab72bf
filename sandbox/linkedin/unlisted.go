package linkedin

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// unlistedEndpoints are those that an overview describes and LinkedIn's reference does not list. They are 404 unless
// WithUnlisted serves them.
var unlistedEndpoints = []endpoint{
	{"GET", "/v2/member/{member}", false, unlisted((*state).lookUp)},
	{"GET", "/v2/memberConnections", false, unlisted((*state).listNamed)},
	{"GET", "/v2/me/connections", false, unlisted((*state).listNamed)},
	{"GET", "/v2/me/network/connections", false, unlisted((*state).listNamed)},
	{"PUT", "/v2/me/positions", false, unlisted((*state).putPosition)},
	{"POST", "/v2/me/backgroundMediaUpload", false, unlisted((*state).setBackground)},
	{"GET", "/v2/jobs/search", false, unlisted((*state).searchJobs)},
	{"POST", "/v2/jobs/savedSearch", false, unlisted((*state).saveSearch)},
	{"GET", "/v2/jobs/savedSearches/{search}/search-alerts/{alert}", false, unlisted((*state).searchAlert)},
}

func unlisted(serve func(*state, *request) (any, *problem)) func(*state, *request) (any, *problem) {
	return func(st *state, r *request) (any, *problem) {
		if !st.settings.members.unlisted {
			return nil, &noResource
		}
		if format := r.query.Text("format"); format != "" && format != "json" {
			return nil, badRequest("Parameter 'format' is invalid")
		}
		return serve(st, r)
	}
}

// lookUp reads ~testuser and ~:testuser: an id, a vanity name or a name.
func (st *state) lookUp(r *request) (any, *problem) {
	key, err := url.PathUnescape(r.keys["member"])
	key, marked := strings.CutPrefix(key, "~")
	if err != nil || !marked {
		return nil, &noResource
	}
	key = strings.TrimPrefix(key, ":")
	for _, who := range st.people.all {
		if key == who.ID || key == who.VanityName || key == who.FirstName+" "+who.LastName {
			return who.record(true), nil
		}
	}
	return nil, &noEntity
}

func (st *state) listNamed(r *request) (any, *problem) {
	if edge := r.query.Text("edgeRelationType"); edge != "" && edge != "CONNECTION" && edge != "MANAGED_BY" {
		return nil, badRequest("Parameter 'edgeRelationType' is invalid")
	}
	indicators := strings.Split(r.query.Text("relationshipIndicators"), ",")
	var list []any
	for i, who := range st.people.all[1:] {
		if indicators[0] != "" && !slices.Contains(indicators, []string{"F", "S", "C"}[i%3]) { // which connection has which is made up
			continue
		}
		list = append(list, map[string]string{"firstName": who.FirstName, "lastName": who.LastName, "occupation": who.Headline + " at Example"})
	}
	return st.paged(r, list, 0)
}

func (st *state) putPosition(r *request) (any, *problem) {
	body, p := r.object()
	if p != nil {
		return nil, p
	}
	company, _ := body["company"].(string)
	title, _ := body["title"].(string)
	if company == "" || title == "" || len(body) != 2 {
		return nil, badRequest("A position has a company and a title")
	}
	st.people.add(st.viewer(r), map[string]any{"companyName": localized(company), "title": localized(title)})
	return map[string]string{"company": company, "title": title}, nil
}

func (st *state) setBackground(r *request) (any, *problem) {
	body, p := r.object()
	if p != nil {
		return nil, p
	}
	image, _ := body["image"].(string)
	if image == "" || len(body) != 1 {
		return nil, badRequest("A background has an image")
	}
	st.people.backgrounds = append(st.people.backgrounds, image)
	return &reply{status: http.StatusCreated, body: body}, nil
}

// searchJobs says which parameters it got: nothing is known of the response.
func (st *state) searchJobs(r *request) (any, *problem) {
	if posted := r.query.Text("f_TPR"); posted != "" {
		seconds, found := strings.CutPrefix(posted, "r")
		if n, err := strconv.Atoi(seconds); !found || err != nil || n <= 0 {
			return nil, badRequest("Parameter 'f_TPR' is invalid")
		}
	}
	return map[string]any{"elements": []any{map[string]any{"title": r.query.Text("title"), "location": r.query.Text("location")}}, "query": r.query}, nil
}

func (st *state) saveSearch(r *request) (any, *problem) {
	body, p := r.object()
	if p != nil {
		return nil, p
	}
	query, _ := body["query"].(string)
	if query == "" || len(body) != 1 {
		return nil, badRequest("A saved search has a query")
	}
	st.people.searches = append(st.people.searches, query)
	id := strconv.Itoa(len(st.people.searches))
	return &reply{status: http.StatusCreated, header: map[string]string{"X-Restli-Id": id}, body: map[string]string{"id": id}}, nil
}

func (st *state) searchAlert(r *request) (any, *problem) {
	n, err := strconv.Atoi(r.keys["search"])
	if err != nil || n < 1 || n > len(st.people.searches) {
		return nil, &noEntity
	}
	return map[string]any{"id": r.keys["alert"], "query": st.people.searches[n-1]}, nil
}
