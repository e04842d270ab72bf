package subscriptions

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/internal/fielduse"
)

// restrictions are the fields that a subscription does not allow, in a filter and in a query.
type restrictions struct{ filter, query []string }

var (
	v1Forbidden = restrictions{
		filter: []string{
			"created_at_gte", "created_at_lte", "last_updated_gte", "last_updated_lte", "last_updated_at_gte", "last_updated_at_lte",
			"experience_date_from", "experience_date_to", "education_date_from", "education_date_to",
		},
		query: []string{
			"created", "last_updated",
			"member_education_collection.date_from", "member_education_collection.date_to",
			"member_experience_collection.date_from", "member_experience_collection.date_to",
		},
	}
	baseForbidden = restrictions{
		filter: []string{
			"created_at_gte", "created_at_lte", "updated_at_gte", "updated_at_lte",
			"created_gte", "created_lte", "last_updated_gte", "last_updated_lte", "checked_at_gte", "checked_at_lte",
			"experience_date_from", "experience_date_to", "education_date_from", "education_date_to",
		},
		query: []string{"created", "last_updated", "created_at", "updated_at", "checked_at"},
	}
	cleanForbidden = restrictions{query: []string{"last_updated"}}
)

// ForbiddenFieldsError reports a filter or query with fields that a subscription does not allow. Nothing was sent.
// errors.Is finds api.ErrInvalid.
type ForbiddenFieldsError struct {
	// Fields are the fields, each with the place where it stands.
	Fields []ForbiddenField
}

// ForbiddenField is a field that a filter or query must not use.
type ForbiddenField struct {
	// Name is its name in full, or a pattern with * that matches it.
	Name string
	// Path is where it stands in the JSON, such as "query.bool.must[0].range.created_at".
	Path string
}

// Error names each field and its place.
func (e *ForbiddenFieldsError) Error() string {
	var b strings.Builder
	b.WriteString("not allowed in a subscription:")
	for i, field := range e.Fields {
		if i == 20 {
			fmt.Fprintf(&b, " and %d more", len(e.Fields)-i)
			break
		}
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, " %.100q at %.200s", field.Name, field.Path)
	}
	b.WriteString(" (Options.SkipFieldCheck sends it anyway)")
	return b.String()
}

// Unwrap returns api.ErrInvalid.
func (e *ForbiddenFieldsError) Unwrap() error { return api.ErrInvalid }

// checkFilter looks for forbidden filters in an encoded filter, typed or extra.
func (r restrictions) checkFilter(encoded []byte) error {
	uses, err := fielduse.InFilter(encoded)
	if err != nil {
		return fmt.Errorf("%w: %w", employee.ErrInvalidFilter, err)
	}
	return forbid(uses, r.filter)
}

// checkQuery looks for forbidden fields wherever they stand in an encoded query.
func (r restrictions) checkQuery(encoded []byte) error {
	uses, err := fielduse.InQuery(encoded)
	if err != nil {
		return fmt.Errorf("%w: %w", employee.ErrInvalidQuery, err)
	}
	return forbid(uses, r.query)
}

func forbid(uses []fielduse.Use, fields []string) error {
	var found []ForbiddenField
	for _, use := range uses {
		if slices.ContainsFunc(fields, use.Uses) {
			found = append(found, ForbiddenField{Name: use.Field, Path: use.Path})
		}
	}
	if found == nil {
		return nil
	}
	return &ForbiddenFieldsError{Fields: found}
}
