package linkedin

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

var jobEndpoints = []endpoint{
	{"POST", "/rest/simpleJobPostings", false, (*state).postJobs},
	{"POST", "/v2/simpleJobPostings", false, (*state).postJobs},
	{"GET", "/rest/simpleJobPostingTasks", false, (*state).getJobTasks},
	{"GET", "/v2/simpleJobPostingTasks", false, (*state).getJobTasks},
	{"GET", "/v2/jobPostingStatus", false, (*state).getJobStatus},
	{"GET", "/rest/jobLibrary", false, (*state).searchLibrary},
}

const maxJobs = 100

// jobPosting is one operation on a job.
type jobPosting struct {
	ExternalJobPostingID, JobPostingOperationType, Title, Description, Location, CompanyApplyURL, PosterEmail, ListingType, Contract string
	OnsiteApplyConfiguration                                                                                                         json.RawMessage
	ListedAt, ExpireAt                                                                                                               int64
}

// missing is the first field that LinkedIn's schema demands and the posting has not.
func (p *jobPosting) missing() string {
	operation := p.JobPostingOperationType
	switch {
	case p.ExternalJobPostingID == "":
		return "externalJobPostingId"
	case operation == "":
		return "jobPostingOperationType"
	case p.Title == "":
		return "title"
	case p.Description == "":
		return "description"
	case p.Location == "":
		return "location"
	case p.ListedAt == 0:
		return "listedAt"
	case p.CompanyApplyURL == "" && p.OnsiteApplyConfiguration == nil:
		return "companyApplyUrl"
	case p.ListingType == "PREMIUM" && p.Contract == "":
		return "contract"
	case p.PosterEmail == "" && (operation == "CREATE" || operation == "UPDATE"): // demanded since June 2025
		return "posterEmail"
	}
	return ""
}

// ofAnApp refuses a member's token: jobs are posted with an app's own.
func ofAnApp(r *request, resource string) *problem {
	if r.token.consent == nil {
		return nil
	}
	p := noRight
	p.Message = "Not enough permissions to access: " + resource
	return &p
}

func (st *state) postJobs(r *request) (any, *problem) {
	var body struct{ Elements []json.RawMessage }
	p := ofAnApp(r, "simpleJobPostings.BATCH_CREATE")
	switch {
	case p != nil:
		return nil, p
	case r.restli != "batch_create":
		return nil, badRequest("The header X-RestLi-Method is missing")
	case json.Unmarshal(r.body, &body) != nil || body.Elements == nil:
		return nil, badRequest("Invalid request body")
	case len(body.Elements) > maxJobs:
		return nil, badRequest("A batch has 100 elements at most") // the wording is assumed
	}
	seen := map[string]bool{}
	rows := make([]any, len(body.Elements))
	for i, raw := range body.Elements {
		rows[i] = st.postJob(r, raw, seen)
	}
	return map[string]any{"elements": rows}, nil
}

// postJob begins the task of one element of a batch.
func (st *state) postJob(r *request, raw json.RawMessage, seen map[string]bool) any {
	refuse := func(message string) any {
		return map[string]any{"status": http.StatusUnprocessableEntity, "error": map[string]any{"status": http.StatusUnprocessableEntity, "message": message}}
	}
	var posting jobPosting
	if json.Unmarshal(raw, &posting) != nil {
		return refuse("ERROR :: / :: the element is no job posting\n")
	}
	if field := posting.missing(); field != "" {
		return refuse("ERROR :: /" + field + " :: field is required but not found and has no default value\n")
	}
	if !slices.Contains([]string{"CREATE", "UPDATE", "RENEW", "CLOSE"}, posting.JobPostingOperationType) {
		return refuse("ERROR :: /jobPostingOperationType :: \"" + posting.JobPostingOperationType + "\" is not an enum symbol\n")
	}
	if seen[posting.ExternalJobPostingID] {
		return refuse("ERROR :: /externalJobPostingId :: it stands twice in the batch\n") // the wording is assumed
	}
	seen[posting.ExternalJobPostingID] = true
	now := st.now()
	task := &jobTask{
		urn: "urn:li:simpleJobPostingTask:" + st.shell.UUID(), app: r.app.id, externalID: posting.ExternalJobPostingID, location: posting.Location,
		begun: now, done: now.Add(st.settings.jobs.processing),
	}
	task.job, task.failure = st.operate(r.app, &posting, raw)
	st.jobs.tasks[task.urn] = task
	return map[string]any{"id": task.urn, "status": http.StatusAccepted, "location": "/simpleJobPostings/" + strings.ReplaceAll(task.urn, ":", "%3A")}
}

