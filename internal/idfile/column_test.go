package idfile_test

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/internal/idfile"
)

func table(text, column string) idfile.Source {
	return idfile.ColumnReader("crm.csv", column, opening(text))
}

func opening(text string) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) { return io.NopCloser(iotest.HalfReader(strings.NewReader(text))), nil }
}

// inUTF16 is the text as programs of Windows save it.
func inUTF16(text string, little bool) string {
	var b strings.Builder
	for _, unit := range utf16.Encode([]rune(text)) {
		low, high := byte(unit), byte(unit>>8)
		if little {
			b.Write([]byte{low, high})
		} else {
			b.Write([]byte{high, low})
		}
	}
	return b.String()
}

// connections is how LinkedIn exports the contacts of a member, the notes shortened.
const connections = "Notes:\n\"When exporting your connection data, you may notice that some of the email addresses are missing. You will only see \"\"URL\"\".\"\n\n" +
	"First Name,Last Name,URL,Email Address,Company,Position,Connected On\n" +
	"Jane,Roe,https://www.linkedin.com/in/jane-roe,,\"Acme, Inc.\",Engineer,01 Jan 2024\n" +
	",,,,,,02 Jan 2024\n" +
	"Jo\xc3\xa3o,Ben\xc3\xadcio,https://www.linkedin.com/in/jo%C3%A3o-ben%C3%ADcio,j@example.com,Kestrel,\"Lead\nof many\",03 Jan 2024\n"

func TestTablesAsPeopleSaveThem(t *testing.T) {
	const people = "employee_id,full_name\n418702150,Jane Roe\n1,\"Roe, J\"\n"
	semicolons := strings.ReplaceAll("id;name\n418702150;Jane\n1;J\n", "\n", "\r\n")
	for name, tc := range map[string]struct{ text, column string }{
		"comma":                 {people, "employee_id"},
		"CRLF and a mark":       {"\ufeff" + strings.ReplaceAll(people, "\n", "\r\n"), "employee_id"},
		"old line ends":         {strings.ReplaceAll(people, "\n", "\r"), "employee_id"},
		"another case":          {people, "Employee_ID"},
		"space around the name": {"full_name, employee_id \nJane,418702150\nJ, 1\n", "employee_id"},
		"semicolons":            {semicolons, "id"},
		"told separator":        {"sep=;\r\n" + semicolons, "id"},
		"told in quotes":        {"\"sep=;\"\r\n" + semicolons, "id"},
		"an odd separator":      {"sep=^\nname^id\na,b;c^418702150\nd^1", "id"},
		"tabs":                  {"id\tname\n418702150\t\"Jane, of Kestrel; Bay\"\n1\tJ", "id"},
		"bars":                  {"name|id\nJane|418702150\nJ|1\n", "id"},
		"UTF-16 little endian":  {"\xff\xfe" + inUTF16("id\tname\r\n418702150\tJané 😀\r\n1\t", true) + "\x00\xd8" + inUTF16("x\r\n", true), "id"},
		"UTF-16 big endian":     {"\xfe\xff" + inUTF16("name\tid\r\nJané\t418702150\r\nx\t1\r\n", false), "id"},
		"no mark, little":       {inUTF16(people, true), "employee_id"},
		"no mark, big":          {inUTF16(people, false), "employee_id"},
		"quotes":                {"\"id\",\"name\"\n\"418702150\",\"Jane \"\"JR\"\" Roe\"\n\"1\",\"a\nb\"\n", "id"},
		"one column":            {"id\n418702150\n1\n", "id"},
		"blank lines":           {"\n\nid,name\n\n418702150,x\n,\n , \n1,y\n\n\n\n", "id"},
		"cells without":         {"name,id\nJane,418702150\nnobody,\nJ,\u00a01\u00a0\n", "id"},
		"cells behind":          {"id,name\n418702150,Jane,,\n1\n", "id"},
		"a title":               {"List of 2024 \"all\"\n\nname;id\nJane, R;418702150\nJ;1\n", "id"},
		"the largest":           {"id\n418702150\n1\n", "id"},
	} {
		t.Run(name, func(t *testing.T) {
			s := table(tc.text, tc.column)
			got, err := walk(t, s)
			require.NoError(t, err)
			assert.Equal(t, []int64{418702150, 1}, got)
			sum, err := s.Check(t.Context())
			require.NoError(t, err)
			assert.Equal(t, "418702150\n1\n", upload(t, s, sum))
		})
	}
}

