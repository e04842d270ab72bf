package export_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/export"
)

func rows(t testing.TB, o export.CSVOptions, texts ...string) string {
	t.Helper()
	var out bytes.Buffer
	w, err := export.NewCSV(&out, o)
	require.NoError(t, err)
	n, err := export.Copy(t.Context(), these(texts...), w)
	require.NoError(t, err)
	require.EqualValues(t, len(texts), n)
	return out.String()
}

func TestCSV(t *testing.T) {
	columns := []export.Column{
		{Path: "id"},
		{Name: "name", Path: "full_name"},
		{Name: "first title", Path: "experience[0].title"},
		{Name: "titles", Path: "experience[*].title"},
		{Name: "companies", Path: "experience[*].company", Separator: " | "},
		{Name: "experience"},
	}
	assert.Equal(t, `id,name,first title,titles,companies,experience
12345678901234567890,"a ""b"", c",x,x; ; y," | B | ","[{""title"":""x""},{""title"":null,""company"":""B""},{""title"":""y""}]"
1.50,,,,,[]
true,é,,,,
`, rows(t, export.CSVOptions{Columns: columns},
		`{"id":12345678901234567890,"full_name":"a \"b\", c","experience":[{"title":"x"},{ "title": null,"company":"B"},{"title":"y"}]}`,
		`{"id":1.50,"full_name":null,"experience":[]}`,
		`{"id":true,"full_name":"\u00e9","experience":null}`))
}

func TestCSVOptions(t *testing.T) {
	const text = `{"a":"x;y","b":"=1"}`
	columns := export.Columns("a", "b")
	assert.Equal(t, "a;b\n\"x;y\";'=1\n", rows(t, export.CSVOptions{Columns: columns, Comma: ';'}, text))
	assert.Equal(t, "x;y,'=1\n", rows(t, export.CSVOptions{Columns: columns, NoHeader: true}, text))
	assert.Equal(t, "\ufeffa,b\nx;y,=1\n", rows(t, export.CSVOptions{Columns: columns, BOM: true, FormulasMayRun: true}, text))
	assert.Equal(t, "a,b\n", rows(t, export.CSVOptions{Columns: columns}), "names without records")
	assert.Empty(t, rows(t, export.CSVOptions{Columns: columns, NoHeader: true}))
	assert.Equal(t, "a\n\"\"\n\"\"\n", rows(t, export.CSVOptions{Columns: export.Columns("a")}, "{}", `{"a":""}`), "a row of one empty cell is no empty line")
	assert.Equal(t, "'=a\n1\n", rows(t, export.CSVOptions{Columns: []export.Column{{Name: "=a", Path: "a"}}}, `{"a":1}`))
	assert.Equal(t, "a\n\"x\ny\nz\n\"\n", rows(t, export.CSVOptions{Columns: export.Columns("a")}, `{"a":"x\r\ny\rz\n"}`))

	var out bytes.Buffer
	w, err := export.NewCSV(&out, export.CSVOptions{Columns: export.Columns("full_name"), AsReceived: true, NoHeader: true})
	require.NoError(t, err)
	r := base(t, `{"full_name":"as it came"}`)
	r.FullName = "changed"
	require.NoError(t, w.Write(t.Context(), r))
	require.NoError(t, w.Flush(t.Context()))
	assert.Equal(t, "as it came\n", out.String())
}

func TestCSVRunsNoFormula(t *testing.T) {
	for text, want := range map[string]string{
		"=1+1": "'=1+1", "+1": "'+1", "-x": "'-x", "@sum": "'@sum", "\t=1": "'\t'=1", "\r=1": "'\n'=1", " =1": "' =1", "\u00a0=1": "'\u00a0=1", "\ufeff=1": "'\ufeff=1", "\u200b@a": "'\u200b@a",
		"＝1": "'＝1", "＋1": "'＋1", "－1": "'－1", "＠a": "'＠a", "\x00=1": "'\x00=1", "=": "'=", "-": "'-", "- a bullet": "'- a bullet", "-1-2": "'-1-2", "-1e": "'-1e", "-01": "'-01", "-1.": "'-1.",
		"-1": "-1", "-1.5": "-1.5", "-0": "-0", "-1e5": "-1e5", "-12.50E-3": "-12.50E-3", "1+1": "1+1", "a=b": "a=b", "": "", "'=1": "'=1", "Jo": "Jo", " x": " x", "-1e+": "'-1e+",
	} {
		quoted, err := json.Marshal(text)
		require.NoError(t, err)
		read, err := csv.NewReader(strings.NewReader(rows(t, export.CSVOptions{Columns: export.Columns("a", "b"), NoHeader: true}, `{"a":`+string(quoted)+`}`))).ReadAll()
		require.NoError(t, err, "%q", text)
		assert.Equal(t, [][]string{{want, ""}}, read, "%q", text)
	}
	assert.Equal(t, "-5,'-5; -3\n", rows(t, export.CSVOptions{Columns: export.Columns("n", "l[*]"), NoHeader: true}, `{"n":-5,"l":[-5,-3]}`), "numbers are no formulas")
}

