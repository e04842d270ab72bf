package download

import (
	"crypto/sha256"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/pronettest"
)

func crcOf(data []byte) uint32 { return crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli)) }

const (
	fileName = "json/part-0.json.gz"
	tag      = `"v1"`
	tagLine  = "Etag: " + tag
)

// TestR29 has what servers do when the rest of a file is asked for: the file is one version at the end, or not there.
func TestR29(t *testing.T) {
	one, two := packed(t, 1, 60), packed(t, 2, 80)
	const cut = 100
	rest := func(from int) string { return fmt.Sprintf("bytes %d-%d/%d", from, len(one)-1, len(one)) }
	after := serving(two, `"v2"`)
	first := cutAt(one, cut, tagLine)
	chunkedWithoutEnd := raw("200 OK", fields("Transfer-Encoding: chunked", tagLine), append(fmt.Appendf(nil, "%x\r\n", len(one)), one...))
	const date = "Last-Modified: Mon, 02 Nov 2026 10:00:00 GMT"
	for name, tt := range map[string]struct {
		answers []answer
		want    []byte // nil: an error
		ranges  []string
	}{
		"206 right":                  {[]answer{first, serving(one, tag)}, one, []string{"", "bytes=100-"}},
		"206 in several parts":       {[]answer{first, partial206(fmt.Sprintf("bytes 100-149/%d", len(one)), one[100:150], tagLine), serving(one, tag)}, one, []string{"", "bytes=100-", "bytes=150-"}},
		"206 that is cut again":      {[]answer{first, raw("206 Partial Content", fields(tagLine, "Content-Range: "+rest(100), fmt.Sprintf("Content-Length: %d", len(one)-100)), one[100:130]), serving(one, tag)}, one, []string{"", "bytes=100-", "bytes=130-"}},
		"206 of unknown total":       {[]answer{first, partial206(fmt.Sprintf("bytes 100-%d/*", len(one)-1), one[100:], tagLine), after}, two, []string{"", "bytes=100-", ""}},
		"206 with strong date":       {[]answer{cutAt(one, cut, date, "Date: Mon, 02 Nov 2026 10:01:00 GMT"), partial206(rest(100), one[100:], date)}, one, []string{"", "bytes=100-"}},
		"206 without its date":       {[]answer{cutAt(one, cut, date, "Date: Mon, 02 Nov 2026 10:01:00 GMT"), partial206(rest(100), one[100:]), after}, two, []string{"", "bytes=100-", ""}},
		"wrong start":                {[]answer{first, partial206(rest(101), one[101:], tagLine), after}, two, []string{"", "bytes=100-", ""}},
		"wrong total":                {[]answer{first, partial206(fmt.Sprintf("bytes 100-%d/%d", len(one)-1, len(one)+1), one[100:], tagLine), after}, two, []string{"", "bytes=100-", ""}},
		"200":                        {[]answer{first, serving(two, `"v2"`)}, two, []string{"", "bytes=100-"}},
		"ETag changed":               {[]answer{first, partial206(rest(100), one[100:], `Etag: "v2"`), after}, two, []string{"", "bytes=100-", ""}},
		"ETag missing":               {[]answer{first, partial206(rest(100), one[100:]), after}, two, []string{"", "bytes=100-", ""}},
		"ETag twice":                 {[]answer{first, partial206(rest(100), one[100:], tagLine, tagLine), after}, two, []string{"", "bytes=100-", ""}},
		"date changed":               {[]answer{cutAt(one, cut, date, "Date: Mon, 02 Nov 2026 11:00:00 GMT"), partial206(rest(100), one[100:], "Last-Modified: Mon, 02 Nov 2026 10:00:01 GMT"), after}, two, []string{"", "bytes=100-", ""}},
		"weak ETag":                  {[]answer{cutAt(one, cut, `Etag: W/"v1"`, date, "Date: Mon, 02 Nov 2026 11:00:00 GMT"), after}, two, []string{"", ""}},
		"weak date":                  {[]answer{cutAt(one, cut, date, "Date: Mon, 02 Nov 2026 10:00:59 GMT"), after}, two, []string{"", ""}},
		"no validator":               {[]answer{cutAt(one, cut), after}, two, []string{"", ""}},
		"416":                        {[]answer{first, raw("416 Range Not Satisfiable", fields("Content-Range: bytes */100", "Content-Length: 0"), nil), after}, two, []string{"", "bytes=100-", ""}},
		"416 at the end":             {[]answer{chunkedWithoutEnd, serving(one, tag)}, one, []string{"", fmt.Sprintf("bytes=%d-", len(one))}},
		"416 of another ETag":        {[]answer{chunkedWithoutEnd, raw("416 Range Not Satisfiable", fields(fmt.Sprintf("Content-Range: bytes */%d", len(one)), `Etag: "v2"`, "Content-Length: 0"), nil), after}, two, []string{"", fmt.Sprintf("bytes=%d-", len(one)), ""}},
		"no ranges":                  {[]answer{first, raw("200 OK", fields(tagLine, fmt.Sprintf("Content-Length: %d", len(one))), one)}, one, []string{"", "bytes=100-"}},
		"no ranges, and always cut":  {[]answer{first}, nil, nil},
		"lies about length, more":    {[]answer{cutAt(append(slices.Clip(one), 0), len(one), tagLine), serving(one, tag)}, one, []string{"", fmt.Sprintf("bytes=%d-", len(one)), ""}},
		"lies about length, forever": {[]answer{cutAt(append(slices.Clip(one), 0), len(one), tagLine)}, nil, nil},
		"lies about length, part":    {[]answer{first, raw("206 Partial Content", fields(tagLine, "Content-Range: "+rest(100), fmt.Sprintf("Content-Length: %d", len(one))), append(one[100:len(one):len(one)], one[:100]...)), after}, two, []string{"", "bytes=100-", ""}},
		"part with too much":         {[]answer{first, raw("206 Partial Content", fields(tagLine, "Content-Range: "+rest(100)), append(one[100:len(one):len(one)], 0)), after}, two, []string{"", "bytes=100-", ""}},
		"several ranges":             {[]answer{first, partial206(rest(100), one[100:], tagLine, "Content-Type: multipart/byteranges; boundary=x"), after}, two, []string{"", "bytes=100-", ""}},
		"part that is encoded":       {[]answer{first, partial206(rest(100), one[100:], tagLine, "Content-Encoding: gzip"), after}, two, []string{"", "bytes=100-", ""}},
		"whole that is encoded":      {[]answer{cutAt(one, cut, tagLine, "Content-Encoding: gzip"), after}, two, []string{"", ""}},
		"part without Content-Range": {[]answer{first, raw("206 Partial Content", fields(tagLine, fmt.Sprintf("Content-Length: %d", len(one)-100)), one[100:]), after}, two, []string{"", "bytes=100-", ""}},
		"part that was not asked":    {[]answer{partial206(rest(0), one, tagLine)}, nil, []string{""}},
		"no content":                 {[]answer{raw("204 No Content", fields(), nil)}, nil, []string{""}},
		"another file of its ETag":   {[]answer{first, partial206(rest(100), make([]byte, len(one)-100), tagLine), serving(two, tag)}, two, []string{"", "bytes=100-", ""}},
		"never whole":                {[]answer{first, partial206(rest(100), make([]byte, len(one)-100), tagLine), first, partial206(rest(100), make([]byte, len(one)-100), tagLine)}, nil, []string{"", "bytes=100-", "", "bytes=100-"}},
		"gone meanwhile":             {[]answer{first, raw("404 Not Found", fields("Content-Length: 0"), nil)}, nil, []string{"", "bytes=100-"}},
		"no answer for a while":      {[]answer{first, raw("", nil, nil), raw("", nil, nil), raw("", nil, nil), serving(one, tag)}, one, []string{"", "bytes=100-", "bytes=100-", "bytes=100-", "bytes=100-"}},
		"no answer any more":         {[]answer{first, raw("", nil, nil)}, nil, []string{"", "bytes=100-", "bytes=100-", "bytes=100-", "bytes=100-", "bytes=100-"}},
		"nothing, without end":       {[]answer{raw("200 OK", fields(tagLine), nil)}, nil, []string{"", "", "", "", "", ""}},
		"no answer at first":         {[]answer{raw("", nil, nil), serving(one, tag)}, nil, []string{""}},
	} {
		t.Run(name, func(t *testing.T) {
			o, dir := newOrigin(t), t.TempDir()
			o.plan(fileName, tt.answers...)
			failures := bring(t, dir, o, fileName)
			var ranges []string
			for _, header := range o.asked(fileName) { // R28
				assert.Equal(t, []string{"identity"}, header["Accept-Encoding"])
				ranges = append(ranges, header.Get("Range"))
				assert.Equal(t, header.Get("Range") != "", header.Get("If-Range") != "")
			}
			if tt.ranges != nil {
				assert.Equal(t, tt.ranges, ranges)
			}
			assert.LessOrEqual(t, len(ranges), 3*maxRestarts)
			if tt.want != nil {
				require.Empty(t, failures)
				assert.Equal(t, tt.want, content(t, dir, fileName))
				return
			}
			require.Len(t, failures, 1)
			err := failures[0].Err
			assert.True(t, isOfOneFile(err) || isOutage(err), "%v", err)
			assert.NotContains(t, api.Describe(err), o.server.URL)
			_, files, err := Read(dir)
			require.NoError(t, err)
			assert.False(t, files[0].Finished)
			o.plan(fileName, serving(two, `"v2"`)) // a later call brings it
			require.Empty(t, bring(t, dir, o))
			assert.Equal(t, two, content(t, dir, fileName))
		})
	}
}

