package bulkcollect_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/internal/pronettest"
)

type (
	options = bulkcollect.RecordsOptions
	file    = bulkcollect.RecordFile
)

func base(t testing.TB, more ...pronet.Option) *bulkcollect.BaseDataset {
	t.Helper()
	return connect(t, append([]pronet.Option{pronet.WithCoresignal("key")}, more...)...).BulkCollect.Base
}

// manyLines is records with the given IDs, some with CRLF, some after a blank line.
func manyLines(from, to int) string {
	var text strings.Builder
	for id := from; id < to; id++ {
		fmt.Fprintf(&text, `{"id":%d,"full_name":"%s","new":[%d]}`, id, strings.Repeat("n", id*7919%3000), id)
		text.WriteString([]string{"\n", "\r\n", "\n\n"}[id%3])
	}
	return text.String()
}

// seen is what a walk yielded.
type seen struct {
	IDs     []int64
	Origins []employee.Origin
	Err     error
}

func see(t testing.TB, records func(func(*employee.BaseRecord, error) bool)) (s seen) {
	t.Helper()
	for r, err := range records {
		require.NoError(t, s.Err, "nothing comes after an error")
		if err != nil {
			assert.Nil(t, r)
			s.Err = err
			continue
		}
		s.IDs = append(s.IDs, r.ID)
		s.Origins = append(s.Origins, r.Origin())
	}
	return s
}

// sequence is the same, one file after the other on one goroutine.
func sequence(t testing.TB, d *bulkcollect.BaseDataset, files []file) (all seen) {
	t.Helper()
	for _, f := range files {
		content, err := f.Open(t.Context())
		require.NoError(t, err)
		one := see(t, d.DecodeRecords(f.Name, content))
		require.NoError(t, content.Close())
		all.IDs, all.Origins, all.Err = append(all.IDs, one.IDs...), append(all.Origins, one.Origins...), one.Err
		if one.Err != nil {
			return all
		}
	}
	return all
}

// threeFiles are in memory and on disk, gzip and plain.
func threeFiles(t testing.TB) []file {
	t.Helper()
	path := filepath.Join(t.TempDir(), "part-1.json.gz")
	require.NoError(t, os.WriteFile(path, zipped(t, manyLines(400, 700)), 0o600))
	return []file{
		bulkcollect.MemoryFile("part-0.json.gz", zipped(t, manyLines(1, 400))),
		bulkcollect.DiskFile(path),
		bulkcollect.MemoryFile("part-2.json", []byte(strings.TrimSpace(manyLines(700, 800)))),
	}
}

func TestRecordsFromFilesInOrder(t *testing.T) {
	d, files := base(t), threeFiles(t)
	want := sequence(t, d, files)
	require.NoError(t, want.Err)
	require.Len(t, want.IDs, 799)
	require.True(t, slices.IsSorted(want.IDs))
	for workers := range 7 {
		for _, drop := range []bool{false, true} {
			records := d.RecordsFrom(t.Context(), files, options{Workers: workers, DropRaw: drop})
			assert.Equal(t, want, see(t, records), "%d workers", workers)
			assert.Equal(t, want, see(t, records), "a loop starts anew")
		}
	}
	assert.Equal(t, seen{}, see(t, d.RecordsFrom(t.Context(), nil, options{})))
	assert.Equal(t, employee.Origin{File: "part-2.json", Line: 1}, want.Origins[699])
}

func TestRecordsFromFilesAsTheyAreReady(t *testing.T) {
	d, files := base(t), threeFiles(t)
	want := sequence(t, d, files)
	for workers := range 5 {
		got := see(t, d.RecordsFrom(t.Context(), files, options{Workers: workers, Unordered: true}))
		require.NoError(t, got.Err)
		slices.Sort(got.IDs)
		assert.Equal(t, want.IDs, got.IDs)
		assert.ElementsMatch(t, want.Origins, got.Origins)
	}
}

