// Package restli reads what Rest.li clients write into paths and queries, in protocol 1.0 and 2.0. It shares nothing with
// the client's encoder: the two could otherwise agree on something that is wrong.
package restli

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

const (
	maxDepth    = 64
	maxElements = 10_000
)

// ErrSyntax is wrapped by the error of what cannot be read.
var ErrSyntax = errors.New("restli: syntax")

// Values are the parameters of a query: string, []any and map[string]any in each other.
type Values map[string]any

// Text returns a parameter that is one value, "" if there is none.
func (v Values) Text(name string) string {
	text, _ := v[name].(string)
	return text
}

// Has reports whether there is a parameter of this name.
func (v Values) Has(name string) bool {
	_, ok := v[name]
	return ok
}

// Texts returns the values of a list. One value is a list of one: 1.0 writes both alike.
func (v Values) Texts(name string) []string {
	switch value := v[name].(type) {
	case string:
		return []string{value}
	case []any:
		var all []string
		for _, element := range value {
			if text, ok := element.(string); ok {
				all = append(all, text)
			}
		}
		return all
	}
	return nil
}

// Query reads the query of a request whose protocol header has this value: "" is 1.0. The parameters fields and
// projection have a syntax of their own and are texts.
func Query(protocol, raw string) (Values, error) {
	if protocol == "2.0.0" {
		return query2(raw)
	}
	if protocol != "" && protocol != "1.0.0" {
		return nil, fmt.Errorf("%w: there is no protocol %.20q", ErrSyntax, protocol)
	}
	return query1(raw)
}

func pairs(raw string, each func(name, value string) error) error {
	if raw == "" {
		return nil
	}
	for pair := range strings.SplitSeq(raw, "&") {
		name, value, found := strings.Cut(pair, "=")
		if !found || name == "" {
			return fmt.Errorf("%w: a parameter without name or value", ErrSyntax)
		}
		name, err := url.PathUnescape(name)
		if err != nil || strings.Contains(name, indexMark) {
			return fmt.Errorf("%w: a name is not properly escaped", ErrSyntax)
		}
		if err := each(name, value); err != nil {
			return fmt.Errorf("the parameter %.100q: %w", name, err)
		}
	}
	return nil
}

func isText(name string) bool { return name == "fields" || name == "projection" }

func query2(raw string) (Values, error) {
	all := Values{}
	err := pairs(raw, func(name, value string) (err error) {
		if all.Has(name) {
			return fmt.Errorf("%w: it comes twice", ErrSyntax)
		}
		if isText(name) {
			all[name], err = unescape(value)
			return err
		}
		all[name], err = Value(value)
		return err
	})
	return all, err
}

// Value reads a value of protocol 2.0, which is still percent-encoded.
func Value(raw string) (any, error) {
	r := reader{rest: raw}
	value, err := r.value(0)
	if err == nil && r.rest != "" {
		err = fmt.Errorf("%w: %d bytes too many", ErrSyntax, len(r.rest))
	}
	return value, err
}

type reader struct {
	rest     string
	elements int
}

// accept takes a token off the front.
func (r *reader) accept(token string) bool {
	rest, found := strings.CutPrefix(r.rest, token)
	if found {
		r.rest = rest
	}
	return found
}

func (r *reader) value(depth int) (any, error) {
	if r.elements++; depth > maxDepth || r.elements > maxElements {
		return nil, fmt.Errorf("%w: too deep or too long", ErrSyntax)
	}
	switch {
	case r.accept("List("):
		list := []any{}
		for !r.accept(")") {
			if len(list) > 0 && !r.accept(",") {
				return nil, fmt.Errorf("%w: a list does not end", ErrSyntax)
			}
			element, err := r.value(depth + 1)
			if err != nil {
				return nil, err
			}
			list = append(list, element)
		}
		return list, nil
	case r.accept("("):
		record := map[string]any{}
		for !r.accept(")") {
			if len(record) > 0 && !r.accept(",") {
				return nil, fmt.Errorf("%w: a record does not end", ErrSyntax)
			}
			name, err := r.primitive()
			if err != nil {
				return nil, err
			}
			if _, twice := record[name]; twice || !r.accept(":") {
				return nil, fmt.Errorf("%w: a field without value, or given twice", ErrSyntax)
			}
			if record[name], err = r.value(depth + 1); err != nil {
				return nil, err
			}
		}
		return record, nil
	}
	return r.primitive()
}