// TestR28EveryRequestAsksForTheBytesAsTheyAre: compressed on the way they would be another file when they are resumed.
func TestR28EveryRequestAsksForTheBytesAsTheyAre(t *testing.T) {
	data := packed(t, 1, 60)
	o, dir := newOrigin(t), t.TempDir()
	o.plan(fileName, cutAt(data, 50, tagLine), serving(data, tag))
	require.Empty(t, bring(t, dir, o, fileName))
	asked := o.asked(fileName)
	require.Len(t, asked, 2)
	for _, header := range asked {
		assert.Equal(t, []string{"identity"}, header["Accept-Encoding"])
	}
	assert.Equal(t, tag, asked[1].Get("If-Range"))
	assert.Equal(t, "bytes=50-", asked[1].Get("Range"))
}

// framing is how an answer tells where its body ends.
var framings = map[string]func(data []byte, n int) answer{
	"Content-Length": func(data []byte, n int) answer { return cutAt(data, n, tagLine) },
	"chunked": func(data []byte, n int) answer {
		body := append(fmt.Appendf(nil, "%x\r\n", len(data)), data[:n]...)
		if n == len(data) {
			body = append(body, "\r\n0\r\n\r\n"...)
		}
		return raw("200 OK", fields(tagLine, "Transfer-Encoding: chunked"), body)
	},
	"close": func(data []byte, n int) answer { return raw("200 OK", fields(tagLine), data[:n]) },
}