// cells is how a program reads a row that takes other characters for the separator, quoted cells only where a cell begins
// with the quote: Python's csv does so, and so do spreadsheet programs.
func cells(text, separators string) (cells []string) {
	var cell []rune
	began, quoted, closing := false, false, false
	for _, r := range text {
		switch {
		case closing && r == '"':
			cell, closing = append(cell, r), false
		case quoted && !closing:
			if closing = r == '"'; !closing {
				cell = append(cell, r)
			}
		case strings.ContainsRune(separators+"\n", r):
			cells = append(cells, string(cell))
			cell, began, quoted, closing = nil, false, false, false
		case r == '"' && !began:
			began, quoted = true, true
		default:
			cell, began, quoted, closing = append(cell, r), true, false, false
		}
	}
	return append(cells, string(cell))
}

// runs reports a cell that a spreadsheet program would run.
func runs(cell string) bool {
	cell = strings.TrimLeftFunc(cell, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) })
	return strings.TrimLeft(cell, "=+-@\uff1d\uff0b\uff0d\uff20\u2212\ufe62\ufe63\ufe66\ufe6b") != cell && json.Unmarshal([]byte(cell), new(float64)) != nil
}

// TestCSVRunsNoFormulaUnderAnotherSeparator, which is the semicolon in most of Europe, or several at once.
func TestCSVRunsNoFormulaUnderAnotherSeparator(t *testing.T) {
	columns := export.Columns("id", "headline", "phone", "experience[*].title")
	const record = `{"id":1,"headline":"Engineer;=HYPERLINK(\"http://evil.example\")","phone":"x\t=1+1","experience":[{"title":"CTO"},{"title":"=1+1"}]}`
	for _, comma := range ",;\t|" {
		out := rows(t, export.CSVOptions{Columns: columns, NoHeader: true, Comma: comma}, record)
		reader := csv.NewReader(strings.NewReader(out))
		reader.Comma = comma
		read, err := reader.ReadAll()
		require.NoError(t, err)
		assert.Equal(t, [][]string{{"1", `Engineer;'=HYPERLINK("http://evil.example")`, "x\t'=1+1", "CTO; '=1+1"}}, read)
		for _, separators := range []string{";", "\t", ",", ",;\t"} {
			for _, cell := range cells(out, separators) {
				assert.False(t, runs(cell), "%q of %q with %q", cell, out, separators)
			}
		}
	}
	assert.Contains(t, cells("1,\"Engineer;=HYPERLINK(1)\"", ";"), `=HYPERLINK(1)"`, "the witness sees it")
	for text, want := range map[string]string{
		"a; b": "a; b", "1;2": "1;2", "co-founder; x": "co-founder; x", "-5": "-5", "a,b": "a,b", "x;\"=1": "x;\"'=1", "x\n- y": "x\n'- y", "a,\u00a0\uff1d1": "a,\u00a0'\uff1d1",
		"a;;=1": "a;;'=1", "a;'=1": "a;'=1", "x;-": "x;'-", "\u2028=1": "'\u2028'=1", "a;\u200b@b;": "a;\u200b'@b;", "=1;=2": "'=1;'=2", ";": ";", "x;-1": "x;'-1",
	} {
		quoted, err := json.Marshal(text)
		require.NoError(t, err)
		read, err := csv.NewReader(strings.NewReader(rows(t, export.CSVOptions{Columns: export.Columns("a", "b"), NoHeader: true}, `{"a":`+string(quoted)+`}`))).ReadAll()
		require.NoError(t, err, "%q", text)
		assert.Equal(t, [][]string{{want, ""}}, read, "%q", text)
		assert.Contains(t, rows(t, export.CSVOptions{Columns: export.Columns("a", "b"), NoHeader: true, FormulasMayRun: true}, `{"a":`+string(quoted)+`}`), text[len(text)-1:])
	}
	assert.Equal(t, "'=1 | '+2 | 3 | -4\n", rows(t, export.CSVOptions{Columns: []export.Column{{Path: "l[*]", Separator: " | "}}, NoHeader: true}, `{"l":["=1","+2",3,-4]}`), "each value by itself")
	assert.Equal(t, "l\n\"[-1,-2,\"\"a;'=1\"\",\"\"'=2\"\",{\"\"k\"\":-3,\"\"m\"\":\"\"\\\"\"-4\"\"}]\"\n",
		rows(t, export.CSVOptions{Columns: export.Columns("l")}, `{"l":[-1,-2,"a;=1","=2",{"k":-3,"m":"\"-4"}]}`), "numbers in JSON stay")
	assert.Equal(t, "a;'=b\n1\n", rows(t, export.CSVOptions{Columns: []export.Column{{Name: "a;=b", Path: "a"}}}, `{"a":1}`), "a name")
}

