package main

import (
	"fmt"
	"io"

	"github.com/pronet-go/pronet/sandbox"
)

// introduce prints where the sandbox is, its keys, and a line to try.
func introduce(out io.Writer, sb *sandbox.Sandbox, url string) {
	path := "/cdapi/v2/subscriptions"
	if ids := sb.Coresignal.PersonIDs(); len(ids) > 0 {
		path = fmt.Sprintf("/cdapi/v2/employee_base/collect/%d?fields=full_name&fields=headline", ids[0])
	}
	fmt.Fprintf(out, `Coresignal's sandbox: nobody in it is real, and its keys open nothing else.

v2         %[1]s/cdapi/v2
v1         %[1]s/cdapi/v1
real-time  %[1]s/rtapi/v2
apikey     %[2]s
JWT        %[3]s

For the examples:
  export CORESIGNAL_BASE_URL=%[1]s CORESIGNAL_API_KEY=%[2]s

Try:
  curl -sS -H 'apikey: %[2]s' '%[1]s%[4]s'

Commands go here, one a line; "help" lists them and "quit" ends.
`, url, sb.Coresignal.APIKey(), sb.Coresignal.JWT(), path)
}
