package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

const maxDepth = 64

// object decodes a JSON body that must be an object with only the keys of
// allowed; with none given, any key may stand there. Text that is not JSON is
// answered with 400, and a wrong structure or a duplicate key with 422, as
// documented.
func (c *call) object(allowed ...string) (map[string]json.RawMessage, *problem) {
	if p := c.checkJSON(); p != nil {
		return nil, p
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(c.body, &fields); err != nil || fields == nil {
		return nil, refusal(http.StatusUnprocessableEntity, "The body must be a JSON object")
	}
	for name := range fields {
		if len(allowed) > 0 && !slices.Contains(allowed, name) {
			return nil, refusal(http.StatusUnprocessableEntity, "%.100q is not allowed here", name)
		}
	}
	return fields, nil
}

// checkJSON refuses a body that is not one valid JSON value.
func (c *call) checkJSON() *problem {
	kind, _, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return refusal(http.StatusUnprocessableEntity, "Content-Type must be application/json")
	}
	if !json.Valid(c.body) {
		return refusal(http.StatusBadRequest, "The body is not valid JSON")
	}
	if err := checkStructure(c.body); err != nil {
		return refusal(http.StatusUnprocessableEntity, "%v", err)
	}
	return nil
}

// checkStructure refuses duplicate keys and deep nesting in valid JSON.
func checkStructure(body []byte) error {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	type level struct {
		keys  map[string]bool // nil in an array
		value bool            // the next token is a key's value
	}
	var levels []level
	for {
		token, err := dec.Token()
		if err != nil {
			return nil // the end: the body is valid
		}
		var top *level
		if len(levels) > 0 {
			top = &levels[len(levels)-1]
		}
		delim, isDelim := token.(json.Delim)
		switch {
		case isDelim && (delim == '}' || delim == ']'):
			levels = levels[:len(levels)-1]
		case top != nil && top.keys != nil && !top.value:
			key, _ := token.(string)
			if top.keys[key] {
				return fmt.Errorf("duplicate key %.100q", key)
			}
			top.keys[key], top.value = true, true
		default:
			if top != nil {
				top.value = false
			}
			if isDelim {
				next := level{}
				if delim == '{' {
					next.keys = map[string]bool{}
				}
				levels = append(levels, next)
			}
		}
		if len(levels) > maxDepth {
			return errors.New("the body is nested too deeply")
		}
	}
}

// text reads an optional string of a body.
func text(fields map[string]json.RawMessage, name string) (string, *problem) {
	raw, ok := fields[name]
	if !ok {
		return "", nil
	}
	var s *string
	if err := json.Unmarshal(raw, &s); err != nil || s == nil {
		return "", refusal(http.StatusUnprocessableEntity, "%s must be a string", name)
	}
	return *s, nil
}

// callbackURL checks a webhook_url as far as the sandbox can: https, or plain
// http to this machine, which the provider would not take.
func callbackURL(given string) *problem {
	invalid := refusal(http.StatusUnprocessableEntity, "Invalid webhook URL")
	u, err := url.Parse(given)
	if err != nil || len(given) > 2048 || u.Hostname() == "" || u.User != nil || u.Fragment != "" {
		return invalid
	}
	switch strings.ToLower(u.Scheme) {
	case "https":
		return nil
	case "http":
		if isLoopback(u.Hostname()) {
			return nil
		}
	}
	return invalid
}
