package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
)

// world is a sandbox, a file of the IDs of its people, and the environment that leads there.
type world struct {
	*sandbox.Sandbox

	t   *testing.T
	dir string
}

func newWorld(t *testing.T, options ...sandbox.Option) *world {
	t.Helper()
	sb, err := sandbox.Start(append([]sandbox.Option{coresignal.WithPeople(120), coresignal.WithCredits(5_000), coresignal.WithJobPolls(0)}, options...)...)
	require.NoError(t, err)
	t.Cleanup(sb.Close)
	w := &world{Sandbox: sb, t: t, dir: t.TempDir()}
	var text strings.Builder
	for _, id := range sb.Coresignal.PersonIDs() {
		fmt.Fprintln(&text, id)
	}
	require.NoError(t, os.WriteFile(w.path("ids.csv"), []byte(text.String()), 0o600))
	return w
}

func (w *world) path(name string) string { return filepath.Join(w.dir, name) }

func (w *world) getenv(name string) string {
	return map[string]string{"CORESIGNAL_API_KEY": w.Coresignal.APIKey(), "CORESIGNAL_BASE_URL": w.Coresignal.URL()}[name]
}

// export runs the program with parts of ten IDs and returns what it prints.
func (w *world) export(ctx context.Context, out string, more ...string) (string, error) {
	w.t.Helper()
	printed := &output{}
	args := append([]string{"-ids", w.path("ids.csv"), "-out", w.path(out), "-dir", w.path("group"), "-part", "10", "-rate", "1000", "-budget", "1200"}, more...)
	err := run(ctx, args, w.getenv, printed, printed)
	return printed.String(), err
}

