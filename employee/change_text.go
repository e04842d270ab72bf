package employee

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/go-json-experiment/json/jsontext"
)

// Kind is [KindFirstSeen].
func (FirstSeen) Kind() ChangeKind { return KindFirstSeen }

// Paths is empty.
func (FirstSeen) Paths() []string { return nil }

// String is such as "Jane Doe: seen for the first time".
func (c FirstSeen) String() string { return c.says("seen for the first time") }

// Kind is [KindPositionStarted].
func (PositionStarted) Kind() ChangeKind { return KindPositionStarted }

// Paths is the row.
func (c PositionStarted) Paths() []string { return []string{c.Position.Path} }

// String is such as "Jane Doe: started as Director at B".
func (c PositionStarted) String() string { return c.says("started as " + c.Position.String()) }

// Kind is [KindPositionEnded].
func (PositionEnded) Kind() ChangeKind { return KindPositionEnded }

// Paths are the fields that show the end.
func (c PositionEnded) Paths() []string { return slices.Clone(c.ends) }

// String is such as "Jane Doe: is no longer Advisor at A".
func (c PositionEnded) String() string { return c.says("is no longer " + c.Position.String()) }

// Kind is [KindLeftCompany].
func (LeftCompany) Kind() ChangeKind { return KindLeftCompany }

// Paths are the fields that show the end.
func (c LeftCompany) Paths() []string { return slices.Clone(c.ends) }

// String is such as "Jane Doe: left A (was Sales Manager)".
func (c LeftCompany) String() string {
	text := "left " + cmp.Or(legible(c.Position.Company), unnamedCompany)
	if title := legible(c.Position.Title); title != "" {
		text += " (was " + title + ")"
	}
	return c.says(text)
}

// Kind is [KindPositionRemoved].
func (PositionRemoved) Kind() ChangeKind { return KindPositionRemoved }

// Paths is the row of the old record.
func (c PositionRemoved) Paths() []string { return []string{c.Position.Path} }

// String is such as "Jane Doe: does not show Intern at A any more".
func (c PositionRemoved) String() string {
	return c.says("does not show " + c.Position.String() + " any more")
}

// Kind is [KindJobChanged].
func (JobChanged) Kind() ChangeKind { return KindJobChanged }

// Paths are the row that began and what shows that the other one is over.
func (c JobChanged) Paths() []string { return joined(c.To.Path, c.ends) }

// String is such as "Jane Doe: Sales Manager at A -> Director at B".
func (c JobChanged) String() string { return c.says(c.From.String() + " -> " + c.To.String()) }

// Kind is [KindPromoted].
func (Promoted) Kind() ChangeKind { return KindPromoted }

// Paths are the fields that the new title shows in, or the row with it and what shows that the former one is over.
func (c Promoted) Paths() []string { return slices.Clone(c.rests) }

// String is such as "Jane Doe: promoted at A, Sales Manager -> Director".
func (c Promoted) String() string { return c.says("promoted" + titles(c.From, c.To)) }

// Kind is [KindTitleChanged].
func (TitleChanged) Kind() ChangeKind { return KindTitleChanged }

// Paths are the fields that the new title shows in, or the row with it and what shows that the former one is over.
func (c TitleChanged) Paths() []string { return slices.Clone(c.rests) }

// String is such as "Jane Doe: new title at A, Sales Manager -> Account Manager".
func (c TitleChanged) String() string { return c.says("new title" + titles(c.From, c.To)) }

// Kind is [KindNameChanged].
func (NameChanged) Kind() ChangeKind { return KindNameChanged }

// Paths are the fields of the name that differ.
func (c NameChanged) Paths() []string { return slices.Clone(c.rests) }

// String is such as "Jane Roe: name was Jane Doe".
func (c NameChanged) String() string { return c.says("name was " + quotedOr(c.Old, "not known")) }

// Kind is [KindHeadlineChanged].
func (HeadlineChanged) Kind() ChangeKind { return KindHeadlineChanged }

// Paths are the fields of the headline that differ.
func (c HeadlineChanged) Paths() []string { return slices.Clone(c.rests) }

