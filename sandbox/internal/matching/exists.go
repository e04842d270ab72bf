package matching

import "encoding/json"

// exists holds when the field has a value other than null.
type exists struct{ field field }

func (e exists) holds(s scope) bool {
	way := e.field.relative(s)
	if way == nil || e.field.none {
		return false
	}
	var v any = s.object
	for _, name := range way {
		object, ok := v.(map[string]any)
		if !ok {
			return false
		}
		v = object[name]
	}
	return hasValue(v)
}

// hasValue looks into objects; the rows of a collection are out of reach.
func hasValue(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case []any:
		for _, element := range v {
			switch element.(type) {
			case nil, map[string]any, []any:
			default:
				return true
			}
		}
		return false
	case map[string]any:
		for _, inner := range v {
			if hasValue(inner) {
				return true
			}
		}
		return false
	default:
		return true
	}
}

func (p *parser) exists(path string, raw json.RawMessage) (condition, error) {
	given, err := p.options(path, raw, []string{"field"})
	if err != nil {
		return nil, err
	}
	path = under(path, "field")
	name, err := stringOf(path, given["field"])
	if err != nil {
		return nil, err
	}
	f, err := p.field(path, name)
	return exists{f}, err
}
