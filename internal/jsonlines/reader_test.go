package jsonlines

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/wire"
)

func zip(t testing.TB, text string) []byte {
	t.Helper()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, err := io.WriteString(w, text)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return packed.Bytes()
}

// read returns the lines, each with its number and offset, and the error at the end.
func read(r *Reader) (lines []string, err error) {
	for {
		line, err := r.Next()
		if err != nil {
			return lines, err
		}
		lines = append(lines, fmt.Sprintf("%d@%d %s", r.Line(), r.Offset(), line))
	}
}

func TestReaderReadsPlainAndGzip(t *testing.T) {
	long := strings.Repeat("x", BlockSize)
	for name, tt := range map[string]struct {
		text string
		want []string
	}{
		"lines":               {"{\"a\":1}\n{\"b\":2}\n", []string{`1@0 {"a":1}`, `2@8 {"b":2}`}},
		"no last end":         {"1\n2", []string{"1@0 1", "2@2 2"}},
		"CRLF":                {"1\r\n2\r\n", []string{"1@0 1", "2@3 2"}},
		"blanks":              {"\n \t\n1\n\n\n2\n\n", []string{"3@4 1", "6@8 2"}},
		"blanks only":         {"\n\r\n   ", nil},
		"exactly the buffer":  {long[1:] + "\n2", []string{"1@0 " + long[1:], "2@131072 2"}},
		"more than it":        {long + "\n2\n", []string{"1@0 " + long, "2@131073 2"}},
		"much more, no end":   {"1\n" + long + long + long, []string{"1@0 1", "2@2 " + long + long + long}},
		"a byte":              {"7", []string{"1@0 7"}},
		"byte order mark":     {"\xef\xbb\xbf1\n\xef\xbb\xbf2\n", []string{"1@3 1", "2@8 2"}},
		"mark, blank, mark":   {"\xef\xbb\xbf\r\n\xef\xbb\xbf 2", []string{"2@8 2"}},
		"two marks":           {"1\n\xef\xbb\xbf\xef\xbb\xbf2\n", []string{"1@0 1", "2@5 \xef\xbb\xbf2"}},
		"mark and no line":    {"\xef\xbb\xbf", nil},
		"half a mark":         {"\xef\xbb", []string{"1@0 \xef\xbb"}},
		"starts as gzip does": {"\x1fx\n", []string{"1@0 \x1fx"}},
	} {
		t.Run(name, func(t *testing.T) {
			for form, file := range map[string][]byte{"plain": []byte(tt.text), "gzip": zip(t, tt.text)} {
				for reads, r := range map[string]io.Reader{
					"whole": bytes.NewReader(file), "bytes": iotest.OneByteReader(bytes.NewReader(file)), "end with data": iotest.DataErrReader(bytes.NewReader(file)),
				} {
					lines, err := read(NewReader(r))
					assert.Equal(t, io.EOF, err, form+reads)
					assert.Equal(t, tt.want, lines, form+reads)
				}
			}
		})
	}
}

func TestReaderReadsSeveralGzipMembersAsOneFile(t *testing.T) {
	lines, err := read(NewReader(bytes.NewReader(append(zip(t, "1\n2"), zip(t, "3\n4\n")...))))
	assert.Equal(t, io.EOF, err)
	assert.Equal(t, []string{"1@0 1", "2@2 23", "3@5 4"}, lines)
	lines, err = read(NewReader(bytes.NewReader(zip(t, ""))))
	assert.Equal(t, io.EOF, err, "a gzip file without lines is whole")
	assert.Empty(t, lines)
}

