package recruiter

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/callback"
	"github.com/pronet-go/pronet/internal/codec"
	"github.com/pronet-go/pronet/internal/linkedinapi"
	"github.com/pronet-go/pronet/internal/restli"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
	"github.com/pronet-go/pronet/linkedin/urn"
)

// IntegrationType is what an integration does. LinkedIn may add others.
type IntegrationType string

// The types that LinkedIn's collection of requests has. CSAAPI is the right to read InMail, stubs, notes and seats: its
// context is a contract, and that of the others an organisation.
const (
	OneClickExport IntegrationType = "ONE_CLICK_EXPORT"
	InATSIndicator IntegrationType = "IN_ATS_INDICATOR"
	ProfilePlugin  IntegrationType = "PROFILE_PLUGIN"
	CSAAPI         IntegrationType = "CSA_API"
	ApplyConnect   IntegrationType = "APPLY_CONNECT"
)

// IntegrationKey names an integration of a customer.
type IntegrationKey struct {
	// Context is the customer's organisation, or the contract for [CSAAPI].
	Context urn.URN
	// Type is what it does.
	Type IntegrationType
	// Tenant is RECRUITER or JOBS; "" is RECRUITER.
	Tenant string
	// DataProvider is who provides the data; "" is ATS, the only one that LinkedIn shows.
	DataProvider string
}

// whole is the key with what is left out.
func (k IntegrationKey) whole() IntegrationKey {
	if k.Tenant == "" {
		k.Tenant = "RECRUITER"
	}
	if k.DataProvider == "" {
		k.DataProvider = "ATS"
	}
	return k
}

var (
	errIntegration = errors.New("an integration needs a type, and the context urn:li:organization:123, or urn:li:contract:123 for CSA_API")
	errTwice       = errors.New("an integration stands twice in the list")
	errNoKeys      = errors.New("the list is empty")
	errName        = errors.New("the name is empty")
	errCallback    = errors.New("a callback URL is https on port 443 or 80, and one customer's own")
)

// record is the key as Rest.li has it.
func (k IntegrationKey) record() (restli.Record, error) {
	kind := "organization"
	if k.Type == CSAAPI {
		kind = "contract"
	}
	if k.Type == "" || !isA(k.Context, kind) {
		return nil, errIntegration
	}
	k = k.whole()
	return restli.Record{
		{Name: "integrationContext", Value: k.Context},
		{Name: "integrationType", Value: string(k.Type)},
		{Name: "tenantType", Value: k.Tenant},
		{Name: "dataProvider", Value: k.DataProvider},
	}, nil
}

// keyOf reads a key of a batch's response.
func keyOf(text string) (IntegrationKey, bool) {
	fields, ok := linkedinapi.ParseKey(text)
	if !ok {
		return IntegrationKey{}, false
	}
	context, err := urn.Parse(fields["integrationContext"])
	return IntegrationKey{
		Context: context, Type: IntegrationType(fields["integrationType"]), Tenant: fields["tenantType"], DataProvider: fields["dataProvider"],
	}.whole(), err == nil
}

// Integration is an integration of a customer.
type Integration struct {
	// Key names it, with nothing left out.
	Key IntegrationKey
	// Name is what the customer sees.
	Name string
	// Status is its state in LinkedIn's words, "" when not stated. The field's name is assumed.
	Status string
	// Raw is the response's JSON, with what has no field here.
	Raw json.RawMessage
}

