package employee

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/pronet-go/pronet/internal/codec"
	"github.com/pronet-go/pronet/internal/record"
)

// unknowns are the fields of a record that have no place in its type, by where they stand. Records without JSON have
// none.
type unknowns map[whereabouts][]record.Stray

// whereabouts is the root, a field of it, or a row of one.
type whereabouts struct {
	root string
	row  int
}

func (c *comparison) unknownsOf(r Record) unknowns {
	kept, ok := r.(interface{ Raw() json.RawMessage })
	if !ok {
		return nil
	}
	found := record.Strays(kept.Raw(), c.plan.of)
	if len(found) == 0 {
		return nil
	}
	at := unknowns{}
	for _, s := range found {
		key := whereabouts{s.Root, s.Row}
		at[key] = append(at[key], s)
	}
	return at
}

// unknownRoots compares the fields of the root that have no place in the type.
func (c *comparison) unknownRoots() differences {
	if len(c.oldUnknown)+len(c.newUnknown) == 0 {
		return nil
	}
	root := whereabouts{row: -1}
	found := c.unknownParts(c.oldUnknown[root], c.newUnknown[root], "", "")
	for i := range c.plan.fields.fields {
		if f := &c.plan.fields.fields[i]; f.kind == leafObject && !f.volatile {
			at := whereabouts{f.name, -1}
			found = append(found, c.unknownParts(c.oldUnknown[at], c.newUnknown[at], f.name, f.name)...)
		}
	}
	return found
}

// unknownOfRows compares the fields of two rows that have no place in the type.
func (c *comparison) unknownOfRows(f *fieldPlan, i, j int, path string) differences {
	return c.unknownParts(c.oldUnknown[whereabouts{f.name, i}], c.newUnknown[whereabouts{f.name, j}], f.name, path)
}

// unknownParts compares unknown fields. list is where they stand, and path that with the number of the row.
func (c *comparison) unknownParts(olds, news []record.Stray, list, path string) (found differences) {
	if len(olds)+len(news) == 0 {
		return nil
	}
	before, after := lastOf(olds), lastOf(news)
	names := maps.Clone(before)
	maps.Copy(names, after)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if bytes.Equal(before[name], after[name]) {
			continue
		}
		full, at := withoutIndexes(name), name
		if list != "" {
			full, at = list+"."+full, below(path, name)
		}
		if c.plan.isVolatile(full) || c.sameValue(full, before[name], after[name]) {
			continue
		}
		found = append(found, difference{name: name, path: at, old: compact(slices.Clone(before[name])), new: compact(slices.Clone(after[name]))})
	}
	return found
}

func below(path, name string) string {
	if strings.HasPrefix(name, "[") {
		return path + name
	}
	return path + "." + name
}

func lastOf(parts []record.Stray) map[string][]byte {
	last := make(map[string][]byte, len(parts))
	for _, p := range parts {
		last[p.Name] = p.Value
	}
	return last
}

func withoutIndexes(path string) string {
	for {
		i := strings.IndexByte(path, '[')
		if i < 0 {
			return path
		}
		end := strings.IndexByte(path[i:], ']')
		if end < 0 || strings.HasPrefix(path[i:], `["`) {
			return path
		}
		path = path[:i] + path[i+end+1:]
	}
}

// sameValue compares two values of a field that the package does not know, as if it knew it.
func (c *comparison) sameValue(path string, a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	var x, y any
	if len(a) > 0 && codec.DecodeExact(a, &x) != nil || len(b) > 0 && codec.DecodeExact(b, &y) != nil {
		return false
	}
	return c.plan.sameAny(path, x, y)
}

