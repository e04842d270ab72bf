package employee

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/pronet-go/pronet/internal/codec"
	"github.com/pronet-go/pronet/internal/record"
)

// recordText is the JSON of a record that keeps it, in parts that are made when they are needed.
type recordText struct {
	raw   []byte
	like  *recordText // the other one
	parts []record.Part
	rows  map[string][][]byte
}

func textOf(r Record) *recordText {
	if kept, ok := r.(interface{ Raw() json.RawMessage }); ok && len(kept.Raw()) > 0 {
		return &recordText{raw: kept.Raw()}
	}
	return &recordText{}
}

func (t *recordText) roots() []record.Part {
	if t.parts == nil && len(t.raw) > 0 {
		var like []record.Part
		if t.like != nil {
			like = t.like.roots()
		}
		t.parts = record.Parts(t.raw, like)
	}
	return t.parts
}

// row is the text of a row of a list, nil if there is none.
func (t *recordText) row(list string, i int) []byte {
	rows, known := t.rows[list]
	if !known {
		var like [][]byte
		if t.like != nil {
			t.like.row(list, 0)
			like = t.like.rows[list]
		}
		for _, part := range t.roots() {
			if part.Name == list { // the last one counts
				rows = record.Rows(part.Value, like)
			}
		}
		if t.rows == nil {
			t.rows = map[string][][]byte{}
		}
		t.rows[list] = rows
	}
	if i >= len(rows) {
		return nil
	}
	return rows[i]
}

// unknownRoots compares the fields of the root that have no place in the type.
func (c *comparison) unknownRoots() differences {
	if bytes.Equal(c.oldText.raw, c.newText.raw) {
		return nil
	}
	found := c.unknownParts(c.ownStrays(c.oldText.roots()), c.ownStrays(c.newText.roots()), "", "")
	for i := range c.plan.fields.fields {
		if f := &c.plan.fields.fields[i]; f.kind == leafObject && !f.volatile {
			strays := func(t *recordText) (found []record.Part) {
				for _, part := range t.roots() {
					if part.Name == f.name {
						found = record.Strays(part.Value, f.sub.of)
					}
				}
				return found
			}
			found = append(found, c.unknownParts(strays(c.oldText), strays(c.newText), f.name, f.name)...)
		}
	}
	return found
}

func (c *comparison) ownStrays(roots []record.Part) (strays []record.Part) {
	for _, part := range roots {
		if !record.Takes(c.plan.of, part.Name) {
			strays = append(strays, part)
		}
	}
	return strays
}

// unknownOfRows compares the fields of two rows that have no place in the type.
func (c *comparison) unknownOfRows(f *fieldPlan, i, j int, path string) differences {
	was, is := c.oldText.row(f.name, i), c.newText.row(f.name, j)
	if bytes.Equal(was, is) {
		return nil
	}
	return c.unknownParts(record.Strays(was, f.sub.of), record.Strays(is, f.sub.of), f.name, path)
}

// unknownParts compares unknown fields. list is where they stand, and path that with the number of the row.
func (c *comparison) unknownParts(olds, news []record.Part, list, path string) (found differences) {
	if len(olds)+len(news) == 0 {
		return nil
	}
	before, after := lastOf(olds), lastOf(news)
	names := maps.Clone(before)
	maps.Copy(names, after)
	for _, name := range slices.Sorted(maps.Keys(names)) {
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

func lastOf(parts []record.Part) map[string][]byte {
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
	if len(a) > 0 && codec.Decode(a, &x) != nil || len(b) > 0 && codec.Decode(b, &y) != nil {
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
	case x == y:
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
	case nil, string, float64:
		return true
	}
	return false
}

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
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return fmt.Sprint(v)
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
		return ok && (object["deleted"] == 1.0 || object["deleted"] == true || object["deleted"] == "1")
	})
}
