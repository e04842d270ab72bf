package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite" // the database driver

	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/export"
)

const tableName = "employee_base"

// columns are what the table has besides the number and the whole record. Title and company are those of the current
// position; a person without one has none.
var columns = []export.Column{
	{Name: "full_name"},
	{Name: "headline"},
	{Name: "location"},
	{Name: "title", Path: "experience[is_current].title"},
	{Name: "company", Path: "experience[is_current].company_name"},
}

// write writes the records of a finished group. It asks nobody and costs nothing, so it may be done again.
func write(ctx context.Context, g *group, c config, out io.Writer) error {
	to := writeJSONLines
	if c.toSQLite() {
		to = writeSQLite
	}
	left := &leftOut{out: out}
	n, err := to(ctx, g, c.out, left)
	if errors.Is(err, context.Canceled) {
		return errors.New("interrupted while the records were written; everything is collected: run the same command again")
	}
	if err != nil {
		return err
	}
	status := g.Status()
	if c.toSQLite() {
		fmt.Fprintf(out, "%s in %s, table %s: id, record (all of it as JSON), stored_at, full_name, headline, location, title and company.\n", are(n), c.out, tableName)
	} else {
		fmt.Fprintf(out, "%s in %s.\n", are(n), c.out)
	}
	if missing := status.IDs - n - left.lines; missing > 0 {
		fmt.Fprintf(out, "%d of the IDs have no record: the provider does not know them.\n", missing)
	}
	if left.lines > 0 {
		fmt.Fprintf(out, "%d lines were left out, since they are no records: see above, and the folder %s.\n", left.lines, c.dir)
	}
	return nil
}

func are(n int64) string {
	if n == 1 {
		return "1 record is"
	}
	return fmt.Sprintf("%d records are", n)
}

// leftOut counts and tells what was no record. One bad line is no reason to keep a million good ones back.
type leftOut struct {
	out   io.Writer
	lines int64
}

const mostTold = 20

func (l *leftOut) bad(err error) error {
	if l.lines++; l.lines <= mostTold {
		fmt.Fprintln(l.out, "Left out:", printable(err.Error()))
	}
	return nil
}

func (l *leftOut) line(err *bulkcollect.FileError) error { return l.bad(err) }

func (l *leftOut) record(err *export.RecordError) error { return l.bad(err) }

// tryOutput finds out whether the output can be written, before anything is paid.
func tryOutput(ctx context.Context, c config) error {
	if !c.toSQLite() {
		file, err := export.CreateFile(c.out)
		if err != nil {
			return fmt.Errorf("-out %s: %w", c.out, err)
		}
		return file.Close()
	}
	_, db, err := openTable(ctx, c.out, nil)
	if err != nil {
		return fmt.Errorf("-out %s: %w", c.out, err)
	}
	return db.Close()
}

// writeJSONLines writes a file that has its name only when it is complete.
func writeJSONLines(ctx context.Context, g *group, path string, left *leftOut) (n int64, err error) {
	file, err := export.CreateFile(path)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if n, err = export.Copy(ctx, g.Records(ctx, bulkcollect.RecordsOptions{OnBadLine: left.line}), export.NewJSONLines(file, export.JSONLinesOptions{})); err != nil {
		return 0, err
	}
	return n, file.Commit()
}

// writeSQLite writes a table with one row for each profile; one that is there is replaced.
func writeSQLite(ctx context.Context, g *group, path string, left *leftOut) (n int64, err error) {
	table, db, err := openTable(ctx, path, left.record)
	if err != nil {
		return 0, err
	}
	n, err = export.Copy(ctx, g.Records(ctx, bulkcollect.RecordsOptions{OnBadLine: left.line}), table)
	return n, errors.Join(err, db.Close())
}

// openTable opens the database and its table, or makes them.
func openTable(ctx context.Context, path string, reject func(*export.RecordError) error) (_ *export.Table, _ *sql.DB, err error) {
	private, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) // personal data: the driver would let others read it
	if err != nil {
		return nil, nil, err
	}
	if err := private.Close(); err != nil {
		return nil, nil, err
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, nil, err
	}
	name := url.URL{Scheme: "file", Path: filepath.ToSlash(absolute)} // else the driver takes what follows a ? for its own
	db, err := sql.Open("sqlite", name.String())
	if err != nil {
		return nil, nil, err
	}
	table, err := export.NewTable(db, export.TableOptions{
		Dialect: export.SQLite, Name: tableName, Reject: reject, Columns: columns,
	})
	if err == nil {
		err = table.Create(ctx)
	}
	if _, other := errors.AsType[*export.ColumnsError](err); other { // made by an earlier version
		err = table.AddColumns(ctx)
	}
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	return table, db, nil
}
