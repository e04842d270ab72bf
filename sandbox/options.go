package sandbox

import (
	"net/http"

	"github.com/pronet-go/pronet"
)

// Options are what a pronet.Client needs to speak to this sandbox and to no one else: its addresses, keys and rate
// limits, and webhook URLs on this machine. Options of yours that come after them win:
//
//	client, err := pronet.New(append(sb.Options(), pronet.WithLogger(logger))...)
//
// With a sandbox that was started in memory they hold its connections as well. A sandbox that was not started has no
// address, which pronet.New refuses.
func (sb *Sandbox) Options() []pronet.Option {
	address := pronet.BaseURL(sb.Coresignal.URL())
	options := []pronet.Option{
		pronet.WithCoresignal(sb.Coresignal.APIKey(), address, pronet.CoresignalPlan(pronet.PlanScale)),
		pronet.WithCoresignalV1(sb.Coresignal.JWT(), address),
		pronet.WithLoopbackWebhooks(),
		pronet.WithInsecureHTTP(),
	}
	if sb.shell.OnlyInMemory() {
		options = append(options, pronet.WithTransport(&http.Transport{DialContext: sb.Dial, MaxIdleConnsPerHost: 128}))
	}
	return options
}
