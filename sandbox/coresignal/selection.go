package coresignal

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/pronet-go/pronet/sandbox/internal/matching"
	"github.com/pronet-go/pronet/sandbox/internal/people"
)

// dataset is one kind of employee record, and how the endpoints that give it
// behave. What they cost stands in the table of routes.
type dataset struct {
	records    people.Dataset
	credential credential
	purse      purse

	profileChanges cadence
	updatedField   string // what a search sorts by unless told otherwise
	sortsByDay     bool   // ... by its day alone
	filePrefix     string // in front of a data request's file names
}

// cadence is when a subscription's notices go out.
type cadence struct{ first, every time.Duration }

const week = 7 * day

// experienceCadence is that of notices about positions, in every dataset.
func experienceCadence() cadence { return cadence{2 * day, week} }

// baseDataset is the current Base Employee dataset: collect and a page of a
// preview cost 10 credits, searching nothing, and notices go out the next day and
// then daily.
func baseDataset(documented bool) *dataset {
	return &dataset{
		records:        baseRecords(documented),
		credential:     apiKey,
		purse:          v2Purse,
		profileChanges: cadence{day, day},
		updatedField:   "updated_at",
		filePrefix:     "json/",
	}
}

func baseRecords(documented bool) people.Dataset {
	if documented {
		return people.BaseDocumented
	}
	return people.Base
}

// cleanDataset is the Clean Employee dataset, which costs what Base does and
// tells about changes every week. That the date in its cursors is last_updated is
// assumed.
func cleanDataset() *dataset {
	return &dataset{
		records:        people.Clean,
		credential:     apiKey,
		purse:          v2Purse,
		profileChanges: cadence{week, week},
		updatedField:   "last_updated",
		sortsByDay:     true,
		filePrefix:     "json/",
	}
}

// multiSourceDataset is the Multi-source Employee dataset: 20 credits a record,
// notices every week. That the date in its cursors is updated_at is assumed.
func multiSourceDataset(documentedNames bool) *dataset {
	records := people.MultiSource
	if documentedNames {
		records = people.MultiSourceDocumented
	}
	return &dataset{
		records:        records,
		credential:     apiKey,
		purse:          v2Purse,
		profileChanges: cadence{week, week},
		updatedField:   "updated_at",
		sortsByDay:     true,
		filePrefix:     "json/",
	}
}

// v1Dataset is the v1 employee dataset: one credit a call and a record. Its
// notices start after two days, as its webhook page says, and then go out every
// week; another page of the provider says the next Monday.
func v1Dataset() *dataset {
	return &dataset{
		records:        people.V1,
		credential:     bearerJWT,
		purse:          v1Purse,
		profileChanges: cadence{2 * day, week},
		updatedField:   "last_updated",
	}
}

// realTimeDataset is what the real-time API gives: records of the form of Base,
// fetched anew, for credits of its own. That it takes v2's key and that a record
// costs one credit is assumed.
func realTimeDataset(documented bool) *dataset {
	return &dataset{records: baseRecords(documented), credential: apiKey, purse: realTimePurse}
}

// selector is the last element of a path that says how people are chosen.
type selector string

const (
	byIDs    selector = "ids"
	byIDFile selector = "id_file"
	byFilter selector = "filter"
	byQuery  selector = "es_dsl"

	byShorthands selector = "shorthand_names"
	byURLs       selector = "urls"
	everybody    selector = "all"
)

// dialect reads the ES clause of a query.
type dialect = func(ds people.Dataset, clause json.RawMessage) (matching.Query, error)

// selection is a chosen set of people: a query, or IDs or names without one.
type selection struct {
	how   selector
	given json.RawMessage // filters or query as they came
	query matching.Query
	ids   []int64  // ascending, each once
	names []string // shorthand names in lower case, ascending, each once
}

// matches tells whether the selection's query covers a person as the record is
// now.
func (s selection) matches(p *people.Person, set *dataset) bool {
	return s.query.Matches(p.Document(set.records))
}

// selectEverybody is the selection without a condition.
func selectEverybody(set *dataset) (selection, *problem) {
	s, p := parseQuery(json.RawMessage(`{"query":{"match_all":{}}}`), set, matching.ParseQueryOf)
	s.how, s.given = everybody, nil
	return s, p
}

