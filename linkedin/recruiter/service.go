package recruiter

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pronet-go/pronet/internal/linkedinapi"
	"github.com/pronet-go/pronet/internal/restli"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/linkedin/urn"
)

// Service is client.LinkedIn.Recruiter.
type Service struct {
	// InMails is the InMail that a seat has sent and received.
	InMails *InMailService
	// Stubs is what people let a recruiter know in reply to an InMail.
	Stubs *StubService
	// Exports is the candidates whom recruiters export with one click.
	Exports *ExportService
	// Purges is the exported candidates that must be deleted.
	Purges *PurgeService
	// Integrations is which integrations a customer has, and their configurations.
	Integrations *IntegrationService
	// Apps is the apps of customers.
	Apps *AppService
}

// New is for package pronet, whose New makes the client that a program uses.
func New(p *transport.Pipeline, settings *linkedinapi.Settings) *Service {
	s := &Service{
		InMails: &InMailService{pipeline: p, list: settings.Endpoint(opInMails), members: settings.Members},
		Stubs:   &StubService{pipeline: p, list: settings.Endpoint(opStubs)},
		Exports: &ExportService{pipeline: p, get: settings.Endpoint(opExport)},
		Purges:  &PurgeService{pipeline: p, list: settings.Endpoint(opPurges)},
		Integrations: &IntegrationService{
			pipeline: p, get: settings.Endpoint(opIntegrations), ofRequest: settings.Endpoint(opIntegrationsOf), enable: settings.Endpoint(opEnable),
			configurations: settings.Endpoint(opConfigurations), configure: settings.Endpoint(opConfigure), unconfigure: settings.Endpoint(opUnconfigure),
		},
		Apps: &AppService{pipeline: p, create: settings.Endpoint(opCreateApp), update: settings.Endpoint(opUpdateApp), credentials: settings.Endpoint(opCredentials)},
	}
	p.Declare(s.InMails.list.Op, s.Stubs.list.Op, s.Exports.get.Op, s.Purges.list.Op,
		s.Integrations.get.Op, s.Integrations.ofRequest.Op, s.Integrations.enable.Op, s.Integrations.configurations.Op, s.Integrations.configure.Op, s.Integrations.unconfigure.Op,
		s.Apps.create.Op, s.Apps.update.Op, s.Apps.credentials.Op)
	return s
}

// MaxSpan is the longest time between the bounds of one call for InMail that LinkedIn asks for.
const MaxSpan = 12 * time.Hour

var (
	errSeat     = errors.New("a seat has the form urn:li:seat:123")
	errContract = errors.New("the contract is required and has the form urn:li:contract:123")
	errOwners   = errors.New("an owner has the form urn:li:seat:123, and stands once in the list")
	errBounds   = errors.New("the time To must not be earlier than From")
	errEarly    = errors.New("a time is before 1970")
	errSpan     = fmt.Errorf("more than %s are between From and To: LinkedIn asks for less; List does it by hand", MaxSpan)
	errRequest  = errors.New("the request id of the event is missing")
)

func isA(u urn.URN, kind string) bool { return u.Type() == kind && u.ID() != "" }

// bounds are the two parameters of a time, of which each may be left out.
func bounds(fromName string, from time.Time, toName string, to time.Time) (restli.Record, error) {
	var record restli.Record
	if !from.IsZero() && !to.IsZero() && to.UnixMilli() < from.UnixMilli() {
		return nil, errBounds
	}
	for _, bound := range []struct {
		name string
		at   time.Time
	}{{fromName, from}, {toName, to}} {
		switch {
		case bound.at.IsZero():
		case bound.at.UnixMilli() < 0:
			return nil, errEarly
		default:
			record = append(record, restli.Field{Name: bound.name, Value: bound.at.UnixMilli()})
		}
	}
	return record, nil
}

// send sends a call of which nothing but its success is wanted here.
func send(ctx context.Context, p *transport.Pipeline) linkedinapi.Sender {
	return func(call transport.Call) error {
		_, err := p.Do(ctx, call)
		return err
	}
}
