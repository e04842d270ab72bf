package dataset_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"go.uber.org/goleak"

	"github.com/pronet-go/pronet/internal/dataset"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestClassesAreDistinct: calls of two kinds would otherwise share a limit.
func TestClassesAreDistinct(t *testing.T) {
	seen := make(map[string]bool)
	for _, class := range []string{
		dataset.ClassSearch, dataset.ClassCollect, dataset.ClassBulk, dataset.ClassSubscriptions, dataset.ClassSimulate, dataset.ClassRealTime,
	} {
		assert.NotEmpty(t, class)
		assert.False(t, seen[class], class)
		seen[class] = true
	}
}
