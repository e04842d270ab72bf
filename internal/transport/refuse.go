package transport

import (
	"context"
	"errors"
	"fmt"

	"github.com/pronet-go/pronet/api"
)

// Refuse wraps an error that a service found before anything was sent: it names the operation and is api.ErrInvalid,
// unless it is that the caller's context ended.
func Refuse(op *api.Op, err error) error {
	if errors.Is(err, api.ErrInvalid) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%s: %w", op.Name, err)
	}
	return fmt.Errorf("%s: %w: %w", op.Name, api.ErrInvalid, err)
}
