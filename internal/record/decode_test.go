package record_test

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/internal/record"
)

func TestDecode(t *testing.T) {
	got := decode(t, `{"name":"Jo","age":5,"active":true,"home":{"name":"Bern"},"jobs":[{"id":1,"title":"a","city":{}},null],"tags":null,"Plain":"p","more":{}}`)
	assert.Empty(t, got.kept.Mismatched())
	assert.Equal(t, "Jo", got.Name)
	assert.Equal(t, "p", got.Plain)
	assert.Equal(t, city{"Bern"}, got.Home)
	assert.Equal(t, []job{{common: common{ID: 1}, Title: "a"}, {}}, got.Jobs)
	assert.Nil(t, got.Tags)
}

func TestDecodeKeepsWhatFits(t *testing.T) {
	for name, tc := range map[string]struct {
		text       string
		want       person
		mismatched []string
	}{
		"one field": {
			`{"name":"Jo","age":"five","active":true}`,
			person{Name: "Jo", Active: true},
			[]string{"age"},
		},
		"fraction": {`{"age":1.5,"name":"Jo"}`, person{Name: "Jo"}, []string{"age"}},
		"rows": {
			`{"jobs":[{"id":1,"title":"a"},{"id":"x","title":"b","year":2},{"title":[],"year":3}],"age":9}`,
			person{Age: 9, Jobs: []job{{common: common{ID: 1}, Title: "a"}, {Title: "b", Year: 2}, {Year: 3}}},
			[]string{"jobs[1].id", "jobs[2].title"},
		},
		"a row that is no object":    {`{"jobs":["x",{"title":"b"}],"age":1}`, person{Age: 1, Jobs: []job{{}, {Title: "b"}}}, []string{"jobs[0]"}},
		"inside a row's object":      {`{"jobs":[{"city":{"name":7},"year":1}]}`, person{Jobs: []job{{Year: 1}}}, []string{"jobs[0].city.name"}},
		"an object for a collection": {`{"jobs":{"a":1},"age":1}`, person{Age: 1}, []string{"jobs"}},
		"a text for an object":       {`{"home":"Bern","age":1}`, person{Age: 1}, []string{"home"}},
		"plain elements":             {`{"tags":["a",1,"b"],"numbers":[1,"x"]}`, person{Tags: []string{"a", "", "b"}, Numbers: []int64{1, 0}}, []string{"tags[1]", "numbers[1]"}},
		"the last of two counts":     {`{"age":"x","age":3,"name":"a","name":"b"}`, person{Age: 3, Name: "b"}, []string{"age"}},
		"whole numbers in other forms": {
			`{"age":"5","numbers":["7",8.0,1e3,"9.0"," 10 ",null],"jobs":[{"id":"12","year":"2020"}]}`,
			person{Age: 5, Numbers: []int64{7, 8, 1000, 9, 10, 0}, Jobs: []job{{common: common{ID: 12}, Year: 2020}}},
			nil,
		},
		"no whole numbers": {
			`{"age":"","numbers":["1.5","x","9223372036854775808",1e300,true,{},[1]],"name":"Jo"}`,
			person{Name: "Jo", Numbers: make([]int64, 7)},
			[]string{"age", "numbers[0]", "numbers[1]", "numbers[2]", "numbers[3]", "numbers[4]", "numbers[5]", "numbers[6]"},
		},
		"escaped name": {`{"\u0061ge":"x","name":"b"}`, person{Name: "b"}, []string{"age"}},
	} {
		t.Run(name, func(t *testing.T) {
			for codec, unmarshal := range map[string]func([]byte, any) error{"own": nil, "encoding/json": json.Unmarshal} {
				var got person
				mismatched, err := record.Decode(unmarshal, []byte(tc.text), &got)
				require.NoError(t, err)
				assert.Equal(t, tc.want, got, codec)
				assert.Equal(t, tc.mismatched, mismatched, codec)
			}
		})
	}
}

// TestDriftOfAWholeCollection: a type that changes in every row costs that field of every row and nothing else.
func TestDriftOfAWholeCollection(t *testing.T) {
	rows := strings.Repeat(`{"id":"x","title":"t"},`, 5_000)
	var got person
	mismatched, err := record.Decode(nil, []byte(`{"jobs":[`+strings.TrimSuffix(rows, ",")+`],"name":"Jo"}`), &got)
	require.NoError(t, err)
	assert.Equal(t, "Jo", got.Name)
	require.Len(t, got.Jobs, 5_000)
	for i, j := range got.Jobs {
		require.Equal(t, job{Title: "t"}, j, i)
	}
	require.Len(t, mismatched, record.MaxMismatched)
	assert.Equal(t, "jobs[999].id", mismatched[999])
}

