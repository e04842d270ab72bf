package export

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/export/internal/jsonpath"
	"github.com/pronet-go/pronet/internal/wire"
)

const (
	defaultBatchSize  = 500
	maxBatchSize      = 10_000
	defaultBatchBytes = 2 << 20
)

// Table writes each profile into its one row of a table: a new one, or instead of the one before. Rows have the columns
// id, record (the whole JSON), stored_at (when, by the database's clock) and those that were chosen. It keeps back at
// most a batch.
//
// PostgreSQL and MySQL refuse JSON that has U+0000 or half of a surrogate pair. There they become U+FFFD, as do bytes
// that are not UTF-8 in every database, and U+0000 in columns of text. JSON in PostgreSQL and MySQL is stored decoded,
// so that the spelling of numbers and the order of names are not kept; JSON Lines keep them.
type Table struct {
	db      DB
	schema  schema
	columns *columnSet
	options TableOptions

	rows       []row
	places     map[int64]int
	live       int
	bytes      int
	stored     int64
	mismatched map[string]int64
	statement  string
	prepared   int // rows of the statement
}

// TableOptions says which table, and what its rows have. Dialect and Name are required.
type TableOptions struct {
	// Dialect is the language of the database.
	Dialect Dialect
	// Schema is the schema, or MySQL's database, that the table is in. Empty is the connection's own.
	Schema string
	// Name is the name of the table: one table for one dataset, since each has IDs of its own.
	Name string
	// Columns are further columns.
	Columns []Column
	// BatchSize is how many records are written together, at most 10,000. 0 is 500. Databases bound the values of one
	// statement: many columns make batches smaller.
	BatchSize int
	// BatchBytes is how many bytes of values are written together; a larger record goes alone. 0 is 2 MiB, which fits
	// the packets that MySQL takes by default.
	BatchBytes int
	// Reject is called with each record that cannot be stored for what is in it. If it returns nil, the record is left
	// out and the rest continues; its error ends the writing. Without it the first such record does. An error that is
	// not known to be a record's fault ends the writing in any case.
	Reject func(*RecordError) error
	// AsReceived is as in [JSONLinesOptions].
	AsReceived bool
}

// row is a record that is kept back, or nothing, when a later one of the same profile took its place.
type row struct {
	id        int64
	records   int64
	tried     bool // the database did not take it
	size      int
	arguments []any
}

// NewTable returns a Writer of a table. It fails with a *[PathError] or another api.ErrInvalid, and does not query the
// database: call [Table.Create] before the first record.
//
// With a *sql.DB or *sql.Conn each batch is a transaction. With a *sql.Tx it is a part of your transaction, so that you
// can commit a mark of how far you are together with the records; a batch that fails is undone and leaves your
// transaction usable. When ctx ends it is so too if the transaction began with another context, and unless the driver
// closed the connection, as those of PostgreSQL and MySQL do in the middle of a statement.
func NewTable(db DB, options TableOptions) (*Table, error) {
	d, ok := dialects[options.Dialect]
	switch {
	case db == nil:
		return nil, refusal("a database is required")
	case !ok:
		return nil, refusal("a dialect is required")
	case options.BatchSize < 0 || options.BatchSize > maxBatchSize || options.BatchBytes < 0:
		return nil, refusal("the size of a batch is out of range")
	case options.BatchSize == 0:
		options.BatchSize = defaultBatchSize
	}
	if options.BatchBytes == 0 {
		options.BatchBytes = defaultBatchBytes
	}
	columns, err := newColumnSet(options.Columns)
	if err != nil {
		return nil, err
	}
	s := schema{dialect: d, columns: columns.columns}
	if err := s.name(options.Schema, options.Name); err != nil {
		return nil, err
	}
	if err := s.check(columns.many); err != nil {
		return nil, err
	}
	options.BatchSize = min(options.BatchSize, d.maxParams/s.perRow())
	return &Table{db: db, schema: s, columns: columns, options: options, places: map[int64]int{}, mismatched: map[string]int64{}}, nil
}

