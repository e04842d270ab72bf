package export

import (
	"os"
	"strings"
	"time"
)

const (
	// leftAfter is how long nothing was written to an unfinished file that counts as left by a crash.
	leftAfter = 24 * time.Hour
	// maxStem is how much of a file's name its unfinished file has, in bytes: names of more than 255 are refused.
	maxStem    = 200
	folderPart = 1_000
	randomness = 26 // the least length of rand.Text
)

// unfinished is what the names of the unfinished files of a name begin with. Random text follows.
func unfinished(name string) string {
	return "." + strings.ToValidUTF8(name[:min(len(name), maxStem)], "") + ".new-"
}

// removeLeft removes what crashes left of files whose names begin with prefix. What cannot be removed stays.
func removeLeft(root *os.Root, prefix string) {
	for _, name := range leftFiles(root, prefix) {
		info, err := root.Lstat(name)
		if err == nil && info.Mode().IsRegular() && time.Since(info.ModTime()) > leftAfter {
			_ = root.Remove(name) // another process may have been faster
		}
	}
}

// leftFiles returns the names in a folder that are a prefix and random text.
func leftFiles(root *os.Root, prefix string) (names []string) {
	folder, err := root.Open(".")
	if err != nil {
		return nil
	}
	defer func() { _ = folder.Close() }()
	for err == nil {
		var entries []os.DirEntry
		entries, err = folder.ReadDir(folderPart)
		for _, e := range entries {
			random, ok := strings.CutPrefix(e.Name(), prefix)
			if ok && len(random) >= randomness && strings.Trim(random, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") == "" {
				names = append(names, e.Name())
			}
		}
	}
	return names
}
