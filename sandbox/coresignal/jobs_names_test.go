package coresignal_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pronet-go/pronet/sandbox/coresignal"
)

func TestDataRequestByNamesAndAddresses(t *testing.T) {
	sb, c := start(t, coresignal.WithJobPolls(0))
	a, _ := sb.Coresignal.Person(sb.Coresignal.PersonIDs()[0])
	b, _ := sb.Coresignal.Person(sb.Coresignal.PersonIDs()[1])
	want := []int64{min(a.ID, b.ID), max(a.ID, b.ID)}
	for _, set := range []string{"employee_base", "employee_clean"} {
		path := baseJobs + "/" + set + "/"
		assert.Equal(t, want, c.records(t, c.post(path+"shorthand_names",
			toJSON(t, map[string]any{"shorthand_names": []string{strings.ToUpper(b.Shorthand), a.Shorthand, "nobody-at-all"}}))))
		assert.Equal(t, want, c.records(t, c.post(path+"urls",
			toJSON(t, map[string]any{"urls": []string{a.ProfileURL + "/", "linkedin.com/in/" + b.Shorthand, "https://www.linkedin.com/in/nobody-at-all"}}))))
		assert.Equal(t, want[:1], c.records(t, c.post(path+"urls",
			toJSON(t, map[string]any{"urls": []string{a.ProfileURL, b.ProfileURL}, "limit": 1}))))
		_, files := requested(t, c.post(path+"urls", `{"urls":["https://www.linkedin.com/in/nobody-at-all"]}`))
		c.get(files).refused(http.StatusNotFound, "Not Found")
	}
	assert.Equal(t, 100, sb.Coresignal.CreditsSpent())
}

func TestDataRequestByNamesIsRefused(t *testing.T) {
	sb, c := start(t, coresignal.WithMaxBulkRecords(2))
	const url = "https://www.linkedin.com/in/"
	for _, tt := range []struct {
		how, body string
		status    int
		detail    string
	}{
		{"urls", `{}`, 400, "urls is missing"},
		{"urls", `{"urls":[]}`, 400, "urls must be an array"},
		{"urls", `{"urls":[1]}`, 400, "urls must be an array"},
		{"urls", `{"urls":["` + url + `a"],"ids":[1]}`, 422, `"ids" is not allowed`},
		{"urls", `{"urls":["` + url + `a","nonsense"]}`, 422, "urls[1] cannot be parsed"},
		{"urls", `{"urls":["https://linkedin.example/in/a"]}`, 422, "urls[0]"},
		{"urls", `{"urls":["` + url + `a","linkedin.com/in/A/"]}`, 422, "urls holds duplicates"},
		{"urls", `{"urls":["` + url + `a","` + url + `b","` + url + `c"]}`, 400, "too many ids maximum is 2 ids"},
		{"shorthand_names", `{"shorthand_names":["a","a"]}`, 422, "duplicates"},
		{"shorthand_names", `{"shorthand_names":["a","b","c"]}`, 400, "too many ids"},
		{"shorthand_names", `{"shorthand_names":[""]}`, 422, "shorthand_names[0]"},
		{"shorthand_names", `{"shorthand_names":["a/b"]}`, 422, "shorthand_names[0]"},
		{"shorthand_names", `{"shorthand_names":["a b"]}`, 422, "shorthand_names[0]"},
		{"shorthand_names", `{"shorthand_names":["` + strings.Repeat("a", 513) + `"]}`, 422, "shorthand_names[0]"},
		{"shorthand_names", `{"shorthand_names":"a"}`, 400, "array"},
	} {
		c.post(baseJobs+"/employee_clean/"+tt.how, tt.body).refused(tt.status, tt.detail)
	}
	assert.Zero(t, sb.Coresignal.JobsCreated())

	requested(t, c.post(baseJobs+"/employee_clean/urls", `{"urls":["`+url+`a"]}`))
	c.post(baseJobs+"/employee_clean/urls", `{"urls":["linkedin.com/in/a"]}`).refused(http.StatusConflict, "Identical")
	requested(t, c.post(baseJobs+"/employee_base/urls", `{"urls":["`+url+`a"]}`))
	requested(t, c.post(baseJobs+"/employee_clean/shorthand_names", `{"shorthand_names":["a"]}`))
}

func TestLongListsAreRefusedInTheProvidersWords(t *testing.T) {
	_, c := start(t, coresignal.WithPeople(1))
	ids := make([]string, 10_001)
	for i := range ids {
		ids[i] = fmt.Sprint(i + 1)
	}
	for path, body := range map[string]string{
		"employee_multi_source/ids": `{"ids":[` + strings.Join(ids, ",") + `]}`,
		"employee_base/ids":         `{"ids":[` + strings.Join(ids, ",") + `]}`,
	} {
		c.post(baseJobs+"/"+path, body).refused(http.StatusBadRequest, "file contains too many ids maximum is 10,000 ids")
	}
	c.postForm(baseJobs+"/employee_clean/id_file", "ids_file", strings.Join(ids, "\n")).
		refused(http.StatusBadRequest, "file contains too many ids maximum is 10,000 ids")
}