// UnmarshalJSON decodes an integration and keeps its JSON.
func (i *Integration) UnmarshalJSON(data []byte) error {
	var read struct {
		Context           linkedinapi.Text `json:"integrationContext"`
		Type              linkedinapi.Text `json:"integrationType"`
		Tenant            linkedinapi.Text `json:"tenantType"`
		DataProvider      linkedinapi.Text `json:"dataProvider"`
		Name              linkedinapi.Text `json:"integrationName"`
		Status            linkedinapi.Text `json:"status"`
		IntegrationStatus linkedinapi.Text `json:"integrationStatus"`
	}
	if err := codec.Decode(data, &read); err != nil {
		return err
	}
	key := IntegrationKey{Type: IntegrationType(read.Type), Tenant: string(read.Tenant), DataProvider: string(read.DataProvider)}
	key.Context, _ = urn.Parse(string(read.Context))
	*i = Integration{Key: key.whole(), Name: string(read.Name), Status: first(read.IntegrationStatus, read.Status), Raw: bytes.Clone(data)}
	return nil
}

// IntegrationService is client.LinkedIn.Recruiter.Integrations. Its calls need the token of the customer's app.
//
// At /rest LinkedIn has the same under other names (integrations, integrationConfigurations); pronet's Client.Do reaches
// them.
type IntegrationService struct {
	caller                                                         *linkedinapi.Caller
	get, ofRequest, enable, configurations, configure, unconfigure *linkedinapi.Endpoint
}

// Enable offers an integration to the customer under a name; an administrator of the customer's switches it on then, in
// LinkedIn Recruiter. With [CSAAPI] it is the switch without which InMail, stubs, notes and seats of a contract are
// [api.ErrForbidden]. To do it twice does no harm, and gives it a new name.
//
// Source: LinkedIn's collection of requests, "Update Customer's ATSIntegration".
func (s *IntegrationService) Enable(ctx context.Context, key IntegrationKey, name string, options ...api.CallOption) error {
	s = linkedinapi.Made(s)
	if err := s.caller.Ready(ctx, s.enable); err != nil {
		return err
	}
	record, err := key.record()
	switch {
	case err != nil:
		return wire.Refuse(s.enable.Op, err)
	case strings.TrimSpace(name) == "":
		return wire.Refuse(s.enable.Op, errName)
	}
	call, err := s.caller.At(ctx, s.enable, restli.Record{{Name: "ids", Value: restli.List{record}}}, options)
	if err != nil {
		return err
	}
	text, err := s.enable.Protocol.Text(record)
	if err != nil {
		return wire.Refuse(s.enable.Op, err)
	}
	type patch struct {
		Patch struct {
			Set struct {
				Name string `json:"integrationName"`
			} `json:"$set"`
		} `json:"patch"`
	}
	var p patch
	p.Patch.Set.Name = name
	batch, err := s.caller.Batch(ctx, call, "batch_partial_update", map[string]map[string]patch{"entities": {text: p}})
	if err != nil {
		return err
	}
	return batch.First(s.enable.Op)
}

// Get returns the integrations with these keys. Those that could be read are returned with an error, too: it joins one for
// each that could not, and errors.Is with [api.ErrNotFound] holds if one is not there.
//
// Source: LinkedIn's collection of requests, "Verify Customer's ATSIntegrations".
func (s *IntegrationService) Get(ctx context.Context, keys []IntegrationKey, options ...api.CallOption) ([]Integration, error) {
	s = linkedinapi.Made(s)
	if err := s.caller.Ready(ctx, s.get); err != nil {
		return nil, err
	}
	if len(keys) == 0 {
		return nil, wire.Refuse(s.get.Op, errNoKeys)
	}
	ids := make(restli.List, len(keys))
	wanted := make([]IntegrationKey, len(keys))
	for i, key := range keys {
		record, err := key.record()
		if err != nil {
			return nil, wire.Refuse(s.get.Op, err)
		}
		ids[i], wanted[i] = record, key.whole()
		if slices.Contains(wanted[:i], wanted[i]) {
			return nil, wire.Refuse(s.get.Op, errTwice)
		}
	}
	call, err := s.caller.At(ctx, s.get, restli.Record{{Name: "ids", Value: ids}}, options)
	if err != nil {
		return nil, err
	}
	batch, err := s.caller.Batch(ctx, call, "", nil)
	if err != nil {
		return nil, err
	}
	failures := make(map[IntegrationKey]error)
	for text, failure := range batch.Failed(s.get.Op) {
		if _, told := batch.Errors[text]; !told {
			continue // an integration has a status of its own
		}
		key, ok := keyOf(text)
		if !ok {
			return nil, failure
		}
		failures[key] = failure
	}
	found := make(map[IntegrationKey]Integration)
	for text, raw := range batch.Results {
		var one Integration
		key, ok := keyOf(text)
		if err := one.UnmarshalJSON(raw); err != nil || !ok {
			return nil, wire.NewError(s.get.Op, api.ErrUnexpectedResponse, wire.Plain("a result is no integration", err))
		}
		one.Key = key
		found[key] = one
	}
	var list []Integration
	var errs []error
	for _, key := range wanted {
		one, ok := found[key]
		switch {
		case failures[key] != nil:
			errs = append(errs, linkedinapi.Named(string(key.Type), failures[key]))
		case !ok:
			errs = append(errs, linkedinapi.Named(string(key.Type), linkedinapi.NoElement(s.get.Op)))
		default:
			list = append(list, one)
		}
	}
	return list, errors.Join(errs...)
}

