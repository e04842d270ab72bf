package spool

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json"

	"github.com/pronet-go/pronet/internal/durable"
	"github.com/pronet-go/pronet/webhook"
)

const (
	tempPrefix  = "tmp-"
	suffix      = ".delivery"
	begunMark   = "-begun"
	requeueMark = "-requeued"
	hashMark    = "s"
	joinedMark  = "j"
	maxAttempts = 9999
)

// keyHash identifies a delivery in the spool.
type keyHash [sha256.Size]byte

// hashOf returns the SHA-256 of a delivery's source and key.
func hashOf(source, key string) keyHash { return sha256.Sum256([]byte(source + "\x00" + key)) }

// fileName is what a file's name says. Names sort by arrival:
// <sequence, 16 hex digits>-<attempts, 4 digits>-<hash, s and 64 hex digits>.delivery
// with j instead of s if later deliveries were joined to it, -begun before the ending if no attempt is counted although there was one, and -requeued and a number if the
// delivery was put back so often.
type fileName struct {
	sequence uint64
	attempts int
	begun    bool // Without meaning where attempts are counted, or requeues.
	requeues int
	hash     keyHash
	joined   bool // The file holds the files of several deliveries, of which the first gave the name.
	// keyOnly says that the hash is of the key without the source. Spools that
	// served one sender named their files so, without the s.
	keyOnly bool
}

// String returns the file's name.
func (n fileName) String() string {
	ending := suffix
	switch {
	case n.requeues > 0:
		ending = requeueMark + strconv.Itoa(n.requeues) + suffix
	case n.begun && n.attempts == 0:
		ending = begunMark + suffix
	}
	return fmt.Sprintf("%016x-%04d-%s%x%s", n.sequence, n.attempts, n.mark(), n.hash[:], ending)
}

func (n fileName) mark() string {
	switch {
	case n.keyOnly:
		return ""
	case n.joined:
		return joinedMark
	}
	return hashMark
}

// beside returns the name of a file that belongs to the delivery, however often it is tried.
func (n fileName) beside(ending string) string {
	return fmt.Sprintf("%016x-%s%x%s", n.sequence, n.mark(), n.hash[:], ending)
}

// wasBegun reports whether the function given to Run may have seen the delivery.
func (n fileName) wasBegun() bool { return n.begun || n.attempts > 0 || n.requeues > 0 }

// parseName reads a name that String wrote, and no other.
func parseName(text string) (fileName, bool) {
	var n fileName
	rest := strings.TrimSuffix(text, suffix)
	rest, n.begun = strings.CutSuffix(rest, begunMark)
	rest, requeues, requeued := strings.Cut(rest, requeueMark)
	fields := strings.Split(rest, "-")
	if len(text) > 128 || len(fields) != 3 {
		return n, false
	}
	hash, marked := strings.CutPrefix(fields[2], hashMark)
	if !marked {
		hash, n.joined = strings.CutPrefix(hash, joinedMark)
		marked = n.joined
	}
	if len(hash) != hex.EncodedLen(len(n.hash)) {
		return n, false
	}
	n.keyOnly = !marked
	var err error
	if n.sequence, err = strconv.ParseUint(fields[0], 16, 64); err != nil {
		return n, false
	}
	if n.attempts, err = strconv.Atoi(fields[1]); err != nil {
		return n, false
	}
	if requeued {
		if n.requeues, err = strconv.Atoi(requeues); err != nil {
			return n, false
		}
	}
	if _, err = hex.Decode(n.hash[:], []byte(hash)); err != nil {
		return n, false
	}
	return n, n.String() == text
}

// A spool file has three parts: a line with the format and the SHA-256 of all
// that follows, a line of JSON about the delivery, and the raw body.
const (
	format    = "pronet-delivery-1 "
	firstLine = len(format) + 2*sha256.Size + 1
	maxText   = 1024
	// maxAbout is more than a second line can have: each byte of its
	// texts may take six when escaped. Of places that are left out there are at most a hundred.
	// A trace has no more than a kilobyte.
	maxAbout = 6*5*maxText + 2048
	// maxHead is one byte more than the first two lines can have together.
	maxHead = int64(firstLine + maxAbout + 1)
)

