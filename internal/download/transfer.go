package download

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
)

const (
	// maxRestarts is how often one file is begun anew at most, since it changed or cannot be resumed.
	maxRestarts = 5
	// maxAttempts is how often one file is resumed in a row without getting a byte.
	maxAttempts = 5
	// flushAfter is how long bytes of a slow response are held before they are written.
	flushAfter = 250 * time.Millisecond
)

// transfer is one file on its way. It is used by one goroutine.
type transfer struct {
	dir     *Dir
	file    *file
	place   string
	open    Opener
	tracker *tracker
	verify  bool
	buffer  []byte

	version  version
	part     *partial // nil when nothing is stored
	resumed  bool     // what is stored did not come in one response
	moved    bool     // something has arrived
	anew     bool     // it was begun anew since its content was not whole
	attempts int
	restarts int
}

// outcome is how a step of a transfer ended.
type outcome int

const (
	done    outcome = iota
	reached         // the end of the version is there, and proven
	stopped         // the response ended, which proves nothing
	more            // the response was one part of several
	broken          // the connection broke: what is stored is good
	stale           // what is stored cannot be gone on with
	failed
)

// kept reports whether the file is there already, and tells the manifest if only that is missing. It needs no request.
func (t *transfer) kept(ctx context.Context) (bool, error) {
	stored := size(t.dir.root, t.place)
	known, begun := t.file.finished, t.file.started
	switch {
	case stored <= 0:
		return false, nil
	case known != nil && stored == known.Size && !t.verify:
		return true, nil
	case known != nil && stored == known.Size, known == nil && begun != nil && t.couldBe(begun, stored):
	default:
		return false, nil
	}
	f, err := openRegular(t.dir.root, t.place, os.O_RDONLY)
	if err != nil {
		return false, storage("open", shown(t.place), err)
	}
	defer func() { _ = f.Close() }()
	if known == nil {
		found, err := inspect(ctx, f, stored, t.dir.maxFile, t.buffer)
		if err != nil {
			return false, t.readError(ctx, err)
		}
		if found != whole && found != unknown || begun.Length < 0 && !isGzip(f) {
			return false, nil
		}
	}
	sum, n, err := checksum(ctx, f, t.buffer)
	switch {
	case err != nil:
		return false, t.readError(ctx, err)
	case known != nil:
		return sum == known.Checksum && n == known.Size, nil
	}
	return true, t.dir.note(t.file, entry{Finished: &finished{Name: t.file.Name, Size: n, Checksum: sum}})
}

// couldBe reports whether a file that has its name without being noted as finished is of the version that was begun: a
// crash may have come between the two.
func (t *transfer) couldBe(begun *started, stored int64) bool {
	return (begun.Length < 0 || begun.Length == stored) && size(t.dir.root, partialOf(t.place)) < 0
}

// fetch brings the file.
func (t *transfer) fetch(ctx context.Context) error {
	defer func() {
		if t.part != nil {
			_ = t.part.close()
		}
	}()
	if err := t.dir.makeFolders(t.place); err != nil {
		return err
	}
	if err := t.pickUp(ctx); err != nil {
		return err
	}
	for {
		how, err := t.receive(ctx)
		if how == reached || how == stopped {
			how, err = t.settle(ctx, how == reached)
		}
		switch how {
		case done:
			return nil
		case more:
		case broken:
			err = t.again(ctx, err)
		case stale:
			err = t.restart(err)
		}
		if err != nil {
			return err
		}
	}
}

// pickUp goes on with what an earlier download left of the file, if its version can be told from others.
func (t *transfer) pickUp(ctx context.Context) error {
	begun := t.file.started
	if begun == nil || t.file.finished != nil {
		return nil
	}
	v := version{validator: begun.validator, length: begun.Length}
	left := size(t.dir.root, partialOf(t.place))
	if left <= 0 || v.length >= 0 && left > v.length || !v.isSet() && left != v.length {
		return nil
	}
	part, err := t.dir.openPartial(ctx, t.place, t.buffer)
	if err != nil || part == nil {
		return err
	}
	t.version, t.part, t.resumed = v, part, true
	t.tracker.bytes(part.size)
	return nil
}

// receive asks for what is missing and stores what comes.
func (t *transfer) receive(ctx context.Context) (outcome, error) {
	offset := t.offset()
	if offset > 0 && offset == t.version.length {
		return reached, nil
	}
	stream, err := t.open(ctx, t.file.Name, t.version.askFor(offset))
	switch {
	case err == nil:
	case offset > 0 && t.version.endsAt(err, offset):
		t.version.length, t.resumed = offset, true
		return reached, nil
	case offset > 0 && isUnsatisfiable(err):
		return stale, err
	case (t.moved && isOutage(err) || isHostOutage(err)) && ctx.Err() == nil:
		return broken, err
	default:
		return failed, err
	}
	defer func() { _ = stream.Close() }()
	var end int64
	switch {
	case stream.Status == http.StatusOK:
		if err := t.begin(stream); err != nil {
			return failed, err
		}
		end = t.version.length
	case stream.Status == http.StatusPartialContent && offset > 0:
		var good bool
		if t.version, end, good = t.version.goesOn(stream, offset); !good {
			return stale, unexpected("the response with the rest of the file is not of the part or the version asked for", nil)
		}
		t.resumed = true
		t.tracker.length(t.file, t.version.length)
	default:
		return failed, unexpected("the response is not the file", nil)
	}
	return t.store(ctx, stream, end)
}

