package people

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestHigherTitleIsAlwaysAnother(t *testing.T) {
	for i := range careers {
		c := &careers[i]
		title := c.titles[0]
		seen := map[string]bool{title: true}
		for range 20 {
			title = c.higherTitle(title)
			assert.False(t, seen[title], "%q comes twice", title)
			seen[title] = true
		}
		for j, from := range c.titles[:len(c.titles)-1] {
			assert.Equal(t, c.titles[j+1], c.higherTitle(from))
		}
	}
}

func TestRankAbove(t *testing.T) {
	for title, want := range map[string]string{
		"":                       "Consultant",
		"Baker":                  "Senior Baker",
		"Senior Baker":           "Lead Baker",
		"Lead Baker":             "Principal Baker",
		"Group Baker":            "Executive Vice President, Baker",
		"Chief Baker":            "Group Chief Baker",
		"Principal":              "Senior Principal",
		"Executive Vice Admiral": "Senior Executive Vice Admiral",
	} {
		assert.Equal(t, want, rankAbove(title))
	}
}
