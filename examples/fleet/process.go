package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"

	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/examples/fleet/receiver"
	"github.com/pronet-go/pronet/refresh"
)

// asProcess is the environment variable that makes the program one of its processes.
const asProcess = "FLEET_PROCESS"

// process is what one process does: it reads its settings from its first line of input, prints where it listens, and ends
// with its input, so that it does not outlive its parent.
func process(ctx context.Context, in io.Reader, out, errOut io.Writer) (err error) {
	input := bufio.NewReader(in)
	line, err := input.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("no settings: %w", err)
	}
	var c receiver.Config
	if err := json.Unmarshal(line, &c); err != nil {
		return fmt.Errorf("the settings: %w", err)
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		_, _ = io.Copy(io.Discard, input)
		stop()
	}()
	log := slog.New(slog.NewTextHandler(errOut, &slog.HandlerOptions{Level: slog.LevelWarn})).With("process", c.Number)
	shared, err := receiver.Connect(ctx, c, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, shared.Close()) }()
	r, err := receiver.Open(c, shared, update, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(out, listener.Addr()); err != nil {
		return err
	}
	return r.Run(ctx, listener)
}

// table is the user's own.
const table = `CREATE TABLE IF NOT EXISTS fleet_people (id bigint PRIMARY KEY, title text NOT NULL, updates bigint NOT NULL, doubts bigint NOT NULL)`

// update is the user's own function: with PostgreSQL it counts in a row of the person, in the transaction that keeps the
// snapshot. Without, there is nothing to count in: the status has how often it was called.
func update(ctx context.Context, u refresh.Update[employee.BaseRecord]) error {
	if u.Tx == nil {
		return nil
	}
	title, updates, doubts := "", 1, 0
	switch {
	case u.Err != nil: // it may have been paid, and it is not bought again: the next notice brings the record
		updates, doubts = 0, 1
	case u.Record != nil && len(u.Record.CurrentExperience()) > 0:
		title = u.Record.CurrentExperience()[0].Title
	}
	_, err := u.Tx.ExecContext(ctx, `INSERT INTO fleet_people AS p VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO UPDATE
		SET title = coalesce(nullif(excluded.title, ''), p.title), updates = p.updates + excluded.updates, doubts = p.doubts + excluded.doubts`,
		u.ID, title, updates, doubts)
	return err
}
