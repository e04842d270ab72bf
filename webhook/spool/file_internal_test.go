package spool

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/webhook"
)

func TestFileNames(t *testing.T) {
	for _, n := range []fileName{
		{sequence: 1},
		{sequence: 1<<64 - 1, attempts: maxAttempts, hash: hashOf("a", "b")},
		{keyOnly: true, attempts: 3},
		{begun: true},
		{begun: true, keyOnly: true},
		{requeues: 1},
		{joined: true, attempts: 2, hash: hashOf("a", "b")},
		{joined: true, requeues: 1, begun: false},
		{attempts: 5, requeues: 1<<63 - 1, hash: hashOf("a", "b")},
	} {
		got, ok := parseName(n.String())
		require.True(t, ok, n.String())
		assert.Equal(t, n, got)
		assert.True(t, isBeside(n.beside(keptEnding)))
		assert.True(t, isBeside(n.beside(reasonEnding)))
		assert.False(t, isBeside(n.String()))
		again := n
		again.attempts, again.begun = 7, true
		assert.True(t, again.wasBegun())
		assert.Equal(t, n.beside(keptEnding), again.beside(keptEnding), "however often it is tried")
	}
}

func FuzzFileName(f *testing.F) {
	f.Add(fileName{sequence: 5, attempts: 1, hash: hashOf("a", "b")}.String())
	f.Add(fileName{begun: true, keyOnly: true}.String())
	f.Add(fileName{attempts: 2, requeues: 3}.String())
	f.Add("0000000000000001-0000--begun.delivery")
	f.Add("0000000000000001--requeued1.kept")
	f.Fuzz(func(t *testing.T, text string) {
		if n, ok := parseName(text); ok {
			require.Equal(t, text, n.String())
			require.False(t, isBeside(text))
		}
		_ = isBeside(text)
	})
}

// FuzzSplit: the body of a joined file that is damaged gives an error, and what is given is a part of it.
func FuzzSplit(f *testing.F) {
	whole, err := newFile(&webhook.Delivery{Source: "s", Label: "l", Key: "k", ReceivedAt: time.Unix(1, 2).UTC(), Body: []byte("[]")})
	require.NoError(f, err)
	part := append([]byte(fileName{sequence: 1}.String()+"\n"), append(slices.Clone(whole.head), whole.body...)...)
	f.Add(append(slices.Clone(part), part...))
	f.Add(part[:len(part)-1])
	f.Add([]byte("\n"))
	f.Fuzz(func(t *testing.T, body []byte) {
		names, files, err := split(body)
		total := 0
		for i, file := range files {
			total += len(file) + len(names[i].String()) + 1
		}
		require.Len(t, names, len(files))
		if err == nil {
			require.Equal(t, len(body), total)
		}
	})
}

func FuzzFile(f *testing.F) {
	whole, err := newFile(&webhook.Delivery{Source: "s", Label: "l", Key: "k", ReceivedAt: time.Unix(1, 2).UTC(), Body: []byte("body")})
	require.NoError(f, err)
	var content bytes.Buffer
	_, err = whole.WriteTo(&content)
	require.NoError(f, err)
	f.Add(content.Bytes())
	f.Add(content.Bytes()[:firstLine])
	f.Fuzz(func(t *testing.T, content []byte) {
		d, err := parseFile(content)
		if err != nil {
			require.ErrorIs(t, err, ErrCorrupt)
			return
		}
		require.True(t, bytes.HasSuffix(content, d.Body))
		require.NotEmpty(t, d.Key)
	})
}

// FuzzKept: what is read is no longer than what was there, and damage is an error.
func FuzzKept(f *testing.F) {
	f.Add([]byte(`{"part":1,"of":1,"data":"Ym91Z2h0","crc32c":2226042423}` + "\n"))
	f.Add([]byte(`{"part":1,"of":2,"data":"","crc32c":0}` + "\n" + `{"part":2,"of":2,"data":"","crc32c":0}` + "\n"))
	f.Add([]byte(`{"part":9223372036854775807,"of":9223372036854775807}` + "\n"))
	f.Fuzz(func(t *testing.T, content []byte) {
		total := 0
		if readKept(bytes.NewReader(content), func(entry []byte) { total += len(entry) }) != nil {
			return
		}
		require.LessOrEqual(t, total, len(content))
	})
}
