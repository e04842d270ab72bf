package employee

import (
	"cmp"
	"reflect"
)

// Changes tells what differs between two records of a profile, of one of the types [BaseRecord], [CleanRecord],
// [MultiSourceRecord] and [V1Record], as a person would put it: each difference once, as the [Change] that says most
// about it, and as a [FieldChanged] where no type says more. The order is always the same: what became of the profile,
// positions, name, headline, place, education, other fields. It is empty for records that differ only in what is not
// told:
//
//   - the order of rows, white space and markup in texts, the case of URLs;
//   - the fields of [VolatileFields], such as counters, times of update and durations;
//   - a date that only got more or less exact, or that was not known before;
//   - rows that are marked as deleted: they are the provider's history and take no part;
//   - a row that was deleted and written again with the same content;
//   - what the provider works out of positions, schools and places, where those tell it already.
//
// Positions are the same by the ID of their row, unless that was given to a position at another company, then by company
// and start; companies by their ID, then by address, then by name without case, punctuation and forms such as "Inc.".
// A position that the record does not show any more, current or past, is a [PositionRemoved], not an end. A past
// position that appears, rows that were merged, and a company that got a new name or is not named any more are
// FieldChanged. A change of jobs is told only between companies that are known.
//
// A nil old record is [FirstSeen]. When the new one is hidden, only that is told, and when it came back from there or
// is the record of another profile, only that; see [Record].Standing. A nil new record tells nothing.
//
// Both records must be whole: to a record of some fields only, as CollectFields gives it, the others are gone.
//
// Changes looks at fields, so it sees what was changed in a record after it was decoded. Fields that the package does
// not know are compared for records that keep their JSON. It does not change the records, and is safe for concurrent
// use as long as nobody else does.
func Changes[R BaseRecord | CleanRecord | MultiSourceRecord | V1Record](old, new *R) []Change {
	return ChangesWith(old, new, ChangeOptions{})
}

// ChangeOptions says how ChangesWith compares. The zero value compares as [Changes] does.
type ChangeOptions struct {
	// Levels are the management levels that Multi-source and Clean give, lowest first; case does not count. Nil means
	// [ManagementLevels], whose order is assumed. A new title with a level that is not among them is a TitleChanged.
	Levels []string
	// TitleRank tells how high a title is, and whether it is known, for positions that have no level that Levels has, such
	// as those of Base and V1: a new title in the same company that is known and higher is then a [Promoted] too. Nil
	// means that titles alone never tell.
	TitleRank func(title string) (rank int, known bool)
	// Volatile are the fields in which differences are not told. Nil means [VolatileFields]; an empty list tells all. A
	// name such as "interests" is a field of that name at any depth, one with dots such as "experience.description" a
	// field of rows, and a * stands for any characters but a dot.
	Volatile []string
	// Promised are the names of the fields that a notice said have changed, as in webhook.EmployeeChanged.ChangedFields.
	// For each in which the records show nothing that is told, there is a [PromisedChange], but for volatile ones and when
	// the profile is hidden or another.
	Promised []string
}

// ManagementLevels returns the order of levels that [Changes] assumes, lowest first. The provider documents no order.
// The words are those that records were seen to have, and "Junior", "Director" and "Vice President", which are assumed.
func ManagementLevels() []string {
	return []string{"Junior", "Mid-Level", "Senior", "Manager", "Head", "Director", "Vice President", "C-Level"}
}

