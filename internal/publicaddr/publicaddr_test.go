package publicaddr_test

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pronet-go/pronet/internal/publicaddr"
)

func TestIsThisMachine(t *testing.T) {
	for _, host := range []string{"localhost", "LOCALHOST", "LocalHost", "localhost.", "127.0.0.1", "127.8.9.1", "::1", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1", "::FFFF:7f00:1"} {
		assert.True(t, publicaddr.IsThisMachine(host), host)
	}
	for _, host := range []string{
		"", ".", "localhost..", ".localhost", "api.localhost", "localhost.example.com", "localhost.localdomain", "local", "127.1", "127.0.0.1.", "2130706433", "0x7f000001", "0177.0.0.1",
		"127.0.0.1.example.com", "0.0.0.0", "::", "::1%lo", "::127.0.0.1", "10.0.0.1", "169.254.1.1", "[::1]", "localhost:80", " localhost", "l\u014fcalhost", "\u0131localhost", "localho\u017ft",
	} {
		assert.False(t, publicaddr.IsThisMachine(host), host)
	}
}

func TestCheck(t *testing.T) {
	for _, address := range []string{"8.8.8.8", "93.184.216.34", "2606:4700::1111", "::ffff:8.8.8.8", "172.32.0.1", "100.128.0.1"} {
		assert.NoError(t, publicaddr.Check(netip.MustParseAddr(address)), address)
	}
	for _, address := range []string{
		"127.0.0.1", "127.8.9.1", "::1", "10.0.0.1", "172.16.5.4", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "0.1.2.3",
		"255.255.255.255", "224.0.0.1", "240.0.0.1", "198.18.0.1", "192.0.0.8", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "fec0::1", "ff02::1", "::",
		"::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::", "2001:0:7f00:1::",
	} {
		assert.ErrorIs(t, publicaddr.Check(netip.MustParseAddr(address)), publicaddr.ErrNotPublic, address)
	}
	assert.ErrorIs(t, publicaddr.Check(netip.Addr{}), publicaddr.ErrNotPublic)
}
