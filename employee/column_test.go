package employee_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/employee"
)

func opens(text string) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }
}

func TestIDColumn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "crm.csv")
	require.NoError(t, os.WriteFile(path, []byte("\ufeff\"Name\";\"Coresignal ID\"\r\n\"Roe; Jane\";\"418702150\"\r\n;\r\nJ;1\r\n\r\n\r\n"), 0o600))
	for _, list := range []employee.IDSource{
		employee.IDColumn(path, "coresignal id"),
		employee.IDColumnReader("crm.csv", "id", opens("name,id\nJane,418702150\nJ,1")),
	} {
		sum, err := list.Check(t.Context())
		require.NoError(t, err)
		plain, err := employee.IDs(418702150, 1).Check(t.Context())
		require.NoError(t, err)
		assert.Equal(t, plain, sum)
		assert.Equal(t, "crm.csv", list.Name())
	}
	_, err := employee.IDColumnReader("crm.csv", "id", opens("name,id\nJane,4.1870215E+11\n")).Check(t.Context())
	refused, ok := errors.AsType[*employee.LineError](err)
	require.True(t, ok)
	assert.Equal(t, 2, refused.Line)
	assert.EqualValues(t, 8, refused.Offset)
	assert.Contains(t, refused.Reason, "its digits are gone")
	assert.NotContains(t, refused.Reason, "4.18")
	assert.Contains(t, refused.Error(), `(the cell starts with "4.1870215E+11")`)

	spooled, err := employee.SpoolIDReader(t.Context(), strings.NewReader("name,id\nJane,7\n"), employee.SpoolOptions{Dir: t.TempDir(), Column: "id"})
	require.NoError(t, err)
	assert.EqualValues(t, 1, spooled.Summary().Count)
	require.NoError(t, spooled.Close())
}

func TestRefColumn(t *testing.T) {
	const head = "Notes:\n\"about, URL\"\n\nFirst Name,URL\n"
	path := filepath.Join(t.TempDir(), "Connections.csv")
	require.NoError(t, os.WriteFile(path, []byte(head+"Jane, https://www.linkedin.com/in/jane-roe\u00a0\n,\nJ,https://www.linkedin.com/in/j%C3%B6rg\n"), 0o600))
	for range 2 {
		var got []employee.Ref
		for ref, err := range employee.RefColumn(path, "URL", employee.ProfileURL) {
			require.NoError(t, err)
			got = append(got, ref)
		}
		assert.Equal(t, []employee.Ref{employee.ProfileURL("https://www.linkedin.com/in/jane-roe"), employee.ProfileURL("https://www.linkedin.com/in/j%C3%B6rg")}, got)
	}
	for text, says := range map[string]string{
		"A,https://www.linkedin.com/company/acme":   `line 5, column "URL": the profile address is not one of a person: it has no name after "/in/" (the cell starts with "https://www.linkedin")`,
		"A,https://example.com/x":                   "not one of a person",
		"A,jane-roe":                                "does not begin with http:// or https://",
		"A,\ufeffhttps://www.linkedin.com/in/a":     "takes no room",
		"A,https://www.linkedin.com/in/a\nB,\xff":   `line 6, column "URL": the profile address is not UTF-8`,
		"\"A, B\",https://www.linkedin.com/in/a b,": "holds a space",
	} {
		var last error
		for ref, err := range employee.RefColumnReader("my.csv", "URL", employee.ProfileURL, opens(head+text)) {
			last = err
			assert.Equal(t, err == nil, ref != employee.Ref{})
		}
		require.ErrorIs(t, last, employee.ErrInvalidRef, text)
		require.ErrorContains(t, last, "employee: my.csv: line ")
		require.ErrorContains(t, last, says)
		refused, ok := errors.AsType[*employee.LineError](last)
		require.True(t, ok)
		assert.NotContains(t, refused.Reason, "acme")
	}
	for name, of := range map[string]func(string) employee.Ref{"shorthand": employee.Shorthand, "none": nil} {
		for ref, err := range employee.RefColumnReader("my.csv", "shorthand", of, opens("id,shorthand\n1,jane-roe\n")) {
			if name == "none" {
				require.ErrorIs(t, err, employee.ErrInvalidRef)
				continue
			}
			require.NoError(t, err)
			assert.Equal(t, employee.Shorthand("jane-roe"), ref)
		}
	}
	for _, err := range employee.RefColumnReader("my.csv", "mail", employee.Shorthand, opens("id,shorthand\n1,jane-roe\n")) {
		require.ErrorContains(t, err, `the table has no such column; it has "id", "shorthand"`)
		_, ok := errors.AsType[*employee.LineError](err)
		assert.True(t, ok)
	}
}

func ExampleIDColumnReader() {
	list := employee.IDColumnReader("crm.csv", "employee_id", func() (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader("Name;employee_id\nJane;418702150\nJoe;4,1870215E+11\n")), nil
	})
	for id, err := range list.All(exampleContext) {
		if refused, ok := errors.AsType[*employee.LineError](err); ok {
			fmt.Println("line", refused.Line, "-", refused.Reason[:37])
			break
		}
		fmt.Println(id)
	}
	// Output:
	// 418702150
	// line 3 - a spreadsheet has shortened the numbe
}

func ExampleRefColumnReader() {
	connections := func() (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader("Notes:\n\"...\"\n\nFirst Name,URL\nJane,https://www.linkedin.com/in/jane-roe\n")), nil
	}
	for ref, err := range employee.RefColumnReader("Connections.csv", "URL", employee.ProfileURL, connections) {
		fmt.Println(ref, err)
	}
	// Output:
	// https://www.linkedin.com/in/jane-roe <nil>
}