// VolatileFields returns the fields in which [Changes] tells no difference, in the form of [ChangeOptions].Volatile:
// times of upkeep, counters, durations and scores that grow by themselves, what the source suggests or shows in
// passing, and estimates of the provider.
func VolatileFields() []string {
	return []string{
		// Upkeep.
		"created", "created_at", "last_updated", "last_updated_ux", "updated_at", "checked_at", "changed_at", "processed_at",
		"deleted_at", "*_updated_at", "experience_change_last_identified_at", "last_response_code", "outdated",
		"*_changes_summary", "identification_date", "hash", "*_hash", "order_in_profile", "order_of_priority", "member_id",
		// Counters.
		"*_count", "*_count_change_*", "connections", "starts",
		// What grows with time.
		"duration", "duration_months", "total_experience_duration_months*", "tenure_stats", "months_in_management",
		"internal_promotion_rate", "experience_recently_*", "profile_score", "influence_score", "institution_ranking_score",
		"post_frequency_yearly", "posting_recency", "engagement_per_post", "projected_*",
		// What the source shows beside the profile.
		"also_viewed", "similar_profiles", "others_named", "course_suggestions", "posts_see_more_urls", "activity",
		"member_also_viewed_collection", "member_similar_profiles_collection", "member_courses_suggestion_collection",
		"member_posts_see_more_urls_collection",
		// Pictures, whose addresses are made anew.
		"company_logo_url",
	}
}

// ChangesWith is [Changes] with options.
func ChangesWith[R BaseRecord | CleanRecord | MultiSourceRecord | V1Record](old, new *R, o ChangeOptions) []Change {
	if new == nil {
		return nil
	}
	was, _ := any(old).(Record)
	is := any(new).(Record)
	c := comparison{plan: planOf(reflect.TypeFor[R](), o.Volatile), options: o, new: reflect.ValueOf(new).Elem()}
	c.person = Person{is.EmployeeID(), c.text(c.new, c.plan.name)}
	if old == nil {
		c.tell(FirstSeen{c.person})
		c.standing(Standing{}, is.Standing())
		return c.told
	}
	c.old = reflect.ValueOf(old).Elem()
	if c.person.Name == "" {
		c.person.Name = c.text(c.old, c.plan.name)
	}
	other := c.person.ID > 0 && was.EmployeeID() > 0 && c.person.ID != was.EmployeeID()
	if other || c.person.ID == 0 {
		c.person.ID = was.EmployeeID()
	}
	before, after := was.Standing(), is.Standing()
	if after.Hidden || before.Hidden && !other {
		c.standing(before, after)
		return c.told
	}
	if other {
		c.tell(ProfileMerged{c.person, cmp.Or(after.MergedInto, is.EmployeeID())})
		return c.told
	}
	c.standing(before, after)
	c.oldUnknown, c.newUnknown = c.unknownsOf(was), c.unknownsOf(is)
	c.compare(any(old), any(new))
	c.promised()
	return c.told
}

// comparison is one call of Changes.
type comparison struct {
	plan                   *recordPlan
	options                ChangeOptions
	person                 Person
	old, new               reflect.Value
	oldUnknown, newUnknown unknowns
	told                   []Change
	fields                 []difference // those that have no type of their own, told last
	positionsTold          bool

	oldPlaces, newPlaces []place
}

func (c *comparison) tell(change Change) { c.told = append(c.told, change) }

// standing tells what became of the profile. Of several, what [CheckStanding] reports of them is told: a profile that
// was merged is marked as deleted too.
func (c *comparison) standing(before, after Standing) {
	switch {
	case before == after:
	case after.Hidden:
		if !before.Hidden {
			c.tell(ProfileHidden{c.person})
		}
	case after.MergedInto != 0 && after.MergedInto != before.MergedInto:
		c.tell(ProfileMerged{c.person, after.MergedInto})
	case after.Deleted:
		c.tell(ProfileDeleted{c.person})
	default:
		c.tell(ProfileShown{c.person})
	}
}

