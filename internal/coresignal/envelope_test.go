package coresignal_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/coresignal"
)

func TestReadError(t *testing.T) {
	for _, c := range []struct{ name, body, message, request string }{
		{"the provider's", `{"detail":"Insufficient credits"}`, "Insufficient credits", ""},
		{"the gateway's", `{"message":"no Route matched with those values","request_id":"ab12"}`, "no Route matched with those values", "ab12"},
		{"a list", `{"detail":[{"loc":["body","ids"],"msg":"bad"}]}`, `[{"loc":["body","ids"],"msg":"bad"}]`, ""},
		{"HTML", `<html>502</html>`, "", ""},
		{"another type", `{"message":17}`, "", ""},
		{"nothing", ``, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := &api.Error{Body: []byte(c.body)}
			coresignal.ReadError(e)
			assert.Equal(t, c.message, e.Message)
			assert.Equal(t, c.request, e.RequestID)
		})
	}
	kept := &api.Error{Body: []byte(`{"message":"m","request_id":"from-body"}`), RequestID: "from-header"}
	coresignal.ReadError(kept)
	assert.Equal(t, "from-header", kept.RequestID)
}
