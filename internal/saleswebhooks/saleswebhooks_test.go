package saleswebhooks_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pronet-go/pronet/api"
	sw "github.com/pronet-go/pronet/internal/saleswebhooks"
	"github.com/pronet-go/pronet/internal/wire"
)

// TestReadError: both documented forms, and what only looks like one of them.
func TestReadError(t *testing.T) {
	for body, code := range map[string]string{
		`{"error":"VALIDATION_ERROR","message":"Invalid","details":{"field":"x"}}`:             "VALIDATION_ERROR",
		`{"error":{"type":"AUTHENTICATION_FAILED","message":"Invalid","request_id":"req_1"}}`:  "AUTHENTICATION_FAILED",
		`{"error":{"type":"TIER_LIMIT_EXCEEDED","message":"Full","code":"E1","details":null}}`: "TIER_LIMIT_EXCEEDED",
		`{"error":"gone"}`:                        "",
		`{"error":"NOT_FOUND"}`:                   "",
		`{"error":"not_found","message":"m"}`:     "",
		`{"error":"Not found","message":"m"}`:     "",
		`{"error":{"type":"x","message":"m"}}`:    "",
		`{"error":{"message":"m"}}`:               "",
		`{"error":[1],"message":"m"}`:             "",
		`{"message":"no Route matched"}`:          "",
		`{}`:                                      "",
		`<html>`:                                  "",
		``:                                        "",
		`{"error":null,"message":"m"}`:            "",
		`{"error":"42_NOT_A_TYPE","message":"m"}`: "",
	} {
		e := wire.NewStatusError(&wire.Op{Name: "Things.Do"}, 403)
		e.Body = []byte(body)
		assert.Equal(t, code != "", sw.ReadError(e), body)
		assert.Equal(t, code, e.Code, body)
		if code == sw.TierLimit {
			assert.ErrorIs(t, e, sw.ErrTierLimit)
			assert.NotErrorIs(t, e, api.ErrForbidden)
		} else {
			assert.ErrorIs(t, e, api.ErrForbidden)
		}
	}
}

func TestSettings(t *testing.T) {
	var s sw.Settings
	assert.Equal(t, []string{"write", "read", "read"}, []string{s.Class(sw.Cancels), s.Class(sw.Exports), s.Class(sw.Accounts)})
	assert.Equal(t, 100, s.CancelAtOnce())
	s = sw.Settings{Classes: map[sw.Calls]string{sw.Cancels: "", sw.Exports: "bulk"}, MaxBulkCancel: 7}
	assert.Equal(t, []string{"", "bulk", "read"}, []string{s.Class(sw.Cancels), s.Class(sw.Exports), s.Class(sw.Accounts)})
	assert.Equal(t, 7, s.CancelAtOnce())
}
