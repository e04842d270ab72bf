package employee_test

import (
	"context"
	"encoding/json"
	"iter"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/internal/pronettest"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
	"github.com/pronet-go/pronet/subscriptions"
)

// TestChangesOfRandomLives lets people live in a sandbox and compares what is told of them with what the sandbox did:
// the kinds with what it says of each person before and after, and the fields with those that its notices name.
func TestChangesOfRandomLives(t *testing.T) {
	n := pronettest.Times(60, 1000)
	receiver := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer receiver.Close()
	sb, _ := start(t, coresignal.WithPeople(n+40), coresignal.WithCredits(1_000_000), coresignal.WithV1Credits(1_000_000), coresignal.WithRateLimit(100_000),
		sandbox.WithStartTime(time.Date(2026, 1, 15, 12, 0, 0, 0, time.UTC)))
	client := connect(t, append(sb.Options(), pronet.WithLoopbackWebhooks(), pronet.WithCoresignal(sb.Coresignal.APIKey(), pronet.BaseURL(sb.Coresignal.URL()), pronet.RateLimit("", 100_000, time.Second)),
		pronet.WithCoresignalV1(sb.Coresignal.JWT(), pronet.BaseURL(sb.Coresignal.URL()), pronet.RateLimit("", 100_000, time.Second)))...)
	ids := sb.Coresignal.PersonIDs()
	others := slices.DeleteFunc(ids[n:], func(id int64) bool {
		p, _ := sb.Coresignal.Person(id)
		return p.Hidden || p.Deleted
	})
	w := &world{sb: sb, random: rand.New(rand.NewPCG(16, 2)), others: others, told: map[employee.ChangeKind]int{}}
	w.lives(t, "base", client.Subscriptions.Base, ids[:n/4], collectorOf(client.Employees.Base), receiver.URL)
	w.lives(t, "clean", client.Subscriptions.Clean, ids[n/4:n/2], collectorOf(client.Employees.Clean), receiver.URL)
	w.lives(t, "multisource", client.Subscriptions.MultiSource, ids[n/2:3*n/4], collectorOf(client.Employees.MultiSource), receiver.URL)
	w.lives(t, "v1", client.Subscriptions.V1, ids[3*n/4:n], collectorOf(client.Employees.V1), receiver.URL)
	t.Logf("%d lives, told: %v", n, w.told)
}

type subscriber interface {
	CreateFromIDs(ctx context.Context, ids employee.IDSource, o subscriptions.Options, options ...api.CallOption) (*subscriptions.Subscription, error)
}

// collector compares the records of people as they are with those of the call before.
type collector func(t *testing.T, ids []int64, each func(id int64, told []employee.Change))

func collectorOf[R employee.BaseRecord | employee.CleanRecord | employee.MultiSourceRecord | employee.V1Record](dataset interface {
	CollectMany(ctx context.Context, refs []employee.Ref, o employee.CollectManyOptions, options ...api.CallOption) iter.Seq[employee.Result[R]]
},
) collector {
	former := map[int64]*R{}
	return func(t *testing.T, ids []int64, each func(id int64, told []employee.Change)) {
		var refs []employee.Ref
		for _, id := range ids {
			refs = append(refs, employee.ID(id))
		}
		i := 0
		for result := range dataset.CollectMany(t.Context(), refs, employee.CollectManyOptions{}) {
			require.NoError(t, result.Err)
			each(ids[i], employee.Changes(former[ids[i]], result.Record))
			former[ids[i]] = result.Record
			i++
		}
	}
}

type world struct {
	sb     *sandbox.Sandbox
	random *rand.Rand
	others []int64 // those into whom others are merged
	told   map[employee.ChangeKind]int

	schools int
}