// errTooLarge says that a file is larger than the spool would store.
var errTooLarge = errors.New("spool: the file has more bytes than Options.MaxBytes allows")

// about is the second line.
type about struct {
	Source     string    `json:"source"`
	Label      string    `json:"label"`
	Key        string    `json:"key"`
	ReceivedAt time.Time `json:"received_at"`
	Size       int64     `json:"size"`
	LeftOut    []int     `json:"left_out,omitempty"`

	Trace webhook.Trace `json:"trace,omitempty"`
}

// file is a delivery on its way into a file.
type file struct {
	hash       keyHash
	source     string
	label      string
	head       []byte
	body       []byte
	decoded    bool // By the handler.
	receivedAt time.Time
}

func newFile(d *webhook.Delivery) (*file, error) {
	if d == nil || d.Key == "" {
		return nil, errors.New("spool: a delivery needs a key")
	}
	for _, text := range []string{d.Source, d.Label, d.Key} {
		if len(text) > maxText || !utf8.ValidString(text) {
			return nil, errors.New("spool: source, label or key is too long or not UTF-8")
		}
	}
	line, err := json.Marshal(about{
		Source: d.Source, Label: d.Label, Key: d.Key,
		ReceivedAt: d.ReceivedAt.UTC(), Size: int64(len(d.Body)), LeftOut: d.LeftOut, Trace: d.Trace.Bounded(),
	})
	if err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	if line = append(line, '\n'); len(line) > maxAbout {
		return nil, errors.New("spool: Delivery.LeftOut is too long")
	}
	checksum := sha256.New()
	checksum.Write(line)
	checksum.Write(d.Body)
	head := make([]byte, 0, firstLine+len(line))
	head = append(head, format...)
	head = hex.AppendEncode(head, checksum.Sum(nil))
	head = append(head, '\n')
	head = append(head, line...)
	return &file{hash: hashOf(d.Source, d.Key), source: d.Source, label: d.Label, head: head, body: d.Body, decoded: d.Events != nil, receivedAt: d.ReceivedAt}, nil
}

func (f *file) size() int64 { return int64(len(f.head) + len(f.body)) }

// WriteTo writes the whole file.
func (f *file) WriteTo(w io.Writer) (int64, error) {
	n, err := w.Write(f.head)
	if err != nil {
		return int64(n), err
	}
	m, err := w.Write(f.body)
	return int64(n + m), err
}

// parseFile returns the delivery in a whole file, without its events, or
// [ErrCorrupt].
func parseFile(content []byte) (*webhook.Delivery, error) {
	a, checksum, body, err := parseHead(content)
	if err != nil {
		return nil, err
	}
	actual := sha256.Sum256(content[firstLine:])
	if hex.EncodeToString(actual[:]) != checksum || int64(len(body)) != a.Size {
		return nil, ErrCorrupt
	}
	return &webhook.Delivery{
		Source: a.Source, Label: a.Label, Key: a.Key, ReceivedAt: a.ReceivedAt, LeftOut: a.LeftOut, Trace: a.Trace, Body: body,
	}, nil
}

// parseHead reads the first two lines and returns what content has of the
// body. It does not check the checksum.
func parseHead(content []byte) (a about, checksum string, body []byte, err error) {
	rest, ok := bytes.CutPrefix(content, []byte(format))
	if !ok {
		return a, "", nil, ErrCorrupt
	}
	first, rest, ok := bytes.Cut(rest, []byte{'\n'})
	if !ok || len(first) != 2*sha256.Size {
		return a, "", nil, ErrCorrupt
	}
	second, body, ok := bytes.Cut(rest, []byte{'\n'})
	if !ok || len(second) > maxAbout || json.Unmarshal(second, &a) != nil || a.Key == "" {
		return a, "", nil, ErrCorrupt
	}
	return a, string(first), body, nil
}

