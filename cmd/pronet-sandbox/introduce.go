package main

import (
	"crypto/rand"
	"fmt"
	"io"

	"github.com/pronet-go/pronet/sandbox"
)

// introduce prints where the sandbox is, its keys, and what to do next, in order. The token is for the receiver of the
// example, so that the lines can be pasted as they are. Others says where the other providers are.
func introduce(out io.Writer, sb *sandbox.Sandbox, url, others string) {
	path, someone := "/cdapi/v2/subscriptions", "1"
	if ids := sb.Coresignal.PersonIDs(); len(ids) > 0 {
		path = fmt.Sprintf("/cdapi/v2/employee_base/collect/%d?fields=full_name&fields=headline", ids[0])
	}
	for i, id := range sb.Coresignal.PersonIDs() {
		if p, _ := sb.Coresignal.Person(id); p.Title != "" {
			someone = fmt.Sprint(i + 1)
			break
		}
	}
	fmt.Fprintf(out, `Coresignal's sandbox: nobody in it is real, and its keys open nothing else.

base URL   %[1]s
apikey     %[2]s
JWT        %[3]s

From Go: the base URL as it stands goes into pronet.BaseURL, the apikey into pronet.WithCoresignal, and
pronet.WithLoopbackWebhooks lets a receiver be on this machine.
From any language: the paths below /cdapi/v2 and /rtapi/v2 take the apikey, those below /cdapi/v1 the JWT. Try:
  curl -sS -H 'apikey: %[2]s' '%[1]s%[4]s'

To see a notice arrive, in another terminal, in a clone of the repository:
  export CORESIGNAL_BASE_URL=%[1]s CORESIGNAL_API_KEY=%[2]s WEBHOOK_TOKEN=%[5]s
  go run ./examples/webhookserver
and when it listens, here:
  subscribe http://127.0.0.1:8080/hooks/coresignal/%[5]s %[6]s
  promote %[6]s Head of Sales
  deliver
The notice is shown here, and the server collects the changed record into its folder data.

%[7]sCommands go here, one a line; "help" lists them and "quit" ends.
`, url, sb.Coresignal.APIKey(), sb.Coresignal.JWT(), path, rand.Text()+rand.Text(), someone, others)
}
