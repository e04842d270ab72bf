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
		"1":                               employee.ID(1),
		"9223372036854775807":             employee.ID(1<<63 - 1),
		"jane-example-0001":               employee.Shorthand("jane-example-0001"),
		"j%C3%B6rg":                       employee.Shorthand("j%C3%B6rg"),
		"jörg":                            employee.Shorthand("jörg"),
		"...":                             employee.Shorthand("..."),
		"https://www.example.com/in/jane": employee.ProfileURL("https://www.example.com/in/jane"),
		"HTTP://example/in/jane?x=1":      employee.ProfileURL("HTTP://example/in/jane?x=1"),
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
		"only dots":           {employee.Shorthand("."), employee.Shorthand(".."), employee.ProfileURL("..")},
		"longer than 512":     {employee.Shorthand(long), employee.ProfileURL("https://example.com/" + long)},
		"not UTF-8":           {employee.Shorthand("a\xff")},
		"control character":   {employee.Shorthand("a\r\nb"), employee.Shorthand("a\x00"), employee.ProfileURL("https://example.com/\u0085")},
		"after \"/in/\"":      {employee.Shorthand("in/jane"), employee.Shorthand("jane?x"), employee.Shorthand("jane#x"), employee.Shorthand(`..\x`)},
		"read as an ID":       {employee.Shorthand("12345")},
		"does not begin with": {employee.ProfileURL("www.example.com/in/jane"), employee.ProfileURL("javascript:alert(1)")},
		"no host":             {employee.ProfileURL("https:///in/jane")},
		"cannot be parsed":    {employee.ProfileURL("https://exa mple.com/%zz")},
		"user name":           {employee.ProfileURL("https://jane:pass@example.com/in/jane")},
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
