// Package download fetches the files of a job into a directory, so that a crash, a broken connection or a full disk costs
// no more than what was under way: finished files are not asked for again, and one that was cut is resumed if it is
// provably the same version still.
//
// One concern, one file: dir.go is the directory, manifest.go its journal, transfer.go one file on its way, response.go what
// the provider's response allows, partial.go what is stored of it so far, inspect.go how its end is proven, run.go all files
// together.
package download
