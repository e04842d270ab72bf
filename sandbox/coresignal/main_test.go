package coresignal_test

import (
	"testing"

	"go.uber.org/goleak"
)

// After a body that it has not read, net/http waits for half a second before it closes the connection.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("net/http.(*conn).closeWriteAndWait"))
}
