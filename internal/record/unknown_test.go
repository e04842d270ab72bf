package record_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pronet-go/pronet/internal/record"
)

func TestUnknown(t *testing.T) {
	got := decode(t, `{"name":"Jo","processed_by":{"a":[1,2]},"home":{"name":"Bern","zip":"3000"},"jobs":[{"id":1},{"tenure":1.50,"city":{"x":null}},{"tenure":2}],
		"tags":["a"],"odd.name":1,"":2,"twice":1,"twice":2,"Name":"other case","Skipped":3,"Plain":"p","common":4}`)
	assert.Equal(t, map[string]json.RawMessage{
		"processed_by":   json.RawMessage(`{"a":[1,2]}`),
		"home.zip":       json.RawMessage(`"3000"`),
		"jobs[1].tenure": json.RawMessage("1.50"),
		"jobs[1].city.x": json.RawMessage("null"),
		"jobs[2].tenure": json.RawMessage("2"),
		`["odd.name"]`:   json.RawMessage("1"),
		`[""]`:           json.RawMessage("2"),
		"twice":          json.RawMessage("2"),
		"Name":           json.RawMessage(`"other case"`),
		"Skipped":        json.RawMessage("3"),
		"common":         json.RawMessage("4"),
	}, got.kept.Unknown(*got))
}

func TestNothingUnknown(t *testing.T) {
	assert.Nil(t, decode(t, `{"name":"Jo","jobs":[{"id":1}]}`).kept.Unknown(person{}))
	assert.Nil(t, record.Kept{}.Unknown(person{}))
	assert.Nil(t, record.Unknown([]byte("[1]"), reflect.TypeFor[person]()))
	assert.Nil(t, record.Unknown([]byte(`{"home":"Bern","jobs":{"a":1}}`), reflect.TypeFor[person]()), "mismatched fields are known ones")
}

func TestUnknownIsACopy(t *testing.T) {
	got := decode(t, `{"more":123}`)
	copy(got.kept.Unknown(*got)["more"], "999")
	assert.Equal(t, `{"more":123}`, string(got.kept.Raw()))
}

func TestMismatchedIsACopy(t *testing.T) {
	got := decode(t, `{"age":"x"}`)
	got.kept.Mismatched()[0] = "other"
	assert.Equal(t, []string{"age"}, got.kept.Mismatched())
	assert.Nil(t, record.Kept{}.Raw())
}
