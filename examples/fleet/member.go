package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/pronet-go/pronet/examples/fleet/receiver"
)

// member is one process, which is started again when it has ended.
type member struct {
	fleet  *fleet
	number int
	killed atomic.Bool

	mu    sync.Mutex
	at    string // where it listens, "" while it does not
	child *os.Process
}

// supervise keeps the process running until ctx ends, and then lets it finish.
func (m *member) supervise(ctx context.Context) {
	for ctx.Err() == nil {
		if err := m.live(ctx); err != nil && ctx.Err() == nil && !m.killed.Swap(false) {
			fmt.Fprintf(m.fleet.out, "\nprocess %d has ended: %v\n", m.number, err)
		}
		wait(ctx, again)
	}
}

// live is one life of it.
func (m *member) live(ctx context.Context) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	c := m.fleet.config
	c.Number, c.Dir = m.number, filepath.Join(m.fleet.dir, fmt.Sprint("process-", m.number))
	settings, err := json.Marshal(c)
	if err != nil {
		return err
	}
	child := exec.CommandContext(context.WithoutCancel(ctx), program) //nolint:gosec // itself; it ends with its input
	child.Env, child.Stderr = append(os.Environ(), asProcess+"=1"), os.Stderr
	input, err := child.StdinPipe()
	if err != nil {
		return err
	}
	output, err := child.StdoutPipe()
	if err != nil {
		return err
	}
	if err := child.Start(); err != nil {
		return err
	}
	ended := context.AfterFunc(ctx, func() { _ = input.Close() }) // it ends in order
	defer ended()
	_, err = input.Write(append(settings, '\n'))
	lines := bufio.NewReader(output)
	if line, readErr := lines.ReadString('\n'); readErr == nil {
		m.set(strings.TrimSpace(line), child.Process)
	}
	_, _ = io.Copy(io.Discard, lines)
	m.set("", nil)
	return errors.Join(err, child.Wait())
}

func (m *member) set(address string, child *os.Process) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.at, m.child = address, child
}

func (m *member) address() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.at
}

func (m *member) pid() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.child == nil {
		return 0
	}
	return m.child.Pid
}

// kill ends the process without warning.
func (m *member) kill() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.child != nil {
		fmt.Fprintf(m.fleet.out, "\nprocess %d is killed, and begins again in %s\n", m.number, again)
		m.killed.Store(true)
		_ = m.child.Kill()
	}
}

func (m *member) status(ctx context.Context) (receiver.Status, error) {
	address := m.address()
	if address == "" {
		return receiver.Status{}, errors.New("it does not run")
	}
	return m.fleet.statusOf(ctx, address)
}
