package sandbox

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
	"slices"
	"strconv"
	"strings"
)

const maxFormParts = 16

// form is the fields of a multipart body. The provider's names are those of its
// bulk uploads: ids_file, webhook_url (assumed for v1 subscriptions).
type form map[string]string

// form reads a multipart body that has only the fields of allowed, each once.
func (c *call) form(allowed ...string) (form, *problem) {
	kind, params, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" {
		return nil, refusal(http.StatusUnprocessableEntity, "Content-Type must be multipart/form-data")
	}
	// A form that was cut short lacks the last boundary.
	boundary := params["boundary"]
	if boundary == "" || !bytes.Contains(c.body, []byte("--"+boundary+"--")) {
		return nil, refusal(http.StatusBadRequest, "The form is malformed")
	}
	fields := form{}
	parts := multipart.NewReader(bytes.NewReader(c.body), boundary)
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
