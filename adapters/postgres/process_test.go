//go:build unix

package postgres_test

import (
	"fmt"
	"os"
)

// asProcess is the variable that makes the test's program one of its processes.
const asProcess = "PRONET_POSTGRES_PROCESS"

func beProcess(role string) int {
	fmt.Fprintln(os.Stderr, "there is no process", role)
	return 1
}
