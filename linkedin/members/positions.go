package members

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/linkedinapi"
	"github.com/pronet-go/pronet/internal/wire"
	"github.com/pronet-go/pronet/linkedin/urn"
)

// PositionEdit is what is written of a position. Fields that are zero are not sent.
type PositionEdit struct {
	// Company is the company's URN, such as urn:li:organization:1337, if it has a page.
	Company urn.URN
	// CompanyName, Title, Description and LocationName are texts: see [Text]. An update replaces all locales of a text.
	CompanyName, Title, Description, LocationName Localized
	// Country is a country's code, such as "us", and Region LinkedIn's code of a region in it, 0 for none.
	Country string
	Region  int
	// Start and End are when it began and ended.
	Start, End MonthYear
	// More are further fields by LinkedIn's names, of which no field is above.
	More map[string]any
	// Delete names fields that an update removes, such as "endMonthYear". It is not for a new position.
	Delete []string
}

var (
	errNoFields   = errors.New("nothing is to be written")
	errTexts      = errors.New("a text needs a preferred locale, and the text in it: see Text")
	errMonth      = errors.New("a month is 1 to 12, of a year")
	errMore       = errors.New("a name in More or Delete is that of a field above, of another one, or none")
	errNewDelete  = errors.New("a new position has nothing to delete")
	errPositionID = errors.New("the position's id is a number")
)

// fields are those that are sent.
func (p *PositionEdit) fields() (map[string]any, error) {
	fields := maps.Clone(p.More)
	if fields == nil {
		fields = make(map[string]any)
	}
	own := make(map[string]any)
	if !p.Company.IsZero() {
		own["company"] = p.Company
	}
	for name, text := range map[string]Localized{"companyName": p.CompanyName, "title": p.Title, "description": p.Description, "locationName": p.LocationName} {
		switch {
		case text.Texts == nil:
		case !text.check():
			return nil, errTexts
		default:
			own[name] = text.encode(name == "description")
		}
	}
	if p.Country != "" {
		location := map[string]any{"countryCode": p.Country}
		if p.Region != 0 {
			location["regionCode"] = p.Region
		}
		own["location"] = location
	}
	for name, month := range map[string]MonthYear{"startMonthYear": p.Start, "endMonthYear": p.End} {
		switch {
		case month == MonthYear{}:
		case month.Year < 1 || month.Year > 9999 || month.Month < 0 || month.Month > 12:
			return nil, errMonth
		default:
			own[name] = month
		}
	}
	for name, value := range own {
		if _, twice := fields[name]; twice {
			return nil, errMore
		}
		fields[name] = value
	}
	for i, name := range p.Delete {
		_, set := fields[name]
		if name == "" || set || slices.Contains(p.Delete[:i], name) {
			return nil, errMore
		}
	}
	if len(fields)+len(p.Delete) == 0 {
		return nil, errNoFields
	}
	return fields, nil
}

// CreatePosition adds a position to a member's profile and returns its id, "" when LinkedIn tells none.
//
// It needs w_compliance, a closed permission. When the response was lost, the error is [api.ErrMaybeApplied].
//
// Source: LinkedIn's page "Profile Edit API - Positions".
func (s *Service) CreatePosition(ctx context.Context, person urn.URN, p PositionEdit, options ...api.CallOption) (id string, err error) {
	s = linkedinapi.Made(s)
	if err := s.caller.Ready(ctx, s.createPosition); err != nil {
		return "", err
	}
	op := s.createPosition.Op
	if err := checkPerson(op, person); err != nil {
		return "", err
	}
	fields, err := p.fields()
	if err == nil && len(p.Delete) > 0 {
		err = errNewDelete
	}
	if err != nil {
		return "", wire.Refuse(op, err)
	}
	call, err := s.caller.At(ctx, s.createPosition, nil, options, keyOf(person))
	if err != nil {
		return "", err
	}
	response, err := s.caller.Send(ctx, call, "", fields)
	if err != nil {
		return "", err
	}
	return linkedinapi.CreatedID(response.Header), nil
}

// UpdatePosition changes the fields of a position that are set in p, and removes those that its Delete names.
//
// It needs w_compliance, a closed permission. Retries do no harm: the fields are set to the same values.
//
// Source: LinkedIn's page "Profile Edit API - Positions".
func (s *Service) UpdatePosition(ctx context.Context, person urn.URN, id string, p PositionEdit, options ...api.CallOption) error {
	s = linkedinapi.Made(s)
	if err := s.caller.Ready(ctx, s.updatePosition); err != nil {
		return err
	}
	if err := checkPosition(s.updatePosition.Op, person, id); err != nil {
		return err
	}
	fields, err := p.fields()
	if err != nil {
		return wire.Refuse(s.updatePosition.Op, err)
	}
	patch := map[string]any{}
	if len(fields) > 0 {
		patch["$set"] = fields
	}
	if len(p.Delete) > 0 {
		patch["$delete"] = p.Delete
	}
	call, err := s.caller.At(ctx, s.updatePosition, nil, options, keyOf(person), id)
	if err != nil {
		return err
	}
	_, err = s.caller.Send(ctx, call, "PARTIAL_UPDATE", map[string]any{"patch": patch})
	return err
}

// DeletePosition removes a position from a member's profile. One that is not there is [api.ErrNotFound], unless this very call
// was sent more than once: an earlier attempt whose response was lost may have removed it.
//
// It needs w_compliance, a closed permission.
//
// Source: LinkedIn's page "Profile Edit API - Positions".
func (s *Service) DeletePosition(ctx context.Context, person urn.URN, id string, options ...api.CallOption) error {
	s = linkedinapi.Made(s)
	if err := s.caller.Ready(ctx, s.deletePosition); err != nil {
		return err
	}
	if err := checkPosition(s.deletePosition.Op, person, id); err != nil {
		return err
	}
	call, err := s.caller.At(ctx, s.deletePosition, nil, options, keyOf(person), id)
	if err != nil {
		return err
	}
	_, err = s.caller.Send(ctx, call, "", nil)
	return linkedinapi.Deleted(err)
}

func checkPosition(op *wire.Op, person urn.URN, id string) error {
	if err := checkPerson(op, person); err != nil {
		return err
	}
	if id == "" || len(id) > 20 || strings.Trim(id, "0123456789") != "" {
		return wire.Refuse(op, errPositionID)
	}
	return nil
}
