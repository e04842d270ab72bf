package saleswebhooks_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/saleswebhooks"
	"github.com/pronet-go/pronet/sandbox"
	fake "github.com/pronet-go/pronet/sandbox/saleswebhooks"
)

func subscribe(t testing.TB, sb *sandbox.Sandbox, kind string, addresses ...string) (ids []string) {
	t.Helper()
	for _, address := range addresses {
		id, err := sb.SalesWebhooks.Subscribe(kind, address)
		require.NoError(t, err)
		ids = append(ids, id)
	}
	return ids
}

func TestPlan(t *testing.T) {
	sb, client := start(t, fake.WithTier("starter", 10))
	subs := client.SalesWebhooks.Subscriptions
	ids := subscribe(t, sb, "contact", "http://www.LinkedIn.com/in/Jane-Roe/?trk=1", "https://linkedin.com/in/not-wanted", "by-id", "ACoAAunmatched")
	subscribe(t, sb, "company", "https://linkedin.com/company/jane-roe")
	gone := subscribe(t, sb, "contact", "https://linkedin.com/in/gone")
	require.NoError(t, sb.SalesWebhooks.Cancel(gone[0]))

	desired := []saleswebhooks.Entity{
		saleswebhooks.Contact("https://linkedin.com/in/jane-roe"),
		saleswebhooks.Contact("linkedin.com/in/JANE-ROE/"),
		saleswebhooks.Contact("https://linkedin.com/in/by-id"),
		saleswebhooks.Contact("https://linkedin.com/in/gone"),
		saleswebhooks.Company("https://example.com/company/acme"),
		saleswebhooks.CompanyID("acme"),
	}
	plan, err := subs.Plan(t.Context(), saleswebhooks.Entities(desired...), saleswebhooks.PlanOptions{})
	require.NoError(t, err)
	assert.Equal(t, []saleswebhooks.Entity{desired[3], desired[5]}, plan.Create)
	require.Len(t, plan.Cancel, 2)
	assert.Equal(t, ids[1], plan.Cancel[0].ID)
	assert.Equal(t, "https://linkedin.com/company/jane-roe", plan.Cancel[1].LinkedInURL)
	require.Len(t, plan.Unmatched, 1)
	assert.Equal(t, ids[3], plan.Unmatched[0].ID)
	require.Len(t, plan.Refused, 1)
	assert.Equal(t, 4, plan.Refused[0].Place)
	assert.Equal(t, []int{4, 5, 2, 1, 2}, []int{plan.Desired, plan.Exists, plan.Kept, plan.Twice, plan.Calls})
	assert.Equal(t, []int64{5, 10, 0}, []int64{plan.Room, plan.Limit, plan.Lacks()})
	assert.NotContains(t, plan.String(), "jane")
	assert.Contains(t, plan.String(), "room         5 of 10")
	assert.Equal(t, 5, sb.SalesWebhooks.Active(), "a plan changes nothing")

	asked, err := subs.Plan(t.Context(), saleswebhooks.Entities(desired...), saleswebhooks.PlanOptions{CancelUnmatched: true})
	require.NoError(t, err)
	assert.Len(t, asked.Cancel, 3)
	keep, err := subs.Plan(t.Context(), saleswebhooks.Entities(desired...), saleswebhooks.PlanOptions{Keep: true})
	require.NoError(t, err)
	assert.Empty(t, keep.Cancel)
	assert.Empty(t, keep.Unmatched)

	dir := t.TempDir()
	applied, err := plan.Apply(t.Context(), saleswebhooks.ApplyOptions{Dir: dir, CancelDespiteRefused: true})
	require.NoError(t, err)
	assert.Equal(t, 2, applied.Cancelled.Count(saleswebhooks.ItemCancelled))
	assert.Equal(t, 2, applied.Created.Count(saleswebhooks.ItemMade))
	before := sb.Requests()
	applied, err = plan.Apply(t.Context(), saleswebhooks.ApplyOptions{Dir: dir, CancelDespiteRefused: true})
	require.NoError(t, err, "again, without harm")
	assert.Nil(t, applied.Created)
	assert.Equal(t, 1, sb.Requests()-before, "the export alone")
	again, err := subs.Plan(t.Context(), saleswebhooks.Entities(desired...), saleswebhooks.PlanOptions{})
	require.NoError(t, err)
	assert.Empty(t, again.Create)
	assert.Empty(t, again.Cancel)
	before = sb.Requests()
	_, err = again.Apply(t.Context(), saleswebhooks.ApplyOptions{Dir: dir})
	require.NoError(t, err)
	assert.Equal(t, before, sb.Requests())
	journal, err := os.ReadFile(filepath.Join(dir, "journal.jsonl"))
	require.NoError(t, err)
	assert.Equal(t, 6, bytes.Count(journal, []byte("\n")), "%s", journal)
	info, err := os.Stat(filepath.Join(dir, "journal.jsonl"))
	require.NoError(t, err)
	assert.EqualValues(t, 0o600, info.Mode().Perm())

	var none *saleswebhooks.Plan
	_, err = none.Apply(t.Context(), saleswebhooks.ApplyOptions{})
	require.ErrorIs(t, err, api.ErrInvalid)
}

