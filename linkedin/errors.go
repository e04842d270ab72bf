package linkedin

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/codec"
	"github.com/pronet-go/pronet/internal/linkedinapi"
)

// Details is what an error of LinkedIn's says besides its status. All of it is optional, and none of it is printed by
// errors: it may name people.
type Details struct {
	// Code is the error's name, such as ACCESS_DENIED.
	Code string
	// ServiceErrorCode is its older number, such as 65601; 0 when there is none.
	ServiceErrorCode int
	// Message is for people. It changes; branch on the others.
	Message string
	// DocURL is a page about the error.
	DocURL string
	// RequestID is an id of the request.
	RequestID string
	// Inputs are the fields that were wrong.
	Inputs []InputError
	// Raw is the error's JSON.
	Raw []byte
}

// InputError is one wrong field of a request.
type InputError struct {
	// Field is its path, such as "author".
	Field string
	// Code is what is wrong, such as FIELD_INVALID.
	Code string
	// Description is for people.
	Description string
}

// DetailsOf reads the details of an error of LinkedIn's, false when err has none: it is not LinkedIn's, or in no form of
// its. The response's header, with x-li-uuid, x-li-fabric and x-li-request-id for LinkedIn's support, is in [api.Error].
func DetailsOf(err error) (Details, bool) {
	if element, ok := errors.AsType[*ElementError](err); ok {
		return element.Details, true
	}
	e, ok := errors.AsType[*api.Error](err)
	if !ok || e.Provider != api.LinkedIn {
		return Details{}, false
	}
	return detailsOf(e.Body)
}

func detailsOf(body []byte) (Details, bool) {
	read, ok := linkedinapi.ReadError(body)
	if !ok {
		return Details{}, false
	}
	d := Details{
		Code: read.Code, ServiceErrorCode: int(read.ServiceErrorCode), Message: read.Message, DocURL: read.DocURL, RequestID: read.RequestID, Raw: bytes.Clone(body),
	}
	for _, input := range read.Details.Inputs {
		d.Inputs = append(d.Inputs, InputError{Field: input.Input.Path.Field, Code: input.Code, Description: input.Description})
	}
	return d, true
}

// ElementError is a failure that a successful response hides: of one element of a batch, or of one decoration. It is of
// the kind that its status is: errors.Is(err, api.ErrNotFound).
type ElementError struct {
	// Element is the key of the batch's element, its index in elements, or the path of the decoration's field.
	Element string
	// Status is the element's status, 0 when it has none.
	Status int
	// Details is what else it says.
	Details Details

	kind error
}

// Error says which kind it is. The element's key may name a person and is not part of it.
func (e *ElementError) Error() string {
	text := "linkedin: an element of the response failed"
	if e.Status != 0 {
		text += fmt.Sprintf(" with %d", e.Status)
	}
	if e.kind != nil {
		text += ", " + e.kind.Error()
	}
	return text
}

// SafeText is Error.
func (e *ElementError) SafeText() string { return e.Error() }

// Unwrap returns the sentinel of the status.
func (e *ElementError) Unwrap() error { return e.kind }

const (
	maxFailures = 1_000
	maxDepth    = 32
)

// Failures finds what failed in a response that LinkedIn sent with a status of success: the errors of a batch (errors by
// key, or elements with an error or a status of 400 and above) and of decorations (a field such as "displayImage!"). Each
// is a [*ElementError], in the order of their elements; 1,000 are returned at most. It is for the responses of pronet's
// Client.Do; services do it themselves.
//
// The error is [api.ErrUnexpectedResponse] for a response that is no JSON.
func Failures(response []byte) ([]*ElementError, error) {
	var root any
	if err := codec.Decode(response, &root); err != nil {
		return nil, fmt.Errorf("linkedin: the response is not JSON: %w", api.ErrUnexpectedResponse)
	}
	var f failures
	object, _ := root.(map[string]any)
	byKey, _ := object["errors"].(map[string]any)
	for _, key := range slices.Sorted(maps.Keys(byKey)) {
		f.add(key, byKey[key])
	}
	elements, _ := object["elements"].([]any)
	for i, element := range elements {
		fields, _ := element.(map[string]any)
		status, _ := fields["status"].(float64)
		switch {
		case fields["error"] != nil:
			f.add(fmt.Sprint(i), fields["error"])
		case status >= 400 && fields["id"] == nil:
			f.add(fmt.Sprint(i), element)
		}
	}
	f.decorations(root, "", 0)
	return f, nil
}

type failures []*ElementError

func (f *failures) add(element string, value any) {
	if len(*f) == maxFailures {
		return
	}
	body, err := codec.Encode(value)
	if err != nil {
		return
	}
	e := &ElementError{Element: element}
	if fields, ok := value.(map[string]any); ok {
		status, _ := fields["status"].(float64)
		e.Status = int(min(max(status, 0), 999))
	}
	e.Details, _ = detailsOf(body)
	e.kind = linkedinapi.KindOf(e.Status)
	*f = append(*f, e)
}

// decorations finds the fields that are named after a field that could not be decorated.
func (f *failures) decorations(value any, path string, depth int) {
	if depth > maxDepth {
		return
	}
	switch value := value.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(value)) {
			at := strings.TrimPrefix(path+"."+name, ".")
			if field, failed := strings.CutSuffix(at, "!"); failed {
				f.add(field, value[name])
				continue
			}
			f.decorations(value[name], at, depth+1)
		}
	case []any:
		for i, element := range value {
			f.decorations(element, fmt.Sprintf("%s[%d]", path, i), depth+1)
		}
	}
}