// readHead reads the beginning of a file and returns the size of the whole. The error is [ErrCorrupt] if the beginning
// is not what a spool wrote or tells another size, or one of the directory.
func readHead(root *os.Root, path string) (a about, size int64, err error) {
	info, err := root.Lstat(path) // Before it is opened: to open a pipe may take for ever.
	switch {
	case err != nil:
		return a, 0, err
	case !info.Mode().IsRegular():
		return a, 0, ErrCorrupt
	}
	f, err := root.Open(path)
	if err != nil {
		return a, info.Size(), err
	}
	defer func() { _ = f.Close() }()
	content, err := io.ReadAll(io.LimitReader(f, maxHead))
	if err != nil {
		return a, info.Size(), err
	}
	a, _, body, err := parseHead(content)
	if err == nil && int64(len(content)-len(body))+a.Size != info.Size() {
		err = ErrCorrupt
	}
	return a, info.Size(), err
}

// store writes the file of an e. When it returns nil the file survives a
// crash of the machine; when it returns an error there is no file.
func (s *Spool) store(e *entry, f *file) error {
	temp := pendingDir + "/" + tempPrefix + rand.Text()
	if err := s.writeTemp(temp, f); err != nil {
		_ = s.root.Remove(temp)
		return fmt.Errorf("spool: write: %w", err)
	}
	if err := s.root.Rename(temp, e.path()); err != nil {
		_ = s.root.Remove(temp)
		return fmt.Errorf("spool: write: %w", err)
	}
	if err := durable.SyncDir(s.pending); err != nil {
		_ = s.root.Remove(e.path())
		return fmt.Errorf("spool: write: %w", err)
	}
	return nil
}

func (s *Spool) writeTemp(path string, f *file) error {
	temp, err := s.root.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteTo(temp)
	if err == nil {
		err = temp.Sync()
	}
	return errors.Join(err, temp.Close())
}

// load reads the delivery of an entry, without its events; of a joined one, the first. It takes no memory for more than
// the first lines say.
func (s *Spool) load(e *entry) (*webhook.Delivery, error) {
	if e.tooLarge {
		return nil, errTooLarge
	}
	f, err := s.root.Open(e.path())
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	// One byte more than the file had: a file that has grown is corrupt.
	content := make([]byte, min(e.size+1, maxHead))
	n, err := io.ReadFull(f, content)
	if err == nil {
		a, _, body, headErr := parseHead(content)
		if headErr != nil || int64(len(content)-len(body))+a.Size != e.size || int64(n) > e.size {
			return nil, ErrCorrupt
		}
		content = append(make([]byte, 0, e.size+1), content...)[:e.size+1]
		var more int
		more, err = io.ReadFull(f, content[n:])
		n += more
	}
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF):
		return parseFile(content[:n:n])
	case err != nil:
		return nil, err
	}
	return nil, ErrCorrupt
}

// record writes into the file's name that the delivery was begun and how many attempts count. It absorbs no other then.
func (s *Spool) record(e *entry, attempts int) error {
	name := e.fileName
	name.begun, name.attempts = true, min(attempts, maxAttempts)
	old, path := e.path(), pendingDir+"/"+name.String()
	if old != path {
		if err := s.root.Rename(old, path); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.index.rename(e, name)
	return nil
}

// discard removes the file of an entry that has been dealt with, and what was kept for it. The directory is not synced
// for the first alone: if the machine crashes now, the delivery comes again. It must not come without what was kept.
func (s *Spool) discard(e *entry) error {
	if err := removeIfThere(s.root, e.path()); err != nil {
		return err
	}
	if !e.hasKept {
		return nil
	}
	if err := durable.SyncDir(s.pending); err != nil {
		return err
	}
	return removeIfThere(s.root, e.keptPath())
}

func removeIfThere(root *os.Root, path string) error {
	err := root.Remove(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
