package subscriptions

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/employee"
)

// restrictions are the fields that a subscription does not allow, in a filter and in a query.
type restrictions struct{ filter, query []string }

// ForbiddenFieldsError reports a filter or query with fields that a subscription does not allow. Nothing was sent.
// errors.Is finds api.ErrInvalid.
type ForbiddenFieldsError struct {
	// Uses are the fields, each with the place where it stands.
	Uses []employee.FieldUse
}

// Error names each field and its place.
func (e *ForbiddenFieldsError) Error() string {
	var b strings.Builder
	b.WriteString("not allowed in a subscription:")
	for i, use := range e.Uses {
		if i == 20 {
			fmt.Fprintf(&b, " and %d more", len(e.Uses)-i)
			break
		}
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, " %.100q at %.200s", use.Field, use.Path)
	}
	b.WriteString(" (Options.SkipFieldCheck sends it all the same)")
	return b.String()
}

// Unwrap returns api.ErrInvalid.
func (e *ForbiddenFieldsError) Unwrap() error { return api.ErrInvalid }

// checkFilter looks for forbidden filters in an encoded filter, typed or extra.
func (r restrictions) checkFilter(encoded []byte) error {
	uses, err := employee.FilterFields(encoded)
	if err != nil {
		return err
	}
	return forbid(uses, r.filter)
}

// checkQuery looks for forbidden fields wherever they stand in an encoded query.
func (r restrictions) checkQuery(encoded []byte) error {
	uses, err := employee.QueryFields(encoded)
	if err != nil {
		return err
	}
	return forbid(uses, r.query)
}

func forbid(uses []employee.FieldUse, fields []string) error {
	var found []employee.FieldUse
	for _, use := range uses {
		if slices.ContainsFunc(fields, use.Uses) {
			found = append(found, use)
		}
	}
	if found == nil {
		return nil
	}
	return &ForbiddenFieldsError{Uses: found}
}
