package api_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pronet-go/pronet/api"
)

func TestCreditsRemaining(t *testing.T) {
	for value, want := range map[string]int64{"0": 0, "17": 17, "9223372036854775807": 1<<63 - 1, "-3": -3} {
		got, ok := (&api.Meta{Header: http.Header{"X-Credits-Remaining": {value}}}).CreditsRemaining()
		assert.True(t, ok, value)
		assert.Equal(t, want, got)
	}
	for _, value := range []string{"", "many", "1.5", "1e3", " 1", "9223372036854775808", "000000000000000000001", "0x10"} {
		_, ok := (&api.Meta{Header: http.Header{"X-Credits-Remaining": {value}}}).CreditsRemaining()
		assert.False(t, ok, value)
	}
	_, ok := (&api.Meta{}).CreditsRemaining()
	assert.False(t, ok)
}