// String is such as "Jane Doe: headline Selling A -> Building B".
func (c HeadlineChanged) String() string { return c.says("headline" + fromTo(c.Old, c.New)) }

// Kind is [KindLocationChanged].
func (LocationChanged) Kind() ChangeKind { return KindLocationChanged }

// Paths are the fields of the place that differ.
func (c LocationChanged) Paths() []string { return slices.Clone(c.rests) }

// String is such as "Jane Doe: location Berlin, Germany -> Vienna, Austria".
func (c LocationChanged) String() string { return c.says("location" + fromTo(c.Old, c.New)) }

// Kind is [KindEducationAdded].
func (EducationAdded) Kind() ChangeKind { return KindEducationAdded }

// Paths is the row.
func (c EducationAdded) Paths() []string { return []string{c.School.Path} }

// String is such as "Jane Doe: education added, MBA at Example University".
func (c EducationAdded) String() string {
	name, program := legible(c.School.Name), legible(c.School.Program)
	switch {
	case name != "" && program != "":
		return c.says("education added, " + program + " at " + name)
	case name+program != "":
		return c.says("education added, " + name + program)
	}
	return c.says("education added")
}

// Kind is [KindFieldChanged].
func (FieldChanged) Kind() ChangeKind { return KindFieldChanged }

// Paths are Path and Also.
func (c FieldChanged) Paths() []string { return joined(c.Path, c.Also) }

// String is such as `Jane Doe: summary "Sells A." -> "Builds B."`. Of a row it has the first texts, as in
// `Jane Doe: languages[1] is now "German", "Fluent"`.
func (c FieldChanged) String() string {
	path := legible(c.Path)
	switch {
	case c.Old == nil:
		return c.says(path + " is now " + c.brief(c.New))
	case c.New == nil:
		return c.says(path + " is gone, was " + c.brief(c.Old))
	}
	return c.says(path + " " + c.brief(c.Old) + " -> " + c.brief(c.New))
}

func (c FieldChanged) brief(value json.RawMessage) string {
	if strings.HasSuffix(c.Path, "]") && jsontext.Value(value).Kind() == '{' {
		if texts := textsOf(value, 0); len(texts) > 0 {
			return legible(strings.Join(texts, ", "))
		}
	}
	return legible(string(value))
}

