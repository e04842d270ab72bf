package sandbox

import (
	"strings"

	"github.com/pronet-go/pronet/sandbox/internal/matching"
)

// route is one endpoint. A segment in braces stands for any one segment, and
// with dots for the rest of the path.
type route struct {
	method     string
	pattern    string
	segments   []string
	set        *dataset
	credential credential
	serve      func(*call) *problem
}

// datasets are the records of one account by the API that gives them.
type datasets struct{ v1, base, clean, multi, realTime *dataset }

// table lists every endpoint of the provider that the sandbox answers.
func (c *coresignal) table() []route {
	of := datasets{v1Dataset(), baseDataset(), cleanDataset(), multiSourceDataset(c.settings.documentedNames), realTimeDataset()}
	var routes []route
	add := func(set *dataset, method, pattern string, serve func(*call) *problem) {
		routes = append(routes, route{
			method:     method,
			pattern:    pattern,
			segments:   strings.Split(strings.TrimPrefix(pattern, "/"), "/"),
			set:        set,
			credential: set.credential,
			serve:      serve,
		})
	}
	c.addRecords(of, add)
	c.addSubscriptions(of, add)
	c.addJobs(of, add)
	return routes
}

type adder = func(set *dataset, method, pattern string, serve func(*call) *problem)

// addRecords adds what finds and gives single records. Clean and Multi-source
// have no search by filter.
func (c *coresignal) addRecords(of datasets, add adder) {
	for _, how := range []selector{byFilter, byQuery} {
		add(of.base, "POST", "/cdapi/v2/employee_base/search/"+string(how), c.search(how, matching.ParseQueryOf))
		add(of.base, "POST", "/cdapi/v2/employee_base/search/"+string(how)+"/preview", c.preview(how))
		add(of.v1, "POST", "/cdapi/v1/professional_network/employee/search/"+string(how), c.search(how, matching.ParseQueryOf))
	}
	for _, set := range []*dataset{of.clean, of.multi} {
		path := "/cdapi/v2/" + set.segment
		add(set, "POST", path+"/search/es_dsl", c.search(byQuery, matching.ParseQueryOf))
		add(set, "POST", path+"/search/es_dsl/preview", c.preview(byQuery))
		add(set, "POST", path+"/semantic_search/es_dsl", c.search(byQuery, matching.ParseSemanticQuery))
	}
	for _, set := range []*dataset{of.base, of.clean, of.multi} {
		add(set, "GET", "/cdapi/v2/"+set.segment+"/collect/{ref}", c.collect)
	}
	add(of.v1, "GET", "/cdapi/v1/professional_network/employee/collect/{ref}", c.collect)
	add(of.base, "POST", "/cdapi/v2/employee_base/map/ids", c.mapIDs)
	add(of.v1, "POST", "/cdapi/v1/professional_network/employee_base/map/ids", c.mapIDs)
	add(of.realTime, "POST", "/rtapi/v2/employee/scrape", c.scrape)
}

func (c *coresignal) addSubscriptions(of datasets, add adder) {
	create := func(set *dataset, path string, about watch, hows ...selector) {
		for _, how := range hows {
			add(set, "POST", path+"/"+string(how), c.createSubscription(how, about))
		}
	}
	const v2 = "/cdapi/v2/subscriptions"
	create(of.base, v2+"/employee_base", profileChanges, byIDs, byFilter, byQuery)
	create(of.clean, v2+"/employee_clean", profileChanges, byIDs, byQuery)
	create(of.multi, v2+"/employee_multi_source", profileChanges, byIDs, byQuery)
	create(of.base, v2+"/experience_changes/employee_base", experienceChanges, byIDs, byQuery)
	create(of.clean, v2+"/experience_changes/employee_clean", experienceChanges, byIDs, byQuery, everybody)
	create(of.multi, v2+"/experience_changes/employee_multi_source", experienceChanges, byIDs, byQuery)
	create(of.v1, "/cdapi/v1/subscriptions/professional_network/employee", profileChanges, byIDFile, byFilter, byQuery)

	add(of.base, "POST", v2+"/{id}/renew", c.renewSubscription)
	manage := func(set *dataset, path string) {
		add(set, "POST", path+"/simulate", c.simulate)
		add(set, "GET", path, c.listSubscriptions)
		add(set, "GET", path+"/{id}", c.getSubscription)
		add(set, "DELETE", path+"/{id}", c.deleteSubscription)
	}
	manage(of.base, v2)
	manage(of.v1, "/cdapi/v1/subscriptions")
}

func (c *coresignal) addJobs(of datasets, add adder) {
	create := func(set *dataset, path string, hows ...selector) {
		for _, how := range hows {
			add(set, "POST", path+"/"+string(how), c.createJob(how))
		}
	}
	const v2 = "/cdapi/v2/data_requests"
	create(of.base, v2+"/employee_base", byIDs, byQuery, byFilter, byShorthands, byURLs)
	create(of.clean, v2+"/employee_clean", byIDFile, byQuery, byShorthands, byURLs)
	create(of.multi, v2+"/employee_multi_source", byIDs, byQuery)
	create(of.v1, "/cdapi/v1/professional_network/employee/bulk_collect", byIDFile, byFilter, byQuery)
	download := func(set *dataset, path string) {
		add(set, "GET", path+"/{id}/files", c.listFiles)
		add(set, "GET", path+"/{id}/files/{name...}", c.getFile)
	}
	download(of.base, v2)
	download(of.v1, "/cdapi/v1/bulk_collect")
}