// compare compares two records of one profile.
func (c *comparison) compare(old, new any) {
	c.positions(c.plan.positions(old), c.plan.positions(new))
	root := c.plan.fields.differences(c.old, c.new, "", c.plan.follows)
	followed := c.followedRows(&root)
	unknown := c.unknownRoots()
	if t, ok := c.retold(&root, c.plan.name, " ", c.plan.nameParts); ok {
		c.tell(NameChanged{c.person, t.old, t.new, t.rests})
	}
	if t, ok := c.retold(&root, c.plan.headline, "", nil); ok {
		c.tell(HeadlineChanged{c.person, t.old, t.new, t.rests})
	}
	if t, ok := c.retold(&root, c.plan.location, ", ", c.plan.locationParts); ok {
		c.tell(LocationChanged{c.person, t.old, t.new, t.rests})
	}
	educationTold := c.schools()
	for _, d := range root {
		switch {
		case c.positionsTold && c.plan.byPositions[d.name], educationTold && c.plan.byEducation[d.name]:
			continue
		case c.plan.byPositions[d.name] && c.positionsHave(d.name):
			continue
		}
		c.field(d)
	}
	for i := range c.plan.fields.fields {
		f := &c.plan.fields.fields[i]
		if f.kind == leafRows && !f.volatile && f.name != c.plan.experience && f.name != c.plan.education && !followed[f.name] {
			c.rows(f)
		}
	}
	c.fields = append(c.fields, unknown...)
	for _, d := range c.fields {
		c.tell(FieldChanged{Person: c.person, Path: d.path, Old: d.old, New: d.new, Also: d.also})
	}
}

// followedRows are the lists of rows that are told with the field that they follow from. Others are taken out.
func (c *comparison) followedRows(root *differences) map[string]bool {
	var followed map[string]bool
	for i := range c.plan.fields.fields {
		f := &c.plan.fields.fields[i]
		if f.kind != leafRows || f.volatile || c.plan.follows[f.name] == "" {
			continue
		}
		if _, alone := root.take(f.name); !alone && !f.same(c.old, c.new) {
			if followed == nil {
				followed = map[string]bool{}
			}
			followed[f.name] = true
		}
	}
	return followed
}

func (c *comparison) field(d difference) { c.fields = append(c.fields, d) }

type retelling struct {
	old, new string
	rests    []string
}

// retold takes the difference of a text out of the list or, where neither record has the text, those of its parts.
func (c *comparison) retold(root *differences, name, sep string, parts []string) (retelling, bool) {
	d, differs := root.take(name)
	t := retelling{old: c.text(c.old, name), new: c.text(c.new, name)}
	if differs {
		t.rests = d.paths()
		return t, true
	}
	if t.old+t.new != "" {
		return t, false
	}
	for _, part := range parts {
		if d, ok := root.take(part); ok {
			t.rests = append(t.rests, d.paths()...)
		}
		t.old, t.new = joinText(t.old, sep, c.text(c.old, part)), joinText(t.new, sep, c.text(c.new, part))
	}
	return t, len(t.rests) > 0
}

func joinText(a, sep, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + sep + b
}

// text is a field of the root that is a text.
func (c *comparison) text(of reflect.Value, name string) string {
	if f := c.plan.fields.named(name); f != nil {
		return of.FieldByIndex(f.index).String()
	}
	return ""
}

// promised tells of the fields that a notice named and the list does not.
func (c *comparison) promised() {
	if len(c.options.Promised) == 0 {
		return
	}
	shown := map[string]bool{}
	for _, change := range c.told {
		for _, path := range change.Paths() {
			shown[rootOf(path)] = true
		}
	}
	if len(c.told) > 0 && isStanding(c.told[0]) {
		for _, name := range c.plan.flags {
			shown[name] = true
		}
	}
	for _, name := range c.options.Promised {
		if shown[name] || c.plan.isVolatile(name) || c.followsFrom(name) {
			continue
		}
		shown[name] = true
		c.tell(PromisedChange{c.person, name})
	}
}

func isStanding(change Change) bool {
	switch change.(type) {
	case ProfileHidden, ProfileShown, ProfileDeleted, ProfileMerged:
		return true
	}
	return false
}

// followsFrom reports whether a root field differs and was not told because others tell it.
func (c *comparison) followsFrom(name string) bool {
	f := c.plan.fields.named(name)
	if f == nil || f.kind == leafRows {
		return false
	}
	return !f.same(c.old, c.new)
}

// rootOf is the root field of a path.
func rootOf(path string) string {
	for i := range len(path) {
		if i > 0 && (path[i] == '.' || path[i] == '[') {
			return path[:i]
		}
	}
	return path
}
