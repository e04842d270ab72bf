package download

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestWhatACrashMayLeave plants what a crash of the machine, or somebody else, leaves of a file that was begun.
func TestWhatACrashMayLeave(t *testing.T) {
	lines := bytes.Repeat([]byte("{\"id\":1}\n"), 40)
	gz := packed(t, 1, 60)
	const once = `{"finished":{"name":"json/part-0.json.gz","size":%d,"crc32c":1}}` + "\n"
	tagged := fmt.Sprintf(`"etag":"\"v1\"","length":%d`, len(lines))
	for name, tt := range map[string]struct {
		served  []byte
		before  string // entries before
		started string // the fields of the entry
		place   []byte // nil: none
		partial []byte
		ranges  []string
	}{
		"plain part with a hole":         {lines, "", tagged, nil, make([]byte, 99), []string{""}},
		"part without a validator":       {gz, "", fmt.Sprintf(`"length":%d`, len(gz)), nil, gz[:50], []string{""}},
		"whole part without a validator": {gz, "", fmt.Sprintf(`"length":%d`, len(gz)), nil, gz, nil},
		"renamed":                        {lines, "", tagged, lines, nil, nil},
		"renamed, of another length":     {lines, "", tagged, lines[:90], nil, []string{""}},
		"renamed, and a part":            {lines, "", tagged, make([]byte, len(lines)), lines[:90], []string{""}},
		"renamed, end never proven":      {lines, "", `"etag":"\"v1\"","length":-1`, lines[:95], nil, []string{""}},
		"finished before, renamed":       {lines, fmt.Sprintf(once, len(lines)), tagged, lines, nil, nil},
		"finished before, part":          {gz, fmt.Sprintf(once, len(gz)), fmt.Sprintf(`"etag":"\"v1\"","length":%d`, len(gz)), nil, gz[:50], []string{"bytes=50-"}},
		"renamed without a byte":         {lines, "", `"etag":"\"v1\"","length":0`, []byte{}, nil, []string{""}},
	} {
		t.Run(name, func(t *testing.T) {
			o, dir := newOrigin(t), t.TempDir()
			o.plan(fileName, serving(tt.served, tag))
			require.NoError(t, os.MkdirAll(filepath.Join(dir, "files", "json"), 0o700))
			require.NoError(t, os.WriteFile(filepath.Join(dir, manifestName), fmt.Appendf(nil,
				"{\"format\":1,\"job\":\"job\",\"count\":1,\"files\":[{\"name\":%q,\"local\":%q}]}\n%s{\"started\":{\"name\":%q,%s}}\n",
				fileName, fileName, tt.before, fileName, tt.started), 0o600))
			at := filepath.Join(dir, "files", filepath.FromSlash(fileName))
			if tt.place != nil {
				require.NoError(t, os.WriteFile(at, tt.place, 0o600))
			}
			if tt.partial != nil {
				require.NoError(t, os.WriteFile(at+".partial", tt.partial, 0o600))
			}
			require.Empty(t, bring(t, dir, o))
			assert.Equal(t, tt.served, content(t, dir, fileName))
			var ranges []string
			for _, h := range o.asked(fileName) {
				ranges = append(ranges, h.Get("Range"))
			}
			assert.Equal(t, tt.ranges, ranges)
		})
	}
}
