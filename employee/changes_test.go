package employee_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/employee"
)

// goldenPair is a line of testdata/changes.jsonl: two records and what is told of them, as kind and text. A want whose
// kind ends in a * instead of a space is the beginning of the text.
type goldenPair struct {
	Name, Dataset string
	Old, New      json.RawMessage
	Want          []string
}

func goldenPairs(t testing.TB) (pairs []goldenPair) {
	t.Helper()
	text, err := os.ReadFile("testdata/changes.jsonl")
	require.NoError(t, err)
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var pair goldenPair
		require.NoError(t, json.Unmarshal(lines.Bytes(), &pair))
		pairs = append(pairs, pair)
	}
	return pairs
}

// changesOf compares two texts of JSON as records of a dataset. A null is no record.
func changesOf(t testing.TB, dataset string, old, new []byte, o employee.ChangeOptions) []employee.Change {
	t.Helper()
	switch dataset {
	case "base":
		return changesAs[employee.BaseRecord](t, old, new, o)
	case "clean":
		return changesAs[employee.CleanRecord](t, old, new, o)
	case "multisource":
		return changesAs[employee.MultiSourceRecord](t, old, new, o)
	case "v1":
		return changesAs[employee.V1Record](t, old, new, o)
	}
	t.Fatalf("no dataset %q", dataset)
	return nil
}

func changesAs[R employee.BaseRecord | employee.CleanRecord | employee.MultiSourceRecord | employee.V1Record](t testing.TB, old, new []byte, o employee.ChangeOptions) []employee.Change {
	t.Helper()
	read := func(text []byte) *R {
		if len(text) == 0 || string(text) == "null" {
			return nil
		}
		r, err := employee.Decode[R](text)
		require.NoError(t, err)
		return r
	}
	return employee.ChangesWith(read(old), read(new), o)
}

// toldOf is kind and text of changes.
func toldOf(changes []employee.Change) []string {
	told := []string{}
	for _, c := range changes {
		told = append(told, string(c.Kind())+" "+c.String())
	}
	return told
}

// TestChanges is the golden table. It counts what is told and should not be, and what should be and is not.
func TestChanges(t *testing.T) {
	pairs := goldenPairs(t)
	assert.GreaterOrEqual(t, len(pairs), 120)
	expected, got, falseAlarms, misses := 0, 0, 0, 0
	for _, pair := range pairs {
		told := toldOf(changesOf(t, pair.Dataset, pair.Old, pair.New, employee.ChangeOptions{}))
		expected, got = expected+len(pair.Want), got+len(told)
		open := append([]string{}, told...)
		for _, want := range pair.Want {
			if i := indexOf(open, want); i >= 0 {
				open = append(open[:i], open[i+1:]...)
				continue
			}
			misses++
			t.Errorf("%s, %s: %q is not told, but %q", pair.Name, pair.Dataset, want, told)
		}
		falseAlarms += len(open)
		assert.Empty(t, open, "%s, %s: is told and should not be", pair.Name, pair.Dataset)
	}
	t.Logf("%d pairs: expected %d changes, got %d, false alarms %d, misses %d", len(pairs), expected, got, falseAlarms, misses)
}

func indexOf(told []string, want string) int {
	kind, beginning, isBeginning := strings.Cut(want, "*")
	for i, text := range told {
		if text == want || isBeginning && strings.HasPrefix(text, kind+" "+beginning) {
			return i
		}
	}
	return -1
}

// zeroChanges are what the callers of TestClumsyCallersGetErrors have of changes.
var zeroChanges = map[string][]any{
	"FirstSeen": {employee.FirstSeen{}}, "PositionStarted": {employee.PositionStarted{}}, "PositionEnded": {employee.PositionEnded{}},
	"PositionRemoved": {employee.PositionRemoved{}}, "JobChanged": {employee.JobChanged{}}, "Promoted": {employee.Promoted{}},
	"TitleChanged": {employee.TitleChanged{}}, "LeftCompany": {employee.LeftCompany{}}, "NameChanged": {employee.NameChanged{}},
	"HeadlineChanged": {employee.HeadlineChanged{}}, "LocationChanged": {employee.LocationChanged{}}, "EducationAdded": {employee.EducationAdded{}},
	"FieldChanged": {employee.FieldChanged{}}, "PromisedChange": {employee.PromisedChange{}}, "ProfileHidden": {employee.ProfileHidden{}},
	"ProfileShown": {employee.ProfileShown{}}, "ProfileDeleted": {employee.ProfileDeleted{}}, "ProfileMerged": {employee.ProfileMerged{}},
	"ProfileGone": {employee.ProfileGone{}}, "Person": {employee.Person{}}, "Position": {employee.Position{}},
}
