package webhook

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
)

// A spool file has three parts: a line with the format and the SHA-256 of all
// that follows, a line of JSON about the delivery, and the raw body.
const (
	spoolFormat       = "pronet-delivery-1 "
	spoolFirstLine    = len(spoolFormat) + 2*sha256.Size + 1
	maxSpoolTextField = 1024
	// maxSpoolAbout is more than a second line can have: each byte of its
	// texts may take six when escaped.
	maxSpoolAbout = 6*4*maxSpoolTextField + 512
)

// spoolAbout is the second line.
type spoolAbout struct {
	Source     string    `json:"source"`
	Label      string    `json:"label"`
	Key        string    `json:"key"`
	ReceivedAt time.Time `json:"received_at"`
	Size       int64     `json:"size"`
}

// spoolFile is a delivery on its way into a file.
type spoolFile struct {
	hash spoolHash
	head []byte
	body []byte
}

func newSpoolFile(d *Delivery) (*spoolFile, error) {
	if d == nil || d.Key == "" {
		return nil, errors.New("webhook: spool: a delivery needs a key")
	}
	for _, text := range []string{d.Source, d.Label, d.Key} {
		if len(text) > maxSpoolTextField || !utf8.ValidString(text) {
			return nil, errors.New("webhook: spool: source, label or key is too long or not UTF-8")
		}
	}
	about, err := json.Marshal(spoolAbout{
		Source: d.Source, Label: d.Label, Key: d.Key,
		ReceivedAt: d.ReceivedAt.UTC(), Size: int64(len(d.Body)),
	})
	if err != nil {
		return nil, fmt.Errorf("webhook: spool: %w", err)
	}
	about = append(about, '\n')
	checksum := sha256.New()
	checksum.Write(about)
	checksum.Write(d.Body)
	head := make([]byte, 0, spoolFirstLine+len(about))
	head = append(head, spoolFormat...)
	head = hex.AppendEncode(head, checksum.Sum(nil))
	head = append(head, '\n')
	head = append(head, about...)
	return &spoolFile{hash: sha256.Sum256([]byte(d.Key)), head: head, body: d.Body}, nil
}

func (f *spoolFile) size() int64 { return int64(len(f.head) + len(f.body)) }

// WriteTo writes the whole file.
func (f *spoolFile) WriteTo(w io.Writer) (int64, error) {
	n, err := w.Write(f.head)
	if err != nil {
		return int64(n), err
	}
	m, err := w.Write(f.body)
	return int64(n + m), err
}

// parseSpoolFile returns the delivery in a whole file, without its events, or
// [ErrSpoolCorrupt].
func parseSpoolFile(content []byte) (*Delivery, error) {
	about, checksum, body, err := parseSpoolHead(content)
	if err != nil {
		return nil, err
	}
	actual := sha256.Sum256(content[spoolFirstLine:])
	if hex.EncodeToString(actual[:]) != checksum || int64(len(body)) != about.Size {
		return nil, ErrSpoolCorrupt
	}
	return &Delivery{
		Source: about.Source, Label: about.Label, Key: about.Key,
		ReceivedAt: about.ReceivedAt, Body: body,
	}, nil
}

// parseSpoolHead reads the first two lines and returns what content has of the
// body. It does not check the checksum.
func parseSpoolHead(content []byte) (about spoolAbout, checksum string, body []byte, err error) {
	rest, ok := bytes.CutPrefix(content, []byte(spoolFormat))
	if !ok {
		return about, "", nil, ErrSpoolCorrupt
	}
	first, rest, ok := bytes.Cut(rest, []byte{'\n'})
	if !ok || len(first) != 2*sha256.Size {
		return about, "", nil, ErrSpoolCorrupt
	}
	second, body, ok := bytes.Cut(rest, []byte{'\n'})
	if !ok || len(second) > maxSpoolAbout || json.Unmarshal(second, &about) != nil || about.Key == "" {
		return about, "", nil, ErrSpoolCorrupt
	}
	return about, string(first), body, nil
}