func (s *schema) name(schema, name string) error {
	if err := s.dialect.checkName(name); err != nil {
		return err
	}
	s.table = s.dialect.identifier(name)
	if schema == "" {
		return nil
	}
	if err := s.dialect.checkName(schema); err != nil {
		return err
	}
	s.table = s.dialect.identifier(schema) + "." + s.table
	return nil
}

// check refuses columns that cannot stand in one table, or whose type does not fit their path.
func (s *schema) check(many []bool) error {
	taken := map[string]bool{idColumn: true, recordColumn: true, storedAtColumn: true}
	for i, c := range s.columns {
		if err := s.dialect.checkName(c.Name); err != nil {
			return err
		}
		switch folded := strings.ToLower(c.Name); {
		case taken[folded]:
			return refusal("the column %.100q is there twice; id, record and stored_at are there in any case", c.Name)
		case c.Type < Text || c.Type > JSON:
			return refusal("the column %.100q has no such type", c.Name)
		case many[i] && c.Type != Text && c.Type != JSON:
			return refusal("the column %.100q has a path with [*], and so holds Text or JSON", c.Name)
		default:
			taken[folded] = true
		}
	}
	return nil
}

// Write takes a record, and stores those kept back when the batch is full; the record is not taken if that fails. It
// fails with a *[RecordError] for a record that has no number or no JSON, unless Reject leaves it out, with a
// *[PathError] for the first record of a type that does not have a column's path, and with [ErrNoTable] for a table that
// is not there.
func (t *Table) Write(ctx context.Context, record Record) error {
	if err := cmp.Or(t.ready(ctx), given(record)); err != nil {
		return err
	}
	if err := t.know(reflect.TypeOf(record)); err != nil {
		return err
	}
	r, wrong, err := t.row(record)
	if err != nil {
		return t.reject(&RecordError{ID: record.EmployeeID(), Err: err})
	}
	if t.live > 0 && (t.live >= t.options.BatchSize || t.bytes+r.size > t.options.BatchBytes) {
		if err := t.Flush(ctx); err != nil {
			return err
		}
	}
	for _, name := range wrong {
		t.mismatched[name]++
	}
	if place, ok := t.places[r.id]; ok {
		old := &t.rows[place]
		if !old.tried { // otherwise it is most likely the same record, given once more after an error
			r.records += old.records
		}
		t.bytes -= old.size
		t.live--
		*old = row{}
	}
	t.places[r.id] = len(t.rows)
	t.rows = append(t.rows, r)
	t.bytes += r.size
	t.live++
	if len(t.rows) > 2*maxBatchSize { // many records of few profiles
		t.keep(t.present())
	}
	return nil
}

// row makes the row of a record, and names the columns whose values did not fit.
func (t *Table) row(record Record) (r row, wrong []string, err error) {
	id := record.EmployeeID()
	if id <= 0 {
		return row{}, nil, wire.Plain("it has no ID", api.ErrInvalid)
	}
	text, err := textOf(record, t.options.AsReceived)
	if err != nil {
		return row{}, nil, err
	}
	compact, err := jsonpath.AppendCompact(nil, text)
	if err != nil {
		return row{}, nil, err
	}
	found, err := t.columns.values(record, compact)
	if err != nil {
		return row{}, nil, err
	}
	whole := t.schema.dialect.json(compact)
	r = row{id: id, records: 1, size: len(whole), arguments: make([]any, 0, t.schema.perRow())}
	r.arguments = append(r.arguments, id, whole)
	for i, values := range found {
		c := t.columns.columns[i]
		argument, ok, err := t.schema.dialect.argument(c, t.columns.many[i], values)
		switch {
		case err != nil:
			return row{}, nil, err
		case !ok:
			wrong = append(wrong, c.Name)
		}
		if text, ok := argument.(string); ok {
			r.size += len(text)
		}
		r.arguments = append(r.arguments, argument)
	}
	return r, wrong, nil
}