func (r *reader) primitive() (string, error) {
	if r.accept("''") {
		return "", nil
	}
	end := strings.IndexAny(r.rest, "(),:'")
	if end < 0 {
		end = len(r.rest)
	}
	if end == 0 {
		return "", fmt.Errorf("%w: an empty value is written as ''", ErrSyntax)
	}
	text, err := unescape(r.rest[:end])
	r.rest = r.rest[end:]
	return text, err
}

func unescape(s string) (string, error) {
	text, err := url.PathUnescape(s)
	if err != nil {
		return "", fmt.Errorf("%w: not properly escaped", ErrSyntax)
	}
	return text, nil
}

// query1 reads flat parameters: a name that comes again is a list, and one such as a.b[2].c says where its value belongs.
func query1(raw string) (Values, error) {
	root := map[string]any{}
	count := 0
	err := pairs(raw, func(name, value string) error {
		text, err := unescape(value)
		if err != nil {
			return err
		}
		if count++; count > maxElements {
			return fmt.Errorf("%w: too many parameters", ErrSyntax)
		}
		path, err := steps(name)
		if err != nil {
			return err
		}
		return place(root, path, text)
	})
	if err != nil {
		return nil, err
	}
	all := Values{}
	for name, value := range root {
		if all[name], err = settle(value); err != nil {
			return nil, fmt.Errorf("the parameter %.100q: %w", name, err)
		}
	}
	return all, nil
}

// index is a step into a list, where a string is one into a record.
type index int

func steps(name string) ([]any, error) {
	var path []any
	for field := range strings.SplitSeq(name, ".") {
		field, rest, isList := strings.Cut(field, "[")
		if field == "" {
			return nil, fmt.Errorf("%w: an empty name", ErrSyntax)
		}
		path = append(path, field)
		for isList {
			number, after, closed := strings.Cut(rest, "]")
			n, err := strconv.Atoi(number)
			if !closed || err != nil || n < 0 || n >= maxElements || number != strconv.Itoa(n) {
				return nil, fmt.Errorf("%w: %.20q is no index", ErrSyntax, number)
			}
			path = append(path, index(n))
			if after == "" {
				break
			}
			if after[0] != '[' {
				return nil, fmt.Errorf("%w: %.20q after an index", ErrSyntax, after)
			}
			rest = after[1:]
		}
	}
	if len(path) > maxDepth {
		return nil, fmt.Errorf("%w: too deep", ErrSyntax)
	}
	return path, nil
}

// place puts a text where its path leads: into maps, whose keys are an index for what becomes a list.
func place(root map[string]any, path []any, text string) error {
	at := root
	for i, step := range path {
		key := keyOf(step)
		if i == len(path)-1 {
			switch before := at[key].(type) {
			case nil:
				at[key] = text
			case string:
				at[key] = []any{before, text}
			case []any:
				at[key] = append(before, text)
			default:
				return fmt.Errorf("%w: both a value and a record", ErrSyntax)
			}
			return nil
		}
		inner, ok := at[key].(map[string]any)
		if !ok {
			if at[key] != nil {
				return fmt.Errorf("%w: both a value and a record", ErrSyntax)
			}
			inner = map[string]any{}
			at[key] = inner
		}
		at = inner
	}
	return nil
}

const indexMark = "\x00" // no name holds it

func keyOf(step any) string {
	if n, isIndex := step.(index); isIndex {
		return indexMark + strconv.Itoa(int(n))
	}
	name, _ := step.(string)
	return name
}

// settle makes lists of the maps whose keys are indices, which must be all from 0 on.
func settle(v any) (any, error) {
	inner, ok := v.(map[string]any)
	if !ok {
		return v, nil
	}
	lists := 0
	for key, value := range inner {
		settled, err := settle(value)
		if err != nil {
			return nil, err
		}
		inner[key] = settled
		if strings.HasPrefix(key, indexMark) {
			lists++
		}
	}
	if lists == 0 {
		return inner, nil
	}
	list := make([]any, 0, lists)
	for i := range lists {
		value, found := inner[indexMark+strconv.Itoa(i)]
		if !found || lists != len(inner) {
			return nil, fmt.Errorf("%w: a list with a gap, or with fields", ErrSyntax)
		}
		list = append(list, value)
	}
	return slices.Clip(list), nil
}

// Key reads a segment of a path: a text, or a compound key as a map.
func Key(protocol, segment string) (any, error) {
	if protocol == "2.0.0" {
		return Value(segment)
	}
	if !strings.Contains(segment, "=") {
		return unescape(segment)
	}
	compound := map[string]any{}
	err := pairs(segment, func(name, value string) (err error) {
		if _, twice := compound[name]; twice {
			return fmt.Errorf("%w: it comes twice", ErrSyntax)
		}
		compound[name], err = unescape(value)
		return err
	})
	return compound, err
}