// TestPlanOfNothing: a list that could not be read must not end everything.
func TestPlanOfNothing(t *testing.T) {
	sb, client := start(t)
	subscribe(t, sb, "contact", contact(1).LinkedInURL)
	subs := client.SalesWebhooks.Subscriptions
	_, err := subs.Plan(t.Context(), saleswebhooks.Entities(), saleswebhooks.PlanOptions{})
	require.ErrorIs(t, err, api.ErrInvalid)
	_, err = subs.Plan(t.Context(), nil, saleswebhooks.PlanOptions{CancelEverything: true})
	require.ErrorIs(t, err, api.ErrInvalid)
	_, err = subs.Plan(t.Context(), func(yield func(saleswebhooks.Entity, error) bool) {
		_ = yield(contact(1), nil) && yield(saleswebhooks.Entity{}, errBroken)
	}, saleswebhooks.PlanOptions{})
	require.ErrorIs(t, err, errBroken)
	plan, err := subs.Plan(t.Context(), saleswebhooks.Entities(), saleswebhooks.PlanOptions{CancelEverything: true})
	require.NoError(t, err)
	_, err = plan.Apply(t.Context(), saleswebhooks.ApplyOptions{})
	require.NoError(t, err)
	assert.Zero(t, sb.SalesWebhooks.Active())
}

// TestARefusedEntityEndsNoSubscription: a mistake in a desired address does not cancel the subscription that it means.
func TestARefusedEntityEndsNoSubscription(t *testing.T) {
	for name, mistake := range map[string]saleswebhooks.Entity{
		"scheme":             saleswebhooks.Contact("htps://linkedin.com/in/jane-roe"),
		"another host":       saleswebhooks.Contact("https://lnkd.in/x").WithID("jane-roe"),
		"white space":        saleswebhooks.Contact(" https://linkedin.com/in/jane-roe"),
		"port":               saleswebhooks.Contact("https://linkedin.com:8443/in/jane-roe"),
		"kind":               saleswebhooks.Company("https://linkedin.com/in/jane-roe"),
		"neither of the two": {Type: saleswebhooks.TypeContact},
	} {
		t.Run(name, func(t *testing.T) {
			sb, client := start(t)
			subscribe(t, sb, "contact", "https://linkedin.com/in/jane-roe", contact(1).LinkedInURL, "https://linkedin.com/in/left")
			desired := saleswebhooks.Entities(contact(1), mistake, contact(2))
			plan, err := client.SalesWebhooks.Subscriptions.Plan(t.Context(), desired, saleswebhooks.PlanOptions{})
			require.NoError(t, err)
			require.Len(t, plan.Refused, 1)
			before, dir := sb.Requests(), filepath.Join(t.TempDir(), "journal")
			_, err = plan.Apply(t.Context(), saleswebhooks.ApplyOptions{Dir: dir})
			refused, ok := errors.AsType[*saleswebhooks.RefusedError](err)
			require.True(t, ok, "%v", err)
			assert.Equal(t, saleswebhooks.RefusedError{Refused: 1, Cancel: 2}, *refused)
			require.ErrorIs(t, err, api.ErrInvalid)
			assert.ErrorContains(t, err, "1 of the desired entities are refused")
			assert.ErrorContains(t, err, "ApplyOptions.CancelDespiteRefused")
			assert.Equal(t, before, sb.Requests(), "nothing was sent")
			assert.NoDirExists(t, dir)

			cancel := plan.Cancel
			plan.Cancel = nil
			applied, err := plan.Apply(t.Context(), saleswebhooks.ApplyOptions{})
			require.NoError(t, err)
			assert.Nil(t, applied.Cancelled)
			assert.Equal(t, 4, sb.SalesWebhooks.Active(), "the rest is done")
			plan.Cancel = cancel
			_, err = plan.Apply(t.Context(), saleswebhooks.ApplyOptions{CancelDespiteRefused: true})
			require.NoError(t, err)
			assert.Equal(t, 2, sb.SalesWebhooks.Active())
		})
	}
}

