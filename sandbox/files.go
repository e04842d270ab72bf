package sandbox

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pronet-go/pronet/sandbox/internal/people"
)

// partFile is one file of a data request: gzip of one JSON record a line. It is
// compressed when first asked for.
type partFile struct {
	name    string
	records []json.RawMessage

	once    sync.Once
	content []byte
	etag    string
}

// parts splits people's records into files. The lock must be held.
func (c *coresignal) parts(found []*people.Person, set *dataset) []*partFile {
	var files []*partFile
	id := c.identities.uuid()
	for chunk := range slices.Chunk(found, c.settings.partSize) {
		file := &partFile{name: fmt.Sprintf("%spart-%05d-%s-h000.json.gz", set.filePrefix, len(files), id)}
		for _, p := range chunk {
			file.records = append(file.records, p.Record(set.records))
		}
		files = append(files, file)
	}
	return files
}

// compress makes the file's bytes, the same ones for the same records.
func (f *partFile) compress() {
	f.once.Do(func() {
		var lines, packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		for _, record := range f.records {
			lines.Reset()
			if json.Compact(&lines, record) != nil {
				continue // records are valid JSON
			}
			lines.WriteByte('\n')
			_, _ = w.Write(lines.Bytes()) // into memory
		}
		_ = w.Close()
		f.content = packed.Bytes()
		f.etag = fmt.Sprintf(`"%x"`, sha256.Sum256(f.content))[:33] + `"`
		f.records = nil
	})
}

// listFiles answers a poll: 202 while the data request is in progress, then the
// names of its files.
func (c *coresignal) listFiles(req *call) *problem {
	j, p := c.pollJob(req)
	if p != nil {
		return p
	}
	c.mu.RLock()
	running := j.state == jobRunning
	names := []string{}
	for _, file := range j.files {
		names = append(names, file.name)
	}
	c.mu.RUnlock()
	if running {
		req.w.json(http.StatusAccepted, map[string]string{"message": "Data request is still being processed"})
		return nil
	}
	req.w.json(http.StatusOK, map[string][]string{"data_request_files": names})
	return nil
}

// getFile answers with a file's bytes. It honours ranges and conditions and
// sends a strong ETag, which the provider is not known to do (assumed).
func (c *coresignal) getFile(req *call) *problem {
	now := c.clock.now()
	c.mu.RLock()
	var file *partFile
	var finished time.Time
	j, ok := c.jobs.byID[req.args["id"]]
	if ok && j.set.credential == req.set.credential && now.Sub(j.finished) < fileLifetime {
		finished = j.finished
		if i := slices.IndexFunc(j.files, func(f *partFile) bool { return f.name == req.args["name"] }); i >= 0 {
			file = j.files[i]
		}
	}
	c.mu.RUnlock()
	if file == nil {
		return jobNotFound()
	}
	file.compress()
	h := req.w.Header()
	h.Set("Content-Type", "application/gzip")
	h.Set("ETag", file.etag)
	http.ServeContent(req.w, req.r, strings.TrimSuffix(file.name, ".gz"), finished, bytes.NewReader(file.content))
	return nil
}
