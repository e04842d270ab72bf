package download

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestInspect: what the content says of its end is what reading the records says.
func TestInspect(t *testing.T) {
	data := packed(t, 1, 60)
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	for name, tt := range map[string]struct {
		content []byte
		want    finding
	}{
		"gzip":                   {data, whole},
		"two members":            {join(data, data), whole},
		"zeros behind it":        {join(data, make([]byte, 512)), whole},
		"one zero behind it":     {join(data, make([]byte, 1)), whole},
		"one of them is not":     {join(data, make([]byte, 512), []byte{1}), damagedData},
		"a member behind zeros":  {join(data, make([]byte, 512), data), damagedData},
		"cut":                    {data[:len(data)-1], cut},
		"cut in the next member": {join(data, data[:12]), cut},
		"cut, zeros behind it":   {join(data[:len(data)-8], make([]byte, 512)), damagedData},
		"lines":                  {[]byte("{\"id\":1}\n{\"id\":2}\n"), whole},
		"lines with marks":       {[]byte("\xef\xbb\xbf{\"id\":1}\n\xef\xbb\xbf{\"id\":2}\n"), whole},
		"a line with its mark":   {[]byte("\xef\xbb\xbf{\"id\":1}"), whole},
		"half a line":            {[]byte("{\"id\":1}\n\xef\xbb\xbf{\"id\":"), unknown},
		"nothing":                {nil, cut},
	} {
		found, err := inspect(t.Context(), bytes.NewReader(tt.content), int64(len(tt.content)), 1<<20, make([]byte, 4096))
		require.NoError(t, err, name)
		assert.Equal(t, tt.want, found, name)
	}
}
