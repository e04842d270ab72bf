package snapshot

import (
	"bytes"
	"compress/gzip"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func entryOf(dataset string, id int64, record string) entry {
	return entry{key: Key{Dataset: dataset, ID: id}, taken: 1_772_366_400_123_456_789, packed: compress([]byte(record))}
}

func TestPack(t *testing.T) {
	entries := []entry{entryOf("base", 1, `{}`), entryOf("multi_source", 1<<63-1, `{"full_name":"A"}`), entryOf("v1", 1<<63-1, "\n")}
	data := packOf(entries)
	assert.Less(t, len(data), packSize(entries))
	got, err := parsePack(data)
	require.NoError(t, err)
	assert.Equal(t, entries, got)
	got, err = parsePack(packOf(nil))
	require.NoError(t, err)
	assert.Empty(t, got)
}

// TestPackThatIsNone: a right checksum does not make it one.
func TestPackThatIsNone(t *testing.T) {
	for name, rest := range map[string]string{
		"no line": "base 1 1 1", "a bad dataset": "Base 1 1 1\nx\n", "no ID": "base 0 1 1\nx\n", "a negative ID": "base -1 1 1\nx\n",
		"no time": "base 1 0 1\nx\n", "after 2261": "base 1 9223372036854775807 1\nx\n", "too long": "base 1 1 2\nx\n", "too short": "base 1 1 1\nxx\n",
		"no bytes": "base 1 1 0\n\n", "another spelling": "base 01 1 1\nx\n", "a sign": "base +1 1 1\nx\n", "more": "base 1 1 1 1\nx\n",
		"a long line": "base 1 1 00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000001\nx\n",
		"huge":        "base 1 1 9223372036854775807\nx\n", "no end": "base 1 1 1\nx",
	} {
		_, err := parsePack([]byte(packFirst([]byte(rest)) + rest))
		require.ErrorIs(t, err, ErrDamaged, name)
	}
}

// TestABombIsNotUnpacked beyond the most that a record can have, and memory is not taken for what a trailer says.
func TestABombIsNotUnpacked(t *testing.T) {
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestSpeed)
	require.NoError(t, err)
	block := make([]byte, 1<<20)
	for range 300 {
		_, err := w.Write(block)
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	small := compress([]byte("{}"))
	copy(small[len(small)-4:], "\xff\xff\xff\x7f")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err = decompress(packed.Bytes())
	require.ErrorIs(t, err, ErrDamaged)
	runtime.ReadMemStats(&after)
	assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(8*MaxRecord)) // of 300 MiB, and what a buffer for them takes on the way
	_, err = decompress(small)
	require.ErrorIs(t, err, ErrDamaged)
	runtime.ReadMemStats(&before)
	assert.Less(t, before.TotalAlloc-after.TotalAlloc, uint64(1<<20))
	for _, none := range [][]byte{nil, {0x1f}, []byte("no gzip at all"), compress(nil), compress(make([]byte, MaxRecord+1)), small[:len(small)-1]} {
		_, err := decompress(none)
		require.ErrorIs(t, err, ErrDamaged)
	}
	record, err := decompress(compress(make([]byte, MaxRecord)))
	require.NoError(t, err)
	assert.Len(t, record, MaxRecord)
}

// FuzzPack: whatever a file holds, it is what was written or damaged. The checksum is made right, or little would be tried.
func FuzzPack(f *testing.F) {
	f.Add(packOf([]entry{entryOf("base", 1, `{}`), entryOf("v1", 7, `{"a":1}`)})[packHead:])
	f.Add([]byte("base 1 1 1\nx\n"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, rest []byte) {
		_, _ = parsePack(rest)
		data := append([]byte(packFirst(rest)), rest...)
		entries, err := parsePack(data)
		if err != nil {
			require.ErrorIs(t, err, ErrDamaged)
			return
		}
		require.True(t, bytes.Equal(data, packOf(entries)))
		for i := range entries {
			s, err := entries[i].snapshot()
			if err != nil {
				require.ErrorIs(t, err, ErrDamaged)
				continue
			}
			require.NoError(t, s.check())
			require.NoError(t, entries[i].key.check(t.Context()))
		}
	})
}
