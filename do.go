package pronet

import (
	"fmt"
	"strings"

	"github.com/pronet-go/pronet/internal/wire"
)

// checkRequest refuses what would not be a request to one path of the provider.
func checkRequest(op *wire.Op) error {
	switch {
	case op.Method == "" || strings.Trim(op.Method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "":
		return fmt.Errorf("%s: %.20q is not an HTTP method: %w", op.Name, op.Method, ErrInvalid)
	case !strings.HasPrefix(op.Route, "/"):
		return fmt.Errorf("%s: the route must begin with a slash: %w", op.Name, ErrInvalid)
	case strings.ContainsAny(op.Route, "?#%\\\r\n\t "):
		return fmt.Errorf("%s: the route holds more than a path: use Query and PathValues: %w", op.Name, ErrInvalid)
	}
	for segment := range strings.SplitSeq(op.Route[1:], "/") {
		if segment == "" || segment == "." || segment == ".." {
			return fmt.Errorf("%s: the route has the segment %q: %w", op.Name, segment, ErrInvalid)
		}
	}
	return nil
}