func TestR30Framings(t *testing.T) {
	data := packed(t, 1, 60)
	for name, framed := range framings {
		t.Run(name+", whole", func(t *testing.T) {
			o, dir := newOrigin(t), t.TempDir()
			o.plan(fileName, framed(data, len(data)))
			require.Empty(t, bring(t, dir, o, fileName))
			assert.Equal(t, data, content(t, dir, fileName))
			assert.Len(t, o.asked(fileName), 1)
		})
		t.Run(name+", cut", func(t *testing.T) {
			o, dir := newOrigin(t), t.TempDir()
			o.plan(fileName, framed(data, 99), serving(data, tag))
			require.Empty(t, bring(t, dir, o, fileName))
			assert.Equal(t, data, content(t, dir, fileName))
			require.Len(t, o.asked(fileName), 2)
			assert.Equal(t, "bytes=99-", o.asked(fileName)[1].Get("Range"))
		})
		t.Run(name+", cut at the provider's", func(t *testing.T) {
			o, dir := newOrigin(t), t.TempDir()
			o.plan(fileName, framed(data[:99], 99), serving(data[:99], tag))
			failures := bringWith(t, dir, o, Options{Parallel: 1, Verify: true}, fileName)
			require.Len(t, failures, 1)
			require.ErrorIs(t, failures[0].Err, api.ErrUnexpectedResponse)
			require.ErrorIs(t, failures[0].Err, io.ErrUnexpectedEOF)
			assert.LessOrEqual(t, len(o.asked(fileName)), 4)
		})
	}
}

