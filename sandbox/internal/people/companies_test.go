package people_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pronet-go/pronet/sandbox/internal/people"
)

func TestCompaniesAreWholeAndUnique(t *testing.T) {
	all := people.Companies()
	assert.Greater(t, len(all), 150)
	ids, names, industries := map[int64]bool{}, map[string]bool{}, map[string]bool{}
	for _, c := range all {
		assert.False(t, ids[c.ID] || names[c.Name], "%+v comes twice", c)
		ids[c.ID], names[c.Name], industries[c.Industry] = true, true, true
		assert.Positive(t, c.SourceID)
		assert.Positive(t, c.EmployeesCount)
		assert.True(t, strings.HasSuffix(c.Size, "employees"))
		assert.Equal(t, "https://www.linkedin.com/company/"+c.Shorthand, c.URL)
		assert.Equal(t, "https://www."+c.Shorthand+".example", c.Website)
		found, ok := people.CompanyByID(c.ID)
		assert.True(t, ok)
		assert.Equal(t, c, found)
	}
	assert.Greater(t, len(industries), 5)
	_, ok := people.CompanyByID(1)
	assert.False(t, ok)
}

func TestCompaniesGivesACopy(t *testing.T) {
	people.Companies()[0].Name = "Changed"
	assert.NotEqual(t, "Changed", people.Companies()[0].Name)
}
