package transport

import (
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/wire"
)

var errCannotForecast = wire.Plain("a limiter of the user's paces the calls, which cannot be asked", api.ErrInvalid)

// Forecast returns how long it takes until the last of so many calls of a class of a configured provider can be sent.
func (p *Pipeline) Forecast(name api.Provider, class string, calls int) (time.Duration, error) {
	provider := p.providers[name]
	switch {
	case provider == nil:
		return 0, api.ErrNotConfigured
	case provider.pacer.custom != nil:
		return 0, errCannotForecast
	case provider.pacer.own == nil:
		return 0, nil
	}
	return provider.pacer.own.Forecast(class, calls)
}
