package matching

import "fmt"

// UnsupportedError is a query that is valid for the provider, or may be, but
// that the sandbox cannot evaluate. It is refused and never guessed at.
type UnsupportedError struct {
	Path   string // where in the query, dotted; "" for the whole
	Reason string // what was not understood, for people
}

// Error tells the place and the reason.
func (e *UnsupportedError) Error() string { return message("unsupported query", e.Path, e.Reason) }

// InvalidError is a query that the provider itself refuses: wrong structure, an
// unknown kind of query.
type InvalidError struct {
	Path   string // where in the query, dotted; "" for the whole
	Reason string // what is wrong, for people
}

// Error tells the place and the reason.
func (e *InvalidError) Error() string { return message("invalid query", e.Path, e.Reason) }

// MappingError is a query that the provider's index refuses, since it does not hold
// the field so: a word for a number, a date in another format, an unknown nested
// path.
type MappingError struct {
	Path   string // where in the query, dotted
	Reason string // what does not fit, for people
}

// Error tells the place and the reason.
func (e *MappingError) Error() string { return message("invalid query", e.Path, e.Reason) }

// LimitError is a query beyond one of the provider's bounds.
type LimitError struct {
	Of    string // what is bounded: "characters", "clauses" or "levels"
	Limit int    // the largest value allowed
}

// Error tells the bound.
func (e *LimitError) Error() string {
	return fmt.Sprintf("matching: query exceeds the limit of %d %s", e.Limit, e.Of)
}

func message(kind, path, reason string) string {
	if path == "" {
		return "matching: " + kind + ": " + reason
	}
	return "matching: " + kind + " at " + path + ": " + reason
}
