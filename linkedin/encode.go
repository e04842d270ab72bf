package linkedin

import (
	"fmt"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/restli"
)

// Param is a query parameter, or a field of a record or of a compound key. Its value is a string, bool, int, int64, []string,
// a URN or another encoding.TextMarshaler, [Params] for a record, []any for a list, or, for a query parameter alone,
// [RawValue].
type Param struct {
	// Name is its name.
	Name string
	// Value is what it says.
	Value any
}

// Params are the parameters of a query, or the fields of a record or of a compound key, in the order in which they are
// written.
type Params []Param

// RawValue is a query parameter's value with a syntax of its own, such as fields=id,name. Only what cannot stand in a query
// is escaped.
type RawValue string

// Query writes a query for the RawQuery of an api.Request, in the protocol: for endpoints that no service has, by pronet's
// Client.Do. In protocol 2.0 a request must name the protocol with the header field X-RestLi-Protocol-Version: 2.0.0.
//
// The error is [api.ErrInvalid], for a value of another type, a name that comes twice, and what protocol 1.0 cannot write.
func (p Protocol) Query(params ...Param) (string, error) {
	text, err := restli.Protocol(p).Query(record(params))
	return text, invalid(err)
}

// PathKey writes a key, a value or [Params] for a compound one, as a segment of an EncodedPath. The error is that of Query.
func (p Protocol) PathKey(key any) (string, error) {
	text, err := restli.Protocol(p).Segment(plain(key))
	return text, invalid(err)
}

// BodyKey writes a key as the name of a field of a body, such as an entity of a batch. The error is that of Query.
func (p Protocol) BodyKey(key any) (string, error) {
	text, err := restli.Protocol(p).Text(plain(key))
	return text, invalid(err)
}

// plain is a value in the encoder's types.
func plain(value any) any {
	switch value := value.(type) {
	case Params:
		return record(value)
	case []any:
		list := make(restli.List, len(value))
		for i, element := range value {
			list[i] = plain(element)
		}
		return list
	case RawValue:
		return restli.Raw(value)
	}
	return value
}

func record(params []Param) restli.Record {
	fields := make(restli.Record, len(params))
	for i, param := range params {
		fields[i] = restli.Field{Name: param.Name, Value: plain(param.Value)}
	}
	return fields
}

func invalid(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("linkedin: %w: %w", api.ErrInvalid, err)
}
