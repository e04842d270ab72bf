package people

import "strings"

// levels are the management levels by what a title starts with; the first that
// fits decides. That these are the provider's words is assumed for those beyond
// "C-Level", "Head", "Manager", "Senior" and "Mid-Level".
var levels = []struct {
	start, level string
	rank         int
}{
	{"Chief ", "C-Level", 7},
	{"General Counsel", "C-Level", 7},
	{"Group Chief ", "C-Level", 7},
	{"Executive Vice President", "Vice President", 6},
	{"VP ", "Vice President", 6},
	{"Director", "Director", 5},
	{"Head ", "Head", 4},
	{"Deputy Principal", "Head", 4},
	{"Senior ", "Senior", 2},
	{"Lead ", "Senior", 2},
	{"Staff ", "Senior", 2},
	{"Principal ", "Senior", 2},
	{"Principal", "Head", 4},
	{"Junior ", "Junior", 0},
}

// levelsWithin are the management levels by a word that stands anywhere in a title.
var levelsWithin = []struct {
	word, level string
	rank        int
}{
	{"Director", "Director", 5},
	{"Manager", "Manager", 3},
	{"Supervisor", "Manager", 3},
	{"Controller", "Manager", 3},
	{"Assistant", "Junior", 0},
}

const (
	midLevel     = "Mid-Level"
	midLevelRank = 1

	leastDeciding = 3 // the rank from which a person decides: managers
)

// seniority is the management level of a title and its rank, from 0 to 7.
func seniority(title string) (level string, rank int) {
	for _, l := range levels {
		if strings.HasPrefix(title, l.start) && (l.level != "Senior" || !strings.Contains(title, "Manager")) {
			return l.level, l.rank
		}
	}
	for _, l := range levelsWithin {
		if strings.Contains(title, l.word) {
			return l.level, l.rank
		}
	}
	return midLevel, midLevelRank
}

// departmentOf is the part of a company that a title belongs to.
func (c *career) departmentOf(title string) string {
	if level, _ := seniority(title); level == "C-Level" {
		return "C-Suite"
	}
	return c.department
}

// givenNames splits the first names as the richer datasets do: a second word is
// taken for a middle name.
func (b bio) givenNames() (first, middle string) {
	first, middle, _ = strings.Cut(b.first, " ")
	return first, middle
}
