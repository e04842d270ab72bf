package employee_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/employee"
)

func TestPreviewOfMultiSource(t *testing.T) {
	p := sampled[employee.Preview](t, "preview_multisource.json")
	assert.Empty(t, p.Unknown())
	assert.Empty(t, p.Mismatched())
	assert.EqualValues(t, 7700000001, p.EmployeeID())
	assert.Equal(t, "https://www.example.com/in/lena", p.NetworkURL())
	assert.Equal(t, "https://www.example.com/company/kanal", p.CompanyNetworkURL())
	assert.Equal(t, "Magdeburg, Germany", p.Place())
	assert.Equal(t, "Germany", p.CountryName())
	assert.Equal(t, employee.Number(3190), p.Followers())
	assert.Equal(t, "Lock keeper", p.ActiveExperienceTitle)
	assert.Equal(t, "Operations", p.ActiveExperienceDepartment)
	assert.Equal(t, "Senior", p.ActiveExperienceManagementLevel)
	assert.Equal(t, "Uferweg 1, 39104 Magdeburg, DE", p.CompanyHQFullAddress)
	assert.Equal(t, "Germany", p.CompanyHQCountry)
	score, ok := p.Score()
	assert.True(t, ok)
	assert.InDelta(t, 11.872147, score, 0)
}

func TestPreviewOfBase(t *testing.T) {
	p := sampled[employee.Preview](t, "preview_base.json")
	assert.Empty(t, p.Unknown())
	assert.Empty(t, p.Mismatched())
	assert.Equal(t, "Mara Fiktiv", p.FullName)
	assert.Equal(t, "https://www.example.com/in/mara-fiktiv", p.NetworkURL())
	assert.Equal(t, "https://www.example.com/company/hafen-muster", p.CompanyNetworkURL())
	assert.Equal(t, "Hamburg, Germany", p.Place())
	assert.Equal(t, "Germany", p.CountryName())
	assert.Equal(t, employee.Number(600), p.Followers())
	assert.Equal(t, employee.Number(500), p.ConnectionsCount)
	assert.Equal(t, employee.Number(3), p.ExperienceCount)
	assert.Equal(t, "Maritime", p.Industry)
}

func TestPreviewScore(t *testing.T) {
	for text, want := range map[string]float64{`{"_score":0.5}`: 0.5, `{"_score":"7"}`: 7, `{"_score":null}`: 0, `{"_score":0}`: 0, "{}": 0} {
		p, err := employee.Decode[employee.Preview]([]byte(text))
		require.NoError(t, err)
		score, ok := p.Score()
		assert.InDelta(t, want, score, 0, text)
		assert.Equal(t, want != 0, ok, text)
	}
}

func TestPreviewKeepsItsJSON(t *testing.T) {
	const text = `{"id":1,"company_linkedin_url":"c","job_title":"Baker","followers_count":{},"_score":1.50}`
	p, err := employee.Decode[employee.Preview]([]byte(text))
	require.NoError(t, err)
	assert.Equal(t, "c", p.CompanyNetworkURL())
	assert.Equal(t, map[string]json.RawMessage{"job_title": json.RawMessage(`"Baker"`)}, p.Unknown())
	assert.Equal(t, []string{"followers_count"}, p.Mismatched())
	assert.Equal(t, text, string(p.Raw()))
	assert.Equal(t, text, written(t, p))
	p.FollowersCount = 4
	assert.Equal(t, `{"id":1,"company_linkedin_url":"c","job_title":"Baker","followers_count":4,"_score":1.50}`, written(t, p))
}

func ExamplePreview() {
	row, err := employee.Decode[employee.Preview]([]byte(`{
		"id": 7700000001, "full_name": "Lena Schleuse", "professional_network_url": "https://www.example.com/in/lena", "_score": 11.9
	}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(row.ID, row.FullName, row.NetworkURL())
	fmt.Println(row.Score())
	// Output:
	// 7700000001 Lena Schleuse https://www.example.com/in/lena
	// 11.9 true
}