func TestReaderErrors(t *testing.T) {
	damaged := zip(t, strings.Repeat("{\"a\":1}\n", 100))
	damaged[len(damaged)/2] ^= 0xff
	checksum := zip(t, "1\n2\n")
	checksum[len(checksum)-8] ^= 0xff
	length := zip(t, "1\n2\n")
	length[len(length)-1] ^= 0xff
	broken := errors.New("the disk is gone")
	fromCall := wire.NewError(&wire.Op{Name: "download"}, api.ErrUnavailable, io.ErrUnexpectedEOF)
	for name, tt := range map[string]struct {
		file io.Reader
		kind error
		text string
	}{
		"nothing at all":       {strings.NewReader(""), api.ErrUnexpectedResponse, "the file is empty"},
		"half of gzip's magic": {strings.NewReader("\x1f"), api.ErrUnexpectedResponse, "the file is cut off"},
		"gzip's magic alone":   {strings.NewReader("\x1f\x8b"), api.ErrUnexpectedResponse, "the file is cut off"},
		"not a gzip header":    {strings.NewReader("\x1f\x8b" + strings.Repeat("z", 20)), api.ErrUnexpectedResponse, "the gzip data is damaged"},
		"damaged":              {bytes.NewReader(damaged), api.ErrUnexpectedResponse, "the gzip data is damaged"},
		"checksum":             {bytes.NewReader(checksum), gzip.ErrChecksum, "the gzip data is damaged"},
		"length":               {bytes.NewReader(length), gzip.ErrChecksum, "the gzip data is damaged"},
		"more behind it":       {bytes.NewReader(append(zip(t, "1\n"), "<html>trailing"...)), api.ErrUnexpectedResponse, "the gzip data is damaged"},
		"cut":                  {bytes.NewReader(zip(t, "1\n2\n")[:20]), io.ErrUnexpectedEOF, "the file is cut off"},
		"an error at once":     {iotest.ErrReader(broken), broken, "the disk is gone"},
		"an error later":       {io.MultiReader(strings.NewReader("1\n2"), iotest.ErrReader(broken)), broken, "the disk is gone"},
		"the download's error": {io.MultiReader(bytes.NewReader(zip(t, "1\n2\n")[:20]), iotest.ErrReader(fromCall)), fromCall, fromCall.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			r := NewReader(tt.file)
			lines, err := read(r)
			require.ErrorIs(t, err, tt.kind)
			require.EqualError(t, err, tt.text)
			assert.LessOrEqual(t, len(lines), 100)
			assert.Positive(t, r.Line())
			line, again := r.Next()
			assert.Nil(t, line)
			assert.Equal(t, err, again, "the same error for ever")
		})
	}
}

// TestReaderNeverTakesACutFileForAWholeOne cuts a gzip file at every byte.
func TestReaderNeverTakesACutFileForAWholeOne(t *testing.T) {
	var text strings.Builder
	for i := range 40 {
		fmt.Fprintf(&text, "{\"id\":%d,\"name\":%q}\n", i, strings.Repeat("n", i*i%37))
	}
	file := zip(t, text.String())
	whole, err := read(NewReader(bytes.NewReader(file)))
	require.Equal(t, io.EOF, err)
	require.Len(t, whole, 40)
	for cut := range file {
		lines, err := read(NewReader(bytes.NewReader(file[:cut])))
		require.ErrorIs(t, err, api.ErrUnexpectedResponse, "cut at byte %d of %d", cut, len(file))
		require.LessOrEqual(t, len(lines), 40)
		require.Equal(t, strings.Join(whole[:len(lines)], "\n"), strings.Join(lines, "\n"), "what came before the cut is good")
	}
}

func TestReaderBoundsALine(t *testing.T) {
	for name, file := range map[string]io.Reader{
		"with an end":    strings.NewReader("1\n" + strings.Repeat("x", 1<<20) + "\n"),
		"without an end": io.MultiReader(strings.NewReader("1\n"), endless("x")),
		"from a bomb":    io.MultiReader(bytes.NewReader(zip(t, "1\n")), bytes.NewReader(zip(t, strings.Repeat("x", 1<<22)))),
	} {
		t.Run(name, func(t *testing.T) {
			r := NewReader(file)
			r.blocks.maxLine = 600_000
			lines, err := read(r)
			require.ErrorIs(t, err, api.ErrTooLarge)
			assert.Equal(t, []string{"1@0 1"}, lines)
			assert.EqualValues(t, 2, r.Line())
			assert.EqualValues(t, 2, r.Offset())
			assert.LessOrEqual(t, cap(r.block.Text), 2*r.blocks.maxLine, "no more is held than a line may have")
		})
	}
	fits := NewReader(strings.NewReader(strings.Repeat("x", 599_999) + "\n"))
	fits.blocks.maxLine = 600_000
	lines, err := read(fits)
	assert.Equal(t, io.EOF, err)
	assert.Len(t, lines, 1)
}

