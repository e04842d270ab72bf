package webhook

import (
	"mime"
	"net/http"
	"strings"
)

// mayBeJSON reports whether the header lets the body be JSON. No source says
// which content type Coresignal sends, so a missing, unreadable or general one
// passes, and the JSON parser has the last word.
func mayBeJSON(h http.Header) bool {
	if encoding := h.Get("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return false
	}
	value := h.Get("Content-Type")
	if value == "" || value == "application/json" {
		return true
	}
	mediaType, _, err := mime.ParseMediaType(value)
	if err != nil && mediaType == "" {
		return true
	}
	switch mediaType {
	case "application/json", "text/json", "text/plain", "application/octet-stream":
		return true
	}
	return strings.HasSuffix(mediaType, "+json")
}
