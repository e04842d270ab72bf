package sandbox

import (
	"net/http"
	"strconv"

	"github.com/pronet-go/pronet/sandbox/internal/matching"
)

const (
	previewRows  = 20
	previewPages = 5
)

// preview answers with a page of 20 short rows and takes its price, also for an
// empty one (assumed). Nothing about other pages is in headers (assumed), and
// items_per_page is ignored. There are five pages at most; what the provider
// answers to the sixth is not known.
func (c *coresignal) preview(how selector) func(*call) *problem {
	return func(req *call) *problem {
		found, order, p := searchRequest(req, how, matching.ParseQueryOf)
		if p != nil {
			return p
		}
		page := 1
		if given := req.r.URL.Query().Get("page"); given != "" {
			n, err := strconv.Atoi(given)
			if err != nil || n < 1 || n > previewPages {
				return refusal(http.StatusBadRequest, "page must be between 1 and %d", previewPages)
			}
			page = n
		}
		if p := c.charge(req.set, req.set.previewPrice); p != nil {
			return p
		}
		hits := c.hits(found, req.set, order)
		first := min((page-1)*previewRows, len(hits))
		req.w.json(http.StatusOK, c.rows(hits[first:min(first+previewRows, len(hits))], req.set))
		return nil
	}
}

func (c *coresignal) rows(hits []hit, set *dataset) []any {
	c.mu.RLock()
	defer c.mu.RUnlock()
	rows := make([]any, 0, len(hits))
	for _, h := range hits {
		rows = append(rows, c.roster.byID[h.id].Preview(set.records, sameScore))
	}
	return rows
}