func TestRecordsKeepTheirJSONUnlessItIsDropped(t *testing.T) {
	d := base(t)
	files := []file{bulkcollect.MemoryFile("x", []byte(manyLines(1, 50)))}
	for r, err := range d.RecordsFrom(t.Context(), files, options{}) {
		require.NoError(t, err)
		assert.JSONEq(t, fmt.Sprintf(`[%d]`, r.ID), string(r.Unknown()["new"]))
	}
	for r, err := range d.RecordsFrom(t.Context(), files, options{DropRaw: true}) {
		require.NoError(t, err)
		assert.Nil(t, r.Raw())
		assert.Nil(t, r.Unknown())
		out, err := json.Marshal(r)
		require.NoError(t, err)
		assert.NotContains(t, string(out), "new")
	}
}

func TestRecordsFromTheSameIteratorAtOnce(t *testing.T) {
	d, files := base(t), threeFiles(t)
	records := d.RecordsFrom(t.Context(), files, options{})
	want := see(t, records)
	files[0] = file{} // the walk has a list of its own
	var walks sync.WaitGroup
	for range 4 {
		walks.Go(func() { assert.Equal(t, want, see(t, records)) })
	}
	walks.Wait()
}

// TestWhatAFileMayBe: each decision about content, in parallel and one after the other.
func TestWhatAFileMayBe(t *testing.T) {
	d := base(t)
	two := zipped(t, twoRecords)
	long := `{"id":3,"full_name":"` + strings.Repeat("x", 1<<20) + `"}`
	for name, tt := range map[string]struct {
		content []byte
		good    int
		kind    error
		says    string
	}{
		"several members":      {append(slices.Clone(two), two...), 4, nil, ""},
		"a record in two":      {append(zipped(t, `{"id":1,`), zipped(t, `"full_name":"Ann"}`)...), 1, nil, ""},
		"an empty member":      {append(zipped(t, ""), two...), 2, nil, ""},
		"byte order mark":      {append([]byte("\xef\xbb\xbf"), twoRecords...), 2, nil, ""},
		"mark in gzip":         {zipped(t, "\xef\xbb\xbf"+twoRecords), 2, nil, ""},
		"no last end":          {[]byte(strings.TrimSpace(twoRecords)), 2, nil, ""},
		"CRLF":                 {[]byte(strings.ReplaceAll(twoRecords, "\n", "\r\n")), 2, nil, ""},
		"blank lines":          {[]byte("\n\n \n" + twoRecords + "\n\t\n"), 2, nil, ""},
		"a long line":          {zipped(t, twoRecords+long+"\n"+twoRecords), 5, nil, ""},
		"gzip without lines":   {zipped(t, ""), 0, nil, ""},
		"empty":                {nil, 0, api.ErrUnexpectedResponse, "line 1: the file is empty"},
		"cut":                  {two[:len(two)-3], 2, api.ErrUnexpectedResponse, "line 3: the file is cut off"},
		"checksum":             {append(slices.Clone(two[:len(two)-8]), make([]byte, 8)...), 2, api.ErrUnexpectedResponse, "line 3: the gzip data is damaged"},
		"trailing bytes":       {append(slices.Clone(two), "<html>"...), 2, api.ErrUnexpectedResponse, "line 3: the file is cut off"},
		"more trailing bytes":  {append(slices.Clone(two), "<html></html>"...), 2, api.ErrUnexpectedResponse, "line 3: the gzip data is damaged"},
		"trailing zeros":       {append(slices.Clone(two), make([]byte, 512)...), 2, nil, ""},
		"nearly zeros":         {append(append(slices.Clone(two), make([]byte, 512)...), 1), 2, api.ErrUnexpectedResponse, "line 3: the gzip data is damaged"},
		"marks of two parts":   {zipped(t, "\xef\xbb\xbf"+twoRecords+"\xef\xbb\xbf"+twoRecords), 4, nil, ""},
		"marks of two members": {append(zipped(t, "\xef\xbb\xbf"+twoRecords), zipped(t, "\xef\xbb\xbf"+twoRecords)...), 4, nil, ""},
		"a mark in a line":     {[]byte("{\"id\":1}\n \xef\xbb\xbf{\"id\":2}\n"), 1, api.ErrUnexpectedResponse, "line 2: the line is not a record"},
		"UTF-16":               {[]byte("\xff\xfe{\x00}\x00"), 0, api.ErrUnexpectedResponse, "line 1: the line is not a record"},
		"a list":               {[]byte("[" + twoRecords + "]"), 0, api.ErrUnexpectedResponse, "line 1: the line is not a record"},
		"a line beyond bounds": {zipped(t, twoRecords+`{"id":"`+strings.Repeat("x", 17<<20)), 2, api.ErrTooLarge, "line 3: the line has more than the 16777216 bytes accepted"},
	} {
		t.Run(name, func(t *testing.T) {
			files := []file{bulkcollect.MemoryFile("the file", tt.content), bulkcollect.MemoryFile("another", []byte(`{"id":9}`))}
			want := sequence(t, d, files)
			if tt.kind == nil {
				require.NoError(t, want.Err)
				assert.Len(t, want.IDs, tt.good+1)
			} else {
				require.ErrorIs(t, want.Err, tt.kind)
				require.EqualError(t, want.Err, `bulkcollect: file "the file", `+tt.says)
				assert.Len(t, want.IDs, tt.good)
			}
			for workers := 1; workers < 4; workers++ {
				got := see(t, d.RecordsFrom(t.Context(), files, options{Workers: workers}))
				assert.Equal(t, fmt.Sprint(want), fmt.Sprint(got))
				assert.Equal(t, tt.kind != nil, errors.Is(got.Err, tt.kind) && got.Err != nil)
			}
		})
	}
}

