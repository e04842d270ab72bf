//go:build unix

package river_test

// asProcess is the variable that makes the test's program one of its processes.
const asProcess = "PRONET_RIVER_PROCESS"

func beProcess(told string) int { return 1 }
