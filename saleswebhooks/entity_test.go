package saleswebhooks_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/saleswebhooks"
)

func TestEntitiesThatAreRefused(t *testing.T) {
	p, sales := responding(t, response{status: 201, body: `{"id":"sub_a"}`})
	for says, e := range map[string]saleswebhooks.Entity{
		"no type":                      {LinkedInURL: "https://linkedin.com/in/jane-roe-000000"},
		"has no type":                  {LinkedInID: "jane-roe"},
		"neither an address nor an id": {Type: saleswebhooks.TypeContact},
		"/in/ and a name":              saleswebhooks.Contact("https://linkedin.com/company/acme"),
		"/company/ and a name":         saleswebhooks.Company("https://linkedin.com/in/jane"),
		"after the host":               saleswebhooks.Contact("https://linkedin.com/in/"),
		"not one at linkedin.com":      saleswebhooks.Contact("https://linkedin.com.example.com/in/jane"),
		"one at linkedin.com":          saleswebhooks.Contact("https://linkedin.com:80/in/jane"),
		"is not one at":                saleswebhooks.Contact("linkedin.com:443/in/jane"),
		"neither https nor http":       saleswebhooks.Contact("ftp://linkedin.com/in/jane"),
		"white space":                  saleswebhooks.Contact(" https://linkedin.com/in/jane"),
		"id has white space":           saleswebhooks.ContactID("jane "),
		"longer than":                  saleswebhooks.Contact("https://linkedin.com/in/" + strings.Repeat("x", 3000)),
		"properly escaped":             saleswebhooks.Contact("https://linkedin.com/in/%zz"),
		"too long":                     saleswebhooks.CompanyID(strings.Repeat("x", 600)),
		"type is too long":             {Type: saleswebhooks.EntityType(strings.Repeat("x", 100)), LinkedInID: "a"},
	} {
		_, err := sales.Subscriptions.Create(t.Context(), e)
		require.ErrorIs(t, err, api.ErrInvalid, says)
		assert.ErrorContains(t, err, says)
		assert.NotContains(t, err.Error(), "jane")
	}
	assert.Empty(t, p.requests)
}

func TestEntitiesThatAreSentAsTheyAre(t *testing.T) {
	p, sales := responding(t, response{status: 201, body: `{"id":"sub_a"}`})
	for body, e := range map[string]saleswebhooks.Entity{
		`{"entity_type":"contact","linkedin_url":"https://linkedin.com/in/satya-nadella"}`:                     saleswebhooks.Contact("https://linkedin.com/in/satya-nadella"),
		`{"entity_type":"contact","linkedin_url":"http://WWW.LinkedIn.com/in/J%C3%A9/?trk=1"}`:                 saleswebhooks.Contact("http://WWW.LinkedIn.com/in/J%C3%A9/?trk=1"),
		`{"entity_type":"contact","linkedin_url":"HTTPS://www.linkedin.com:443/in/jane"}`:                      saleswebhooks.Contact("HTTPS://www.linkedin.com:443/in/jane"),
		`{"entity_type":"contact","linkedin_url":"http://linkedin.com:80/in/jane"}`:                            saleswebhooks.Contact("http://linkedin.com:80/in/jane"),
		`{"entity_type":"contact","linkedin_url":"www.linkedin.com/in/jane"}`:                                  saleswebhooks.Contact("www.linkedin.com/in/jane"),
		`{"entity_type":"company","linkedin_url":"https://de.linkedin.com/company/acme/about/"}`:               saleswebhooks.Company("https://de.linkedin.com/company/acme/about/"),
		`{"entity_type":"contact","linkedin_id":"john-doe","linkedin_url":"https://linkedin.com/in/john-doe"}`: saleswebhooks.Contact("https://linkedin.com/in/john-doe").WithID("john-doe"),
		`{"entity_type":"company","linkedin_id":"1441"}`:                                                       saleswebhooks.CompanyID("1441"),
		`{"entity_type":"contact","linkedin_id":"ACoAA"}`:                                                      saleswebhooks.ContactID("ACoAA"),
		`{"entity_type":"school","linkedin_url":"https://linkedin.com/school/x"}`:                              {Type: "school", LinkedInURL: "https://linkedin.com/school/x"},
	} {
		_, err := sales.Subscriptions.Create(t.Context(), e)
		require.NoError(t, err, body)
		last := p.requests[len(p.requests)-1]
		assert.JSONEq(t, body, string(last.Body))
		assert.Equal(t, "POST /v1/subscriptions application/json", last.Method+" "+last.Target+" "+last.ContentType)
	}
}
