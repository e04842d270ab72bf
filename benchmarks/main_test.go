package benchmarks

import (
	"testing"

	"github.com/pronet-go/pronet/benchmarks/internal/rss"
)

// works are what runs in processes of their own; each file adds its own.
var works = map[string]func() error{
	"idle": func() error { return nil },
}

func TestMain(m *testing.M) { rss.Main(m, works) }