// textsOf are the first texts of an object that are neither upkeep nor addresses, in quotes.
func textsOf(object []byte, depth int) (texts []string) {
	const most, deepest = 3, 2
	passed := recordPlan{volatile: append(VolatileFields(), "id", "*_id")}
	dec := jsontext.NewDecoder(bytes.NewReader(object), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if _, err := dec.ReadToken(); err != nil {
		return nil
	}
	for len(texts) < most && dec.PeekKind() == '"' {
		name, err := dec.ReadToken()
		if err != nil {
			return texts
		}
		called := name.String()
		value, err := dec.ReadValue()
		switch {
		case err != nil:
			return texts
		case passed.isVolatile(called) || isAddress(called):
		case value.Kind() == '"' && len(value) > len(`""`):
			texts = append(texts, string(value))
		case value.Kind() == '{' && depth < deepest:
			texts = append(texts, textsOf(value, depth+1)...)
		}
	}
	return texts[:min(len(texts), most)]
}

// Kind is [KindPromisedChange].
func (PromisedChange) Kind() ChangeKind { return KindPromisedChange }

// Paths is the field.
func (c PromisedChange) Paths() []string { return []string{c.Field} }

// String is such as "Jane Doe: skills changed by the notice, but not in the record".
func (c PromisedChange) String() string {
	return c.says(legible(c.Field) + " changed by the notice, but not in the record")
}

// Kind is [KindProfileHidden].
func (ProfileHidden) Kind() ChangeKind { return KindProfileHidden }

// Paths is empty: the name of the field depends on the dataset.
func (ProfileHidden) Paths() []string { return nil }

// String is such as "Jane Doe: the profile is hidden for privacy".
func (c ProfileHidden) String() string { return c.says("the profile is hidden for privacy") }

// Kind is [KindProfileShown].
func (ProfileShown) Kind() ChangeKind { return KindProfileShown }

// Paths is empty: the name of the field depends on the dataset.
func (ProfileShown) Paths() []string { return nil }

// String is such as "Jane Doe: the profile is there again".
func (c ProfileShown) String() string { return c.says("the profile is there again") }

// Kind is [KindProfileDeleted].
func (ProfileDeleted) Kind() ChangeKind { return KindProfileDeleted }

// Paths is empty: the name of the field depends on the dataset.
func (ProfileDeleted) Paths() []string { return nil }

// String is such as "Jane Doe: the profile is deleted".
func (c ProfileDeleted) String() string { return c.says("the profile is deleted") }

// Kind is [KindProfileMerged].
func (ProfileMerged) Kind() ChangeKind { return KindProfileMerged }

// Paths is empty: the name of the field depends on the dataset.
func (ProfileMerged) Paths() []string { return nil }

// String is such as "Jane Doe: the profile is part of 1234 now".
func (c ProfileMerged) String() string {
	return c.says("the profile is part of " + strconv.FormatInt(c.Into, 10) + " now")
}

// Kind is [KindProfileGone].
func (ProfileGone) Kind() ChangeKind { return KindProfileGone }

// Paths is empty.
func (ProfileGone) Paths() []string { return nil }

// String is such as "Jane Doe: the provider does not know the profile any more".
func (c ProfileGone) String() string {
	return c.says("the provider does not know the profile any more")
}

// String is the name or, without one, such as "employee 1234".
func (p Person) String() string {
	return cmp.Or(legible(p.Name), "employee "+strconv.FormatInt(p.ID, 10))
}

func (p Person) says(text string) string { return p.String() + ": " + text }

const (
	unnamedCompany = "a company without a name"
	unnamedTitle   = "a position without a title"
)

// String is such as "Director at B".
func (p Position) String() string {
	title, company := legible(p.Title), legible(p.Company)
	switch {
	case company == "":
		return cmp.Or(title, unnamedTitle)
	case title == "":
		return unnamedTitle + " at " + company
	}
	return title + " at " + company
}

func titles(from, to Position) string {
	text := ", " + cmp.Or(legible(from.Title), unnamedTitle) + " -> " + cmp.Or(legible(to.Title), unnamedTitle)
	if company := cmp.Or(legible(to.Company), legible(from.Company)); company != "" {
		return " at " + company + text
	}
	return text
}

func fromTo(old, now string) string {
	switch old, now = legible(old), legible(now); {
	case old == "":
		return " is now " + now
	case now == "":
		return " is gone, was " + old
	default:
		return " " + old + " -> " + now
	}
}

func quotedOr(text, instead string) string { return cmp.Or(legible(text), instead) }

func joined(path string, more []string) []string {
	return append([]string{path}, slices.DeleteFunc(slices.Clone(more), func(p string) bool { return p == path })...)
}

const maxLegible = 120 // characters of a text in a line for people

// legible is a text of others in one line, cut, without what a terminal obeys or hides.
func legible(text string) string {
	short, n := len(text), 0
	for i := range text {
		if n++; n > maxLegible {
			short = i
			break
		}
	}
	cut := text[:short]
	if strings.IndexFunc(cut, func(r rune) bool { return r != ' ' && !unicode.IsGraphic(r) || r == unicode.ReplacementChar }) >= 0 {
		cut = strings.Map(func(r rune) rune {
			switch {
			case unicode.IsSpace(r):
				return ' '
			case !unicode.IsGraphic(r):
				return unicode.ReplacementChar
			}
			return r
		}, cut)
	}
	if cut = strings.TrimSpace(cut); short < len(text) {
		cut += "..."
	}
	return cut
}

// compact is a value of JSON as it stands in a change: nil for nothing.
func compact(value []byte) json.RawMessage {
	switch string(value) {
	case "", "null", `""`, "[]", "{}":
		return nil
	}
	return value
}
