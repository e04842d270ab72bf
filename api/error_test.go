package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/pronettest"
	"github.com/pronet-go/pronet/internal/wire"
)

var collect = &wire.Op{
	Name: "employee.Base.Collect", Provider: api.Coresignal, Method: http.MethodGet, Route: "/v2/collect/{employee}", InDoubt: "look at the credits",
}

// TestR67UnknownIDErrorIsPrintedWithoutTheBody, which may hold a webhook's token.
func TestR67UnknownIDErrorIsPrintedWithoutTheBody(t *testing.T) {
	e := &api.UnknownIDError{What: "job", Raw: []byte("CANARY")}
	for _, v := range []any{e, *e, []api.UnknownIDError{*e}, struct{ E *api.UnknownIDError }{e}, &api.Error{Cause: e}} {
		var logged bytes.Buffer
		slog.New(slog.NewJSONHandler(&logged, nil)).Info("m", "v", v)
		slog.New(slog.NewTextHandler(&logged, nil)).Info("m", "v", v)
		encoded, err := json.Marshal(v)
		require.NoError(t, err)
		for _, text := range []string{fmt.Sprintf("%v %+v %#v %s %q %x %d", v, v, v, v, v, v, v), logged.String(), string(encoded)} {
			for _, form := range []string{"CANARY", "67 65 78", "434e", "43414e", "Q0FOQVJZ"} {
				assert.NotContains(t, text, form, "%T", v)
			}
		}
	}
}

// TestErrorText pins what a person reads.
func TestErrorText(t *testing.T) {
	with := func(e *api.Error, change func(*api.Error)) *api.Error {
		change(e)
		return e
	}
	for want, e := range map[string]*api.Error{
		"employee.Base.Collect: coresignal responded with 404, not found":                          wire.NewStatusError(collect, 404),
		"employee.Base.Collect: coresignal responded with 200":                                     wire.NewStatusError(collect, 200),
		"employee.Base.Collect: coresignal":                                                        wire.NewError(collect, nil, nil),
		"employee.Base.Collect: coresignal: provider not configured":                               wire.NewError(collect, api.ErrNotConfigured, nil),
		"employee.Base.Collect: coresignal: the context was cancelled":                             wire.NewError(collect, nil, context.Canceled),
		"employee.Base.Collect: coresignal: provider unavailable: connection refused":              wire.NewError(collect, api.ErrUnavailable, syscall.ECONNREFUSED),
		"employee.Base.Collect: coresignal: provider unavailable: the file is too short":           wire.NewError(collect, api.ErrUnavailable, wire.Plain("the file is too short", io.EOF)),
		"employee.Base.Collect: coresignal responded with 402, not enough credits (code NO_MONEY)": with(wire.NewStatusError(collect, 402), func(e *api.Error) { e.Code = "NO_MONEY" }),
		"employee.Base.Collect: coresignal responded with 500, provider unavailable (request r-1.a:b_C)": with(wire.NewStatusError(collect, 500), func(e *api.Error) {
			e.RequestID = "r-1.a:b_C"
		}),
		"employee.Base.Collect: coresignal responded with 429, rate limited, asks to wait 1m30s, after 3 attempts": with(wire.NewStatusError(collect, 429), func(e *api.Error) {
			e.RetryAfter, e.Attempts = 90*time.Second, 3
		}),
		"employee.Base.Collect: coresignal: provider unavailable, may have been applied; before you retry: look at the credits": with(
			wire.NewError(collect, api.ErrUnavailable, nil), func(e *api.Error) {
				wire.Add(e, api.ErrMaybeApplied)
				e.InDoubt, e.Attempts = collect.InDoubt, 1
			}),
	} {
		assert.Equal(t, want, e.Error())
		assert.Equal(t, want, e.LogValue().String())
	}
}

// TestErrorTextLeavesOutWhatAProviderWrote has codes and ids that are no plain words.
func TestErrorTextLeavesOutWhatAProviderWrote(t *testing.T) {
	long := strings.Repeat("A", 65)
	for _, hostile := range []string{
		"", "lower case", "CODE: person@example.com", "A\nB", "A\x1b[31m", "ÄB", long, "A/B", "<b>", `"`, "A B", "\u2028", "%s", "a;b",
	} {
		e := wire.NewStatusError(collect, 400)
		e.Code, e.RequestID, e.Message = hostile, hostile, hostile+"m"
		e.Body, e.Header = []byte(hostile), http.Header{"X": {hostile}}
		assert.Equal(t, "employee.Base.Collect: coresignal responded with 400, invalid request", e.Error(), "%q", hostile)
	}
	e := wire.NewStatusError(collect, 400)
	e.Code, e.RequestID = long[:64], long[:64]
	assert.Contains(t, e.Error(), "(code "+e.Code+") (request "+e.RequestID+")", "64 bytes are a plain word")
	e.Code = "lower_case"
	assert.NotContains(t, e.Error(), "lower", "a code is of capital letters")
}

