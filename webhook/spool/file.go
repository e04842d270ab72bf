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
	hashMark    = "s"
	maxAttempts = 9999
)

// keyHash identifies a delivery in the spool.
type keyHash [sha256.Size]byte

// hashOf returns the SHA-256 of a delivery's source and key.
func hashOf(source, key string) keyHash { return sha256.Sum256([]byte(source + "\x00" + key)) }

// fileName is what a file's name says. Names sort by arrival:
// <sequence, 16 hex digits>-<attempts, 4 digits>-<hash, s and 64 hex digits>.delivery
type fileName struct {
	sequence uint64
	attempts int
	hash     keyHash
	// keyOnly says that the hash is of the key without the source. Spools that
	// served one sender named their files so, without the s.
	keyOnly bool
}

// String returns the file's name.
func (n fileName) String() string {
	mark := hashMark
	if n.keyOnly {
		mark = ""
	}
	return fmt.Sprintf("%016x-%04d-%s%x%s", n.sequence, n.attempts, mark, n.hash[:], suffix)
}

// parseName reads a name that String wrote, and no other.
func parseName(text string) (fileName, bool) {
	var n fileName
	fields := strings.Split(strings.TrimSuffix(text, suffix), "-")
	if len(text) > 128 || len(fields) != 3 {
		return n, false
	}
	hash, marked := strings.CutPrefix(fields[2], hashMark)
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
	// texts may take six when escaped.
	maxAbout = 6*4*maxText + 512
)

// about is the second line.
type about struct {
	Source     string    `json:"source"`
	Label      string    `json:"label"`
	Key        string    `json:"key"`
	ReceivedAt time.Time `json:"received_at"`
	Size       int64     `json:"size"`
}

// file is a delivery on its way into a file.
type file struct {
	hash   keyHash
	head   []byte
	body   []byte
	events []webhook.Event
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
		ReceivedAt: d.ReceivedAt.UTC(), Size: int64(len(d.Body)),
	})
	if err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	line = append(line, '\n')
	checksum := sha256.New()
	checksum.Write(line)
	checksum.Write(d.Body)
	head := make([]byte, 0, firstLine+len(line))
	head = append(head, format...)
	head = hex.AppendEncode(head, checksum.Sum(nil))
	head = append(head, '\n')
	head = append(head, line...)
	return &file{hash: hashOf(d.Source, d.Key), head: head, body: d.Body, events: d.Events}, nil
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
		Source: a.Source, Label: a.Label, Key: a.Key, ReceivedAt: a.ReceivedAt, Body: body,
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
// is not what a spool wrote, or one of the directory.
func readHead(root *os.Root, path string) (a about, size int64, err error) {
	f, err := root.Open(path)
	if err != nil {
		return a, 0, err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return a, 0, err
	}
	content, err := io.ReadAll(io.LimitReader(f, int64(firstLine+maxAbout+1)))
	if err != nil {
		return a, info.Size(), err
	}
	a, _, _, err = parseHead(content)
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

// load reads the delivery of an entry, without its events.
func (s *Spool) load(e *entry) (*webhook.Delivery, error) {
	f, err := s.root.Open(e.path())
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	// One byte more than the file had: a file that has grown is corrupt.
	content := make([]byte, e.size+1)
	n, err := io.ReadFull(f, content)
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF):
		return parseFile(content[:n:n])
	case err != nil:
		return nil, err
	}
	return nil, ErrCorrupt
}

// setAttempts records in the file's name how often the delivery was tried.
func (s *Spool) setAttempts(e *entry, attempts int) error {
	old := e.path()
	e.attempts = min(attempts, maxAttempts)
	if old == e.path() {
		return nil
	}
	return s.root.Rename(old, e.path())
}

// bury moves the file of an entry to the dead ones.
func (s *Spool) bury(e *entry) error {
	if err := s.root.Rename(e.path(), e.deadPath()); err != nil {
		return err
	}
	return errors.Join(durable.SyncDir(s.dead), durable.SyncDir(s.pending))
}

// discard removes the file of an entry that has been dealt with. The directory
// is not synced: if the machine crashes now, the delivery comes again.
func (s *Spool) discard(e *entry) error {
	err := s.root.Remove(e.path())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
