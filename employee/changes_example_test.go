package employee_test

import (
	"fmt"

	"github.com/pronet-go/pronet/employee"
)

func ExampleChanges() {
	old, err := employee.Decode[employee.MultiSourceRecord]([]byte(`{"id": 7, "full_name": "Jane Doe", "headline": "Selling A", "followers_count": 10, "experience": [
		{"position_title": "Sales Manager", "company_id": 1, "company_name": "A", "active_experience": 1, "date_from": "March 2020"}]}`))
	if err != nil {
		panic(err)
	}
	now, err := employee.Decode[employee.MultiSourceRecord]([]byte(`{"id": 7, "full_name": "Jane Doe", "headline": "Building B", "followers_count": 12, "experience": [
		{"position_title": "Director", "company_id": 2, "company_name": "B", "active_experience": 1, "date_from": "November 2026"},
		{"position_title": "Sales Manager", "company_id": 1, "company_name": "A", "active_experience": 0, "date_from": "2020", "date_to": "November 2026"}]}`))
	if err != nil {
		panic(err)
	}
	for _, change := range employee.Changes(old, now) {
		fmt.Println(change)
		if job, ok := change.(employee.JobChanged); ok {
			fmt.Println("congratulate at", job.To.Company)
		}
	}
	// Output:
	// Jane Doe: Sales Manager at A -> Director at B
	// congratulate at B
	// Jane Doe: headline Selling A -> Building B
}

func ExampleChangesWith() {
	ladder := map[string]int{"Engineer": 1, "Senior Engineer": 2}
	old := &employee.BaseRecord{ID: 7, FullName: "Jane Doe", Summary: "Hi.", Experience: []employee.BaseExperience{{Title: "Engineer", CompanyName: "A", IsCurrent: true}}}
	now := &employee.BaseRecord{ID: 7, FullName: "Jane Doe", Summary: "Hello.", Experience: []employee.BaseExperience{{Title: "Senior Engineer", CompanyName: "A", IsCurrent: true}}}
	changes := employee.ChangesWith(old, now, employee.ChangeOptions{
		TitleRank: func(title string) (rank int, known bool) { rank, known = ladder[title]; return rank, known },
		Volatile:  append(employee.VolatileFields(), "summary"),
		Promised:  []string{"experience", "skills"}, // what the notice said
	})
	for _, change := range changes {
		fmt.Println(change.Kind(), change.Paths(), change)
	}
	// Output:
	// promoted [experience[0].title] Jane Doe: promoted at A, Engineer -> Senior Engineer
	// promised_change [skills] Jane Doe: skills changed by the notice, but not in the record
}
