package employee

import (
	"regexp"
	"strings"

	"github.com/pronet-go/pronet/internal/record"
)

var scriptWord = regexp.MustCompile(`[\p{L}_@][\p{L}\p{N}_.@-]*`)

// sort walks the sort of a search, also of the inner hits of a query.
func (w *fieldWalk) sort(n node, path string) {
	if n.text != "" {
		name, _, _ := strings.Cut(n.text, ":")
		w.field(name, path)
	}
	for i, e := range n.elements {
		w.sort(e, record.Element(path, i))
	}
	for _, m := range n.members {
		at := record.Member(path, m.name)
		w.field(m.name, at)
		if m.value.kind == '{' {
			w.sortOptions(m.value, at)
		}
	}
}

func (w *fieldWalk) sortOptions(options node, path string) {
	for _, m := range options.members {
		at := record.Member(path, m.name)
		switch m.name {
		case "order", "mode", "missing", "unmapped_type", "numeric_type", "format", "unit", "distance_type", "type":
		case "nested_path":
			w.names(m.value, at)
		case "nested_filter":
			w.clause(m.value, at)
		case "nested":
			w.nestedQuery(m.value, at)
		case "script":
			w.script(m.value, at)
		default:
			w.field(m.name, at) // of a distance
			w.options(m.value, at)
		}
	}
}

// script records every word of a script and of its parameters.
func (w *fieldWalk) script(n node, path string) {
	for _, word := range scriptWord.FindAllString(n.text, -1) {
		w.field(strings.Trim(word, ".-"), path)
	}
	for i, e := range n.elements {
		w.script(e, record.Element(path, i))
	}
	for _, m := range n.members {
		at := record.Member(path, m.name)
		if m.name == "params" {
			w.anything(m.value, at)
			continue
		}
		w.script(m.value, at)
	}
}
