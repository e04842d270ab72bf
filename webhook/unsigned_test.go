package webhook_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/webhook"
)

func TestUnsigned(t *testing.T) {
	v := webhook.Unsigned("gateway")
	r := post(nil)
	require.NoError(t, admit(v, r))
	label, err := webhook.Verify(v, r, []byte("anything"))
	require.NoError(t, err)
	assert.Equal(t, "gateway", label)
}
