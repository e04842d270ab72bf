package main

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestReadLines(t *testing.T) {
	long := strings.Repeat("x", 3*maxLine)
	for given, want := range map[string][]string{
		"":                       nil,
		"a":                      {"a"},
		"a\nb\n":                 {"a\n", "b\n"},
		"\n\n":                   {"\n", "\n"},
		long + "\nquit\n":        {long[:maxLine], "quit\n"},
		"a\n" + long:             {"a\n", long[:maxLine]},
		long[:maxLine-1] + "\nb": {long[:maxLine-1] + "\n", "b"},
	} {
		lines := make(chan string, 10)
		readLines(t.Context(), strings.NewReader(given), lines)
		var got []string
		for line := range lines {
			got = append(got, line)
		}
		assert.Equal(t, want, got)
	}
}

func TestReadLinesEndsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	lines := make(chan string)
	readLines(ctx, strings.NewReader("a\nb\n"), lines)
	_, more := <-lines
	assert.False(t, more)
}
