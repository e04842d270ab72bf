package matching

import (
	"encoding/json"
	"slices"
	"strings"
)

// titleSynonyms are job titles that say the same, or nearly. The provider's own
// table is not public; this one is the sandbox's.
var titleSynonyms = [][]string{
	{"chief executive officer", "ceo", "managing director"},
	{"chief technology officer", "cto", "chief technical officer"},
	{"chief financial officer", "cfo", "finance chief"},
	{"chief operating officer", "coo"},
	{"chief marketing officer", "cmo"},
	{"vp", "vice president"},
	{"software engineer", "software developer", "programmer"},
	{"data scientist", "machine learning scientist"},
	{"account executive", "sales executive", "sales representative"},
	{"recruiter", "talent acquisition specialist"},
	{"head of people", "head of human resources", "hr director"},
	{"ux designer", "user experience designer"},
	{"registered nurse", "staff nurse"},
	{"teacher", "educator"},
	{"general counsel", "chief legal officer"},
}

// titleFields are the fields that hold job titles, by their last names.
var titleFields = []string{"title", "position_title", "active_experience_title", "job_title", "headline"}

// clauseReader reads the value of one kind of clause.
type clauseReader = func(path string, raw json.RawMessage) (condition, error)

// withSynonyms reads a clause and, in a semantic search, its variants.
func (p *parser) withSynonyms(path string, m member, read clauseReader) (condition, error) {
	cond, err := read(path, m.value)
	if err != nil || !p.semantic || m.name != "match" && m.name != "match_phrase" {
		return cond, err
	}
	of := anyOf{cond}
	for _, variant := range titleVariants(path, m.value) {
		cond, err := read(path, variant)
		if err != nil {
			return nil, err
		}
		of = append(of, cond)
	}
	return of, nil
}

// titleVariants rewrites {field: title} and {field: {"query": title}} with the
// synonyms of the title, or of a part of it.
func titleVariants(path string, raw json.RawMessage) []json.RawMessage {
	m, err := onlyMember(path, raw)
	if err != nil {
		return nil
	}
	name := m.name[strings.LastIndex(m.name, ".")+1:]
	if !slices.Contains(titleFields, name) {
		return nil
	}
	options := map[string]json.RawMessage{}
	given := m.value
	if isObject(given) {
		if json.Unmarshal(m.value, &options) != nil {
			return nil
		}
		given = options["query"]
	}
	var title string
	if json.Unmarshal(given, &title) != nil {
		return nil
	}
	var variants []json.RawMessage
	for _, synonym := range titlesLike(title) {
		options["query"], err = json.Marshal(synonym)
		if err != nil {
			continue // strings always encode
		}
		variant, err := json.Marshal(map[string]map[string]json.RawMessage{m.name: options})
		if err == nil {
			variants = append(variants, variant)
		}
	}
	return variants
}

// titlesLike are the other ways to say a title: each synonym of the longest group
// of its words that has some, put in its place.
func titlesLike(title string) []string {
	words := analyse(title)
	text := " " + strings.Join(words, " ") + " "
	var group []string
	longest := ""
	for _, candidates := range titleSynonyms {
		for _, known := range candidates {
			if strings.Contains(text, " "+known+" ") && len(known) > len(longest) {
				group, longest = candidates, known
			}
		}
	}
	var titles []string
	for _, synonym := range group {
		if synonym != longest {
			titles = append(titles, strings.TrimSpace(strings.Replace(text, " "+longest+" ", " "+synonym+" ", 1)))
		}
	}
	return titles
}
