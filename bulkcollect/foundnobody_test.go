package bulkcollect_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/bulkcollect"
)

// TestFoundNobody believes the provider's own word about a job's files, and nothing else.
func TestFoundNobody(t *testing.T) {
	failure := func(op string, status int, message string, kinds ...error) error {
		return fmt.Errorf("while waiting: %w", &api.Error{Op: op, Status: status, Message: message, Kinds: kinds})
	}
	const files = "BulkCollect.Clean.Files"
	for name, tt := range map[string]struct {
		err  error
		want bool
	}{
		"as documented":    {failure(files, 404, "Data request not found"), true},
		"as seen":          {failure(files, 422, "No records"), true},
		"a gateway":        {failure(files, 404, "no Route matched", api.ErrUnexpectedResponse), false},
		"a proxy":          {failure(files, 404, ""), false},
		"no credits":       {failure(files, 402, "Insufficient credits"), false},
		"a file":           {failure("BulkCollect.Clean.OpenFile", 404, "File not found"), false},
		"not the provider": {errors.New("404"), false},
		"none":             {nil, false},
	} {
		assert.Equal(t, tt.want, bulkcollect.FoundNobody(tt.err), name)
	}
}