func (st *state) getJobTasks(r *request) (any, *problem) {
	ids := r.query.Texts("ids")
	if p := ofAnApp(r, "simpleJobPostingTasks.BATCH_GET"); p != nil {
		return nil, p
	}
	for _, id := range ids {
		if !strings.HasPrefix(id, "urn:li:simpleJobPostingTask:") {
			ids = nil
		}
	}
	if len(ids) == 0 {
		return nil, badRequest("Batch key parameter value is invalid")
	}
	b := newBatch()
	for _, id := range ids {
		t := st.jobs.tasks[id]
		if t == nil || t.app != r.app.id || st.now().Sub(t.begun) >= taskLife {
			b.Errors[id] = noEntity
			continue
		}
		b.Results[id] = st.taskStatus(t)
	}
	return b, nil
}

func (st *state) getJobStatus(r *request) (any, *problem) {
	ids := r.query.Texts("ids")
	switch p := ofAnApp(r, "jobPostingStatus.BATCH_GET"); {
	case p != nil:
		return nil, p
	case len(ids) == 0 || len(ids) > maxJobs:
		return nil, badRequest("Batch key parameter value is invalid")
	}
	b := newBatch()
	for _, id := range ids {
		b.Errors[id] = noEntity
		for _, j := range st.jobs.list { // the last one wins
			if j.App == r.app.id && j.ExternalID == id {
				b.Results[id] = st.listing(j)
				delete(b.Errors, id)
			}
		}
	}
	return b, nil
}

// listing is what a job's status says.
func (st *state) listing(j *Job) map[string]any {
	row := map[string]any{
		"externalJobPostingId": j.ExternalID, "listingStatus": "LISTED", "promotionStatus": "NOT_PROMOTED", "linkedInApplyStatus": "NOT_ENABLED",
		"jobPostingUrl":  "https://www.linkedin.com/jobs/view/" + j.URN[len("urn:li:jobPosting:"):],
		"jobPostingInfo": map[string]any{"listedAt": j.Created.UnixMilli(), "expireAt": j.Expires.UnixMilli()}, "listingStatusDetail": nil,
	}
	if j.Closed || !st.now().Before(j.Expires) {
		row["listingStatus"] = "NOT_LISTED"
		row["listingStatusDetail"] = map[string]any{"errorCode": nil, "errorType": "PARTNER_ERROR", "statusMessage": "The job is closed."} // the words are assumed
		delete(row, "jobPostingUrl")
	}
	return row
}

var (
	libraryTitles    = []string{"Software Engineer", "Sales Manager", "Hotel Manager", "Nurse", "Data Analyst"}
	libraryCompanies = []string{"Example", "Acme", "Wayside Hotels"}
	libraryPlaces    = []struct{ name, country string }{{"London, England, United Kingdom", "gb"}, {"Chicago, Illinois, United States", "us"}, {"Berlin, Germany", "de"}}
)

const notAvailable = "This information is not available for restricted jobs"

