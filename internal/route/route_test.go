package route_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/route"
)

// TestR23PathValuesStayOneSegment: whatever a value holds, it is refused or arrives as exactly one segment.
func TestR23PathValuesStayOneSegment(t *testing.T) {
	cases := []struct {
		name, value, path, raw string
		refused                bool
	}{
		{name: "plain", value: "1234", path: "/collect/1234", raw: "/collect/1234"},
		{name: "slug", value: "jane-doe", path: "/collect/jane-doe", raw: "/collect/jane-doe"},
		{name: "slash and query", value: "a/b?c", path: "/collect/a/b?c", raw: "/collect/a%2Fb%3Fc"},
		{name: "fragment", value: "a#b", path: "/collect/a#b", raw: "/collect/a%23b"},
		{name: "profile URL", value: "https://www.linkedin.com/in/x", path: "/collect/https://www.linkedin.com/in/x", raw: "/collect/https:%2F%2Fwww.linkedin.com%2Fin%2Fx"},
		{name: "percent", value: "%2e%2e", path: "/collect/%2e%2e", raw: "/collect/%252e%252e"},
		{name: "letters beyond ASCII", value: "józef", path: "/collect/józef", raw: "/collect/j%C3%B3zef"},
		{name: "line feed", value: "a\nb", path: "/collect/a\nb", raw: "/collect/a%0Ab"},
		{name: "empty", value: "", refused: true},
		{name: "dot", value: ".", refused: true},
		{name: "dot dot", value: "..", refused: true},
		{name: "too long", value: strings.Repeat("a", 2049), refused: true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			path, raw, err := route.Build("/collect/{employee}", nil, c.value)
			if c.refused {
				require.ErrorIs(t, err, api.ErrInvalid)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, c.path, path)
			assert.Equal(t, c.raw, raw)
			assert.Equal(t, []string{"collect", c.value}, segmentsAtServer(t, path, raw))
		})
	}
}

func TestFileNameKeepsItsSlash(t *testing.T) {
	path, raw, err := route.Build("/jobs/{job}/files/{file...}", nil, "j 1", "json/part 0.gz")
	require.NoError(t, err)
	assert.Equal(t, "/jobs/j 1/files/json/part 0.gz", path)
	assert.Equal(t, "/jobs/j%201/files/json/part%200.gz", raw)

	for _, name := range []string{"", "/", "json/", "/json", "json//x", "json/..", "../x", "a/b/c/d"} {
		_, _, err := route.Build("/files/{file...}", nil, name)
		assert.ErrorIs(t, err, api.ErrInvalid, name)
	}
}

func TestTemplateAndValuesMustAgree(t *testing.T) {
	_, _, err := route.Build("/a/{b}/{c}", nil, "1")
	require.ErrorIs(t, err, api.ErrInvalid)
	_, _, err = route.Build("/a/{b}", nil, "1", "2")
	require.ErrorIs(t, err, api.ErrInvalid)
	_, _, err = route.Build("/a/{b", nil, "1")
	require.ErrorIs(t, err, api.ErrInvalid)
	path, raw, err := route.Build("/a", nil)
	require.NoError(t, err)
	assert.Equal(t, "/a", path)
	assert.Equal(t, "/a", raw)
}

// FuzzPathValue: the segment that a server decodes is the value, and the count of segments never changes.
func FuzzPathValue(f *testing.F) {
	for _, seed := range []string{"1", "..", ".", "", "a/b?c", "%2e%2e", "a\\b", "%", "\x00", "\xff", "a;b", "a&b=c#d", " ", "/", "//", "*"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		path, raw, err := route.Build("/collect/{employee}/x", nil, value)
		if err != nil {
			require.ErrorIs(t, err, api.ErrInvalid)
			return
		}
		got := segmentsAtServer(t, path, raw)
		require.Equal(t, []string{"collect", value, "x"}, got)
	})
}

// segmentsAtServer sends the path through a URL's text form and a request line, as a client and a server do.
func segmentsAtServer(t *testing.T, path, raw string) []string {
	t.Helper()
	sent := &url.URL{Scheme: "http", Host: "example.com", Path: path, RawPath: raw}
	request := httptest.NewRequest(http.MethodGet, sent.RequestURI(), nil)
	var segments []string
	for part := range strings.SplitSeq(strings.TrimPrefix(request.URL.EscapedPath(), "/"), "/") {
		segment, err := url.PathUnescape(part)
		require.NoError(t, err)
		segments = append(segments, segment)
	}
	return segments
}
