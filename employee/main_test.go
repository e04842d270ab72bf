package employee_test

import (
	"context"
	"testing"

	"go.uber.org/goleak"
)

var exampleContext = context.Background()

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
