package webhook

import (
	"os"
	"runtime"
)

// syncDir makes the names in a directory survive a crash of the machine.
// Windows cannot sync a directory and needs no such call.
func syncDir(dir *os.File) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	return dir.Sync()
}
