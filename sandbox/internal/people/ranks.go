package people

import "strings"

// ranks are put in front of a title that no career continues, lowest first.
var ranks = []string{"Senior ", "Lead ", "Principal ", "Group "}

// rankAbove puts the next rank in front of a title, instead of the one it has;
// it never returns the title itself.
func rankAbove(title string) string {
	if title == "" {
		return "Consultant"
	}
	if strings.HasPrefix(title, "Chief ") {
		return "Group " + title
	}
	for i, rank := range ranks {
		if rest, ok := strings.CutPrefix(title, rank); ok {
			if i+1 < len(ranks) {
				return ranks[i+1] + rest
			}
			return "Executive Vice President, " + rest
		}
	}
	return ranks[0] + title
}
