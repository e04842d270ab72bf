package linkedin_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/pronettest/sandboxtest"
	"github.com/pronet-go/pronet/linkedin"
	"github.com/pronet-go/pronet/linkedin/urn"
	fake "github.com/pronet-go/pronet/sandbox/linkedin"
)

// TestSeats are the same by both finders and protocols, but for what each of them states.
func TestSeats(t *testing.T) {
	for _, option := range []fake.Option{nil, fake.WithTextIDs()} {
		sb, client := sandboxtest.Start(t, fake.WithSeats(12), option)
		app := sb.LinkedIn.App()
		recruiter := contract(t, app.Contract)
		clone := func(options ...pronet.LinkedInOption) *pronet.Client {
			t.Helper()
			c, err := client.Clone(pronet.WithLinkedIn(linkedin.AppTokens(app.ClientID, app.ClientSecret), options...))
			require.NoError(t, err)
			return c
		}
		for name, c := range map[string]*pronet.Client{
			"protocol 1.0": client, "protocol 2.0": clone(pronet.LinkedInProtocol(linkedin.Protocol2)), "at /rest": clone(pronet.LinkedInBase(linkedin.Seats, "/rest", "")),
		} {
			var urns []string
			for seat, err := range c.LinkedIn.Seats.All(t.Context(), linkedin.SeatQuery{Contract: recruiter, Count: 5}) {
				require.NoError(t, err, name)
				urns = append(urns, seat.URN().String())
				assert.Equal(t, recruiter, seat.Contract)
				assert.Equal(t, "person", seat.Member.Type())
				assert.Equal(t, []string{"SOURCER_ADD_PROSPECT"}, seat.Roles)
				assert.NotEmpty(t, seat.FirstName+seat.LastName)
			}
			assert.Equal(t, app.Seats, urns, name)
			page, err := c.LinkedIn.Seats.List(t.Context(), linkedin.SeatQuery{Contract: recruiter, States: []linkedin.SeatState{linkedin.SeatInactive, linkedin.SeatParked}})
			require.NoError(t, err)
			require.Len(t, page.Items, 2, name)
			assert.Equal(t, linkedin.SeatInactive, page.Items[0].State)
		}
		page, err := client.LinkedIn.Seats.ListLegacy(t.Context(), linkedin.LegacySeatQuery{Contract: recruiter, Active: true})
		require.NoError(t, err)
		require.Len(t, page.Items, 10)
		first := page.Items[0]
		assert.Equal(t, app.Seats[0], first.URN().String())
		assert.Equal(t, recruiter, first.Contract)
		assert.Equal(t, linkedin.SeatActive, first.State)
		assert.Equal(t, []string{"ADMIN_SEAT"}, first.Roles)
		assert.NotEmpty(t, first.Email)
		page, err = client.LinkedIn.Seats.ListLegacy(t.Context(), linkedin.LegacySeatQuery{Contract: recruiter, Fields: "id", Start: 3, Count: 1})
		require.NoError(t, err)
		require.Len(t, page.Items, 1)
		assert.Equal(t, app.Seats[3], page.Items[0].URN().String())
		assert.Empty(t, page.Items[0].FirstName)
		assert.Equal(t, "4", page.Next[len("?contracts=urn%3Ali%3Acontract%3A1234567&count=1&fields=id&q=seatsByAttributes&start="):][:1])
		_, err = client.LinkedIn.Seats.List(t.Context(), linkedin.SeatQuery{Contract: contract(t, "urn:li:seat:1")})
		require.ErrorIs(t, err, api.ErrInvalid)
		_, err = client.LinkedIn.Seats.ListLegacy(t.Context(), linkedin.LegacySeatQuery{})
		require.ErrorIs(t, err, api.ErrInvalid)
	}
}

// TestOddSeats hide no other seat.
func TestOddSeats(t *testing.T) {
	client := sandboxtest.ConnectLinkedIn(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"elements":[{},{"id":{"a":1},"contract":7,"seatRoles":"x","active":"maybe","member":"nobody"},{"id":5,"active":false,"contractId":8}]}`)
	}))
	page, err := client.LinkedIn.Seats.List(t.Context(), linkedin.SeatQuery{Contract: contract(t, "urn:li:contract:7")})
	require.NoError(t, err)
	require.Len(t, page.Items, 3)
	assert.Equal(t, urn.URN{}, page.Items[0].URN())
	assert.Equal(t, linkedin.SeatState(""), page.Items[1].State)
	assert.JSONEq(t, `{"id":5,"active":false,"contractId":8}`, string(page.Items[2].Raw))
	assert.Equal(t, linkedin.SeatInactive, page.Items[2].State)
	assert.Equal(t, contract(t, "urn:li:contract:8"), page.Items[2].Contract)
}

// TestURNsOfSeats are those of all seats, active or not, and an error ends them.
func TestURNsOfSeats(t *testing.T) {
	sb, client := sandboxtest.Start(t, fake.WithSeats(12))
	var urns []string
	for seat, err := range client.LinkedIn.Seats.URNs(t.Context(), contract(t, sb.LinkedIn.App().Contract)) {
		require.NoError(t, err)
		urns = append(urns, seat.String())
	}
	assert.ElementsMatch(t, sb.LinkedIn.App().Seats, urns)
	failures := 0
	for _, err := range client.LinkedIn.Seats.URNs(t.Context(), contract(t, "urn:li:contract:7")) {
		require.ErrorIs(t, err, pronet.ErrForbidden)
		failures++
	}
	assert.Equal(t, 1, failures)
}
