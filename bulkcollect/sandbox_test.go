package bulkcollect_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/pronet-go/pronet/internal/pronettest/sandboxtest"
)

func TestMain(m *testing.M) {
	if text := os.Getenv(groupVariable); text != "" {
		os.Exit(runGroupProcess(text))
	}
	goleak.VerifyTestMain(m)
}

// Short names for what several packages share.
var (
	start         = sandboxtest.Start
	startInMemory = sandboxtest.StartInMemory
	connect       = sandboxtest.Connect
	responding    = sandboxtest.Responding
)

// part is one of a multipart form.
type part = sandboxtest.Part
