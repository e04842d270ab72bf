package coresignal

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"mime"
	"net/http"
	"strconv"

	"github.com/pronet-go/pronet/sandbox/internal/matching"
)

// createJob accepts a data request: 201, its ID, and where its files will be, in
// a Location that lacks /cdapi as the provider's does. Credits are taken later,
// when it is ready.
func (c *state) createJob(how selector) func(*call) *problem {
	return func(req *call) *problem {
		j := &job{set: req.set, price: req.price}
		var p *problem
		if kind, _, _ := mime.ParseMediaType(req.R.Header.Get("Content-Type")); how == byIDFile || how == byIDs && kind == "multipart/form-data" {
			p = j.readForm(req, how)
		} else {
			p = j.readJSON(req, how)
		}
		if p != nil {
			return p
		}
		if j.webhookURL != "" {
			if p := callbackURL(j.webhookURL); p != nil {
				return p
			}
		}
		if p := c.checkIDs(j); p != nil {
			return p
		}
		if p := c.addJob(j); p != nil {
			return p
		}
		location := "/v2/data_requests/"
		if req.set.credential == bearerJWT {
			location = "/v1/bulk_collect/"
		}
		req.W.Header().Set("Location", location+j.id+"/files")
		req.W.JSON(http.StatusCreated, map[string]string{"request_id": j.id})
		return nil
	}
}

// checkIDs refuses too long lists, as documented for IDs, and lists with an entry
// twice, as documented for addresses; that both hold for every list is assumed.
func (c *state) checkIDs(j *job) *problem {
	if j.people.query != nil {
		return nil
	}
	if most := c.settings.maxBulkRecords; len(j.people.ids) > most || len(j.people.names) > most {
		return refusal(http.StatusBadRequest, "file contains too many ids maximum is %s ids", thousands(most))
	}
	var twiceID, twiceName bool
	j.people.ids, twiceID = unique(j.people.ids)
	j.people.names, twiceName = unique(j.people.names)
	if twiceID || twiceName {
		return refusal(http.StatusUnprocessableEntity, "%s holds duplicates", j.people.how)
	}
	return nil
}

func (j *job) readJSON(req *call, how selector) *problem {
	key := map[selector]string{
		byIDs: "ids", byFilter: "filters", byQuery: "es_dsl_query",
		byShorthands: "shorthand_names", byURLs: "urls", // the first assumed, the second reported
	}[how]
	fields, p := req.object(key, "webhook_url", "limit")
	if p != nil {
		return p
	}
	raw, ok := fields[key]
	if !ok {
		return refusal(http.StatusBadRequest, "%s is missing", key)
	}
	if j.webhookURL, p = text(fields, "webhook_url"); p != nil {
		return p
	}
	if limit, ok := fields["limit"]; ok {
		if p := j.setLimit(string(limit)); p != nil {
			return p
		}
	}
	switch how {
	case byIDs:
		req.logIDs("json")
		j.people.how = byIDs
		j.people.ids, p = parseIDArray(raw)
	case byFilter:
		j.people, p = parseFilters(raw, req.set)
	case byShorthands:
		j.people.how = how
		j.people.names, p = parseNames(raw, key, shorthandName)
	case byURLs:
		j.people.how = how
		j.people.names, p = parseNames(raw, key, profileSlug)
	default:
		j.people, p = parseQuery(raw, req.set, matching.ParseQueryOf)
	}
	if p == nil && j.people.query != nil {
		// Two requests that differ only in white space are identical.
		var compact bytes.Buffer
		if json.Compact(&compact, j.people.given) == nil {
			j.people.given = compact.Bytes()
		}
	}
	return p
}

// readForm reads the multipart forms of an ID list. The documents disagree on
// which one v2 takes, so the sandbox takes the field ids and the file ids_file
// as well as JSON, and logs which it was.
func (j *job) readForm(req *call, how selector) *problem {
	allowed := []string{"ids_file", "webhook_url", "limit"}
	if how == byIDs {
		allowed = append(allowed, "ids")
	}
	fields, p := req.form(allowed...)
	if p != nil {
		return p
	}
	j.webhookURL = fields["webhook_url"]
	if limit, ok := fields["limit"]; ok {
		if p := j.setLimit(limit); p != nil {
			return p
		}
	}
	file, isFile := fields["ids_file"]
	list, isList := fields["ids"]
	j.people.how = how
	switch {
	case isFile && isList:
		return refusal(http.StatusUnprocessableEntity, "ids and ids_file exclude each other")
	case isFile:
		req.logIDs("multipart ids_file")
		j.people.ids, p = parseIDFile(file)
	case isList:
		req.logIDs("multipart ids")
		j.people.ids, p = parseIDList(list)
	default:
		return refusal(http.StatusBadRequest, "ids are missing")
	}
	return p
}

func (j *job) setLimit(given string) *problem {
	n, err := strconv.Atoi(given)
	if err != nil || n < 1 {
		return refusal(http.StatusUnprocessableEntity, "limit must be a number from 1")
	}
	j.limit = n
	return nil
}

func (c *call) logIDs(form string) {
	c.log.LogAttrs(c.R.Context(), slog.LevelDebug, "sandbox: data request by IDs", slog.String("form", form))
}