func TestRecordsFromFilesThatDoNotOpen(t *testing.T) {
	d := base(t)
	good := bulkcollect.MemoryFile("good", []byte(twoRecords))
	for name, tt := range map[string]struct {
		files []file
		o     options
		good  int
		kind  error
		text  string
	}{
		"missing":          {[]file{good, bulkcollect.DiskFile("/nowhere/at-all.gz"), good}, options{}, 2, os.ErrNotExist, `bulkcollect: file "/nowhere/at-all.gz": no such file or directory`},
		"a directory":      {[]file{bulkcollect.DiskFile(t.TempDir())}, options{}, 0, nil, ""},
		"no Open":          {[]file{good, {Name: "x"}}, options{}, 0, api.ErrInvalid, ""},
		"workers":          {[]file{good}, options{Workers: -1}, 0, api.ErrInvalid, ""},
		"more than enough": {[]file{good, bulkcollect.DiskFile("/nowhere")}, options{Workers: 1_000_000}, 2, os.ErrNotExist, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := see(t, d.RecordsFrom(t.Context(), tt.files, tt.o))
			require.Error(t, got.Err)
			assert.Len(t, got.IDs, tt.good)
			if tt.kind != nil {
				require.ErrorIs(t, got.Err, tt.kind)
			}
			if tt.text != "" {
				require.EqualError(t, got.Err, tt.text)
			}
		})
	}
}

func TestBadLines(t *testing.T) {
	d := base(t)
	var text strings.Builder
	for id := range 300 {
		if id%10 == 3 {
			fmt.Fprintf(&text, "bad %d\n", id)
			continue
		}
		fmt.Fprintf(&text, "{\"id\":%d}\n", id)
	}
	files := []file{bulkcollect.MemoryFile("f", zipped(t, text.String()))}
	for workers := 1; workers < 4; workers++ {
		var lines []int64 // of records and bad lines
		o := options{Workers: workers, OnBadLine: func(e *bulkcollect.FileError) error {
			require.ErrorIs(t, e, api.ErrUnexpectedResponse)
			lines = append(lines, e.Line) // on the caller's goroutine: the race detector watches
			return nil
		}}
		for r, err := range d.RecordsFrom(t.Context(), files, o) {
			require.NoError(t, err)
			lines = append(lines, r.Origin().Line)
		}
		assert.Len(t, lines, 300)
		assert.True(t, slices.IsSorted(lines), "each in its place")

		stop := errors.New("too many")
		seenBad := 0
		o.OnBadLine = func(*bulkcollect.FileError) error {
			if seenBad++; seenBad == 3 {
				return stop
			}
			return nil
		}
		got := see(t, d.RecordsFrom(t.Context(), files, o))
		require.ErrorIs(t, got.Err, stop)
		assert.Len(t, got.IDs, 21, "the good lines before the third bad one")
	}
	cut := zipped(t, twoRecords)
	got := see(t, d.RecordsFrom(t.Context(), []file{bulkcollect.MemoryFile("f", cut[:len(cut)-2])}, options{OnBadLine: func(*bulkcollect.FileError) error {
		t.Error("a file that is cut off is not a bad line")
		return nil
	}}))
	require.ErrorIs(t, got.Err, api.ErrUnexpectedResponse)
}