// OfRequest returns what an event INTEGRATION_STATUS_CHANGE with this id is about.
//
// Source: LinkedIn's collection of requests, "GET Notification Type INTEGRATION_STATUS_CHANGE".
func (s *IntegrationService) OfRequest(ctx context.Context, requestID string, options ...api.CallOption) ([]Integration, error) {
	s = linkedinapi.Made(s)
	if err := s.caller.Ready(ctx, s.ofRequest); err != nil {
		return nil, err
	}
	return ofRequest[Integration](ctx, s.caller, s.ofRequest, requestID, options)
}

// Configuration is the name of a setting of an integration. LinkedIn may add others.
type Configuration string

// The settings that LinkedIn's collection of requests has. CallbackURL is where LinkedIn sends the customer's events: https
// on port 443 or 80, and one URL a customer. The viewers are ALL_PRODUCT_USERS or ACL_BASED.
const (
	CallbackURL        Configuration = "CALLBACK_URL"
	JobPostingViewers  Configuration = "JOB_POSTING_VIEWERS"
	ApplicationViewers Configuration = "APPLICATION_VIEWERS"
)

// Configurations returns settings of an integration. Those that were read are returned with an error, too, which joins one
// for each that could not be. A value that is no text is its JSON.
//
// Source: LinkedIn's collection of requests, "Verify Customer Integrations - Configs".
func (s *IntegrationService) Configurations(ctx context.Context, key IntegrationKey, names []Configuration, options ...api.CallOption) (map[Configuration]string, error) {
	s = linkedinapi.Made(s)
	if err := s.caller.Ready(ctx, s.configurations); err != nil {
		return nil, err
	}
	call, err := s.configurationCall(ctx, s.configurations, key, names, options)
	if err != nil {
		return nil, err
	}
	batch, err := s.caller.Batch(ctx, call, "", nil)
	if err != nil {
		return nil, err
	}
	values := make(map[Configuration]string)
	var errs []error
	failures := batch.Failed(s.configurations.Op)
	for _, name := range names {
		raw, ok := batch.Results[string(name)]
		switch failure := failures[string(name)]; {
		case failure != nil:
			errs = append(errs, linkedinapi.Named(string(name), failure))
		case !ok:
			errs = append(errs, linkedinapi.Named(string(name), linkedinapi.NoElement(s.configurations.Op)))
		default:
			values[name] = valueIn(raw)
		}
	}
	return values, errors.Join(errs...)
}

