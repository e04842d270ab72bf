package gunzip

import (
	"bufio"
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

// TestZerosBehindTheLastMember are ignored, as gzip(1) ignores them.
func TestZerosBehindTheLastMember(t *testing.T) {
	for _, zeros := range []int{1, 2, 9, 10, 512, 3 * bufferBytes} {
		file := append(append(zip(t, "one "), zip(t, "two")...), make([]byte, zeros)...)
		text, err := unzip(file)
		require.NoError(t, err, "%d zeros", zeros)
		assert.Equal(t, "one two", string(text))
		r, err := NewReader(iotest.OneByteReader(bytes.NewReader(file)))
		require.NoError(t, err)
		text, err = io.ReadAll(r)
		require.NoError(t, err)
		assert.Equal(t, "one two", string(text))
	}
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
		"only zeros":     {make([]byte, 600), true},
		"one in zeros":   {append(append(bytes.Clone(good), make([]byte, 300)...), 1, 0, 0), true},
		"member behind":  {append(append(bytes.Clone(good), 0), good...), true},
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

// witness reads a file with compress/gzip, member by member, and ignores zero bytes behind the last one.
func witness(file []byte) ([]byte, error) {
	source := bufio.NewReader(bytes.NewReader(file))
	r, err := gzip.NewReader(source)
	var text []byte
	for err == nil {
		r.Multistream(false)
		var more []byte
		if more, err = io.ReadAll(io.LimitReader(r, 1<<20-int64(len(text)))); err != nil {
			return nil, err
		}
		if text = append(text, more...); len(text) == 1<<20 {
			return text, nil
		}
		rest, _ := io.ReadAll(source)
		if len(bytes.Trim(rest, "\x00")) == 0 {
			return text, nil
		}
		source = bufio.NewReader(bytes.NewReader(rest))
		err = r.Reset(source)
	}
	return nil, err
}

// FuzzGunzip: whatever the bytes are, they are read as compress/gzip reads them, but that a header with reserved bits is
// refused, as RFC 1952 says, and that zero bytes behind the last member are not.
func FuzzGunzip(f *testing.F) {
	for _, seed := range [][]byte{nil, zip(f, ""), zip(f, strings.Repeat("ab", 300)), append(zip(f, "1"), zip(f, "2")...), zip(f, "cut")[:20], append(zip(f, "x"), 0), append(zip(f, "x"), 0, 0, 1)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		want, wantErr := witness(file)
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
