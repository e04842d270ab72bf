package linkedinapi

import (
	"errors"
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
	// Protocol is what the queries of Recruiter System Connect are written in.
	Protocol restli.Protocol
	// Bases are those that were set, by the first part of their operations' names.
	Bases map[string]Base
	// Newest is the version that a service asks for whose routes are at /rest, and when it ends.
	Newest func(service string) (version string, ends time.Time)
	// Logger is told of versions that end; nil means slog.Default().
	Logger *slog.Logger
	// Keeper has the tokens; nil when LinkedIn is not configured.
	Keeper *Keeper
	// Members hold back calls by what they return about one member; nil holds back none.
	Members *Members
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

// versioned is where the routes of operations are that need a version.
const versioned = "/rest"

// WarnBefore is how long before a version's end the log warns of it.
const WarnBefore = 90 * 24 * time.Hour

// serviceOf is the name of an operation's service.
func serviceOf(op *wire.Op) string {
	return op.Name[:max(0, strings.LastIndexByte(op.Name, '.'))]
}

// VersionOf is the version that an operation asks for, "" for none.
func (s *Settings) VersionOf(op *wire.Op) string { return s.baseOf(op).Version }

func (s *Settings) baseOf(op *wire.Op) Base {
	service := serviceOf(op)
	base, set := s.Bases[service]
	if !set && s.Newest != nil && strings.HasPrefix(op.Route, versioned+"/") {
		base.Path = versioned
		base.Version, base.Ends = s.Newest(service)
	}
	return base
}

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

// Endpoint puts an operation of Recruiter System Connect, whose route is at /v2 or /rest, where the settings have its
// service.
func (s *Settings) Endpoint(op wire.Op) *Endpoint { return s.EndpointIn(s.Protocol, op) }

// EndpointIn is Endpoint for an operation whose protocol is not to be set.
func (s *Settings) EndpointIn(protocol restli.Protocol, op wire.Op) *Endpoint {
	e := &Endpoint{Op: &op, Protocol: protocol, header: http.Header{}, base: s.baseOf(&op), logger: s.Logger}
	if e.base.Path != "" {
		op.Route = e.base.Path + op.Route[1+strings.IndexByte(op.Route[1:], '/'):]
	}
	if e.base.Version != "" {
		e.header["Linkedin-Version"] = []string{e.base.Version}
	}
	if name := protocol.Header(); name != "" {
		e.header[restli.HeaderName] = []string{name}
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

// Path writes the keys of the operation's route, in order, as the protocol has them: it is a call's EncodedPath.
func (e *Endpoint) Path(keys ...any) (string, error) {
	var path strings.Builder
	rest := e.Op.Route
	for _, key := range keys {
		before, after, _ := strings.Cut(rest, "{")
		_, after, found := strings.Cut(after, "}")
		if !found {
			return "", wire.Refuse(e.Op, errors.New("the path has fewer keys"))
		}
		segment, err := e.Protocol.Segment(key)
		if err != nil {
			return "", wire.Refuse(e.Op, err)
		}
		path.WriteString(before)
		path.WriteString(segment)
		rest = after
	}
	path.WriteString(rest)
	return path.String(), nil
}
