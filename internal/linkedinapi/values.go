package linkedinapi

import (
	"encoding/json"
	"time"

	"github.com/pronet-go/pronet/internal/codec"
)

const lastStamp = 253_402_300_799_999 // the end of the year 9999

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
	if ms > 0 && ms <= lastStamp {
		s.Time = time.UnixMilli(int64(ms)).UTC()
	}
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
