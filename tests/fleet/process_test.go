//go:build unix

package fleet

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"sync"
	"time"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/examples/fleet/receiver"
	"github.com/pronet-go/pronet/linkedin"
	"github.com/pronet-go/pronet/refresh"
)

// asProcess is the environment variable that makes the test's program one of the four.
const asProcess = "PRONET_FLEET_PROCESS"

// settings are what a process is told, in the first line of its input.
type settings struct {
	receiver.Config
	LinkedIn string
	Mutant   string // what is wrong with this one, see mutant_test.go
}

// table is the user's: what was handed over, in its order.
const table = `CREATE TABLE handed (number bigserial PRIMARY KEY, at timestamptz NOT NULL DEFAULT clock_timestamp(), process int NOT NULL,
	person bigint NOT NULL, purchase int NOT NULL, version int NOT NULL, text text NOT NULL)`

// process is the receiver of the example, with a function that writes down what it gets, and with calls to LinkedIn.
func process() (err error) {
	input := bufio.NewReader(os.Stdin)
	line, err := input.ReadBytes('\n')
	if err != nil {
		return err
	}
	var s settings
	if err := json.Unmarshal(line, &s); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	go func() { // it ends with its input
		_, _ = io.Copy(io.Discard, input)
		stop()
	}()
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})).With("process", s.Number)
	slog.SetDefault(log)
	if s.Mutant == losesSpool {
		if err := os.RemoveAll(filepath.Join(s.Dir, "notices")); err != nil {
			return err
		}
	}
	shared, err := receiver.Connect(ctx, s.Config, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, shared.Close()) }()
	tokens, err := shared.Store.Tokens()
	if err != nil {
		return err
	}
	update := handOver(s)
	if update, tokens, err = s.mutate(shared, update, tokens); err != nil {
		return err
	}
	r, err := receiver.Open(s.Config, shared, update, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	var calling sync.WaitGroup
	defer calling.Wait()
	client, err := pronet.New(pronet.WithLinkedIn(linkedin.AppTokens(clientID, clientSecret).In(tokens), pronet.BaseURL(s.LinkedIn), pronet.LinkedInAccountsURL(s.LinkedIn)),
		pronet.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		return err
	}
	calling.Go(func() { callLinkedIn(ctx, client) })
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(listener.Addr())
	return r.Run(ctx, listener)
}

// callLinkedIn needs the token all the time.
func callLinkedIn(ctx context.Context, client *pronet.Client) {
	for ctx.Err() == nil {
		_ = callOnce(ctx, client)
		select {
		case <-ctx.Done():
		case <-time.After(200 * time.Millisecond):
		}
	}
}

func callOnce(ctx context.Context, client *pronet.Client) error {
	return client.Do(ctx, api.Request{Provider: api.LinkedIn, Method: "GET", Route: "/v2/anything", Retry: api.RetryIdempotent}, nil)
}

var headline = regexp.MustCompile(`^version (\d+), record (\d+)$`)

// handOver is the user's function.
func handOver(s settings) receiver.Update {
	return func(ctx context.Context, u refresh.Update[employee.BaseRecord]) error {
		version, number, text := 0, 0, ""
		switch {
		case u.Err != nil:
			text = u.Err.Error()
			if !errors.Is(u.Err, api.ErrMaybeApplied) {
				text = "no doubt: " + text
			}
		case u.Record == nil:
			text = fmt.Sprint("no record: ", u.Changes)
		default:
			found := headline.FindStringSubmatch(u.Record.Headline)
			if found == nil {
				text = "no record of the provider's"
				break
			}
			version, _ = strconv.Atoi(found[1]) // of digits alone
			number, _ = strconv.Atoi(found[2])
		}
		_, err := u.Tx.ExecContext(ctx, `INSERT INTO handed (process, person, purchase, version, text) VALUES ($1, $2, $3, $4, $5)`, s.Number, u.ID, number, version, text)
		return err
	}
}
