// Package route fills path templates. It is the only place where a path is put together: every value becomes exactly
// the segments that it should, whatever it holds.
package route

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/pronet-go/pronet/api"
)

// maxValueBytes bounds one value: longer ones are refused by servers (LinkedIn: 4 KB a segment).
const maxValueBytes = 2048

// maxParts bounds the segments of a {name...} value; Coresignal's file names have two.
const maxParts = 3

// Build fills the {placeholders} of a template such as "/v2/jobs/{job}/files/{file...}" in order. A plain placeholder
// takes one segment: slashes in the value are escaped. One that ends in "..." takes up to three: the value is split at
// its slashes. A value that is empty, "." or ".." (as a whole or as a part) is refused, since servers and proxies would
// resolve it to another path. Escape writes a value; nil means url.PathEscape. Raw is the escaped path.
func Build(template string, escape func(string) string, values ...string) (path, raw string, err error) {
	if escape == nil {
		escape = url.PathEscape
	}
	var plain, escaped strings.Builder
	plain.Grow(len(template) + 24)
	differ := false
	rest := template
	for {
		before, after, found := strings.Cut(rest, "{")
		plain.WriteString(before)
		if differ {
			escaped.WriteString(before)
		}
		if !found {
			break
		}
		name, tail, closed := strings.Cut(after, "}")
		if !closed {
			return "", "", fmt.Errorf("route: %q has an open placeholder: %w", template, api.ErrInvalid)
		}
		if len(values) == 0 {
			return "", "", fmt.Errorf("route: no value for {%s}: %w", name, api.ErrInvalid)
		}
		value := values[0]
		values = values[1:]
		segment, err := encode(name, value, escape)
		if err != nil {
			return "", "", err
		}
		if segment != value && !differ {
			differ = true
			escaped.WriteString(plain.String())
		}
		plain.WriteString(value)
		if differ {
			escaped.WriteString(segment)
		}
		rest = tail
	}
	if len(values) > 0 {
		return "", "", fmt.Errorf("route: %q takes fewer values than were given: %w", template, api.ErrInvalid)
	}
	if path = plain.String(); !differ {
		return path, path, nil
	}
	return path, escaped.String(), nil
}

func encode(name, value string, escape func(string) string) (string, error) {
	if len(value) > maxValueBytes {
		return "", fmt.Errorf("route: {%s} has %d bytes, more than the %d accepted: %w", name, len(value), maxValueBytes, api.ErrInvalid)
	}
	if !strings.HasSuffix(name, "...") {
		if err := checkSegment(name, value); err != nil {
			return "", err
		}
		return escape(value), nil
	}
	parts := strings.Split(value, "/")
	if len(parts) > maxParts {
		return "", fmt.Errorf("route: {%s} has %d segments, more than the %d accepted: %w", name, len(parts), maxParts, api.ErrInvalid)
	}
	for i, part := range parts {
		if err := checkSegment(name, part); err != nil {
			return "", err
		}
		parts[i] = escape(part)
	}
	return strings.Join(parts, "/"), nil
}

func checkSegment(name, segment string) error {
	switch segment {
	case "":
		return fmt.Errorf("route: {%s} is empty: %w", name, api.ErrInvalid)
	case ".", "..":
		return fmt.Errorf("route: {%s} is %q, which would lead to another path: %w", name, segment, api.ErrInvalid)
	}
	return nil
}
