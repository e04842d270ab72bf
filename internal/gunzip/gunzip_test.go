package gunzip

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func zip(t testing.TB, text string) []byte {
	t.Helper()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, err := io.WriteString(w, text)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return packed.Bytes()
}

func unzip(file []byte) ([]byte, error) {
	r, err := NewReader(bytes.NewReader(file))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

func TestMembers(t *testing.T) {
	one, two := strings.Repeat("one ", 30_000), strings.Repeat("two", 5)
	text, err := unzip(append(append(zip(t, one), zip(t, "")...), zip(t, two)...))
	require.NoError(t, err)
	assert.Equal(t, one+two, string(text))
	r, err := NewReader(iotest.OneByteReader(bytes.NewReader(zip(t, one))))
	require.NoError(t, err)
	text, err = io.ReadAll(r)
	require.NoError(t, err)
	assert.Equal(t, one, string(text))
}

func TestDamaged(t *testing.T) {
	good := zip(t, strings.Repeat("some text ", 100))
	for name, tt := range map[string]struct {
		file    []byte
		damaged bool
	}{
		"no gzip":        {[]byte("<html>no gzip at all</html>"), true},
		"checksum":       {append(bytes.Clone(good[:len(good)-8]), make([]byte, 8)...), true},
		"more behind it": {append(bytes.Clone(good), "trailing bytes"...), true},
		"no deflate":     {append(bytes.Clone(good[:10]), 0xff, 0xff, 0xff, 0xff, 0xff), true},
		"cut":            {good[:len(good)-9], false},
		"cut header":     {good[:5], false},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := unzip(tt.file)
			require.Error(t, err)
			assert.Equal(t, tt.damaged, IsDamaged(err), "%v", err)
			if !tt.damaged {
				assert.ErrorIs(t, err, io.ErrUnexpectedEOF)
			}
		})
	}
	assert.False(t, IsDamaged(nil))
	assert.False(t, IsDamaged(io.ErrClosedPipe))
}

// FuzzGunzip: whatever the bytes are, they are read as compress/gzip reads them, but that a header with reserved bits is
// refused, as RFC 1952 says.
func FuzzGunzip(f *testing.F) {
	for _, seed := range [][]byte{nil, zip(f, ""), zip(f, strings.Repeat("ab", 300)), append(zip(f, "1"), zip(f, "2")...), zip(f, "cut")[:20], append(zip(f, "x"), 0)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		var want []byte
		r, wantErr := gzip.NewReader(bytes.NewReader(file))
		if wantErr == nil {
			want, wantErr = io.ReadAll(io.LimitReader(r, 1<<20))
		}
		var got []byte
		u, err := NewReader(bytes.NewReader(file))
		if err == nil {
			got, err = io.ReadAll(io.LimitReader(u, 1<<20))
		}
		if wantErr == nil && err != nil {
			assert.True(t, IsDamaged(err) && strings.Contains(err.Error(), "header"), "%v", err)
			return
		}
		assert.Equal(t, wantErr == nil, err == nil, "%v, %v", wantErr, err)
		if wantErr == nil {
			assert.True(t, bytes.Equal(want, got))
		}
	})
}
