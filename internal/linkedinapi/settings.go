package linkedinapi

import (
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/restli"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
)

// Settings are what the client decides for all services of LinkedIn's.
type Settings struct {
	// Protocol is what queries are written in.
	Protocol restli.Protocol
	// Bases are those of services that are not at /v2, by the first part of their operations' names.
	Bases map[string]Base
	// Logger is told of versions that end; nil means slog.Default().
	Logger *slog.Logger
	// Keeper has the tokens; nil when LinkedIn is not configured.
	Keeper *Keeper
}

// Base is where a service's paths begin, and which version they have.
type Base struct {
	// Path is "/v2" or "/rest".
	Path string
	// Version is the header field LinkedIn-Version; "" is none.
	Version string
	// Ends is when LinkedIn ends the version, zero when that is not known.
	Ends time.Time
}

// unversioned is where the operations' routes are.
const unversioned = "/v2"

// WarnBefore is how long before a version's end the log warns of it.
const WarnBefore = 90 * 24 * time.Hour

// serviceOf is the name of an operation's service.
func serviceOf(op *wire.Op) string {
	return op.Name[:max(0, strings.LastIndexByte(op.Name, '.'))]
}

// VersionOf is the version that an operation asks for, "" for none.
func (s *Settings) VersionOf(op *wire.Op) string { return s.Bases[serviceOf(op)].Version }

// Endpoint is an operation as the settings have it.
type Endpoint struct {
	// Op is the operation.
	Op *wire.Op
	// Protocol is what its query is written in.
	Protocol restli.Protocol

	header http.Header
	base   Base
	logger *slog.Logger
	warned atomic.Int64 // the day of the last warning, counted from 1970
}

// Endpoint puts an operation, whose route is at /v2, where the settings have its service.
func (s *Settings) Endpoint(op wire.Op) *Endpoint {
	e := &Endpoint{Op: &op, Protocol: s.Protocol, header: http.Header{}, base: s.Bases[serviceOf(&op)], logger: s.Logger}
	if e.base.Path != "" {
		op.Route = e.base.Path + strings.TrimPrefix(op.Route, unversioned)
	}
	if e.base.Version != "" {
		e.header["Linkedin-Version"] = []string{e.base.Version}
	}
	if protocol := s.Protocol.Header(); protocol != "" {
		e.header[restli.HeaderName] = []string{protocol}
	}
	return e
}

// Call is a call of the endpoint.
func (e *Endpoint) Call(query restli.Record, options []api.CallOption) (transport.Call, error) {
	e.warn(time.Now())
	encoded, err := e.Protocol.Query(query)
	if err != nil {
		return transport.Call{}, wire.Refuse(e.Op, err)
	}
	return transport.Call{Op: e.Op, Query: encoded, Header: e.header, Options: options}, nil
}

// warn logs, once a day, that the version ends soon or has ended.
func (e *Endpoint) warn(now time.Time) {
	if e.base.Ends.IsZero() || now.Before(e.base.Ends.Add(-WarnBefore)) {
		return
	}
	today := now.Unix() / (24 * 60 * 60)
	if e.warned.Swap(today) == today {
		return
	}
	text := "pronet: a version of LinkedIn's API ends soon"
	if !now.Before(e.base.Ends) {
		text = "pronet: a version of LinkedIn's API has ended"
	}
	logger := e.logger
	if logger == nil {
		logger = slog.Default()
	}
	logger.Warn(text, slog.String("operation", e.Op.Name), slog.String("version", e.base.Version), slog.String("ends", e.base.Ends.Format(time.DateOnly)))
}
