package linkedin

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// Job is a job posting as the sandbox has it.
type Job struct {
	// URN is LinkedIn's name of it, and ExternalID that of the system which posted it.
	URN, ExternalID string
	// App is the client id of the app that posted it.
	App string
	// Title is its title, and Fields is all that was posted last, as JSON.
	Title  string
	Fields string
	// Closed says that it is listed no more.
	Closed bool
	// Created and Expires are by the server's clock.
	Created, Expires time.Time
	// Updated and Renewed are how often that was done.
	Updated, Renewed int
}

// Jobs are all job postings, closed ones too, in the order in which they were made.
func (sb *Sandbox) Jobs() []Job {
	sb.state.mu.Lock()
	defer sb.state.mu.Unlock()
	var all []Job
	for _, j := range sb.state.jobs.list {
		all = append(all, *j)
	}
	return all
}

// JobTasks is how many tasks were ever begun: each operation on a job that is accepted is one.
func (sb *Sandbox) JobTasks() int {
	sb.state.mu.Lock()
	defer sb.state.mu.Unlock()
	return len(sb.state.jobs.tasks)
}

// jobSettings are the options of jobs.
type jobSettings struct {
	processing time.Duration
	duplicates bool
	library    int
}

func newJobSettings() jobSettings { return jobSettings{library: 50} }

// WithJobProcessingTime sets how long a task of a job posting is IN_PROGRESS. The default is 0; LinkedIn's page names
// five minutes.
func WithJobProcessingTime(d time.Duration) Option {
	return func(s *settings) error {
		if s.jobs.processing = d; d < 0 {
			return fmt.Errorf("sandbox: WithJobProcessingTime: %v is negative", d)
		}
		return nil
	}
}

// WithDuplicateJobs makes another job of a second CREATE with the externalJobPostingId of a job that is listed. By
// default its task fails, as LinkedIn's page has it for basic jobs and for promoted ones that are no drafts.
func WithDuplicateJobs() Option {
	return func(s *settings) error {
		s.jobs.duplicates = true
		return nil
	}
}

// WithLibraryJobs sets how many jobs the Job Library has, from 0 to 10,000. The default is 50; every tenth is
// restricted.
func WithLibraryJobs(n int) Option {
	return func(s *settings) error {
		s.jobs.library = n
		return between("WithLibraryJobs", n, 0, 10_000)
	}
}

const (
	jobLife  = 180 * 24 * time.Hour // unless expireAt is given
	renewal  = 30 * 24 * time.Hour
	taskLife = 30 * 24 * time.Hour
)

type jobState struct {
	began time.Time
	list  []*Job
	tasks map[string]*jobTask
}

// jobTask is an operation on a job. What comes of it is known at once, and told once it is done.
type jobTask struct {
	urn, app, externalID, location, job, failure string
	begun, done                                  time.Time
}

// job is an app's job that is listed, the newest one if there are several.
func (st *state) job(a *app, externalID string) *Job {
	for _, j := range slices.Backward(st.jobs.list) {
		if j.App == a.id && j.ExternalID == externalID && !j.Closed && st.now().Before(j.Expires) {
			return j
		}
	}
	return nil
}

// operate carries out an operation, and returns the job's URN or why it failed.
func (st *state) operate(a *app, p *jobPosting, raw json.RawMessage) (urn, failure string) {
	const because = "Job processing failed due to a client-side error. Please check payload and integration setup. Error details: "
	now, job := st.now(), st.job(a, p.ExternalJobPostingID)
	if n := len([]rune(p.Description)); n < 100 || n > 25_000 {
		return "", "This job post has an invalid job description. Please ensure a job description is present and between 100 - 25,000 characters."
	}
	switch {
	case p.JobPostingOperationType == "CREATE" && job != nil && !st.settings.jobs.duplicates:
		return "", because + "Trying to create a job with same partnerIdentifier already exists. It is duplicate creation request for a basic job or a" +
			" non-draft premium job. Dropping the duplicate job posting creation request. LinkedIn job id: " + job.URN[len("urn:li:jobPosting:"):] +
			", externalJobPostingId: " + p.ExternalJobPostingID
	case p.JobPostingOperationType == "CREATE":
		job = &Job{URN: "urn:li:jobPosting:" + strconv.Itoa(4_217_555_213+len(st.jobs.list)), ExternalID: p.ExternalJobPostingID, App: a.id, Created: now, Expires: now.Add(jobLife)}
		st.jobs.list = append(st.jobs.list, job)
	case job == nil:
		return "", because + "Operation type `" + p.JobPostingOperationType + "` is not allowed for a non-existing job of partner urn urn:li:jobPostingPartner:1," +
			" partner job code (" + p.ExternalJobPostingID + ")"
	case p.JobPostingOperationType == "RENEW":
		job.Renewed++
		job.Expires = now.Add(renewal)
	case p.JobPostingOperationType == "CLOSE":
		job.Closed = true
	default:
		job.Updated++
	}
	if p.JobPostingOperationType == "CREATE" || p.JobPostingOperationType == "UPDATE" {
		job.Title, job.Fields = p.Title, string(raw)
		if p.ExpireAt > 0 {
			job.Expires = time.UnixMilli(p.ExpireAt)
		}
	}
	return job.URN, ""
}

// status is what a task's response says.
func (st *state) taskStatus(t *jobTask) map[string]any {
	row := map[string]any{"id": t.urn, "externalJobPostingId": t.externalID, "location": t.location, "status": "IN_PROGRESS"}
	switch {
	case st.now().Before(t.done):
	case t.failure != "":
		row["status"], row["errorMessage"] = "FAILED", t.failure
	default:
		row["status"], row["jobPosting"] = "SUCCEEDED", t.job
	}
	return row
}
