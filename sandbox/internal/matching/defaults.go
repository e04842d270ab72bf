package matching

import (
	"encoding/json"
	"errors"
	"strings"
)

// defaultOptions are options that the builders of other languages print always. The
// sandbox takes the values that change nothing in what it evaluates.
var defaultOptions = map[string]func(path string, raw json.RawMessage) error{
	"slop":           zero,
	"phrase_slop":    zero,
	"prefix_length":  anyNumber, // these are about fuzzy words, which are refused themselves
	"max_expansions": anyNumber,

	"fuzzy_transpositions": anyFlag,
	"fuzzy_prefix_length":  anyNumber,
	"fuzzy_max_expansions": anyNumber,
	"fuzzy_rewrite":        anyText,

	"auto_generate_synonyms_phrase_query": anyFlag, // there are no synonyms
	"enable_position_increments":          anyFlag,
	"max_determinized_states":             anyNumber,
	"analyze_wildcard":                    anyFlag, // words with wildcards are lower-case either way
	"allow_leading_wildcard":              flagged("true"),
	"escape":                              flagged("false"),
	"zero_terms_query":                    noTerms,
	"flags":                               allFlags,
}

var (
	matchDefaults = []string{
		"prefix_length", "max_expansions", "fuzzy_transpositions", "fuzzy_rewrite", "lenient", "zero_terms_query",
		"auto_generate_synonyms_phrase_query",
	}
	queryStringDefaults = []string{ // the fuzziness is of words with ~, which are refused themselves
		"lenient", "fuzziness", "analyze_wildcard", "allow_leading_wildcard", "escape", "phrase_slop", "fuzzy_transpositions", "fuzzy_prefix_length",
		"fuzzy_max_expansions", "fuzzy_rewrite", "max_determinized_states", "enable_position_increments", "auto_generate_synonyms_phrase_query",
	}
	simpleDefaults = []string{
		"lenient", "analyze_wildcard", "flags", "fuzzy_transpositions", "fuzzy_prefix_length", "fuzzy_max_expansions",
		"auto_generate_synonyms_phrase_query",
	}
)

// checkDefaults reads those of the options that were given, and whether the query is
// lenient.
func checkDefaults(path string, given map[string]json.RawMessage) (lenient bool, err error) {
	for name, raw := range given {
		if check, ok := defaultOptions[name]; ok {
			if err := check(under(path, name), raw); err != nil {
				return false, err
			}
		}
	}
	return flagOption(path, given, "lenient")
}

// leniently turns what the index refuses into what finds nobody.
func leniently(lenient bool, cond condition, err error) (condition, error) {
	if _, refused := errors.AsType[*MappingError](err); lenient && refused {
		return constant(false), nil
	}
	return cond, err
}

func zero(path string, raw json.RawMessage) error {
	n, err := intOf(path, raw)
	if err == nil && n != 0 {
		err = &UnsupportedError{path, "a slop other than 0"}
	}
	return err
}

func anyNumber(path string, raw json.RawMessage) error {
	_, err := intOf(path, raw)
	return err
}

func anyFlag(path string, raw json.RawMessage) error {
	_, err := boolOf(path, raw)
	return err
}

func anyText(path string, raw json.RawMessage) error {
	_, err := stringOf(path, raw)
	return err
}

func flagged(value string) func(string, json.RawMessage) error {
	return func(path string, raw json.RawMessage) error {
		if err := anyFlag(path, raw); err != nil {
			return err
		}
		return mustBe(path, raw, value)
	}
}

// noTerms reads zero_terms_query, in any case.
func noTerms(path string, raw json.RawMessage) error {
	text, err := stringOf(path, raw)
	switch {
	case err != nil:
		return err
	case strings.EqualFold(text, "none"):
		return nil
	case strings.EqualFold(text, "all"):
		return unknownOption(path)
	default:
		return &InvalidError{path, `"none" or "all" is expected`}
	}
}

// allFlags reads the flags of a simple_query_string: all of them, in words or as a
// number.
func allFlags(path string, raw json.RawMessage) error {
	if strings.TrimSpace(string(raw)) == "-1" {
		return nil
	}
	text, err := stringOf(path, raw)
	if err == nil && text != "ALL" {
		err = unknownOption(path)
	}
	return err
}
