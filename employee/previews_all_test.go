package employee_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
)

func TestAllPreviewsWalkAtMostFivePages(t *testing.T) {
	for name, cost := range previewCosts {
		for _, tt := range []struct{ people, pages, rows, requests int }{
			{130, 0, 100, 5}, {130, 9, 100, 5}, {130, 2, 40, 2}, {47, 0, 47, 3}, {40, 0, 40, 3}, {19, 4, 19, 1}, {0, 0, 0, 1},
		} {
			t.Run(fmt.Sprint(name, tt), func(t *testing.T) {
				sb, client := start(t, coresignal.WithPeople(tt.people))
				var pages []employee.PreviewPage
				o := employee.PreviewOptions{Pages: tt.pages, OnPage: func(p employee.PreviewPage) { pages = append(pages, p) }}
				rows, err := walk(previewers(client)[name].AllPreviewsByQuery(t.Context(), everyone, o))
				require.NoError(t, err)
				seen := make(map[int64]bool)
				for _, row := range rows {
					seen[row.ID] = true
				}
				assert.Len(t, rows, tt.rows)
				assert.Len(t, seen, tt.rows)
				assert.Equal(t, tt.requests, sb.Requests())
				require.Len(t, pages, tt.requests)
				left := tt.rows
				for i, page := range pages {
					want := employee.PreviewPage{Number: i + 1, Rows: min(left, employee.PreviewPageSize), Cost: cost, Spent: int64(i+1) * cost}
					assert.Equal(t, want, page)
					left -= page.Rows
				}
				assert.EqualValues(t, pages[len(pages)-1].Spent, sb.Coresignal.CreditsSpent())
			})
		}
	}
}

func TestAllPreviewsPayForNoPageAhead(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(50))
	filter := employee.BaseFilter{Extra: map[string]any{"deleted": false}}
	rows := client.Employees.Base.AllPreviewsByFilter(t.Context(), filter, employee.PreviewOptions{})
	filter.Extra["shoe_size"] = 44 // after the call: must not matter
	assert.Zero(t, sb.Requests(), "nothing is sent before the loop")
	take := func(n int) {
		for _, err := range rows {
			require.NoError(t, err)
			if n--; n == 0 {
				return
			}
		}
	}
	take(3)
	assert.Equal(t, 10, sb.Coresignal.CreditsSpent())
	take(20)
	assert.Equal(t, 20, sb.Coresignal.CreditsSpent(), "a new loop pays anew, and only for the page that it reads")
	take(21)
	assert.Equal(t, 40, sb.Coresignal.CreditsSpent())
}

func TestAllPreviewsHoldToABudget(t *testing.T) {
	for name, cost := range previewCosts {
		sb, client := start(t, coresignal.WithPeople(130))
		d := previewers(client)[name]
		budget := employee.NewBudget(2*cost + 5)
		rows, err := walk(d.AllPreviewsByQuery(t.Context(), everyone, employee.PreviewOptions{Budget: budget}))
		require.ErrorIs(t, err, api.ErrBudget)
		assert.Contains(t, err.Error(), "employee."+name+".PreviewByQuery: ")
		assert.Len(t, rows, 40)
		assert.Equal(t, 2, sb.Requests(), "the page that is not covered is not asked for")
		assert.EqualValues(t, 5, budget.Left())
		assert.EqualValues(t, 2*cost, sb.Coresignal.CreditsSpent())

		errs := failures(d.AllPreviewsByQuery(t.Context(), everyone, employee.PreviewOptions{Budget: budget}))
		require.Len(t, errs, 1)
		require.ErrorIs(t, errs[0], api.ErrBudget)
		assert.Equal(t, 2, sb.Requests())

		_, err = d.PreviewByQuery(t.Context(), everyone, 1)
		require.NoError(t, err, "the budget holds for its walk alone")
	}
}

func TestAllPreviewsOfAnEndedContext(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(50))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	budget := employee.NewBudget(50)
	n := 0
	for _, err := range client.Employees.Base.AllPreviewsByQuery(ctx, everyone, employee.PreviewOptions{Budget: budget}) {
		if n++; n == 5 {
			cancel()
		}
		if err != nil {
			require.ErrorIs(t, err, context.Canceled)
		}
	}
	assert.Equal(t, 21, n, "the page that was paid for, and the error")
	assert.Equal(t, 1, sb.Requests())
	assert.EqualValues(t, 40, budget.Left())
}

// See who a query finds before whole records are paid for, and spend at most 20 credits.
func ExampleBaseDataset_AllPreviewsByQuery() {
	sb, err := sandbox.Start(coresignal.WithPeople(200), sandbox.WithSeed(1))
	if err != nil {
		log.Fatal(err)
	}
	defer sb.Close()
	client, err := pronet.New(sb.Options()...)
	if err != nil {
		log.Fatal(err)
	}

	query := employee.Query{Clause: employee.Term("deleted", 0), Sort: []string{"id"}}
	options := employee.PreviewOptions{
		Budget: employee.NewBudget(20),
		OnPage: func(page employee.PreviewPage) {
			fmt.Println("page", page.Number, "has", page.Rows, "rows,", page.Spent, "credits so far")
		},
	}
	rows := 0
	for row, err := range client.Employees.Base.AllPreviewsByQuery(context.Background(), query, options) {
		if errors.Is(err, pronet.ErrBudget) {
			fmt.Println("the budget is used up after", rows, "rows")
			break
		}
		if err != nil {
			log.Fatal(err)
		}
		if rows++; rows == 1 {
			fmt.Println(row.FullName, "-", row.CountryName())
		}
	}
	// Output:
	// page 1 has 20 rows, 10 credits so far
	// Sergio Iglesias - Spain
	// page 2 has 20 rows, 20 credits so far
	// the budget is used up after 40 rows
}