// output is what the program prints. It interrupts the program when it sees a text.
type output struct {
	mu        sync.Mutex
	text      bytes.Buffer
	see       string
	interrupt func()
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.interrupt != nil && strings.Contains(string(p), o.see) {
		o.interrupt()
	}
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// interrupted runs the program until it prints a text, and interrupts it then.
func (w *world) interrupted(out, see string) error {
	w.t.Helper()
	ctx, cancel := context.WithCancel(w.t.Context())
	defer cancel()
	printed := &output{see: see, interrupt: cancel}
	return run(ctx, []string{
		"-ids", w.path("ids.csv"), "-out", w.path(out), "-dir", w.path("group"), "-part", "10", "-rate", "1000", "-budget", "1200",
	}, w.getenv, printed, printed)
}

// TestOnlyAnInterruptIsCalledOne: neither success nor help nor a wrong command line.
func TestOnlyAnInterruptIsCalledOne(t *testing.T) {
	for range 200 {
		ctx, end := interruptible(t.Context(), func() { t.Error("nobody has interrupted it") })
		end()
		require.Error(t, ctx.Err())
	}
	parent, interrupt := context.WithCancel(t.Context())
	said := make(chan struct{})
	_, end := interruptible(parent, func() { close(said) })
	defer end()
	interrupt()
	<-said
}

// TestInterruptedTwice: the third run has everything, and nothing was paid twice.
func TestInterruptedTwice(t *testing.T) {
	w := newWorld(t)
	for _, see := range []string{" 3/12 jobs", " 8/12 jobs"} {
		err := w.interrupted("people.jsonl", see)
		require.ErrorIs(t, err, context.Canceled)
		assert.Contains(t, err.Error(), "It was interrupted.\nRun the same command again to go on; what is paid is kept.")
		assert.Equal(t, 3, exitCode(err, &bytes.Buffer{}))
		assert.NoFileExists(t, w.path("people.jsonl"))
	}
	printed, err := w.export(t.Context(), "people.jsonl")
	require.NoError(t, err)
	assert.Contains(t, printed, "120 IDs in 12 jobs, at most 1200 credits.\nFrom earlier runs: ")
	assert.Contains(t, printed, "120 records are in ")
	assert.Equal(t, 1200, w.Coresignal.CreditsSpent())
	assert.Equal(t, 12, w.Coresignal.JobsCreated())
	text, err := os.ReadFile(w.path("people.jsonl"))
	require.NoError(t, err)
	assert.Equal(t, 120, bytes.Count(text, []byte{'\n'}))
	for _, id := range w.Coresignal.PersonIDs() {
		assert.Contains(t, string(text), fmt.Sprintf(`"id":%d`, id))
	}

	before := w.Requests()
	for range 2 { // into a database, twice
		_, err = w.export(t.Context(), "people.db")
		require.NoError(t, err)
	}
	assert.Equal(t, before, w.Requests(), "what is on the disk is not asked for again")
	db, err := sql.Open("sqlite", w.path("people.db"))
	require.NoError(t, err)
	defer db.Close()
	var people, named int
	require.NoError(t, db.QueryRowContext(t.Context(), "select count(*), count(full_name) from employee_base where title is null or title <> ''").Scan(&people, &named))
	assert.Equal(t, 120, people)
	assert.Equal(t, 120, named)
	info, err := os.Stat(w.path("people.db"))
	require.NoError(t, err)
	assert.Zero(t, info.Mode().Perm()&0o077, "others may not read it")
}

func TestALostAnswerIsReported(t *testing.T) {
	w := newWorld(t)
	w.Fail(sandbox.Fault{Method: "POST", Drop: sandbox.DropAfterAct, After: 2, Times: 1})
	_, err := w.export(t.Context(), "people.jsonl", "-jobs", "1")
	require.ErrorIs(t, err, pronet.ErrMaybeApplied)
	assert.Contains(t, err.Error(), "Part 3 may have been paid and is not requested again")
	assert.Contains(t, err.Error(), "-resolve 3=JOB; to pay it, perhaps twice: -pay-again 3")
	_, err = w.export(t.Context(), "people.jsonl")
	require.ErrorIs(t, err, pronet.ErrMaybeApplied, "the others are done, and it is reported again")
	assert.Contains(t, err.Error(), "Not finished: 11 of 12 jobs done, 1 in doubt.")
	_, err = w.export(t.Context(), "people.jsonl", "-resolve", "3="+w.Coresignal.JobIDs()[2])
	require.NoError(t, err)
	assert.Equal(t, 1200, w.Coresignal.CreditsSpent())
}

func TestPayAgain(t *testing.T) {
	w := newWorld(t)
	w.Fail(sandbox.Fault{Method: "POST", Drop: sandbox.DropAfterAct, Times: 1})
	_, err := w.export(t.Context(), "people.jsonl", "-jobs", "1")
	require.ErrorIs(t, err, pronet.ErrMaybeApplied)
	_, err = w.export(t.Context(), "people.jsonl", "-pay-again", "1")
	require.ErrorIs(t, err, pronet.ErrBudget, "it covers all runs, and what was given up may have been paid")
	assert.Contains(t, err.Error(), "0 credits of the budget are left")
	_, err = w.export(t.Context(), "people.jsonl", "-pay-again", "1", "-budget", "1300")
	require.NoError(t, err)
	assert.Equal(t, 1300, w.Coresignal.CreditsSpent(), "ten records were paid twice, on purpose")
}

// TestPayAgainOnTheSameCommand: the program says to run the same command again, and the flag is still on it.
func TestPayAgainOnTheSameCommand(t *testing.T) {
	w := newWorld(t)
	w.Fail(sandbox.Fault{Method: "POST", Drop: sandbox.DropAfterAct, Times: 1})
	_, err := w.export(t.Context(), "people.jsonl", "-jobs", "1")
	require.ErrorIs(t, err, pronet.ErrMaybeApplied)
	w.Fail(sandbox.Fault{Method: "GET", Status: 401})
	for range 3 {
		w.Advance(time.Hour)
		_, err = w.export(t.Context(), "people.jsonl", "-jobs", "1", "-pay-again", "1")
		require.ErrorIs(t, err, pronet.ErrUnauthorized)
		assert.Contains(t, err.Error(), "check CORESIGNAL_API_KEY")
	}
	assert.Equal(t, 2, w.Coresignal.JobsCreated())
}

// TestOneListIsPaidOnce, whatever it is written to.
func TestOneListIsPaidOnce(t *testing.T) {
	w := newWorld(t)
	for _, out := range []string{"people.jsonl", "people.db", "more.jsonl"} {
		var printed bytes.Buffer
		require.NoError(t, run(t.Context(), []string{"-ids", w.path("ids.csv"), "-out", w.path(out), "-rate", "1000", "-budget", "1200"}, w.getenv, &printed, &printed))
		assert.Contains(t, printed.String(), "120 records are in ")
	}
	assert.Equal(t, 1200, w.Coresignal.CreditsSpent())
}

// TestLists: a table by its column, and the folder that is removed with the last run.
func TestLists(t *testing.T) {
	w := newWorld(t)
	var table strings.Builder
	table.WriteString("\ufeffsep=;\r\nName;Employee ID\r\n")
	for _, id := range w.Coresignal.PersonIDs() {
		fmt.Fprintf(&table, "\"Roe; Jane\";%d\r\n", id)
	}
	fmt.Fprintf(&table, "Jane;%d\r\n;\r\n\r\n\r\n", w.Coresignal.PersonIDs()[0])
	require.NoError(t, os.WriteFile(w.path("crm.csv"), []byte(table.String()), 0o600))
	export := func(more ...string) string {
		var printed bytes.Buffer
		args := append([]string{"-ids", w.path("crm.csv"), "-column", "employee id", "-out", w.path("people.jsonl"), "-rate", "1000", "-budget", "1200"}, more...)
		require.NoError(t, run(t.Context(), args, w.getenv, &printed, &printed))
		return printed.String()
	}
	first := export()
	assert.Contains(t, first, "120 IDs in 1 job (1 duplicate left out), at most 1200 credits.\n")
	assert.Contains(t, first, "120 records are in "+w.path("people.jsonl")+".\nWhat was collected stays in the folder "+w.path("crm.csv.group"))
	second := export("-remove")
	assert.Equal(t, "120 IDs in 1 job (1 duplicate left out): all of them were collected before, and are in the folder "+w.path("crm.csv.group")+". Nothing is paid.\n120 records are in "+w.path("people.jsonl")+".\n", second)
	assert.NoDirExists(t, w.path("crm.csv.group"))
	assert.Equal(t, 1200, w.Coresignal.CreditsSpent())
}

// TestR70NothingPrintedIsObeyedByATerminal: ids of jobs, names of files and lines of them are what others wrote.
func TestR70NothingPrintedIsObeyedByATerminal(t *testing.T) {
	const evil = "\x1b]0;t\x07\x1b[2J\r\nNothing is paid.\u202e\u200b\x9b1m"
	id, err := json.Marshal(evil)
	require.NoError(t, err)
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("X-Request-Id", "a\tb")
		switch {
		case r.Method == http.MethodPost:
			fmt.Fprintf(rw, `{"request_id":%s}`, id)
		case strings.HasSuffix(r.URL.Path, "/files"):
			fmt.Fprintf(rw, `{"data_request_files":["part%s.json"]}`, `\u001b[2J\nNothing is paid.\u202e`)
		default:
			fmt.Fprintf(rw, "{\"id\":1,\"full_name\":%s}\n%s\n[%s]\n", id, evil, id)
		}
	}))
	defer server.Close()
	dir := t.TempDir()
	ids := filepath.Join(dir, "ids.csv")
	require.NoError(t, os.WriteFile(ids, []byte("1\n"), 0o600))
	getenv := func(name string) string {
		return map[string]string{"CORESIGNAL_API_KEY": "key-of-sixteen-letters", "CORESIGNAL_BASE_URL": server.URL}[name]
	}
	var printed bytes.Buffer
	for _, more := range [][]string{{"-column", "\x1b[2J"}, {"-resolve", "1=\x1b[2J"}, {}, {}, {"-pay-again", "1"}} {
		err := run(t.Context(), append([]string{"-ids", ids, "-out", filepath.Join(dir, "people.jsonl"), "-rate", "1000", "-budget", "100"}, more...), getenv, &printed, &printed)
		exitCode(err, &printed)
	}
	exitCode(&unfinishedError{status: bulkcollect.GroupStatus{Parts: []bulkcollect.PartStatus{{Part: 1, State: bulkcollect.PartInDoubt, Entry: bulkcollect.Entry{State: bulkcollect.InDoubt, Reason: evil}}}}, err: errors.New(evil)}, &printed)
	for line := range strings.Lines(printed.String()) {
		line = strings.TrimSuffix(line, "\n")
		assert.False(t, strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsGraphic(r) }), "%q", line)
		assert.False(t, strings.HasPrefix(line, "Nothing is paid."), "%q", line)
	}
	assert.Contains(t, printed.String(), "Left out: ")
}

