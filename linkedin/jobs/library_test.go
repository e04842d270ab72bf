package jobs_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/internal/pronettest/sandboxtest"
	"github.com/pronet-go/pronet/linkedin"
	"github.com/pronet-go/pronet/linkedin/jobs"
	"github.com/pronet-go/pronet/sandbox"
	fake "github.com/pronet-go/pronet/sandbox/linkedin"
)

// TestLibraryRequests have the form that third parties report of the living API.
func TestLibraryRequests(t *testing.T) {
	for want, q := range map[string]jobs.LibraryQuery{
		"q=criteria&keyword=go%20%26%20rust%20(R%26D)&start=0&count=24": {Keyword: "go & rust (R&D)"},
		"q=criteria&organization=Acme&countries=List(urn%3Ali%3Acountry%3Agb,urn%3Ali%3Acountry%3Aus)&start=48&count=10": {
			Organization: "Acme", Countries: []string{"gb", "US"}, Start: 48, Count: 10,
		},
		"q=criteria&keyword=x&dateRange=(start:(day:1,month:2,year:2026),end:(day:28,month:2,year:2026))&start=24&count=24": {
			Keyword: "x", From: time.Date(2026, 2, 1, 23, 0, 0, 0, time.FixedZone("west", -8*3600)), To: time.Date(2026, 2, 28, 0, 0, 0, 0, time.UTC), After: "24",
		},
		"q=criteria&keyword=x&dateRange=(start:(day:1,month:2,year:2026))&start=0&count=24": {Keyword: "x", From: time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)},
	} {
		p := responding(200, `{"elements":[]}`)
		_, err := sandboxtest.ConnectLinkedIn(t, p).LinkedIn.Jobs.Library.Search(t.Context(), q)
		require.NoError(t, err)
		r := p.requests[0]
		assert.Equal(t, strings.ReplaceAll(strings.ReplaceAll(want, "(R%26D)", "%28R%26D%29"), "+", "%20"), r.URL.RawQuery)
		assert.Equal(t, []string{"/rest/jobLibrary", "2.0.0", string(linkedin.DefaultVersion(linkedin.Marketing))},
			[]string{r.URL.Path, r.Header.Get("X-Restli-Protocol-Version"), r.Header.Get("Linkedin-Version")})
	}
}

func TestLibrarySample(t *testing.T) {
	page, err := sandboxtest.ConnectLinkedIn(t, responding(200, sample(t, "sample_library"))).LinkedIn.Jobs.Library.Search(t.Context(), jobs.LibraryQuery{Keyword: "x"})
	require.NoError(t, err)
	assert.EqualValues(t, 1, page.Total)
	assert.Empty(t, page.Next)
	require.Len(t, page.Items, 1)
	j := page.Items[0]
	assert.JSONEq(t, `{"totalImpressions":{}}`, string(j.Statistics))
	assert.Contains(t, string(j.Targeting), "includedSegments")
	assert.NotEmpty(t, j.Raw)
	j.Statistics, j.Targeting, j.Raw, j.Benefits = nil, nil, nil, nil
	assert.Equal(t, jobs.LibraryJob{
		URL: "https://www.linkedin.com/jobs/view/123", Title: "Software Engineer", Organization: "Example", Location: "London", Description: "…", ApplyMethod: "…", Payer: "Example",
		Listed: time.UnixMilli(1700000000000).UTC(), Salary: &jobs.Salary{Min: "1", Max: "2", Currency: "GBP", Period: "YEARLY"},
	}, j)
}

// TestLibraryIsWalked to its end, over short pages, with and without links.
func TestLibraryIsWalked(t *testing.T) {
	for _, options := range [][]sandbox.Option{{fake.WithLibraryJobs(60)}, {fake.WithLibraryJobs(60), fake.WithoutNextLinks()}, {fake.WithLibraryJobs(60), fake.WithoutNextLinks(), fake.WithTotal(fake.TotalAbsent)}} {
		var all []string
		restricted := 0
		sb, client := sandboxtest.Start(t, options...)
		for j, err := range client.LinkedIn.Jobs.Library.All(t.Context(), jobs.LibraryQuery{Keyword: "people team"}) {
			require.NoError(t, err)
			all = append(all, j.URL)
			if j.Restricted {
				restricted++
			}
			assert.NotNil(t, j.Salary)
			assert.Equal(t, []string{"Medical insurance"}, j.Benefits)
		}
		assert.Len(t, all, 60)
		assert.Equal(t, 6, restricted)
		assert.LessOrEqual(t, sb.RequestsTo("GET", "/rest/jobLibrary"), 4)
		n := 0
		from := sb.Now().AddDate(0, 0, -5)
		for j, err := range client.LinkedIn.Jobs.Library.All(t.Context(), jobs.LibraryQuery{Keyword: "engineer", Countries: []string{"gb"}, Organization: "EXAMPLE", From: from}) {
			require.NoError(t, err)
			assert.Equal(t, "Software Engineer", j.Title)
			n++
		}
		assert.Equal(t, 1, n)
	}
}
