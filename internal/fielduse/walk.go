package fielduse

import (
	"bytes"
	"encoding/base64"
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/pronet-go/pronet/internal/record"
)

var (
	errWrapped   = errors.New("a wrapper query that cannot be read")
	errPathTwice = errors.New("a nested query with two paths")
)

const maxWrappers = 10 // in one another

// fieldWalk collects the fields that a query names.
type fieldWalk struct {
	uses   []Use
	nested string // path of the nested query around
	depth  int    // of wrapper queries
	err    error
}

func (w *fieldWalk) done() ([]Use, error) {
	if w.err != nil {
		return nil, w.err
	}
	return w.uses, nil
}

// field records a name, without a boost.
func (w *fieldWalk) field(name, path string) {
	name, _, _ = strings.Cut(name, "^")
	if name == "" {
		return
	}
	pattern := strings.Contains(name, "*")
	inside := w.nested == "" || name == w.nested || strings.HasPrefix(name, w.nested+".") || strings.HasPrefix(name, "*")
	if !inside {
		name = w.nested + "." + name
	}
	w.uses = append(w.uses, Use{Field: name, Path: path, Pattern: pattern})
}

// names records one name, a list of names in one text, or an array of names.
func (w *fieldWalk) names(n node, path string) {
	for name := range strings.SplitSeq(n.text, ",") {
		w.field(strings.TrimSpace(name), path)
	}
	for i, e := range n.elements {
		w.names(e, record.Element(path, i))
	}
	if n.kind == '{' {
		w.anything(n, path)
	}
}

// clause walks one query clause or an array of them.
func (w *fieldWalk) clause(n node, path string) {
	for i, e := range n.elements {
		w.clause(e, record.Element(path, i))
	}
	for _, m := range n.members {
		w.query(m.name, m.value, record.Member(path, m.name))
	}
}

// query walks the body of a query of the given kind.
func (w *fieldWalk) query(kind string, body node, path string) {
	switch {
	case slices.Contains(fieldKeyed, kind):
		w.keyed(body, path)
	case kind == "match_all", kind == "match_none", kind == "ids", kind == "boost", kind == "_name":
	case kind == "nested":
		w.nestedQuery(body, path)
	case kind == "wrapper":
		w.wrapper(body, path)
	case kind == "script":
		w.script(body, path)
	case kind == "query_string":
		w.queryString(body, path)
	case kind == "more_like_this":
		w.moreLikeThis(body, path)
	case slices.Contains(compound, kind):
		w.parts(body, path)
	default:
		w.anything(body, path)
	}
}

// keyed records the keys of {field: ...}.
func (w *fieldWalk) keyed(body node, path string) {
	if body.kind != '{' {
		w.anything(body, path)
	}
	for _, m := range body.members {
		at := record.Member(path, m.name)
		if m.name == "boost" || m.name == "_name" {
			continue
		}
		w.field(m.name, at)
		w.options(m.value, at)
	}
}

// options looks through the settings of a field for further fields.
func (w *fieldWalk) options(n node, path string) {
	for i, e := range n.elements {
		w.options(e, record.Element(path, i))
	}
	for _, m := range n.members {
		at := record.Member(path, m.name)
		switch {
		case m.name == "script" || m.name == "minimum_should_match_script":
			w.script(m.value, at)
		case slices.Contains(fieldParts, m.name) && m.name != "path":
			w.names(m.value, at)
		default:
			w.options(m.value, at)
		}
	}
}

// parts walks a body with named parts.
func (w *fieldWalk) parts(body node, path string) {
	for i, e := range body.elements {
		w.clause(e, record.Element(path, i))
	}
	for _, m := range body.members {
		w.part(m.name, m.value, record.Member(path, m.name))
	}
}

func (w *fieldWalk) part(name string, value node, path string) {
	structured := value.kind == '{' || value.kind == '['
	switch {
	case slices.Contains(clauseParts, name):
		w.clause(value, path)
	case name == "functions":
		for i, function := range value.elements {
			w.parts(function, record.Element(path, i))
		}
	case slices.Contains(fieldParts, name):
		w.names(value, path)
	case name == "script":
		w.script(value, path)
	case name == "script_score" || name == "field_value_factor" || name == "random_score":
		w.parts(value, path)
	case name == "sort":
		w.sort(value, path)
	case slices.Contains(plainParts, name):
	case slices.Contains(fieldKeyed, name):
		w.keyed(value, path)
	case structured:
		w.anything(value, path)
	}
}

