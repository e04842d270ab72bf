package webhook

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

const (
	tempPrefix       = "tmp-"
	spoolSuffix      = ".delivery"
	maxSpoolAttempts = 9999
)

// spoolHash identifies a delivery in the spool: the SHA-256 of its key.
type spoolHash [sha256.Size]byte

// spoolName is what a file's name says. Names sort by arrival:
// <sequence, 16 hex digits>-<attempts, 4 digits>-<hash, 64 hex digits>.delivery
type spoolName struct {
	sequence uint64
	attempts int
	hash     spoolHash
}

// String returns the file's name.
func (n spoolName) String() string {
	return fmt.Sprintf("%016x-%04d-%x%s", n.sequence, n.attempts, n.hash[:], spoolSuffix)
}

// parseSpoolName reads a name that String wrote, and no other.
func parseSpoolName(text string) (spoolName, bool) {
	var n spoolName
	fields := strings.Split(strings.TrimSuffix(text, spoolSuffix), "-")
	if len(text) > 128 || len(fields) != 3 || len(fields[2]) != hex.EncodedLen(len(n.hash)) {
		return n, false
	}
	var err error
	if n.sequence, err = strconv.ParseUint(fields[0], 16, 64); err != nil {
		return n, false
	}
	if n.attempts, err = strconv.Atoi(fields[1]); err != nil {
		return n, false
	}
	if _, err = hex.Decode(n.hash[:], []byte(fields[2])); err != nil {
		return n, false
	}
	return n, n.String() == text
}
