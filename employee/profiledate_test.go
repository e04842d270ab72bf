package employee_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pronet-go/pronet/employee"
)

func TestProfileDate(t *testing.T) {
	for text, want := range map[employee.ProfileDate][3]int{
		"November 2017": {2017, 11, 0},
		"2010":          {2010, 0, 0},
		"May 2, 2014":   {2014, 5, 2},
		"May 2014":      {2014, 5, 0},
		"Nov 2024":      {2024, 11, 0},
		"Sept 2024":     {2024, 9, 0},
		"Dec 31, 1999":  {1999, 12, 31},
		"2021-03":       {2021, 3, 0},
		"2021-03-15":    {2021, 3, 15},
		" march 2020 ":  {2020, 3, 0},
	} {
		year, month, day, ok := text.Parse()
		assert.True(t, ok, text)
		assert.Equal(t, want, [3]int{year, month, day}, text)
	}
	for _, text := range []employee.ProfileDate{"", "Present", "31 May 2014", "May 32, 2014", "2021-13", "20", "20101", "Smarch 2014", "2 years"} {
		year, month, day, ok := text.Parse()
		assert.False(t, ok, text)
		assert.Equal(t, [3]int{}, [3]int{year, month, day}, text)
	}
	leaf(t, "previous", `"May 2014"`, employee.ProfileDate("May 2014"), true)
	leaf(t, "previous", "2010", employee.ProfileDate("2010"), true)
	leaf(t, "previous", "null", employee.ProfileDate(""), true)
	leaf(t, "previous", "[]", employee.ProfileDate(""), false)
	assert.Equal(t, `["May 2014",null]`, written(t, []employee.ProfileDate{"May 2014", ""}))
}

func ExampleProfileDate_Parse() {
	for _, d := range []employee.ProfileDate{"November 2017", "2010", "May 2, 2014", "Present"} {
		fmt.Println(d.Parse())
	}
	// Output:
	// 2017 11 0 true
	// 2010 0 0 true
	// 2014 5 2 true
	// 0 0 0 false
}

func FuzzProfileDate(f *testing.F) {
	for _, text := range []string{"November 2017", "2010", "May 2, 2014", "2021-03", "Sept 1", ""} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		year, month, day, ok := employee.ProfileDate(text).Parse()
		if !ok && (year|month|day) != 0 {
			t.Fatal("parts of a date that was not read")
		}
		if ok && (year < 0 || year > 9999 || month < 0 || month > 12 || day < 0 || day > 31 || day > 0 && month == 0) {
			t.Fatalf("%q is %d-%d-%d", text, year, month, day)
		}
	})
}
