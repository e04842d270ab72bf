package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"

	_ "modernc.org/sqlite" // the database driver

	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/export"
)

// write writes the records of a finished group. It asks nobody and costs nothing, so it may be done again.
func write(ctx context.Context, g *group, c config, out io.Writer) error {
	to := writeJSONLines
	if c.toSQLite() {
		to = writeSQLite
	}
	n, err := to(ctx, g, c.out)
	if errors.Is(err, context.Canceled) {
		return errors.New("interrupted while the records were written; everything is collected: run the same command again")
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d records are in %s.\n", n, c.out)
	return nil
}

// writeJSONLines writes a file that has its name only when it is complete.
func writeJSONLines(ctx context.Context, g *group, path string) (n int64, err error) {
	file, err := export.CreateFile(path)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if n, err = export.Copy(ctx, g.Records(ctx, bulkcollect.RecordsOptions{}), export.NewJSONLines(file, export.JSONLinesOptions{})); err != nil {
		return 0, err
	}
	return n, file.Commit()
}

// writeSQLite writes a table with one row for each profile; one that is there is replaced.
func writeSQLite(ctx context.Context, g *group, path string) (n int64, err error) {
	private, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) // personal data: the driver would let others read it
	if err != nil {
		return 0, err
	}
	if err := private.Close(); err != nil {
		return 0, err
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	table, err := export.NewTable(db, export.TableOptions{
		Dialect: export.SQLite, Name: "employee_base",
		Columns: export.Columns("full_name", "headline", "location", "experience[0].title", "experience[0].company_name"),
	})
	if err != nil {
		return 0, err
	}
	if err := table.Create(ctx); err != nil {
		return 0, err
	}
	return export.Copy(ctx, g.Records(ctx, bulkcollect.RecordsOptions{}), table)
}
