package snapshot

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"strconv"
	"sync"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/pronet-go/pronet/internal/gunzip"
)

var compressors = sync.Pool{New: func() any { return gzip.NewWriter(nil) }}

// compress returns a record as it is stored.
func compress(record []byte) []byte {
	var packed bytes.Buffer
	w, _ := compressors.Get().(*gzip.Writer)
	defer compressors.Put(w)
	w.Reset(&packed)
	_, _ = w.Write(record) // to memory
	_ = w.Close()
	return packed.Bytes()
}

// densest is how many bytes can be packed in one by gzip.
const densest = 1032

// decompress returns a record of at most [MaxRecord] bytes, or ErrDamaged. Memory is taken for what is there, not for what
// the data says.
func decompress(packed []byte) ([]byte, error) {
	unpacked, err := gunzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("%w: the record is no gzip", ErrDamaged)
	}
	told := int64(binary.LittleEndian.Uint32(packed[len(packed)-4:])) // the trailer of what gzip wrote
	record := bytes.NewBuffer(make([]byte, 0, min(told, densest*int64(len(packed)), MaxRecord)+bytes.MinRead))
	switch _, err := record.ReadFrom(io.LimitReader(unpacked, MaxRecord+1)); {
	case err != nil:
		return nil, fmt.Errorf("%w: the record is cut or damaged", ErrDamaged)
	case record.Len() == 0 || record.Len() > MaxRecord:
		return nil, fmt.Errorf("%w: the record is empty or has more than %d bytes", ErrDamaged, MaxRecord)
	}
	return record.Bytes(), nil
}

// entry is a snapshot in a pack.
type entry struct {
	key    Key
	taken  int64 // nanoseconds since 1970
	packed []byte
}

func (e *entry) head() string {
	return fmt.Sprintf("%s %d %d %d\n", e.key.Dataset, e.key.ID, e.taken, len(e.packed))
}

// A pack is a file of some people's snapshots: a line with the format and the checksum of all that follows, and for each
// snapshot a line (dataset, ID, time in nanoseconds since 1970, bytes), the record as gzip, and the end of a line.
const (
	packFormat = "pronet-snapshots-1 "
	packHead   = len(packFormat) + 2*crc32.Size + 1
	// longestHead is more than a line before a record has: 32 for the dataset, three numbers of up to 19 digits, and what is
	// between them.
	longestHead = 100
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func packOf(entries []entry) []byte {
	pack := bytes.NewBuffer(make([]byte, packHead, packSize(entries)))
	for i := range entries {
		pack.WriteString(entries[i].head())
		pack.Write(entries[i].packed)
		pack.WriteByte('\n')
	}
	data := pack.Bytes()
	copy(data, packFirst(data[packHead:]))
	return data
}

func packFirst(rest []byte) string {
	return fmt.Sprintf("%s%08x\n", packFormat, crc32.Checksum(rest, castagnoli))
}

// packSize is how many bytes a pack may have, or a little less.
func packSize(entries []entry) int {
	size := packHead
	for i := range entries {
		size += longestHead + len(entries[i].packed)
	}
	return size
}

// parsePack returns the snapshots in a pack, or ErrDamaged. They share its memory.
func parsePack(data []byte) ([]entry, error) {
	if len(data) < packHead || string(data[:packHead]) != packFirst(data[packHead:]) {
		return nil, ErrDamaged
	}
	var entries []entry
	for rest := data[packHead:]; len(rest) > 0; {
		e, size, ok := parseEntry(rest)
		if !ok {
			return nil, ErrDamaged
		}
		entries = append(entries, e)
		rest = rest[size:]
	}
	return entries, nil
}

func parseEntry(data []byte) (e entry, size int, ok bool) {
	end := bytes.IndexByte(data[:min(len(data), longestHead)], '\n')
	if end < 0 {
		return e, 0, false
	}
	fields := bytes.Split(data[:end], []byte{' '})
	if len(fields) != 4 {
		return e, 0, false
	}
	var numbers [3]int64
	for i := range numbers {
		n, err := strconv.ParseInt(string(fields[i+1]), 10, 64)
		if err != nil || n < 1 {
			return e, 0, false
		}
		numbers[i] = n
	}
	body := data[end+1:]
	e = entry{key: Key{Dataset: string(fields[0]), ID: numbers[0]}, taken: numbers[1]}
	if checkDataset(e.key.Dataset) != nil || e.taken >= lastTaken.UnixNano() || numbers[2] >= int64(len(body)) || body[numbers[2]] != '\n' {
		return e, 0, false
	}
	e.packed = body[:numbers[2]:numbers[2]]
	return e, end + 1 + len(e.packed) + 1, string(data[:end+1]) == e.head()
}

// snapshot returns what the entry holds.
func (e *entry) snapshot() (Snapshot, error) {
	record, err := decompress(e.packed)
	if err != nil {
		return Snapshot{}, err
	}
	return Snapshot{Record: record, Taken: time.Unix(0, e.taken).UTC()}, nil
}
