package people_test

import (
	"fmt"
	"time"

	"github.com/pronet-go/pronet/sandbox/internal/people"
)

func ExampleGenerate() {
	now := time.Date(2026, time.January, 15, 12, 0, 0, 0, time.UTC)
	p := people.Generate(1, 10, now)[0]
	fmt.Println(p.ID, p.Name(), "-", p.Title())
	changed := p.Promote("", now)
	fmt.Println(p.Title(), changed.Fields(people.Base))
	// Output:
	// 537432868 Thiago Santos - Senior Teacher
	// Head of Department [experience experience_count headline]
}
