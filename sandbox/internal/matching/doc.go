// Package matching evaluates the provider's searches on the sandbox's people:
// Elasticsearch queries with [ParseQuery] and search filters with [ParseFilters].
//
// It keeps the rules that decide real results. Text is split into lower-case
// words; the sub-fields .exact and .keyword, and the country fields, hold whole
// values. Rows of a collection are nested: a query sees them inside a nested
// clause with their path and nowhere else. A clause that the package cannot
// evaluate the way the provider would is refused with [UnsupportedError]; one that
// the provider refuses itself gives [InvalidError]; one whose values do not fit the
// types of the index gives [MappingError]; one beyond the provider's bounds gives
// [LimitError].
package matching
