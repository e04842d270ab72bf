package export

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Dialect is the language of a database.
type Dialect int

// The dialects. The zero Dialect is none.
const (
	_ Dialect = iota
	// PostgreSQL is PostgreSQL from version 9.5, and what speaks like it.
	PostgreSQL
	// SQLite is SQLite from version 3.24.
	SQLite
	// MySQL is MySQL from version 5.7, and MariaDB from 10.3. The tests compare its statements with what they should be
	// and run none; they were tried on MariaDB 10.11.
	MySQL
)

// Type is what a table's column holds.
type Type int

// The types. Null and what is not there are NULL in each, and so is a value that does not fit: see [Table.Mismatched].
const (
	// Text holds text as it is, and any other value as in a CSV file.
	Text Type = iota
	// Integer holds whole numbers of 64 bits. Those in quotes, 12.0, and true and false as 1 and 0 are read too.
	Integer
	// Real holds numbers of double precision. Those in quotes are read too.
	Real
	// Boolean holds true and false. 0 and 1, and all of them in quotes, are read too.
	Boolean
	// JSON holds any value as JSON; a path with [*] gives an array. It is JSONB in PostgreSQL and TEXT in SQLite.
	JSON
)

// dialect is what differs between the databases.
type dialect struct {
	types      [JSON + 1]string
	id         string
	storedAt   string
	now        string
	after      string // what ends CREATE TABLE
	quote      string
	maxParams  int
	maxName    func(name string) bool
	numbered   bool // parameters are $1::type
	exactNames bool // quoted names that differ in case are two names
	strictJSON bool // JSON with U+0000 or half of a surrogate pair is refused
	duplicate  bool // ON DUPLICATE KEY instead of ON CONFLICT
	unfit      map[Type][]string
}

var dialects = map[Dialect]*dialect{
	PostgreSQL: {
		types:    [...]string{"TEXT", "BIGINT", "DOUBLE PRECISION", "BOOLEAN", "JSONB"},
		id:       "BIGINT",
		storedAt: "TIMESTAMP WITH TIME ZONE",
		now:      "CURRENT_TIMESTAMP",
		quote:    `"`, maxParams: 65_535, numbered: true, exactNames: true, strictJSON: true,
		maxName: func(name string) bool { return len(name) <= 63 },
		unfit: map[Type][]string{
			Text:    {"INT2", "INT4", "INT8", "FLOAT4", "FLOAT8", "NUMERIC", "BOOL", "JSON", "JSONB", "TIMESTAMP", "TIMESTAMPTZ", "DATE", "UUID", "BYTEA"},
			Integer: {"BOOL", "JSON", "JSONB", "TIMESTAMP", "TIMESTAMPTZ", "DATE", "UUID", "BYTEA"},
			Real:    {"BOOL", "JSON", "JSONB", "TIMESTAMP", "TIMESTAMPTZ", "DATE", "UUID", "BYTEA"},
			Boolean: {"INT2", "INT4", "INT8", "FLOAT4", "FLOAT8", "NUMERIC", "JSON", "JSONB", "TIMESTAMP", "TIMESTAMPTZ", "DATE", "UUID", "BYTEA"},
			JSON:    {"INT2", "INT4", "INT8", "FLOAT4", "FLOAT8", "NUMERIC", "BOOL", "TIMESTAMP", "TIMESTAMPTZ", "DATE", "UUID", "BYTEA"},
		},
	},
	SQLite: {
		types:    [...]string{"TEXT", "INTEGER", "REAL", "BOOLEAN", "TEXT"},
		id:       "INTEGER",
		storedAt: "TEXT",
		now:      "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')",
		quote:    `"`, maxParams: 32_766,
		maxName: func(string) bool { return true },
	},
	MySQL: {
		types:    [...]string{"LONGTEXT", "BIGINT", "DOUBLE", "BOOLEAN", "JSON"},
		id:       "BIGINT",
		storedAt: "DATETIME(6)",
		now:      "UTC_TIMESTAMP(6)",
		after:    " DEFAULT CHARACTER SET utf8mb4",
		quote:    "`", maxParams: 65_535, strictJSON: true, duplicate: true,
		maxName: func(name string) bool {
			return utf8.RuneCountInString(name) <= 64 && !strings.HasSuffix(name, " ") && !strings.ContainsFunc(name, func(r rune) bool { return r > 0xFFFF })
		},
	},
}

// identifier quotes a name, which was checked.
func (d *dialect) identifier(name string) string {
	return d.quote + strings.ReplaceAll(name, d.quote, d.quote+d.quote) + d.quote
}

// checkName refuses names that the database would cut or refuse.
func (d *dialect) checkName(name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	if !d.maxName(name) {
		return refusal("the name %.100q is too long for the database, or has what it does not take", name)
	}
	return nil
}

// fold returns the form of a name by which the database compares it.
func (d *dialect) fold(name string) string {
	if d.exactNames {
		return name
	}
	return strings.ToLower(name)
}

// fits reports whether a column of the database that has a type can take values of ours. What is not known fits.
func (d *dialect) fits(t Type, databaseType string) bool {
	return !slices.Contains(d.unfit[t], strings.ToUpper(databaseType))
}

// param writes the nth parameter of a statement, counted from 1.
func (d *dialect) param(b *strings.Builder, n int, t string) {
	if !d.numbered {
		b.WriteByte('?')
		return
	}
	b.WriteByte('$')
	b.WriteString(strconv.Itoa(n))
	b.WriteString("::")
	b.WriteString(t)
}
