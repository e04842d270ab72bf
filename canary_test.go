package pronet_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/saleswebhooks"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
)

// printed collects all that a program could print of a client, its errors, its log and its observer.
type printed struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (p *printed) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.all.Write(b)
}

func (p *printed) value(v any) {
	fmt.Fprintf(p, "%v\n%+v\n%#v\n%s\n%q\n", v, v, v, v, v)
	if encoded, err := json.Marshal(v); err == nil {
		fmt.Fprintf(p, "%s\n", encoded)
	}
	var holder struct{ v any }
	holder.v = v
	fmt.Fprintf(p, "%+v\n", holder)
	for _, handler := range []slog.Handler{slog.NewTextHandler(p, nil), slog.NewJSONHandler(p, nil)} {
		slog.New(handler).Info("printed", "value", v, "nested", struct{ Value any }{v}, "held", holder)
	}
}

// TestR3KeysAreNeverPrinted makes every call fail in every way, with a debug log, an observer and every way to print,
// and looks for the keys, the webhook's secret and what the provider wrote.
func TestR3KeysAreNeverPrinted(t *testing.T) {
	const secretPath = "pnt_canary_in_the_callback_path_0123456789"
	const prose = "canary prose of the provider about jane.doe@example.com"
	out := &printed{}
	sb, err := sandbox.Start(coresignal.WithPeople(20))
	require.NoError(t, err)
	defer sb.Close()
	observer := api.Observer{
		Start:   func(ctx context.Context, op api.Op) context.Context { out.value(op); return ctx },
		Wait:    func(_ context.Context, w api.Wait) { out.value(w) },
		Attempt: func(_ context.Context, a api.Attempt) { out.value(a) },
		End:     func(_ context.Context, e api.End) { out.value(e) },
	}
	logger := slog.New(slog.NewJSONHandler(out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	client, err := pronet.New(append(sb.Options(), pronet.WithLogger(logger), pronet.WithObserver(observer))...)
	require.NoError(t, err)
	defer client.CloseIdleConnections()
	c := &contract{sb, client, sb.Coresignal.PersonIDs()[:3]}
	existing, err := sb.SalesWebhooks.Subscribe("contact", "https://linkedin.com/in/jane.doe")
	require.NoError(t, err)
	_, err = client.SalesWebhooks.Webhook.Configure(t.Context(), saleswebhooks.WebhookSettings{EndpointURL: hook + "/" + secretPath})
	require.NoError(t, err)
	all := maps.Clone(calls)
	sales := &salesCall{sb, client, existing}
	for name, call := range salesCalls {
		all[name] = func(ctx context.Context, _ *contract) error { return call(ctx, sales) }
	}
	elsewhere := httptest.NewServer(http.NotFoundHandler())
	defer elsewhere.Close()

	for _, fault := range []sandbox.Fault{
		{Status: 401, Body: `{"detail":"` + prose + `"}`},
		{Status: 409, Body: `{"error":"DUPLICATE_SUBSCRIPTION","message":"` + prose + `","details":{"existing_subscription_id":"` + prose + `"}}`},
		{Status: 422, Body: `{"error":{"type":"VALIDATION_ERROR","message":"` + prose + `","details":{"field":"` + prose + `","value":"jane.doe"}}}`},
		{Status: 403, Body: `{"error":"TIER_LIMIT_EXCEEDED","message":"` + prose + `","details":{"tier":"` + prose + `"}}`},
		{Status: 402, Body: `{"detail":"` + prose + `"}`},
		{Status: 422, Body: `{"detail":[{"msg":"` + prose + `"}]}`},
		{Status: 429, RetryAfter: "864000"},
		{Status: 500, Body: prose},
		{HTML: true, Status: 502},
		{Status: 200, Body: `"` + prose},
		{Redirect: elsewhere.URL + "/" + prose},
		{Drop: sandbox.DropBeforeAct},
		{Drop: sandbox.DropMidBody},
	} {
		sb.ClearFaults()
		sb.Fail(fault)
		for name, call := range all {
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			if err := call(ctx, c); err != nil {
				out.value(err)
				out.value(fmt.Errorf("wrapped: %w", errors.Join(err, errors.New(name))))
			}
			cancel()
		}
	}
	_, err = client.Subscriptions.Base.CreateFromIDs(t.Context(), employee.IDs(1), optionsTo("https://127.0.0.1.nip.io:notaport/"+secretPath))
	out.value(err)
	_, err = client.Subscriptions.Base.CreateFromIDs(t.Context(), employee.IDs(1), optionsTo("https://10.0.0.1/"+secretPath))
	out.value(err)
	out.value(client)
	out.value(*client)
	_, err = pronet.New(pronet.WithCoresignal(sb.Coresignal.APIKey() + "\n"))
	out.value(err)
	_, err = pronet.New(pronet.WithCoresignalV1(" " + sb.Coresignal.JWT()))
	out.value(err)

	_, err = pronet.New(pronet.WithSalesWebhooks(sb.SalesWebhooks.APIKey() + "\r"))
	out.value(err)
	_, err = pronet.New(pronet.WithSalesWebhooks("lwa.sk_live_canary and more"))
	out.value(err)

	text := out.all.String()
	require.Greater(t, len(text), 100_000)
	for _, canary := range []string{sb.Coresignal.APIKey(), sb.Coresignal.JWT(), sb.SalesWebhooks.APIKey(), sb.SalesWebhooks.Secret(), "lwa.sk_", "whsec_", existing, secretPath, "canary prose", "jane.doe", elsewhere.URL} {
		for line := range strings.Lines(text) {
			if strings.Contains(line, canary) {
				t.Fatalf("%.20q... is printed: %.300s", canary, line)
			}
		}
	}
	assert.NotContains(t, text, fmt.Sprint(c.ids[0]), "nor the employee's id, which is in the path")
}