func TestTablesThatAreRefused(t *testing.T) {
	const head = "id,name\n"
	for name, tc := range map[string]struct{ text, says string }{
		"shortened":            {head + "1,a\n4.1870215E+11,Jane\n", `line 3, column "id": a spreadsheet has shortened the number, and its digits are gone: there, format the column as a number without decimals and save it again, or take the list from where it came from (the cell starts with "4.1870215E+11")`},
		"shortened, comma":     {"id;name\n4,1870215E+11;J\n", "its digits are gone"},
		"shortened, short":     {head + "5e8,J", "its digits are gone"},
		"decimals":             {head + "418702150.0,J", `line 2, column "id": a number with a decimal point or marks between its digits: in the spreadsheet, format the column as a number without both and save it again (the cell starts with "418702150.0")`},
		"thousands":            {head + "\"418,702,150\",J", "marks between its digits"},
		"spaces":               {head + "418\u202f702,J", "marks between its digits"},
		"zero":                 {head + "0,J", "zero is not an ID"},
		"leading zero":         {head + "0041,J", "a leading zero"},
		"too large":            {head + "9223372036854775808,J", "above the largest ID"},
		"sign":                 {head + "-41,J", "a sign"},
		"formula":              {head + "\"=\"\"41\"\"\",J", "a formula: save the table with values"},
		"address":              {head + "https://www.linkedin.com/in/jane-roe,J", `an address or a path, not an ID (the cell starts with "https://www.linkedin")`},
		"text":                 {head + "n/a,J", "not an ID"},
		"unseen":               {head + "41\u200b,J", "a character that takes no room"},
		"hostile":              {head + "\x1b[2J41,J", `not a number (the cell starts with "\x1b[2J41")`},
		"later":                {head + "1,\"a\nb\"\n\n2,b\nx,c", `line 6, column "id": not a number (the cell starts with "x")`},
		"no such column":       {"\"Notes\"\nemployee_id,full_name\n1,a\n", `line 2, column "id": the table has no such column; it has "employee_id", "full_name"`},
		"no heading":           {"418702150\n1\n", `line 1, column "id": the list has no heading, or not this column: a list of nothing but one ID a line is read without a column`},
		"rows only":            {"Jane,jane@example.com\n", "the list has no heading"},
		"twice":                {"id,name,id\n1,a,2\n", "has the column more than once"},
		"a short row":          {"name,id\nJane,1\nJ;2\n", `line 3, column "id": the row has 1 cells, and the column is number 2: is another separator used, or a quote missing?`},
		"a long row":           {"name,age,id\nRoe, Jane,41,7\n", `line 2, column "id": the row has 4 cells and the heading 3: is a separator in a text without quotes?`},
		"a quote inside":       {head + "1,Jane \"JR\" Roe\n", `line 2, column "id": a quote is missing, or stands within a text`},
		"an open quote":        {head + "1,a\n2,\"b\n3,c\n", `line 3, column "id": a quote is missing`},
		"an endless row":       {head + "1,a\n2,\"" + strings.Repeat("b\n", 1<<20), `line 3, column "id": a row of more than 1 MiB: is a quote missing?`},
		"an endless heading":   {strings.Repeat("a,", 1<<20), "the table has no such column"},
		"a file of Excel":      {"PK\x03\x04\x14", `line 1, column "id": a zip file or a spreadsheet, not text: save it as CSV`},
		"an old file of Excel": {"\xd0\xcf\x11\xe0\xa1", "a spreadsheet, not text: save it as CSV"},
		"gzip":                 {"\x1f\x8b\x08", "a gzip file"},
		"cut":                  {"\xff\xfe" + inUTF16(head+"1,a\n2,b", true) + "x", "UTF-16 text that ends within a character: the file was cut"},
		"many columns":         {strings.Repeat("column,", 20) + "x\n", `"column", and 9 more`},
	} {
		t.Run(name, func(t *testing.T) {
			ids, err := walk(t, table(tc.text, "id"))
			require.ErrorContains(t, err, tc.says)
			assert.Contains(t, err.Error(), "employee: crm.csv: ")
			assert.Less(t, len(err.Error()), 400)
			assert.Less(t, len(ids), 3)
			_, err = table(tc.text, "id").WriteDistinct(t.Context(), io.Discard, idfile.DistinctOptions{})
			require.ErrorContains(t, err, tc.says)
		})
	}
	for _, empty := range []string{"", "\n\n", "\ufeff", head, head + ",a\n"} {
		_, err := walk(t, table(empty, "id"))
		require.ErrorIs(t, err, idfile.ErrNoIDs, "%q", empty)
	}
	_, err := walk(t, table(head, " "))
	require.EqualError(t, err, "employee: crm.csv: no column was named")
}

