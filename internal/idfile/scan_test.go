package idfile_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/internal/idfile"
)

func fromText(text string) idfile.Source {
	return idfile.Reader("list.csv", func() (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(text)), nil
	})
}

// walk collects what All yields and the error it ended with.
func walk(t testing.TB, s idfile.Source) (ids []int64, err error) {
	t.Helper()
	for id, e := range s.All(t.Context()) {
		require.NoError(t, err, "the walk went on after an error")
		if e != nil {
			require.Zero(t, id)
			err = e
			continue
		}
		ids = append(ids, id)
	}
	return ids, err
}

func TestAcceptedLists(t *testing.T) {
	for name, tc := range map[string]struct {
		text string
		want []int64
	}{
		"one line":             {"7\n", []int64{7}},
		"no last line end":     {"7\n8", []int64{7, 8}},
		"byte order mark":      {"\xef\xbb\xbf7\n8\n", []int64{7, 8}},
		"CRLF":                 {"7\r\n8\r\n", []int64{7, 8}},
		"mixed line ends":      {"7\r\n8\n9\r\n", []int64{7, 8, 9}},
		"blank last line":      {"7\n\n", []int64{7}},
		"blank last line CRLF": {"7\r\n\r\n", []int64{7}},
		"largest":              {"9223372036854775807\n1\n", []int64{1<<63 - 1, 1}},
		"duplicates":           {"5\n5\n", []int64{5, 5}},
		"eight and more digits": {
			"12345678\n123456789\n1234567890123456\n12345678901234567\n",
			[]int64{12345678, 123456789, 1234567890123456, 12345678901234567},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := fromText(tc.text)
			got, err := walk(t, s)
			require.NoError(t, err)
			assert.Equal(t, tc.want, got)

			sum, err := s.Check(t.Context())
			require.NoError(t, err)
			assert.EqualValues(t, len(tc.want), sum.Count)
			assert.Equal(t, canonical(tc.want), upload(t, s, sum))
		})
	}
}

func TestRefusedLines(t *testing.T) {
	for name, tc := range map[string]struct {
		text   string
		line   int
		offset int64
		reason string
	}{
		"heading":                {"employee_id\n1\n", 1, 0, "heading"},
		"text later":             {"1\nabc\n", 2, 2, "not a number"},
		"columns":                {"1\n2,Anna\n", 2, 3, "several columns"},
		"semicolons":             {"1;2\n", 1, 1, "several columns"},
		"tab":                    {"1\t2\n", 1, 1, "tab"},
		"trailing comma":         {"1,\n", 1, 1, "several columns"},
		"space before":           {" 1\n", 1, 0, "space"},
		"space after":            {"1 \n", 1, 1, "space"},
		"quoted":                 {"\"1\"\n", 1, 0, "quote"},
		"plus":                   {"+1\n", 1, 0, "sign"},
		"minus":                  {"1\n-1\n", 2, 2, "sign"},
		"decimal":                {"1.0\n", 1, 1, "decimal point"},
		"exponent":               {"1e9\n", 1, 1, "its digits are gone"},
		"a spreadsheet's":        {"1\r\n4.1870215E+11\r\n", 2, 4, "its digits are gone"},
		"with a comma":           {"4,1870215E+11", 1, 1, "format the column as a number without decimals"},
		"no exponent":            {"1e9x\n", 1, 1, "not a number"},
		"zero":                   {"1\n0\n", 2, 2, "zero is not an ID"},
		"leading zero":           {"007\n", 1, 0, "leading zero"},
		"largest plus one":       {"9223372036854775808\n", 1, 0, "largest ID"},
		"twenty digits":          {"1\n11111111111111111111\n", 2, 2, "largest ID"},
		"endless digits":         {"1\n" + strings.Repeat("1", 1<<20), 2, 2, "largest ID"},
		"blank first line":       {"\n1\n", 1, 0, "blank line"},
		"blank line inside":      {"1\n\n2\n", 2, 2, "blank line"},
		"blank CRLF line inside": {"1\r\n\r\n2\r\n", 2, 3, "blank line"},
		"two blank last lines":   {"1\n\n\n", 2, 2, "blank line"},
		"lone carriage return":   {"1\r2\r", 1, 1, "carriage return"},
		"carriage return at end": {"1\n2\r", 2, 3, "carriage return"},
		"second byte order mark": {"1\n\xef\xbb\xbf2\n", 2, 2, "byte order mark"},
		"UTF-16":                 {"\xff\xfe1\x00\n\x00", 1, 0, "UTF-16"},
		"zero byte":              {"1\x00\n", 1, 1, "zero byte"},
		"gzip":                   {"\x1f\x8b\x08\x00", 1, 0, "gzip"},
		"spreadsheet":            {"PK\x03\x04rest", 1, 0, "zip"},
		"offset counts the mark": {"\xef\xbb\xbf1\nx", 2, 5, "not a number"},
		"Arabic digits":          {"١\n", 1, 0, "not a number"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := fromText(tc.text).Check(t.Context())
			refused, ok := errors.AsType[*idfile.LineError](err)
			require.True(t, ok, "%v", err)
			assert.Equal(t, tc.line, refused.Line)
			assert.Equal(t, tc.offset, refused.Offset)
			assert.Contains(t, refused.Reason, tc.reason)
			assert.Contains(t, err.Error(), "employee: list.csv: line "+strconv.Itoa(tc.line))
		})
	}
}

