package export

import "strings"

// The columns that every table has.
const (
	idColumn       = "id"
	recordColumn   = "record"
	storedAtColumn = "stored_at"

	fixedParams = 2 // id and record
)

// schema is a table of a dialect.
type schema struct {
	dialect *dialect
	table   string // quoted
	columns []Column
}

// perRow is how many parameters a row has.
func (s *schema) perRow() int { return fixedParams + len(s.columns) }

// create is the statement that makes the table.
func (s *schema) create() string {
	d := s.dialect
	var b strings.Builder
	b.WriteString("CREATE TABLE IF NOT EXISTS " + s.table + " (\n")
	b.WriteString("\t" + d.identifier(idColumn) + " " + d.id + " NOT NULL PRIMARY KEY,\n")
	b.WriteString("\t" + d.identifier(recordColumn) + " " + d.types[JSON] + " NOT NULL,\n")
	b.WriteString("\t" + d.identifier(storedAtColumn) + " " + d.storedAt + " NOT NULL")
	for _, c := range s.columns {
		b.WriteString(",\n\t" + d.identifier(c.Name) + " " + d.types[c.Type])
	}
	b.WriteString("\n)" + d.after)
	return b.String()
}

// add is the statement that adds a column.
func (s *schema) add(c Column) string {
	return "ALTER TABLE " + s.table + " ADD COLUMN " + s.dialect.identifier(c.Name) + " " + s.dialect.types[c.Type]
}

// look is the statement that returns the columns of the table: by rows of names and types when it has arguments, by the
// columns of an empty result otherwise. PostgreSQL has rows, since drivers keep the plan of a statement, and one whose
// columns changed fails.
func (s *schema) look() (statement string, arguments []any) {
	if s.dialect.numbered {
		return "SELECT a.attname::text, t.typname::text FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid " +
			"WHERE a.attrelid = $1::text::regclass AND a.attnum > 0 AND NOT a.attisdropped", []any{s.table}
	}
	return "SELECT * FROM " + s.table + " WHERE 1 = 0", nil
}

// upsert is the statement that writes a number of rows, new ones and instead of old ones.
func (s *schema) upsert(rows int) string {
	d := s.dialect
	var b strings.Builder
	b.WriteString("INSERT INTO " + s.table + " (" + d.identifier(idColumn) + ", " + d.identifier(recordColumn) + ", " + d.identifier(storedAtColumn))
	for _, c := range s.columns {
		b.WriteString(", " + d.identifier(c.Name))
	}
	b.WriteString(") VALUES ")
	n := 0
	param := func(t string) {
		n++
		d.param(&b, n, t)
	}
	for row := range rows {
		if row > 0 {
			b.WriteString(", ")
		}
		b.WriteByte('(')
		param(d.id)
		b.WriteString(", ")
		param(d.types[JSON])
		b.WriteString(", " + d.now)
		for _, c := range s.columns {
			b.WriteString(", ")
			param(d.types[c.Type])
		}
		b.WriteByte(')')
	}
	if d.duplicate {
		b.WriteString(" ON DUPLICATE KEY UPDATE ")
	} else {
		b.WriteString(" ON CONFLICT (" + d.identifier(idColumn) + ") DO UPDATE SET ")
	}
	s.assign(&b, recordColumn)
	b.WriteString(", ")
	s.assign(&b, storedAtColumn)
	for _, c := range s.columns {
		b.WriteString(", ")
		s.assign(&b, c.Name)
	}
	return b.String()
}

// assign gives a column of an old row the value of the new one.
func (s *schema) assign(b *strings.Builder, name string) {
	name = s.dialect.identifier(name)
	if s.dialect.duplicate {
		b.WriteString(name + " = VALUES(" + name + ")")
		return
	}
	b.WriteString(name + " = excluded." + name)
}
