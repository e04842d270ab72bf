package coresignal_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pronet-go/pronet/sandbox/coresignal"
)

func TestIDFileFailsAsAWhole(t *testing.T) {
	sb, c := start(t, coresignal.WithPeople(1))
	for name, tt := range map[string]struct{ file, detail string }{
		"empty":            {"", "no IDs"},
		"heading":          {"id\n1\n", "Line 1"},
		"word":             {"1\n2\nthree\n", "Line 3"},
		"several columns":  {"1,2\n", "Line 1"},
		"blank line":       {"1\n\n2\n", "Line 2"},
		"space":            {"1 \n", "Line 1"},
		"sign":             {"+1\n", "Line 1"},
		"negative":         {"-1\n", "Line 1"},
		"zero":             {"0\n", "Line 1"},
		"fraction":         {"1.0\n", "Line 1"},
		"byte order mark":  {"\ufeff1\n", "Line 1"},
		"beyond 64 bits":   {"9223372036854775808\n", "Line 1"},
		"only a line feed": {"\n", "Line 1"},
		"digits elsewhere": {"١٢٣\n", "Line 1"},
	} {
		t.Run(name, func(t *testing.T) {
			c.postForm(v1Subscribe+"id_file", "webhook_url", callback, "ids_file", tt.file).refused(http.StatusBadRequest, tt.detail)
			c.postForm(v1Bulk+"id_file", "ids_file", tt.file).refused(http.StatusBadRequest, tt.detail)
		})
	}
	assert.Zero(t, sb.Coresignal.SubscriptionsCreated())
	assert.Zero(t, sb.Coresignal.JobsCreated())
	for _, good := range []string{"1", "1\n", "1\r\n2\r\n", "9223372036854775807", "007\n"} {
		c.postForm(v1Subscribe+"id_file", "ids_file", good, "webhook_url", callback).id()
	}
}

func TestFormRefusals(t *testing.T) {
	_, c := start(t, coresignal.WithPeople(1))
	path := v1Subscribe + "id_file"
	c.postForm(path, "ids_file", "1").refused(http.StatusBadRequest, "webhook_url is missing")
	c.postForm(path, "webhook_url", callback).refused(http.StatusBadRequest, "ids_file is missing")
	c.postForm(path, "ids_file", "1", "webhook_url", "http://a.example").refused(http.StatusUnprocessableEntity, "Invalid webhook URL")
	c.postForm(path, "ids_file", "1", "webhook_url", callback, "tracked_fields", "x").refused(http.StatusUnprocessableEntity, "tracked_fields")
	c.postForm(path, "ids_file", "1", "ids_file", "2", "webhook_url", callback).refused(http.StatusUnprocessableEntity, "given twice")
	c.post(path, `{"webhook_url":"https://a.example","ids":[1]}`).refused(http.StatusUnprocessableEntity, "multipart/form-data")
	c.send("POST", path, "multipart/form-data; boundary=x", strings.NewReader("--x\r\nbroken")).refused(http.StatusBadRequest, "malformed")
	c.send("POST", path, "multipart/form-data", strings.NewReader("--x\r\n")).refused(http.StatusBadRequest, "malformed")

	contentType, whole := multipartForm(t, "ids_file", "1", "webhook_url", callback)
	cut := make([]byte, 120)
	n, err := whole.Read(cut)
	assert.NoError(t, err)
	c.send("POST", path, contentType, strings.NewReader(string(cut[:n]))).refused(http.StatusBadRequest, "malformed")
}

func TestDataRequestTakesIDsInEveryDocumentedForm(t *testing.T) {
	sb, c := start(t, coresignal.WithJobPolls(0))
	ids := sb.Coresignal.PersonIDs()
	list := fmt.Sprintf("%d,%d", ids[0], ids[1])
	path := baseJobs + "/employee_base/ids"
	for name, got := range map[string]response{
		"JSON":                c.post(path, `{"ids":[`+list+`]}`),
		"form, commas":        c.postForm(path, "ids", strings.ReplaceAll(list, ",", ", ")),
		"form, array":         c.postForm(path, "ids", "["+list+"]"),
		"form, file":          c.postForm(path, "ids_file", strings.ReplaceAll(list, ",", "\n")),
		"v1 file":             c.postForm(v1Bulk+"id_file", "ids_file", strings.ReplaceAll(list, ",", "\n")),
		"unknown IDs as well": c.post(path, `{"ids":[`+list+`,1,2]}`),
	} {
		t.Run(name, func(t *testing.T) {
			assert.Len(t, c.records(t, got), 2)
		})
	}
	c.postForm(path, "ids_file", "1", "ids", "2").refused(http.StatusUnprocessableEntity, "exclude")
	c.postForm(path, "limit", "2").refused(http.StatusBadRequest, "missing")
	c.postForm(path, "ids", "1", "limit", "x").refused(http.StatusUnprocessableEntity, "limit")
	c.postForm(path, "ids", "1;2").refused(http.StatusBadRequest, "numeric")
	c.postForm(v1Bulk+"id_file", "ids", "1").refused(http.StatusUnprocessableEntity, "ids")
}
