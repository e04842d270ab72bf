package download

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/transport"
)

// Opener asks the provider for a file. The header is added to the request.
type Opener func(ctx context.Context, name string, header http.Header) (*transport.Stream, error)

// version is one version of a file: what tells it from others, and its length, -1 while that is not known.
type version struct {
	validator
	length int64
}

// askFor is the header of a request for a version from an offset on.
func (v version) askFor(offset int64) http.Header {
	header := http.Header{"Accept-Encoding": {"identity"}}
	if offset > 0 {
		header.Set("Range", "bytes="+strconv.FormatInt(offset, 10)+"-")
		header.Set("If-Range", v.ifRange())
	}
	return header
}

// versionOf is the version that a whole response has. One that is encoded is not resumed.
func versionOf(stream *transport.Stream) version {
	v := version{validator: validatorOf(stream.Header), length: stream.Length}
	if isEncoded(stream.Header) {
		v.validator = validator{}
	}
	return v
}

// goesOn checks that a response with a part goes on with this version at the offset, and returns where the part ends (-1
// when that is not said) and the version with what the part says of it.
func (v version) goesOn(stream *transport.Stream, offset int64) (version, int64, bool) {
	h := stream.Header
	r, ok := rangeOf(h)
	switch {
	case !ok || r.first != offset || isEncoded(h) || !v.matches(h):
		return v, 0, false
	case strings.HasPrefix(strings.ToLower(strings.TrimSpace(h.Get("Content-Type"))), "multipart/"):
		return v, 0, false
	case v.length >= 0 && (r.total != v.length || r.last >= v.length):
		return v, 0, false
	case stream.Length >= 0 && stream.Length != r.last-r.first+1:
		return v, 0, false
	}
	if v.length < 0 {
		v.length = r.total
	}
	return v, r.last + 1, true
}

// endsAt reports whether an error says that the version has no more than offset bytes.
func (v version) endsAt(err error, offset int64) bool {
	e, ok := errors.AsType[*api.Error](err)
	if !ok || e.Status != http.StatusRequestedRangeNotSatisfiable {
		return false
	}
	r, ok := rangeOf(e.Header)
	return ok && r.first < 0 && r.total == offset && (v.length < 0 || v.length == offset) &&
		(len(e.Header["Etag"]) == 0 || v.ETag == "" || v.matches(e.Header))
}

// isUnsatisfiable reports whether an error is a 416.
func isUnsatisfiable(err error) bool {
	e, ok := errors.AsType[*api.Error](err)
	return ok && e.Status == http.StatusRequestedRangeNotSatisfiable
}

// isOutage reports whether no response came.
func isOutage(err error) bool {
	e, ok := errors.AsType[*api.Error](err)
	return ok && e.Status == 0 && errors.Is(err, api.ErrUnavailable)
}

// isHostOutage reports whether the host failed to which the provider redirected: the pipeline, which retries what the
// provider does not respond to, has not tried it again.
func isHostOutage(err error) bool {
	return errors.Is(err, transport.ErrDownloadHost) && errors.Is(err, api.ErrUnavailable)
}

func isEncoded(h http.Header) bool {
	for _, value := range h["Content-Encoding"] {
		if value = strings.TrimSpace(value); value != "" && !strings.EqualFold(value, "identity") {
			return true
		}
	}
	return false
}

// isReadable reports whether what is stored of a response can be read later: as it is, or as gzip, once.
func isReadable(h http.Header) bool {
	switch strings.ToLower(strings.TrimSpace(strings.Join(h["Content-Encoding"], ","))) {
	case "", "identity", "gzip", "x-gzip":
		return true
	}
	return false
}