func TestTableBreaks(t *testing.T) {
	broken := errors.New("disk gone")
	for _, text := range []string{"", "i", "id,name\n1,a\n2", "\xff\xfe" + inUTF16("id\n1\n2", true), "\xff\xfe" + inUTF16("id\n1\n😀", true)[:12]} {
		s := idfile.ColumnReader("x", "id", func() (io.ReadCloser, error) {
			return io.NopCloser(io.MultiReader(strings.NewReader(text), iotest.ErrReader(broken))), nil
		})
		_, err := s.Check(t.Context())
		require.ErrorIs(t, err, broken, "%q", text)
	}
	_, err := idfile.ColumnReader("x", "id", nil).Check(t.Context())
	require.EqualError(t, err, "employee: x: no source given")
	_, err = idfile.Column(filepath.Join(t.TempDir(), "customer-4711", "x.csv"), "id").Check(t.Context())
	require.EqualError(t, err, "employee: x.csv: no such file or directory")
}

func TestCells(t *testing.T) {
	path := filepath.Join(t.TempDir(), "Connections.csv")
	require.NoError(t, os.WriteFile(path, []byte(connections), 0o600))
	for range 2 {
		var got []string
		for cell, err := range idfile.Cells(path, "URL") {
			require.NoError(t, err)
			got = append(got, cell.Text)
		}
		assert.Equal(t, []string{"https://www.linkedin.com/in/jane-roe", "https://www.linkedin.com/in/jo%C3%A3o-ben%C3%ADcio"}, got)
	}
	for cell, err := range idfile.Cells(path, "Company") {
		require.NoError(t, err)
		assert.EqualError(t, cell.Refuse("of no use"), `employee: Connections.csv: line 5, column "Company": of no use (the cell starts with "Acme, Inc.")`)
		break
	}
	for name, tc := range map[string]struct{ column, says string }{
		"another column": {"Profile", `line 4, column "Profile": the table has no such column; it has "First Name", "Last Name", "URL", "Email Address", "Company", "Position", "Connected On"`},
		"no column":      {"", "no column was named"},
	} {
		for _, err := range idfile.Cells(path, tc.column) {
			require.EqualError(t, err, "employee: Connections.csv: "+tc.says, name)
		}
	}
	for _, err := range idfile.ReaderCells("x", "name", opening("id,name\n1,\n")) {
		require.ErrorIs(t, err, idfile.ErrNoIDs)
		require.EqualError(t, err, "employee: x: the column is empty")
	}
	for _, err := range idfile.ReaderCells("x", "name", nil) {
		require.EqualError(t, err, "employee: x: no source given")
	}
}

