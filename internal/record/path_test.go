package record_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pronet-go/pronet/internal/record"
)

func TestPaths(t *testing.T) {
	assert.Equal(t, "a", record.Member("", "a"))
	assert.Equal(t, "a.b_2-C", record.Member("a", "b_2-C"))
	assert.Equal(t, `a["b.c"]`, record.Member("a", "b.c"))
	assert.Equal(t, `[""]`, record.Member("", ""))
	assert.Equal(t, `["a\nb"]`, record.Member("", "a\nb"))
	assert.Equal(t, `["]"]`, record.Member("", "]"))
	assert.Equal(t, "a[12].b", record.Member(record.Element("a", 12), "b"))
}
