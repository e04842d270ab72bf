package sandbox

import (
	"net/http"
	"strconv"
)

const maxMappedIDs = 10_000

// mappedIDs is the answer to a translation of v1's IDs to Base's.
type mappedIDs struct {
	TotalIDCount    int              `json:"total_id_count"`
	MappedIDCount   int              `json:"mapped_id_count"`
	UnmappedIDCount int              `json:"unmapped_id_count"`
	MappedIDs       map[string]int64 `json:"mapped_ids"`
	UnmappedIDs     []int64          `json:"unmapped_ids"`
}

// mapIDs tells the Base ID of each of v1's. In the sandbox they are the same, and
// those that nobody has are unmapped. It costs nothing, an ID given twice counts
// once, and more than 10,000 are refused with 400: these are assumed.
func (c *coresignal) mapIDs(req *call) *problem {
	if p := req.checkJSON(); p != nil {
		return p
	}
	ids, p := parseIDArray(req.body)
	if p != nil {
		return p
	}
	if len(ids) > maxMappedIDs {
		return refusal(http.StatusBadRequest, "At most %d ids can be mapped at once", maxMappedIDs)
	}
	ids, _ = unique(ids)
	answer := mappedIDs{TotalIDCount: len(ids), MappedIDs: map[string]int64{}, UnmappedIDs: []int64{}}
	c.mu.RLock()
	for _, id := range ids {
		if _, known := c.roster.byID[id]; known {
			answer.MappedIDs[strconv.FormatInt(id, 10)] = id
		} else {
			answer.UnmappedIDs = append(answer.UnmappedIDs, id)
		}
	}
	c.mu.RUnlock()
	answer.MappedIDCount, answer.UnmappedIDCount = len(answer.MappedIDs), len(answer.UnmappedIDs)
	req.w.json(http.StatusOK, answer)
	return nil
}