// begin stores the whole file from its first byte on, whatever was stored before.
func (t *transfer) begin(stream *transport.Stream) error {
	switch {
	case stream.Length > t.dir.maxFile:
		return errTooLong
	case !isReadable(stream.Header):
		return unexpected("the file is encoded in a way that was not asked for", nil)
	}
	if t.offset() > 0 {
		if err := t.restart(nil); err != nil {
			return err
		}
	}
	if t.part != nil { // without a byte
		_ = t.part.close()
		t.part = nil
	}
	if err := t.dir.clear(t.place); err != nil { // what is left of another version must be gone before this one is noted
		return err
	}
	t.version, t.resumed = versionOf(stream), false
	begun := &started{Name: t.file.Name, validator: t.version.validator, Length: t.version.length}
	if err := t.dir.note(t.file, entry{Started: begun}); err != nil {
		return err
	}
	t.tracker.length(t.file, t.version.length)
	part, err := t.dir.newPartial(t.place)
	t.part = part
	return err
}

var errEmpty = wire.Plain("the file is empty", api.ErrUnexpectedResponse)

var errTooLong = wire.Plain("the file has more bytes than are accepted", api.ErrTooLarge)

// store writes what arrives, which ends before the offset end (-1 when that is not known).
func (t *transfer) store(ctx context.Context, stream *transport.Stream, end int64) (outcome, error) {
	held, flushed := 0, time.Now()
	for {
		n, err := stream.Read(t.buffer[held:])
		held += n
		switch beyond := t.part.size + int64(held); {
		case end >= 0 && beyond > end:
			return stale, unexpected("the response has more bytes than it announced", nil)
		case beyond > t.dir.maxFile:
			return failed, errTooLong
		}
		if held > 0 && (err != nil || held == len(t.buffer) || time.Since(flushed) > flushAfter) {
			before := t.part.size
			full := t.part.add(t.buffer[:held])
			t.tracker.bytes(t.part.size - before)
			t.moved, t.attempts = true, 0
			if full != nil {
				return failed, full
			}
			held, flushed = 0, time.Now()
		}
		switch {
		case err == nil:
		case errors.Is(err, io.EOF):
			return t.ended(stream, end)
		case ctx.Err() != nil:
			return failed, err
		default:
			return broken, err
		}
	}
}

// ended says what it means that a response has come to an end without an error.
func (t *transfer) ended(stream *transport.Stream, end int64) (outcome, error) {
	stored := t.part.size
	switch {
	case end >= 0 && stored < end:
		return broken, unexpected("the response has fewer bytes than it announced", io.ErrUnexpectedEOF)
	case stored == t.version.length:
		return reached, nil
	case end >= 0:
		return more, nil
	case !stream.Framed:
		return stopped, nil
	}
	t.version.length = stored
	return reached, nil
}

// settle looks at the whole file if its end is not proven yet, or if it was put together, and gives it its name.
func (t *transfer) settle(ctx context.Context, proven bool) (outcome, error) {
	unverified := false
	if proven && t.part.size == 0 {
		return failed, errEmpty
	}
	if !proven || t.resumed || t.anew || t.verify {
		found, err := inspect(ctx, t.part.file, t.part.size, t.dir.maxFile, t.buffer)
		switch {
		case err != nil:
			return failed, t.readError(ctx, err)
		case found == cut && !proven:
			return broken, found.problem()
		case found == tooMuch:
			return failed, found.problem()
		case (found == cut || found == damagedData) && t.anew:
			return failed, found.problem()
		case found == cut || found == damagedData:
			t.anew = true
			return stale, found.problem()
		}
		unverified = found == unknown && !proven
	}
	if err := t.dir.finish(t.part); err != nil {
		return failed, err
	}
	t.tracker.file(t.file, t.part.size, 0)
	return done, t.dir.note(t.file, entry{Finished: &finished{
		Name: t.file.Name, Size: t.part.size, Checksum: t.part.sum, Unverified: unverified,
	}})
}

// again waits before the file is asked for again, or returns the error when that has been done often enough.
func (t *transfer) again(ctx context.Context, cause error) error {
	if t.attempts++; t.attempts > maxAttempts {
		return cause
	}
	if err := t.dir.pause(ctx, t.attempts); err != nil {
		return wire.Plain("the context ended before the file was asked for again", errors.Join(err, cause))
	}
	if !t.version.isSet() && t.offset() != t.version.length {
		return t.restart(cause)
	}
	return nil
}

// restart drops what is stored, or returns an error when that has been done often enough.
func (t *transfer) restart(cause error) error {
	if t.restarts++; t.restarts > maxRestarts {
		return unexpected("the file changed too often, or cannot be resumed", cause)
	}
	t.tracker.bytes(-t.offset())
	if t.part != nil {
		_ = t.part.close()
		t.part = nil
	}
	t.version, t.resumed = version{}, false
	return nil
}

func (t *transfer) offset() int64 {
	if t.part == nil {
		return 0
	}
	return t.part.size
}

// readError is the error of reading what was stored.
func (t *transfer) readError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return storage("read", shown(t.place), err)
}
