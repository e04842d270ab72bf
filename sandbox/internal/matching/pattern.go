package matching

import (
	"encoding/json"
	"regexp"
	"strings"
)

// prefix compares the beginning of a word, or of the value of a whole field.
func (p *parser) prefix(path string, raw json.RawMessage) (condition, error) {
	f, text, anyCase, err := p.pattern(path, raw, "value")
	if err != nil {
		return nil, err
	}
	return patternTest(f, anyCase, text, strings.HasPrefix), nil
}

// wildcard compares with a pattern of * and ?.
func (p *parser) wildcard(path string, raw json.RawMessage) (condition, error) {
	name := "value"
	if m, err := onlyMember(path, raw); err == nil && isObject(m.value) {
		if options, err := objectOf(path, m.value); err == nil {
			for _, option := range options {
				if option.name == "wildcard" {
					name = "wildcard"
				}
			}
		}
	}
	f, text, anyCase, err := p.pattern(path, raw, name)
	if err != nil {
		return nil, err
	}
	return patternTest(f, anyCase, text, globMatches), nil
}

// regexp compares with a regular expression that means the same to Lucene and to Go.
func (p *parser) regexp(path string, raw json.RawMessage) (condition, error) {
	f, text, anyCase, err := p.pattern(path, raw, "value", "max_determinized_states")
	if err != nil {
		return nil, err
	}
	path = under(path, f.name)
	if reason := foreignRegexp(text); reason != "" {
		return nil, &UnsupportedError{path, reason}
	}
	flags := "(?s)"
	if anyCase {
		flags = "(?si)"
	}
	re, err := regexp.Compile(flags + "^(?:" + text + ")$")
	if err != nil {
		return nil, &UnsupportedError{path, "this regular expression"}
	}
	t := testOf(f)
	t.whole = re.MatchString
	t.words = anyWord(t.whole)
	return t, nil
}

// maxRegexp is the length that Elasticsearch allows.
const maxRegexp = 1000

// foreignRegexp says what in an expression has another meaning in Lucene, "" when nothing has.
func foreignRegexp(text string) string {
	switch {
	case len(text) > maxRegexp:
		return "a regular expression of more than 1000 characters"
	case strings.ContainsAny(text, "#@&<>~\"^$"):
		return "a regular expression with operators of its own (# @ & < > ~ \" ^ $)"
	case strings.Contains(text, "(?") || strings.Contains(text, "()") || strings.Contains(text, "[[") || strings.Contains(text, "[]"):
		return "a regular expression with groups or classes of its own"
	case strings.Contains(text, "*?") || strings.Contains(text, "+?") || strings.Contains(text, "??") || strings.Contains(text, "}?"):
		return "a regular expression with lazy repetition"
	}
	for i := 0; i+1 < len(text); i++ {
		if text[i] == '\\' {
			i++
			if isAlphanumeric(text[i]) {
				return "a regular expression with character classes by letter"
			}
		}
	}
	return ""
}

func isAlphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// pattern reads the common form of prefix, wildcard and regexp.
func (p *parser) pattern(path string, raw json.RawMessage, name string, optional ...string) (f field, text string, anyCase bool, err error) {
	f, given, err := p.fieldOptions(path, raw, name, append(optional, "case_insensitive", "rewrite")...)
	if err != nil {
		return f, "", false, err
	}
	path = under(path, f.name)
	if err := f.admitsPattern(path, "wildcard, prefix or regexp"); err != nil {
		return f, "", false, err
	}
	if text, err = stringOf(under(path, name), given[name]); err != nil {
		return f, "", false, err
	}
	anyCase, err = flagOption(path, given, "case_insensitive")
	return f, text, anyCase, err
}

// patternTest compares strings with a pattern that was not split into words.
func patternTest(f field, anyCase bool, pattern string, matches func(s, pattern string) bool) condition {
	t := testOf(f)
	t.whole = func(s string) bool { return matches(s, pattern) }
	if anyCase {
		pattern := strings.ToLower(pattern)
		t.whole = func(s string) bool { return matches(strings.ToLower(s), pattern) }
	}
	t.words = anyWord(t.whole)
	return t
}
