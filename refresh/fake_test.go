package refresh_test

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"net"
	"strconv"
	"sync/atomic"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/employee"
)

var errNoConnection = &net.OpError{Op: "dial", Err: errors.New("no connection")}

// jobs is a Bulk whose jobs are ready at once and find everybody.
type jobs struct {
	strangersOf[employee.BaseRecord]
	sizes  []int
	ids    [][]int64
	waits  []string
	refuse int // the number of the request that is refused once, counted from 1
}

func (j *jobs) RequestIDs(ctx context.Context, ids employee.IDSource, _ bulkcollect.Options, _ ...api.CallOption) (*bulkcollect.Job, error) {
	var list []int64
	for id, err := range ids.All(ctx) {
		if err != nil {
			return nil, err
		}
		list = append(list, id)
	}
	if j.refuse == len(j.ids)+1 {
		j.refuse = 0
		return nil, api.ErrUnavailable
	}
	j.sizes, j.ids = append(j.sizes, len(list)), append(j.ids, list)
	return &bulkcollect.Job{ID: strconv.Itoa(len(j.ids) - 1), IDs: len(list)}, nil
}

func (j *jobs) Wait(_ context.Context, jobID string, _ bulkcollect.WaitOptions, _ ...api.CallOption) ([]string, error) {
	j.waits = append(j.waits, jobID)
	return []string{"file"}, nil
}

func (j *jobs) FileRecords(_ context.Context, jobID, _ string, _ ...api.CallOption) iter.Seq2[*employee.BaseRecord, error] {
	return func(yield func(*employee.BaseRecord, error) bool) {
		n, _ := strconv.Atoi(jobID)
		for _, id := range j.ids[n] {
			if !yield(&employee.BaseRecord{ID: id}, nil) {
				return
			}
		}
	}
}

func (j *jobs) Cost() int64 { return 10 }

// strangersOf is a Collector that finds nobody.
type strangersOf[R any] struct{}

func (strangersOf[R]) CollectMany(context.Context, []employee.Ref, employee.CollectManyOptions, ...api.CallOption) iter.Seq[employee.Result[R]] {
	return func(func(employee.Result[R]) bool) {}
}

func (strangersOf[R]) Cost() int64 { return 10 }

type strangers = strangersOf[string]

// warnings counts what is logged at WARN and above.
type warnings struct{ count atomic.Int64 }

func (w *warnings) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

func (w *warnings) Write(line []byte) (int, error) {
	w.count.Add(1)
	return len(line), nil
}
