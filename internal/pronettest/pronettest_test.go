package pronettest_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pronet-go/pronet/internal/pronettest"
)

func TestTimes(t *testing.T) {
	for value, want := range map[string]int{"": 2, "0": 2, "yes": 2, "1": 100} {
		t.Setenv("PRONET_HARD", value)
		assert.Equal(t, want, pronettest.Times(2, 100), value)
		assert.Equal(t, want == 100, pronettest.Hard(), value)
	}
}
