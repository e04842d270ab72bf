package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

const environment = `Environment:
  CORESIGNAL_API_KEY   the key; required
  CORESIGNAL_BASE_URL  another server than the provider's, such as the sandbox (pronet-sandbox prints it)
`

// config is what the command line and the environment say.
type config struct {
	apiKey, baseURL string
	ids, column     string
	out, dir        string
	remove          bool
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
	flags.Usage = func() {
		fmt.Fprint(usage, "Usage of bulkexport:\n")
		flags.PrintDefaults()
		fmt.Fprint(usage, environment)
	}
	flags.StringVar(&c.ids, "ids", "", "the file of IDs: one number a line and no heading, or a table, see -column; required")
	flags.StringVar(&c.column, "column", "", "the column of a table with a heading that has the IDs: a CSV file of a spreadsheet or a CRM")
	flags.StringVar(&c.out, "out", "people.jsonl", "the file to write: .jsonl for JSON Lines, .db or .sqlite for the table employee_base of SQLite")
	flags.StringVar(&c.dir, "dir", "", "the folder that remembers what was paid (default the name of -ids with .group)")
	flags.BoolVar(&c.remove, "remove", false, "delete the folder of -dir when everything is written: records of people are in it, and another run pays again")
	flags.Int64Var(&c.budget, "budget", 0, "the most credits to spend, in all runs together; without it, it says how many are needed")
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
	if c.dir == "" { // one folder for one list: another -out must not pay it again
		c.dir = c.ids + ".group"
	}
	return c, c.check(flags.Args())
}

func (c config) check(rest []string) error {
	switch {
	case len(rest) > 0:
		return usageError(fmt.Sprintf("%q is not expected: everything is said with flags", rest[0]))
	case c.ids == "":
		return usageError("-ids is missing: the file of IDs, one number a line, or a table with -column")
	case c.apiKey == "":
		return usageError("the environment variable CORESIGNAL_API_KEY is not set")
	case c.budget < 0:
		return usageError("-budget is not a number of credits")
	case c.callsPerSecond < 1:
		return usageError("-rate is not a number of calls")
	case !c.toSQLite() && c.extension() != ".jsonl":
		return usageError(fmt.Sprintf("-out %q ends neither in .jsonl nor in .db or .sqlite", c.out))
	}
	ids, err := os.Stat(c.ids)
	if out, outErr := os.Stat(c.out); err == nil && outErr == nil && os.SameFile(ids, out) {
		return usageError("-ids and -out are the same file")
	}
	return nil
}

// usageError is a command line that is wrong.
type usageError string

func (e usageError) Error() string { return string(e) }

func (c config) extension() string { return strings.ToLower(filepath.Ext(c.out)) }

// toSQLite reports whether the name of the output is one of a database.
func (c config) toSQLite() bool {
	return slices.Contains([]string{".db", ".sqlite", ".sqlite3"}, c.extension())
}