// endlessFile has records without end and counts what happens to it.
type endlessFile struct {
	opened, closed atomic.Int64
	read           atomic.Int64
	rest           []byte
}

func (e *endlessFile) file() file {
	return file{Name: "endless", Open: func(context.Context) (io.ReadCloser, error) {
		e.opened.Add(1)
		return e, nil
	}}
}

func (e *endlessFile) Read(p []byte) (int, error) {
	if len(e.rest) == 0 {
		e.rest = []byte(manyLines(1, 50))
	}
	n := copy(p, e.rest)
	e.rest = e.rest[n:]
	e.read.Add(int64(n))
	return n, nil
}

func (e *endlessFile) Close() error {
	e.closed.Add(1)
	return nil
}

// blockingFile has one record; a further Read blocks until Close.
type blockingFile struct {
	*io.PipeReader
	closed atomic.Int64
}

func (b *blockingFile) Close() error {
	b.closed.Add(1)
	return b.PipeReader.Close()
}

func blocking(t *testing.T) (*blockingFile, file) {
	t.Helper()
	r, w := io.Pipe()
	b := &blockingFile{PipeReader: r}
	return b, file{Name: "blocking", Open: func(context.Context) (io.ReadCloser, error) {
		go func() { _, _ = io.WriteString(w, "{\"id\":1}\n") }()
		return b, nil
	}}
}

// TestR16LeavingTheLoop leaves no goroutine and no open file, however the loop is left and whatever its reader does.
func TestR16LeavingTheLoop(t *testing.T) {
	before := goleak.IgnoreCurrent()
	d := base(t)
	leave := map[string]func(cancel context.CancelFunc) bool{
		"break":  func(context.CancelFunc) bool { return true },
		"panic":  func(context.CancelFunc) bool { panic("in the loop") },
		"Goexit": func(context.CancelFunc) bool { runtime.Goexit(); return false },
		"cancel": func(cancel context.CancelFunc) bool { cancel(); return false },
	}
	for how, leave := range leave {
		for _, unordered := range []bool{false, true} {
			for name, open := range map[string]func() (file, func() int64){
				"endless": func() (file, func() int64) {
					e := &endlessFile{}
					return e.file(), func() int64 { return e.closed.Load() }
				},
				"blocking": func() (file, func() int64) { b, f := blocking(t); return f, func() int64 { return b.closed.Load() } },
			} {
				t.Run(fmt.Sprintf("%s %s %t", name, how, unordered), func(t *testing.T) {
					f, closed := open()
					ended := func() {
						ctx, cancel := context.WithCancel(t.Context())
						defer cancel()
						defer func() { _ = recover() }()
						n := 0
						for _, err := range d.RecordsFrom(ctx, []file{f}, options{Workers: 2, Unordered: unordered}) {
							if err != nil {
								assert.ErrorIs(t, err, context.Canceled)
								assert.Equal(t, "cancel", how)
								return
							}
							if n++; leave(cancel) {
								break
							}
							assert.Equal(t, 1, n, "no record comes after the cancelling")
						}
					}
					var loop sync.WaitGroup
					loop.Go(ended)
					loop.Wait()
					assert.EqualValues(t, 1, closed(), "closed once")
					goleak.VerifyNone(t, before)
				})
			}
		}
	}
}