func TestDecodeRefuses(t *testing.T) {
	for _, text := range []string{
		"", " ", "null", "[]", "[{}]", `"x"`, "1", "{", `{"name":}`, `{"name":"x"} {}`, `{"name":"x",}`, "{}x", "\xef\xbb\xbf{}", "\x1f\x8b", "<html>",
		strings.Repeat(`{"more":`, 20_000) + "1" + strings.Repeat("}", 20_000),
	} {
		_, err := record.Decode(nil, []byte(text), new(person))
		require.ErrorIs(t, err, record.ErrNotRecord, "%.40q", text)
		assert.Less(t, len(err.Error()), 60)
	}
	_, err := record.Decode(nil, []byte(`{"name":"`+strings.Repeat("x", record.MaxSize)+`"}`), new(person))
	require.ErrorIs(t, err, record.ErrTooLarge)
}

func TestDecodeAcceptsWhatIsNotUTF8(t *testing.T) {
	got := decode(t, "{\"name\":\"a\xffb\",\"x\xff\":1,\"age\":\"no\"}")
	assert.Equal(t, "a\ufffdb", got.Name)
	assert.Equal(t, []string{"age"}, got.kept.Mismatched())
	assert.Equal(t, map[string]json.RawMessage{"[\"x\ufffd\"]": json.RawMessage("1")}, unquotedKeys(got))
}

func unquotedKeys(p *person) map[string]json.RawMessage {
	out := map[string]json.RawMessage{}
	for path, value := range p.kept.Unknown(*p) {
		name, _ := strconv.Unquote(strings.Trim(path, "[]"))
		out["[\""+name+"\"]"] = value
	}
	return out
}

// TestDecodeAfterAFailedDecoder: what a decoder of the caller left behind does not stay.
func TestDecodeAfterAFailedDecoder(t *testing.T) {
	var got person
	mismatched, err := record.Decode(func(_ []byte, v any) error {
		v.(*person).Plain = "left behind"
		return errors.New("strict")
	}, []byte(`{"name":"Jo","unknown":1}`), &got)
	require.NoError(t, err)
	assert.Empty(t, mismatched)
	assert.Equal(t, person{Name: "Jo"}, got)
}

// site is a row as some providers write it under two names, and some as a text alone.
type site struct {
	common

	URL  string `json:"url" or:"address" record:"text"`
	Old  string `json:"address"`
	More string `json:"more"`
}

type owner struct {
	Name  string `json:"name" or:"label"`
	Label string `json:"label"`
	Sites []site `json:"sites"`
}

func TestDecodeRowsOfTextsAndOtherNames(t *testing.T) {
	for text, want := range map[string]owner{
		`{"label":"a"}`:                                      {Name: "a", Label: "a"},
		`{"label":"a","name":"b"}`:                           {Name: "b", Label: "a"},
		`{"label":"a","name":null}`:                          {Name: "a", Label: "a"},
		`{"sites":[{"url":"u"},{"address":"o","more":"m"}]}`: {Sites: []site{{URL: "u"}, {URL: "o", Old: "o", More: "m"}}},
		`{"sites":["u","v"]}`:                                {Sites: []site{{URL: "u"}, {URL: "v"}}},
		`{"sites":["u",{"id":"3","address":"o"},""]}`:        {Sites: []site{{URL: "u"}, {common: common{ID: 3}, URL: "o", Old: "o"}, {}}},
	} {
		for codec, unmarshal := range map[string]func([]byte, any) error{"own": nil, "encoding/json": json.Unmarshal} {
			var got owner
			mismatched, err := record.Decode(unmarshal, []byte(text), &got)
			require.NoError(t, err)
			assert.Equal(t, want, got, "%s %s", codec, text)
			assert.Empty(t, mismatched)

			kept := record.Keep([]byte(text), nil, record.Origin{})
			assert.Nil(t, kept.Unknown(got))
			out, err := kept.Merge(got)
			require.NoError(t, err)
			assert.Equal(t, text, string(out), "written as it came")
		}
	}
	var got owner
	text := []byte(`{"label":"a","sites":["u",{"address":"o","x":1}]}`)
	_, err := record.Decode(nil, text, &got)
	require.NoError(t, err)
	got.Sites[0].More, got.Sites[1].URL = "m", "n"
	out, err := record.Keep(text, nil, record.Origin{}).Merge(got)
	require.NoError(t, err)
	assert.Equal(t, `{"label":"a","sites":[{"url":"u","more":"m"},{"address":"o","x":1,"url":"n"}]}`, string(out))
}
