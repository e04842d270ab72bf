package employee

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strconv"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/codec"
	"github.com/pronet-go/pronet/internal/page"
	"github.com/pronet-go/pronet/internal/record"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
)

// Preview is a row of a search preview: a profile in short. Its fields are those of the previews of Base and
// MultiSource together; a row fills those of its dataset, and the methods read what both have under different names.
// The list of Base is not complete, and of Clean only a few names are known: whatever else a row holds is in
// [Preview.Unknown]. Decode rows with [Decode], one by one.
//
// A field that is null, absent or of an unexpected JSON type is zero.
type Preview struct {
	// ID is Coresignal's number for the profile in its dataset.
	ID int64 `json:"id"`
	// FullName is the full name.
	FullName string `json:"full_name"`
	// Headline is the line under the name.
	Headline string `json:"headline"`
	// ConnectionsCount is the number of connections.
	ConnectionsCount Number `json:"connections_count"`
	// RelevanceScore is how well the profile fits the query. Read [Preview.Score].
	RelevanceScore Decimal `json:"_score"`

	// CompanyName is the name of the company of the present position.
	CompanyName string `json:"company_name"`
	// CompanyWebsite is the company's website.
	CompanyWebsite string `json:"company_website"`
	// CompanyIndustry is the company's industry.
	CompanyIndustry string `json:"company_industry"`

	// ProfileURL is the address of the profile, in Base. Read [Preview.NetworkURL].
	ProfileURL string `json:"profile_url"`
	// Industry is the industry of the person, in Base.
	Industry string `json:"industry"`
	// Location is the place as the profile states it, in Base. Read [Preview.Place].
	Location string `json:"location"`
	// Country is the English name of the country, in Base. Read [Preview.CountryName].
	Country string `json:"country"`
	// FollowerCount is the number of followers, in Base. Read [Preview.Followers].
	FollowerCount Number `json:"follower_count"`
	// ExperienceCount is the number of positions, in Base.
	ExperienceCount Number `json:"experience_count"`
	// CompanyURL is the address of the company's profile, in Base. Read [Preview.CompanyNetworkURL].
	CompanyURL string `json:"company_url"`

	// ProfessionalNetworkURL is the address of the profile, in MultiSource.
	ProfessionalNetworkURL string `json:"professional_network_url"`
	// LocationFull is the place as the profile states it, in MultiSource.
	LocationFull string `json:"location_full"`
	// LocationCountry is the English name of the country, in MultiSource.
	LocationCountry string `json:"location_country"`
	// FollowersCount is the number of followers, in MultiSource.
	FollowersCount Number `json:"followers_count"`
	// ActiveExperienceTitle is the title of the present position, in MultiSource.
	ActiveExperienceTitle string `json:"active_experience_title"`
	// ActiveExperienceDepartment is the department of that position, in MultiSource.
	ActiveExperienceDepartment string `json:"active_experience_department"`
	// ActiveExperienceManagementLevel is the level of that position, in MultiSource.
	ActiveExperienceManagementLevel string `json:"active_experience_management_level"`
	// CompanyProfessionalNetworkURL is the address of the company's profile, in MultiSource.
	CompanyProfessionalNetworkURL string `json:"company_professional_network_url"`
	// CompanyHQFullAddress is the address of the company's headquarters, in MultiSource.
	CompanyHQFullAddress string `json:"company_hq_full_address"`
	// CompanyHQCountry is the English name of their country, in MultiSource.
	CompanyHQCountry string `json:"company_hq_country"`

	// CompanyLinkedInURL is the address of the company's profile, reported of Clean.
	CompanyLinkedInURL string `json:"company_linkedin_url"`

	kept record.Kept
}

// EmployeeID returns the number of the profile, for code that works with the records of any dataset.
func (p *Preview) EmployeeID() int64 { return p.ID }

// Score returns how well the profile fits the query, as Elasticsearch rates it. Scores of two queries do not compare.
// It is not ok if there is none; a score of 0 counts as none.
func (p *Preview) Score() (score float64, ok bool) {
	return float64(p.RelevanceScore), p.RelevanceScore != 0
}

// NetworkURL returns the address of the profile, whichever name it came under.
func (p *Preview) NetworkURL() string { return cmp.Or(p.ProfessionalNetworkURL, p.ProfileURL) }

// CompanyNetworkURL returns the address of the company's profile, whichever name it came under.
func (p *Preview) CompanyNetworkURL() string {
	return cmp.Or(p.CompanyProfessionalNetworkURL, p.CompanyURL, p.CompanyLinkedInURL)
}

// Place returns the place as the profile states it, whichever name it came under.
func (p *Preview) Place() string { return cmp.Or(p.LocationFull, p.Location) }

// CountryName returns the English name of the country, whichever name it came under.
func (p *Preview) CountryName() string { return cmp.Or(p.LocationCountry, p.Country) }

// Followers returns the number of followers, whichever name it came under.
func (p *Preview) Followers() Number { return cmp.Or(p.FollowersCount, p.FollowerCount) }

// Raw is the JSON that the row was decoded from by [Decode], otherwise nil. It must not be changed.
func (p *Preview) Raw() json.RawMessage { return p.kept.Raw() }

// Unknown returns the fields of that JSON that have no place in the type, under their names. It is worked out at each
// call and nil if there are none.
func (p *Preview) Unknown() map[string]json.RawMessage { return p.kept.Unknown(*p) }

