package download

import (
	"cmp"
	"net/http"
	"strings"
	"time"
)

const (
	// maxTag bounds an ETag, which is sent back with each resumption.
	maxTag = 256
	// strongAfter is how much older than its response a Last-Modified must be to tell versions apart (RFC 9110, 8.8.2.2).
	strongAfter = time.Minute
)

// validator tells one version of a file from another, byte for byte: a strong ETag, or a Last-Modified that is as good as
// one. The zero value tells nothing.
type validator struct {
	ETag     string `json:"etag,omitempty"`
	Modified string `json:"modified,omitempty"`
}

// validatorOf takes the validator from a response. An ETag that is weak or unusable leaves none, whatever else there is.
func validatorOf(h http.Header) validator {
	if tags := h["Etag"]; len(tags) > 0 {
		if len(tags) == 1 && isStrongTag(tags[0]) {
			return validator{ETag: tags[0]}
		}
		return validator{}
	}
	modified := h["Last-Modified"]
	if len(modified) != 1 || !isDate(modified[0]) {
		return validator{}
	}
	at, err := http.ParseTime(modified[0])
	if err != nil {
		return validator{}
	}
	now, err := http.ParseTime(h.Get("Date"))
	if err != nil || now.Sub(at) < strongAfter {
		return validator{}
	}
	return validator{Modified: modified[0]}
}

// isSet reports whether versions can be told apart.
func (v validator) isSet() bool { return v != validator{} }

// ifRange is the value of the header If-Range.
func (v validator) ifRange() string { return cmp.Or(v.ETag, v.Modified) }

// isUsable reports whether what a manifest says may be sent in a header.
func (v validator) isUsable() bool {
	return (v.ETag == "" || isStrongTag(v.ETag)) && (v.Modified == "" || isDate(v.Modified)) && (v.ETag == "" || v.Modified == "")
}

// matches reports whether the header of a response with a part is for the same version. It must repeat the ETag (RFC 9110,
// 15.3.7) or date. Servers need not repeat a date, but one that does not look at If-Range would not either.
func (v validator) matches(h http.Header) bool {
	name, want := "Etag", v.ETag
	if v.ETag == "" {
		name, want = "Last-Modified", v.Modified
	}
	values := h[name]
	return want != "" && len(values) == 1 && values[0] == want
}

func isStrongTag(tag string) bool {
	if len(tag) < 2 || len(tag) > maxTag || tag[0] != '"' || tag[len(tag)-1] != '"' {
		return false
	}
	for _, c := range []byte(tag[1 : len(tag)-1]) {
		if c <= ' ' || c == '"' || c >= 0x7f {
			return false
		}
	}
	return true
}

func isDate(s string) bool {
	if len(s) > 64 || strings.ContainsAny(s, "\r\n") {
		return false
	}
	_, err := http.ParseTime(s)
	return err == nil
}
