package linkedin_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/pronettest/sandboxtest"
	"github.com/pronet-go/pronet/linkedin"
	"github.com/pronet-go/pronet/linkedin/urn"
	"github.com/pronet-go/pronet/prospectnotes"
	fake "github.com/pronet-go/pronet/sandbox/linkedin"
)

func TestVersions(t *testing.T) {
	for text, month := range map[string]string{"202604": "202604", "202510.03": "202510", "20240101": "202401"} {
		v, err := linkedin.ParseVersion(text)
		require.NoError(t, err)
		assert.Equal(t, linkedin.Version(text), v)
		assert.Equal(t, month, v.Month())
	}
	for _, bad := range []string{"", "2026", "202613", "202600", "199901", "202604.1", "202604.123", "202604.", "20260432", "20260400", "20240101.01", "2026-04", "v202604", "202604 ", "٢٠٢٦٠٤"} {
		_, err := linkedin.ParseVersion(bad)
		require.ErrorIs(t, err, api.ErrInvalid, bad)
	}
	assert.EqualValues(t, "202604", linkedin.DefaultVersion(linkedin.Talent))
	assert.EqualValues(t, "202609", linkedin.DefaultVersion(linkedin.Marketing))
	assert.Empty(t, linkedin.DefaultVersion("weather"))
	life, ok := linkedin.EndOf(linkedin.Marketing, "202603.01")
	require.True(t, ok)
	assert.Equal(t, "2027-03-16", life.Ends.Format(time.DateOnly))
	assert.False(t, life.Assumed)
	_, ok = linkedin.EndOf(linkedin.Marketing, "202512")
	assert.False(t, ok, "Marketing has no version of that month")
	_, ok = linkedin.EndOf(linkedin.Talent, "")
	assert.False(t, ok)
	all := linkedin.KnownVersions()
	all[0].Version = "changed"
	assert.NotEqual(t, all[0], linkedin.KnownVersions()[0], "a copy")
	assert.Empty(t, linkedin.AreaOf("Weather"))
}

// TestReleaseDefaultVersions is the check before a release: a default version lives for another 90 days. It looks at the
// clock, so it is no unit test: .ci/release runs it.
func TestReleaseDefaultVersions(t *testing.T) {
	if os.Getenv("PRONET_RELEASE") == "" {
		t.Skip("a check before a release: PRONET_RELEASE=1 runs it")
	}
	for _, area := range []linkedin.Area{linkedin.Talent, linkedin.Marketing} {
		life, ok := linkedin.EndOf(area, linkedin.DefaultVersion(area))
		require.True(t, ok)
		assert.Greater(t, time.Until(life.Ends), 90*24*time.Hour, "%s %s ends on %s: look for a newer one", area, life.Version, life.Ends.Format(time.DateOnly))
	}
}

// contract is the URN of a contract.
func contract(t testing.TB, text string) urn.URN {
	t.Helper()
	u, err := urn.Parse(text)
	require.NoError(t, err)
	return u
}

