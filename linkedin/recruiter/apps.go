package recruiter

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strings"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/codec"
	"github.com/pronet-go/pronet/internal/linkedinapi"
	"github.com/pronet-go/pronet/internal/restli"
	"github.com/pronet-go/pronet/internal/wire"
	"github.com/pronet-go/pronet/linkedin/urn"
)

// NewApp is what an app of a customer is made with.
type NewApp struct {
	// ForeignID is your id of the customer. Of two apps with the same one the second is [api.ErrConflict]. It is required.
	ForeignID string
	// Name is shown to the customer, at most 50 characters and without "LinkedIn". It is required.
	Name string
	// Description is for LinkedIn. It is required.
	Description string
	// CallbackURLs are where OAuth 2.0 may lead back to.
	CallbackURLs []string
	// JSDomains are where LinkedIn's JavaScript may run.
	JSDomains []string
}

// App is an app of a customer. Its secret is printed by nothing; reveal it where it is stored.
type App struct {
	// URN names it, such as urn:li:developerApplication:123; zero when the response does not state it.
	URN urn.URN
	// ForeignID is your id of the customer, "" when the response does not state it.
	ForeignID string
	// Name is what the customer sees, "" when the response does not state it.
	Name string
	// ClientID and ClientSecret are the app's credentials, for linkedin.AppTokens. The secret is zero when the response does
	// not state it.
	ClientID     string
	ClientSecret api.Secret
}

// UnmarshalJSON decodes an app, with its credentials in it or in a record of their own. The JSON is not kept, since it
// holds the secret.
func (a *App) UnmarshalJSON(data []byte) error {
	type credentials struct {
		ClientID     linkedinapi.Text `json:"clientId"`
		ClientSecret linkedinapi.Text `json:"clientSecret"`
		APIKey       linkedinapi.Text `json:"apiKey"`
		APISecret    linkedinapi.Text `json:"apiSecret"`
		Key          linkedinapi.Text `json:"key"`
		Secret       linkedinapi.Text `json:"secret"`
	}
	var read struct {
		credentials
		Inner       json.RawMessage  `json:"credentials"`
		ID          linkedinapi.Text `json:"id"`
		Application linkedinapi.Text `json:"applicationUrn"`
		Developer   linkedinapi.Text `json:"developerApplication"`
		ForeignID   linkedinapi.Text `json:"uniqueForeignId"`
		Name        linkedinapi.Text `json:"name"`
	}
	if err := codec.Decode(data, &read); err != nil {
		return wire.Plain("the app is no record", nil) // the cause would quote the secret
	}
	*a = App{ForeignID: string(read.ForeignID), Name: string(read.Name)}
	for _, text := range []linkedinapi.Text{read.Application, read.Developer, read.Key, read.ID} {
		if u, err := urn.Parse(string(text)); err == nil && a.URN.IsZero() && isA(u, "developerApplication") {
			a.URN = u
		}
	}
	inner := read.credentials
	if len(read.Inner) > 0 {
		_ = codec.Decode(read.Inner, &inner) // it may be of another form
	}
	key := inner.Key
	if strings.HasPrefix(string(key), "urn:") {
		key = ""
	}
	a.ClientID = first(inner.ClientID, inner.APIKey, key)
	if secret := first(inner.ClientSecret, inner.APISecret, inner.Secret); secret != "" {
		var err error
		if a.ClientSecret, err = api.NewSecret(secret); err != nil {
			return wire.Plain("the app's secret cannot be one", nil)
		}
	}
	return nil
}

// AppService is client.LinkedIn.Recruiter.Apps: the apps of customers (child apps), of a client with the tokens of the
// parent app.
type AppService struct {
	caller                      *linkedinapi.Caller
	create, update, credentials *linkedinapi.Endpoint
}

var (
	errNewApp  = errors.New("an app needs a ForeignID, a Description, and a Name of 50 characters at most without LinkedIn in it")
	errApp     = errors.New("an app has the form urn:li:developerApplication:123")
	errNothing = errors.New("nothing is to be changed")
	errURL     = errors.New("a callback URL or a domain is no URL with a host")
	errForeign = errors.New("the unique foreign id is missing")
	errNoApp   = wire.Plain("the response names no app", nil)
)

const maxAppName = 50