// TestTheBudgetIsOfAllRunsTogether.
func TestTheBudgetIsOfAllRunsTogether(t *testing.T) {
	w := newWorld(t)
	for range 3 {
		_, err := w.export(t.Context(), "people.jsonl", "-budget", "450")
		require.ErrorIs(t, err, pronet.ErrBudget)
		assert.Contains(t, err.Error(), "50 credits of the budget are left, fewer than the next job may cost")
		assert.Equal(t, 400, w.Coresignal.CreditsSpent())
	}
	_, err := w.export(t.Context(), "people.jsonl")
	require.NoError(t, err)
	assert.Equal(t, 1200, w.Coresignal.CreditsSpent())
}

func TestWithoutCredits(t *testing.T) {
	w := newWorld(t, coresignal.WithCredits(250))
	_, err := w.export(t.Context(), "people.jsonl", "-jobs", "1")
	require.ErrorIs(t, err, pronet.ErrNoCredits)
	assert.Contains(t, err.Error(), "The account has no credits left.")
	assert.Contains(t, err.Error(), "2 of 12 jobs done, 1 at work, 9 not requested yet")
}

func TestClumsyCommandLines(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, os.WriteFile(w.path("names.csv"), []byte("id\n1\n"), 0o600))
	require.NoError(t, os.WriteFile(w.path("nobody.csv"), nil, 0o600))
	require.NoError(t, os.WriteFile(w.path("text.db"), []byte("text, and long enough to be looked at as the head of a database file, which is a hundred bytes long\n"), 0o600))
	require.NoError(t, os.WriteFile(w.path("ids.jsonl"), []byte("1\n"), 0o600))
	require.NoError(t, os.Mkdir(w.path("folder.jsonl"), 0o700))
	none := func(string) string { return "" }
	for name, tt := range map[string]struct {
		args   []string
		getenv func(string) string
		says   string
		code   int
	}{
		"nothing":        {nil, w.getenv, "-ids is missing", 2},
		"help":           {[]string{"-h"}, w.getenv, "the most credits to spend", 2},
		"environment":    {[]string{"-h"}, w.getenv, "CORESIGNAL_API_KEY   the key; required", 2},
		"unknown flag":   {[]string{"-x"}, w.getenv, "flag provided but not defined", 2},
		"a bad decision": {[]string{"-resolve", "3"}, w.getenv, "expected PART=JOB", 2},
		"an argument":    {[]string{"ids.csv"}, w.getenv, "everything is said with flags", 2},
		"no key":         {[]string{"-ids", w.path("ids.csv")}, none, "CORESIGNAL_API_KEY is not set", 2},
		"no calls":       {[]string{"-ids", w.path("ids.csv"), "-rate", "0"}, w.getenv, "-rate is not a number of calls", 2},
		"a spreadsheet":  {[]string{"-ids", w.path("ids.csv"), "-out", w.path("people.xlsx")}, w.getenv, "ends neither in .jsonl nor", 2},
		"one file":       {[]string{"-ids", w.path("ids.jsonl"), "-out", w.path("ids.jsonl")}, w.getenv, "are the same file", 2},
		"a folder":       {[]string{"-ids", w.path("ids.csv"), "-dir", w.path("g"), "-budget", "1200", "-out", w.path("folder.jsonl")}, w.getenv, "there is something else than a file", 1},
		"no folder":      {[]string{"-ids", w.path("ids.csv"), "-dir", w.path("h"), "-budget", "1200", "-out", w.path("none/x.db")}, w.getenv, "no such file", 1},
		"no database":    {[]string{"-ids", w.path("ids.csv"), "-dir", w.path("i"), "-budget", "1200", "-out", w.path("text.db")}, w.getenv, "-out", 1},
		"no budget":      {[]string{"-ids", w.path("ids.csv"), "-dir", w.path("b")}, w.getenv, "-budget 1200 covers all of them", 1},
		"no file":        {[]string{"-ids", w.path("none"), "-dir", w.path("c")}, w.getenv, "no such file", 1},
		"a heading":      {[]string{"-ids", w.path("names.csv"), "-dir", w.path("d")}, w.getenv, "line 1, byte 0: not a number; a list has no heading, but -column NAME reads a table that has one (the line starts with \"id\")", 1},
		"a wrong column": {[]string{"-ids", w.path("names.csv"), "-column", "employee_id", "-dir", w.path("j")}, w.getenv, `line 1, column "employee_id": the table has no such column; it has "id"`, 1},
		"nobody":         {[]string{"-ids", w.path("nobody.csv"), "-dir", w.path("k")}, w.getenv, "nobody.csv: no IDs\n", 1},
		"less than none": {[]string{"-ids", w.path("ids.csv"), "-budget", "-1"}, w.getenv, "-budget is not a number of credits", 2},
		"no such folder": {[]string{"-ids", w.path("ids.csv"), "-dir", w.path("ids.csv/x")}, w.getenv, "bulkexport: -dir " + w.path("ids.csv/x") + ": bulkcollect: mkdir the directory that was given: not a directory", 1},
		"a large part":   {[]string{"-ids", w.path("ids.csv"), "-dir", w.path("e"), "-part", "20000"}, w.getenv, "a part of 20000 IDs is not between 0 and 10000", 1},
		"nothing to pay": {[]string{"-ids", w.path("ids.csv"), "-dir", w.path("f"), "-pay-again", "1"}, w.getenv, "Part 1 is not in doubt (any more)", 1},
	} {
		var printed bytes.Buffer
		err := run(t.Context(), tt.args, tt.getenv, &printed, &printed)
		assert.Equal(t, tt.code, exitCode(err, &printed), name)
		assert.Contains(t, printed.String(), tt.says, name)
	}
	assert.Zero(t, w.Requests())
	for _, dir := range []string{"c", "d", "j", "k"} {
		assert.NoDirExists(t, w.path(dir), "there is no group")
	}
	assert.Zero(t, exitCode(nil, nil))
}