// parseFilters reads a filter object.
func parseFilters(raw json.RawMessage, set *dataset) (selection, *problem) {
	query, err := matching.ParseFilters(set.records, raw)
	if err != nil {
		return selection{}, unparsable(err)
	}
	return selection{how: byFilter, given: raw, query: query}, nil
}

// parseQuery reads an object that holds the ES clause under "query", with only
// the keys of also beside it.
func parseQuery(raw json.RawMessage, set *dataset, parse dialect, also ...string) (selection, *problem) {
	var wrapper map[string]json.RawMessage
	if err := json.Unmarshal(raw, &wrapper); err != nil || wrapper == nil {
		return selection{}, refusal(http.StatusUnprocessableEntity, "the query must be an object")
	}
	clause, ok := wrapper["query"]
	if !ok {
		return selection{}, refusal(http.StatusBadRequest, "query is missing")
	}
	for name := range wrapper {
		if name != "query" && !slices.Contains(also, name) {
			return selection{}, refusal(http.StatusUnprocessableEntity, "%.100q is not allowed beside the query", name)
		}
	}
	query, err := parse(set.records, clause)
	if err != nil {
		return selection{}, unparsable(err)
	}
	return selection{how: byQuery, given: raw, query: query}, nil
}

// unparsable turns the query engine's refusal into a response: 400 for an unknown
// nested path, as documented, for a value that the index refuses and for a query
// above the limits (both assumed), and 422 for the rest.
func unparsable(err error) *problem {
	status := http.StatusUnprocessableEntity
	_, limited := errors.AsType[*matching.LimitError](err)
	if _, refused := errors.AsType[*matching.MappingError](err); refused || limited {
		status = http.StatusBadRequest
	}
	return refusal(status, "%s", strings.TrimPrefix(err.Error(), "matching: "))
}

// forbiddenFilters are the filters that a subscription may not use: those on
// dates.
func forbiddenFilters(set *dataset) []string {
	names := []string{
		"created_at_gte", "created_at_lte",
		"experience_date_from", "experience_date_to",
		"education_date_from", "education_date_to",
	}
	if set.records == people.V1 {
		return append(names, "last_updated_gte", "last_updated_lte", "last_updated_at_lte")
	}
	return append(names, "updated_at_gte", "updated_at_lte")
}

// forbiddenFields are the fields that a subscription's ES query may not use. For
// Base the documents still print the first two names, which are those of v1.
func forbiddenFields(set *dataset) []string {
	switch set.records {
	case people.V1:
		return []string{
			"created", "last_updated",
			"member_education_collection.date_from", "member_education_collection.date_to",
			"member_experience_collection.date_from", "member_experience_collection.date_to",
		}
	case people.Base, people.BaseDocumented:
		return []string{"created", "last_updated", "created_at", "updated_at", "checked_at"}
	case people.Clean:
		return []string{"last_updated"}
	default: // for Multi-source the documents name none
		return nil
	}
}

// checkSubscribable refuses a selection that uses what a subscription may not.
func checkSubscribable(s selection, set *dataset) *problem {
	switch s.how {
	case byFilter:
		var filters map[string]json.RawMessage
		if json.Unmarshal(s.given, &filters) != nil {
			return refusal(http.StatusUnprocessableEntity, "filters must be an object")
		}
		forbidden := forbiddenFilters(set)
		for _, name := range slices.Sorted(maps.Keys(filters)) {
			if slices.Contains(forbidden, name) {
				return notInSubscriptions(name)
			}
		}
	case byQuery:
		for _, field := range s.query.Fields() {
			for _, name := range forbiddenFields(set) {
				if usesField(field, name) {
					return notInSubscriptions(field)
				}
			}
		}
	}
	return nil
}

func notInSubscriptions(name string) *problem {
	return refusal(http.StatusUnprocessableEntity, "%.100q is not allowed in subscriptions", name)
}

// usesField tells whether a field of a query is the named one, a sub-field of it,
// or the same field in a collection.
func usesField(field, name string) bool {
	return strings.Contains("."+field+".", "."+name+".")
}
