package recruiter

import (
	"errors"
	"fmt"
	"time"

	"github.com/pronet-go/pronet/internal/linkedinapi"
	"github.com/pronet-go/pronet/internal/restli"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
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
	c := linkedinapi.NewCaller(p, settings)
	at := func(op wire.Op) *linkedinapi.Endpoint { return c.Endpoint(settings.Protocol, op) }
	return &Service{
		InMails: &InMailService{caller: c, list: at(opInMails), members: settings.Members},
		Stubs:   &StubService{caller: c, list: at(opStubs)},
		Exports: &ExportService{caller: c, get: at(opExport)},
		Purges:  &PurgeService{caller: c, list: at(opPurges)},
		Integrations: &IntegrationService{
			caller: c, get: at(opIntegrations), ofRequest: at(opIntegrationsOf), enable: at(opEnable),
			configurations: at(opConfigurations), configure: at(opConfigure), unconfigure: at(opUnconfigure),
		},
		Apps: &AppService{caller: c, create: at(opCreateApp), update: at(opUpdateApp), credentials: at(opCredentials)},
	}
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