// Create makes an app of a customer. It is never retried after a lost response: that is [api.ErrMaybeApplied], and
// [AppService.Credentials] tells whether the app is there.
//
// Source: LinkedIn's page "Provisioning API".
func (s *AppService) Create(ctx context.Context, app NewApp, options ...api.CallOption) (*App, error) {
	s = linkedinapi.Made(s)
	if err := s.caller.Ready(ctx, s.create); err != nil {
		return nil, err
	}
	switch {
	case app.ForeignID == "" || app.Description == "" || strings.TrimSpace(app.Name) == "", len([]rune(app.Name)) > maxAppName,
		strings.Contains(strings.ToLower(app.Name), "linkedin"):
		return nil, wire.Refuse(s.create.Op, errNewApp)
	case !areURLs(app.CallbackURLs) || !areURLs(app.JSDomains):
		return nil, wire.Refuse(s.create.Op, errURL)
	}
	call, err := s.caller.At(ctx, s.create, nil, options)
	if err != nil {
		return nil, err
	}
	body := struct {
		Description  string   `json:"description"`
		Name         string   `json:"name"`
		ForeignID    string   `json:"uniqueForeignId"`
		CallbackURLs []string `json:"oauth2AuthorizedCallbackUrls,omitempty"`
		JSDomains    []string `json:"validJsSdkDomains,omitempty"`
	}{app.Description, app.Name, app.ForeignID, app.CallbackURLs, app.JSDomains}
	made := &App{}
	var odd error
	call.Decode = func(body []byte) error { // a response without a body may name the app in its header
		if len(body) > 0 {
			odd = made.UnmarshalJSON(body)
		}
		return nil
	}
	response, err := s.caller.Send(ctx, call, "", body)
	if err != nil {
		return nil, err
	}
	if odd != nil { // the pipeline's own error would keep the body, which may hold a secret
		return nil, linkedinapi.NotTold(call.Op, response.Status, odd)
	}
	if made.URN.IsZero() {
		if u, err := urn.Parse(linkedinapi.CreatedID(response.Header)); err == nil && isA(u, "developerApplication") {
			made.URN = u
		}
	}
	if made.URN.IsZero() && made.ClientID == "" && made.ForeignID == "" {
		return nil, linkedinapi.NotTold(call.Op, response.Status, errNoApp)
	}
	if made.ForeignID == "" {
		made.ForeignID = app.ForeignID
	}
	if made.Name == "" {
		made.Name = app.Name
	}
	return made, nil
}

func areURLs(list []string) bool {
	for _, text := range list {
		u, err := url.Parse(text)
		if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
			return false
		}
	}
	return true
}

// AppChange is what is changed of an app. What is nil stays.
type AppChange struct {
	// Name and Description are as in [NewApp].
	Name, Description *string
	// CallbackURLs and JSDomains replace all that there were; an empty list that is not nil takes them away.
	CallbackURLs, JSDomains []string
}

// Update changes an app of a customer.
//
// Source: LinkedIn's page "Provisioning API"; its collection of requests.
func (s *AppService) Update(ctx context.Context, app urn.URN, change AppChange, options ...api.CallOption) error {
	s = linkedinapi.Made(s)
	if err := s.caller.Ready(ctx, s.update); err != nil {
		return err
	}
	set := map[string]any{}
	for name, text := range map[string]*string{"name": change.Name, "description": change.Description} {
		if text != nil {
			set[name] = *text
		}
	}
	for name, list := range map[string][]string{"oauth2AuthorizedCallbackUrls": change.CallbackURLs, "validJsSdkDomains": change.JSDomains} {
		if list != nil {
			set[name] = list
		}
	}
	switch {
	case !isA(app, "developerApplication"):
		return wire.Refuse(s.update.Op, errApp)
	case len(set) == 0:
		return wire.Refuse(s.update.Op, errNothing)
	case !areURLs(change.CallbackURLs) || !areURLs(change.JSDomains):
		return wire.Refuse(s.update.Op, errURL)
	case change.Name != nil && (strings.TrimSpace(*change.Name) == "" || len([]rune(*change.Name)) > maxAppName || strings.Contains(strings.ToLower(*change.Name), "linkedin")):
		return wire.Refuse(s.update.Op, errNewApp)
	}
	call, err := s.caller.At(ctx, s.update, nil, options, app)
	if err != nil {
		return err
	}
	_, err = s.caller.Send(ctx, call, "", map[string]any{"patch": map[string]any{"$set": set}})
	return err
}

// Credentials returns the app of a customer by your id of the customer, with its client id and secret. One that is not
// there is [api.ErrNotFound].
//
// Source: LinkedIn's page "Provisioning API", finder credentialsByUniqueForeignId; its collection of requests.
func (s *AppService) Credentials(ctx context.Context, foreignID string, options ...api.CallOption) (*App, error) {
	s = linkedinapi.Made(s)
	if err := s.caller.Ready(ctx, s.credentials); err != nil {
		return nil, err
	}
	if foreignID == "" {
		return nil, wire.Refuse(s.credentials.Op, errForeign)
	}
	call, err := s.caller.At(ctx, s.credentials, restli.Record{{Name: "q", Value: "credentialsByUniqueForeignId"}, {Name: "uniqueForeignId", Value: foreignID}}, options)
	if err != nil {
		return nil, err
	}
	var got []App
	var odd error
	call.Decode = func(body []byte) error {
		got, odd = appsIn(body)
		return nil
	}
	response, err := s.caller.Send(ctx, call, "", nil)
	if err != nil {
		return nil, err
	}
	if odd != nil {
		return nil, withoutBody(s.credentials.Op, response.Status, odd)
	}
	if len(got) == 0 {
		return nil, linkedinapi.NoElement(s.credentials.Op)
	}
	if got[0].ForeignID == "" {
		got[0].ForeignID = foreignID
	}
	return &got[0], nil
}

// appsIn reads a list of apps. Its errors quote nothing.
func appsIn(body []byte) ([]App, error) {
	var list struct {
		Elements []json.RawMessage `json:"elements"`
	}
	if codec.Decode(body, &list) != nil || list.Elements == nil {
		return nil, errNoElements
	}
	apps := make([]App, len(list.Elements))
	for i, element := range list.Elements {
		if err := apps[i].UnmarshalJSON(element); err != nil {
			return nil, err
		}
	}
	return apps, nil
}

// withoutBody is the error of an odd response that may hold a secret: the pipeline's own would keep it.
func withoutBody(op *wire.Op, status int, odd error) *api.Error {
	e := wire.NewError(op, api.ErrUnexpectedResponse, odd)
	e.Status = status
	return e
}
