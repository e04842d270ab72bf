package bulkcollect_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/employee"
)

// TestSpellingsOfOneProfile: lists that people paste hold one person in several spellings, which is sent once, as it is
// spelled first; what is no person is refused before anything is sent, with its place.
func TestSpellingsOfOneProfile(t *testing.T) {
	p, client := responding(t, accepted)
	b, none := client.BulkCollect, bulkcollect.Options{}
	job, err := b.Base.RequestByURLs(t.Context(), []string{
		" https://www.linkedin.com/in/ada-b\u00a0", "https://www.linkedin.com/in/ada-b/", "http://linkedin.com/in/ada-b", "https://uk.linkedin.com/in/ada-b?trk=x",
		"https://www.linkedin.com/in/Ada-B#top", "https://www.linkedin.com/in/ada-b-2", "https://www.linkedin.com/in/j%C3%B6rg", "https://www.linkedin.com/in/jörg",
	}, none)
	require.NoError(t, err)
	assert.Equal(t, 3, job.IDs)
	assert.JSONEq(t, `{"urls":["https://www.linkedin.com/in/ada-b","https://www.linkedin.com/in/ada-b-2","https://www.linkedin.com/in/j%C3%B6rg"]}`, string(p.Last(t).Body))

	job, err = b.Clean.RequestByShorthandNames(t.Context(), []string{"ada-b ", "ada-b", "Ada-B", "\tada-b", "ada-benício"}, none)
	require.NoError(t, err)
	assert.Equal(t, 2, job.IDs)
	assert.JSONEq(t, `{"shorthand_names":["ada-b","ada-benício"]}`, string(p.Last(t).Body))

	sent := p.Count()
	for _, url := range []string{"https://www.linkedin.com/company/acme", "https://example.com/x", "https://www.linkedin.com/in/ada b", "\ufeffhttps://www.linkedin.com/in/ada-b"} {
		_, err := b.Base.RequestByURLs(t.Context(), []string{profile + "ada-b", url}, none)
		require.ErrorIs(t, err, api.ErrInvalid, url)
		require.ErrorIs(t, err, employee.ErrInvalidRef, url)
		require.ErrorContains(t, err, "item 2")
	}
	for _, name := range []string{"\ufeffada-b", "ada b", "ada\u200bb", "ada%20b"} {
		_, err := b.Clean.RequestByShorthandNames(t.Context(), []string{"x", "y", name}, none)
		require.ErrorIs(t, err, employee.ErrInvalidRef, name)
		require.ErrorContains(t, err, "item 3")
	}
	assert.Equal(t, sent, p.Count())
}
