package spool_test

import (
	"log/slog"
	"os"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(crashDirVariable); dir != "" {
		crashChild(dir)
		return
	}
	slog.SetDefault(slog.New(slog.DiscardHandler)) // The tests that look at it set their own.
	goleak.VerifyTestMain(m)
}