// TestTwoNamesOfOneEntity: one that is desired twice, by an id and another address, is found by each of its names.
func TestTwoNamesOfOneEntity(t *testing.T) {
	sb, client := start(t)
	subscribe(t, sb, "contact", "https://linkedin.com/in/jane-now", "https://linkedin.com/in/john")
	desired := saleswebhooks.Entities(
		saleswebhooks.ContactID("jane-then"), saleswebhooks.Contact("https://linkedin.com/in/jane-now").WithID("jane-then"),
		saleswebhooks.Contact("http://www.linkedin.com:80/in/John"),
	)
	plan, err := client.SalesWebhooks.Subscriptions.Plan(t.Context(), desired, saleswebhooks.PlanOptions{})
	require.NoError(t, err)
	assert.Empty(t, plan.Cancel)
	assert.Empty(t, plan.Create)
	assert.Empty(t, plan.Refused)
	assert.Equal(t, []int{2, 2, 1}, []int{plan.Desired, plan.Kept, plan.Twice})
}

// TestPlanBeyondTheTier is refused before anything is sent, or fills the tier; cancels go first and their room counts.
func TestPlanBeyondTheTier(t *testing.T) {
	for _, how := range []fake.TierBulk{fake.RefusedWhole, fake.FilledUp, fake.PerItem} {
		sb, client := start(t, fake.WithTier("starter", 150), fake.WithTierBulk(how))
		subs := client.SalesWebhooks.Subscriptions
		for i := range 140 {
			subscribe(t, sb, "contact", contact(i).LinkedInURL)
		}
		desired := saleswebhooks.Entities(contacts(300)[20:]...)
		plan, err := subs.Plan(t.Context(), desired, saleswebhooks.PlanOptions{})
		require.NoError(t, err)
		assert.EqualValues(t, 130, plan.Lacks())
		assert.Contains(t, plan.String(), "130 too few")
		_, err = plan.Apply(t.Context(), saleswebhooks.ApplyOptions{})
		require.ErrorIs(t, err, saleswebhooks.ErrTierLimit)
		assert.Equal(t, 140, sb.SalesWebhooks.Active())
		applied, err := plan.Apply(t.Context(), saleswebhooks.ApplyOptions{Fill: true})
		require.NoError(t, err)
		assert.Equal(t, 150, sb.SalesWebhooks.Active())
		assert.Len(t, applied.Left, 130)
		assert.Equal(t, 30, applied.Created.Count(saleswebhooks.ItemMade))

		// Somebody else takes the room meanwhile.
		sb.SalesWebhooks.SetTier("pro", 200)
		plan, err = subs.Plan(t.Context(), saleswebhooks.Entities(contacts(200)[:]...), saleswebhooks.PlanOptions{Keep: true})
		require.NoError(t, err)
		sb.Fail(sandbox.Fault{Path: "/v1/account", Body: `{"id":"acc_x"}`}) // which does not tell the room
		sb.SalesWebhooks.SetTier("pro", 155)
		applied, err = plan.Apply(t.Context(), saleswebhooks.ApplyOptions{})
		if how == fake.PerItem {
			require.NoError(t, err, "each item says so, and the account does not tell")
		} else {
			require.ErrorIs(t, err, saleswebhooks.ErrTierLimit)
		}
		made := map[fake.TierBulk]int{fake.RefusedWhole: 150, fake.FilledUp: 155, fake.PerItem: 155}[how]
		assert.Equal(t, made, sb.SalesWebhooks.Active())
		assert.Equal(t, made-150, applied.Created.Count(saleswebhooks.ItemMade)+applied.Created.Count(saleswebhooks.ItemExists))
	}
}

