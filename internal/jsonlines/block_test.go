package jsonlines

import (
	"bytes"
	"errors"
	"io"
	"math"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
)

// readBlocks returns the blocks and the error behind them.
func readBlocks(r *BlockReader, large func() error) (blocks []Block, err error) {
	for {
		var b Block
		if err := r.Read(&b, large); err != nil {
			return blocks, err
		}
		blocks = append(blocks, b)
	}
}

func TestBlocksHaveFewLinesAndLittleText(t *testing.T) {
	for name, tt := range map[string]struct {
		text   string
		blocks int
	}{
		"short lines": {strings.Repeat("{}\n", 10*MaxLines), 10},
		"one more":    {strings.Repeat("{}\n", 10*MaxLines) + "{}", 11},
		"long lines":  {strings.Repeat(strings.Repeat("x", 9_999)+"\n", 100), 9},
		"blank lines": {strings.Repeat("\n", MaxLines+1), 2},
	} {
		t.Run(name, func(t *testing.T) {
			for _, file := range [][]byte{[]byte(tt.text), zip(t, tt.text)} {
				blocks, err := readBlocks(NewBlockReader(bytes.NewReader(file)), func() error { return errors.New("no block is large") })
				require.Equal(t, io.EOF, err)
				var text []byte
				line, offset := int64(1), int64(0)
				for _, b := range blocks {
					assert.Equal(t, line, b.Line)
					assert.Equal(t, offset, b.Offset)
					line += int64(bytes.Count(b.Text, []byte("\n")))
					offset += int64(len(b.Text))
					text = append(text, b.Text...)
					assert.Equal(t, BlockSize, cap(b.Text))
				}
				assert.Equal(t, tt.text, string(text))
				assert.InDelta(t, tt.blocks, len(blocks), 1)
			}
		})
	}
}

// TestABlockDoesNotWaitForMore: what has come is handed on.
func TestABlockDoesNotWaitForMore(t *testing.T) {
	r, w := io.Pipe()
	blocks := NewBlockReader(r)
	defer func() { require.NoError(t, r.Close()) }()
	for _, text := range []string{"1\n2\n", "3\n"} {
		go func() { _, _ = io.WriteString(w, text) }()
		var b Block
		require.NoError(t, blocks.Read(&b, nil))
		assert.Equal(t, text, string(b.Text))
	}
	go func() {
		_, _ = io.WriteString(w, "4\n5 and")
		_, _ = io.WriteString(w, " so on")
		_ = w.Close()
	}()
	rest, err := readBlocks(blocks, nil)
	require.Equal(t, io.EOF, err)
	require.Len(t, rest, 2)
	assert.Equal(t, "4\n", string(rest[0].Text))
	assert.Equal(t, "5 and so on", string(rest[1].Text))
}

func TestLargeIsAskedForALongLine(t *testing.T) {
	text := "1\n" + strings.Repeat("x", 3*BlockSize) + "\n2\n"
	asked := 0
	blocks, err := readBlocks(NewBlockReader(strings.NewReader(text)), func() error { asked++; return nil })
	require.Equal(t, io.EOF, err)
	assert.Equal(t, 1, asked)
	assert.LessOrEqual(t, len(blocks), 3)
	refused := errors.New("refused")
	blocks, err = readBlocks(NewBlockReader(strings.NewReader(text)), func() error { return refused })
	require.ErrorIs(t, err, refused)
	assert.Equal(t, 1, len(blocks), "the lines before it")
}

// TestEachLongLineIsAskedFor: whatever stood before it, no block and nothing that is kept for the next one is larger than
// BlockSize unasked.
func TestEachLongLineIsAskedFor(t *testing.T) {
	long := strings.Repeat("x", 9<<20) + "\n"
	for name, text := range map[string]string{
		"in a row":          strings.Repeat(long, 4),
		"lines behind it":   long + strings.Repeat("\n", MaxLines-1) + strings.Repeat(strings.Repeat("y", 100<<10)+"\n", 70) + long,
		"the last, unended": long + strings.TrimSuffix(long, "\n"),
	} {
		t.Run(name, func(t *testing.T) {
			r := NewBlockReader(strings.NewReader(text))
			var b Block
			var got bytes.Buffer
			asked, longLines := 0, 0
			for {
				before := asked
				err := r.Read(&b, func() error { asked++; return nil })
				if err != nil {
					require.Equal(t, io.EOF, err)
					break
				}
				got.Write(b.Text)
				if cap(b.Text) > BlockSize {
					longLines++
					assert.Equal(t, 1, asked-before)
				}
				assert.LessOrEqual(t, cap(r.kept), 2*BlockSize)
			}
			assert.Equal(t, longLines, asked)
			assert.Equal(t, strings.Count(text, "xxx\n")+strings.Count(text[len(text)-1:], "x"), asked)
			assert.True(t, bytes.Equal([]byte(text), got.Bytes()))
		})
	}
}

func TestALineMayHaveExactlyTheBound(t *testing.T) {
	for name, tt := range map[string]struct {
		text string
		good bool
	}{
		"with its end":         {strings.Repeat("x", MaxLine-1) + "\n", true},
		"without":              {strings.Repeat("x", MaxLine), true},
		"one more":             {strings.Repeat("x", MaxLine) + "\n", false},
		"one more, no end":     {strings.Repeat("x", MaxLine+1), false},
		"one more, then lines": {strings.Repeat("x", MaxLine) + "\n2\n3\n", false},
	} {
		t.Run(name, func(t *testing.T) {
			blocks, err := readBlocks(NewBlockReader(strings.NewReader("1\n"+tt.text)), nil)
			if tt.good {
				require.Equal(t, io.EOF, err)
				assert.Equal(t, 2, len(blocks))
				return
			}
			require.ErrorIs(t, err, api.ErrTooLarge)
			assert.Equal(t, 1, len(blocks))
		})
	}
}

// TestALineOf3GiBEndsEarly: no more than the bound is ever held.
func TestALineOf3GiBEndsEarly(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	read := &counted{r: io.LimitReader(endless("x"), 3<<30)}
	_, err := readBlocks(NewBlockReader(read), nil)
	runtime.ReadMemStats(&after)
	require.ErrorIs(t, err, api.ErrTooLarge)
	assert.Less(t, read.n, int64(MaxLine+2*BlockSize))
	assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(3*MaxLine))
}

type counted struct {
	r io.Reader
	n int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// TestGzipWithoutTextHasABound: members without text could be read for ever.
func TestGzipWithoutTextHasABound(t *testing.T) {
	r := NewBlockReader(endless(zip(t, "")))
	r.source.bound = 1 << 20
	_, err := readBlocks(r, nil)
	require.ErrorIs(t, err, api.ErrTooLarge)
	require.EqualError(t, err, "the file has more than the 1048576 bytes accepted")
}

// odd is a reader that breaks the rules.
type odd int

func (o odd) Read([]byte) (int, error) { return int(o), nil }

func TestReadersThatBreakTheRules(t *testing.T) {
	for n, want := range map[odd]error{-1: errImpossibleCount, math.MaxInt: errImpossibleCount, 0: io.ErrNoProgress} {
		_, err := readBlocks(NewBlockReader(n), nil)
		require.ErrorIs(t, err, want)
		_, err = readBlocks(NewBlockReader(io.MultiReader(strings.NewReader("1\n22"), n)), nil)
		require.ErrorIs(t, err, want)
	}
	_, err := readBlocks(NewBlockReader(iotest.TimeoutReader(iotest.OneByteReader(strings.NewReader("1\n2")))), nil)
	require.ErrorIs(t, err, iotest.ErrTimeout)
}
