package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"
)

// config is what the command line and the environment say.
type config struct {
	apiKey, baseURL string
	ids, out, dir   string
	budget          int64
	partSize        int
	running         int
	callsPerSecond  int
	resolve         map[int]string
	payAgain        []int
}

func readConfig(args []string, getenv func(string) string, usage io.Writer) (config, error) {
	c := config{apiKey: getenv("CORESIGNAL_API_KEY"), baseURL: getenv("CORESIGNAL_BASE_URL"), resolve: make(map[int]string)}
	flags := flag.NewFlagSet("bulkexport", flag.ContinueOnError)
	flags.SetOutput(usage)
	flags.StringVar(&c.ids, "ids", "", "the file of IDs: one number a line, no heading")
	flags.StringVar(&c.out, "out", "people.jsonl", "the file to write: JSON Lines, or SQLite if its name ends in .db or .sqlite")
	flags.StringVar(&c.dir, "dir", "", "the folder that remembers what was done (default the name of -out with .group)")
	flags.Int64Var(&c.budget, "budget", -1, "the most credits to spend, in all runs together")
	flags.IntVar(&c.partSize, "part", 0, "IDs of one job, at most 10000 (default 10000)")
	flags.IntVar(&c.running, "jobs", 0, "jobs in progress at a time (default 4)")
	flags.IntVar(&c.callsPerSecond, "rate", 5, "calls a second that your plan allows")
	flags.Func("resolve", "PART=JOB: the part in doubt has made that job", func(text string) error {
		number, job, found := strings.Cut(text, "=")
		part, err := strconv.Atoi(number)
		if !found || err != nil || job == "" {
			return errors.New("expected PART=JOB, such as 3=433869ec-0a98-4dcd-9b13-db4df58260f5")
		}
		c.resolve[part] = job
		return nil
	})
	flags.Func("pay-again", "PART: request the part in doubt again, although that may be paid twice", func(text string) error {
		part, err := strconv.Atoi(text)
		c.payAgain = append(c.payAgain, part)
		return err
	})
	if err := flags.Parse(args); err != nil {
		return c, flag.ErrHelp
	}
	switch {
	case flags.NArg() > 0:
		return c, fmt.Errorf("%q is not expected: everything is said with flags", flags.Arg(0))
	case c.ids == "":
		return c, errors.New("-ids is missing: the file of IDs, one number a line")
	case c.apiKey == "":
		return c, errors.New("the environment variable CORESIGNAL_API_KEY is not set")
	case c.callsPerSecond < 1:
		return c, errors.New("-rate is not a number of calls")
	}
	if c.dir == "" {
		c.dir = c.out + ".group"
	}
	return c, nil
}

// toSQLite reports whether the name of the output is one of a database.
func (c config) toSQLite() bool {
	switch filepath.Ext(c.out) {
	case ".db", ".sqlite", ".sqlite3":
		return true
	}
	return false
}