// Flush stores what is kept back. What it could not store, for want of a connection or because ctx ended, stays and is
// tried again by the next call. A *[RecordError] names a record that was refused also when it came alone; those before
// it are stored, and it is tried again too.
func (t *Table) Flush(ctx context.Context) error {
	if err := t.ready(ctx); err != nil {
		return err
	}
	rows := t.present()
	n, err := t.store(ctx, rows)
	t.keep(rows[n:])
	for i := range t.rows {
		t.rows[i].tried = true
	}
	return err
}

// Stored is how many records the database has committed, or your transaction taken. Records of one profile in one batch
// count with the last of them, which is the one that is stored. A record that was kept back by an error and is given
// again, as by a second [Copy] of the same records, counts once.
func (t *Table) Stored() int64 {
	if t == nil {
		return 0
	}
	return t.stored
}

// ready refuses what NewTable has not made, and no context.
func (t *Table) ready(ctx context.Context) error {
	switch {
	case t == nil || t.db == nil:
		return errNoWriter
	case ctx == nil:
		return errNoContext
	}
	return nil
}

// Mismatched returns for each chosen column how many of the values that came did not fit its type, if any. They are
// NULL there; the column record has them.
func (t *Table) Mismatched() map[string]int64 {
	if t == nil {
		return nil
	}
	return maps.Clone(t.mismatched)
}

// present returns the rows that have not been superseded.
func (t *Table) present() []row {
	return slices.DeleteFunc(t.rows, func(r row) bool { return r.id == 0 })
}

// keep makes rows what is kept back.
func (t *Table) keep(rows []row) {
	kept := slices.Clone(rows)
	clear(t.rows[:cap(t.rows)])
	t.rows = append(t.rows[:0], kept...)
	t.live, t.bytes = len(kept), 0
	clear(t.places)
	for i, r := range kept {
		t.places[r.id] = i
		t.bytes += r.size
	}
}

// store stores rows and returns how many of them are finished. When the database refuses a batch for one of its
// records, it looks for that record.
func (t *Table) store(ctx context.Context, rows []row) (n int, err error) {
	if len(rows) == 0 {
		return 0, nil
	}
	err = t.upsert(ctx, rows)
	switch {
	case err == nil:
		for _, r := range rows {
			t.stored += r.records
		}
		return len(rows), nil
	case ctx.Err() != nil:
		return 0, wire.Plain("export: the batch was not stored: "+api.Describe(ctx.Err()), errors.Join(ctx.Err(), err))
	case !mayBlameRecord(err):
		return 0, wire.Plain("export: the batch was not stored: "+t.describe(err), t.cause(err))
	case len(rows) == 1:
		if err := t.reject(&RecordError{ID: rows[0].id, Err: err}); err != nil {
			return 0, err
		}
		return 1, nil
	}
	half := len(rows) / 2
	if n, err := t.store(ctx, rows[:half]); err != nil {
		return n, err
	}
	n, err = t.store(ctx, rows[half:])
	return half + n, err
}

func (t *Table) upsert(ctx context.Context, rows []row) error {
	if t.prepared != len(rows) {
		t.statement, t.prepared = t.schema.upsert(len(rows)), len(rows)
	}
	arguments := make([]any, 0, len(rows)*t.schema.perRow())
	for _, r := range slices.SortedFunc(slices.Values(rows), byID) { // in one order, ordered, to avoid deadlocks between writers
		arguments = append(arguments, r.arguments...)
	}
	return atomically(ctx, t.db, func(db DB) error {
		_, err := db.ExecContext(ctx, t.statement, arguments...)
		return err
	})
}

func byID(a, b row) int { return cmp.Compare(a.id, b.id) }

func (t *Table) reject(err *RecordError) error {
	if t.options.Reject == nil {
		return err
	}
	return t.options.Reject(err)
}
