package sandbox

import (
	"net/http"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/linkedin"
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
	app := sb.LinkedIn.App()
	options := []pronet.Option{
		pronet.WithCoresignal(sb.Coresignal.APIKey(), address, pronet.CoresignalPlan(pronet.PlanScale)),
		pronet.WithCoresignalV1(sb.Coresignal.JWT(), address),
		pronet.WithLinkedIn(linkedin.AppTokens(app.ClientID, app.ClientSecret),
			pronet.BaseURL(sb.LinkedIn.URL()), pronet.LinkedInAccountsURL(sb.LinkedIn.AccountsURL())),
		pronet.WithLoopbackWebhooks(),
		pronet.WithInsecureHTTP(),
	}
	if address := sb.SalesWebhooks.URL(); address != "" { // it listens, besides Coresignal
		path := pronet.SalesWebhooksPath(sb.SalesWebhooks.BasePath())
		options = append(options, pronet.WithSalesWebhooks(sb.SalesWebhooks.APIKey(), pronet.BaseURL(address), pronet.SalesWebhooksBasePath(path)))
	}
	if sb.shell.OnlyInMemory() {
		options = append(options, pronet.WithTransport(&http.Transport{DialContext: sb.Dial, MaxIdleConnsPerHost: 128}))
	}
	return options
}

// TB is what [ForTest] needs of a *testing.T, *testing.B or *testing.F.
type TB interface {
	Helper()
	Fatal(args ...any)
	Cleanup(func())
}

// ForTest starts a sandbox and makes a client of it. Both end with the test, and an error fails it:
//
//	func TestMyCode(t *testing.T) {
//		sb, client := sandbox.ForTest(t, coresignal.WithPeople(50))
//		...
//	}
//
// It is for tests outside of a synctest bubble. For other options of the client make one with [Sandbox.Options].
func ForTest(tb TB, opts ...Option) (*Sandbox, *pronet.Client) {
	tb.Helper()
	sb, err := Start(opts...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(sb.Close)
	client, err := pronet.New(sb.Options()...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(client.CloseIdleConnections)
	return sb, client
}
