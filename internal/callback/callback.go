// Package callback checks the URLs that are given to a provider to call back.
package callback

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/publicaddr"
)

// Check refuses a URL that a provider cannot or should not post to: not https, without a public host, with a user name
// or a fragment. With allowLoopback, http and https to localhost or a loopback address pass too, for a sandbox.
// Names are not looked up. The error is api.ErrInvalid and does not hold the URL, whose path may be a secret.
func Check(raw string, allowLoopback bool) error {
	if raw == "" {
		return refuse("is empty")
	}
	if len(raw) > 2048 {
		return refuse("is longer than 2,048 bytes")
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Opaque != "" || u.Host == "" || u.Hostname() == "":
		return refuse("is not a URL with a host")
	case u.User != nil:
		return refuse("has a user name")
	case u.Fragment != "":
		return refuse("has a fragment")
	}
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	if publicaddr.IsThisMachine(host) {
		if allowLoopback && (u.Scheme == "http" || u.Scheme == "https") {
			return nil
		}
		return refuse("is on this machine, which a provider cannot reach (option WithLoopbackWebhooks allows it, for a sandbox)")
	}
	if u.Scheme != "https" {
		return refuse("is not https")
	}
	return checkHost(host)
}

// leastSecret is the length from which a part of a URL is taken for a secret: a shorter one is a word.
const leastSecret = 12

// Secrets are the parts of a URL that passed Check and may be what a delivery is recognised by: nothing may print them, also
// where a gateway sends them back.
func Secrets(raw string) (secrets []api.Secret) {
	u, err := url.Parse(raw)
	if err != nil {
		return nil
	}
	parts := strings.Split(u.Path, "/")
	for _, values := range u.Query() {
		parts = append(parts, values...)
	}
	for _, part := range parts {
		if secret, err := api.NewSecret(part); err == nil && len(part) >= leastSecret {
			secrets = append(secrets, secret)
		}
	}
	return secrets
}

func checkHost(host string) error {
	if addr, err := netip.ParseAddr(host); err == nil {
		if publicaddr.Check(addr) != nil {
			return refuse("has an address that is not public")
		}
		return nil
	}
	last := host[strings.LastIndexByte(host, '.')+1:]
	switch {
	case !strings.Contains(host, "."):
		return refuse("has a host without a domain")
	case strings.Trim(last, "0123456789") == "" || strings.HasPrefix(last, "0x"):
		return refuse("has a host that some resolvers read as an address")
	}
	switch last {
	case "local", "localhost", "internal", "test", "invalid", "example", "onion", "lan", "home", "corp":
		return refuse("has a host in a domain that is not public")
	}
	return nil
}

func refuse(reason string) error {
	return fmt.Errorf("the webhook URL %s: %w", reason, api.ErrInvalid)
}
