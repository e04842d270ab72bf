package tests

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var writes = flag.Bool("update", false, "write docs/modules.md instead of comparing it")

// licences are known by a sentence of each.
var licences = []struct{ name, sentence string }{
	{"Apache-2.0", "Apache License"},
	{"MPL-2.0", "Mozilla Public License"},
	{"BSD-3-Clause", "Neither the name"},
	{"BSD-2-Clause", "Redistribution and use in source and binary forms"},
	{"MIT", "Permission is hereby granted, free of charge"},
	{"ISC", "Permission to use, copy, modify, and/or distribute this software"},
}

// TestModules: docs/modules.md lists what each module links, with version and licence. Write it anew with
//
//	go -C tests test -run TestModules . -update
func TestModules(t *testing.T) {
	const table = "../docs/modules.md"
	var text strings.Builder
	text.WriteString("# Modules, versions and licences\n\nWhat a program links that imports a module of this project, but for the standard library. `go -C tests test -run TestModules . -update`\nwrites this page; the same test fails when it is not true any more.\n")
	dirs, err := filepath.Glob("../adapters/*/go.mod")
	require.NoError(t, err)
	for _, dir := range append([]string{"../go.mod"}, dirs...) {
		dir = filepath.Dir(dir)
		name := strings.TrimPrefix(dir, "../")
		if name == ".." {
			name = "pronet"
		}
		linked := linkedBy(t, dir)
		fmt.Fprintf(&text, "\n## %s\n\nGo %s, %d modules linked.\n\n| Module | Version | Licence |\n|---|---|---|\n", name, goVersion(t, dir), len(linked))
		for _, line := range linked {
			text.WriteString(line)
		}
	}
	if *writes {
		require.NoError(t, os.WriteFile(table, []byte(text.String()), 0o644))
		return
	}
	got, err := os.ReadFile(table)
	require.NoError(t, err)
	assert.Equal(t, text.String(), string(got), "go -C tests test -run TestModules . -update")
}

func linkedBy(t *testing.T, dir string) (lines []string) {
	t.Helper()
	list := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}} {{.Dir}}{{end}}{{end}}", "./...")
	list.Dir = dir
	list.Env = append(os.Environ(), "GOWORK=off", "GOOS=linux", "GOARCH=amd64")
	output, err := list.Output()
	require.NoError(t, err, dir)
	for scanner := bufio.NewScanner(bytes.NewReader(output)); scanner.Scan(); {
		path, rest, _ := strings.Cut(scanner.Text(), " ")
		version, from, _ := strings.Cut(rest, " ")
		if path == "" || strings.HasPrefix(path, "github.com/pronet-go/pronet") {
			continue
		}
		lines = append(lines, fmt.Sprintf("| %s | %s | %s |\n", path, version, licenceOf(t, path, from)))
	}
	slices.Sort(lines)
	return slices.Compact(lines)
}

func licenceOf(t *testing.T, path, dir string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "LICEN[SC]E*"))
	require.NoError(t, err)
	var names []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		plain := strings.Join(strings.Fields(string(text)), " ")
		for _, licence := range licences {
			if strings.Contains(plain, licence.sentence) {
				names = append(names, licence.name)
				break
			}
		}
	}
	slices.Sort(names)
	require.NotEmpty(t, names, "the licence of %s is not known", path)
	return strings.Join(slices.Compact(names), ", ")
}

func goVersion(t *testing.T, dir string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	require.NoError(t, err)
	for line := range strings.Lines(string(text)) {
		if version, ok := strings.CutPrefix(line, "go "); ok {
			return strings.TrimSpace(version)
		}
	}
	return ""
}
