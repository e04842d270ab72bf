package linkedinapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/codec"
	"github.com/pronet-go/pronet/internal/wire"
)

// Error is an error of LinkedIn's: the fields of Rest.li's record that its pages and reports show, each optional, or
// those of its token endpoint.
type Error struct {
	Status           Number `json:"status"`
	ServiceErrorCode Number `json:"serviceErrorCode"`
	Code             string `json:"code"`
	Message          string `json:"message"`
	DocURL           string `json:"docUrl"`
	RequestID        string `json:"requestId"`
	Details          struct {
		Inputs []struct {
			Description string `json:"description"`
			Code        string `json:"code"`
			Input       struct {
				Path struct {
					Field string `json:"fieldPath"`
				} `json:"inputPath"`
			} `json:"input"`
		} `json:"inputErrors"`
	} `json:"errorDetails"`

	// OAuthError and OAuthDescription are the token endpoint's.
	OAuthError       string `json:"error"`
	OAuthDescription string `json:"error_description"`
}

// Number is a whole number that may be written as a string; what is neither is 0.
type Number int64

// UnmarshalJSON never fails: a field of an odd type must not hide the rest of an error.
func (n *Number) UnmarshalJSON(data []byte) error {
	value, err := strconv.ParseInt(strings.Trim(string(data), `"`), 10, 64)
	if err != nil {
		value = 0
	}
	*n = Number(value)
	return nil
}

// ReadError reads an error of LinkedIn's, false for what has no form of it. A field of another type than is known is
// left empty, and the rest is read.
func ReadError(body []byte) (Error, bool) {
	var e Error
	if err := codec.Decode(body, &e); err != nil {
		if e, err = readFields(body); err != nil {
			return Error{}, false
		}
	}
	return e, e.Status != 0 || e.ServiceErrorCode != 0 || e.Code != "" || e.Message != "" || e.OAuthError != ""
}

// bare reports whether an error says nothing but its status.
func (e *Error) bare() bool {
	return e.ServiceErrorCode == 0 && e.Code == "" && e.Message == "" && e.OAuthError == ""
}

// ofTokens reports whether an error is one of the endpoint of tokens, which has a description besides the name. Others say
// {"error":"..."} too.
func (e *Error) ofTokens() bool {
	return e.OAuthDescription != "" && strings.Trim(e.OAuthError, "abcdefghijklmnopqrstuvwxyz_") == ""
}

// readFields reads an error field by field.
func readFields(body []byte) (Error, error) {
	var fields map[string]json.RawMessage
	if err := codec.Decode(body, &fields); err != nil {
		return Error{}, err
	}
	var e Error
	for name, into := range map[string]any{
		"status": &e.Status, "serviceErrorCode": &e.ServiceErrorCode, "code": &e.Code, "message": &e.Message, "docUrl": &e.DocURL,
		"requestId": &e.RequestID, "errorDetails": &e.Details, "error": &e.OAuthError, "error_description": &e.OAuthDescription,
	} {
		if raw, ok := fields[name]; ok {
			_ = codec.Decode(raw, into)
		}
	}
	return e, nil
}

// KindOf is the sentinel of an element's status, nil for one of success.
func KindOf(status int) error {
	if status < 400 {
		return nil
	}
	if status == 426 {
		return api.ErrVersionRetired
	}
	return wire.NewStatusError(&wire.Op{}, status).Kinds[0]
}

// maxHidden bounds the body in which a status of failure is looked for when the response looks good: errors are short.
const maxHidden = 8 << 10

