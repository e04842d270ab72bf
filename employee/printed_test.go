package employee_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/internal/pronettest"
	"github.com/pronet-go/pronet/internal/pronettest/sandboxtest"
)

// TestR3NoTypePrintsTheKey: whatever came out of a client, and the errors of a provider that repeats the key.
func TestR3NoTypePrintsTheKey(t *testing.T) {
	const key = "canary0123456789canary0123456789"
	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write([]byte(`{"detail":"wrong key ` + r.Header.Get("Apikey") + `"}`))
	}))
	defer refusing.Close()
	client := sandboxtest.Connect(t, pronet.WithCoresignal(key, pronet.BaseURL(refusing.URL)))
	e := client.Employees
	_, refused := e.Base.Collect(t.Context(), employee.ID(1))
	require.ErrorIs(t, refused, pronet.ErrUnauthorized)
	budgeted := e.Base.WithBudget(employee.NewBudget(10))
	for name, value := range map[string]any{
		"Service": e, "a copy": *e, "V1": *e.V1, "Base": *e.Base, "Clean": *e.Clean, "MultiSource": *e.MultiSource, "RealTime": *e.RealTime,
		"with a budget": *budgeted, "its error": refused, "a result": employee.Result[employee.BaseRecord]{Ref: employee.ID(1), Err: refused},
	} {
		printed := pronettest.Printed(value)
		for _, spelling := range pronettest.Spellings(key) {
			assert.NotContains(t, printed, spelling, name)
		}
	}
}
