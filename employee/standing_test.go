package employee_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/employee"
)

func TestStanding(t *testing.T) {
	t.Run("Base", standings[employee.BaseRecord](map[string]employee.Standing{
		`{"id":1,"full_name":"a"}`:                              {},
		`{"id":1,"is_hidden":0,"deleted":0}`:                    {},
		`{"id":1,"is_hidden":1}`:                                {Hidden: true},
		`{"id":1,"is_hidden":"1","deleted":true}`:               {Hidden: true, Deleted: true},
		`{"id":1,"deleted":1}`:                                  {Deleted: true},
		`{"id":1,"parent_id":2,"is_parent":0}`:                  {MergedInto: 2},
		`{"id":1,"parent_id":2}`:                                {MergedInto: 2},
		`{"id":1,"parent_id":1,"is_parent":1}`:                  {},
		`{"id":1,"parent_id":0,"is_parent":1}`:                  {},
		`{"id":1,"parent_id":null}`:                             {},
		`{"id":1,"parent_id":2,"is_parent":1}`:                  {},
		`{"parent_id":2}`:                                       {},
		`{"id":1,"parent_id":-2}`:                               {},
		`{"id":1,"parent_id":2,"is_hidden":true,"deleted":"1"}`: {Hidden: true, Deleted: true, MergedInto: 2},
	}))
	t.Run("Clean", standings[employee.CleanRecord](map[string]employee.Standing{
		`{"id":1}`:                                {},
		`{"id":1,"is_hidden":1}`:                  {Hidden: true},
		`{"id":1,"is_deleted":1,"parent_id":2}`:   {Deleted: true},
		`{"id":1,"is_deleted":"0","is_hidden":1}`: {Hidden: true},
	}))
	t.Run("MultiSource", standings[employee.MultiSourceRecord](map[string]employee.Standing{
		`{"id":1,"parent_id":1,"is_parent":1}`:                {},
		`{"id":1,"is_deleted":1}`:                             {Deleted: true},
		`{"id":1,"parent_id":"2","is_parent":0}`:              {MergedInto: 2},
		`{"id":1,"parent_id":2,"is_parent":0,"is_deleted":1}`: {Deleted: true, MergedInto: 2},
	}))
	t.Run("V1", standings[employee.V1Record](map[string]employee.Standing{
		`{"id":1,"deleted":0}`: {},
		`{"id":1,"deleted":1}`: {Deleted: true},
	}))
	t.Run("Preview", standings[employee.Preview](map[string]employee.Standing{`{"id":1}`: {}}))
}

func standings[R any, P interface {
	*R
	Standing() employee.Standing
}](want map[string]employee.Standing) func(t *testing.T) {
	return func(t *testing.T) {
		for text, standing := range want {
			r, err := employee.Decode[R]([]byte(text))
			require.NoError(t, err)
			assert.Equal(t, standing, P(r).Standing(), text)
		}
	}
}