// nestedQuery walks a query whose fields are those of one collection, which it also names, perhaps after them.
func (w *fieldWalk) nestedQuery(body node, path string) {
	outer, named := w.nested, false
	inside := outer
	for _, m := range body.members {
		if m.name != "path" {
			continue
		}
		if named {
			w.err = errPathTwice
			return
		}
		named, inside = true, m.value.text
		w.names(m.value, record.Member(path, m.name))
	}
	w.nested = inside
	for _, m := range body.members {
		if m.name != "path" {
			w.part(m.name, m.value, record.Member(path, m.name))
		}
	}
	w.nested = outer
}

// wrapper walks a query that stands in another one as base64.
func (w *fieldWalk) wrapper(body node, path string) {
	for _, m := range body.members {
		text, err := base64.StdEncoding.DecodeString(m.value.text)
		if err != nil {
			text, err = base64.RawURLEncoding.DecodeString(strings.TrimRight(m.value.text, "="))
		}
		if m.name != "query" || err != nil || w.depth == maxWrappers {
			w.err = errWrapped
			return
		}
		inner, err := parseTree(bytes.TrimSpace(text))
		if err != nil {
			w.err = errWrapped
			return
		}
		w.depth++
		w.clause(inner, record.Member(path, m.name))
		w.depth--
	}
}

func (w *fieldWalk) queryString(body node, path string) {
	for _, m := range body.members {
		at := record.Member(path, m.name)
		switch {
		case m.name != "query":
			w.part(m.name, m.value, at)
		case m.value.kind != '"':
			w.anything(m.value, at)
		default:
			for _, name := range queryStringFields(m.value.text) {
				w.field(name, at)
			}
		}
	}
	if body.kind != '{' {
		w.anything(body, path)
	}
}

func (w *fieldWalk) moreLikeThis(body node, path string) {
	for _, m := range body.members {
		at := record.Member(path, m.name)
		if m.name != "like" && m.name != "unlike" && m.name != "docs" {
			w.part(m.name, m.value, at)
			continue
		}
		w.keys(m.value, at)
	}
}

// keys records every key below.
func (w *fieldWalk) keys(n node, path string) {
	for i, e := range n.elements {
		w.keys(e, record.Element(path, i))
	}
	for _, m := range n.members {
		at := record.Member(path, m.name)
		w.field(m.name, at)
		w.keys(m.value, at)
	}
}

// anything walks what is not known: every key and every text may name a field.
func (w *fieldWalk) anything(n node, path string) {
	if n.text != "" {
		w.names(node{kind: '"', text: n.text}, path)
	}
	for i, e := range n.elements {
		w.anything(e, record.Element(path, i))
	}
	for _, m := range n.members {
		at := record.Member(path, m.name)
		w.field(m.name, at)
		if m.name == "query_string" || m.name == "script" || m.name == "wrapper" || m.name == "nested" {
			w.query(m.name, m.value, at)
			continue
		}
		w.anything(m.value, at)
	}
}

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

// The words of the Elasticsearch query language, by what stands under them.
var (
	// fieldKeyed are the kinds whose body is {field: ...}.
	fieldKeyed = strings.Fields(`
		term terms terms_set match match_phrase match_phrase_prefix match_bool_prefix prefix wildcard regexp
		fuzzy range common span_term intervals geo_distance geo_bounding_box geo_polygon geo_shape shape
		text_expansion weighted_tokens gauss linear exp`)

	// compound are the kinds whose body has named parts.
	compound = strings.Fields(`
		bool constant_score dis_max boosting function_score script_score filtered and or not has_child
		has_parent pinned rule rule_query exists missing multi_match combined_fields simple_query_string
		distance_feature rank_feature knn semantic sparse_vector percolate parent_id field_value_factor
		random_score field_masking_span span_near span_or span_not span_first span_multi span_containing
		span_within`)

	// clauseParts hold queries.
	clauseParts = strings.Fields(`
		must filter should must_not query queries positive negative organic filters clauses include exclude
		match big little`)

	// fieldParts hold names of fields.
	fieldParts = strings.Fields(`
		field fields default_field use_field minimum_should_match_field path nested_path`)

	// plainParts hold settings, values and names of other things.
	plainParts = strings.Fields(`
		boost _name minimum_should_match adjust_pure_negative score_mode boost_mode max_boost min_score weight
		tie_breaker negative_boost type child_type parent_type ignore_unmapped operator default_operator
		analyzer quote_analyzer fuzziness fuzzy_transpositions prefix_length max_expansions lenient flags slop
		auto_generate_synonyms_phrase_query zero_terms_query cutoff_frequency analyze_wildcard
		quote_field_suffix origin pivot saturation log sigmoid query_vector k num_candidates similarity id ids
		docs factor modifier missing seed in_order end pre post dist max_children min_children score index
		routing preference version match_criteria ruleset_ids ruleset_id multi_value_mode`)
)
