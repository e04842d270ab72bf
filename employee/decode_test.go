package employee_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/employee"
)

func TestDecodeRefuses(t *testing.T) {
	for _, text := range []string{"", "null", "[]", "{", `{"id":}`, "\x1f\x8b"} {
		_, err := employee.Decode[employee.BaseRecord]([]byte(text))
		require.ErrorIs(t, err, employee.ErrNotRecord, text)
	}
	_, err := employee.Decode[employee.V1Record]([]byte(`{"name":"` + strings.Repeat("x", 16<<20) + `"}`))
	require.ErrorIs(t, err, employee.ErrRecordTooLarge)
	_, err = employee.Decode[struct{ ID int }]([]byte("{}"))
	require.Error(t, err)
}

func TestDecodeErrorsHoldNoValues(t *testing.T) {
	_, err := employee.Decode[employee.V1Record]([]byte(`{"name":"Secret Person","x":secret}`))
	require.Error(t, err)
	assert.NotContains(t, strings.ToLower(err.Error()), "secret")
}

func TestDecodeWithAnotherDecoder(t *testing.T) {
	calls := 0
	text := []byte(`{"id":1,"name":"A","member_skills_collection":[{"skill_id":"x","id":5}]}`)
	r, err := employee.DecodeWith[employee.V1Record](text, employee.DecodeOptions{Unmarshal: func(text []byte, v any) error {
		calls++
		return json.Unmarshal(text, v)
	}})
	require.NoError(t, err)
	assert.Equal(t, 1, calls)
	assert.Equal(t, "A", r.Name)
	assert.EqualValues(t, 5, r.Skills[0].ID)
	assert.Equal(t, []string{"member_skills_collection[0].skill_id"}, r.Mismatched())

	r, err = employee.DecodeWith[employee.V1Record]([]byte(`{"id":1}`), employee.DecodeOptions{Unmarshal: func([]byte, any) error { return errors.New("broken") }})
	require.NoError(t, err)
	assert.EqualValues(t, 1, r.ID)
}

func ExampleDecode() {
	rec, err := employee.Decode[employee.BaseRecord]([]byte(`{
		"id": 9100000001,
		"full_name": "Mara Fiktiv",
		"follower_count": "600",
		"tide_score": 0.5,
		"experience": [{"title": "Harbour pilot", "company_name": "Hafen Muster", "is_current": 1, "deleted": 0}]
	}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(rec.FullName, rec.FollowerCount)
	for _, e := range rec.CurrentExperience() {
		fmt.Println(e.Title, "at", e.CompanyName)
	}
	for path, value := range rec.Unknown() {
		fmt.Println(path, string(value))
	}
	// Output:
	// Mara Fiktiv 600
	// Harbour pilot at Hafen Muster
	// tide_score 0.5
}