// TestReconcileWhileOthersWork: the untouched ones are right, and nothing is made twice.
func TestReconcileWhileOthersWork(t *testing.T) {
	sb, client := start(t)
	subs := client.SalesWebhooks.Subscriptions
	old := make([]string, 0, 250)
	for i := range 250 {
		old = append(old, subscribe(t, sb, "contact", contact(i).LinkedInURL)...)
	}
	desired := contacts(500)[100:]
	plan, err := subs.Plan(t.Context(), saleswebhooks.Entities(desired...), saleswebhooks.PlanOptions{})
	require.NoError(t, err)
	require.NoError(t, sb.SalesWebhooks.Cancel(old[5]))
	calls := 0
	applied, err := plan.Apply(t.Context(), saleswebhooks.ApplyOptions{Progress: func(saleswebhooks.Progress) {
		switch calls++; calls {
		case 1:
			subscribe(t, sb, "contact", contact(410).LinkedInURL)
			assert.NoError(t, sb.SalesWebhooks.Cancel(old[200]))
		case 2:
			subscribe(t, sb, "company", "somebody-elses")
		}
	}})
	require.NoError(t, err)
	assert.Equal(t, 1, applied.Created.Count(saleswebhooks.ItemExists))
	active := map[string]int{}
	for _, s := range sb.SalesWebhooks.Subscriptions() {
		if s.Status == "active" {
			active[s.LinkedInURL]++
		}
	}
	for i, e := range desired {
		if i != 100 { // the one that somebody else has cancelled
			require.Equal(t, 1, active[e.LinkedInURL], e.LinkedInURL)
		}
	}
	assert.Len(t, active, 400, "and the company by its id")
}

func TestBackupAndRestore(t *testing.T) {
	sb, client := start(t)
	subs := client.SalesWebhooks.Subscriptions
	for i := range 120 {
		subscribe(t, sb, "contact", contact(i).LinkedInURL)
	}
	ids := subscribe(t, sb, "company", "by-id", "https://linkedin.com/company/gone")
	require.NoError(t, sb.SalesWebhooks.Cancel(ids[1]))
	file := filepath.Join(t.TempDir(), "backup.csv")
	require.NoError(t, subs.Backup(t.Context(), file))
	_, err := subs.CancelAll(t.Context(), saleswebhooks.CancelAllOptions{})
	require.NoError(t, err)
	subscribe(t, sb, "contact", contact(3).LinkedInURL, "https://linkedin.com/in/new")
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	plan, err := subs.Restore(t.Context(), bytes.NewReader(text), saleswebhooks.CSV)
	require.NoError(t, err)
	assert.Len(t, plan.Create, 120)
	_, err = plan.Apply(t.Context(), saleswebhooks.ApplyOptions{})
	require.NoError(t, err)
	assert.Equal(t, 122, sb.SalesWebhooks.Active())
	_, err = subs.Restore(t.Context(), strings.NewReader("nothing"), saleswebhooks.CSV)
	require.Error(t, err)
}

func TestJournalThatCannotBeUsed(t *testing.T) {
	sb, client := start(t)
	plan, err := client.SalesWebhooks.Subscriptions.Plan(t.Context(), saleswebhooks.Entities(contact(1)), saleswebhooks.PlanOptions{})
	require.NoError(t, err)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "journal.jsonl"), []byte("no\nJSON\n"), 0o600))
	_, err = plan.Apply(t.Context(), saleswebhooks.ApplyOptions{Dir: dir})
	require.Error(t, err)
	_, err = plan.Apply(t.Context(), saleswebhooks.ApplyOptions{Dir: filepath.Join(dir, "journal.jsonl")})
	require.Error(t, err)
	assert.Zero(t, sb.SalesWebhooks.Active(), "without a journal nothing is sent")
}

// TestTierWatch calls back when the threshold is reached, and again only after it was not.
func TestTierWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sb, client := startInMemory(t, fake.WithTier("starter", 4))
		ids := subscribe(t, sb, "contact", "a", "b", "c")
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var told []int64
		var log bytes.Buffer
		done := make(chan error)
		go func() {
			done <- client.SalesWebhooks.Account.Watch(ctx, saleswebhooks.WatchOptions{
				Threshold: 0.75, Every: time.Hour, Logger: slog.New(slog.NewTextHandler(&log, nil)),
				Reached: func(_ context.Context, info *saleswebhooks.AccountInfo) {
					told = append(told, *info.ActiveSubscriptions)
				},
			})
		}()
		time.Sleep(3*time.Hour + time.Minute)
		synctest.Wait()
		assert.Equal(t, []int64{3}, told)
		require.NoError(t, sb.SalesWebhooks.Cancel(ids[0]))
		sb.Fail(sandbox.Fault{Path: "/v1/account", Status: 500, Times: 4})
		time.Sleep(2 * time.Hour)
		subscribe(t, sb, "contact", "d")
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		assert.Equal(t, []int64{3, 3}, told)
		assert.Contains(t, log.String(), "could not be looked at")
		cancel()
		require.ErrorIs(t, <-done, context.Canceled)
		for _, o := range []saleswebhooks.WatchOptions{{}, {Threshold: 2, Reached: func(context.Context, *saleswebhooks.AccountInfo) {}}} {
			require.ErrorIs(t, client.SalesWebhooks.Account.Watch(t.Context(), o), api.ErrInvalid)
		}
	})
}