// TestMemoryOfTablesIsFlat reads 500,000 rows, 25 MB of text, of which one row at a time is held.
func TestMemoryOfTablesIsFlat(t *testing.T) {
	s := idfile.ColumnReader("x", "id", func() (io.ReadCloser, error) {
		r, w := io.Pipe()
		go func() {
			_, err := io.WriteString(w, "name;id\n")
			for i := 0; i < 500 && err == nil; i++ {
				_, err = io.WriteString(w, strings.Repeat(fmt.Sprintf("\"Somebody with a long name, of %d\";%d\n", i, 1+i), 1_000))
			}
			_ = w.CloseWithError(err)
		}()
		return r, nil
	})
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for id, err := range s.All(t.Context()) {
		require.NoError(t, err)
		if id == 499 {
			break
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	assert.Less(t, int64(after.HeapAlloc)-int64(before.HeapAlloc), int64(4<<20))
}

func TestSpooledTable(t *testing.T) {
	o := idfile.SpoolOptions{Dir: t.TempDir(), Column: "id"}
	spooled, err := idfile.SpoolReader(t.Context(), strings.NewReader("name,id\na,7\nb,8\n"), o)
	require.NoError(t, err)
	defer func() { require.NoError(t, spooled.Close()) }()
	got, err := walk(t, spooled.Source())
	require.NoError(t, err)
	assert.Equal(t, []int64{7, 8}, got)
	_, err = idfile.SpoolReader(t.Context(), strings.NewReader("name,id\na,1e9\n"), o)
	require.ErrorContains(t, err, `employee: the list: line 2, column "id": a spreadsheet has shortened the number`)
}

// FuzzColumn compares with encoding/csv over the whole text, where that is UTF-8: the texts of the column are its, or the
// table is refused.
func FuzzColumn(f *testing.F) {
	for _, text := range []string{connections, "sep=;\nid;name\n1;a\n", "\xff\xfei\x00d\x00\n\x001\x00", "id,name\n1,\"a\nb\"\n\n2,c\r3,d", "a,id,b\n,,\n1,2,3,4", "\"id\"\n\"1\"\n", "\ufeffid\t\n1\t"} {
		f.Add([]byte(text), 7)
	}
	f.Fuzz(func(t *testing.T, text []byte, size int) {
		read := func(text []byte, size int) (got []string, failed error) {
			for cell, err := range idfile.ReaderCells("fuzz", "id", func() (io.ReadCloser, error) {
				return io.NopCloser(&pieces{rest: text, size: func() int { return size }}), nil
			}) {
				if err != nil {
					failed = err
					break
				}
				got = append(got, cell.Text)
			}
			return got, failed
		}
		got, err := read(text, len(text)+1)
		same := func(how string, text []byte) {
			again, failed := read(text, 1+max(0, size%64))
			if !slices.Equal(got, again) || fmt.Sprint(err) != fmt.Sprint(failed) {
				t.Fatalf("%q, %v; %s %q, %v", got, err, how, again, failed)
			}
		}
		same("in pieces", text)
		if plain := string(text); utf8.ValidString(plain) && !strings.HasPrefix(plain, "\ufeff") && !strings.Contains(plain[:min(2, len(plain))], "\x00") {
			same("in UTF-16, little endian", []byte("\xff\xfe"+inUTF16(plain, true)))
			same("in UTF-16, big endian", []byte("\xfe\xff"+inUTF16(plain, false)))
		}
		if refused, ok := errors.AsType[*idfile.LineError](err); ok && (refused.Line < 1 || refused.Line > 1+len(text) || len(err.Error()) > 1_000) {
			t.Fatal(err)
		}
		head := strings.ToLower(string(text[:min(3, len(text))]))
		if err != nil || head != "id," || strings.Contains(string(text), "\r") || strings.ContainsAny(string(text[:min(100, len(text))]), ";\t|") {
			return
		}
		rows := csv.NewReader(strings.NewReader(string(text)))
		rows.FieldsPerRecord = -1
		all, err := rows.ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for _, row := range all[1:] {
			if text := strings.TrimSpace(row[0]); text != "" {
				want = append(want, text)
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%q, want %q", got, want)
		}
	})
}
