package bulkcollect_test

import (
	"context"
	"errors"
	"io"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/sandbox/coresignal"
)

var errOfTheCaller = errors.New("the caller's own")

// panicking is a file of one line, of which a Read panics after so many bytes.
type panicking struct{ left int }

func (p *panicking) Read(b []byte) (int, error) {
	if p.left <= 0 {
		panic(errOfTheCaller)
	}
	for i := range b {
		b[i] = 'x'
	}
	p.left -= len(b)
	return len(b), nil
}

func (*panicking) Close() error { return nil }

// TestAPanicOfOneOfSeveralFiles ends the loop, although the others wait for what it held, or for something that never comes.
func TestAPanicOfOneOfSeveralFiles(t *testing.T) {
	d := base(t)
	long := bulkcollect.MemoryFile("long", []byte(`{"id":1,"full_name":"`+strings.Repeat("a", 1<<20)+`"}`+"\n"))
	for name, tt := range map[string]func(t *testing.T) []file{
		"of a Read in a long line": func(*testing.T) []file {
			return []file{{Name: "bad", Open: func(context.Context) (io.ReadCloser, error) { return &panicking{300 << 10}, nil }}, long, long}
		},
		"of an Open, another blocks": func(t *testing.T) []file {
			_, blocks := blocking(t)
			return []file{{Name: "bad", Open: func(context.Context) (io.ReadCloser, error) { panic(errOfTheCaller) }}, blocks}
		},
		"of a Goexit, another blocks": func(t *testing.T) []file {
			_, blocks := blocking(t)
			return []file{{Name: "bad", Open: func(context.Context) (io.ReadCloser, error) { runtime.Goexit(); return nil, nil }}, blocks}
		},
	} {
		t.Run(name, func(t *testing.T) {
			value := func() (value any) {
				defer func() { value = recover() }()
				for _, err := range d.RecordsFrom(t.Context(), tt(t), options{Unordered: true, Workers: 4}) {
					assert.NoError(t, err)
				}
				return nil
			}()
			err, ok := value.(error)
			require.True(t, ok, "%v", value)
			assert.Equal(t, !strings.Contains(name, "Goexit"), errors.Is(err, errOfTheCaller))
		})
	}
}

// panicsOnClose blocks in its second Read until Close, which panics.
type panicsOnClose struct {
	*io.PipeReader
	closed *atomic.Int64
}

func (p panicsOnClose) Close() error {
	p.closed.Add(1)
	_ = p.PipeReader.Close()
	panic(errOfTheCaller)
}

// TestR16ClosesThatPanic: the other files are closed nonetheless, and no goroutine is left.
func TestR16ClosesThatPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := base(t)
		var closed atomic.Int64
		f := file{Open: func(context.Context) (io.ReadCloser, error) {
			r, w := io.Pipe()
			go func() { _, _ = io.WriteString(w, "{\"id\":1}\n") }()
			return panicsOnClose{r, &closed}, nil
		}}
		assert.PanicsWithValue(t, errOfTheCaller, func() {
			for range d.RecordsFrom(t.Context(), []file{f, f, f}, options{Unordered: true, Workers: 3}) {
				synctest.Wait() // all are read
				break
			}
		})
		assert.EqualValues(t, 3, closed.Load())
	})
}

// TestAJobsFileOpenedByTheCaller may be closed by the walk while it is read.
func TestAJobsFileOpenedByTheCaller(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(23), coresignal.WithPartSize(4), coresignal.WithJobPolls(0))
	d := client.BulkCollect.Base
	id := requestAll(t, sb, client)
	names, err := d.Wait(t.Context(), id, bulkcollect.WaitOptions{})
	require.NoError(t, err)
	var files []file
	for _, name := range names {
		files = append(files, file{Name: name, Open: func(ctx context.Context) (io.ReadCloser, error) { return d.OpenFile(ctx, id, name) }})
	}
	for range 50 {
		n := 0
		for _, err := range d.RecordsFrom(t.Context(), files, options{Unordered: true}) {
			require.NoError(t, err)
			n++
			break
		}
		assert.Equal(t, 1, n)
	}
}

// TestDownloadPanicsWhereItWasCalled when OnProgress does, and goes on with the next call.
func TestDownloadPanicsWhereItWasCalled(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(23), coresignal.WithPartSize(4), coresignal.WithJobPolls(0))
	d, dir := client.BulkCollect.Base, t.TempDir()
	id := requestAll(t, sb, client)
	n := 0
	value := func() (value any) {
		defer func() { value = recover() }()
		_, _ = d.Download(t.Context(), id, dir, bulkcollect.DownloadOptions{OnProgress: func(bulkcollect.DownloadProgress) {
			if n++; n == 2 {
				panic(errOfTheCaller)
			}
		}})
		return nil
	}()
	err, ok := value.(error)
	require.True(t, ok)
	require.ErrorIs(t, err, errOfTheCaller)
	assert.Equal(t, 2, n, "not told of anything afterwards")
	stored, err := d.Download(t.Context(), id, dir, bulkcollect.DownloadOptions{})
	require.NoError(t, err)
	sameAsProvider(t, client, stored)
}