func TestR16CancellingAtEachPhase(t *testing.T) {
	d := base(t)
	for name, f := range map[string]file{
		"opening": {Open: func(ctx context.Context) (io.ReadCloser, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}},
		"reading": {Open: func(ctx context.Context) (io.ReadCloser, error) {
			r, w := io.Pipe()
			context.AfterFunc(ctx, func() { _ = w.CloseWithError(ctx.Err()) })
			return r, nil
		}},
		"a reader that knows only Close": {Open: func(context.Context) (io.ReadCloser, error) {
			r, _ := io.Pipe()
			return r, nil
		}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, unordered := range []bool{false, true} {
				synctest.Test(t, func(t *testing.T) {
					ctx, cancel := context.WithCancel(t.Context())
					go func() {
						synctest.Wait() // the walk blocks
						cancel()
					}()
					got := see(t, d.RecordsFrom(ctx, []file{f, f}, options{Unordered: unordered}))
					require.ErrorIs(t, got.Err, context.Canceled)
				})
			}
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	e := &endlessFile{}
	got := see(t, d.RecordsFrom(ctx, []file{e.file()}, options{}))
	require.ErrorIs(t, got.Err, context.Canceled)
	assert.Empty(t, got.IDs)
	assert.Equal(t, e.opened.Load(), e.closed.Load())
}

// TestReadingAheadIsBounded: while the loop does not go on, no more is read.
func TestReadingAheadIsBounded(t *testing.T) {
	for _, unordered := range []bool{false, true} {
		for _, workers := range []int{1, 16} {
			synctest.Test(t, func(t *testing.T) {
				d := base(t)
				files, all := []file(nil), []*endlessFile(nil)
				for range 20 {
					e := &endlessFile{}
					all, files = append(all, e), append(files, e.file())
				}
				for _, err := range d.RecordsFrom(t.Context(), files, options{Workers: workers, Unordered: unordered}) {
					require.NoError(t, err)
					synctest.Wait()
					break
				}
				read, opened := int64(0), int64(0)
				for _, e := range all {
					read += e.read.Load()
					opened += e.opened.Load()
					assert.Equal(t, e.opened.Load(), e.closed.Load())
				}
				assert.Positive(t, read)
				assert.Less(t, read, int64(5<<20))
				assert.LessOrEqual(t, opened, int64(8))
			})
		}
	}
}

// TestLongLinesPassOneByOne: their number does not multiply the memory.
func TestLongLinesPassOneByOne(t *testing.T) {
	var now, most atomic.Int64
	d := base(t, pronet.WithJSONDecoder(func(text []byte, v any) error {
		if len(text) > 1<<20 {
			n := now.Add(1)
			defer now.Add(-1)
			for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
			}
			runtime.Gosched()
		}
		return json.Unmarshal(text, v)
	}))
	long := `{"id":1,"full_name":"` + strings.Repeat("x", 1<<20) + `"}` + "\n"
	lines := pronettest.Times(3, 8)
	packed := zipped(t, strings.Repeat(twoRecords+long, lines))
	files := slices.Repeat([]file{bulkcollect.MemoryFile("f", packed)}, 4)
	for _, unordered := range []bool{false, true} {
		got := see(t, d.RecordsFrom(t.Context(), files, options{Workers: 8, Unordered: unordered}))
		require.NoError(t, got.Err)
		assert.Len(t, got.IDs, 4*lines*3)
		assert.EqualValues(t, 1, most.Load())
	}
}

// TestAPanicOfTheCallersFunctions does not end the process from a goroutine that the caller does not own.
func TestAPanicOfTheCallersFunctions(t *testing.T) {
	broken := errors.New("broken codec")
	panics := func(does func()) func([]byte, any) error {
		return func(text []byte, v any) error {
			if bytes.Contains(text, []byte(`"id":120,`)) {
				does()
			}
			return json.Unmarshal(text, v)
		}
	}
	walked := func(d *bulkcollect.BaseDataset, files []file, o options) (ids []int64, value any) {
		defer func() { value = recover() }()
		for r, err := range d.RecordsFrom(t.Context(), files, o) {
			assert.NoError(t, err)
			ids = append(ids, r.ID)
		}
		return ids, nil
	}
	files := []file{bulkcollect.MemoryFile("f", []byte(manyLines(1, 500)))}
	for workers := 1; workers < 4; workers++ {
		for name, does := range map[string]func(){"panic": func() { panic(broken) }, "Goexit": runtime.Goexit} {
			ids, value := walked(base(t, pronet.WithJSONDecoder(panics(does))), files, options{Workers: workers})
			assert.Len(t, ids, 119, "%s: the records before", name)
			err, ok := value.(error)
			require.True(t, ok, name)
			assert.Equal(t, name == "panic", errors.Is(err, broken))
			assert.Contains(t, err.Error(), "recordsfrom_test.go", "the stack of the codec")
		}
	}
	odd := file{Name: "odd", Open: func(context.Context) (io.ReadCloser, error) { panic(broken) }}
	ids, value := walked(base(t), append(files, odd), options{})
	assert.Len(t, ids, 499)
	err, ok := value.(error)
	require.True(t, ok)
	assert.ErrorIs(t, err, broken)
}

func ExampleBaseDataset_RecordsFrom() {
	client, err := pronet.New(pronet.WithCoresignal("key"))
	if err != nil {
		fmt.Println(err)
		return
	}
	files := []bulkcollect.RecordFile{
		bulkcollect.MemoryFile("part-0.json", []byte(`{"id": 1, "full_name": "Ann"}`+"\n"+`{"id": 2, "full_name": "Bo"`+"\n")),
		bulkcollect.MemoryFile("part-1.json", []byte(`{"id": 3, "full_name": "Cem"}`)),
	}
	records := client.BulkCollect.Base.RecordsFrom(context.Background(), files, bulkcollect.RecordsOptions{
		OnBadLine: func(e *bulkcollect.FileError) error {
			fmt.Println("skipped:", e)
			return nil
		},
	})
	for record, err := range records {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(record.FullName, record.Origin().File)
	}
	// Output:
	// Ann part-0.json
	// skipped: bulkcollect: file "part-0.json", line 2: the line is not a record
	// Cem part-1.json
}

// FuzzRecordsFrom: reading in parallel yields what reading one after the other does, records and errors.
func FuzzRecordsFrom(f *testing.F) {
	f.Add([]byte(twoRecords), []byte(twoRecords), 2)
	f.Add(zipped(f, manyLines(1, 100)), []byte("\xef\xbb\xbf{}\n\n[]\n{}"), 3)
	f.Add(zipped(f, twoRecords)[:20], []byte{}, 1)
	f.Add(append(zipped(f, twoRecords), zipped(f, "x")...), []byte(`{"id":"1"}`), 4)
	d := base(f)
	f.Fuzz(func(t *testing.T, one, two []byte, workers int) {
		files := []file{bulkcollect.MemoryFile("one", one), bulkcollect.MemoryFile("two", two)}
		o := options{Workers: max(0, workers%6)}
		want, got := sequence(t, d, files), see(t, d.RecordsFrom(t.Context(), files, o))
		assert.Equal(t, fmt.Sprint(want), fmt.Sprint(got))

		var bad []string
		o.OnBadLine = func(e *bulkcollect.FileError) error {
			bad = append(bad, e.Error())
			return nil
		}
		tolerant := see(t, d.RecordsFrom(t.Context(), files, o))
		assert.GreaterOrEqual(t, len(tolerant.IDs), len(got.IDs))
		if tolerant.Err == nil {
			assert.Equal(t, want.Err != nil, len(bad) > 0)
			o.Unordered = true
			unordered := see(t, d.RecordsFrom(t.Context(), files, o))
			require.NoError(t, unordered.Err)
			assert.ElementsMatch(t, tolerant.Origins, unordered.Origins)
		}
	})
}
