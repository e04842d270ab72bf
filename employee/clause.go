package employee

// Clause is one clause of an Elasticsearch query, such as {"match": {"headline": "engineer"}}. The functions of this
// file make the frequent ones; any other is written as a Clause literal. Fields inside a collection need [Nested].
type Clause map[string]any

// Match finds the words of value in an analysed text field, in any order and any of them. It finds much; names and
// titles are better served by [MatchPhrase].
func Match(field string, value any) Clause { return leaf("match", field, value) }

// MatchPhrase finds the words of value next to each other and in their order.
func MatchPhrase(field string, value any) Clause { return leaf("match_phrase", field, value) }

// Term finds exactly value in a field that is not analysed: a number, a 0/1 flag, a keyword or an ".exact" subfield.
func Term(field string, value any) Clause { return leaf("term", field, value) }

// Terms finds any of the values, each as [Term] does.
func Terms[V any](field string, values ...V) Clause {
	return leaf("terms", field, append([]V{}, values...))
}

// Bounds limits a [Range]. A bound that is nil is not sent.
type Bounds struct {
	// GT is the bound that values must be above.
	GT any `json:"gt,omitzero"`
	// GTE is the least value.
	GTE any `json:"gte,omitzero"`
	// LT is the bound that values must be below.
	LT any `json:"lt,omitzero"`
	// LTE is the greatest value.
	LTE any `json:"lte,omitzero"`
}

// Range finds numbers or dates within bounds.
func Range(field string, bounds Bounds) Clause { return leaf("range", field, bounds) }

// Exists finds records in which the field has a value.
func Exists(field string) Clause { return Clause{"exists": Clause{"field": field}} }

// Nested applies a clause to each row of a collection on its own. The fields of the clause are named in full:
// Nested("experience", Term("experience.is_current", 1)).
func Nested(path string, clause Clause) Clause {
	return Clause{"nested": Clause{"path": path, "query": clause}}
}

// All finds what every one of the clauses finds.
func All(clauses ...Clause) Clause { return Clause{"bool": Clause{"must": list(clauses)}} }

// Any finds what at least one of the clauses finds.
func Any(clauses ...Clause) Clause {
	return Clause{"bool": Clause{"should": list(clauses), "minimum_should_match": 1}}
}

// Not finds what the clause does not find.
func Not(clause Clause) Clause { return Clause{"bool": Clause{"must_not": list([]Clause{clause})}} }

func leaf(kind, field string, value any) Clause { return Clause{kind: Clause{field: value}} }

func list(clauses []Clause) []Clause { return append([]Clause{}, clauses...) }
