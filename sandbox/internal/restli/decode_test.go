package restli_test

import (
	"fmt"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	client "github.com/pronet-go/pronet/internal/restli"
	"github.com/pronet-go/pronet/sandbox/internal/restli"
)

func TestQueries(t *testing.T) {
	type object = map[string]any
	for _, tt := range []struct {
		protocol, raw string
		want          restli.Values
	}{
		{"", "", restli.Values{}},
		{"1.0.0", "a=1&b=", restli.Values{"a": "1", "b": ""}},
		{"", "owners=urn:li:seat:1&owners=urn%3Ali%3Aseat%3A2", restli.Values{"owners": []any{"urn:li:seat:1", "urn:li:seat:2"}}},
		{"", "a=x+y%20z", restli.Values{"a": "x+y z"}},
		{"", "ids[1].k=w&ids[0].k=v&ids[0].o=1", restli.Values{"ids": []any{object{"k": "v", "o": "1"}, object{"k": "w"}}}},
		{"", "p.aList[0]=foo&p.o.a=1&p.x[0][0]=y", restli.Values{"p": object{"aList": []any{"foo"}, "o": object{"a": "1"}, "x": []any{[]any{"y"}}}}},
		{"2.0.0", "q=criteria&ids=List((k:v,o:1),(k:w))", restli.Values{"q": "criteria", "ids": []any{object{"k": "v", "o": "1"}, object{"k": "w"}}}},
		{"2.0.0", "a=''&b=List('')&c=()&d=List()", restli.Values{"a": "", "b": []any{""}, "c": object{}, "d": []any{}}},
		{"2.0.0", "fields=id,baz:(beep)&projection=(elements*(to~(id)),paging)", restli.Values{"fields": "id,baz:(beep)", "projection": "(elements*(to~(id)),paging)"}},
		{"2.0.0", "a=List%281%29", restli.Values{"a": "List(1)"}},
	} {
		got, err := restli.Query(tt.protocol, tt.raw)
		require.NoError(t, err, tt.raw)
		assert.Equal(t, tt.want, got, tt.raw)
	}
	for _, bad := range [][2]string{
		{"3.0.0", ""},
		{"", "a"},
		{"", "=1"},
		{"", "a=%zz"},
		{"", "%zz=1"},
		{"", "a=1&a.b=2"},
		{"", "a.b=2&a=1"},
		{"", "a[1]=x"},
		{"", "a[0]=x&a.b=y"},
		{"", "a[x]=1"},
		{"", "a[-1]=1"},
		{"", "a[01]=1"},
		{"", "a[0=1"},
		{"", "a[0]b=1"},
		{"", ".a=1"},
		{"", "a..b=1"},
		{"", "a[99999999]=1"},
		{"", "a%000=1"},
		{"", "a.b=1&a.b.c=2"},
		{"2.0.0", "a="},
		{"2.0.0", "a=urn:li:seat:1"},
		{"2.0.0", "a=List(1"},
		{"2.0.0", "a=List(1,)"},
		{"2.0.0", "a=List(,1)"},
		{"2.0.0", "a=(1)"},
		{"2.0.0", "a=(b:1"},
		{"2.0.0", "a=(b:1,b:2)"},
		{"2.0.0", "a=1&a=2"},
		{"2.0.0", "a=%zz"},
		{"2.0.0", "a='"},
		{"2.0.0", "a=(b:1,)"},
		{"2.0.0", "fields=%zz"},
		{"2.0.0", "a=(b1)"},
	} {
		_, err := restli.Query(bad[0], bad[1])
		require.ErrorIs(t, err, restli.ErrSyntax, "%v", bad)
	}
}

