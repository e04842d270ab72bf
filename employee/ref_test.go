package employee_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/employee"
)

func TestRefs(t *testing.T) {
	for want, r := range map[string]employee.Ref{
		"1":                                   employee.ID(1),
		"9223372036854775807":                 employee.ID(1<<63 - 1),
		"jane-example-0001":                   employee.Shorthand("jane-example-0001"),
		"j%C3%B6rg":                           employee.Shorthand("j%C3%B6rg"),
		"jörg":                                employee.Shorthand("jörg"),
		"jane-benício-1":                      employee.Shorthand("jane-benício-1"),
		"王芳-1":                                employee.Shorthand("王芳-1"),
		"https://de.example.com/in/j%C3%B6rg": employee.ProfileURL("https://de.example.com/in/j%C3%B6rg"),
		"https://example.com/pub/jane/1/2/3":  employee.ProfileURL("https://example.com/pub/jane/1/2/3"),
		"...":                                 employee.Shorthand("..."),
		"https://www.example.com/in/jane":     employee.ProfileURL("https://www.example.com/in/jane"),
		"HTTP://example/in/jane?x=1":          employee.ProfileURL("HTTP://example/in/jane?x=1"),
	} {
		require.NoError(t, r.Validate(), want)
		got, err := r.Segment()
		require.NoError(t, err)
		assert.Equal(t, want, got)
		assert.Equal(t, want, r.String())
	}
	id, ok := employee.ID(5).ID()
	assert.True(t, ok)
	assert.EqualValues(t, 5, id)
	_, ok = employee.Shorthand("a5").ID()
	assert.False(t, ok)
	assert.Equal(t, employee.ID(5), employee.ID(5))
	assert.NotEqual(t, employee.Shorthand("https://a/b"), employee.ProfileURL("https://a/b"))
}

func TestInvalidRefs(t *testing.T) {
	long := strings.Repeat("a", 513)
	for reason, refs := range map[string][]employee.Ref{
		"names nothing":       {{}},
		"positive":            {employee.ID(0), employee.ID(-1)},
		"empty":               {employee.Shorthand(""), employee.Shorthand(" \t"), employee.ProfileURL("")},
		"dots":                {employee.ProfileURL("https://example.com/in/.."), employee.Shorthand("%2e%2e"), employee.Shorthand("."), employee.Shorthand(".."), employee.ProfileURL("..")},
		"longer than 512":     {employee.Shorthand(long), employee.ProfileURL("https://example.com/in/" + long)},
		"not UTF-8":           {employee.Shorthand("a\xff")},
		"control character":   {employee.Shorthand("a\r\nb"), employee.Shorthand("a\x00"), employee.ProfileURL("https://example.com/\u0085")},
		"after \"/in/\"":      {employee.Shorthand("in/jane"), employee.Shorthand("jane?x"), employee.Shorthand("jane#x"), employee.Shorthand(`..\x`)},
		"read as an ID":       {employee.Shorthand("12345")},
		"does not begin with": {employee.ProfileURL("www.example.com/in/jane"), employee.ProfileURL("javascript:alert(1)")},
		"no host":             {employee.ProfileURL("https:///in/jane")},
		"cannot be parsed":    {employee.ProfileURL("https://example.com/in/%zz")},
		"holds a space":       {employee.Shorthand(" jane "), employee.Shorthand("jane\u00a0"), employee.Shorthand("jane roe"), employee.Shorthand("jane%20roe"), employee.Shorthand("jane\u3000roe"), employee.ProfileURL("https://example.com/in/jane "), employee.ProfileURL("https://example.com/in/jane%20roe")},
		"takes no room":       {employee.Shorthand("\ufeffjane"), employee.Shorthand("jane\u200b"), employee.Shorthand("ja\u00adne"), employee.ProfileURL("\ufeffhttps://example.com/in/jane"), employee.ProfileURL("https://example.com/in/jane%E2%80%8B")},
		"not one of a person": {
			employee.ProfileURL("https://example.com/x"), employee.ProfileURL("https://www.example.com/company/acme"), employee.ProfileURL("https://www.example.com/school/in"), employee.ProfileURL("https://example.com"),
			employee.ProfileURL("https://example.com/in/"), employee.ProfileURL("https://example.com/in"), employee.ProfileURL("https://example.com/in/?x=/in/jane"), employee.ProfileURL("https://example.com/#/in/jane"),
		},
		"user name": {employee.ProfileURL("https://jane:pass@example.com/in/jane")},
	} {
		for _, r := range refs {
			err := r.Validate()
			require.ErrorIs(t, err, employee.ErrInvalidRef, "%q", r)
			assert.ErrorContains(t, err, reason)
			_, err = r.Segment()
			require.ErrorIs(t, err, employee.ErrInvalidRef)
		}
	}
	err := employee.ProfileURL("ftp://secret-name").Validate()
	assert.NotContains(t, err.Error(), "secret-name")
}

