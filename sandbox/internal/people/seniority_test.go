package people_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pronet-go/pronet/sandbox/internal/people"
)

func TestSeniority(t *testing.T) {
	for title, want := range map[string]struct {
		level   string
		decides float64
	}{
		"Chief Financial Officer":         {"C-Level", 1},
		"Group Chief Executive":           {"C-Level", 1},
		"General Counsel":                 {"C-Level", 1},
		"VP of Sales":                     {"Vice President", 1},
		"Executive Vice President, Legal": {"Vice President", 1},
		"Regional Sales Director":         {"Director", 1},
		"Head of Design":                  {"Head", 1},
		"Principal":                       {"Head", 1},
		"Deputy Principal":                {"Head", 1},
		"Senior Operations Manager":       {"Manager", 1},
		"Warehouse Supervisor":            {"Manager", 1},
		"Senior Nurse":                    {"Senior", 0},
		"Principal Engineer":              {"Senior", 0},
		"Staff Software Engineer":         {"Senior", 0},
		"Junior Software Engineer":        {"Junior", 0},
		"HR Assistant":                    {"Junior", 0},
		"Lighthouse Keeper":               {"Mid-Level", 0},
	} {
		p := employed(t)
		p.Promote(title, later)
		doc := p.Document(people.Clean)
		assert.Equal(t, want.level, doc["management_level"], title)
		assert.Equal(t, want.decides, doc["is_decision_maker"], title)
		assert.NotEmpty(t, doc["department"], title)
		assert.Equal(t, want.level == "C-Level", doc["department"] == "C-Suite", title)
	}
}
