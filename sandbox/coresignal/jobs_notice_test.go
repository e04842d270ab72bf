package coresignal_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/sandbox/coresignal"
)

func TestJobNoticeComesInSeveralShapes(t *testing.T) {
	for shape, want := range map[coresignal.NoticeShape]struct{ kind, body string }{
		coresignal.RequestIDNotice: {"application/json", `{"request_id":"%s"}`},
		coresignal.EmptyNotice:     {"application/json", `{}`},
		coresignal.ArrayNotice:     {"application/json", `[{"request_id":"%s"}]`},
		coresignal.TextNotice:      {"text/plain; charset=utf-8", `%s`},
	} {
		var mu sync.Mutex
		var kinds, bodies []string
		hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			mu.Lock()
			defer mu.Unlock()
			kinds, bodies = append(kinds, r.Header.Get("Content-Type")), append(bodies, string(body))
		}))
		sb, c := start(t, coresignal.WithJobNotice(shape), coresignal.WithMaxBulkRecords(5), coresignal.WithPeople(6))
		ready, _ := requested(t, c.post(baseJobs+"/employee_clean/es_dsl", fmt.Sprintf(`{"webhook_url":%q,"limit":5,"es_dsl_query":%s}`, hook.URL, matchAll)))
		failed, path := requested(t, c.post(baseJobs+"/employee_multi_source/es_dsl", fmt.Sprintf(`{"webhook_url":%q,"es_dsl_query":%s}`, hook.URL, matchAll)))
		require.NoError(t, sb.Deliver(t.Context()))
		mu.Lock()
		assert.Equal(t, []string{want.kind, want.kind}, kinds)
		for i, id := range []string{ready, failed} {
			wanted := want.body
			if shape != coresignal.EmptyNotice {
				wanted = fmt.Sprintf(want.body, id)
			}
			assert.Equal(t, wanted, bodies[i])
			assert.Equal(t, id, sb.Deliveries()[i].About)
		}
		mu.Unlock()
		c.get(path).refused(http.StatusUnprocessableEntity, "request matched too many ids maximum is 5 ids")
		hook.Close()
	}
}