func TestReaderBoundsAFile(t *testing.T) {
	for name, line := range map[string]string{"of lines": "{}\n", "of blank lines": "\n"} {
		t.Run(name, func(t *testing.T) {
			r := NewReader(endless(line))
			r.blocks.maxFile = 3_000
			lines, err := read(r)
			require.ErrorIs(t, err, api.ErrTooLarge)
			assert.LessOrEqual(t, len(lines), 1000)
			assert.LessOrEqual(t, r.lines.next, int64(3_000+len(line)))
		})
	}
	r := NewReader(strings.NewReader("{}\n{}"))
	r.blocks.maxFile = 5
	lines, err := read(r)
	assert.Equal(t, io.EOF, err, "exactly the bound")
	assert.Len(t, lines, 2)
}

// endless repeats a text for ever.
type endless string

func (e endless) Read(p []byte) (int, error) {
	n := 0
	for len(p)-n >= len(e) {
		n += copy(p[n:], e)
	}
	return n, nil
}

// naive splits a text as a Reader must: into lines that are not blank, with their numbers and offsets.
func naive(text []byte) (lines []string) {
	offset, number := 0, 0
	for line := range bytes.Lines(text) {
		number++
		at := offset
		offset += len(line)
		if bytes.HasPrefix(line, mark) {
			line, at = line[len(mark):], at+len(mark)
		}
		if line = bytes.TrimSpace(line); len(line) > 0 {
			lines = append(lines, fmt.Sprintf("%d@%d %s", number, at, line))
		}
	}
	return lines
}

// FuzzJSONLines reads any bytes, plain and as gzip: what is text comes back as its lines, and nothing is ever out of bounds.
func FuzzJSONLines(f *testing.F) {
	for _, seed := range [][]byte{
		nil, []byte("1\n2"), []byte("\r\n\n"), zip(f, "1\n2\n"), zip(f, "1\n2\n")[:15],
		{0x1f, 0x8b},
		{0x1f},
		[]byte("\x1f\x8b\x08zzzzzzzzzz"),
		[]byte("\xef\xbb\xbf1\n\xef\xbb\xbf2"), bytes.Repeat([]byte("7\n"), 3*MaxLines), append(zip(f, "1"), zip(f, "2\n")...),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		bound := func(r *Reader) *Reader {
			r.blocks.maxFile = 1 << 20
			return r
		}
		got, err := read(bound(NewReader(iotest.HalfReader(bytes.NewReader(file)))))
		again, other := read(bound(NewReader(bytes.NewReader(file))))
		assert.Equal(t, got, again, "however the bytes come")
		assert.Equal(t, fmt.Sprint(err), fmt.Sprint(other))
		if err != io.EOF {
			assert.True(t, errors.Is(err, api.ErrUnexpectedResponse) || errors.Is(err, api.ErrTooLarge), "%v", err)
		}
		for _, line := range got {
			assert.NotContains(t, line, "\n")
		}
		if bytes.HasPrefix(file, []byte{0x1f, 0x8b}) {
			return
		}
		if err == io.EOF {
			assert.Equal(t, naive(file), got)
		}
		packed, err := read(bound(NewReader(bytes.NewReader(zip(t, string(file))))))
		require.Equal(t, io.EOF, err)
		assert.Equal(t, naive(file), packed)
	})
}