func TestKeys(t *testing.T) {
	for raw, want := range map[[2]string]any{
		{"", "urn:li:developerApplication:42"}: "urn:li:developerApplication:42",
		{"", "a=b%26c&d=e"}:                    map[string]any{"a": "b&c", "d": "e"},
		{"2.0.0", "(a:b,c:d)"}:                 map[string]any{"a": "b", "c": "d"},
		{"2.0.0", "a%2Fb"}:                     "a/b",
	} {
		got, err := restli.Key(raw[0], raw[1])
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
	_, err := restli.Key("", "a=1&a=2")
	require.ErrorIs(t, err, restli.ErrSyntax)
	v := restli.Values{"one": "a", "many": []any{"a", "b", map[string]any{}}, "record": map[string]any{}}
	assert.Equal(t, []string{"a"}, v.Texts("one"))
	assert.Equal(t, []string{"a", "b"}, v.Texts("many"))
	assert.Empty(t, v.Texts("record"))
	assert.Empty(t, v.Text("many"))
}

// meant makes a value from bytes: one for the encoder, and the same as the decoder gives it.
type meant struct {
	from []byte
	v1   bool // values of 1.0, which has no empty lists, and names of a plain form
}

func (m *meant) next() byte {
	if len(m.from) == 0 {
		return 0
	}
	b := m.from[0]
	m.from = m.from[1:]
	return b
}

func (m *meant) text() string {
	n := min(int(m.next()%12), len(m.from))
	text := string(m.from[:n])
	m.from = m.from[n:]
	return text
}

func (m *meant) value(depth int) (written, read any) {
	kind := m.next() % 4
	if depth > 5 || len(m.from) == 0 {
		kind = 0
	}
	switch kind {
	case 1:
		n := int64(m.next()) - 100
		return n, fmt.Sprint(n)
	case 2:
		list, read := client.List{}, []any{}
		for range m.size() {
			a, b := m.value(depth + 1)
			list, read = append(list, a), append(read, b)
		}
		return list, read
	case 3:
		record, read := m.record(depth)
		return record, read
	}
	text := m.text()
	return text, text
}

func (m *meant) size() int {
	n := int(m.next() % 4)
	if m.v1 {
		n = max(1, n)
	}
	return n
}

func (m *meant) record(depth int) (client.Record, map[string]any) {
	record, read := client.Record{}, map[string]any{}
	for i := range m.size() {
		name := m.text()
		if _, twice := read[name]; m.v1 || twice {
			name = fmt.Sprintf("$n-%d_%d", i, m.next())
		}
		a, b := m.value(depth + 1)
		record, read[name] = append(record, client.Field{Name: name, Value: a}), b
	}
	return record, read
}

// FuzzEncoder: what the sandbox reads is what the client meant, in both protocols, in a query and in a path, also behind
// net/url.
func FuzzEncoder(f *testing.F) {
	for _, seed := range []string{"", "\x02\x03\x00\x02a'", "\x03\x02\x03a,b\x00\x04(:)'", "\x02\x02\x03\x01\x00\x01 ", "\x00\x05%25&="} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for protocol, header := range map[client.Protocol]string{client.V1: "", client.V2: "2.0.0"} {
			m := meant{from: data, v1: protocol == client.V1}
			written, want := m.value(0)
			query, err := protocol.Query(client.Record{{Name: "q", Value: "finder"}, {Name: "p", Value: written}})
			require.NoError(t, err)
			parsed, err := url.Parse("https://api.example.com/v2/x?" + query)
			require.NoError(t, err)
			require.Equal(t, query, parsed.RawQuery)
			got, err := restli.Query(header, query)
			require.NoError(t, err, query)
			if list, isList := want.([]any); m.v1 && isList && len(list) == 1 { // 1.0 writes it like the scalar
				if _, isText := list[0].(string); isText {
					want = list[0]
				}
			}
			require.Equal(t, restli.Values{"q": "finder", "p": want}, got, query)

			segment, err := protocol.Segment(written)
			if err != nil {
				continue // a list in 1.0, or a segment of dots
			}
			path := "/v2/x/" + segment
			plain, err := url.PathUnescape(path)
			require.NoError(t, err)
			require.Equal(t, path, (&url.URL{Path: plain, RawPath: path}).EscapedPath(), "net/http would send another path")
			key, err := restli.Key(header, segment)
			require.NoError(t, err, segment)
			require.Equal(t, want, key, segment)
		}
	})
}

// FuzzDecoder: nothing that a client sends makes it fail but by an error.
func FuzzDecoder(f *testing.F) {
	f.Add("ids[0].a=1&ids[0].b=2")
	f.Add("ids=List((a:1,b:''),List())")
	f.Fuzz(func(_ *testing.T, raw string) {
		_, _ = restli.Query("", raw)
		_, _ = restli.Query("2.0.0", raw)
		_, _ = restli.Key("", raw)
	})
}
