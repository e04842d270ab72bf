package export

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/wire"
)

// ColumnsError reports a table whose columns are not those that are to be written. It is an api.ErrConflict.
type ColumnsError struct {
	// Missing are the columns that the table does not have.
	Missing []string
	// Unfit are the columns whose type in the table does not take the values.
	Unfit []string
}

// Error names the columns.
func (e *ColumnsError) Error() string {
	var b strings.Builder
	b.WriteString("export: the table is another one:")
	if len(e.Missing) > 0 {
		fmt.Fprintf(&b, " it lacks the columns %.100q", e.Missing)
	}
	if len(e.Unfit) > 0 {
		fmt.Fprintf(&b, " the types of its columns %.100q do not fit", e.Unfit)
	}
	return b.String()
}

// Unwrap returns api.ErrConflict.
func (e *ColumnsError) Unwrap() error { return api.ErrConflict }

// ErrNoTable reports a table that is not in the database: see [Table.Create]. The error's text names it.
var ErrNoTable = errors.New("export: the table is not there")

// describe is a text for an error of a statement. It names the table, or says that a column is missing, where the error
// speaks of this table: a trigger's may speak of another one.
func (t *Table) describe(err error) string {
	switch t.missing(err) {
	case "table":
		return fmt.Sprintf("there is no table %.200q: Create makes it", t.options.Name)
	case "column":
		return fmt.Sprintf("the table %.200q lacks a column: Create names it, AddColumns adds it", t.options.Name)
	}
	return describe(err)
}

// cause is the error with its sentinel.
func (t *Table) cause(err error) error {
	if t.missing(err) == "table" {
		return errors.Join(ErrNoTable, err)
	}
	return err
}

// missing is what an error says that this table is or lacks, "table" or "column", or "".
func (t *Table) missing(err error) string {
	state := stateOf(err)
	plain := state == "" && codeOf(err)&0xff == 1 // SQLite has no code of its own for either
	switch state {
	case "42P01", "42S02", "42703", "42S22":
	default:
		if !plain {
			return ""
		}
	}
	text := strings.ToLower(err.Error())
	switch {
	case !strings.Contains(text, strings.ToLower(t.options.Name)):
	case state == "42P01", state == "42S02", plain && strings.Contains(text, "no such table"):
		return "table"
	case state != "", strings.Contains(text, "has no column named"):
		return "column"
	}
	return ""
}

// CreateStatement is the statement that [Table.Create] runs, for those who keep such statements elsewhere.
func (t *Table) CreateStatement() string {
	if t == nil || t.db == nil {
		return ""
	}
	return t.schema.create()
}

// Create makes the table if it is not there. If it is, its columns are checked, and it fails with a *[ColumnsError]
// when some are missing or, in PostgreSQL, have a type that does not fit. A table that you made yourself must have id
// as its primary key: without it MySQL writes a second row for the same profile. MySQL commits an open transaction when
// it makes or changes a table: do not call Create and AddColumns in your own.
func (t *Table) Create(ctx context.Context) error {
	if err := t.ready(ctx); err != nil {
		return err
	}
	if _, err := t.db.ExecContext(ctx, t.schema.create()); err != nil {
		return wire.Plain("export: the table was not made: "+describe(err), err)
	}
	missing, err := t.compare(ctx)
	if err == nil && len(missing) > 0 {
		wrong := &ColumnsError{}
		for _, c := range missing {
			wrong.Missing = append(wrong.Missing, c.Name)
		}
		return wrong
	}
	return err
}

// AddColumns adds the chosen columns that the table does not have. They are NULL in the rows that are there.
func (t *Table) AddColumns(ctx context.Context) error {
	if err := t.ready(ctx); err != nil {
		return err
	}
	missing, err := t.compare(ctx)
	if err != nil {
		return err
	}
	for _, c := range missing {
		if _, err := t.db.ExecContext(ctx, t.schema.add(c)); err != nil {
			return wire.Plain("export: a column was not added: "+t.describe(err), t.cause(err))
		}
	}
	return nil
}

// compare returns the chosen columns that the table does not have. It fails with a *ColumnsError when the others are
// not what they should be.
func (t *Table) compare(ctx context.Context) (missing []Column, err error) {
	types, err := t.columnTypes(ctx)
	if err != nil {
		return nil, wire.Plain("export: the columns of the table could not be read: "+t.describe(err), t.cause(err))
	}
	wrong := &ColumnsError{}
	for _, name := range []string{idColumn, recordColumn, storedAtColumn} {
		if _, ok := types[t.schema.dialect.fold(name)]; !ok {
			wrong.Missing = append(wrong.Missing, name)
		}
	}
	for _, c := range t.schema.columns {
		have, ok := types[t.schema.dialect.fold(c.Name)]
		switch {
		case !ok:
			missing = append(missing, c)
		case !t.schema.dialect.fits(c.Type, have):
			wrong.Unfit = append(wrong.Unfit, c.Name)
		}
	}
	if len(wrong.Missing)+len(wrong.Unfit) > 0 {
		return nil, wrong
	}
	return missing, nil
}

// columnTypes returns the types of the table's columns by their names, as the database or the driver calls them.
func (t *Table) columnTypes(ctx context.Context) (types map[string]string, err error) {
	look, arguments := t.schema.look()
	rows, err := t.db.QueryContext(ctx, look, arguments...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	types = map[string]string{}
	if len(arguments) == 0 {
		columns, err := rows.ColumnTypes()
		for _, c := range columns {
			types[t.schema.dialect.fold(c.Name())] = c.DatabaseTypeName()
		}
		return types, err
	}
	for rows.Next() {
		var name, databaseType string
		if err := rows.Scan(&name, &databaseType); err != nil {
			return nil, err
		}
		types[t.schema.dialect.fold(name)] = databaseType
	}
	return types, rows.Err()
}
