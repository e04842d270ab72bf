package coresignal_test

import (
	"fmt"

	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
)

// Change somebody, and see it in the snapshot that the sandbox gives.
func ExampleSandbox_Promote() {
	sb, err := sandbox.New(coresignal.WithPeople(10), coresignal.WithCredits(500))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer sb.Close()
	id := sb.Coresignal.PersonIDs()[0]
	if err := sb.Coresignal.Promote(id, "Head of School"); err != nil {
		fmt.Println(err)
		return
	}
	person, _ := sb.Coresignal.Person(id)
	fmt.Println(person.Title, sb.Coresignal.Credits())
	// Output: Head of School 500
}
