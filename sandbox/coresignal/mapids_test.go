package coresignal_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

const v1MapIDs = "/cdapi/v1/professional_network/employee_base/map/ids"

func TestMapIDs(t *testing.T) {
	sb, c := start(t)
	a, b := sb.Coresignal.PersonIDs()[0], sb.Coresignal.PersonIDs()[1]
	for _, path := range []string{"/cdapi/v2/employee_base/map/ids", v1MapIDs} {
		got := c.post(path, fmt.Sprintf(`[%d, 2, %d, 1, 2]`, a, b)).is(http.StatusOK)
		assert.JSONEq(t, fmt.Sprintf(`{"total_id_count":4,"mapped_id_count":2,"unmapped_id_count":2,
			"mapped_ids":{"%d":%d,"%d":%d},"unmapped_ids":[1,2]}`, a, a, b, b), string(got.body))
		got = c.post(path, `[3]`).is(http.StatusOK)
		assert.JSONEq(t, `{"total_id_count":1,"mapped_id_count":0,"unmapped_id_count":1,"mapped_ids":{},"unmapped_ids":[3]}`, string(got.body))
		got = c.post(path, fmt.Sprintf(`[%d]`, a)).is(http.StatusOK)
		assert.Contains(t, string(got.body), `"unmapped_ids":[]`)
		assert.Equal(t, "2000", got.header.Get("x-credits-remaining"))

		ids := func(n int) string { return "[7" + strings.Repeat(",7", n-1) + "]" }
		c.post(path, ids(10_000)).is(http.StatusOK)
		c.post(path, ids(10_001)).refused(http.StatusBadRequest, "At most 10000")
		for _, body := range []string{`[]`, `{"ids":[1]}`, `["1"]`, `[1.5]`, `[-1]`, `null`, `[1] [2]`, `[1`, `[99999999999999999999]`} {
			c.post(path, body).is(http.StatusBadRequest)
		}
		c.send("POST", path, "text/plain", strings.NewReader(`[1]`)).refused(http.StatusUnprocessableEntity, "Content-Type")
	}
}