func TestCSVRefuses(t *testing.T) {
	many := make([]export.Column, 1_001)
	for i := range many {
		many[i].Path = "a"
	}
	for name, o := range map[string]export.CSVOptions{
		"no columns":   {},
		"too many":     {Columns: many},
		"empty":        {Columns: []export.Column{{}}},
		"name":         {Columns: []export.Column{{Name: "a\nb", Path: "a"}}},
		"name of zero": {Columns: []export.Column{{Name: "a\x00b", Path: "a"}}},
		"not UTF-8":    {Columns: []export.Column{{Name: "\xff", Path: "a"}}},
		"long":         {Columns: []export.Column{{Name: strings.Repeat("a", 201), Path: "a"}}},
		"path":         {Columns: export.Columns("a[")},
		"quote":        {Columns: export.Columns("a"), Comma: '"'},
		"line break":   {Columns: export.Columns("a"), Comma: '\n'},
		"no rune":      {Columns: export.Columns("a"), Comma: -1},
		"wrong rune":   {Columns: export.Columns("a"), Comma: utf8.RuneError},
	} {
		_, err := export.NewCSV(io.Discard, o)
		require.ErrorIs(t, err, api.ErrInvalid, name)
	}
	_, err := export.NewCSV(io.Discard, export.CSVOptions{Columns: export.Columns("id", "experience[-1].title")})
	wrong, ok := errors.AsType[*export.PathError](err)
	require.True(t, ok)
	assert.Equal(t, 11, wrong.Offset)
	assert.Equal(t, `export: path "experience[-1].title", byte 11: a number, *, the name of a mark such as is_current, or a quoted name is expected`, wrong.Error())
}

// FuzzCSV: what a reader of CSV reads is what was in the record.
func FuzzCSV(f *testing.F) {
	f.Add("a", "b", false)
	f.Add("=a,\"b\"\r\n", " \n", true)
	f.Add("\\.", "", false)
	f.Add("", "", true)
	f.Add("\ufeff", "\x00", false)
	f.Add("a;\"=b\"", "x,\t@y\n-1", false)
	f.Fuzz(func(t *testing.T, a, b string, one bool) {
		a, b = strings.ToValidUTF8(a, "?"), strings.ToValidUTF8(b, "?")
		text, err := json.Marshal(map[string]string{"a": a, "b": b})
		require.NoError(t, err)
		paths, want := []string{"a", "b"}, []string{a, b}
		if one {
			paths, want = paths[:1], want[:1]
		}
		for _, formulas := range []bool{true, false} {
			out := rows(t, export.CSVOptions{Columns: export.Columns(paths...), NoHeader: true, FormulasMayRun: formulas}, string(text))
			read, err := csv.NewReader(strings.NewReader(out)).ReadAll()
			require.NoError(t, err)
			require.Len(t, read, 1, "%q", out)
			for i, cell := range read[0] {
				text := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(want[i])
				if formulas {
					require.Equal(t, text, cell)
					continue
				}
				require.Equal(t, strings.ReplaceAll(text, "'", ""), strings.ReplaceAll(cell, "'", ""))
				require.False(t, runs(cell), "%q runs", cell)
				for _, separators := range []string{";", "\t", ",", ",;\t"} {
					for _, part := range cells(out, separators) {
						require.False(t, runs(part), "%q of %q with %q runs", part, out, separators)
					}
				}
			}
		}
	})
}