func (w *world) lives(t *testing.T, dataset string, subscriber subscriber, ids []int64, collect collector, receiver string) {
	t.Helper()
	_, err := subscriber.CreateFromIDs(t.Context(), employee.IDs(ids...), subscriptions.Options{WebhookURL: receiver})
	require.NoError(t, err)
	collect(t, ids, func(_ int64, told []employee.Change) {
		require.NotEmpty(t, told)
		assert.Equal(t, employee.KindFirstSeen, told[0].Kind())
	})
	for range 3 {
		w.sb.Advance(29 * 24 * time.Hour) // another month, and no subscription ends
		before, months := map[int64]coresignal.Person{}, map[int64]month{}
		for _, id := range ids {
			before[id], _ = w.sb.Coresignal.Person(id)
			if before[id].MergedInto == 0 {
				months[id] = w.live(t, id)
			}
		}
		seen := len(w.sb.Deliveries())
		require.NoError(t, w.sb.Deliver(t.Context()))
		notices := noticesOf(t, w.sb.Deliveries()[seen:])
		collect(t, ids, func(id int64, told []employee.Change) {
			after, _ := w.sb.Coresignal.Person(id)
			for _, change := range told {
				w.told[change.Kind()]++
			}
			assert.ElementsMatch(t, expectedKinds(dataset, before[id], after, months[id]), judgedKinds(told), "%s: %+v -> %+v: %q", dataset, before[id], after, toldOf(told))
			judgeText(t, dataset, told, before[id], after, months[id])
			if dataset != "v1" && before[id].MergedInto == 0 && after.MergedInto == 0 && !before[id].Hidden && !after.Hidden {
				judgeFields(t, dataset, told, notices[id], months[id])
			}
		})
	}
}

// month is what happened to a person in one.
type month struct {
	deeds   int
	moves   int      // how many of them moved the person to another position or out of one
	schools []string // those that were added
}

// live does one or two things to a person, or nothing.
func (w *world) live(t *testing.T, id int64) (m month) {
	t.Helper()
	for range w.random.IntN(3) {
		m.deeds++
		before, _ := w.sb.Coresignal.Person(id)
		var err error
		switch n := w.random.IntN(100); {
		case n < 25:
			err = w.sb.Coresignal.Promote(id, "")
		case n < 32:
			err = w.sb.Coresignal.Promote(id, []string{"Director of Wonder", "Chief Example Officer", "Junior Clerk"}[n%3])
		case n < 55:
			err = w.sb.Coresignal.ChangeCompany(id, "")
		case n < 68:
			err = w.sb.Coresignal.Leave(id)
		case n < 76:
			err = w.sb.Coresignal.Rename(id, []string{"", "Jo Ann Example"}[n%2])
		case n < 84:
			err = w.sb.Coresignal.Relocate(id, []string{"", "Berlin"}[n%2])
		case n < 92:
			w.schools++
			m.schools = append(m.schools, "Institute "+strconv.Itoa(w.schools))
			err = w.sb.Coresignal.AddEducation(id, m.schools[len(m.schools)-1], "")
		case n < 95:
			err = w.sb.Coresignal.HideForPrivacy(id)
		case n < 98:
			err = w.sb.Coresignal.Delete(id)
		default:
			require.NoError(t, w.sb.Coresignal.Merge(id, w.others[w.random.IntN(len(w.others))]))
			return m
		}
		require.NoError(t, err)
		if after, _ := w.sb.Coresignal.Person(id); after.Title != before.Title || after.Company != before.Company {
			m.moves++
		}
	}
	return m
}

// expectedKinds is what must be told by what the sandbox says of a person, but for fields.
func expectedKinds(dataset string, before, after coresignal.Person, m month) []string {
	tellsHidden := dataset == "base" || dataset == "clean"
	switch {
	case before.MergedInto != 0:
		return nil
	case after.MergedInto != 0:
		return []string{"profile_merged"} // the record is of another profile, which is not hidden
	case tellsHidden && before.Hidden:
		return nil
	case tellsHidden && after.Hidden:
		return []string{"profile_hidden"}
	}
	var kinds []string
	if after.Deleted && !before.Deleted {
		kinds = append(kinds, "profile_deleted")
	}
	if before.Name != after.Name {
		kinds = append(kinds, "name_changed")
	}
	if placeIn(dataset, before) != placeIn(dataset, after) {
		kinds = append(kinds, "location_changed")
	}
	for range m.schools {
		kinds = append(kinds, "education_added")
	}
	had, has := before.Company != "", after.Company != ""
	switch {
	case m.moves == 0 || !had && !has:
	case !had:
		kinds = append(kinds, "position_started")
	case !has:
		kinds = append(kinds, "left_company")
	case before.Company != after.Company:
		kinds = append(kinds, "job_changed")
	case before.Title == after.Title: // left and came back
		kinds = append(kinds, "position_ended", "position_started")
	default:
		kinds = append(kinds, "new title")
	}
	return kinds
}

// placeIn is the place of a person as a dataset has it.
func placeIn(dataset string, p coresignal.Person) string {
	if dataset == "clean" {
		return p.Location[strings.LastIndex(p.Location, ", ")+2:]
	}
	return p.Location
}