// sameAny compares decoded JSON. Null, an empty text, list or object are alike, and so is a number in quotes.
func (p *recordPlan) sameAny(path string, a, b any) bool {
	if isNothing(a) || isNothing(b) {
		return isNothing(a) && isNothing(b) || isDateName(path) && isText(a) && isText(b)
	}
	switch x := a.(type) {
	case map[string]any:
		y, ok := b.(map[string]any)
		return ok && p.sameObject(path, x, y)
	case []any:
		y, ok := b.([]any)
		return ok && p.sameElements(path, x, y)
	}
	switch b.(type) {
	case map[string]any, []any:
		return false
	}
	x, y := spelled(a), spelled(b)
	switch {
	case x == y || isNumber(a) != isNumber(b) && jsontext.Value(x).IsValid() && jsontext.Value(y).IsValid() && plainNumber(x) == plainNumber(y):
		return true
	case isDateName(path):
		return dateOf(ProfileDate(x), 0, 0).same(dateOf(ProfileDate(y), 0, 0))
	case isAddress(path[strings.LastIndexByte(path, '.')+1:]):
		return sameURL(x, y)
	}
	return sameText(x, y)
}

func isNothing(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}

func isText(v any) bool {
	switch v.(type) {
	case nil, string, jsontext.Value:
		return true
	}
	return false
}

func isNumber(v any) bool { _, ok := v.(jsontext.Value); return ok }

// isDateName tells by its name whether an unknown field is a date of the profile.
func isDateName(path string) bool {
	name := path[strings.LastIndexByte(path, '.')+1:]
	return name == "date" || strings.HasPrefix(name, "date_") || strings.HasSuffix(name, "_date")
}

// spelled is a single value as text.
func spelled(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case jsontext.Value:
		return plainNumber(string(v))
	}
	return fmt.Sprint(v)
}

// plainNumber is a number of JSON in one spelling for all that are equal, "100" for 100, 100.0 and 1e2, and exact.
func plainNumber(text string) string {
	const longest = 30 // digits that are written out
	mantissa, power, _ := strings.Cut(strings.ToLower(text), "e")
	exponent, err := strconv.Atoi(cmp.Or(power, "0"))
	if err != nil {
		return text
	}
	mantissa, negative := strings.CutPrefix(mantissa, "-")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := strings.TrimLeft(strings.TrimRight(whole+fraction, "0"), "0")
	if digits == "" {
		return "0"
	}
	exponent += len(whole) - len(strings.TrimRight(whole+fraction, "0"))
	sign := ""
	if negative {
		sign = "-"
	}
	switch {
	case exponent >= 0 && len(digits)+exponent <= longest:
		return sign + digits + strings.Repeat("0", exponent)
	case exponent < 0 && exponent >= -longest:
		digits = strings.Repeat("0", max(0, 1-exponent-len(digits))) + digits
		return sign + digits[:len(digits)+exponent] + "." + digits[len(digits)+exponent:]
	}
	return sign + digits + "e" + strconv.Itoa(exponent)
}

func (p *recordPlan) sameObject(path string, a, b map[string]any) bool {
	names := maps.Clone(a)
	maps.Copy(names, b)
	for name := range names {
		at := path + "." + name
		if name == "deleted" || name == "id" || p.isVolatile(at) {
			continue
		}
		if !p.sameAny(at, a[name], b[name]) {
			return false
		}
	}
	return true
}

// sameElements compares lists without a look at their order. Rows that are marked as deleted take no part.
func (p *recordPlan) sameElements(path string, a, b []any) bool {
	a, b = live(a), live(b)
	if len(a) != len(b) {
		return false
	}
	taken := make([]bool, len(b))
	for i := range a {
		j, tries := i, 0
		for taken[j] || !p.sameAny(path, a[i], b[j]) {
			if j, tries = (j+1)%len(b), tries+1; tries >= min(len(b), maxTries) {
				return false
			}
		}
		taken[j] = true
	}
	return true
}

func live(rows []any) []any {
	return slices.DeleteFunc(slices.Clone(rows), func(row any) bool {
		object, ok := row.(map[string]any)
		deleted := spelled(object["deleted"])
		return ok && (deleted == "1" || deleted == "true")
	})
}
