package matching

import (
	"encoding/json"
	"slices"
	"strings"
)

// nested holds when one row of a collection meets the condition.
type nested struct {
	path  string
	parts []string
	cond  condition
}

func nestedIn(path string, cond condition) *nested {
	return &nested{path, strings.Split(path, "."), cond}
}

func (n *nested) holds(s scope) bool {
	way := field{parts: n.parts}.relative(s)
	if way == nil {
		return false
	}
	return n.search(s.object, way)
}

// search walks to the rows and tries each.
func (n *nested) search(v any, way []string) bool {
	switch v := v.(type) {
	case []any:
		return slices.ContainsFunc(v, func(row any) bool { return n.search(row, way) })
	case map[string]any:
		if len(way) > 0 {
			return n.search(v[way[0]], way[1:])
		}
		return n.cond.holds(scope{object: v, path: n.path})
	default:
		return false
	}
}

func (p *parser) nested(path string, raw json.RawMessage) (condition, error) {
	given, err := p.options(path, raw, []string{"path", "query"}, "score_mode", "ignore_unmapped", "inner_hits")
	if err != nil {
		return nil, err
	}
	rows, err := stringOf(under(path, "path"), given["path"])
	if err != nil {
		return nil, err
	}
	if hits, ok := given["inner_hits"]; ok { // they would be in a response of records, and searches give IDs
		if _, err := objectOf(under(path, "inner_hits"), hits); err != nil {
			return nil, err
		}
	}
	known := p.isNested(rows)
	if !known {
		ignored, err := flagOption(path, given, "ignore_unmapped")
		if err != nil {
			return nil, err
		}
		if !ignored {
			return nil, &MappingError{under(path, "path"), "unknown nested path"}
		}
	}
	p.used[rows] = true
	cond, err := p.clause(under(path, "query"), given["query"])
	if err != nil {
		return nil, err
	}
	if !known {
		return constant(false), nil
	}
	return nestedIn(rows, cond), nil
}
