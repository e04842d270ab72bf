package sandbox

import (
	"encoding/json"
	"net/http"
)

// collect answers with one record and takes its price. A repeated fields
// parameter keeps only those of the root; names that the record does not have
// are passed over (assumed).
func (c *coresignal) collect(req *call) *problem {
	record, p := c.collectRecord(req.args["ref"], req.set)
	if p != nil {
		return p
	}
	if wanted := req.r.URL.Query()["fields"]; len(wanted) > 0 {
		var whole map[string]json.RawMessage
		if err := json.Unmarshal(record, &whole); err != nil {
			return refusal(http.StatusInternalServerError, "Internal Server Error")
		}
		part := map[string]json.RawMessage{}
		for _, name := range wanted {
			if value, ok := whole[name]; ok {
				part[name] = value
			}
		}
		req.w.json(http.StatusOK, part)
		return nil
	}
	req.w.bytes(http.StatusOK, "application/json", record)
	return nil
}

func (c *coresignal) collectRecord(ref string, set *dataset) (json.RawMessage, *problem) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p, ok := c.roster.find(ref, set)
	if !ok {
		return nil, refusal(http.StatusNotFound, "Not Found")
	}
	if !c.pools[set.purse].take(set.collectPrice) {
		return nil, noCredits()
	}
	c.collected[p.ID]++
	return p.Record(set.records), nil
}