// libraryJob is the nth promoted job, each a day older than the one before.
func (st *state) libraryJob(n int) (row map[string]any, words, company, country string, listed time.Time) {
	title, place := libraryTitles[n%len(libraryTitles)], libraryPlaces[n%len(libraryPlaces)]
	company, country = libraryCompanies[n%len(libraryCompanies)], place.country
	text := "We look for a " + title + " who likes working with people, in our team at " + company + "."
	listed = st.jobs.began.Add(-time.Duration(n) * 24 * time.Hour).Truncate(time.Millisecond)
	details := map[string]any{
		"jobTitle": title, "organizationName": company, "organizationUrl": "https://www.linkedin.com/company/" + strings.ToLower(strings.ReplaceAll(company, " ", "-")),
		"jobLocation": place.name, "jobDescription": text, "payerName": company, "jobApplyMethod": "Complex Onsite", "jobBenefits": []string{"Medical insurance"},
		"jobListTimeInMilliseconds": listed.UnixMilli(), "jobClosedTimeInMilliseconds": nil,
		"jobSalaryRange": map[string]any{"minBaseSalary": "50000", "maxBaseSalary": "70000", "currencyCode": "EUR", "payPeriod": "YEARLY"},
		"jobStatistics":  map[string]any{"totalImpressions": map[string]any{"start": 0, "end": 1000}, "impressionsPerCountry": []any{map[string]any{"country": "urn:li:country:" + country, "impressionPercentage": 85.5}}},
		"jobTargeting":   []any{map[string]any{"facetName": "Location", "isIncluded": true, "includedSegments": []string{place.name}, "isExcluded": false, "excludedSegments": []string{}}},
	}
	restricted := n%10 == 9
	if restricted {
		for _, name := range []string{"jobTitle", "jobDescription", "jobLocation"} {
			details[name] = notAvailable
		}
	}
	row = map[string]any{
		"jobPostingUrl": "https://www.linkedin.com/ad-library/job/detail/" + strconv.Itoa(4_467_288_299+n), "isRestricted": restricted,
		"restrictionReason": "This information is only available for restricted jobs.", "jobDetails": details,
	}
	return row, strings.ToLower(title + " " + text), company, country, listed
}

func (st *state) searchLibrary(r *request) (any, *problem) {
	keyword, organization := r.query.Text("keyword"), r.query.Text("organization")
	count, p := r.number("count", 24)
	if p != nil || count > 24 {
		return nil, badRequest("Parameter 'count' is invalid")
	}
	for name := range r.query {
		if !slices.Contains([]string{"q", "keyword", "organization", "countries", "dateRange", "start", "count"}, name) {
			return nil, &problem{Status: 400, Code: "QUERY_PARAM_NOT_ALLOWED", Message: "Query parameter not allowed"}
		}
	}
	from, to, p := dateRange(r)
	switch {
	case p != nil:
		return nil, p
	case r.query.Text("q") != "criteria":
		return nil, badRequest("Invalid query parameters passed to request")
	case keyword == "" && organization == "": // as third parties report
		return nil, &problem{Status: 500, Message: "Internal Server Error"}
	}
	countries := r.query.Texts("countries")
	var found []any
	for n := range st.settings.jobs.library {
		row, words, company, country, listed := st.libraryJob(n)
		matches := strings.Contains(strings.ToLower(company), strings.ToLower(organization)) &&
			(countries == nil || slices.Contains(countries, "urn:li:country:"+country)) && !listed.Before(from) && (to.IsZero() || listed.Before(to))
		for word := range strings.FieldsSeq(strings.ToLower(keyword)) {
			matches = matches && strings.Contains(words, word)
		}
		if matches {
			found = append(found, row)
		}
	}
	return st.paged(r, found, 0)
}

// dateRange reads (start:(day:1,month:2,year:2026),end:(...)), both days inclusive (assumed).
func dateRange(r *request) (from, to time.Time, p *problem) {
	if !r.query.Has("dateRange") {
		return from, to, nil
	}
	bounds, _ := r.query["dateRange"].(map[string]any)
	for name, into := range map[string]*time.Time{"start": &from, "end": &to} {
		fields, given := bounds[name].(map[string]any)
		if !given {
			continue
		}
		var parts [3]int
		for i, part := range []string{"year", "month", "day"} {
			text, _ := fields[part].(string)
			parts[i], _ = strconv.Atoi(text)
		}
		day := time.Date(parts[0], time.Month(parts[1]), parts[2], 0, 0, 0, 0, time.UTC)
		if day.Day() != parts[2] || int(day.Month()) != parts[1] {
			return from, to, badRequest("Parameter 'dateRange' is invalid")
		}
		*into = day
	}
	if bounds == nil {
		return from, to, badRequest("Parameter 'dateRange' is invalid")
	}
	if !to.IsZero() {
		to = to.AddDate(0, 0, 1)
	}
	return from, to, nil
}
