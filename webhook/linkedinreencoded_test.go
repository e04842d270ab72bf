package webhook_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestLinkedInEventsThatWereReencoded: a signature fits a body and the same one with its accents escaped, since LinkedIn
// signs one or the other. Whoever has captured one form has the other run no second time, and what is signed is not what
// somebody else makes of it.
func TestLinkedInEventsThatWereReencoded(t *testing.T) {
	for _, forms := range [][]string{
		{`{"type":"JOB_POSTING_STATUS","externalJobPostingId":"1","jobPostingInfo":"café 😀"}`, `{"type":"JOB_POSTING_STATUS","externalJobPostingId":"1","jobPostingInfo":"caf\u00e9 \ud83d\ude00"}`, `{"type":"JOB_POSTING_STATUS","externalJobPostingId":"1","jobPostingInfo":"caf\u00e9 😀"}`},
		{`{"type":"OTHER","x":"é"}`, `{"type":"OTHER","x":"\u00e9"}`},
		{`{"type":"LEAD_ACTION","leadGenFormResponse":"urn:li:a:1","owner":"é"}`, `{"type":"LEAD_ACTION","leadGenFormResponse":"urn:li:a:1","owner":"\u00e9"}`},
		{`{"type":"ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS","notifications":[{"x":"é"},{"y":"é"}]}`, `{"type":"ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS","notifications":[{"x":"\u00e9"},{"y":"\u00e9"}]}`},
		{`{"type":"OTHER","x":"é \u00E8"}`, `{"type":"OTHER","x":"\u00E9 \u00E8"}`, `{"type":"OTHER","x":"\u00E9 è"}`, `{"type":"OTHER","x":"é è"}`},
		{`{"type":"DELETE_PROSPECT_NOTE","prospectNoteId":7,"integrationContext":"urn:li:contract:1","x":"é"}`, `{"type":"DELETE_PROSPECT_NOTE","prospectNoteId":7,"integrationContext":"urn:li:contract:1","x":"\u00e9"}`},
		{"no JSON: é", `no JSON: \u00e9`},
	} {
		signature := linkedInSignature(linkedInSecret, forms[1])
		for first := range forms {
			sink := new(spySink)
			r := newLinkedInReceiver(t, sink)
			for i := range forms {
				body := forms[(first+i)%len(forms)]
				require.Equal(t, 200, serve(r.handler, linkedInPost("/", signature, body)).StatusCode, body)
			}
			require.Len(t, sink.all(), 1, forms[first])
			d := sink.all()[0]
			assert.Equal(t, forms[first], string(d.Body), "as it was sent")
			if d.Events != nil {
				assert.Equal(t, *d, *r.again(d))
			}
		}
	}

	// Other bodies are other events.
	sink := new(spySink)
	r := newLinkedInReceiver(t, sink)
	for _, body := range []string{`{"x":"e"}`, `{"x":"\u00e9"}`, `{"x":"\u00e8"}`, `{"x":"\\u00e9"}`, `{"x":"\u0065"}`, `{"x":"\u00E8é"}`, `{"x":"\u"}`, `{"x":"\u\u00E9"}`, `\u`, `\uABC`} {
		require.Equal(t, 200, r.send(body))
	}
	assert.Len(t, sink.all(), 10)
	assert.Equal(t, "acme:", sink.all()[0].Key[:5])
}
