package linkedin

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"github.com/pronet-go/pronet/sandbox/internal/restli"
)

// integrationIn reads a key of an integration.
func integrationIn(fields map[string]any) (integrationKey, bool) {
	text := func(name string) string {
		value, _ := fields[name].(string)
		return value
	}
	key := integrationKey{text("integrationContext"), text("integrationType"), text("tenantType"), text("dataProvider")}
	return key, key.context != "" && key.kind != "" && key.tenant != "" && key.provider != "" && len(fields) == 4
}

// owns reports whether an integration is of the app's customer.
func (a *app) owns(key integrationKey) bool {
	if key.kind == "CSA_API" {
		return key.context == a.contract
	}
	return key.context == a.organization()
}

func (k integrationKey) text(protocol string) string {
	if protocol == "2.0.0" {
		return "(integrationContext:" + escape(k.context) + ",integrationType:" + k.kind + ",tenantType:" + k.tenant + ",dataProvider:" + k.provider + ")"
	}
	return "dataProvider=" + k.provider + "&integrationContext=" + k.context + "&integrationType=" + k.kind + "&tenantType=" + k.tenant
}

func (i *Integration) wire(key integrationKey) map[string]any {
	status := "DISABLED"
	if i.On {
		status = "ENABLED"
	}
	return map[string]any{
		"integrationContext": key.context, "integrationType": key.kind, "tenantType": key.tenant, "dataProvider": key.provider, "integrationName": i.Name,
		"integrationStatus": status,
	}
}

