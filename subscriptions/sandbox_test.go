package subscriptions_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/internal/pronettest/sandboxtest"
	"github.com/pronet-go/pronet/subscriptions"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Short names for what several packages share.
var (
	start         = sandboxtest.Start
	startInMemory = sandboxtest.StartInMemory
	connect       = sandboxtest.Connect
	responding    = sandboxtest.Responding
)

// part is one of a multipart form.
type part = sandboxtest.Part

var (
	hook      = subscriptions.Options{WebhookURL: "https://hooks.example.com/coresignal/secret"}
	engineers = employee.Query{Clause: employee.Match("headline", "engineer")}
)
