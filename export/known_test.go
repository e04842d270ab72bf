package export_test

import (
	"bytes"
	"errors"
	"iter"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/export"
)

func TestCheckColumns(t *testing.T) {
	check := map[string]func(...export.Column) error{
		"base": export.CheckColumns[*employee.BaseRecord], "clean": export.CheckColumns[*employee.CleanRecord],
		"multi": export.CheckColumns[*employee.MultiSourceRecord], "v1": export.CheckColumns[*employee.V1Record], "own": export.CheckColumns[plain],
	}
	for _, tt := range []struct{ dataset, path, says string }{
		{"base", "full_name", ""},
		{"base", "experience", ""},
		{"base", "experience[0].title", ""},
		{"base", "experience[*].title", ""},
		{"base", "experience[is_current].title", ""},
		{"base", "experience[!date_to].title", ""},
		{"base", `["full_name"]`, ""},
		{"base", "shorthand_names[0]", ""},
		{"base", "historical_ids[0].id", ""}, // lists of values come as lists of objects as well
		{"clean", "experience[!date_to].title", ""},
		{"multi", "experience[active_experience].position_title", ""},
		{"v1", "member_experience_collection[!date_to].title", ""},
		{"own", "whatever[you].like", ""},
		{"base", "fullname", `byte 0: the records have no field "fullname" here; did you mean "full_name"?`},
		{"base", "Full_Name", `did you mean "full_name"?`},
		{"base", "v", `the records have no field "v" here (Unlisted`},
		{"base", "experience[0].titel", `byte 13: the records have no field "titel" here; did you mean "title"?`},
		{"base", "experience[current].title", `byte 10: the records have no field "current" here`},
		{"base", "experience[iscurrent].title", `did you mean "is_current"?`},
		{"base", "experience.title", "byte 10: a list stands here, of which [0], [*] or a mark such as [is_current] takes elements"},
		{"base", "full_name[0]", "byte 9: a value without parts stands here"},
		{"base", "full_name.first", "byte 9: a value without parts stands here"},
		{"base", "[0]", "byte 0: no list stands here"},
		{"base", "zzzzzzzzzzzz", `the records have no field "zzzzzzzzzzzz" here (Unlisted`},
		{"clean", "experience[is_current].title", `the records have no field "is_current" here`},
		{"multi", "experience[0].title", `the records have no field "title" here`},
	} {
		err := check[tt.dataset](export.Columns(tt.path)...)
		if tt.says == "" {
			require.NoError(t, err, "%s %s", tt.dataset, tt.path)
			continue
		}
		wrong, ok := errors.AsType[*export.PathError](err)
		require.True(t, ok, "%s %s: %v", tt.dataset, tt.path, err)
		require.ErrorIs(t, err, api.ErrInvalid)
		assert.Contains(t, err.Error(), tt.says)
		assert.Equal(t, tt.path, wrong.Path)
		require.NoError(t, check[tt.dataset](export.Column{Path: tt.path, Unlisted: true}), "the way out")
	}
	require.ErrorIs(t, export.CheckColumns[plain](export.Column{Path: "a["}), api.ErrInvalid)
	require.ErrorIs(t, export.CheckColumns[plain](export.Column{Name: "a", Path: "a", Value: func(export.Record) (any, error) { return nil, nil }}), api.ErrInvalid)
	require.ErrorIs(t, export.CheckColumns[plain](export.ValueColumn("", func(plain) any { return nil })), api.ErrInvalid)
}

// TestUnknownNamesAreRefusedBeforeAnythingIsRead, and by Write for those who do not use Copy.
func TestUnknownNamesAreRefusedBeforeAnythingIsRead(t *testing.T) {
	unread := iter.Seq2[*employee.BaseRecord, error](func(func(*employee.BaseRecord, error) bool) { t.Error("it was read") })
	var out bytes.Buffer
	c, err := export.NewCSV(&out, export.CSVOptions{Columns: export.Columns("fullname")})
	require.NoError(t, err)
	f := &fakeDB{}
	for _, w := range []export.Writer{c, table(t, f, export.TableOptions{Columns: export.Columns("fullname")})} {
		n, err := export.Copy(t.Context(), unread, w)
		assert.Zero(t, n)
		wrong, ok := errors.AsType[*export.PathError](err)
		require.True(t, ok, "%v", err)
		assert.Equal(t, "fullname", wrong.Path)
		err = w.Write(t.Context(), base(t, `{"id":1}`))
		_, ok = errors.AsType[*export.PathError](err)
		require.True(t, ok, "%v", err)
		require.NoError(t, w.Write(t.Context(), plain{1, "{}", nil}), "records of one's own have any names")
	}
	assert.Empty(t, out.String())
}

func TestValueColumn(t *testing.T) {
	columns := []export.Column{
		export.ValueColumn("name", func(r *employee.BaseRecord) any { return "=" + r.FullName }),
		export.ValueColumn("many", func(r *employee.BaseRecord) any { return []int64{r.ID, 2} }),
		{Path: "id"},
		export.ValueColumn("nothing", func(*employee.BaseRecord) any { return nil }),
	}
	var out bytes.Buffer
	w, err := export.NewCSV(&out, export.CSVOptions{Columns: columns})
	require.NoError(t, err)
	require.NoError(t, w.Write(t.Context(), base(t, `{"id":1,"full_name":"Jo"}`)))
	require.NoError(t, w.Flush(t.Context()))
	assert.Equal(t, "name,many,id,nothing\n'=Jo,\"[1,2]\",1,\n", out.String())
	_, ok := errors.AsType[*export.RecordError](w.Write(t.Context(), plain{1, "{}", nil}))
	assert.True(t, ok, "of another type")

	f := &fakeDB{}
	columns[1].Type, columns[2].Name = export.JSON, "number"
	d := table(t, f, export.TableOptions{Columns: columns})
	require.NoError(t, d.Write(t.Context(), base(t, `{"id":1,"full_name":"Jo"}`)))
	require.NoError(t, d.Flush(t.Context()))
	assert.Equal(t, "=Jo", f.rows[1][2])
	assert.Equal(t, "[1,2]", f.rows[1][3])
	assert.Nil(t, f.rows[1][5])

	failing := export.Column{Name: "x", Value: func(export.Record) (any, error) { return make(chan int), nil }}
	w, err = export.NewCSV(&out, export.CSVOptions{Columns: []export.Column{failing}})
	require.NoError(t, err)
	require.ErrorContains(t, w.Write(t.Context(), plain{1, "{}", nil}), "what a column's function returned cannot be written as JSON")
}
