package webhook_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/webhook"
)

// printed returns a value as each way of printing writes it, itself and behind a pointer, in a struct and in a list.
func printed(value any) string {
	pointer := reflect.New(reflect.TypeOf(value))
	pointer.Elem().Set(reflect.ValueOf(value))
	var out bytes.Buffer
	text, asJSON := slog.New(slog.NewTextHandler(&out, nil)), slog.New(slog.NewJSONHandler(&out, nil))
	for _, v := range []any{value, pointer.Interface(), struct{ V any }{value}, []any{value}, map[string]any{"v": value}} {
		for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
			fmt.Fprintf(&out, format, v)
		}
		encoded, err := json.Marshal(v)
		out.Write(encoded)
		fmt.Fprint(&out, err)
		text.Info("x", "v", v)
		asJSON.Info("x", "v", v)
		_ = json.NewDecoder(strings.NewReader(`{"token":7}`)).Decode(pointer.Interface())
	}
	return out.String()
}

// TestR67NothingExportedPrintsATokenOrASecret: whoever adds a type says here which value of it holds one, if any can.
func TestR67NothingExportedPrintsATokenOrASecret(t *testing.T) {
	pathToken := webhook.NewPathToken()
	url, err := webhook.CallbackURL("https://hooks.example.com", pathToken)
	require.NoError(t, err)
	endpoint := webhook.Endpoint{Label: "base", Token: pathToken}
	byToken, err := webhook.Coresignal(endpoint)
	require.NoError(t, err)
	bySecret, err := webhook.HMAC("hmac", bodyScheme(), webhook.DecodeRaw, testSecret)
	require.NoError(t, err)
	var received []webhook.Received
	var deliveries []*webhook.Delivery
	sink := webhook.Func(func(_ context.Context, d *webhook.Delivery) error { deliveries = append(deliveries, d); return nil })
	var started []webhook.Start
	observer := webhook.Observer{
		Start: func(ctx context.Context, s webhook.Start) (context.Context, webhook.Trace) {
			started = append(started, s)
			return ctx, webhook.Trace{"traceparent": "x"}
		},
		Received: func(_ context.Context, r webhook.Received) { received = append(received, r) },
	}
	store, err := webhook.NewMemoryStore(10, nil)
	require.NoError(t, err)
	options := []webhook.Option{webhook.WithObserver(observer), webhook.WithStore(store)}
	handlers := []*webhook.Handler{newHandlerOf(t, byToken, sink, options...), newHandlerOf(t, bySecret, sink, options...)}
	var checks []webhook.Check
	for i, r := range []*http.Request{httptest.NewRequest(http.MethodPost, url, strings.NewReader(testNotice)), signedRequest(t, testNotice)} {
		require.Equal(t, http.StatusOK, serve(handlers[i], r).StatusCode)
		check, err := handlerVerifier(byToken, bySecret)[i].Admit(r)
		require.NoError(t, err)
		checks = append(checks, check)
	}
	// Almost right.
	serve(handlers[0], httptest.NewRequest(http.MethodPost, url+"x", strings.NewReader(testNotice)))
	serve(handlers[1], httptest.NewRequest(http.MethodPost, "/", strings.NewReader(testNotice)))
	require.Len(t, received, 4)
	require.Len(t, started, 2)
	claim, err := store.Claim(t.Context(), "key", time.Minute)
	require.NoError(t, err)

	customer := webhook.LinkedInEndpoint{Label: "acme", Secrets: []string{testSecret}, Applications: map[string]string{"child": pathToken}}
	ofLinkedIn, err := webhook.LinkedIn(customer)
	require.NoError(t, err)
	tenants := new(webhook.Tenants[string])
	require.NoError(t, tenants.SetEndpoint(customer, "acme"))
	examined, err := webhook.DoctorLinkedIn(tenants.Sender(), webhook.DoctorOptions{Previous: []string{testSecret}})
	require.NoError(t, err)
	linkedInCheck, err := ofLinkedIn.Verifier.Admit(linkedInPost("/acme", strings.Repeat("0", 64), ""))
	require.NoError(t, err)
	checks = append(checks, linkedInCheck)

	values := map[string][]any{
		"Endpoint": {endpoint, []webhook.Endpoint{endpoint}, map[webhook.Endpoint]int{endpoint: 1}},
		"Sender":   {byToken, bySecret, ofLinkedIn, examined},
		"Verifier": {byToken.Verifier, bySecret.Verifier, ofLinkedIn.Verifier, examined.Verifier},
		"Handler":  {handlers[0], handlers[1]},
		"Start":    {started}, "Trace": {deliveries[0].Trace}, "Received": {received}, "Delivery": {*deliveries[0], *deliveries[1]}, "Event": {deliveries[0].Events, deliveries[1].Events},
		"HandlerStatus": {handlers[0].Status(), handlers[1].Status()},
		"HMACScheme":    {bodyScheme()}, "SignedPart": {webhook.SignedBody()}, "SecretForm": {webhook.ChosenSecret}, "SignatureEncoding": {webhook.Hex},
		"MemoryStore": {store}, "Store": {store}, "Claim": {claim}, "ClaimResult": {claim.Result},
		"Option": {options}, "Observer": {observer}, "Sink": {sink}, "Func": {sink}, "Check": {checks}, "Decoder": {webhook.Decoder(webhook.DecodeRaw)},
		"EmployeeChanged": {webhook.EmployeeChanged{}}, "Unknown": {webhook.Unknown{}}, "Status": {webhook.StatusChanged}, "Result": {webhook.ResultAccepted},
		"DoctorOptions": {webhook.DoctorOptions{Previous: []string{testSecret}}}, "SalesEvent": {webhook.SalesEvent{}},
		"LinkedInEndpoint": {customer}, "Tenants": {tenants}, "TenantStatus": {webhook.TenantStatus{}}, "ProspectNoteDeleted": {webhook.ProspectNoteDeleted{}}, "CandidateExported": {webhook.CandidateExported{}},
		"IntegrationStatusChanged": {webhook.IntegrationStatusChanged{}}, "JobsResyncAsked": {webhook.JobsResyncAsked{}},
		"JobPostingStatusChanged": {webhook.JobPostingStatusChanged{}}, "LeadAction": {webhook.LeadAction{}}, "SocialAction": {webhook.SocialAction{}},
		"Kept": nil, "KeptStore": nil, "Subject": nil, "Undone": nil, "Key": {deliveries[0].Keys}, // of others
	}
	for _, name := range exportedTypes(t) {
		_, named := values[name]
		assert.True(t, named, "%s: which value of it could hold a token or a secret?", name)
	}
	// What the constructors and the helpers say of tokens and secrets that they refuse.
	refused := make([]error, 0, 8)
	for _, wrong := range []string{pathToken + ".", pathToken + strings.Repeat("x", 100), pathToken[:21], "coresignal-webhook-prod"} {
		_, err := webhook.PathToken(endpoint, endpoint)
		_, ofToken := webhook.PathToken(webhook.Endpoint{Label: "base", Token: wrong})
		_, ofURL := webhook.CallbackURL("https://hooks.example.com", wrong)
		_, ofBase := webhook.CallbackURL("ftp://hooks.example.com/"+pathToken, pathToken)
		_, ofSecret := webhook.HMAC("own", webhook.HMACScheme{Header: "X"}, webhook.DecodeRaw, testSecret+"\n", wrong)
		_, ofBase64 := webhook.HMAC("own", webhook.HMACScheme{Header: "X", SecretForm: webhook.Base64Secret}, webhook.DecodeRaw, testSecret+"-")
		refused = append(refused, err, ofToken, ofURL, ofBase, ofSecret, ofBase64)
	}
	_, err = webhook.LinkedIn(webhook.LinkedInEndpoint{Secrets: []string{testSecret + "\n"}})
	refused = append(refused, err, tenants.Set(testSecret+"/", "", testSecret), tenants.Set("a", "", testSecret, pathToken+"\n"))
	for i, err := range refused {
		require.Error(t, err, i)
	}
	values["errors"] = []any{refused}

	for _, canary := range []string{pathToken, testSecret} {
		forms := map[string]string{
			"as it is": canary, "hex": hex.EncodeToString([]byte(canary)), "upper hex": strings.ToUpper(hex.EncodeToString([]byte(canary))),
			"base64": base64.StdEncoding.EncodeToString([]byte(canary))[:40], "numbers": strings.Trim(fmt.Sprint([]byte(canary)), "[]"),
			"beginning": canary[:20], "end": canary[len(canary)-20:],
		}
		for name, list := range values {
			for _, value := range list {
				text := printed(value)
				for form, secret := range forms {
					assert.False(t, strings.Contains(text, secret), "%s, %s", name, form) //nolint:testifylint // the text is long
				}
			}
		}
	}
}

func handlerVerifier(senders ...webhook.Sender) []webhook.Verifier {
	verifiers := make([]webhook.Verifier, 0, len(senders))
	for _, s := range senders {
		verifiers = append(verifiers, s.Verifier)
	}
	return verifiers
}

// exportedTypes are the names of the package's exported types, as its source has them.
func exportedTypes(t *testing.T) []string {
	var names []string
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			if spec, ok := n.(*ast.TypeSpec); ok && spec.Name.IsExported() {
				names = append(names, spec.Name.Name)
			}
			return true
		})
	}
	require.Contains(t, names, "Endpoint")
	return names
}