func TestRefusedLineShowsLittleOfItsText(t *testing.T) {
	_, err := fromText("1\n123456\x1b[31m,anna@example.com,+49 30 1234\n").Check(t.Context())
	assert.EqualError(t, err, `employee: list.csv: line 2, byte 8: not a number (the line starts with "123456\x1b[31m,anna@exa")`)

	_, err = fromText("12,a\n34").Check(t.Context())
	assert.EqualError(t, err, `employee: list.csv: line 1, byte 2: ',', as in a list with several columns; only one ID a line is allowed, but IDColumn reads one column of a table (the line starts with "12,a")`)

	_, err = fromText("1\n\n2").Check(t.Context())
	assert.EqualError(t, err, `employee: list.csv: line 2, byte 2: a blank line, which only the end of the list may have`)
}

func TestEmptyLists(t *testing.T) {
	for _, text := range []string{"", "\n", "\r\n", "\xef\xbb\xbf", "\xef\xbb\xbf\r\n"} {
		t.Run(fmt.Sprintf("%q", text), func(t *testing.T) {
			_, err := fromText(text).Check(t.Context())
			require.ErrorIs(t, err, idfile.ErrNoIDs)
			_, err = walk(t, fromText(text))
			require.ErrorIs(t, err, idfile.ErrNoIDs)
		})
	}
}

// TestReadSizes feeds the same lists in pieces of every size: what is found must not depend on where a read ends.
func TestReadSizes(t *testing.T) {
	texts := []string{
		"123456789\r\n12345678\r\n1\r\n\r\n",
		"\xef\xbb\xbf12\n13\n\n",
		"123456789\n1234567890123456789012345\n",
		"1\r\n2\r3\n",
		"1\n\nfollowed",
		"1\n12345678x",
	}
	for _, text := range texts {
		want, line, offset := reference([]byte(text))
		var message string
		for size := 1; size <= len(text); size++ {
			s := idfile.Reader("x", func() (io.ReadCloser, error) {
				return io.NopCloser(&pieces{rest: []byte(text), size: func() int { return size }}), nil
			})
			got, err := walk(t, s)
			assert.Equal(t, want, got, "%q in pieces of %d", text, size)
			if line == 0 {
				require.NoError(t, err)
				continue
			}
			refused, ok := errors.AsType[*idfile.LineError](err)
			require.True(t, ok, "%v", err)
			assert.Equal(t, line, refused.Line)
			assert.Equal(t, offset, refused.Offset)
			if message == "" {
				message = err.Error()
			}
			assert.Equal(t, message, err.Error())
		}
	}
}

func TestLongListAcrossBuffers(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	var text bytes.Buffer
	want := make([]int64, 0, 50_000)
	for range cap(want) {
		id := 1 + rnd.Int64N(1<<uint(4+rnd.IntN(59)))
		want = append(want, id)
		text.WriteString(strconv.FormatInt(id, 10))
		text.WriteString([]string{"\n", "\r\n"}[rnd.IntN(2)])
	}
	s := idfile.Reader("x", func() (io.ReadCloser, error) {
		rnd := rand.New(rand.NewPCG(3, 4))
		return io.NopCloser(&pieces{rest: text.Bytes(), size: func() int { return rnd.IntN(100_000) }}), nil
	})
	got, err := walk(t, s)
	require.NoError(t, err)
	require.Equal(t, want, got)
	sum, err := s.Check(t.Context())
	require.NoError(t, err)
	require.Equal(t, canonical(want), upload(t, s, sum))

	text.WriteString("oops")
	_, err = s.Check(t.Context())
	refused, ok := errors.AsType[*idfile.LineError](err)
	require.True(t, ok)
	assert.Equal(t, len(want)+1, refused.Line)
	assert.EqualValues(t, text.Len()-4, refused.Offset)
}

func TestReadErrors(t *testing.T) {
	broken := errors.New("disk gone")
	s := idfile.Reader("x", func() (io.ReadCloser, error) {
		return io.NopCloser(io.MultiReader(strings.NewReader("1\n2\n3"), iotest.ErrReader(broken))), nil
	})
	ids, err := walk(t, s)
	require.ErrorIs(t, err, broken)
	assert.Equal(t, []int64{1, 2}, ids, "the last line was cut and is not an ID")

	s = idfile.Reader("x", func() (io.ReadCloser, error) {
		return io.NopCloser(&pieces{rest: []byte("1"), size: func() int { return 0 }}), nil
	})
	_, err = s.Check(t.Context())
	require.ErrorIs(t, err, io.ErrNoProgress)
}

// pieces hands out at most size() bytes a read.
type pieces struct {
	rest []byte
	size func() int
}

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(b, p.rest[:min(len(p.rest), p.size())])
	p.rest = p.rest[n:]
	return n, nil
}

func canonical(ids []int64) string {
	var b strings.Builder
	for _, id := range ids {
		fmt.Fprintln(&b, id)
	}
	return b.String()
}

func upload(t testing.TB, s idfile.Source, sum idfile.Summary) string {
	t.Helper()
	r, err := s.Open(sum)
	require.NoError(t, err)
	defer func() { require.NoError(t, r.Close()) }()
	text, err := io.ReadAll(r)
	require.NoError(t, err)
	require.EqualValues(t, sum.Bytes, len(text))
	return string(text)
}
