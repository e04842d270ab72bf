package webhook_test

import (
	"log/slog"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.DiscardHandler)) // The tests that look at it set their own.
	goleak.VerifyTestMain(m)
}
