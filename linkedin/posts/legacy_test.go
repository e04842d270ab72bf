package posts_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/pronettest/sandboxtest"
	"github.com/pronet-go/pronet/linkedin/posts"
	"github.com/pronet-go/pronet/sandbox"
	fake "github.com/pronet-go/pronet/sandbox/linkedin"
)

// TestOverviewBodies hold what the overview has and nothing else; LinkedIn refuses them, as the sandbox does unless told.
func TestOverviewBodies(t *testing.T) {
	me, asset := parse(t, "urn:li:person:a"), parse(t, "urn:li:digitalmediaAsset:a")
	w := &witness{status: 201}
	s := sandboxtest.ConnectLinkedIn(t, w).LinkedIn.Posts.Legacy
	for name, u := range map[string]posts.UGC{
		"nobody": {Text: "x", Overview: true}, "nothing": {Author: me, Overview: true}, "a title alone": {Author: me, Title: "x", Overview: true},
		"a link": {Author: me, Text: "x", Link: "https://example.com", Overview: true}, "a description": {Author: me, Asset: asset, Description: "x", Overview: true},
		"visibility": {Author: me, Text: "x", Visibility: "ALL", Overview: true},
	} {
		_, err := s.CreateUGC(t.Context(), u)
		require.ErrorIs(t, err, api.ErrInvalid, name)
	}
	for name, share := range map[string]posts.Share{
		"nothing": {Overview: true}, "an owner": {Owner: me, Text: "x", Overview: true}, "a link": {Text: "x", Link: "https://example.com", Overview: true},
		"a subject": {Text: "x", Subject: "x", Overview: true}, "visibility": {Text: "x", Visibility: "ALL", Overview: true},
		"visibility of a usual one": {Owner: me, Text: "x", Visibility: posts.Connections},
	} {
		_, err := s.CreateShare(t.Context(), share)
		require.ErrorIs(t, err, api.ErrInvalid, name)
	}
	assert.Empty(t, w.method, "nothing was sent")
	for _, unlisted := range []bool{false, true} {
		var options []sandbox.Option
		if unlisted {
			options = append(options, fake.WithUnlisted())
		}
		sb, client := sandboxtest.Start(t, options...)
		_, err := client.LinkedIn.Posts.Legacy.CreateShare(t.Context(), posts.Share{Text: "to few", Visibility: posts.Connections, Overview: true})
		_, other := client.LinkedIn.Posts.Legacy.CreateUGC(t.Context(), posts.UGC{Author: me, Asset: asset, Overview: true})
		if !unlisted {
			require.ErrorIs(t, err, api.ErrInvalid)
			require.ErrorIs(t, other, api.ErrInvalid)
			continue
		}
		require.NoError(t, err)
		require.NoError(t, other)
		share := sb.LinkedIn.Posts()[0]
		assert.Equal(t, []string{"to few", "CONNECTIONS", sb.LinkedIn.Member().URN()}, []string{share.Text, share.Visibility, share.Author})
	}
}