// TestR30WithoutGzip: when nothing tells where the file ends, its last line does, and if it does not, that is said.
func TestR30WithoutGzip(t *testing.T) {
	for name, tt := range map[string]struct {
		text       string
		framed     string
		unverified bool
	}{
		"lines":                {"{\"id\":1}\n{\"id\":2}\n", "close", false},
		"last without an end":  {"{\"id\":1}\r\n{\"id\":2}", "close", false},
		"cut in a line":        {"{\"id\":1}\n{\"id\":", "close", true},
		"a number":             {"{\"id\":1}\n12", "close", true},
		"one line":             {"{\"id\":1}", "close", false},
		"no JSON":              {"id,name\n1,x\n", "close", true},
		"no JSON, with length": {"id,name\n1,x\n", "Content-Length", false},
		"no JSON, in chunks":   {"id,name\n1,x\n", "chunked", false},
	} {
		t.Run(name, func(t *testing.T) {
			o, dir := newOrigin(t), t.TempDir()
			o.plan(fileName, framings[tt.framed]([]byte(tt.text), len(tt.text)))
			require.Empty(t, bring(t, dir, o, fileName))
			assert.Equal(t, tt.text, string(content(t, dir, fileName)))
			_, files, err := Read(dir)
			require.NoError(t, err)
			assert.Equal(t, tt.unverified, files[0].Unverified)
		})
	}
}

// TestR29CutAtEveryByte cuts a file at each of its bytes, in each framing, with the same and with another version behind, in
// one call and over two: it is one version as a whole at the end.
func TestR29CutAtEveryByte(t *testing.T) {
	one, two := packed(t, 1, 95), packed(t, 2, 110)
	require.InDelta(t, 600, len(one), 150)
	for framing, framed := range framings {
		for behind, next := range map[string]struct {
			content []byte
			answers []answer
		}{
			"the same":               {one, []answer{serving(one, tag)}},
			"another":                {two, []answer{serving(two, `"v2"`)}},
			"another, ranges only":   {two, []answer{ignoring("If-Range", serving(two, `"v2"`))}},
			"another without a tag":  {two, []answer{serving(two, "")}},
			"the same, later":        {one, []answer{notFound, serving(one, tag)}},
			"another, later":         {two, []answer{notFound, serving(two, `"v2"`)}},
			"the same, cut again":    {one, []answer{partOf(one, 7), partOf(one, 7), serving(one, tag)}},
			"no ranges, the same":    {one, []answer{ignoring("Range", serving(one, tag))}},
			"no ranges, another tag": {two, []answer{ignoring("Range", serving(two, `"v2"`))}},
		} {
			if framing != "Content-Length" && behind != "the same" && behind != "another" && behind != "the same, later" {
				continue
			}
			t.Run(framing+", "+behind, func(t *testing.T) {
				t.Parallel()
				o, dir := newOrigin(t), memoryDir(t)
				var names []string
				var cuts []int
				for n := 0; n <= len(one); n += step(n, len(one)) {
					cuts = append(cuts, n)
					name := fmt.Sprintf("json/cut-%d.json.gz", n)
					names = append(names, name)
					o.plan(name, append([]answer{framed(one, n)}, next.answers...)...)
				}
				for range 2 {
					for _, f := range bringWith(t, dir, o, Options{Parallel: 8}, names...) {
						require.ErrorIs(t, f.Err, api.ErrNotFound)
					}
				}
				all := contents(t, dir)
				for i, name := range names {
					n, got := cuts[i], all[name]
					want := next.content
					if n == len(one) && (framing != "chunked" || len(o.asked(name)) == 1) {
						want = one
					}
					require.Equal(t, sha256.Sum256(want), sha256.Sum256(got), "cut at %d", n)
				}
			})
		}
	}
}

// step is how far the next cut is from one at n: every byte in a hard run, otherwise every one at both ends.
func step(n, size int) int {
	if n < 16 || n > size-24 {
		return 1
	}
	return pronettest.Times(11, 1)
}

// ignoring is a server that does not know a header.
func ignoring(name string, a answer) answer {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Header.Del(name)
		a(w, r)
	}
}

// partOf answers with n bytes of the rest, and then the connection breaks.
func partOf(data []byte, n int) answer {
	return func(w http.ResponseWriter, r *http.Request) {
		var from int
		if _, err := fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &from); err != nil || from >= len(data) {
			serving(data, tag)(w, r)
			return
		}
		raw("206 Partial Content", fields(tagLine, fmt.Sprintf("Content-Range: bytes %d-%d/%d", from, len(data)-1, len(data)),
			fmt.Sprintf("Content-Length: %d", len(data)-from)), data[from:min(from+n, len(data))])(w, r)
	}
}
