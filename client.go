package pronet

import (
	"context"
	"fmt"
	"reflect"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/internal/linkedinapi"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
	"github.com/pronet-go/pronet/linkedin"
	"github.com/pronet-go/pronet/prospectnotes"
	"github.com/pronet-go/pronet/saleswebhooks"
	"github.com/pronet-go/pronet/subscriptions"
)

// Client speaks to the providers that it was given credentials for. It is safe for concurrent use; make one and keep it.
// The services of a provider without a credential are there too: their calls return [ErrNotConfigured]. So do the methods
// of a nil or zero Client and the calls of a zero dataset or service; the fields of a zero Client are nil, as Go has it.
type Client struct {
	// Employees searches and collects employee records.
	Employees *employee.Service
	// Subscriptions asks for notices of profile changes.
	Subscriptions *subscriptions.Service
	// BulkCollect collects many records at once.
	BulkCollect *bulkcollect.Service
	// ProspectNotes reads the notes of LinkedIn Recruiter.
	ProspectNotes *prospectnotes.Service
	// LinkedIn has the seats of LinkedIn Recruiter, and what its other services share.
	LinkedIn *linkedin.Service
	// SalesWebhooks subscribes to contacts and companies, and configures where their events are sent.
	SalesWebhooks *saleswebhooks.Service

	settings settings
	pipeline *transport.Pipeline
}

// New returns a Client. It checks every option and opens nothing: no connection, no file, no environment variable (but
// that its transport honours the proxy variables, as net/http does). An error says which option is wrong, and never
// holds a key.
func New(options ...Option) (*Client, error) {
	var s settings
	s.linkedin.Members = linkedinapi.NewMembers()
	if err := s.apply(options); err != nil {
		return nil, err
	}
	config, err := s.config()
	if err != nil {
		return nil, err
	}
	return assemble(s, transport.New(config)), nil
}

// Clone returns a Client with the same settings but for the given options, such as another tenant's credential. It
// shares connections and the retry quota with c, and the rate limits of a provider whose key stays. What is limited is the
// key: with another one, the limits start over, but for those that the provider counts for all keys of an app. So they do
// with a plan or limits of its own. A transport cannot be changed.
func (c *Client) Clone(options ...Option) (*Client, error) {
	if c == nil || c.pipeline == nil {
		return nil, errNoClient
	}
	s := c.settings.clone()
	if err := s.apply(options); err != nil {
		return nil, err
	}
	if s.transportSet {
		return nil, fmt.Errorf("pronet: Clone shares the transport, so it cannot be changed: %w", ErrInvalid)
	}
	config, err := s.config()
	if err != nil {
		return nil, err
	}
	return assemble(s, c.pipeline.Clone(config)), nil
}

func assemble(s settings, pipeline *transport.Pipeline) *Client {
	s.pipeline.Pipeline = pipeline
	coresignal := wire.CoresignalSettings{AllowLoopback: s.loopbackWebhooks, UploadField: s.uploadField, IDsForm: int(s.idsForm)}
	sales := s.salesWebhooks
	sales.AllowLoopback = s.loopbackWebhooks
	linkedIn := linkedin.New(pipeline, &s.linkedin, s.tokenEnds)
	return &Client{
		SalesWebhooks: saleswebhooks.New(pipeline, sales),
		Employees:     employee.New(pipeline, coresignal),
		Subscriptions: subscriptions.New(pipeline, coresignal),
		BulkCollect:   bulkcollect.New(pipeline, coresignal),
		ProspectNotes: prospectnotes.New(pipeline, &s.linkedin, linkedIn.Seats.URNs),
		LinkedIn:      linkedIn,
		settings:      s,
		pipeline:      pipeline,
	}
}

// Do calls an endpoint that no service wraps yet, through the same pipeline as every other call, and decodes the JSON
// response into out: a pointer (a *json.RawMessage keeps it as it is), or nil to discard it. A response that is HTML,
// or broken JSON, is [ErrUnexpectedResponse]. An out that nothing can be decoded into is refused before anything is sent.
func (c *Client) Do(ctx context.Context, request api.Request, out any, options ...api.CallOption) error {
	if c == nil || c.pipeline == nil {
		return errNoClient
	}
	call, err := callOf(request)
	if err != nil {
		return err
	}
	if v := reflect.ValueOf(out); out != nil && (v.Kind() != reflect.Pointer || v.IsNil()) {
		return fmt.Errorf("%s: out is a %T: a pointer that is not nil is needed, or nil itself to discard the response: %w", call.Op.Name, out, ErrInvalid)
	}
	call.Options = append(call.Options, options...)
	if out != nil {
		call.Decode = func(body []byte) error {
			if len(body) == 0 {
				return nil
			}
			return c.pipeline.Decoder()(body, out)
		}
	}
	_, err = c.pipeline.Do(ctx, call)
	return err
}

// CloseIdleConnections closes the connections that are not in use. A program that keeps its Client does not need it.
func (c *Client) CloseIdleConnections() {
	if c != nil && c.pipeline != nil {
		c.pipeline.CloseIdleConnections()
	}
}

var errNoClient = fmt.Errorf("pronet: the Client was not made by New: %w", ErrNotConfigured)