// idsOf are the keys of a batch.
func (r *request) idsOf() ([]integrationKey, *problem) {
	ids, _ := r.query["ids"].([]any)
	keys := make([]integrationKey, 0, len(ids))
	for _, id := range ids {
		fields, _ := id.(map[string]any)
		key, ok := integrationIn(fields)
		if !ok {
			return nil, badRequest("Parameter 'ids' is invalid")
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return nil, badRequest("Parameter 'ids' is invalid")
	}
	return keys, nil
}

type batch struct {
	Results  map[string]any     `json:"results"`
	Statuses map[string]int     `json:"statuses"`
	Errors   map[string]problem `json:"errors"`
}

func newBatch() batch {
	return batch{Results: map[string]any{}, Statuses: map[string]int{}, Errors: map[string]problem{}}
}

var noIntegration = problem{Status: 404, Code: "NOT_FOUND", Message: "There is no such integration"}

func (st *state) findIntegrations(r *request) (any, *problem) {
	if r.query.Has("q") {
		if r.query.Text("q") != "request" {
			return nil, &noFinder
		}
		key, ok := st.recruiter.changes[r.query.Text("requestId")]
		if !ok || !r.app.owns(key) {
			return nil, &unknownEvent
		}
		return page{Elements: []any{st.recruiter.integrations[key].wire(key)}}, nil
	}
	keys, p := r.idsOf()
	if p != nil {
		return nil, p
	}
	b := newBatch()
	for _, key := range keys {
		i := st.recruiter.integrations[key]
		switch text := key.text(r.protocol); {
		case !r.app.owns(key):
			b.Errors[text] = noRight
		case i == nil:
			b.Errors[text] = noIntegration
		default:
			b.Results[text], b.Statuses[text] = i.wire(key), 200
		}
	}
	return b, nil
}

// bodyKey reads the text of a key in a body.
func bodyKey(protocol, text string) (integrationKey, bool) {
	if protocol == "2.0.0" {
		value, err := restli.Value(text)
		fields, _ := value.(map[string]any)
		key, ok := integrationIn(fields)
		return key, ok && err == nil
	}
	fields := map[string]any{}
	for pair := range strings.SplitSeq(text, "&") {
		name, value, _ := strings.Cut(pair, "=")
		plain, err := url.PathUnescape(value)
		if err != nil {
			return integrationKey{}, false
		}
		fields[name] = plain
	}
	return integrationIn(fields)
}

func (st *state) enableIntegrations(r *request) (any, *problem) {
	if r.restli != "batch_partial_update" {
		return nil, &noMethod
	}
	keys, p := r.idsOf()
	if p != nil {
		return nil, p
	}
	var body struct {
		Entities map[string]struct {
			Patch struct {
				Set struct {
					Name string `json:"integrationName"`
				} `json:"$set"`
			} `json:"patch"`
		} `json:"entities"`
	}
	if json.Unmarshal(r.body, &body) != nil || len(body.Entities) != len(keys) {
		return nil, &badBody
	}
	b := newBatch()
	for text, entity := range body.Entities {
		key, ok := bodyKey(r.protocol, text)
		switch {
		case !ok || !slices.Contains(keys, key):
			return nil, &badBody
		case !r.app.owns(key):
			b.Errors[key.text(r.protocol)] = noRight
			continue
		case entity.Patch.Set.Name == "":
			b.Errors[key.text(r.protocol)] = problem{Status: 422, Message: "ERROR :: /integrationName :: field is required but not found and has no default value\n"}
			continue
		}
		i := st.recruiter.integrations[key]
		if i == nil {
			i = &Integration{Context: key.context, Type: key.kind, Configurations: map[string]string{}}
			st.recruiter.integrations[key] = i
		}
		i.Name = entity.Patch.Set.Name
		b.Results[key.text(r.protocol)] = map[string]int{"status": 204}
	}
	return b, nil
}

// integration finds the one that the path names, and the settings that the query does.
func (st *state) integration(r *request) (*Integration, []string, *problem) {
	text := r.keys["integration"]
	key, ok := integrationKey{}, false
	if plain, err := url.PathUnescape(text); err == nil || r.protocol == "2.0.0" {
		if r.protocol != "2.0.0" {
			text = plain
		}
		key, ok = bodyKey(r.protocol, text)
	}
	if !ok {
		return nil, nil, &badPath
	}
	names := r.query.Texts("ids")
	i := st.recruiter.integrations[key]
	switch {
	case !r.app.owns(key):
		return nil, nil, &noRight
	case i == nil:
		return nil, nil, &noIntegration
	case len(names) == 0:
		return nil, nil, badRequest("Parameter 'ids' is invalid")
	}
	return i, names, nil
}

func (st *state) getConfigurations(r *request) (any, *problem) {
	i, names, p := st.integration(r)
	if p != nil {
		return nil, p
	}
	b := newBatch()
	for _, name := range names {
		value, ok := i.Configurations[name]
		if !ok {
			b.Errors[name] = problem{Status: 404, Code: "NOT_FOUND", Message: "There is no such configuration"}
			continue
		}
		b.Results[name] = map[string]any{"configurationValue": map[string]string{"string": value}}
	}
	return b, nil
}

func (st *state) putConfigurations(r *request) (any, *problem) {
	if r.restli != "batch_update" {
		return nil, &noMethod
	}
	i, names, p := st.integration(r)
	if p != nil {
		return nil, p
	}
	var body struct {
		Entities map[string]struct {
			Value struct {
				Text string `json:"string"`
			} `json:"configurationValue"`
		} `json:"entities"`
	}
	if json.Unmarshal(r.body, &body) != nil || len(body.Entities) != len(names) {
		return nil, &badBody
	}
	b := newBatch()
	for name, entity := range body.Entities {
		switch value := entity.Value.Text; {
		case !slices.Contains(names, name):
			return nil, &badBody
		case !slices.Contains([]string{"CALLBACK_URL", "JOB_POSTING_VIEWERS", "APPLICATION_VIEWERS"}, name):
			b.Errors[name] = problem{Status: 400, Message: "There is no such configuration"}
		case name == "CALLBACK_URL" && st.callbackTaken(i, value):
			b.Errors[name] = problem{Status: 409, Code: "CONFLICT", Message: "The callback URL is another customer's"}
		default:
			i.Configurations[name] = value
			b.Results[name] = map[string]int{"status": 204}
		}
	}
	return b, nil
}

// callbackTaken reports a callback URL that another customer has: LinkedIn demands one of its own for each.
func (st *state) callbackTaken(own *Integration, address string) bool {
	for _, i := range st.recruiter.integrations {
		if i.Context != own.Context && i.Configurations["CALLBACK_URL"] == address {
			return true
		}
	}
	return false
}

func (st *state) deleteConfigurations(r *request) (any, *problem) {
	i, names, p := st.integration(r)
	if p != nil {
		return nil, p
	}
	b := newBatch()
	for _, name := range names {
		delete(i.Configurations, name)
		b.Results[name] = map[string]int{"status": 204}
	}
	return b, nil
}
