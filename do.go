package pronet

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
)

// callOf is the call that a request of a user's makes.
func callOf(request api.Request) (transport.Call, error) {
	op := &wire.Op{
		Name: request.Name, Provider: request.Provider, Method: request.Method, Route: request.Route, Origin: request.Origin,
		Class: request.Class, Retry: request.Retry, InDoubt: "see whether the call took effect",
	}
	if op.Name == "" {
		op.Name = "Do"
	}
	call := transport.Call{Op: op, Path: request.PathValues, EncodedPath: request.EncodedPath, Query: request.RawQuery}
	if request.RawQuery == "" {
		call.Query = request.Query.Encode()
	}
	if err := checkRequest(request, op); err != nil {
		return call, fmt.Errorf("%s: %w: %w", op.Name, ErrInvalid, err)
	}
	for name, values := range request.Header {
		for _, value := range values {
			call.Options = append(call.Options, api.WithHeader(name, value))
		}
	}
	if request.Body != nil {
		body, err := transport.JSON(request.Body)
		if err != nil {
			return call, fmt.Errorf("%s: %w", op.Name, err)
		}
		call.Body = body
	}
	return call, nil
}

// checkRequest refuses what would not be a request to one path of the provider.
func checkRequest(request api.Request, op *wire.Op) error {
	switch {
	case op.Method == "" || strings.Trim(op.Method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "":
		return fmt.Errorf("%.20q is not an HTTP method", op.Method)
	case len(request.Query) > 0 && request.RawQuery != "":
		return fmt.Errorf("both Query and RawQuery are set")
	case strings.ContainsFunc(request.RawQuery, notInURL):
		return fmt.Errorf("the RawQuery holds a byte that must be escaped")
	case request.EncodedPath != "" && len(request.PathValues) > 0:
		return fmt.Errorf("both EncodedPath and PathValues are set")
	case request.EncodedPath != "":
		if request.Route == "" {
			return fmt.Errorf("no Route, which is what errors and logs show instead of EncodedPath")
		}
		return checkEncoded(request.EncodedPath)
	case !strings.HasPrefix(op.Route, "/"):
		return fmt.Errorf("the route must begin with a slash")
	case strings.ContainsAny(op.Route, "?#%\\\r\n\t "):
		return fmt.Errorf("the route holds more than a path: use Query and PathValues")
	}
	return checkSegments(op.Route)
}

func checkEncoded(path string) error {
	plain, err := url.PathUnescape(path)
	switch {
	case err != nil || strings.ContainsFunc(path, notInURL) || strings.ContainsAny(path, "?#"):
		return fmt.Errorf("the EncodedPath is not properly escaped")
	case !strings.HasPrefix(path, "/"):
		return fmt.Errorf("the EncodedPath must begin with a slash")
	case strings.ContainsAny(plain, "\x00\r\n"):
		return fmt.Errorf("the EncodedPath holds a control character")
	}
	return checkSegments(path)
}

func checkSegments(path string) error {
	for segment := range strings.SplitSeq(path[1:], "/") {
		plain, err := segment, error(nil)
		if strings.Contains(segment, "%") {
			plain, err = url.PathUnescape(segment)
		}
		if err != nil || plain == "" || plain == "." || plain == ".." {
			return fmt.Errorf("the path has the segment %q", segment)
		}
	}
	return nil
}

func notInURL(r rune) bool {
	return r <= ' ' || r >= 0x7f || r == '"' || r == '<' || r == '>' || r == '\\'
}
