package webhook

import "encoding/json"

const (
	// maxTrace bounds the names and values of a [Trace] together, in bytes: a traceparent, and a tracestate of the length
	// that all systems must pass on.
	maxTrace = 1024
	// maxTraceNames bounds its names.
	maxTraceNames = 8
)

// Trace is the context of a trace as W3C Trace Context writes it: traceparent and tracestate. It goes with a [Delivery]
// through a spool or a queue, and to no provider. At most eight names, with their values a kilobyte of printable ASCII,
// are kept: more than that, and whatever else is read back, is taken for no trace, since a delivery must not be lost for
// it.
type Trace map[string]string

// Bounded returns the trace if it is one that is kept, and else nil.
func (t Trace) Bounded() Trace {
	if len(t) == 0 || len(t) > maxTraceNames {
		return nil
	}
	size := 0
	for name, value := range t {
		if size += len(name) + len(value); size > maxTrace || !isPrintable(name) || !isPrintable(value) {
			return nil
		}
	}
	return t
}

// UnmarshalJSON implements [json.Unmarshaler]. What is no trace becomes nil, without an error.
func (t *Trace) UnmarshalJSON(text []byte) error {
	*t = nil
	var values map[string]string
	if len(text) <= 6*maxTrace+256 && json.Unmarshal(text, &values) == nil { // of a character, JSON makes six at most
		*t = Trace(values).Bounded()
	}
	return nil
}

// isPrintable reports whether a text is printable ASCII.
func isPrintable(text string) bool {
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return false
		}
	}
	return true
}
