package record

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// NewField stands before the path of a field that is newer than this module, such as "new:tenure_score". [CheckPath]
// lets it pass; whoever uses the path takes the prefix away.
const NewField = "new:"

// Paths returns the paths of all fields of a record type, in the order of the type, such as "experience" and
// "experience.title". The rows of a collection have no number in them.
func Paths(t reflect.Type) []string { return paths(nil, fieldCache{}, t, "") }

func paths(found []string, fields fieldCache, t reflect.Type, path string) []string {
	for _, f := range fields.of(t).inOrder {
		at := Member(path, f.name)
		found = append(found, at)
		if row := rowType(f.typ); row != nil {
			found = paths(found, fields, row, at)
		}
	}
	return found
}

// rowType is the struct that a field holds, alone or in a list, or nil.
func rowType(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	return t
}

// CheckPath fails for a path that no field of the record type has, and names the nearest one. What stands in brackets,
// as in "experience[0].title", is left to the caller. A path with [NewField] before it passes.
func CheckPath(t reflect.Type, path string) error {
	if rest, ok := strings.CutPrefix(path, NewField); ok && rest != "" {
		return nil
	}
	known := Paths(t)
	plain := withoutBrackets(path)
	if slices.Contains(known, plain) {
		return nil
	}
	shown := path
	if len(shown) > maxShown {
		shown = shown[:maxShown]
	}
	if nearest := Nearest(plain, known); nearest != "" {
		return fmt.Errorf("there is no field %q; did you mean %q? (one that is newer than this package is written with %q before it)",
			shown, nearest, NewField)
	}
	return fmt.Errorf("there is no field %q; one that is newer than this package is written with %q before it", shown, NewField)
}

const maxShown = 80 // bytes of a path in an error

func withoutBrackets(path string) string {
	var b strings.Builder
	depth := 0
	for _, r := range path {
		switch {
		case r == '[':
			depth++
		case r == ']':
			depth = max(0, depth-1)
		case depth == 0:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// Nearest returns the one of the names that is most like a misspelt one, or "" if none is much like it. Case,
// underscores and dots do not count.
func Nearest(misspelt string, names []string) string {
	wanted := squeezed(misspelt)
	if wanted == "" || len(wanted) > maxShown {
		return ""
	}
	nearest, least := "", len(wanted)/3+1
	for _, name := range names {
		if d := distance(wanted, squeezed(name), least); d < least {
			nearest, least = name, d
		}
	}
	return nearest
}

func squeezed(name string) string {
	return strings.NewReplacer("_", "", "-", "", ".", "", " ", "").Replace(strings.ToLower(name))
}

// distance is how many bytes must be changed, put in, left out or swapped with the next one to make one text of the
// other, or the limit if they are more.
func distance(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		row[0] = i + 1
		for j := range len(b) {
			change := last[j]
			if a[i] != b[j] {
				change++
			}
			row[j+1] = min(change, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last, row = last, row, before
	}
	return min(last[len(b)], limit)
}
