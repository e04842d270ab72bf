package saleswebhooks

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"net/http"
	"slices"

	"github.com/pronet-go/pronet/sandbox/internal/shell"
)

const maxBulkCreate = 100

func (c *state) bulkCreate(req *shell.Call) *problem {
	var body struct {
		Subscriptions []creation `json:"subscriptions"`
	}
	if p := c.decode(req, &body); p != nil {
		return p
	}
	switch n := len(body.Subscriptions); {
	case n == 0:
		return c.invalid("subscriptions", nil, "subscriptions is missing")
	case n > maxBulkCreate:
		return c.invalid("subscriptions", n, "Maximum 100 subscriptions per request")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.settings.tierBulk == RefusedWhole && c.subscriptions.active+c.wouldAdd(body.Subscriptions) > c.settings.tierLimit {
		return c.tierFull()
	}
	before := c.subscriptions.created
	made, errs := []map[string]any{}, []map[string]any{}
	for i, item := range body.Subscriptions {
		s, p := c.add(item)
		switch {
		case p == nil:
			made = append(made, s.short())
			continue
		case p.kind == "TIER_LIMIT_EXCEEDED" && c.settings.tierBulk == FilledUp:
			c.noteBulk(c.subscriptions.created > before)
			return p
		}
		id := item.LinkedInID
		if e, bad := c.read(item); id == "" && bad == nil {
			id = e.name
		}
		errs = append(errs, map[string]any{"index": i + c.settings.indexFrom, "linkedin_id": nullable(id), "error": p.message})
	}
	c.noteBulk(c.subscriptions.created > before)
	status := c.settings.createStatus
	if len(errs) > 0 {
		status = c.settings.partialStatus
	}
	c.ordered(made)
	req.W.JSON(status, map[string]any{"created": len(made), "failed": len(errs), "subscriptions": made, "errors": errs})
	return nil
}

// wouldAdd is how many of the items are new. The lock is held.
func (c *state) wouldAdd(items []creation) int {
	fresh := make(map[entity]bool)
	for _, item := range items {
		e, p := c.read(item)
		if old := c.subscriptions.byEntity[e]; p == nil && (old == nil || old.cancelled) {
			fresh[e] = true
		}
	}
	return len(fresh)
}

func (c *state) noteBulk(effect bool) {
	if effect {
		c.account.bulkEffects++
	}
}

func (c *state) ordered(rows []map[string]any) {
	if c.settings.order == Backward {
		slices.Reverse(rows)
	}
}

func (c *state) bulkCancel(req *shell.Call) *problem {
	nothing := map[string]any{"cancelled": 0, "failed": 0, "subscriptions": []string{}, "errors": []string{}}
	switch c.settings.dropped {
	case RefusedHTML:
		req.W.Bytes(http.StatusBadRequest, "text/html", []byte("<html><title>400 Bad Request</title></html>"))
		return nil
	case MissingIDs:
		return &problem{status: http.StatusBadRequest, kind: "VALIDATION_ERROR", message: "subscription_ids is required"}
	case NothingToDo:
		req.W.JSON(http.StatusOK, nothing)
		return nil
	case DroppedQuiet:
		req.W.WriteHeader(http.StatusNoContent)
		return nil
	}
	var body struct {
		IDs []string `json:"subscription_ids"`
	}
	if p := c.decode(req, &body); p != nil {
		return p
	}
	switch n := len(body.IDs); {
	case n == 0:
		return c.invalid("subscription_ids", nil, "subscription_ids is required")
	case n > c.settings.maxBulkCancel:
		return c.invalid("subscription_ids", n, "Too many subscriptions per request")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	done, errs := []map[string]any{}, []map[string]any{}
	for i, id := range body.IDs {
		s := c.subscriptions.byID[id]
		if s == nil || s.cancelled {
			errs = append(errs, map[string]any{"index": i + c.settings.indexFrom, "subscription_id": id, "error": "Subscription not found"})
			continue
		}
		c.end(s)
		done = append(done, map[string]any{"id": s.id, "status": s.status()})
	}
	c.noteBulk(len(done) > 0)
	if c.settings.emptyDeletes {
		req.W.WriteHeader(http.StatusNoContent)
		return nil
	}
	status := http.StatusOK
	if len(errs) > 0 {
		status = c.settings.partialStatus
	}
	c.ordered(done)
	req.W.JSON(status, map[string]any{"cancelled": len(done), "failed": len(errs), "subscriptions": done, "errors": errs})
	return nil
}

// BulkEffects is how many bulk calls have made or cancelled at least one subscription.
func (sb *Sandbox) BulkEffects() int {
	sb.state.mu.Lock()
	defer sb.state.mu.Unlock()
	return sb.state.account.bulkEffects
}

var columns = []string{"subscription_id", "entity_type", "linkedin_id", "linkedin_url", "status", "created_at"}

func (c *state) export(req *shell.Call) *problem {
	q := req.R.URL.Query()
	status := q.Get("status")
	switch status {
	case "", "all":
		status = ""
	case "active", "cancelled":
	default:
		return c.invalid("status", status, "Invalid status")
	}
	c.mu.Lock()
	rows := c.matching(status, "", "")
	table := make([][]string, 0, len(rows))
	for _, s := range rows {
		table = append(table, []string{s.id, s.entity.kind, s.linkedInID, s.linkedInURL, s.status(), s.made})
	}
	c.mu.Unlock()
	switch q.Get("format") {
	case "", "csv":
		req.W.Bytes(http.StatusOK, "text/csv; charset=utf-8", c.csv(table))
	case "json":
		req.W.Bytes(http.StatusOK, "application/json", c.json(table))
	default:
		return c.invalid("format", q.Get("format"), "Invalid format")
	}
	return nil
}

func (c *state) csv(table [][]string) []byte {
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	if c.settings.mark {
		out.WriteString("\ufeff")
		w.UseCRLF = true
	}
	_ = w.Write(columns)  // to memory
	_ = w.WriteAll(table) // which flushes
	return out.Bytes()
}

func (c *state) json(table [][]string) []byte {
	rows := make([]map[string]any, 0, len(table))
	for _, line := range table {
		row := make(map[string]any)
		for i, name := range columns {
			row[name] = nullable(line[i])
		}
		rows = append(rows, row)
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	switch c.settings.json {
	case Object:
		_ = encoder.Encode(map[string]any{"total": len(rows), "subscriptions": rows}) // what always encodes
	case Lines:
		for _, row := range rows {
			_ = encoder.Encode(row)
		}
	default:
		_ = encoder.Encode(rows)
	}
	return out.Bytes()
}