// TestBases: a service is at /v2 without a version unless it is set, per service, and its queries are in 1.0.
func TestBases(t *testing.T) {
	var paths []string
	client := sandboxtest.ConnectLinkedIn(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		paths = append(paths, r.URL.Path+" "+r.Header.Get("Linkedin-Version")+" "+r.Header.Get("X-Restli-Protocol-Version")+" "+r.URL.RawQuery)
		_, _ = io.WriteString(w, `{"elements":[]}`)
	}))
	call := func(client *pronet.Client) {
		t.Helper()
		_, err := client.LinkedIn.Seats.List(t.Context(), linkedin.SeatQuery{Contract: contract(t, "urn:li:contract:7")})
		require.NoError(t, err)
	}
	call(client)
	clone := func(options ...pronet.LinkedInOption) *pronet.Client {
		t.Helper()
		c, err := client.Clone(pronet.WithLinkedIn(linkedin.StaticToken("static-token"), options...))
		require.NoError(t, err)
		return c
	}
	call(clone(pronet.LinkedInBase(linkedin.Seats, "/rest", ""), pronet.LinkedInProtocol(linkedin.Protocol2)))
	call(clone(pronet.LinkedInBase(linkedin.ProspectNotes, "/rest", "202603"))) // another service
	call(clone(pronet.LinkedInBase(linkedin.Seats, "/v3", "202510.03")))
	call(client)
	v1 := "/v2/seatsV2   q=attributes&contracts=urn:li:contract:7&start=0&count=100"
	assert.Equal(t, []string{
		v1, "/rest/seatsV2 202604 2.0.0 q=attributes&contracts=List(urn%3Ali%3Acontract%3A7)&start=0&count=100", v1,
		"/v3/seatsV2 202510.03  q=attributes&contracts=urn:li:contract:7&start=0&count=100", v1,
	}, paths)
	for _, bad := range []pronet.LinkedInOption{
		pronet.LinkedInBase("Weather", "/rest", ""), pronet.LinkedInBase(linkedin.Seats, "rest", ""), pronet.LinkedInBase(linkedin.Seats, "/rest/", ""),
		pronet.LinkedInBase(linkedin.Seats, "/re st", ""), pronet.LinkedInBase(linkedin.Seats, "/..", ""), pronet.LinkedInBase(linkedin.Seats, "", ""),
		pronet.LinkedInBase(linkedin.Seats, "/{x}", ""), pronet.LinkedInBase(linkedin.Seats, "/rest", "latest"), pronet.LinkedInProtocol(7),
	} {
		_, err := pronet.New(pronet.WithLinkedIn(linkedin.StaticToken("static-token"), bad))
		require.ErrorIs(t, err, pronet.ErrInvalid)
	}
}

// TestVersionThatHasEnded is an error of its own with the version that was asked for, and the one that LinkedIn names wins.
func TestVersionThatHasEnded(t *testing.T) {
	sb, client := sandboxtest.Start(t, fake.WithVersions("202604"))
	query := prospectnotes.Query{Contract: contract(t, sb.LinkedIn.App().Contract)}
	for version, want := range map[linkedin.Version]string{"202604": "", "202604.02": "", "202501": "20250101"} {
		app := sb.LinkedIn.App()
		c, err := client.Clone(pronet.WithLinkedIn(linkedin.AppTokens(app.ClientID, app.ClientSecret), pronet.LinkedInBase(linkedin.ProspectNotes, "/rest", version)))
		require.NoError(t, err)
		_, err = c.ProspectNotes.List(t.Context(), query)
		if want == "" {
			require.NoError(t, err)
			continue
		}
		require.ErrorIs(t, err, pronet.ErrVersionRetired)
		var retired *api.VersionRetiredError
		require.ErrorAs(t, err, &retired)
		assert.Equal(t, want, retired.Version)
		assert.Contains(t, err.Error(), "the version "+want+" is not alive")
	}
}

// TestVersionThatEndsSoon is warned of once a day, from 90 days before its end on.
func TestVersionThatEndsSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		client, err := pronet.New(
			pronet.WithLogger(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn}))),
			pronet.WithLinkedIn(linkedin.StaticToken("static-token"), pronet.LinkedInBase(linkedin.Seats, "/rest", "202603")),
			pronet.WithTransport(responding(`{"elements":[]}`)))
		require.NoError(t, err)
		life, _ := linkedin.EndOf(linkedin.Talent, "202603")
		warnings := func(at time.Time) string {
			t.Helper()
			time.Sleep(time.Until(at))
			log.Reset()
			for range 3 {
				_, err := client.LinkedIn.Seats.List(t.Context(), linkedin.SeatQuery{Contract: contract(t, "urn:li:contract:7")})
				require.NoError(t, err)
			}
			return log.String()
		}
		assert.Empty(t, warnings(life.Ends.Add(-91*24*time.Hour)))
		soon := warnings(life.Ends.Add(-90 * 24 * time.Hour))
		assert.Contains(t, soon, "ends soon")
		assert.Contains(t, soon, "version=202603 ends=2028-03-01")
		assert.Equal(t, 1, strings.Count(soon, "\n"), "once a day")
		assert.Contains(t, warnings(life.Ends.Add(-89*24*time.Hour)), "ends soon")
		assert.Contains(t, warnings(life.Ends.Add(time.Hour)), "has ended")
	})
}

// responding is a transport that sends the same response to every request.
type responding string

func (r responding) RoundTrip(request *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(string(r))), Request: request}, nil
}
