package durable

import (
	"os"
	"runtime"
)

// SyncDir makes the names in a directory survive a crash of the machine. Windows cannot sync a directory and needs no
// such call.
func SyncDir(dir *os.File) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	return dir.Sync()
}