// inspect reads the errors of LinkedIn's. VersionOf says which version an operation asks for.
func inspect(r *wire.Response, versionOf func(*wire.Op) string) {
	if r.Err == nil {
		if hidden, ok := hiddenError(r.Body); ok {
			r.Err, r.Own = wire.NewStatusError(r.Op, int(hidden.Status)), true
			fill(r.Err, hidden, versionOf(r.Op))
		}
		return
	}
	read, ok := ReadError(r.Body)
	if !ok || read.Status != 0 && int(read.Status) != r.Status { // it is about something else than this response
		return
	}
	status := r.Status
	gone := status == 404 || status == 410
	switch {
	case gone && read.Status == 0: // a gateway's {"message":"no route"} looks like it; each form of LinkedIn's that is known has the status
		return
	case gone && (read.bare() || read.Code == "RESOURCE_NOT_FOUND"): // said of an endpoint: the record may be there
		r.Err.Kinds, r.Own = []error{api.ErrUnexpectedResponse}, true
		r.Err.Cause = wire.Plain("LinkedIn says that there is no such endpoint, not that there is no such record", nil)
		return
	case read.OAuthError != "" && (!strings.HasPrefix(r.Op.Route, "/oauth/") || !read.ofTokens()):
		return
	}
	r.Own = true
	fill(r.Err, read, versionOf(r.Op))
}

// hiddenError finds an error that came with a status of success.
func hiddenError(body []byte) (Error, bool) {
	if len(body) > maxHidden || !bytes.Contains(body, []byte(`"status"`)) {
		return Error{}, false
	}
	var fields map[string]json.RawMessage
	if codec.Decode(body, &fields) != nil || fields["elements"] != nil || fields["results"] != nil || fields["id"] != nil {
		return Error{}, false
	}
	read, ok := ReadError(body)
	return read, ok && read.Status >= 400 && read.Status < 600 && (read.Code != "" || read.Message != "" || read.ServiceErrorCode != 0)
}

// fill completes an error with what LinkedIn says.
func fill(e *api.Error, read Error, version string) {
	e.Code, e.Message = read.Code, read.Message
	switch {
	case read.OAuthError != "":
		e.Code, e.Message = read.OAuthError, read.OAuthDescription
	case e.Code == "" && read.ServiceErrorCode != 0:
		e.Code = strconv.FormatInt(int64(read.ServiceErrorCode), 10)
	}
	switch {
	case e.Status == 426:
		if named := versionIn(read.Message); named != "" {
			version = named
		}
		e.Kinds, e.Cause = []error{api.ErrVersionRetired}, &api.VersionRetiredError{Version: version}
	case e.Code == "VERSION_MISSING":
		e.Cause = wire.Plain("the path needs the header field LinkedIn-Version", nil)
	case e.Status == 400 && strings.Contains(strings.ToLower(read.Message), "pagination limit"): // known by its text alone (assumed)
		e.Kinds = append(e.Kinds, api.ErrPageLimit)
	}
}

// versionIn finds the version that a message names, such as "Requested version 20240401 is not active".
func versionIn(message string) string {
	for word := range strings.FieldsSeq(message) {
		if digits := strings.Trim(word, `.,"'`); len(digits) >= 6 && len(digits) <= 9 && strings.Trim(digits, "0123456789.") == "" {
			return digits
		}
	}
	return ""
}

// refused reports whether a call failed for its token: every 401 in LinkedIn's own form, since its certification of apps
// asks for a new token after any.
func refused(e *api.Error) bool { return errors.Is(e, api.ErrUnauthorized) }

// maxElement bounds what is kept of an element's error.
const maxElement = 64 << 10

var errElement = wire.Plain("it is about one element of a response that succeeded", nil)

// ElementError is the error of one element, or one decoration, of a response with a status of success. Its body is what
// LinkedIn says of it.
func ElementError(op *wire.Op, body []byte) error {
	read, _ := ReadError(body)
	e := wire.NewError(op, api.ErrUnexpectedResponse, nil)
	if read.Status >= 400 && read.Status <= 599 {
		e = wire.NewStatusError(op, int(read.Status))
		fill(e, read, "")
	}
	e.Cause, e.Message = errElement, "" // what it says was not checked as that of a whole response is
	e.Body = bytes.Clone(body[:min(len(body), maxElement)])
	if len(e.Code) > 64 {
		e.Code = ""
	}
	return e
}
