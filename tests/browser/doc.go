// Package browser logs a person in with a real browser: Chromium from the machine's package.
//
//	go -C tests test ./browser -artifacts -outputdir "$(mktemp -d)"
//
// Without Chromium the test is skipped; with PRONET_REQUIRE_CHROMIUM=1 it fails instead. A picture of each page is in the
// directory of -artifacts, or in that which PRONET_PICTURES names.
package browser
