package restli_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/internal/restli"
	"github.com/pronet-go/pronet/linkedin/urn"
)

type (
	record = restli.Record
	list   = restli.List
)

// one is a record of one field.
func one(name string, value any) record { return record{{Name: name, Value: value}} }

// TestValuesOf20 are the vectors of Rest.li's own tests. Path and query are as plain unless they are given.
func TestValuesOf20(t *testing.T) {
	for _, tt := range []struct {
		value              any
		plain, path, query string
	}{
		{value: one("a", "b"), plain: "(a:b)"},
		{value: record{{"a", "b"}, {"c", "d"}}, plain: "(a:b,c:d)"},
		{value: record{}, plain: "()"},
		{value: one("", ""), plain: "('':'')"},
		{value: one("c", one("a", "b")), plain: "(c:(a:b))"},
		{value: record{{"empty", record{}}, {"list", list{1, int64(2)}}, {"long", record{{"a", "b"}, {"c", "d"}}}}, plain: "(empty:(),list:List(1,2),long:(a:b,c:d))"},
		{value: []string{"a", "b"}, plain: "List(a,b)"},
		{value: list{}, plain: "List()"},
		{value: list{""}, plain: "List('')"},
		{value: list{list{"a", "b"}, list{1, 2, 3, 4, 5}}, plain: "List(List(a,b),List(1,2,3,4,5))"},
		{value: list{list{"a", "b"}, one("a", "b")}, plain: "List(List(a,b),(a:b))"},
		{value: one(",", list{"'", "(", ")", ":"}), plain: "(%2C:List(%27,%28,%29,%3A))"},
		{
			value: one("this is a key", list{"/", "=", "&"}), plain: "(this is a key:List(/,=,&))",
			path: "(this%20is%20a%20key:List(%2F,=,&))", query: "(this%20is%20a%20key:List(/,%3D,%26))",
		},
		{value: one("%25", "%"), plain: "(%2525:%25)"},
		{value: true, plain: "true"},
		{value: "é", plain: "é", path: "%C3%A9", query: "%C3%A9"},
	} {
		path, query := tt.path, tt.query
		if path == "" {
			path, query = tt.plain, tt.plain
		}
		got, err := restli.V2.Text(tt.value)
		require.NoError(t, err)
		assert.Equal(t, tt.plain, got)
		got, err = restli.V2.Segment(tt.value)
		require.NoError(t, err)
		assert.Equal(t, path, got)
		got, err = restli.V2.Query(one("p", tt.value))
		require.NoError(t, err)
		assert.Equal(t, "p="+query, got)
	}
}

