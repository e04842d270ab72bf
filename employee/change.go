package employee

import (
	"encoding/json"
)

// Change is one difference between two records of a profile, as [Changes] tells it: one of the types [FirstSeen],
// [PositionStarted], [PositionEnded], [PositionRemoved], [JobChanged], [Promoted], [TitleChanged], [LeftCompany],
// [NameChanged], [HeadlineChanged], [LocationChanged], [EducationAdded], [FieldChanged], [PromisedChange],
// [ProfileHidden], [ProfileShown], [ProfileDeleted], [ProfileMerged] and [ProfileGone]. They are values, not pointers:
//
//	switch c := change.(type) {
//	case employee.JobChanged:
//		fmt.Println(c.Person.Name, "went from", c.From.Company, "to", c.To.Company)
//	}
type Change interface {
	// Kind is a name that stays as it is, for filters, columns and metrics.
	Kind() ChangeKind
	// Who is the person that the change is about.
	Who() Person
	// Paths are the fields that the change rests on, such as "headline" and "experience[0].title", without those that
	// follow from them. Rows are counted as in the new record, and those that it does not have any more as in the old one.
	// It is empty for what rests on no field.
	Paths() []string
	// String is the change as a person reads it, such as "Jane Doe: Sales Manager at A -> Director at B", in one line.
	// What the profile's owner wrote is cut to 120 characters each, and what a terminal obeys is replaced.
	String() string

	told()
}

// ChangeKind names a type of [Change].
type ChangeKind string

// The kinds of changes, one for each type.
const (
	KindFirstSeen       ChangeKind = "first_seen"
	KindPositionStarted ChangeKind = "position_started"
	KindPositionEnded   ChangeKind = "position_ended"
	KindPositionRemoved ChangeKind = "position_removed"
	KindJobChanged      ChangeKind = "job_changed"
	KindPromoted        ChangeKind = "promoted"
	KindTitleChanged    ChangeKind = "title_changed"
	KindLeftCompany     ChangeKind = "left_company"
	KindNameChanged     ChangeKind = "name_changed"
	KindHeadlineChanged ChangeKind = "headline_changed"
	KindLocationChanged ChangeKind = "location_changed"
	KindEducationAdded  ChangeKind = "education_added"
	KindFieldChanged    ChangeKind = "field_changed"
	KindPromisedChange  ChangeKind = "promised_change"
	KindProfileHidden   ChangeKind = "profile_hidden"
	KindProfileShown    ChangeKind = "profile_shown"
	KindProfileDeleted  ChangeKind = "profile_deleted"
	KindProfileMerged   ChangeKind = "profile_merged"
	KindProfileGone     ChangeKind = "profile_gone"
)

// Person is whose profile changed.
type Person struct {
	// ID is the number of the profile in its dataset.
	ID int64
	// Name is the full name in the new record or, if it has none, in the old one.
	Name string
}

// Who is the person itself.
func (p Person) Who() Person { return p }

func (Person) told() {}

// Position is a position of a profile, in the same words for all datasets.
type Position struct {
	// Path is the row, such as "experience[0]", in the record that the position was read from.
	Path string
	// Title is the job title.
	Title string
	// Company is the name of the company.
	Company string
	// CompanyID is Coresignal's number for the company, 0 if it is not known.
	CompanyID int64
	// CompanyURL is the address of the company's profile.
	CompanyURL string
	// Department and Level are what the provider says of the position; Base and V1 do not tell.
	Department, Level string
	// Location is the place of work.
	Location string
	// From is when it began.
	From ProfileDate
	// To is when it ended; it is empty for a current position and for an unknown end.
	To ProfileDate
	// Current marks a position that is held now, by what the record's CurrentExperience goes by.
	Current bool
}

// School is a row of a profile's education, in the same words for all datasets.
type School struct {
	// Path is the row, such as "education[0]".
	Path string
	// Name is the name of the school.
	Name string
	// Program is the degree and field of study.
	Program string
	// URL is the address of the school's profile.
	URL string
	// From and To are when it began and ended.
	From, To ProfileDate
}

