// Package filename decides under which names the files of a provider are kept on this disk: names that are harmless on
// every system, and never two for one place.
package filename

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
)

const (
	// MaxSegments is the most segments of a name that is kept as it is.
	MaxSegments = 3
	// MaxSegment is the most bytes of one segment.
	MaxSegment = 200
	// Partial is what the name of a file that is not finished ends in. No name that this package gives does.
	Partial = ".partial"

	standInPrefix = "file-"
	standInDigits = 32
)

// ErrTwice reports names of which two are the same, or would be for one place.
var ErrTwice = errors.New("filename: two files of one name")

// Local returns the names under which files are kept, in the order of the provider's names: slash-separated, the
// provider's own where that is harmless, and a stand-in made from a hash of it elsewhere. The same names give the same
// result in any order. The error is ErrTwice.
func Local(names []string) ([]string, error) {
	places := newPlaces(names)
	local := make([]string, len(names))
	for i, name := range names {
		local[i] = name
		if !IsSafe(name) || isStandIn(name) || places.clash(name) {
			local[i] = StandIn(name)
		}
	}
	if !Distinct(local) {
		return nil, ErrTwice
	}
	return local, nil
}

// Distinct reports whether names are all safe and for different places, on disks too that do not tell capitals from
// small letters.
func Distinct(local []string) bool {
	places := newPlaces(local)
	for _, name := range local {
		if !IsSafe(name) || places.clash(name) {
			return false
		}
	}
	return true
}

// places counts the files and folders that names would make, capitals taken for small letters.
type places struct {
	files   map[string]int
	folders map[string]bool
}

func newPlaces(names []string) places {
	p := places{files: make(map[string]int, len(names)), folders: make(map[string]bool)}
	for _, name := range names {
		if !IsSafe(name) {
			continue
		}
		folded := strings.ToLower(name)
		p.files[folded]++
		for i, c := range []byte(folded) {
			if c == '/' {
				p.folders[folded[:i]] = true
			}
		}
	}
	return p
}

// clash reports whether another name is for the same place, or needs a folder there.
func (p places) clash(name string) bool {
	folded := strings.ToLower(name)
	return p.files[folded] > 1 || p.folders[folded]
}

// IsSafe reports whether a name may be used as a path below a folder, on every system: up to three segments of letters,
// digits, dots, underscores and hyphens that are not hidden, no option of a command, no device of Windows, and not what
// the name of an unfinished file looks like.
func IsSafe(name string) bool {
	if len(name) > MaxSegments*(MaxSegment+1) {
		return false
	}
	segments := 0
	for segment := range strings.SplitSeq(name, "/") {
		if segments++; segments > MaxSegments || !isSafeSegment(segment) {
			return false
		}
	}
	return true
}

func isSafeSegment(s string) bool {
	if s == "" || len(s) > MaxSegment || s[0] == '.' || s[0] == '-' || s[len(s)-1] == '.' {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '.', c == '_', c == '-':
		default:
			return false
		}
	}
	return !isDevice(s) && !strings.HasSuffix(strings.ToLower(s), Partial)
}

// isDevice reports whether Windows takes a name for a device, whatever its extension.
func isDevice(segment string) bool {
	base, _, _ := strings.Cut(strings.ToUpper(segment), ".")
	switch base {
	case "CON", "PRN", "AUX", "NUL":
		return true
	}
	return len(base) == 4 && (base[:3] == "COM" || base[:3] == "LPT") && base[3] >= '0' && base[3] <= '9'
}

// StandIn returns the name for a file whose own cannot be used: a hash of it, and its ending if that is a known one.
func StandIn(name string) string {
	sum := sha256.Sum256([]byte(name))
	standIn := standInPrefix + hex.EncodeToString(sum[:standInDigits/2])
	lower := strings.ToLower(name[max(0, len(name)-16):])
	for _, ending := range []string{".json.gz", ".jsonl.gz", ".csv.gz", ".gz", ".json", ".jsonl", ".csv", ".parquet"} {
		if strings.HasSuffix(lower, ending) {
			return standIn + ending
		}
	}
	return standIn
}

// isStandIn reports whether a name looks like a stand-in: a provider's own that does is not used, so that no stand-in is
// taken already.
func isStandIn(name string) bool {
	lower := strings.ToLower(name)
	digits, found := strings.CutPrefix(lower, standInPrefix)
	return found && len(digits) >= standInDigits && strings.Trim(digits[:standInDigits], "0123456789abcdef") == ""
}