// TestProgressMoves from the first second on, while the jobs take minutes, and stops with the run.
func TestProgressMoves(t *testing.T) {
	for terminal, every := range map[bool]time.Duration{true: time.Second, false: time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			printed := &output{}
			p := &progress{out: printed, terminal: terminal}
			p.show(bulkcollect.GroupProgress{Parts: 4, Running: 2, IDs: 40_000, Credits: 200_000})
			before := printed.String()
			assert.Contains(t, before, "0/4 jobs, 2 at work, 200000 credits")
			for range 3 {
				time.Sleep(every)
				synctest.Wait()
				assert.Greater(t, len(printed.String()), len(before))
				before = printed.String()
			}
			time.Sleep(every / 2)
			p.show(bulkcollect.GroupProgress{Parts: 4, Done: 1, Running: 2, IDs: 40_000, DoneIDs: 10_000, Credits: 300_000, Files: 1, Elapsed: 5 * time.Minute})
			assert.Contains(t, printed.String(), "1/4 jobs, 2 at work, 1 file, 300000 credits, about 15m0s left")
			p.end()
			before = printed.String()
			time.Sleep(time.Hour)
			synctest.Wait()
			assert.Equal(t, before, printed.String())
		})
	}
	var printed bytes.Buffer
	p := &progress{out: &printed}
	p.show(bulkcollect.GroupProgress{Parts: 4, Done: 4, IDs: 40_000, DoneIDs: 40_000, Credits: 400_000})
	p.end()
	assert.Empty(t, printed.String(), "nothing is to be done")
}

func TestTheBarOfATerminal(t *testing.T) {
	var printed bytes.Buffer
	p := &progress{out: &printed, terminal: true}
	for done := range 5 {
		p.show(bulkcollect.GroupProgress{Parts: 4, Done: done, IDs: 40_000, DoneIDs: int64(done) * 10_000, Credits: 400_000, Files: done, Bytes: 5_000_000})
	}
	p.logger().Info("unheard")
	p.logger().Warn("heard")
	p.end()
	assert.Contains(t, printed.String(), "4/4 jobs, 4 files, 400000 credits")
	assert.Contains(t, printed.String(), "40000/40000")
	assert.Contains(t, printed.String(), "level=WARN msg=heard\n")
	assert.NotContains(t, printed.String(), "unheard")
	var buffer bytes.Buffer
	assert.False(t, newProgress(&buffer).terminal)
	_, err := os.Stat("nowhere")
	assert.Equal(t, 1, exitCode(errors.Join(err), &buffer))
}