// Mismatched returns the paths of the fields of that JSON whose type did not fit and which are therefore zero, at most
// 1,000.
func (p *Preview) Mismatched() []string { return p.kept.Mismatched() }

// Origin is the file and line that the row was read from; it is zero for a row that came from no file.
func (p *Preview) Origin() Origin { return Origin(p.kept.Origin()) }

// MarshalJSON writes the row over the JSON it was decoded from: what was not changed stays as it came. A row that was
// not decoded by [Decode] is written without the fields that are zero.
func (p Preview) MarshalJSON() ([]byte, error) { return p.kept.Merge(p) }

func (p *Preview) keep(kept record.Kept) { p.kept = kept }

const (
	// PreviewPageSize is how many rows a page of a preview has.
	PreviewPageSize = 20
	// MaxPreviewPages is how many pages a preview has at most.
	MaxPreviewPages = 5
)

// PreviewOptions says how far the pages of a preview are walked.
type PreviewOptions struct {
	// Pages is the most pages that are requested; 0 means all that there are, [MaxPreviewPages].
	Pages int
	// Budget is what the pages may spend; nil sets no bound. A page that it does not cover ends the walk with
	// api.ErrBudget.
	Budget *Budget
	// OnPage, if not nil, is called after each page with what it cost, on the caller's goroutine.
	OnPage func(PreviewPage)
}

// PreviewPage is one page that was paid for.
type PreviewPage struct {
	// Number counts from 1.
	Number int
	// Rows is how many rows it has.
	Rows int
	// Cost is its price in credits.
	Cost int64
	// Spent is the price of all pages of this walk so far.
	Spent int64
}

// preview returns one page of the preview of a filter or query.
func (c *core[R]) preview(ctx context.Context, op *wire.Op, search json.Marshaler, number int, options []api.CallOption) ([]Preview, error) {
	encoded, err := c.encode(ctx, op, search)
	if err != nil {
		return nil, err
	}
	return c.previewPage(ctx, op, encoded, number, options)
}

// previews walks the pages of the preview of a filter or query.
func (c *core[R]) previews(ctx context.Context, op *wire.Op, search json.Marshaler, o PreviewOptions, options []api.CallOption) iter.Seq2[Preview, error] {
	encoded, err := c.encode(ctx, op, search)
	if err == nil && o.Pages < 0 {
		err = wire.Refuse(op, errors.New("the number of pages is negative"))
	}
	if err != nil {
		return page.Fail[Preview](err)
	}
	pages := MaxPreviewPages
	if o.Pages > 0 {
		pages = min(o.Pages, MaxPreviewPages)
	}
	if o.Budget == c.budget {
		o.Budget = nil // each page spends out of it already
	}
	return func(yield func(Preview, error) bool) {
		walked := 0
		page.Walk[Preview]{Name: op.Name, List: func(string) (*api.Page[Preview], error) {
			walked++
			if err := o.Budget.Reserve(c.cost); err != nil {
				return nil, fmt.Errorf("%s: %w", op.Name, err)
			}
			rows, err := c.previewPage(ctx, op, encoded, walked, options)
			if !spent(err) {
				o.Budget.Return(c.cost)
			}
			if err != nil {
				return nil, err
			}
			if o.OnPage != nil {
				o.OnPage(PreviewPage{Number: walked, Rows: len(rows), Cost: c.cost, Spent: int64(walked) * c.cost})
			}
			found := &api.Page[Preview]{Items: rows}
			if len(rows) >= PreviewPageSize && walked < pages { // a short page is the last: another one would be paid for nothing
				found.Next = page.NextNumber(int64(walked), len(rows))
			}
			return found, nil
		}}.All()(yield)
	}
}

// previewPage requests one page.
func (c *core[R]) previewPage(ctx context.Context, op *wire.Op, body []byte, number int, options []api.CallOption) ([]Preview, error) {
	if number < 1 || number > MaxPreviewPages {
		return nil, wire.Refuse(op, fmt.Errorf("page %d is not between 1 and %d", number, MaxPreviewPages))
	}
	if err := c.budget.Reserve(c.cost); err != nil {
		return nil, fmt.Errorf("%s: %w", op.Name, err)
	}
	var rows []Preview
	_, err := c.pipeline.Do(ctx, transport.Call{
		Op: op, Query: "page=" + strconv.Itoa(number), Body: transport.Bytes("application/json", body), Options: options,
		Decode: func(response []byte) (err error) {
			rows, err = decodePreviews(c.pipeline.Decoder(), response)
			return err
		},
	})
	if !spent(err) {
		c.budget.Return(c.cost)
	}
	if err != nil {
		return nil, err
	}
	return rows, nil
}

// decodePreviews decodes row by row, so that one that has drifted costs no other.
func decodePreviews(unmarshal codec.Unmarshal, response []byte) ([]Preview, error) {
	var texts []json.RawMessage
	if err := codec.Decode(response, &texts); err != nil {
		return nil, err
	}
	if texts == nil {
		return nil, wire.Plain("the response is null", nil)
	}
	rows := make([]Preview, len(texts))
	for i, text := range texts {
		row, err := DecodeWith[Preview](text, DecodeOptions{Unmarshal: unmarshal})
		if err == nil && row.ID <= 0 && row.FullName == "" {
			err = wire.Plain("a row of the response is a JSON object, but not one of a profile", nil)
		}
		if err != nil {
			return nil, err
		}
		rows[i] = *row
	}
	return rows, nil
}