// TestR4ErrorIsSafeWhateverPrintsIt prints an error, a copy of it and values that hold it.
func TestR4ErrorIsSafeWhateverPrintsIt(t *testing.T) {
	e := wire.NewStatusError(collect, 500)
	e.Code, e.Message, e.RequestID, e.Body = "canary code", "CANARY", "CANARY id", []byte("CANARY")
	e.Header = http.Header{"X-CANARY": {"CANARY"}}
	e.Cause = fmt.Errorf("CANARY: %w", &net.OpError{Op: "read", Source: &net.UnixAddr{Name: "CANARY"}, Err: errors.New("CANARY")})
	type holder struct {
		Err   error
		Copy  api.Error
		inner error
	}
	for _, v := range []any{e, *e, holder{e, *e, e}, &holder{e, *e, e}, []any{e, *e}, map[string]any{"e": e}, errors.Join(e, io.EOF), fmt.Errorf("x: %w", e)} {
		texts := []string{fmt.Sprint(v), fmt.Sprintf("%v %+v %#v", v, v, v)}
		encoded, err := json.Marshal(v)
		require.NoError(t, err)
		var log strings.Builder
		slog.New(slog.NewJSONHandler(&log, nil)).Error("m", "v", v)
		slog.New(slog.NewTextHandler(&log, nil)).Error("m", "v", v)
		for _, text := range append(texts, string(encoded), log.String()) {
			assert.NotContains(t, strings.ToUpper(text), "CANARY")
		}
	}
	text := "employee.Base.Collect: coresignal responded with 500, provider unavailable: the connection failed"
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%d", "%x"} {
		assert.Equal(t, text, fmt.Sprintf(format, e))
	}
	assert.Equal(t, `"`+text+`"`, fmt.Sprintf("%q", e))
	encoded, err := json.Marshal(e)
	require.NoError(t, err)
	assert.Equal(t, `"`+text+`"`, string(encoded))
	assert.Equal(t, "<nil>", fmt.Sprintf("%v", (*api.Error)(nil)))
}

// TestErrorIsFound pins that kinds and causes are found through wrapping.
func TestErrorIsFound(t *testing.T) {
	cause := &net.OpError{Op: "read", Err: syscall.ECONNRESET}
	e := wire.NewError(collect, api.ErrUnavailable, errors.Join(context.DeadlineExceeded, cause))
	wire.Add(e, api.ErrMaybeApplied)
	wrapped := fmt.Errorf("while syncing: %w", e)
	for _, target := range []error{e, api.ErrUnavailable, api.ErrMaybeApplied, context.DeadlineExceeded, cause, syscall.ECONNRESET} {
		assert.ErrorIs(t, wrapped, target)
	}
	assert.NotErrorIs(t, wrapped, api.ErrNotFound)
	found, ok := errors.AsType[*api.Error](wrapped)
	require.True(t, ok)
	assert.Same(t, e, found)
	op, ok := errors.AsType[*net.OpError](wrapped)
	require.True(t, ok)
	assert.Same(t, cause, op)
	assert.Empty(t, wire.NewError(collect, nil, nil).Unwrap())
}

// TestUnwrapDoesNotShare pins that adding to what Unwrap returned does not change the error.
func TestUnwrapDoesNotShare(t *testing.T) {
	e := wire.NewStatusError(collect, 404)
	_ = append(e.Unwrap(), io.EOF)
	e.Unwrap()[0] = io.EOF
	wire.Add(e, api.ErrMaybeApplied)
	assert.NotErrorIs(t, e, io.EOF)
	assert.ErrorIs(t, e, api.ErrNotFound)
}

// FuzzErrorText looks for a code or id that breaks the line or shows something beside plain words.
func FuzzErrorText(f *testing.F) {
	f.Add("CODE", "r-1")
	f.Add("a\nb", "<script>")
	f.Add("é", "\x00")
	f.Fuzz(func(t *testing.T, code, id string) {
		e := wire.NewStatusError(collect, 500)
		e.Code, e.RequestID, e.Message = code, id, code+id
		text := e.Error()
		if len(text) > 250 {
			t.Fatalf("%d bytes", len(text))
		}
		for i := range len(text) {
			if text[i] < ' ' || text[i] > '~' || strings.IndexByte(`<>"'%&;`, text[i]) >= 0 {
				t.Fatalf("%q", text)
			}
		}
	})
}

// TestR67UnknownIDErrorHidesTheResponse, which may hold a webhook's URL.
func TestR67UnknownIDErrorHidesTheResponse(t *testing.T) {
	const token = "pnt_canary_0123456789"
	e := &api.UnknownIDError{What: "job", Raw: []byte(`{"webhook_url":"https://hooks.company.com/` + token + `"}`)}
	for _, value := range []any{e, *e} {
		printed := pronettest.Printed(value)
		for _, spelling := range pronettest.Spellings(token) {
			assert.NotContains(t, printed, spelling)
		}
		assert.Contains(t, printed, "the job was accepted, but its id was not found in the response")
	}
}