// FirstSeen is told of a record without a former one.
type FirstSeen struct{ Person }

// PositionStarted is a current position that the old record does not have as one: a new row, or a past one that goes
// on.
type PositionStarted struct {
	Person

	// Position is the position in the new record.
	Position Position
}

// PositionEnded is a position that is not current any more, while another one at the company still is.
type PositionEnded struct {
	Person

	// Position is the position in the new record, with the company of the old one if the new one has lost it.
	Position Position

	ends []string
}

// LeftCompany is told instead of PositionEnded when nothing current is left at the company of the position, and none
// began without a word about its company.
type LeftCompany struct {
	Person

	// Position is the position in the new record, with the company of the old one if the new one has lost it.
	Position Position

	ends []string
}

// PositionRemoved is a position, current or past, that the profile does not show any more. That is no end: the person
// may hold it still.
type PositionRemoved struct {
	Person

	// Position is the position in the old record.
	Position Position
}

// JobChanged is told instead of the end and the start that it joins: exactly one current position ended or was removed,
// nothing current is left at its company, and exactly one began at another.
type JobChanged struct {
	Person

	// From is the position that ended, with its end if the new record has one; To is the one that began.
	From, To Position

	ends []string
}

// Promoted is a new title in the same company where the level that the record gives rose too. Which level is above
// which is assumed: see [ChangeOptions].
type Promoted struct {
	Person

	// From is the position before, To after.
	From, To Position

	rests []string
}

// TitleChanged is a new title in the same company that is not known to be a promotion.
type TitleChanged struct {
	Person

	// From is the position before, To after.
	From, To Position

	rests []string
}

// NameChanged is a new full name.
type NameChanged struct {
	Person

	// Old and New are the full names.
	Old, New string

	rests []string
}

// HeadlineChanged is a new line under the name.
type HeadlineChanged struct {
	Person

	// Old and New are the headlines.
	Old, New string

	rests []string
}

// LocationChanged is a new place of the person.
type LocationChanged struct {
	Person

	// Old and New are the places as the profile states them; in Clean, the countries.
	Old, New string

	rests []string
}

// EducationAdded is a school or degree that the old record does not have.
type EducationAdded struct {
	Person

	// School is the new row.
	School School
}

// FieldChanged is a difference that has no type of its own, in fields that this package does not know too.
type FieldChanged struct {
	Person

	// Path is the field or row, such as "summary", "languages[1]" or "experience[0].location", counted as [Change].Paths
	// says.
	Path string
	// Old and New are its values as JSON: nil for one that is absent, null or zero. Lists of values are whole. A row that
	// was added has no Old, and one that is gone no New.
	Old, New json.RawMessage
	// Also are further fields that the same difference shows in, such as the same company in another position.
	Also []string
}

// PromisedChange is a field that a notice named and in which the records do not differ, or only in what is not told:
// see [ChangeOptions].Promised. Perhaps the record was collected before, or the change was undone.
type PromisedChange struct {
	Person

	// Field is the name as the notice had it.
	Field string
}

// ProfileHidden is a profile that is hidden for privacy by now. Nothing else is told of it: erase what you have of the
// person; the law may say so.
type ProfileHidden struct{ Person }

// ProfileShown is a profile that was hidden, deleted or merged and is there again.
type ProfileShown struct{ Person }

// ProfileDeleted is a profile that its source does not have any more.
type ProfileDeleted struct{ Person }

// ProfileMerged is a profile that is part of another one by now.
type ProfileMerged struct {
	Person

	// Into is the ID of the profile to be used instead.
	Into int64
}

// ProfileGone is a profile that the provider knows nothing of any more. No record says so: [Changes] never tells it. It
// is for whoever collects records and gets api.ErrNotFound, so that a list of changes can hold it.
type ProfileGone struct{ Person }
