package members

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"time"

	"github.com/pronet-go/pronet/internal/codec"
	"github.com/pronet-go/pronet/internal/linkedinapi"
	"github.com/pronet-go/pronet/linkedin/urn"
)

// Member is a member of LinkedIn, with what the call asked for and the token's permissions allow. Texts are in the locale
// that the member prefers; where that is missing, as LinkedIn resolves them, or in the first locale there is.
type Member struct {
	// ID is the member's id, which differs from app to app.
	ID string
	// FirstName, LastName, MaidenName and Headline are the member's.
	FirstName, LastName, MaidenName, Headline string
	// VanityName is the end of the public profile's address.
	VanityName string
	// Picture is the profile picture, and Background the one behind it.
	Picture, Background Picture
	// Positions are where the member works and worked, the newest first.
	Positions []Position
	// Educations are where the member learns and learned, the newest first.
	Educations []Education
	// Localized are the localized fields in all locales, by LinkedIn's name of the field, such as "firstName".
	Localized map[string]Localized
	// Raw is the response's JSON, with what has no field here.
	Raw json.RawMessage
}

// URN is the member's URN, as author of a post and as a key of other calls; zero without an ID.
func (m *Member) URN() urn.URN {
	if m == nil {
		return urn.URN{}
	}
	u, _ := urn.New("person", m.ID) // the zero URN when there is no ID
	return u
}

// UnmarshalJSON decodes a member in LinkedIn's form, or in the one that document 002 prints, and keeps its JSON. What is
// in another form is left zero.
func (m *Member) UnmarshalJSON(data []byte) error {
	var fields map[string]json.RawMessage
	if err := codec.Decode(data, &fields); err != nil {
		return err
	}
	l := readLocalized(fields)
	*m = Member{
		ID: l.plain("id"), FirstName: l.text("firstName"), LastName: l.text("lastName"), MaidenName: l.text("maidenName"),
		Headline: l.text("headline"), VanityName: l.plain("vanityName"), Localized: l.all, Raw: bytes.Clone(data),
	}
	_ = m.Picture.UnmarshalJSON(fields["profilePicture"])
	_ = m.Background.UnmarshalJSON(fields["backgroundPicture"])
	m.Positions = readEntries[Position](fields["positions"])
	slices.SortStableFunc(m.Positions, func(a, b Position) int { return b.Start.compare(a.Start) })
	m.Educations = readEntries[Education](fields["educations"])
	slices.SortStableFunc(m.Educations, func(a, b Education) int { return b.Start.compare(a.Start) })
	return nil
}

// readEntries reads a map by id, which is put in order, a list, or a list in "values". Entries in another form are left out.
func readEntries[T any](raw json.RawMessage) (entries []T) {
	var list []json.RawMessage
	if codec.Decode(raw, &list) != nil {
		var byID map[string]json.RawMessage
		if codec.Decode(raw, &byID) != nil {
			return nil
		}
		if codec.Decode(byID["values"], &list) != nil {
			ids := make([]string, 0, len(byID))
			for id := range byID {
				ids = append(ids, id)
			}
			slices.SortFunc(ids, func(a, b string) int { return cmp.Or(len(b)-len(a), cmp.Compare(b, a)) }) // a number that is greater is newer
			for _, id := range ids {
				list = append(list, byID[id])
			}
		}
	}
	for _, element := range list {
		var entry T
		if len(element) > 0 && element[0] == '{' && codec.Decode(element, &entry) == nil {
			entries = append(entries, entry)
		}
	}
	return entries
}

// MonthYear is a month of a year; either may be 0 when it is not stated.
type MonthYear struct {
	// Month is 1 to 12.
	Month int `json:"month,omitempty"`
	// Year is such as 2026.
	Year int `json:"year,omitempty"`
}

func (m MonthYear) compare(other MonthYear) int {
	return cmp.Or(cmp.Compare(m.Year, other.Year), cmp.Compare(m.Month, other.Month))
}

func readMonthYear(raw json.RawMessage) MonthYear {
	var read struct {
		Month linkedinapi.Number `json:"month"`
		Year  linkedinapi.Number `json:"year"`
	}
	if codec.Decode(raw, &read) != nil {
		return MonthYear{}
	}
	if read.Year < 0 || read.Year > 9999 || read.Month < 0 || read.Month > 12 {
		return MonthYear{}
	}
	return MonthYear{Month: int(read.Month), Year: int(read.Year)}
}

// Position is where a member works or worked.
type Position struct {
	// ID is its number.
	ID string
	// Company is the company's URN, zero when it has no page.
	Company urn.URN
	// CompanyName, Title, Description and LocationName are texts as those of a [Member].
	CompanyName, Title, Description, LocationName string
	// Start and End are when it began and ended; End is zero of one that goes on.
	Start, End MonthYear
	// Created is when it was entered, zero when not stated.
	Created time.Time
	// Localized are the localized fields in all locales.
	Localized map[string]Localized
	// Raw is the response's JSON, with what has no field here.
	Raw json.RawMessage
}

