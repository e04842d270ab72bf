// Package publicaddr decides which hosts are this machine, and which IP addresses are on the public internet.
package publicaddr

import (
	"errors"
	"net/netip"
	"strings"
)

// IsThisMachine reports whether a URL's host, without port and brackets, is this machine: "localhost" in any letter case,
// with or without one trailing dot, or a loopback address in its usual form, mapped to IPv6 too. No other name is, whatever
// it resolves to, and no form of an address that only some resolvers know, such as 127.1.
func IsThisMachine(host string) bool {
	if strings.ToLower(strings.TrimSuffix(host, ".")) == "localhost" { // not EqualFold, for which a long s is one too
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Zone() == "" && addr.Unmap().IsLoopback()
}

// ErrNotPublic reports an address that is loopback, private, link-local, shared, reserved or the like.
var ErrNotPublic = errors.New("publicaddr: the address is not public")

// notPublic are the address blocks that netip's own questions leave open.
var notPublic = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),      // this network
	netip.MustParsePrefix("100.64.0.0/10"),  // shared by carriers' NAT
	netip.MustParsePrefix("192.0.0.0/24"),   // protocol assignments
	netip.MustParsePrefix("198.18.0.0/15"),  // benchmarks
	netip.MustParsePrefix("240.0.0.0/4"),    // reserved
	netip.MustParsePrefix("::/96"),          // IPv4-compatible, given up: this and the next four embed IPv4 addresses, which may be private
	netip.MustParsePrefix("64:ff9b::/96"),   // NAT64
	netip.MustParsePrefix("64:ff9b:1::/48"), // NAT64, local use
	netip.MustParsePrefix("2002::/16"),      // 6to4
	netip.MustParsePrefix("2001::/32"),      // Teredo
	netip.MustParsePrefix("fec0::/10"),      // site-local, given up
}

// Check returns ErrNotPublic for an address that is not on the public internet.
func Check(addr netip.Addr) error {
	addr = addr.Unmap().WithZone("") // else ::ffff:127.0.0.1 passes
	if !addr.IsGlobalUnicast() || addr.IsPrivate() {
		return ErrNotPublic
	}
	for _, prefix := range notPublic {
		if prefix.Contains(addr) {
			return ErrNotPublic
		}
	}
	return nil
}
