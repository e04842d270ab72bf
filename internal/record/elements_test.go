package record

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/internal/pronettest"
)

func TestCountElements(t *testing.T) {
	for text, want := range map[string]int{
		`{"a":1,"b":2,"c":{"d":3,"e":4}}`:               0,
		`{"a":[1,2,3],"b":[{"c":1,"d":2},null]}`:        5,
		`{"a":[[1,2],[3],[]]}`:                          3 + 2 + 1 + 1,
		`{"a":"[,,,\\",",b":"\",[,","c":["[,]\\\"",2]}`: 2,
		`{"a":"unended [,,`:                             0,
		`{"a":"ends in a backslash\`:                    0,
		`]]]}[1,2]`:                                     2,
		"":                                              0,
	} {
		assert.Equal(t, want, countElements([]byte(text)), text)
	}
	deep := strings.Repeat("[", 2*maxDepth) + "1,2" + strings.Repeat("]", 2*maxDepth)
	assert.Equal(t, 2*maxDepth+1, countElements([]byte(deep)))
	deep = strings.Repeat(`{"a":`, maxDepth-2) + `{"b":1,"c":2}` + strings.Repeat("}", maxDepth-2)
	assert.Zero(t, countElements([]byte(deep)))
}

// TestTooManyElements: a text of few bytes, whatever it lists, does not become very many rows.
func TestTooManyElements(t *testing.T) {
	elements := []string{"{}", "[]", `{"title":"a, b, [c]"}`, "null", "1", `""`}
	for _, element := range elements[:pronettest.Times(3, len(elements))] {
		for _, n := range []int{MaxElements / 2, MaxElements, MaxElements + 1} {
			if element == "[]" && n > MaxElements/2 {
				n += MaxElements // an empty list counts too
			}
			var r struct {
				Jobs []struct{ Title string } `json:"jobs"`
			}
			text := `{"jobs":[` + strings.Repeat(element+",", n-1) + element + `]}`
			for name, unmarshal := range map[string]func([]byte, any) error{"own": nil, "encoding/json": json.Unmarshal} {
				_, err := Decode(unmarshal, []byte(text), &r)
				if n > MaxElements {
					require.ErrorIs(t, err, ErrTooLarge, "%s %d %s", element, n, name)
					assert.Contains(t, err.Error(), strconv.Itoa(MaxElements))
					continue
				}
				require.NoError(t, err, "%s %d %s", element, n, name)
				assert.Len(t, r.Jobs, n)
			}
		}
	}
	members := `{"a":{"x":0` + strings.Repeat(`,"b":"[,]"`, 2*MaxElements) + `}}`
	require.False(t, hasTooMany([]byte(members)), "members are no elements")
}

func FuzzCountElements(f *testing.F) {
	for _, text := range []string{`{"a":[1,{"b":[]}],"c":"\\\",["}`, `[[1,2],"x"`, `"`, `"\`, "}]"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var value any
		if json.Unmarshal(text, &value) != nil || strings.Count(string(text), `":`) > 0 && len(text) > 1<<12 {
			assert.LessOrEqual(t, countElements(text), len(text))
			return
		}
		if least := elementsOf(value); countElements(text) < least {
			t.Fatalf("%s has %d elements at least, not %d", text, least, countElements(text))
		}
	})
}

// elementsOf counts the elements of a decoded value. Of a name that stands twice in one object only the last value is there.
func elementsOf(value any) (n int) {
	switch value := value.(type) {
	case []any:
		n = len(value)
		for _, element := range value {
			n += elementsOf(element)
		}
	case map[string]any:
		for _, member := range value {
			n += elementsOf(member)
		}
	}
	return n
}
