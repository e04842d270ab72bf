package bulkcollect

import (
	"context"
	"iter"

	"github.com/pronet-go/pronet/api"
)

// Records walks the records of all files of the group, part by part in order, from the disk. It sends nothing. When the
// group was not finished when the loop began, the walk ends, after the records that were there, with a *[GroupError] that is
// api.ErrNotReady. Other errors are those of
// [BaseDataset.RecordsFrom].
//
// Within a part, records come as the provider has ordered them. Employees that it does not know have none.
func (g *Group[R]) Records(ctx context.Context, o RecordsOptions) iter.Seq2[*R, error] {
	return func(yield func(*R, error) bool) {
		status := g.Status()
		files, err := g.files(&status)
		if err != nil {
			yield(nil, err)
			return
		}
		for record, err := range g.dataset.recordsFrom(ctx, files, o) {
			if !yield(record, err) || err != nil {
				return
			}
		}
		if !status.Finished() {
			yield(nil, &GroupError{Status: status, Errs: []error{api.ErrNotReady}})
		}
	}
}

// files lists the files of the parts that are done.
func (g *Group[R]) files(status *GroupStatus) ([]RecordFile, error) {
	var files []RecordFile
	for _, p := range status.In(PartDone) {
		if p.Entry.Reason == foundNobodyReason {
			continue
		}
		stored, err := g.downloaded(p.Entry)
		if err != nil {
			return nil, &PartError{Part: p.Part, JobID: p.Entry.JobID, Err: err}
		}
		files = append(files, stored.recordFiles()...)
	}
	return files, nil
}

func (d *Download) recordFiles() []RecordFile {
	files := make([]RecordFile, len(d.Files))
	for i, file := range d.Files {
		files[i] = DiskFile(file.Path)
	}
	return files
}
