package jsonlines

import (
	"bytes"
	"io"
)

const (
	// BlockSize is how much text a block has room for. A longer line makes it larger.
	BlockSize = 128 << 10
	// MaxLines is the most lines of a block: a record of few bytes needs as much memory as any other.
	MaxLines = 64
	// MaxLine is the most bytes of one line, its end included: records are about 10 KB. It bounds the memory, whatever is
	// read: of a file that expands without end no more is held than one line may have.
	MaxLine = 16 << 20
	// MaxFile is the most bytes of one file, compressed and decompressed: the provider puts at most 10,000 records into
	// one. It bounds the time.
	MaxFile = 16 << 30

	// chunk is the least that a read from a source with more at hand returns: gunzip works in windows of 32 KiB.
	chunk = 32 << 10
	// maxEmptyReads is how often in turn a source may return neither bytes nor an error.
	maxEmptyReads = 100
)

// mark is what some programs write at the beginning of a text in UTF-8. Where such texts were joined it stands at the
// beginning of any line. RFC 8259, section 8.1, lets a reader ignore it, and no JSON begins with it.
var mark = []byte("\xef\xbb\xbf")

// Block is whole lines of a file. A Block may be read into again, which uses its memory again.
type Block struct {
	// Text is the lines with their ends; the last line of a file may have none.
	Text []byte
	// Line is the number of the first line, counted from 1, after an error of the line in which it happened.
	Line int64
	// Offset is the offset of that line's first byte in the decompressed file.
	Offset int64
}

// Lines walks the block's lines.
func (b *Block) Lines() Lines {
	return Lines{rest: b.Text, line: b.Line, offset: b.Offset, next: b.Offset, following: b.Line}
}

// BlockReader reads a file as blocks of whole lines.
type BlockReader struct {
	source  *source
	text    io.Reader // decompressed; nil before the first block
	kept    []byte    // what did not fit the last block: lines, and the beginning of one
	rest    []byte    // the part of it that is still to be returned
	line    int64
	offset  int64 // of the next block
	maxLine int
	maxFile int64
	err     error // behind the rest
}

// NewBlockReader returns a BlockReader of a file that is gzip, which its first two bytes tell whatever its name, or plain.
func NewBlockReader(r io.Reader) *BlockReader {
	return &BlockReader{source: &source{r: r, bound: MaxFile}, line: 1, maxLine: MaxLine, maxFile: MaxFile}
}

// Read reads the next lines into b: as many as fit, at least one, at most MaxLines, and no more than the source has at
// hand. Before it makes the block larger than BlockSize for one longer line it calls large, unless that is nil, and ends
// with its error. The errors are those of [Reader.Next]; the lines before one have been returned, and b then tells where
// it happened.
func (r *BlockReader) Read(b *Block, large func() error) error {
	if cap(b.Text) != BlockSize {
		b.Text = make([]byte, 0, BlockSize)
	}
	b.Line, b.Offset = r.line, r.offset
	var end int
	var lines int64
	if r.err == nil && bytes.IndexByte(r.rest, '\n') < 0 {
		b.Text = append(b.Text[:0], r.rest...)
		r.lines(b, large)
		end, lines = r.first(b.Text)
		r.kept = append(r.kept[:0], b.Text[end:]...)
		r.rest = r.kept
		b.Text = b.Text[:end]
	} else {
		end, lines = r.first(r.rest)
		b.Text = append(b.Text[:0], r.rest[:end]...)
		r.rest = r.rest[end:]
	}
	if end == 0 {
		return r.err
	}
	r.line += lines
	r.offset += int64(end)
	return nil
}

// first returns where the first whole lines of a text end, and how many they are.
func (r *BlockReader) first(text []byte) (end int, lines int64) {
	for lines < MaxLines && end < len(text) {
		length := bytes.IndexByte(text[end:], '\n') + 1
		if length == 0 {
			if r.err != io.EOF { //nolint:errorlint // fill returns it as it is
				break
			}
			length = len(text) - end // a last line without an end
		}
		end += length
		lines++
	}
	return end, lines
}

// lines fills b until it has a line, and then for as long as there is more at hand and room, which a block that was made
// larger is not used as: what is kept for the next block is never more than BlockSize.
func (r *BlockReader) lines(b *Block, large func() error) {
	whole := false // there is a whole line
	for r.err == nil {
		if len(b.Text) == cap(b.Text) {
			if whole {
				return
			}
			if r.err = r.grow(b, large); r.err != nil {
				return
			}
		}
		n := r.fill(b)
		whole = whole || bytes.IndexByte(b.Text[len(b.Text)-n:], '\n') >= 0
		if len(b.Text) > r.maxLine && bytes.IndexByte(b.Text[:r.maxLine], '\n') < 0 {
			r.err = tooLarge("the line", int64(r.maxLine))
			b.Text = b.Text[:0]
			return
		}
		if whole && (n < chunk || cap(b.Text) > BlockSize) {
			return
		}
	}
}

// grow makes room for a line that is longer than the block.
func (r *BlockReader) grow(b *Block, large func() error) error {
	if len(b.Text) == BlockSize && large != nil {
		if err := large(); err != nil {
			return err
		}
	}
	b.Text = append(make([]byte, 0, min(2*cap(b.Text), r.maxLine+1)), b.Text...)
	return nil
}

// fill reads once into the room that b has, at most BlockSize, and returns how many bytes came. It sets r.err.
func (r *BlockReader) fill(b *Block) int {
	if r.text == nil {
		if r.text, r.err = open(r.source); r.err != nil {
			return 0
		}
	}
	room := b.Text[len(b.Text):min(cap(b.Text), len(b.Text)+BlockSize)]
	for range maxEmptyReads {
		n, err := r.text.Read(room)
		b.Text = b.Text[:len(b.Text)+n]
		switch beyond := r.offset + int64(len(b.Text)) - r.maxFile; {
		case beyond > 0:
			n = max(0, n-int(beyond))
			b.Text = b.Text[:r.maxFile-r.offset]
			r.err = tooLarge("the file", r.maxFile)
		case err == io.EOF:
			r.err = io.EOF
		case err != nil:
			r.err = readError(err)
		}
		if n > 0 || r.err != nil {
			return n
		}
	}
	r.err = io.ErrNoProgress
	return 0
}