// valueIn reads {"configurationValue":{"string":"..."}}.
func valueIn(raw json.RawMessage) string {
	var read struct {
		Value json.RawMessage `json:"configurationValue"`
	}
	if codec.Decode(raw, &read) != nil || len(read.Value) == 0 {
		return string(raw)
	}
	var text string
	if codec.Decode(read.Value, &text) == nil {
		return text
	}
	var union struct {
		Text *string `json:"string"`
	}
	if codec.Decode(read.Value, &union) == nil && union.Text != nil {
		return *union.Text
	}
	return string(read.Value)
}

// Configure sets settings of an integration to texts. A callback URL is checked first. When some could not be set, the error
// joins one for each, and the others were.
//
// Source: LinkedIn's collection of requests, "Sync Integration Configurations".
func (s *IntegrationService) Configure(ctx context.Context, key IntegrationKey, values map[Configuration]string, options ...api.CallOption) error {
	s = linkedinapi.Made(s)
	if err := s.caller.Ready(ctx, s.configure); err != nil {
		return err
	}
	if address, ok := values[CallbackURL]; ok && !isCallback(address) {
		return wire.Refuse(s.configure.Op, errCallback)
	}
	names := slices.Sorted(maps.Keys(values))
	call, err := s.configurationCall(ctx, s.configure, key, names, options)
	if err != nil {
		return err
	}
	type union struct {
		Text string `json:"string"`
	}
	type setting struct {
		Value union `json:"configurationValue"`
	}
	entities := make(map[Configuration]setting, len(values))
	for name, value := range values {
		entities[name] = setting{Value: union{Text: value}}
	}
	call.Secrets = callback.Secrets(values[CallbackURL])
	return s.change(ctx, call, "batch_update", map[string]any{"entities": entities})
}

// Unconfigure takes settings off an integration. One that is not there is [api.ErrNotFound], unless this very call was sent
// more than once: an earlier attempt whose response was lost may have taken it off.
//
// Source: LinkedIn's collection of requests, "Delete Integration Configuration".
func (s *IntegrationService) Unconfigure(ctx context.Context, key IntegrationKey, names []Configuration, options ...api.CallOption) error {
	s = linkedinapi.Made(s)
	if err := s.caller.Ready(ctx, s.unconfigure); err != nil {
		return err
	}
	call, err := s.configurationCall(ctx, s.unconfigure, key, names, options)
	if err != nil {
		return err
	}
	return s.change(ctx, call, "", nil)
}

func (s *IntegrationService) change(ctx context.Context, call transport.Call, method string, body any) error {
	batch, err := s.caller.Batch(ctx, call, method, body)
	if err != nil {
		return err
	}
	failures := batch.Failed(call.Op)
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(failures)) {
		if call.Op.Method == wire.Delete && linkedinapi.Deleted(failures[name]) == nil {
			continue
		}
		if _, ours := linkedinapi.ParseKey(name); !ours && len(name) < 100 && strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") == "" {
			errs = append(errs, linkedinapi.Named(name, failures[name]))
			continue
		}
		errs = append(errs, failures[name])
	}
	return errors.Join(errs...)
}

func (s *IntegrationService) configurationCall(ctx context.Context, e *linkedinapi.Endpoint, key IntegrationKey, names []Configuration, options []api.CallOption) (transport.Call, error) {
	record, err := key.record()
	if err != nil {
		return transport.Call{}, wire.Refuse(e.Op, err)
	}
	ids := make(restli.List, len(names))
	for i, name := range names {
		if name == "" || slices.Contains(names[:i], name) {
			return transport.Call{}, wire.Refuse(e.Op, errors.New("a setting has no name, or stands twice in the list"))
		}
		ids[i] = string(name)
	}
	if len(ids) == 0 {
		return transport.Call{}, wire.Refuse(e.Op, errNoKeys)
	}
	return s.caller.At(ctx, e, restli.Record{{Name: "ids", Value: ids}}, options, record)
}

func isCallback(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Scheme == "https" && u.Hostname() != "" && u.User == nil && u.Fragment == "" && (u.Port() == "" || u.Port() == "443" || u.Port() == "80")
}
