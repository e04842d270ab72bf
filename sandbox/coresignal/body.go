package coresignal

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/pronet-go/pronet/sandbox/internal/shell"
)

// problem is a refusal: a status and the text of the provider's envelope.
type problem struct {
	status int
	detail string
}

func refusal(status int, format string, args ...any) *problem {
	return &problem{status: status, detail: fmt.Sprintf(format, args...)}
}

// refuse responds with the provider's error body.
func refuse(w *shell.Reply, p *problem) {
	w.JSON(p.status, map[string]string{"detail": p.detail})
}

const maxDepth = 64

// object decodes a JSON body that must be an object with only the keys of
// allowed; with none given, any key may stand there. Text that is not JSON is
// refused with 400, and a wrong structure or a duplicate key with 422, as
// documented.
func (c *call) object(allowed ...string) (map[string]json.RawMessage, *problem) {
	if p := c.checkJSON(); p != nil {
		return nil, p
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(c.Body, &fields); err != nil || fields == nil {
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
	kind, _, err := mime.ParseMediaType(c.R.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return refusal(http.StatusUnprocessableEntity, "Content-Type must be application/json")
	}
	if !json.Valid(c.Body) {
		return refusal(http.StatusBadRequest, "The body is not valid JSON")
	}
	if err := checkStructure(c.Body); err != nil {
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
		if shell.IsLoopback(u.Hostname()) {
			return nil
		}
	}
	return invalid
}

const maxFormParts = 16

// form is the fields of a multipart body. The provider's names are those of its
// bulk uploads: ids_file, webhook_url (assumed for v1 subscriptions).
type form map[string]string

// form reads a multipart body that has only the fields of allowed, each once.
func (c *call) form(allowed ...string) (form, *problem) {
	kind, params, err := mime.ParseMediaType(c.R.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" {
		return nil, refusal(http.StatusUnprocessableEntity, "Content-Type must be multipart/form-data")
	}
	// A form that was cut short lacks the last boundary.
	boundary := params["boundary"]
	if boundary == "" || !bytes.Contains(c.Body, []byte("--"+boundary+"--")) {
		return nil, refusal(http.StatusBadRequest, "The form is malformed")
	}
	fields := form{}
	parts := multipart.NewReader(bytes.NewReader(c.Body), boundary)
	for range maxFormParts {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return fields, nil
		}
		if err != nil {
			return nil, refusal(http.StatusBadRequest, "The form is malformed")
		}
		value, err := io.ReadAll(part) // bounded by the body
		if err != nil {
			return nil, refusal(http.StatusBadRequest, "The form is malformed")
		}
		name := part.FormName()
		if _, twice := fields[name]; twice || !slices.Contains(allowed, name) {
			return nil, refusal(http.StatusUnprocessableEntity, "%.100q is not allowed here, or given twice", name)
		}
		fields[name] = string(value)
	}
	return nil, refusal(http.StatusBadRequest, "The form has too many parts")
}

// parseIDFile reads one ID a line, without a heading. One line that is not a
// number fails the whole file. A carriage return before the line feed and an
// empty last line are accepted (assumed).
func parseIDFile(content string) ([]int64, *problem) {
	if content == "" {
		return nil, refusal(http.StatusBadRequest, "The file holds no IDs")
	}
	var ids []int64
	line := 0
	for row := range strings.Lines(content) {
		line++
		row = strings.TrimSuffix(strings.TrimSuffix(row, "\n"), "\r")
		id, ok := parseID(row)
		if !ok {
			return nil, refusal(http.StatusBadRequest, "Line %d of the file is not a numeric ID", line)
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// parseIDList reads IDs from a form field: a JSON array, or numbers with commas
// between.
func parseIDList(value string) ([]int64, *problem) {
	if strings.HasPrefix(strings.TrimSpace(value), "[") {
		return parseIDArray(json.RawMessage(value))
	}
	var ids []int64
	for item := range strings.SplitSeq(value, ",") {
		id, ok := parseID(strings.TrimSpace(item))
		if !ok {
			return nil, refusal(http.StatusBadRequest, "ids must be numeric")
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// parseIDArray reads a JSON array of IDs.
func parseIDArray(raw json.RawMessage) ([]int64, *problem) {
	var ids []int64
	if err := json.Unmarshal(raw, &ids); err != nil || len(ids) == 0 {
		return nil, refusal(http.StatusBadRequest, "ids must be an array of numbers that is not empty")
	}
	for _, id := range ids {
		if id <= 0 {
			return nil, refusal(http.StatusBadRequest, "ids must be positive")
		}
	}
	return ids, nil
}

func parseID(s string) (int64, bool) {
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	id, err := strconv.ParseInt(s, 10, 64)
	return id, err == nil && id > 0
}

// parseNames reads a JSON array of shorthand names or of addresses. One that read
// does not understand fails the whole request, as documented for addresses.
func parseNames(raw json.RawMessage, key string, read func(string) (string, bool)) ([]string, *problem) {
	var given []string
	if err := json.Unmarshal(raw, &given); err != nil || len(given) == 0 {
		return nil, refusal(http.StatusBadRequest, "%s must be an array of strings that is not empty", key)
	}
	names := make([]string, 0, len(given))
	for i, text := range given {
		name, ok := read(text)
		if !ok {
			return nil, refusal(http.StatusUnprocessableEntity, "%s[%d] cannot be parsed", key, i)
		}
		names = append(names, name)
	}
	return names, nil
}

// unique sorts IDs or names and tells whether one stood there twice.
func unique[T cmp.Ordered](list []T) (sorted []T, twice bool) {
	sorted = slices.Clone(list)
	slices.Sort(sorted)
	sorted = slices.Compact(sorted)
	return sorted, len(sorted) < len(list)
}

// thousands prints a number as the provider does: 10,000.
func thousands(n int) string {
	if n < 1000 {
		return strconv.Itoa(n)
	}
	return fmt.Sprintf("%s,%03d", thousands(n/1000), n%1000)
}