// FuzzRef checks that a valid reference stays one path segment, whatever it holds.
func FuzzRef(f *testing.F) {
	f.Add("jane")
	f.Add("..")
	f.Add("https://example.com/in/jane/../x?y#z")
	f.Add("%2e%2e")
	f.Fuzz(func(t *testing.T, s string) {
		for _, r := range []employee.Ref{employee.Shorthand(s), employee.ProfileURL(s)} {
			seg, err := r.Segment()
			if err != nil {
				continue
			}
			u, err := url.Parse("https://api.example.com/collect/" + url.PathEscape(seg))
			if err != nil {
				t.Fatal(err)
			}
			parts := strings.Split(u.EscapedPath(), "/")
			if len(parts) != 3 {
				t.Fatalf("%q makes %d segments", s, len(parts))
			}
			if got, err := url.PathUnescape(parts[2]); err != nil || got != s {
				t.Fatalf("%q arrives as %q: %v", s, got, err)
			}
		}
	})
}

func ExampleRef() {
	for _, r := range []employee.Ref{
		employee.ID(548503248),
		employee.Shorthand("jane-example-0001"),
		employee.Shorthand("../bulk"),
	} {
		segment, err := r.Segment()
		fmt.Println(segment, err)
	}
	// Output:
	// 548503248 <nil>
	// jane-example-0001 <nil>
	//  employee: invalid reference: the shorthand name is more than the part after "/in/"
}

func TestKeysOfSpellings(t *testing.T) {
	for key, refs := range map[string][]employee.Ref{
		"7":            {employee.ID(7)},
		"in/jane-roe":  {employee.Shorthand("jane-roe"), employee.Shorthand("Jane-Roe")},
		"in/benício-1": {employee.Shorthand("benício-1"), employee.Shorthand("ben%C3%ADcio-1"), employee.Shorthand("BENÍCIO-1")},
		"example.com/in/jane-roe": {
			employee.ProfileURL("https://www.example.com/in/jane-roe"), employee.ProfileURL("https://www.example.com/in/jane-roe/"), employee.ProfileURL("http://example.com/in/jane-roe"),
			employee.ProfileURL("https://www.example.com/in/jane-roe?trk=x"), employee.ProfileURL("https://www.example.com/in/Jane-Roe#about"), employee.ProfileURL("HTTPS://DE.Example.com/in/jane-roe/de"),
			employee.ProfileURL("https://m.example.com/IN/jane-roe"), employee.ProfileURL("https://www.example.com/mwlite/in/jane-roe/"), employee.ProfileURL("https://example.com:443//in//jane%2Droe"),
		},
		"example.com/in/jörg":        {employee.ProfileURL("https://example.com/in/jörg"), employee.ProfileURL("https://uk.example.com/in/J%C3%B6rg/")},
		"example.com/pub/jane/1/2/3": {employee.ProfileURL("https://example.com/pub/jane/1/2/3"), employee.ProfileURL("http://www.example.com/pub/Jane/1/2/3/?x")},
		"example.com/in/jane-roe-2":  {employee.ProfileURL("https://example.com/in/jane-roe-2")},
		"de.example/in/jane-roe":     {employee.ProfileURL("https://de.example/in/jane-roe")},
		"":                           {{}, employee.ID(0), employee.Shorthand(" jane-roe"), employee.ProfileURL("https://example.com/company/x")},
	} {
		for _, r := range refs {
			assert.Equal(t, key, r.Key(), "%q", r)
		}
	}
}
