package sandbox

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/pronet-go/pronet/sandbox/internal/people"
)

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
	case people.Base:
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
