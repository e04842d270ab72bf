package employee_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
)

// TestR60CheckStandingReportsOneThing, that which asks most of whoever stores the record.
func TestR60CheckStandingReportsOneThing(t *testing.T) {
	merged := func(id, into int64) error { return &employee.MergedError{ID: id, Into: into} }
	for text, want := range map[string]error{
		`{"id":7,"full_name":"a"}`:                              nil,
		`{"id":7,"is_hidden":0,"deleted":0}`:                    nil,
		`{"id":7,"is_hidden":1}`:                                employee.ErrHidden,
		`{"id":7,"deleted":1}`:                                  employee.ErrDeleted,
		`{"id":7,"deleted":1,"parent_id":2}`:                    merged(7, 2),
		`{"id":7,"parent_id":2,"is_parent":1}`:                  nil,
		`{"id":7,"parent_id":2,"is_hidden":true,"deleted":"1"}`: employee.ErrHidden,
		`{"id":9}`:                       merged(7, 9),
		`{"id":9,"deleted":1}`:           merged(7, 9),
		`{"id":9,"parent_id":2}`:         merged(7, 2),
		`{"id":9,"is_hidden":1}`:         employee.ErrHidden,
		`{"full_name":"without its id"}`: nil,
	} {
		r, err := employee.Decode[employee.BaseRecord]([]byte(text))
		require.NoError(t, err)
		got := employee.CheckStanding(7, r)
		assert.Equal(t, want, got, text)
		assert.NotErrorIs(t, got, api.ErrNotFound, text)
		if r.ID == 9 && r.ParentID == 0 && !bool(r.IsHidden) && !bool(r.Deleted) {
			assert.NoError(t, employee.CheckStanding(0, r), "nobody in particular was asked for")
		}
	}
	require.ErrorIs(t, employee.ErrHidden, api.ErrRemovedForPrivacy)
	assert.Equal(t, "the profile 7 was merged into 9", api.Describe(merged(7, 9)))
}

// TestR60CheckStandingOfWhatIsCollected in each dataset that tells, one by one and many.
func TestR60CheckStandingOfWhatIsCollected(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(8), sandbox.WithSeed(1))
	var ids []int64
	for _, id := range sb.Coresignal.PersonIDs() {
		if p, _ := sb.Coresignal.Person(id); !p.Hidden && !p.Deleted {
			ids = append(ids, id)
		}
	}
	require.NoError(t, sb.Coresignal.HideForPrivacy(ids[0]))
	require.NoError(t, sb.Coresignal.Delete(ids[1]))
	require.NoError(t, sb.Coresignal.Merge(ids[2], ids[3]))
	refs := []employee.Ref{employee.ID(ids[0]), employee.ID(ids[1]), employee.ID(ids[2]), employee.ID(ids[3])}
	var base, multi []error
	for result := range client.Employees.Base.CollectMany(t.Context(), refs, employee.CollectManyOptions{}) {
		require.NoError(t, result.Err)
		id, _ := result.Ref.ID()
		base = append(base, employee.CheckStanding(id, result.Record))
	}
	assert.Equal(t, []error{employee.ErrHidden, employee.ErrDeleted, &employee.MergedError{ID: ids[2], Into: ids[3]}, nil}, base)
	for result := range client.Employees.MultiSource.CollectMany(t.Context(), refs, employee.CollectManyOptions{}) {
		require.NoError(t, result.Err)
		id, _ := result.Ref.ID()
		multi = append(multi, employee.CheckStanding(id, result.Record))
	}
	_, isMerged := errors.AsType[*employee.MergedError](multi[2])
	assert.True(t, isMerged)
	assert.Equal(t, employee.ErrDeleted, multi[1])
	assert.NoError(t, multi[3])
}
