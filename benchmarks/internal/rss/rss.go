// Package rss measures the most memory that a piece of work needs, in a process of its own, as the kernel counts it.
package rss

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

const variable = "PRONET_BENCHMARK_WORK"

// Main runs the named work if this process is one that Peak started, and the tests otherwise. Call it from TestMain.
func Main(m *testing.M, works map[string]func() error) {
	name := os.Getenv(variable)
	if name == "" {
		os.Exit(m.Run())
	}
	work, ok := works[name]
	if !ok {
		fmt.Fprintln(os.Stderr, "rss: no such work:", name)
		os.Exit(1)
	}
	if err := work(); err != nil {
		fmt.Fprintln(os.Stderr, "rss:", err)
		os.Exit(1)
	}
	peak, err := status("VmHWM")
	if err != nil {
		fmt.Fprintln(os.Stderr, "rss:", err)
		os.Exit(1)
	}
	fmt.Println("peak", peak)
	os.Exit(0)
}

// Peak runs the named work in a new process with the given variables ("NAME=value"), and returns its peak resident
// memory in bytes.
func Peak(b testing.TB, work string, env ...string) int64 {
	b.Helper()
	command := exec.CommandContext(b.Context(), os.Args[0]) //nolint:gosec // itself
	command.Env = append(append(os.Environ(), variable+"="+work), env...)
	command.Stderr = os.Stderr
	out, err := command.Output()
	if err != nil {
		b.Fatalf("%s: %v", work, err)
	}
	for line := range strings.Lines(string(out)) {
		if text, ok := strings.CutPrefix(strings.TrimSpace(line), "peak "); ok {
			peak, err := strconv.ParseInt(text, 10, 64)
			if err != nil {
				b.Fatal(err)
			}
			return peak
		}
	}
	b.Fatalf("%s: no peak in %q", work, out)
	return 0
}

// status reads one of the sizes in /proc/self/status, in bytes.
func status(name string) (int64, error) {
	file, err := os.Open("/proc/self/status")
	if err != nil {
		return 0, err
	}
	defer func() { _ = file.Close() }()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if text, ok := strings.CutPrefix(lines.Text(), name+":"); ok {
			kilobytes, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(text), " kB"), 10, 64)
			return kilobytes << 10, err
		}
	}
	return 0, errors.New("no " + name + " in /proc/self/status")
}
