package sandbox

import (
	"net/netip"
	"strings"
)

// isLoopback tells whether a host name or address is this machine.
func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}
