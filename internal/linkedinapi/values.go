package linkedinapi

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"github.com/pronet-go/pronet/internal/codec"
)

const lastMilli = 253_402_300_799_999 // the end of the year 9999

// Time is a time in milliseconds since 1970, in UTC; zero for what is none.
func Time(ms Number) time.Time {
	if ms <= 0 || ms > lastMilli {
		return time.Time{}
	}
	return time.UnixMilli(int64(ms)).UTC()
}

// CreatedID is the id of what was made, as the header of a response has it under its name and its older one; "" when it
// has none.
func CreatedID(header http.Header) string {
	id := cmp.Or(header.Get("X-Restli-Id"), header.Get("X-Linkedin-Id"))
	if plain, err := url.PathUnescape(id); err == nil {
		return plain
	}
	return id
}

// Stamp is a time in milliseconds since 1970, or the record of who made a change and when. What is neither is zero.
type Stamp struct{ time.Time }

// UnmarshalJSON never fails: a field of an odd type must not hide the rest.
func (s *Stamp) UnmarshalJSON(data []byte) error {
	*s = Stamp{}
	var ms Number
	if len(data) > 0 && data[0] == '{' {
		var audit struct {
			Time Number `json:"time"`
		}
		_ = codec.Decode(data, &audit)
		ms = audit.Time
	} else {
		_ = ms.UnmarshalJSON(data) // it has no error
	}
	s.Time = Time(ms)
	return nil
}

// Texts are texts that are written as a list, or as one text if there is one. Of a list of records each has the text in
// one of a few fields.
type Texts []string

// UnmarshalJSON leaves out what is no text.
func (t *Texts) UnmarshalJSON(data []byte) error {
	*t = nil
	var list []json.RawMessage
	if codec.Decode(data, &list) != nil {
		list = []json.RawMessage{data}
	}
	for _, element := range list {
		var text Text
		var fields map[string]Text
		if len(element) > 0 && element[0] == '{' && codec.Decode(element, &fields) == nil {
			for _, name := range []string{"name", "number", "emailAddress", "value"} {
				if text == "" {
					text = fields[name]
				}
			}
		} else {
			_ = text.UnmarshalJSON(element) // it has no error
		}
		if text != "" {
			*t = append(*t, string(text))
		}
	}
	return nil
}