// judgedKinds are the kinds of what is told. Titles are judged by judgeText, headlines and fields by judgeFields.
func judgedKinds(told []employee.Change) (kinds []string) {
	for _, change := range told {
		switch change.(type) {
		case employee.HeadlineChanged, employee.FieldChanged:
		case employee.Promoted, employee.TitleChanged:
			kinds = append(kinds, "new title")
		default:
			kinds = append(kinds, string(change.Kind()))
		}
	}
	return kinds
}

// rankOf is the order of the levels of the sandbox.
var rankOf = map[string]int{"Junior": 1, "Mid-Level": 2, "Senior": 3, "Manager": 4, "Head": 5, "Director": 6, "Vice President": 7, "C-Level": 8}

// judgeText compares what stands in changes with the person before and after.
func judgeText(t *testing.T, dataset string, told []employee.Change, before, after coresignal.Person, m month) {
	t.Helper()
	for _, change := range told {
		var from, to employee.Position
		switch c := change.(type) {
		case employee.JobChanged:
			from, to = c.From, c.To
		case employee.Promoted:
			from, to = c.From, c.To
			assert.Greater(t, rankOf[to.Level], rankOf[from.Level], "%s", c)
		case employee.NameChanged:
			assert.Equal(t, [2]string{before.Name, after.Name}, [2]string{c.Old, c.New})
			continue
		case employee.LocationChanged:
			assert.Equal(t, [2]string{placeIn(dataset, before), placeIn(dataset, after)}, [2]string{c.Old, c.New})
			continue
		case employee.EducationAdded:
			if dataset != "clean" { // whose rows have other names here than the assumed ones of the type
				assert.Contains(t, m.schools, c.School.Name)
			}
			continue
		case employee.TitleChanged:
			from, to = c.From, c.To
			assert.False(t, rankOf[from.Level] > 0 && rankOf[to.Level] > rankOf[from.Level], "%s is a promotion", c)
		default:
			continue
		}
		assert.Equal(t, [4]string{before.Title, before.Company, after.Title, after.Company}, [4]string{from.Title, from.Company, to.Title, to.Company})
	}
}

// noticesOf are the fields that notices name, by employee. Several notices about one are put together.
func noticesOf(t *testing.T, deliveries []sandbox.Delivery) map[int64][]string {
	t.Helper()
	fields := map[int64][]string{}
	for _, d := range deliveries {
		if d.Kind != coresignal.ChangeNotice {
			continue
		}
		var notices []struct {
			MemberID      int64    `json:"member_id"`
			ChangedFields []string `json:"changed_fields"`
		}
		require.NoError(t, json.Unmarshal(d.Body, &notices))
		for _, n := range notices {
			fields[n.MemberID] = append(fields[n.MemberID], n.ChangedFields...)
		}
	}
	return fields
}

// derived are fields that the sandbox works out of positions.
var derived = map[string]bool{
	"company_id": true, "job_title": true, "management_level": true, "department": true, "is_working": true, "is_decision_maker": true, "generated_headline": true,
	"active_experience_company_id": true, "active_experience_title": true, "active_experience_description": true, "active_experience_department": true,
	"active_experience_management_level": true, "education_degrees": true, "last_graduation_date": true,
}

// judgeFields compares the fields that changes rest on with those that the sandbox says it has changed. Where nothing
// moved, durations alone make positions differ, and of two deeds the second may take back what the first did to a
// field.
func judgeFields(t *testing.T, dataset string, told []employee.Change, notice []string, m month) {
	t.Helper()
	roots := map[string]bool{}
	for _, change := range told {
		for _, path := range change.Paths() {
			root, _, _ := strings.Cut(path, "[")
			roots[root] = true
		}
		if _, ok := change.(employee.ProfileDeleted); ok {
			roots[map[string]string{"base": "deleted"}[dataset]+map[string]string{"clean": "is_deleted", "multisource": "is_deleted"}[dataset]] = true
		}
	}
	for root := range roots {
		assert.Contains(t, notice, root, "a false alarm in %s: %q", dataset, toldOf(told))
	}
	for _, field := range notice {
		if m.moves == 0 && field == "experience" || m.deeds > 1 && field != "experience" {
			continue
		}
		assert.True(t, roots[field] || derived[field] || isVolatile(field), "%s of %s is not told: %q (%+v)", field, dataset, toldOf(told), m)
	}
}

func isVolatile(field string) bool {
	return slices.ContainsFunc(employee.VolatileFields(), func(pattern string) bool {
		start, end, any := strings.Cut(pattern, "*")
		return field == pattern || any && strings.HasPrefix(field, start) && strings.HasSuffix(field, strings.TrimSuffix(end, "*"))
	})
}
