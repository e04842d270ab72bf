package matching

import (
	"encoding/json"
	"slices"
	"strings"
)

func (p *parser) matchPhrase(path string, raw json.RawMessage) (condition, error) {
	return p.matchPhraseKind(path, raw, false)
}

// matchPhrasePrefix is a phrase whose last word may go on.
func (p *parser) matchPhrasePrefix(path string, raw json.RawMessage) (condition, error) {
	return p.matchPhraseKind(path, raw, true)
}

func (p *parser) matchPhraseKind(path string, raw json.RawMessage, open bool) (condition, error) {
	f, given, err := p.fieldOptions(path, raw, "query", "slop", "zero_terms_query", "max_expansions")
	if err != nil {
		return nil, err
	}
	path = under(path, f.name)
	if _, err := checkDefaults(path, given); err != nil {
		return nil, err
	}
	if open {
		if err := f.admitsPhrasePrefix(path); err != nil {
			return nil, err
		}
	}
	v, err := valueOf(under(path, "query"), given["query"])
	if err != nil {
		return nil, err
	}
	return p.phraseOf(path, f, v, open)
}

// admitsPhrasePrefix refuses a field that the index does not hold as words.
func (f field) admitsPhrasePrefix(path string) error {
	if f.whole {
		return &MappingError{path, "a match_phrase_prefix query is for text, and the field is of type keyword"}
	}
	return f.admitsPattern(path, "match_phrase_prefix")
}

// phraseOf looks for the words of a text one after the other in one value.
func (p *parser) phraseOf(path string, f field, v value, open bool) (condition, error) {
	words := analyse(v.text)
	if err := p.spend(len(words)); err != nil {
		return nil, err
	}
	t, err := equals(path, f, v)
	if err != nil {
		return nil, err
	}
	if len(words) > 0 {
		t.words = func(values [][]string) bool {
			return slices.ContainsFunc(values, func(in []string) bool { return hasPhrase(in, words, open) })
		}
	}
	return t, nil
}

// hasPhrase looks for the words in order without a gap; open lets the last one go on.
func hasPhrase(in, words []string, open bool) bool {
	last := len(words) - 1
	for start := range len(in) - last {
		here := in[start : start+len(words)]
		if slices.Equal(here[:last], words[:last]) && (here[last] == words[last] || open && strings.HasPrefix(here[last], words[last])) {
			return true
		}
	}
	return false
}
