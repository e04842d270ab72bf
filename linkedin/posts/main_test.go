package posts_test

import (
	"context"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func contextThatEnds(t *testing.T) (context.Context, context.CancelFunc) {
	ctx, end := context.WithCancel(t.Context())
	t.Cleanup(end)
	return ctx, end
}