// TestBothProtocols are the forms that LinkedIn's page on protocol versions sets side by side.
func TestBothProtocols(t *testing.T) {
	seat := func(id string) urn.URN {
		u, err := urn.New("seat", id)
		require.NoError(t, err)
		return u
	}
	endorsement, err := urn.Parse("urn:li:endorsement:(urn:li:person:2qXA98-mVk,65761962366)")
	require.NoError(t, err)
	for name, tt := range map[string]struct {
		query  record
		v1, v2 string
	}{
		"a list": {one("owners", list{seat("1"), seat("2")}), "owners=urn:li:seat:1&owners=urn:li:seat:2", "owners=List(urn%3Ali%3Aseat%3A1,urn%3Ali%3Aseat%3A2)"},
		"ids":    {one("ids", list{1, 2, 3}), "ids=1&ids=2&ids=3", "ids=List(1,2,3)"},
		"a record": {
			one("param", record{{"aList", list{"foo", "bar"}}, {"anObject", one("aField", 1)}}),
			"param.aList[0]=foo&param.aList[1]=bar&param.anObject.aField=1", "param=(aList:List(foo,bar),anObject:(aField:1))",
		},
		"complex ids": {
			one("ids", list{one("$params", record{{"a", "value0A"}, {"b", "value0B"}})}),
			"ids[0].$params.a=value0A&ids[0].$params.b=value0B", "ids=List(($params:(a:value0A,b:value0B)))",
		},
		"compound ids": {one("ids", list{record{{"k", "v"}, {"o", seat("1")}}, one("k", "w")}), "ids[0].k=v&ids[0].o=urn:li:seat:1&ids[1].k=w", "ids=List((k:v,o:urn%3Ali%3Aseat%3A1),(k:w))"},
		"texts":        {record{{"q", "a b&c=d+é"}, {"e", ""}}, "q=a%20b%26c%3Dd%2B%C3%A9&e=", "q=a%20b%26c%3Dd%2B%C3%A9&e=''"},
		"raw": {
			record{{"fields", restli.Raw("id,baz:(beep)")}, {"projection", restli.Raw("(elements*(to~(id,first name)),paging)")}},
			"fields=id,baz:(beep)&projection=(elements*(to~(id,first%20name)),paging)", "fields=id,baz:(beep)&projection=(elements*(to~(id,first%20name)),paging)",
		},
		"a raw value is no further parameter": {one("fields", restli.Raw("id&x=1#y")), "fields=id%26x=1%23y", "fields=id%26x=1%23y"},
	} {
		for protocol, want := range map[restli.Protocol]string{restli.V1: tt.v1, restli.V2: tt.v2} {
			got, err := protocol.Query(tt.query)
			require.NoError(t, err, name)
			assert.Equal(t, want, got, name)
		}
	}
	for name, tt := range map[string]struct {
		key          any
		v1, v2       string
		text1, text2 string
	}{
		"a compound key": {record{{"stringKey", "string"}, {"longKey", 5}}, "stringKey=string&longKey=5", "(stringKey:string,longKey:5)", "stringKey=string&longKey=5", "(stringKey:string,longKey:5)"},
		"a person":       {one("id", "-f_Ut43FoQ"), "id=-f_Ut43FoQ", "(id:-f_Ut43FoQ)", "id=-f_Ut43FoQ", "(id:-f_Ut43FoQ)"},
		"a URN": {
			endorsement, "urn:li:endorsement:(urn:li:person:2qXA98-mVk,65761962366)", "urn%3Ali%3Aendorsement%3A%28urn%3Ali%3Aperson%3A2qXA98-mVk%2C65761962366%29",
			"urn:li:endorsement:(urn:li:person:2qXA98-mVk,65761962366)", "urn%3Ali%3Aendorsement%3A%28urn%3Ali%3Aperson%3A2qXA98-mVk%2C65761962366%29",
		},
		"a slash stays inside": {"a/b", "a%2Fb", "a%2Fb", "a/b", "a/b"},
		"no compound key":      {"a=b&c", "a%3Db%26c", "a=b&c", "a%3Db%26c", "a=b&c"},
	} {
		for protocol, want := range map[restli.Protocol][2]string{restli.V1: {tt.v1, tt.text1}, restli.V2: {tt.v2, tt.text2}} {
			got, err := protocol.Segment(tt.key)
			require.NoError(t, err, name)
			assert.Equal(t, want[0], got, name)
			got, err = protocol.Text(tt.key)
			require.NoError(t, err, name)
			assert.Equal(t, want[1], got, name)
		}
	}
	assert.Empty(t, restli.V1.Header())
	assert.Equal(t, "2.0.0", restli.V2.Header())
}

func TestWhatCannotBeWritten(t *testing.T) {
	deep := any("x")
	for range 40 {
		deep = list{deep}
	}
	for name, tt := range map[string]struct {
		value any
		in    string // the protocols that refuse it in a query
	}{
		"a type of its own":                 {struct{}{}, "12"},
		"nothing":                           {nil, "12"},
		"a raw value inside of another":     {list{restli.Raw("x")}, "12"},
		"too deep":                          {deep, "12"},
		"a name twice":                      {record{{"a", 1}, {"a", 2}}, "12"},
		"an empty list":                     {list{}, "1"},
		"an empty record":                   {record{}, "1"},
		"a name with a dot":                 {one("a.b", 1), "1"},
		"a name with a bracket":             {one("a[0]", 1), "1"},
		"an empty name":                     {one("", 1), "1"},
		"something of no type in a record":  {one("a", 1.5), "12"},
		"an empty list in a list in a list": {list{list{list{}}}, "1"},
	} {
		_, err := restli.V1.Query(one("p", tt.value))
		assert.Equal(t, strings.Contains(tt.in, "1"), err != nil, "%s in 1.0: %v", name, err)
		_, err = restli.V2.Query(one("p", tt.value))
		assert.Equal(t, strings.Contains(tt.in, "2"), err != nil, "%s in 2.0: %v", name, err)
	}
	for _, protocol := range []restli.Protocol{restli.V1, restli.V2} {
		_, err := protocol.Query(record{{"p", 1}, {"p", 2}})
		require.Error(t, err)
		for _, key := range []any{".", "..", struct{}{}} {
			_, err := protocol.Segment(key)
			require.Error(t, err, "%v", key)
		}
	}
	_, err := restli.V1.Query(one("a=b", 1))
	require.Error(t, err)
	got, err := restli.V2.Query(one("a=b", 1))
	require.NoError(t, err)
	assert.Equal(t, "a%3Db=1", got)
	for _, key := range []any{"", record{}, record{{"a", 1}, {"a", 2}}, one("a.b", 1), one("a", list{}), list{1}} {
		_, err := restli.V1.Segment(key)
		require.Error(t, err, "%v", key)
	}
}