// UnmarshalJSON decodes a position and keeps its JSON. What is in another form than is known is left zero.
func (p *Position) UnmarshalJSON(data []byte) error {
	var fields map[string]json.RawMessage
	if err := codec.Decode(data, &fields); err != nil {
		return err
	}
	l := readLocalized(fields)
	*p = Position{
		ID: l.plain("id"), CompanyName: l.text("companyName"), Title: l.text("title"), Description: l.text("description"), LocationName: l.text("locationName"),
		Start: readMonthYear(fields["startMonthYear"]), End: readMonthYear(fields["endMonthYear"]), Localized: l.all, Raw: bytes.Clone(data),
	}
	p.Company, _ = urn.Parse(l.plain("company"))
	var created linkedinapi.Number
	_ = created.UnmarshalJSON(fields["created"])
	p.Created = linkedinapi.Time(created)
	return nil
}

// Education is where a member learns or learned.
type Education struct {
	// ID is its number.
	ID string
	// SchoolName and Degree are texts as those of a [Member].
	SchoolName, Degree string
	// Start and End are when it began and ended.
	Start, End MonthYear
	// Localized are the localized fields in all locales.
	Localized map[string]Localized
	// Raw is the response's JSON, with what has no field here.
	Raw json.RawMessage
}

// UnmarshalJSON decodes an education, whose degree LinkedIn calls degreeName and document 002 degree, and keeps its JSON.
func (e *Education) UnmarshalJSON(data []byte) error {
	var fields map[string]json.RawMessage
	if err := codec.Decode(data, &fields); err != nil {
		return err
	}
	l := readLocalized(fields)
	*e = Education{
		ID: l.plain("id"), SchoolName: l.text("schoolName"), Degree: cmp.Or(l.text("degreeName"), l.text("degree")),
		Start: readMonthYear(fields["startMonthYear"]), End: readMonthYear(fields["endMonthYear"]), Localized: l.all, Raw: bytes.Clone(data),
	}
	return nil
}

// Picture is a picture of a profile.
type Picture struct {
	// Asset is the picture's URN, such as urn:li:digitalmediaAsset:abc.
	Asset urn.URN
	// Images are the files there are of it, if the projection asked for them: see [WithPicture].
	Images []Image
	// Err says why LinkedIn did not give the images although it was asked, in a response that is otherwise whole: it is of
	// the kind that its status is, and linkedin.DetailsOf reads what it says. It is nil otherwise.
	Err error
	// Raw is the response's JSON, with what has no field here.
	Raw json.RawMessage
}

// Image is one file of a picture.
type Image struct {
	// URL is its address.
	URL string
	// MediaType is such as image/jpeg.
	MediaType string
	// Width and Height are in pixels, 0 when not stated.
	Width, Height int
	// Expires is when the address ends, zero when not stated.
	Expires time.Time
}

// UnmarshalJSON decodes a picture and keeps its JSON. What is in another form than is known is left zero.
func (p *Picture) UnmarshalJSON(data []byte) error {
	*p = Picture{}
	var fields map[string]json.RawMessage
	if codec.Decode(data, &fields) != nil {
		return nil //nolint:nilerr // one odd field must not hide the rest of a member
	}
	p.Raw = bytes.Clone(data)
	var asset linkedinapi.Text
	_ = asset.UnmarshalJSON(fields["displayImage"])
	p.Asset, _ = urn.Parse(string(asset))
	p.Images = readImages(fields["displayImage~"])
	if failed := fields["displayImage!"]; failed != nil {
		p.Err = linkedinapi.ElementError(&opPicture, failed)
	}
	return nil
}

func readImages(raw json.RawMessage) (images []Image) {
	var streams struct {
		Elements []json.RawMessage `json:"elements"`
	}
	if codec.Decode(raw, &streams) != nil {
		return nil
	}
	for _, element := range streams.Elements {
		var artifact struct {
			Data struct {
				Still struct {
					Size struct {
						Width  linkedinapi.Number `json:"width"`
						Height linkedinapi.Number `json:"height"`
					} `json:"displaySize"`
				} `json:"com.linkedin.digitalmedia.mediaartifact.StillImage"`
			} `json:"data"`
			Identifiers []struct {
				Identifier linkedinapi.Text   `json:"identifier"`
				MediaType  linkedinapi.Text   `json:"mediaType"`
				Expires    linkedinapi.Number `json:"identifierExpiresInSeconds"`
			} `json:"identifiers"`
		}
		if codec.Decode(element, &artifact) != nil {
			continue
		}
		for _, file := range artifact.Identifiers {
			image := Image{URL: string(file.Identifier), MediaType: string(file.MediaType)}
			size := artifact.Data.Still.Size
			image.Width, image.Height = int(min(max(size.Width, 0), 1<<20)), int(min(max(size.Height, 0), 1<<20))
			image.Expires = linkedinapi.Time(min(max(file.Expires, 0), 1<<40) * 1_000) // a point in time, in seconds, in spite of its name
			if image.URL != "" {
				images = append(images, image)
			}
		}
	}
	return images
}
